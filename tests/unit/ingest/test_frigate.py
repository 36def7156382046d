"""Frigate: which message raises, what is dropped, and how events end."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from ingest.decoders import storable
from ingest.decoders.frigate import close_running, decode
from ingest.readings import CameraEvent, Decoded, DeviceState, Dropped, Fact, Phase, Reading, Reason, Rejection

RECEIVED = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
START = 1714564700.25
STARTED = datetime.fromtimestamp(START, UTC)
EVENT = f"{START}-abcdef"
PERSONAL = {
    "sub_label": ["Somebody", 0.9],
    "recognized_license_plate": "PLATE-77",
    "recognized_license_plate_score": 0.9,
    "thumbnail": "aGVsbG8=",
    "attributes": {"face": 0.64},
    "current_attributes": [{"label": "license_plate", "box": [1, 2, 3, 4], "score": 0.8}],
}


def _tracked(kind: str = "update", **fields: object) -> list[Decoded]:
    after = {
        "id": EVENT, "camera": "gate", "label": "fire", "start_time": START, "frame_time": START + 3, "end_time": None,
        "false_positive": False, "score": 0.7, "top_score": 0.9, "entered_zones": ["yard"], "current_zones": [],
    } | fields  # fmt: skip
    payload = json.dumps({"type": kind, "before": {"label": "cat"}, "after": after}).encode()
    return decode("frigate/events", payload, RECEIVED)


def _review(kind: str = "update", objects: tuple[str, ...] = ("fire",), **fields: object) -> list[CameraEvent]:
    after = {
        "id": "r-1", "camera": "gate", "severity": "alert", "start_time": START, "end_time": None,
        "data": {"detections": [EVENT, f"{START + 9}-b"], "objects": list(objects), "zones": ["yard"], "audio": []},
    } | fields  # fmt: skip
    payload = json.dumps({"type": kind, "before": {}, "after": after}).encode()
    decoded = decode("frigate/reviews", payload, RECEIVED)
    assert all(isinstance(item, CameraEvent) for item in decoded), decoded
    return [item for item in decoded if isinstance(item, CameraEvent)]


def test_event_is_told_from_after() -> None:
    """What holds is `after`; an event of a tracked object is a detection, never an alert."""
    assert _tracked() == [
        CameraEvent(
            device="gate", event=EVENT, phase=Phase.UPDATE, label="fire", severity="detection", started=STARTED,
            time=STARTED + timedelta(seconds=3), score=0.7, zones=("yard",),
        )
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["new", "update"])
def test_false_positive_raises_nothing(kind: str) -> None:
    """What Frigate itself takes back is not told."""
    assert _tracked(kind, false_positive=True) == []


def test_end_closes_what_turned_out_false() -> None:
    """The end of a taken-back event is told, so that nothing stays open."""
    (event,) = _tracked("end", false_positive=True, end_time=START + 5)
    assert isinstance(event, CameraEvent)
    assert event.ended == STARTED + timedelta(seconds=5)


def test_start_comes_from_the_id_where_the_field_is_missing() -> None:
    """An id begins with the start in epoch seconds."""
    (event,) = _tracked("new", start_time=None, frame_time=None)
    assert isinstance(event, CameraEvent)
    assert event.started == STARTED


@pytest.mark.parametrize("severity", ["alert", "detection", None])
def test_review_keeps_its_own_severity(severity: str | None) -> None:
    """Only a review that is an alert is told as one."""
    (event,) = _review(severity=severity)
    assert event.severity == ("alert" if severity == "alert" else "detection")


def test_second_hazard_of_a_review_runs_and_ends_too() -> None:
    """A review of smoke that becomes fire tells both, under ids that hold from start to end."""
    start = _review("new", ("smoke",))
    later = _review("update", ("person", "smoke", "fire"))
    end = _review("end", ("fire", "person", "smoke"), end_time=START + 60)
    assert [(e.event, e.label) for e in start] == [("r-1", "smoke")]
    assert [(e.event, e.label) for e in later] == [("r-1", "fire"), ("r-1/smoke", "smoke")]
    assert [(e.event, e.label, e.phase) for e in end] == [
        ("r-1", "fire", Phase.END),
        ("r-1/smoke", "smoke", Phase.END),
    ]


def test_end_is_later_than_every_update() -> None:
    """An end at the instant of the last news would be judged older than it and never clear."""
    updates = _review("update")
    (end,) = _review("end", end_time=START)
    assert end.time > max(event.time for event in updates)
    assert end.ended == end.time


def test_end_without_end_time_is_now() -> None:
    """An end that does not say when is when we heard of it."""
    (end,) = _review("end")
    assert end.ended == RECEIVED


def test_verified_person_is_only_a_person() -> None:
    """Whether a face was recognised is nobody's business here."""
    assert [event.label for event in _review(objects=("person-verified",))] == ["person"]


