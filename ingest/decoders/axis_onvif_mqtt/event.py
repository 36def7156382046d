"""One event of a camera, whatever it was spelled in, and what its data say. Pure."""

from collections.abc import Mapping
from typing import Final

import msgspec

from ingest.decoders.axis_onvif_mqtt.meanings import hazards_in
from ingest.readings import Fact
from ingest.wire import number

_STATE_NAMES: Final = frozenset(
    {
        "active", "state", "logicalstate", "open", "tampering", "tampered", "failed", "lost", "disruption", "alert",
        "triggered", "sensor_level", "day", "ready", "motion", "detected", "detection", "alarm", "alarmstatus",
        "status", "connected", "on", "alarmactive", "critical", "fan_failure", "limit_exceeded", "abr_error", "running",
    }
)  # fmt: skip
_TRUE: Final = frozenset(
    {"1", "true", "active", "on", "yes", "open", "tamperdetected", "faultdetected", "doorforcedopen", "dooropentoolong"}
)
_FALSE: Final = frozenset({"0", "false", "inactive", "off", "no", "closed", "notintamper", "notinfault", "normal"})
"""The last ones are those of doors (ONVIF Door Control Specification)."""
_CLASS_NAMES: Final = frozenset(
    {"classtypes", "class", "type", "objectclass", "object_class", "reason", "label", "objecttype"}
)
_OF_PERSONS: Final = frozenset({"humanface", "humanbody", "licenseplateinfo"})
_PARTS_LOOKED_AT: Final = 500  # of one event's data; an object tree has some dozens


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """What one event says: of what (`path`, `source`), when (seconds since 1970 UTC, None: not told), and the data.

    `operation` is ONVIF's `PropertyOperation` in lower case, empty where there is none. `speaker` is who says so by itself.
    """

    path: str
    source: Mapping[str, str]
    data: Mapping[str, object]
    seconds: float | None = None
    operation: str = ""
    speaker: str = ""

    @property
    def code(self) -> str:
        """Give the format's own name of what is told: the path and its source."""
        return " ".join([self.path, *(f"{name}={value}" for name, value in self.source.items())])[:200]

    @property
    def about(self) -> str:
        """Give the kinds of object that were seen, as the camera writes them."""
        return ", ".join(classes_of(self.data))[:100]


def active_of(data: Mapping[str, object]) -> bool | None:
    """Tell whether the event's property holds: its state item, or the only item that is yes or no; None: neither."""
    plain: bool | None = None
    for name, value in data.items():
        word = value.strip().lower() if isinstance(value, str) else value
        truth = _truth(word)
        lowered = name.lower()
        if truth is None or (word in {"0", "1"} and not (lowered in _STATE_NAMES or lowered.startswith("is"))):
            continue
        if lowered in _STATE_NAMES:
            return truth
        plain = truth if plain is None else plain
    return plain


def is_unclear(data: Mapping[str, object]) -> bool:
    """Tell whether the event has a state, in a word that is neither yes nor no: `Unknown` is no happening."""
    return any(
        isinstance(value, str) and name.lower() in _STATE_NAMES and number(value) is None
        for name, value in data.items()
    )


def sees_nothing(data: Mapping[str, object]) -> bool:
    """Tell whether the event lists the kinds of object that are seen, and there are none any more."""
    return any(
        name.lower() == "classtypes" and isinstance(value, str) and not value.strip() for name, value in data.items()
    )


def _truth(word: object) -> bool | None:
    if isinstance(word, bool):
        return word
    if isinstance(word, int):
        word = str(word) if word in {0, 1} else ""
    if not isinstance(word, str):
        return None
    return True if word in _TRUE else False if word in _FALSE else None


def classes_of(data: Mapping[str, object]) -> list[str]:
    """Name the kinds of object the data tell of, wherever they are in them (`classTypes`, ONVIF's `Appearance.Class`)."""
    found: list[str] = []
    waiting: list[tuple[str, object]] = list(data.items())
    for _ in range(_PARTS_LOOKED_AT):
        if not waiting:
            break
        name, part = waiting.pop()
        if isinstance(part, dict):
            if name.lower() not in _OF_PERSONS:
                waiting.extend((name if inner == "#text" else inner, value) for inner, value in part.items())
        elif isinstance(part, list):
            waiting.extend((name, inner) for inner in part[:_PARTS_LOOKED_AT])
        elif isinstance(part, str) and name.lower() in _CLASS_NAMES and part:
            found.append(part[:40])
    return found


def hazards_of(data: Mapping[str, object]) -> tuple[Fact, ...]:
    """Tell which of smoke and fire are among the kinds of object that were seen."""
    return hazards_in(" ".join(classes_of(data)).lower())
