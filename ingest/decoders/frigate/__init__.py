"""Frigate NVR: what its cameras see and whether they work, on `{prefix}/…`. Pure. Refuses pictures, faces, plates, names.

Which message raises. Frigate tells of everything twice: `events` follows each tracked object, `reviews` gathers the
objects of one happening and grades it `detection` or `alert` by the zones and labels its owner chose. Only a review
that became an alert may raise: an event appears for every cat and comes again each minute while a car stands in the
yard. So events are told with severity "detection", reviews with their own, and smoke and fire count from alerts.

The same id comes many times (upsert by it), and an end may never come: a restart of the NVR forgets what it followed.
`available` is therefore an OFFLINE fact of the device `{prefix}`, and on any news of it `close_running` ends what ran.

The prefix is one level (`frigate`, wherever it stands, otherwise the first level). A camera is the device.
"""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Final

from ingest.camera_privacy import personal_fields, without_personal_fields
from ingest.decoders.frigate.events import close_running, expect_object, reviewed, tracked
from ingest.readings import Decoded, Decoder, DeviceId, DeviceState, Dropped, Fact, Reading, Reason
from ingest.wire import RefusedError, is_picture, plain_text, read_json

__all__ = ["DECODER", "STORABLE", "close_running", "decode"]

PREFIX: Final = "frigate"
_ROLES: Final = {"detect": Fact.OFFLINE, "record": Fact.FAULT}
_MESSAGES: Final = ("events", "reviews", "tracked_object_update")
_OFFLINE_WORDS: Final = {"online": False, "offline": True, "stopped": True}

_Read = Callable[..., list[Decoded]]
"""Reads a payload received at an instant; before them it takes names from the topic."""


def decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:
    """Decode a message of Frigate that arrived on `topic` at `received` (aware UTC).

    Counts, statistics, commands, audio levels and whatever newer versions add say nothing: [], unread.
    """
    try:
        return _decode(topic, payload, received)
    except RefusedError as refused:
        return [refused.rejection]


TOPICS: Final = ("frigate/#",)
DECODER: Final[Decoder] = decode
STORABLE: Final = without_personal_fields
"""A message kept raw, because it was rejected or its camera is unknown, is kept without what it says of persons."""


def _decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:
    read, names = _address(topic)
    if not payload:
        return []
    if is_picture(payload):
        return [Dropped(fields=("snapshot",))]
    return read(*names, payload, received)


@lru_cache(maxsize=4096)
def _address(topic: str) -> tuple[_Read, tuple[str, ...]]:
    """Choose what reads the messages on `topic`, and the names it takes from there."""
    levels = topic.split("/") if topic else [PREFIX]
    at = levels.index(PREFIX) if PREFIX in levels else 0
    found: tuple[_Read, tuple[str, ...]]
    match levels[at + 1 :]:
        case []:
            found = _by_hand, ()
        case [*_, "snapshot"]:
            found = _dropped, ("snapshot",)
        case [_, "audio", "transcription"]:
            found = _dropped, ("transcription",)
        case [kind] if kind in _MESSAGES:
            found = _message, (kind,)
        case ["available"]:
            found = _available, (levels[at],)
        case [camera, "status", role] if role in _ROLES:
            found = _status, (camera, role)
        case [camera, "motion"]:
            found = _motion, (camera,)
        case _:
            found = _nothing, ()
    return found


def _nothing(_payload: bytes, _received: datetime) -> list[Decoded]:
    return []  # counts, statistics, commands: nothing we take in


def _dropped(field: str, _payload: bytes, _received: datetime) -> list[Decoded]:
    return [Dropped(fields=(field,))]


def _by_hand(payload: bytes, received: datetime) -> list[Decoded]:
    """Read a message without a topic, a file looked at by hand; its shape tells what it is."""
    message = expect_object(read_json(payload))
    if "after" not in message:
        return _message("tracked_object_update", payload, received)
    return _message("reviews" if "severity" in expect_object(message["after"]) else "events", payload, received)


def _message(kind: str, payload: bytes, received: datetime) -> list[Decoded]:
    message = expect_object(read_json(payload))
    dropped = personal_fields(message)
    said: list[Decoded] = [Dropped(fields=dropped)] if dropped else []
    if kind == "events":
        said += tracked(message, received)
    elif kind == "reviews":
        said += reviewed(message, received)
    return said


def _available(prefix: str, payload: bytes, received: datetime) -> list[Decoded]:
    is_offline = _is_offline(plain_text(payload))
    return [DeviceState(device=DeviceId(prefix), fact=Fact.OFFLINE, active=is_offline, time=received, code="available")]


def _status(camera: str, role: str, payload: bytes, received: datetime) -> list[Decoded]:
    """Read a role of a camera: it sees nothing without `detect`; without `record` it sees but is faulty.

    `disabled` was switched off on purpose: shielded, not offline. Audio decides nothing.
    """
    word, fact = plain_text(payload), _ROLES[role]
    is_shielded = word == "disabled"
    told = [] if is_shielded else [(fact, _is_offline(word))]
    if fact is Fact.OFFLINE:
        told.append((Fact.SHIELDED, is_shielded))
    return [
        DeviceState(device=DeviceId(camera), fact=fact, active=active, time=received, code=f"status/{role}")
        for fact, active in told
    ]


def _is_offline(word: str) -> bool:
    if word not in _OFFLINE_WORDS:
        raise RefusedError(Reason.MALFORMED, "neither online, stopped nor offline")
    return _OFFLINE_WORDS[word]


def _motion(camera: str, payload: bytes, received: datetime) -> list[Decoded]:
    word = plain_text(payload)
    if word not in ("on", "off"):
        raise RefusedError(Reason.MALFORMED, "neither ON nor OFF")
    moves = float(word == "on")
    return [Reading(device=DeviceId(camera), metric="motion", time=received, value=moves, unit="1", code="motion")]