@pytest.mark.parametrize(
    ("told", "label"),
    [
        ("Fire", "fire"),
        ("flame", "fire"),
        ("fire: stairwell 2", "fire"),
        ("Smoke-verified", "smoke"),
        ("car: PLATE-77", "car"),
    ],
)
def test_label_of_a_review_is_the_kind_of_object_alone(told: str, label: str) -> None:
    """A hazard is known however its model writes it; a name or a plate behind the kind is nobody's business."""
    after = {"id": "r-1", "camera": "gate", "severity": "alert", "start_time": START, "data": {"objects": [told]}}
    payload = json.dumps({"type": "new", "after": after}).encode()
    *dropped, event = decode("frigate/reviews", payload, RECEIVED)
    assert isinstance(event, CameraEvent)
    assert event.label == label
    assert dropped == ([Dropped(fields=("sub_label",))] if ":" in told else [])


def test_plate_as_an_object_of_a_review_is_no_event() -> None:
    """A dedicated plate camera's review is dropped, with the plate in it, and kept raw without."""
    after = {"id": "r-1", "camera": "gate", "severity": "detection", "data": {"objects": ["license_plate: PLATE-77"]}}
    payload = json.dumps({"type": "new", "after": after}).encode()
    assert decode("frigate/reviews", payload, RECEIVED) == [Dropped(fields=("sub_label",))]
    assert b"PLATE" not in storable("frigate", payload)


def test_alarm_that_is_heard_is_told_beside_what_is_seen() -> None:
    """A fire alarm the microphone hears is no car, and does not hide the smoke."""
    data = {"detections": [], "objects": ["car", "smoke"], "zones": [], "audio": ["fire_alarm", "speech"]}
    assert [(event.event, event.label) for event in _review(data=data)] == [
        ("r-1", "smoke"),
        ("r-1/fire_alarm", "fire_alarm"),
    ]
    assert [event.label for event in _review(data=data | {"objects": ["car"]})] == ["fire_alarm"]


def test_personal_fields_are_named_and_nowhere_else() -> None:
    """Plates, faces, names and thumbnails are dropped; only the names of the fields remain."""
    dropped, event = _tracked(**PERSONAL)
    assert dropped == Dropped(
        fields=(
            "face", "license_plate", "recognized_license_plate", "recognized_license_plate_score", "sub_label",
            "thumbnail",
        )
    )  # fmt: skip
    assert "Somebody" not in repr(event)
    assert "PLATE" not in repr(event)


@pytest.mark.parametrize("label", ["face", "license_plate"])
def test_face_or_plate_is_no_event(label: str) -> None:
    """A face or a plate tracked as an object of its own is dropped whole."""
    assert _tracked(label=label) == [Dropped(fields=(label,))]


@pytest.mark.parametrize(
    ("message", "fields"),
    [
        ({"type": "description", "id": "1.0-a", "description": "someone in red"}, ("description",)),
        ({"type": "face", "id": "1.0-a", "name": "Somebody", "score": 0.9}, ("name",)),
        ({"type": "lpr", "id": "1.0-a", "plate": "PLATE-77", "plate_box": [1, 2, 3, 4]}, ("plate", "plate_box")),
    ],
)
def test_tracked_object_updates_are_dropped(message: dict[str, object], fields: tuple[str, ...]) -> None:
    """Descriptions, faces and plates are counted and otherwise ignored."""
    assert decode("frigate/tracked_object_update", json.dumps(message).encode(), RECEIVED) == [Dropped(fields=fields)]


def test_update_without_a_name_drops_nothing() -> None:
    """A face that was not recognised has no name to drop."""
    assert decode("frigate/tracked_object_update", b'{"type":"face","id":"1.0-a","name":null}', RECEIVED) == []


