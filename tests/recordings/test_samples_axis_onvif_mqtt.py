"""Real events of Axis cameras, in JSON and in ONVIF's XML."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.decoders import decoder
from ingest.readings import DeviceState, Fact, Quality, Reading, Reason, Rejection

RECEIVED = datetime(2026, 1, 1, tzinfo=UTC)
TOPIC = "axis/ACCC8E000000/event"
DEVICE = "ACCC8E000000"


def _state(fact: Fact, time: datetime, code: str, *, active: bool = False) -> DeviceState:
    return DeviceState(device=DEVICE, fact=fact, active=active, time=time, code=code)


SAMPLES = {
    "pir.json": [_state(Fact.MOTION, datetime(2020, 5, 21, 7, 13, 10, 230000, UTC), "Device/Sensor/PIR sensor=0")],
    "xml_pir_init.xml": [
        _state(Fact.MOTION, datetime(2019, 3, 12, 23, 48, 26, 371215, UTC), "Device/Sensor/PIR sensor=0")
    ],
    "xml_pir_change.xml": [
        _state(Fact.MOTION, datetime(2019, 3, 12, 23, 48, 28, 425164, UTC), "Device/Sensor/PIR sensor=0", active=True)
    ],
    "xml_loitering_guard_init.xml": [
        _state(
            Fact.MOTION,
            datetime(2020, 9, 4, 20, 57, 25, 764426, UTC),
            "CameraApplicationPlatform/LoiteringGuard/Camera1Profile1",
        )
    ],
    "xml_motion_guard_init.xml": [
        _state(
            Fact.MOTION,
            datetime(2020, 9, 4, 21, 1, 36, 676377, UTC),
            "CameraApplicationPlatform/MotionGuard/Camera1ProfileANY",
        )
    ],
    "xml_port_0_init.xml": [
        _state(Fact.OTHER, datetime(2019, 1, 15, 7, 50, 45, 206264, UTC), "Device/IO/Port port=1"),
        Reading(
            device=DEVICE, metric="port_1", time=datetime(2019, 1, 15, 7, 50, 45, 206264, UTC), value=0.0, unit="1",
            code="Device/IO/Port port=1",
        ),
    ],
    "xml_daynight_init.xml": [
        Reading(
            device=DEVICE, metric="day_night_vision", time=datetime(2019, 2, 6, 18, 58, 51, 7104, UTC), value=1.0,
            unit="1", quality=Quality.HISTORY, code="VideoSource/DayNightVision VideoSourceConfigurationToken=1",
        )
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", SAMPLES)
def test_sample_says_exactly_this(recordings: Path, name: str) -> None:
    """Device, fact, time and source are the expected ones."""
    payload = (recordings / "samples" / "axis_onvif_mqtt" / name).read_bytes()
    assert decoder("axis_onvif_mqtt")(TOPIC, payload, RECEIVED) == SAMPLES[name]


def test_event_without_a_message_is_rejected(recordings: Path) -> None:
    """It names its topic and says nothing: no event, and no crash."""
    payload = (recordings / "samples" / "axis_onvif_mqtt" / "nomessage.json").read_bytes()
    (said,) = decoder("axis_onvif_mqtt")(TOPIC, payload, RECEIVED)
    assert isinstance(said, Rejection)
    assert said.reason is Reason.MALFORMED


def test_every_sample_is_judged(recordings: Path) -> None:
    """No sample of the folder is left out."""
    folder = recordings / "samples" / "axis_onvif_mqtt"
    assert {path.name for path in folder.iterdir()} == {*SAMPLES, "nomessage.json"}
