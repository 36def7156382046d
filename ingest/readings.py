"""What a decoder can say: readings, device states, camera events, or a rejection. Pure nouns; no I/O, no clock.

They are msgspec structs, made in 0.06 µs where a frozen dataclass takes 0.85: a decoder makes one for each thing it says. They
hold nothing that could hold them, so the cycle collector need not know them. `msgspec.structs.replace` makes a changed copy.
"""

from datetime import datetime
from enum import IntEnum, StrEnum
from typing import NewType, Protocol

from msgspec import Struct

DeviceId = NewType("DeviceId", str)


class Quality(IntEnum):
    """How far a value can be trusted. Stored as a small integer: changing a value is a migration."""

    GOOD = 0
    UNCERTAIN_TIME = 1  # the device's clock is implausible, so the time is the receive time
    UNCERTAIN = 2  # the device itself, or a convention we had to guess, casts doubt on the value
    MISSING = 3  # the device said "no value": the stored number is NaN and no rule sees it
    IMPLAUSIBLE = 4  # a number that cannot be (a sentinel, outside of the metric's range): kept, but never a value
    HISTORY = 5  # stored by the device and told later: a value like any other, but never judged


class Reading(Struct, frozen=True, kw_only=True, gc=False):
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
    VALUE_HIGH = "value_high"  # a meter's own upper limit is passed (pressure, tank level)
    VALUE_LOW = "value_low"  # a meter's own lower limit is passed
    HEAT = "heat"  # too hot, where the device tells it apart from fire
    GAS_ALARM = "gas_alarm"  # the device's own gas alarm
    OPEN = "open"  # a door, lid or box
    MOTION = "motion"  # something moves or has crossed a line; never who
    SMOKE_SEEN = "smoke_seen"  # a camera sees smoke
    FIRE_SEEN = "fire_seen"  # a camera sees fire
    WATER = "water"  # immersion or leak
    OTHER = "other"


class DeviceState(Struct, frozen=True, kw_only=True, gc=False):
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


class CameraEvent(Struct, frozen=True, kw_only=True, gc=False):
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
    RATE = "rate"  # more messages on one topic than it may bring; only the first few are kept raw
    TOPIC = "topic"  # the topic does not say which device speaks
    METRIC = "metric"  # a metric no device may have, or one more than a device may have
    UNIT = "unit"  # a unit that cannot be converted to the metric's
    TIME = "time"  # no time that could be right
    TOO_LARGE = "too-large"
    FRAGMENT = "fragment"  # one packet of a report that is not whole yet; what it becomes is decoded with the last one
    CONFLICT = "conflict"  # an identifier that stands for another content already
    DOWNLINK = "downlink"  # a frame from the centre to a device
    FAULT = "fault"  # a fault of Gridwatch; `detail` says which


class Rejection(Struct, frozen=True, kw_only=True, gc=False):
    """A payload, or a part of one, that was not taken in. The raw bytes are kept by the collector."""

    reason: Reason
    detail: str = ""


class Dropped(Struct, frozen=True, kw_only=True, gc=False):
    """Personal fields that were removed at the decoder: their names only, so that the drop can be counted."""

    fields: tuple[str, ...]


class Enclosed(Struct, frozen=True, kw_only=True, gc=False):
    """A maker's payload inside of a network's envelope (LoRaWAN, NB-IoT) that the envelope did not say how to read.

    The registry may know: `codec` of the device is a name of `ingest.codecs`. `port` is the LoRaWAN fPort, None elsewhere.
    """

    device: DeviceId
    payload: bytes
    time: datetime
    port: int | None = None
    quality: Quality = Quality.GOOD
    hint: str = ""  # what the envelope calls the kind of device, for whoever registers it


