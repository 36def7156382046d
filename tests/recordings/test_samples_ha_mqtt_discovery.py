"""Discovery messages of real Zigbee2MQTT bridges."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.decoders import decoder
from ingest.readings import Discovered

RECEIVED = datetime(2026, 1, 1, tzinfo=UTC)
SAMPLES = {
    "z2m_develco_smoke_2021.json": (
        "homeassistant/binary_sensor/0x0015bc003100ae23/smoke/config",
        Discovered(
            device="0x0015bc003100ae23",
            kind="smoke",
            name="0x0015bc003100ae23",
            model="Develco Smoke detector with siren (SMSZB-120)",
            gateway="zigbee2mqtt/bridge",
            channels=(("fire", "1"),),
        ),
    ),
    "z2m_temp_2022.json": (
        "homeassistant/sensor/0x00158d00069ac6af/device_temperature/config",
        Discovered(
            device="entrée",
            name="entrée",
            model="Xiaomi Aqara door & window contact sensor (MCCGQ11LM)",
            gateway="zigbee2mqtt/bridge",
            channels=(("device_temperature", "Cel"),),
        ),
    ),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_sample_announces_exactly_this(recordings: Path, name: str) -> None:
    """The device as its readings will name it, with its bridge and its channel."""
    topic, device = SAMPLES[name]
    payload = (recordings / "samples" / "ha_mqtt_discovery" / name).read_bytes()
    assert decoder("ha_mqtt_discovery")(topic, payload, RECEIVED) == [device]


def test_every_sample_is_judged(recordings: Path) -> None:
    """No sample of the folder is left out."""
    assert {path.name for path in (recordings / "samples" / "ha_mqtt_discovery").iterdir()} == set(SAMPLES)
