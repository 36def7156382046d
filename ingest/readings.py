"""What a decoder can say: readings, device states, camera events, or a rejection. Pure nouns; no I/O, no clock."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import NewType, Protocol

DeviceId = NewType("DeviceId", str)


class Quality(IntEnum):
    """How far a value can be trusted. Stored as a small integer: changing a value is a migration."""

    GOOD = 0
    UNCERTAIN_TIME = 1  # the device's clock is implausible, so the time is the receive time
    UNCERTAIN = 2  # the device itself, or a convention we had to guess, casts doubt on the value
    MISSING = 3  # the device said "no value": the stored number is NaN and no rule sees it
    IMPLAUSIBLE = 4  # a number that cannot be (a sentinel, outside of the metric's range): kept, but never a value


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One value of one metric of one device at one time.

    `value` is None where the device reported that it has no value (a sentinel, all-F BCD, text for a number).
    `unit` is the SenML/UCUM unit on the wire; the registry converts or rejects it. `code` is the format's own
    name of the quantity ("39" in SL 651), kept for people. `relative` is a level above the station's own base, to which
    the registry adds the station's datum. Instants are aware UTC.
    """

    device: DeviceId
    metric: str
    time: datetime
    value: float | None
    unit: str
    quality: Quality = Quality.GOOD
    code: str = ""
    relative: bool = False


class Fact(StrEnum):
    """A yes-or-no condition a device reports about itself. Each is a metric of its own with unit "1"."""

    FIRE = "fire"  # the device says: smoke or fire
    FAULT = "fault"
    TAMPER = "tamper"
    BATTERY_LOW = "battery_low"
    TEST = "test"
    OFFLINE = "offline"
    MAINS_LOST = "mains_lost"
    SHIELDED = "shielded"
    SILENCED = "silenced"
    LEVEL_HIGH = "level_high"  # the station's own level alarm bit
    SMOKE_SEEN = "smoke_seen"  # a camera sees smoke
    FIRE_SEEN = "fire_seen"  # a camera sees fire
    WATER = "water"  # immersion or leak
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceState:
    """A fact about a device that is now true or now false. A fact that was not mentioned is not here."""

    device: DeviceId
    fact: Fact
    active: bool
    time: datetime
    quality: Quality = Quality.GOOD
    code: str = ""
    text: str = ""  # the device's own description of the place or part, never a person


class Phase(StrEnum):
    """Where a camera event is in its life."""

    START = "start"
    UPDATE = "update"
    END = "end"


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraEvent:
    """One detection of a camera. The same `event` comes many times: store it by (device, event)."""

    device: DeviceId
    event: str
    phase: Phase
    label: str
    severity: str  # "detection" or "alert"
    started: datetime
    time: datetime
    ended: datetime | None = None
    score: float | None = None
    zones: tuple[str, ...] = ()


class Reason(StrEnum):
    """Why a payload was rejected. One word a fault, so that they can be counted."""

    MALFORMED = "malformed"  # not the format at all
    TRUNCATED = "truncated"  # the beginning of a frame
    CHECKSUM = "checksum"
    UNSUPPORTED = "unsupported"  # well-formed, but nothing we take in (a picture, a configuration answer)
    FOREIGN_DEVICE = "foreign-device"  # a device that speaks for another
    TOPIC = "topic"  # the topic does not say which device speaks
    UNIT = "unit"  # a unit that cannot be converted to the metric's
    TIME = "time"  # no time that could be right
    TOO_LARGE = "too-large"
    FRAGMENT = "fragment"  # one packet of a report that is not whole yet; what it becomes is decoded with the last one
    DOWNLINK = "downlink"  # a frame from the centre to a device
    FAULT = "fault"  # a fault of Gridwatch; `detail` says which


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A payload, or a part of one, that was not taken in. The raw bytes are kept by the collector."""

    reason: Reason
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """Personal fields that were removed at the decoder: their names only, so that the drop can be counted."""

    fields: tuple[str, ...]


Decoded = Reading | DeviceState | CameraEvent | Rejection | Dropped


class Decoder(Protocol):
    """Turn one payload into what it says. Pure and total: bad input is a Rejection, never an exception."""

    def __call__(self, topic: str, payload: bytes, received: datetime) -> list[Decoded]:
        """Decode `payload` that arrived on `topic` at `received` (aware UTC).

        A heartbeat that says nothing else is an empty list. What was decoded before a damaged part is kept, and a
        Rejection follows it.
        """
        ...
