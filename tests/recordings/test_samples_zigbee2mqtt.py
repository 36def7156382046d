"""Real Zigbee2MQTT payloads, judged by what their owners reported."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.decoders import decoder
from ingest.readings import DeviceState, Fact, Reading

RECEIVED = datetime(2026, 1, 1, tzinfo=UTC)
SEEN = datetime(2019, 11, 10, 13, 43, 9, 829000, tzinfo=UTC)

# file, topic, device, facts, readings, time
SAMPLES = {
    "honeywell_test_legacy_device.json": (
        "zigbee2mqtt/Smoke", "Smoke", {Fact.FIRE: False},
        {"battery": (100.0, "%EL"), "voltage": (3.075, "V"), "linkquality": (81.0, "1")}, RECEIVED,
    ),
    "honeywell_alarm_lastseen_ms.json": (
        "zigbee2mqtt/sens_smoke1", "sens_smoke1", {Fact.FIRE: True},
        {"battery": (100.0, "%EL"), "voltage": (3.195, "V"), "linkquality": (57.0, "1")}, SEEN,
    ),
    "honeywell_no_smoke_key.json": (
        "zigbee2mqtt/0x00158d0002527271", "0x00158d0002527271", {},
        {"battery": (100.0, "%EL"), "voltage": (3.235, "V"), "linkquality": (126.0, "1")}, RECEIVED,
    ),
    "bridge_state_online.txt": ("zigbee2mqtt/bridge/state", "zigbee2mqtt/bridge", {Fact.OFFLINE: False}, {}, RECEIVED),
    "bridge_event_interview_failed.json": ("zigbee2mqtt/bridge/event", "", {}, {}, RECEIVED),
    "temp_hum.json": (
        "zigbee2mqtt/room", "room", {}, {"temperature": (27.34, "Cel"), "humidity": (44.72, "%RH")}, RECEIVED,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SAMPLES)
def test_sample_says_exactly_this(recordings: Path, name: str) -> None:
    """Facts, readings and times are the expected ones and nothing else is said."""
    topic, device, facts, readings, time = SAMPLES[name]
    payload = (recordings / "samples" / "zigbee2mqtt" / name).read_bytes()
    decoded = decoder("zigbee2mqtt")(topic, payload, RECEIVED)
    said = [item for item in decoded if isinstance(item, DeviceState | Reading)]
    assert said == decoded
    assert {item.fact: item.active for item in said if isinstance(item, DeviceState)} == facts
    assert {item.metric: (item.value, item.unit) for item in said if isinstance(item, Reading)} == readings
    assert {(item.device, item.time) for item in said} <= {(device, time)}


def test_every_sample_is_judged(recordings: Path) -> None:
    """No sample of the folder is left out."""
    assert {path.name for path in (recordings / "samples" / "zigbee2mqtt").iterdir()} == set(SAMPLES)
