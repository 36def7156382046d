"""Frigate NVR: what its cameras see and whether they work, on `{prefix}/…`. Pure. Refuses pictures, faces, plates, names.

Which message raises. Frigate tells of everything twice: `events` follows each tracked object, `reviews` gathers the
objects of one happening and grades it `detection` or `alert` by the zones and labels its owner chose. Only a review
that became an alert may raise: an event appears for every cat and comes again each minute while a car stands in the
yard. So events are told with severity "detection", reviews with their own, and smoke and fire count from alerts.

The same id comes many times (upsert by it), and an end may never come: a restart of the NVR forgets what it followed.
`available` is therefore an OFFLINE fact of the device `{prefix}`, and on any news of it `close_running` ends what ran.

The prefix is one level (`frigate`, wherever it stands, otherwise the first level). A camera is the device.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from ingest.camera_privacy import PERSONAL_LABELS, personal_fields, without_personal_fields
from ingest.instants import settle
from ingest.readings import CameraEvent, Decoded, Decoder, DeviceId, DeviceState, Dropped, Fact, Phase, Reading, Reason
from ingest.wire import RefusedError, is_picture, number, plain_text, read_json, text

PREFIX: Final = "frigate"
HAZARDS: Final = ("fire", "smoke")
"""Labels with a Fact of their own, the graver first."""

_PHASES: Final = {"new": Phase.START, "update": Phase.UPDATE, "end": Phase.END}
_MESSAGES: Final = ("events", "reviews", "tracked_object_update")
_OFFLINE_WORDS: Final = {"online": False, "offline": True, "stopped": True}
_AFTER_LAST: Final = timedelta(milliseconds=1)


def decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:
    """Decode a message of Frigate that arrived on `topic` at `received` (aware UTC).

    Counts, statistics, commands, audio levels and whatever newer versions add say nothing: [], unread.
    """
    try:
        return list(_decode(topic, payload, received))
    except RefusedError as refused:
        return [refused.rejection]


TOPICS: Final = ("frigate/#",)
DECODER: Final[Decoder] = decode
STORABLE: Final = without_personal_fields
"""A message kept raw, because it was rejected or its camera is unknown, is kept without what it says of persons."""


def close_running(running: Iterable[CameraEvent], at: datetime) -> list[CameraEvent]:
    """End the events that ran on an NVR whose availability changed at `at`, none before its own last news."""
    return [
        replace(event, phase=Phase.END, time=end, ended=end)
        for event in running
        if event.phase is not Phase.END
        for end in [max(at, event.time + _AFTER_LAST)]
    ]


def _decode(topic: str, payload: bytes, received: datetime) -> Iterator[Decoded]:
    prefix, levels = _split(topic)
    if not payload:
        return
    if is_picture(payload) or levels[-1:] == ["snapshot"]:
        yield Dropped(fields=("snapshot",))
        return
    match levels:
        case []:
            yield from _message(_kind(payload), payload, received)
        case [kind] if kind in _MESSAGES:
            yield from _message(kind, payload, received)
        case ["available"]:
            yield _offline(DeviceId(prefix), payload, received, code="available")
        case [camera, "status", role]:
            yield from _status(DeviceId(camera), role, payload, received)
        case [camera, "motion"]:
            yield from _motion(DeviceId(camera), payload, received)
        case [_, "audio", "transcription"]:
            yield Dropped(fields=("transcription",))
        case _:  # counts, statistics, commands: nothing we take in
            return


def _split(topic: str) -> tuple[str, list[str]]:
    levels = topic.split("/") if topic else [PREFIX]
    at = levels.index(PREFIX) if PREFIX in levels else 0
    return levels[at], levels[at + 1 :]


def _kind(payload: bytes) -> str:
    """Tell by its shape what a message without a topic is: a file looked at by hand."""
    message = _object(read_json(payload))
    if "after" not in message:
        return "tracked_object_update"
    return "reviews" if "severity" in _object(message["after"]) else "events"


def _message(kind: str, payload: bytes, received: datetime) -> Iterator[Decoded]:
    message = _object(read_json(payload))
    dropped = personal_fields(message)
    if dropped:
        yield Dropped(fields=dropped)
    if kind == "events":
        yield from _event(message, received)
    elif kind == "reviews":
        yield from _review(message, received)


def _event(message: Mapping[str, object], received: datetime) -> Iterator[CameraEvent]:
    after = _object(message.get("after"))
    event, camera, label = (_required(after, key) for key in ("id", "camera", "label"))
    phase = _phase(message, after)
    if label in PERSONAL_LABELS or (after.get("false_positive") is True and phase is not Phase.END):
        return
    started = _instant(after, "start_time", event, received)
    newest = max(started, _time(number(after.get("frame_time")), received) if "frame_time" in after else started)
    ended = _ended(after, phase, newest, received)
    yield CameraEvent(
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


def _review(message: Mapping[str, object], received: datetime) -> Iterator[CameraEvent]:
    """Tell of a review under its most telling label, and of a second hazard under `{id}/{label}`.

    A review never forgets an object it had, so neither of the two can be left running.
    """
    after = _object(message.get("after"))
    event, camera = _required(after, "id"), _required(after, "camera")
    gathered = _object(after.get("data") or {})
    labels = _review_labels(gathered)
    if not labels:
        return
    phase = _phase(message, after)
    started = _instant(after, "start_time", event, received)
    # A review has no time of its last news; the newest object it gathered is the nearest to it on the NVR's own clock.
    newest = max([started, *(_instant({}, "", name, started) for name in _texts(gathered.get("detections")))])
    ended = _ended(after, phase, newest, received)
    for i, label in enumerate(labels[:1] + [label for label in labels[1:] if label in HAZARDS]):
        yield CameraEvent(
            device=DeviceId(camera),
            event=f"{event}/{label}" if i else event,
            phase=phase,
            label=label,
            severity="alert" if after.get("severity") == "alert" else "detection",
            started=started,
            time=ended or newest,
            ended=ended,
            zones=_texts(gathered.get("zones")),
        )


def _review_labels(gathered: Mapping[str, object]) -> list[str]:
    """Give the labels of a review, hazards first. `person-verified` is a recognised face: it is told as `person`."""
    heard_and_seen = [*_texts(gathered.get("objects")), *_texts(gathered.get("audio"))]
    labels = {label.removesuffix("-verified") for label in heard_and_seen} - PERSONAL_LABELS
    return [label for label in HAZARDS if label in labels] + sorted(labels.difference(HAZARDS))


def _phase(message: Mapping[str, object], after: Mapping[str, object]) -> Phase:
    kind = message.get("type")
    phase = _PHASES.get(kind, Phase.UPDATE) if isinstance(kind, str) else Phase.UPDATE
    return Phase.END if number(after.get("end_time")) is not None else phase


def _ended(after: Mapping[str, object], phase: Phase, newest: datetime, received: datetime) -> datetime | None:
    """Give the end, always after the last news: an end at the same instant would be judged older and never clear."""
    if phase is not Phase.END:
        return None
    return max(_time(number(after.get("end_time")), received), newest + _AFTER_LAST)


def _instant(after: Mapping[str, object], key: str, event: str, otherwise: datetime) -> datetime:
    """Read a time field, or the start that an id begins with ("1607123955.475377-mxklsc")."""
    seconds = number(after.get(key))
    return _time(number(event.partition("-")[0]) if seconds is None else seconds, otherwise)


def _time(seconds: float | None, otherwise: datetime) -> datetime:
    return settle(seconds, otherwise)[0]


def _score(after: Mapping[str, object]) -> float | None:
    scores = (number(after.get(key)) for key in ("score", "top_score"))
    return next((score for score in scores if score is not None and 0.0 <= score <= 1.0), None)


def _offline(device: DeviceId, payload: bytes, received: datetime, *, code: str) -> DeviceState:
    word = plain_text(payload)
    if word not in _OFFLINE_WORDS:
        raise RefusedError(Reason.MALFORMED, "neither online, stopped nor offline")
    return DeviceState(device=device, fact=Fact.OFFLINE, active=_OFFLINE_WORDS[word], time=received, code=code)


def _status(camera: DeviceId, role: str, payload: bytes, received: datetime) -> Iterator[DeviceState]:
    """Read a role of a camera: it sees nothing without `detect`; without `record` it sees but is faulty.

    `disabled` was switched off on purpose: shielded, not offline. Audio decides nothing.
    """
    fact = {"detect": Fact.OFFLINE, "record": Fact.FAULT}.get(role)
    if fact is None:
        return
    code = f"status/{role}"
    shielded = plain_text(payload) == "disabled"
    if not shielded:
        state = _offline(camera, payload, received, code=code)
        yield DeviceState(device=camera, fact=fact, active=state.active, time=received, code=code)
    if fact is Fact.OFFLINE:
        yield DeviceState(device=camera, fact=Fact.SHIELDED, active=shielded, time=received, code=code)


def _motion(camera: DeviceId, payload: bytes, received: datetime) -> Iterator[Reading]:
    word = plain_text(payload)
    if word not in ("on", "off"):
        raise RefusedError(Reason.MALFORMED, "neither ON nor OFF")
    yield Reading(device=camera, metric="motion", time=received, value=float(word == "on"), unit="1", code="motion")


def _object(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise RefusedError(Reason.MALFORMED, "an object was expected")
    return value


def _required(after: Mapping[str, object], key: str) -> str:
    value = after.get(key)
    clean = text(value) if isinstance(value, str) else ""
    if not clean:
        raise RefusedError(Reason.MALFORMED, f"no {key}")
    return clean


def _texts(value: object) -> tuple[str, ...]:
    names = value if isinstance(value, list) else []
    return tuple(clean for name in names if isinstance(name, str) and (clean := text(name)))
