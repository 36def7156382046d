"""The Things Stack's documented messages, as published."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.decoders import decoder
from ingest.readings import Decoded, Discovered, Reason, Rejection

RECEIVED = datetime(2026, 1, 1, tzinfo=UTC)
APP = "v3/app1@tenant1/devices/dev1/"
SAMPLES: dict[str, tuple[str, list[Decoded]]] = {
    "fmt_00_join_message_example.json": (APP + "join", [Discovered(device="0004A30B001C0530", name="dev1")]),
    "fmt_02_downlink_event_message_example.json": (APP + "down/ack", []),
    "fmt_03_downlink_failed_event_message_example.json": (APP + "down/failed", []),
    "mqtt_00_show_join_accept_message_example.json": (APP + "join", [Discovered(device="4200000000000000", name="dev1")]),
    "mqtt_02_show_downlink_event_message_example.json": (APP + "down/ack", []),
}  # fmt: skip
BROKEN = "fmt_01_uplink_message_example.json"


@pytest.mark.parametrize("name", SAMPLES)
def test_sample_says_exactly_this(recordings: Path, name: str) -> None:
    """A join announces the device; what goes down to it says nothing, and is no error."""
    topic, expected = SAMPLES[name]
    payload = (recordings / "samples" / "tts_v3" / name).read_bytes()
    assert decoder("tts_v3")(topic, payload, RECEIVED) == expected
    assert decoder("tts_v3")("", payload, RECEIVED) == expected


def test_published_uplink_is_no_json(recordings: Path) -> None:
    """The documentation's uplink lacks a comma: it is rejected as what it is, and nothing of it is a reading."""
    payload = (recordings / "samples" / "tts_v3" / BROKEN).read_bytes()
    (said,) = decoder("tts_v3")(APP + "up", payload, RECEIVED)
    assert isinstance(said, Rejection)
    assert said.reason is Reason.MALFORMED


def test_the_same_uplink_with_its_comma_is_read(recordings: Path) -> None:
    """Repaired, it tells the radio and the network's own codec, at the time the network server received it."""
    payload = (recordings / "samples" / "tts_v3" / BROKEN).read_text()
    said = decoder("tts_v3")(
        APP + "up", payload.replace('}\n    "received_at"', '},\n    "received_at"').encode(), RECEIVED
    )
    values = {getattr(item, "metric", ""): getattr(item, "value", None) for item in said}
    assert values == {"rssi": -35.0, "snr": 5.0, "temperature": 1.0, "luminosity": 0.64}
    assert {getattr(item, "time", None) for item in said} == {datetime(2020, 2, 12, 15, 15, 45, 789585, tzinfo=UTC)}


def test_every_sample_is_judged(recordings: Path) -> None:
    """No sample of the folder is left out."""
    assert {path.name for path in (recordings / "samples" / "tts_v3").iterdir()} == {*SAMPLES, BROKEN}
