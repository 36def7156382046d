"""A LoRaWAN device as it is registered in the database: its codec opens what its network does not name, its height makes a level."""

import pytest
from psycopg.types.json import Jsonb

from ingest.intake import Desk
from ingest.memories import Memories
from ingest.publish import Message
from ingest.registry_store import load_registry
from ingest.sources import DEFAULT_SOURCES, source_of
from tests import lorawan_frames
from tests.alarm_county import found_county, session
from tests.lorawan_frames import EUI
from tests.payloads import PAYLOADS

NOW_US = 1_714_566_600_000_000


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"codec": "EM500-UDL", "mounting_height_m": 4.0}, {"distance": 30.0, "stage": 3.97}),
        ({"codec": "EM500-UDL", "mounting_height_m": "4"}, {"distance": 30.0, "stage": 3.97}),
        ({"codec": "EM500-UDL", "mounting_height_m": "high"}, {"distance": 30.0}),
        ({}, {}),
    ],
)
def test_attributes_of_a_device_open_its_payload(
    database_url: str, attributes: dict[str, object], expected: dict[str, float]
) -> None:
    """The registration in the database decides; a height that is no number is none."""
    found_county(database_url)
    with session(database_url) as cur:
        cur.execute(
            "UPDATE devices SET id = %s, attributes = %s WHERE id = 'd-1' RETURNING key", (EUI, Jsonb(attributes))
        )
        ((key,),) = cur.fetchall()
        cur.execute("DELETE FROM device_metrics WHERE device = %s", (key,))
        for name, unit in (("rssi", "dBm"), ("snr", "dB"), ("distance", "mm"), ("stage", "m")):
            cur.execute("INSERT INTO metrics (name, unit) VALUES (%s, %s) ON CONFLICT DO NOTHING", (name, unit))
            cur.execute(
                "INSERT INTO device_metrics (device, metric, unit) SELECT %s, key, %s FROM metrics WHERE name = %s",
                (key, unit, name),
            )
        registry = load_registry(cur)
    uplink = Message(lorawan_frames.V4_TOPIC + "up", lorawan_frames.up("03821E00"), 1, retained=False)
    batch = Desk(registry, DEFAULT_SOURCES).take_in([uplink], received_us=NOW_US, memories=Memories()).batch
    names = {channel.metric: channel.name for channel in registry.channels}
    said = {names[metric]: value for metric, value in zip(batch.metric.tolist(), batch.value.tolist(), strict=True)}
    assert said == {"rssi": -60.0, "snr": 9.5} | {name: pytest.approx(value) for name, value in expected.items()}


@pytest.mark.parametrize("name", ["chirpstack_v4", "lorawan_other_ns", "tts_v3", "lorawan_payloads"])
def test_usual_topics_lead_to_their_decoder(name: str) -> None:
    """No other format's filter takes a network server's topics; v3 on the topics of v4 is read by the same hands."""
    found = {source.decoder for topic, _ in PAYLOADS[name] if topic and (source := source_of(DEFAULT_SOURCES, topic))}
    assert found == {name}