class Discovered(Struct, frozen=True, kw_only=True, gc=False):
    """A device that was announced: by a discovery message, a birth certificate, a bridge's list.

    `channels` are (metric, unit). It is registered by nobody but an officer; until then it waits, described.
    """

    device: DeviceId
    kind: str = ""
    name: str = ""
    model: str = ""
    gateway: str | None = None
    channels: tuple[tuple[str, str], ...] = ()


class MessageKind(StrEnum):
    """What an official warning does (CAP 1.2 §3.2.1 msgType)."""

    ALERT = "alert"
    UPDATE = "update"
    CANCEL = "cancel"


class Meaning(StrEnum):
    """Whether an official warning is meant (CAP 1.2 §3.2.1 status). Only an actual one has consequences."""

    ACTUAL = "actual"
    EXERCISE = "exercise"
    SYSTEM = "system"
    TEST = "test"
    DRAFT = "draft"


class WarningArea(Struct, frozen=True, kw_only=True, gc=False):
    """Where a warning holds. Polygons are closed rings of (lon, lat) degrees in WGS 84.

    Shapes and codes describe the same place (CAP 1.2 §3.2.4); a shape is the more exact one.
    `circles` are (lon, lat, radius in km); `codes` are (scheme, code), as ("GB2260", "500101").
    """

    name: str = ""
    polygons: tuple[tuple[tuple[float, float], ...], ...] = ()
    circles: tuple[tuple[float, float, float], ...] = ()
    codes: tuple[tuple[str, str], ...] = ()


class OfficialWarning(Struct, frozen=True, kw_only=True, gc=False):
    """A warning of a weather or emergency service, as it was issued. Instants aware UTC.

    `id` is unique with its sender; a message of several parts gives each an id of its own, and `message` is the id they share.
    `priority` is 1 red to 4 blue, None where the message does not say how bad it is. `until_at` None: the issuer gave no end.
    `references` are (sender, id) of the messages it updates or cancels. `thread` is what an update or a cancellation without
    references follows, given by issuers who name none: whatever is older and has the same thread. "" where there is none.
    """

    id: str
    sender: str
    kind: MessageKind
    meaning: Meaning
    sent: datetime
    event: str  # one of ours: rainstorm, flash-flood, ...; made from the issuer's words
    event_text: str  # the issuer's words
    priority: int | None = None
    headline: str = ""
    description: str = ""
    from_at: datetime
    until_at: datetime | None = None
    references: tuple[tuple[str, str], ...] = ()
    areas: tuple[WarningArea, ...] = ()
    issuer: str = ""  # who issued it, in words
    message: str = ""  # "" is `id`
    thread: str = ""


class Request(Struct, frozen=True, kw_only=True, gc=False):
    """What is to be sent back to a device, as a rebirth command of Sparkplug. Sent at most once a minute by topic."""

    topic: str
    payload: bytes


Decoded = Reading | DeviceState | CameraEvent | Enclosed | Discovered | OfficialWarning | Request | Rejection | Dropped


class Decoder(Protocol):
    """Turn one payload into what it says. Pure and total: bad input is a Rejection, never an exception."""

    def __call__(self, topic: str, payload: bytes, received: datetime) -> list[Decoded]:
        """Decode `payload` that arrived on `topic` at `received` (aware UTC).

        A heartbeat that says nothing else is an empty list. What was decoded before a damaged part is kept, and a
        Rejection follows it.
        """
        ...


class Memory(Protocol):
    """A decoder that remembers: packets of a report, names told once. Pure, bounded, and as total as `Decoder`.

    A decoder's file offers it as `MEMORY`, a callable without arguments that makes an empty one. `kept` counts the messages
    whose content lives only here so far; those are kept raw, too.
    """

    kept: int

    def copy(self) -> "Memory":
        """Make one that goes on from here on its own: a batch may have to be taken in twice."""
        ...

    def __call__(self, topic: str, payload: bytes, received: datetime) -> list[Decoded]:
        """Decode a payload as a `Decoder` does, with what is remembered."""
        ...
