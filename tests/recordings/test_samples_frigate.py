"""Frigate's documented payloads."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.decode_cli import lines
from ingest.decoders import decoder
from ingest.readings import CameraEvent, DeviceState, Dropped, Fact, Phase

RECEIVED = datetime(2026, 1, 1, tzinfo=UTC)
EVENT = CameraEvent(
    device="front_door",
    event="1607123955.475377-mxklsc",
    phase=Phase.UPDATE,
    label="person",
    severity="detection",
    started=datetime(2020, 12, 4, 23, 19, 15, 475377, tzinfo=UTC),
    time=datetime(2020, 12, 4, 23, 19, 22, 82975, tzinfo=UTC),
    score=0.87890625,
    zones=("yard", "driveway"),
)
SAMPLES = {
    "00_events.json": (
        "frigate/events",
        [
            Dropped(fields=("face", "recognized_license_plate", "recognized_license_plate_score", "sub_label")),
            EVENT,
        ],
    ),
    "01_tracked_object_update_generative_ai_description_update.json": (
        "frigate/tracked_object_update",
        [Dropped(fields=("description",))],
    ),
    "03_tracked_object_update_license_plate_recognition_update.json": (
        "frigate/tracked_object_update",
        [Dropped(fields=("name", "plate", "plate_box"))],
    ),
    "available_online.txt": (
        "frigate/available",
        [DeviceState(device="frigate", fact=Fact.OFFLINE, active=False, time=RECEIVED, code="available")],
    ),
    "cam_status_detect_offline.txt": (
        "frigate/front_door/status/detect",
        [
            DeviceState(device="front_door", fact=fact, active=active, time=RECEIVED, code="status/detect")
            for fact, active in ((Fact.OFFLINE, True), (Fact.SHIELDED, False))
        ],
    ),
}
PERSONAL = ("John", "ABC12345", "123ABC", "sedan")


@pytest.mark.parametrize("name", SAMPLES)
def test_sample_says_exactly_this(recordings: Path, name: str) -> None:
    """What is told, and in which order, is exactly this; no name, plate or description comes through."""
    topic, expected = SAMPLES[name]
    payload = (recordings / "samples" / "frigate" / name).read_bytes()
    assert decoder("frigate")(topic, payload, RECEIVED) == expected
    printed = "\n".join(lines("frigate", payload, topic, RECEIVED))
    assert not [word for word in PERSONAL if word in printed]


def test_every_sample_is_judged(recordings: Path) -> None:
    """No sample of the folder is left out."""
    assert {path.name for path in (recordings / "samples" / "frigate").iterdir()} == set(SAMPLES)