@pytest.mark.parametrize("payload", [b"\xff\xd8\xff\xe0JFIF", b'{"id":1}', b"\x89PNG"])
def test_snapshot_is_never_read(payload: bytes) -> None:
    """A picture is counted as dropped, whatever its bytes look like."""
    assert decode("frigate/gate/person/snapshot", payload, RECEIVED) == [Dropped(fields=("snapshot",))]


def test_picture_on_any_topic_is_dropped() -> None:
    """A picture is told by its first bytes too."""
    assert decode("frigate/events", b"\xff\xd8\xff\xe0", RECEIVED) == [Dropped(fields=("snapshot",))]


@pytest.mark.parametrize(("word", "offline"), [("online", False), ("offline", True), ("stopped", True)])
def test_availability_of_the_nvr(word: str, *, offline: bool) -> None:
    """`available` is the OFFLINE fact of the NVR itself."""
    (state,) = decode("frigate/available", word.encode(), RECEIVED)
    assert isinstance(state, DeviceState)
    assert (state.device, state.fact, state.active) == ("frigate", Fact.OFFLINE, offline)


@pytest.mark.parametrize(
    ("role", "word", "told"),
    [
        ("detect", "online", {Fact.OFFLINE: False, Fact.SHIELDED: False}),
        ("detect", "offline", {Fact.OFFLINE: True, Fact.SHIELDED: False}),
        ("detect", "disabled", {Fact.SHIELDED: True}),
        ("record", "offline", {Fact.FAULT: True}),
        ("record", "disabled", {}),
        ("audio", "offline", {}),
    ],
)
def test_status_of_a_camera(role: str, word: str, told: dict[Fact, bool]) -> None:
    """A camera without detection is offline, without recording faulty; disabled on purpose is shielded."""
    decoded = decode(f"frigate/gate/status/{role}", word.encode(), RECEIVED)
    assert {item.fact: item.active for item in decoded if isinstance(item, DeviceState)} == told


def test_motion_is_a_reading() -> None:
    """Motion is 1 or 0."""
    (reading,) = decode("nvr2/gate/motion", b"ON", RECEIVED)
    assert isinstance(reading, Reading)
    assert (reading.device, reading.metric, reading.value) == ("gate", "motion", 1.0)


@pytest.mark.parametrize(
    "topic", ["stats", "gate/person", "gate/person/active", "gate/detect/state", "gate/motion/set"]
)
def test_counts_and_commands_say_nothing(topic: str) -> None:
    """Counts, statistics and commands are passed over unread."""
    assert decode(f"frigate/{topic}", b"{", RECEIVED) == []


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("events", b"{"),
        ("events", b"[]"),
        ("events", b'{"type":"new"}'),
        ("events", b'{"type":"new","after":{"id":"1.0-a","camera":"","label":"fire"}}'),
        ("reviews", b'{"type":"new","after":{"id":1,"camera":"gate"}}'),
        ("available", b"perhaps"),
        ("gate/motion", b"2"),
        ("gate/status/detect", b""" "" """),
    ],
)
def test_what_cannot_be_read_is_malformed(topic: str, payload: bytes) -> None:
    """A message without its envelope, id, camera or known word is refused."""
    assert [item.reason for item in decode(f"frigate/{topic}", payload, RECEIVED) if isinstance(item, Rejection)] == [
        Reason.MALFORMED
    ]


def test_availability_ends_what_ran() -> None:
    """A restart of the NVR forgets what it followed: it ends, after its last news; what had ended stays."""
    (running,) = _review("update")
    (ended,) = _review("end", end_time=START + 60)
    (closed,) = close_running([running, ended], RECEIVED)
    assert (closed.event, closed.phase, closed.ended) == ("r-1", Phase.END, RECEIVED)
    (late,) = close_running([running], STARTED)
    assert late.time > running.time


def test_raw_messages_are_kept_without_persons() -> None:
    """What is kept of a rejected message or an unknown camera tells of no person."""
    payload = json.dumps({"type": "new", "after": {"id": EVENT, "camera": "gate"} | PERSONAL}).encode()
    kept = json.loads(storable("frigate", payload))
    assert kept == {
        "type": "new",
        "after": {"id": EVENT, "camera": "gate", "attributes": {}, "current_attributes": []},
    }
    assert storable("frigate", b"\xff\xd8\xff") == storable("frigate", b"somebody said something") == b""
    assert storable("frigate", b"online") == b"online"
    assert storable("senml", b"\xff") == b"\xff"
