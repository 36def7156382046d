"""What Frigate's cameras see: tracked objects and reviews, and how they end. Pure. Reads no face, plate or name."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from ingest.camera_privacy import PERSONAL_LABELS
from ingest.instants import settle
from ingest.readings import CameraEvent, DeviceId, Phase, Reason
from ingest.wire import RefusedError, number, text

HAZARDS: Final = ("fire", "smoke", "fire_alarm", "smoke_detector")
"""Labels with a Fact of their own, the graver first: seen, then heard."""
_SPELLED: Final = {"flame": "fire", "flames": "fire"} | {hazard: hazard for hazard in HAZARDS}

_PHASES: Final = {"new": Phase.START, "update": Phase.UPDATE, "end": Phase.END}
_END, _UPDATE = Phase.END, Phase.UPDATE
_AFTER_LAST: Final = timedelta(milliseconds=1)


def close_running(running: Iterable[CameraEvent], at: datetime) -> list[CameraEvent]:
    """End the events that ran on an NVR whose availability changed at `at`, none before its own last news."""
    return [
        replace(event, phase=Phase.END, time=end, ended=end)
        for event in running
        if event.phase is not Phase.END
        for end in [max(at, event.time + _AFTER_LAST)]
    ]


def tracked(message: Mapping[str, object], received: datetime) -> list[CameraEvent]:
    """Tell of a tracked object; a false positive, a face and a plate are none."""
    after = expect_object(message.get("after"))
    event, camera, label = _required(after, "id"), _required(after, "camera"), _label(_required(after, "label"))
    end = number(after.get("end_time"))
    phase = _phase(message, end)
    if label in PERSONAL_LABELS or (after.get("false_positive") is True and phase is not _END):
        return []
    started = newest = _started(after, event, received)
    if "frame_time" in after:
        newest = max(started, settle(number(after["frame_time"]), received)[0])
    ended = None if phase is not _END else _ended(end, newest, received)
    return [
        CameraEvent(
            device=DeviceId(camera),
            event=event,
            phase=phase,
            label=label,
            severity="detection",
            started=started,
            time=ended or newest,
            ended=ended,
            score=_score(after),
            zones=_texts(after.get("entered_zones")) or _texts(after.get("current_zones")),
        )
    ]


def reviewed(message: Mapping[str, object], received: datetime) -> list[CameraEvent]:
    """Tell of a review under its most telling label, and of each further hazard under `{id}/{label}`.

    A review never forgets an object it had, so none of them can be left running.
    """
    after = expect_object(message.get("after"))
    event, camera = _required(after, "id"), _required(after, "camera")
    gathered = expect_object(after.get("data") or {})
    labels = _review_labels(gathered)
    if not labels:
        return []
    end = number(after.get("end_time"))
    phase = _phase(message, end)
    started = newest = _started(after, event, received)
    # A review has no time of its last news; the newest object it gathered is the nearest to it on the NVR's own clock.
    for detection in _texts(gathered.get("detections")):
        newest = max(newest, _time_in(detection, started))
    ended = None if phase is not _END else _ended(end, newest, received)
    severity = "alert" if after.get("severity") == "alert" else "detection"
    zones = _texts(gathered.get("zones"))
    return [
        CameraEvent(
            device=DeviceId(camera),
            event=f"{event}/{label}" if i else event,
            phase=phase,
            label=label,
            severity=severity,
            started=started,
            time=ended or newest,
            ended=ended,
            zones=zones,
        )
        for i, label in enumerate(labels)
    ]


def _review_labels(gathered: Mapping[str, object]) -> list[str]:
    """Give the hazards of a review, the graver first; where there are none, the first of its other labels."""
    heard_and_seen = _texts(gathered.get("objects")) + _texts(gathered.get("audio"))
    labels = {_label(told) for told in heard_and_seen} - PERSONAL_LABELS
    return [label for label in HAZARDS if label in labels] or sorted(labels)[:1]


def _label(told: str) -> str:
    """Give the kind of object alone: `person-verified` is a recognised face, and after `car: ` a name or plate follows.

    The model of an owner may write `Fire`, or `flame`.
    """
    label = told.partition(": ")[0].removesuffix("-verified")
    return _SPELLED.get(label.lower(), label)


def _phase(message: Mapping[str, object], end: float | None) -> Phase:
    kind = message.get("type")
    return _END if end is not None else _PHASES.get(kind, _UPDATE) if isinstance(kind, str) else _UPDATE


def _ended(end: float | None, newest: datetime, received: datetime) -> datetime:
    """Give the end, always after the last news: an end at the same instant would be judged older and never clear."""
    return max(settle(end, received)[0], newest + _AFTER_LAST)


def _started(after: Mapping[str, object], event: str, received: datetime) -> datetime:
    seconds = number(after.get("start_time"))
    return _time_in(event, received) if seconds is None else settle(seconds, received)[0]


def _time_in(event: str, otherwise: datetime) -> datetime:
    """Read the start that an id begins with ("1607123955.475377-mxklsc")."""
    return settle(number(event.partition("-")[0]), otherwise)[0]


def _score(after: Mapping[str, object]) -> float | None:
    score = number(after.get("score"))
    if score is None or not 0.0 <= score <= 1.0:
        score = number(after.get("top_score"))
    return None if score is None or not 0.0 <= score <= 1.0 else score


def expect_object(value: object) -> Mapping[str, object]:
    """Take an object.

    Raises:
        RefusedError: it is none.
    """
    if not isinstance(value, dict):
        raise RefusedError(Reason.MALFORMED, "an object was expected")
    return value


def _required(after: Mapping[str, object], key: str) -> str:
    value = after.get(key)
    if not isinstance(value, str) or not (clean := text(value)):
        raise RefusedError(Reason.MALFORMED, f"no {key}")
    return clean


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        return ()
    return tuple([clean for name in value if isinstance(name, str) and (clean := text(name))])
