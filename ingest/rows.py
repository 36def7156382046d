"""What messages come to, collected row by row: columns of readings, and whatever else one can say. Pure: no I/O, no clock."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import numpy as np

from ingest.batch import Batch
from ingest.clocks import AHEAD_US
from ingest.decoders import storable
from ingest.identifiers import is_id
from ingest.memories import Memories
from ingest.publish import Message
from ingest.rate import Passed
from ingest.readings import CameraEvent, Decoded, Discovered, OfficialWarning, Quality, Reason, Request
from ingest.registry import Registry, Slot

ID_SHOWN: Final = 60
NATIVE_PREFIX: Final = ["gridwatch", "v1"]
REJECTIONS_KEPT: Final = (
    16  # of one message: each keeps it raw, and a megabyte of damaged frames must not become gigabytes
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedMessage:
    """A message that was not taken in, raw, with the reason."""

    topic: str
    payload: bytes
    source: str
    reason: str
    detail: str


@dataclass(slots=True, kw_only=True)
class Unregistered:
    """A device that was heard but is not registered: what it sent last and how often."""

    source: str
    area: str
    topic: str
    payload: bytes
    messages: int = 1
    announced: Discovered | None = None


@dataclass(slots=True, kw_only=True)
class Intake:
    """What a run of messages came to. `learn` names (device, metric, unit) to be added before they can be stored."""

    batch: Batch
    slots: np.ndarray[tuple[int], np.dtype[np.int32]]
    events: list[tuple[int, int, CameraEvent]] = field(default_factory=list)  # device key, grid key, event
    rejected: list[RejectedMessage] = field(default_factory=list)
    waiting: dict[str, Unregistered] = field(default_factory=dict)
    learn: list[tuple[str, str, str]] = field(default_factory=list)
    spoke_up: list[tuple[str, datetime]] = field(default_factory=list)  # devices that told their availability, and when
    counts: Counter[str] = field(default_factory=Counter)
    warnings: list[OfficialWarning] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)  # to be sent once this is committed
    untimed: list[Message] = field(default_factory=list)  # messages with readings that bear our time
    ahead: list[tuple[int, int]] = field(default_factory=list)  # device key, µs: clocks too far ahead to be believed
    memories: Memories = field(default_factory=Memories)  # to be given to the next run of messages


def refuse_excess(intake: Intake, passed: Passed) -> None:
    """Put what a flood brought beyond its rate among the rejected: all counted, the first few kept raw."""
    if passed.refused:
        intake.counts[f"rejected_{Reason.RATE}"] += passed.refused
        intake.rejected += [
            RejectedMessage(
                topic=message.topic,
                payload=b"",
                source="",
                reason=Reason.RATE,
                detail=f"one of {passed.refused} messages in one batch beyond ingest.topic_rate",
            )
            for message in passed.shown
        ]


class Rows:
    """Collects what messages come to, row by row."""

    def __init__(self, received_us: int, memories: Memories) -> None:
        self.received_us = received_us
        self._memories = memories
        self.warnings: list[OfficialWarning] = []
        self.requests: list[Request] = []
        self.events: list[tuple[int, int, CameraEvent]] = []
        self.rejected: list[RejectedMessage] = []
        self.waiting: dict[str, Unregistered] = {}
        self.learn: list[tuple[str, str, str]] = []
        self.spoke_up: list[tuple[str, datetime]] = []
        self.counts: Counter[str] = Counter()
        self.ahead: list[tuple[int, int]] = []  # slot, µs
        self.untimed: list[Message] = []
        self.untimed_rows = 0
        self._last_waiting: tuple[str, Message] | None = None
        self._refused: Message | None = None  # the message that was rejected last, and how often
        self._refusals = 0
        self._slot: list[int] = []
        self._time: list[int] = []
        self._value: list[float] = []
        self._quality: dict[int, Quality] = {}  # rows that are not GOOD
        self._untimed: dict[int, int] = {}  # slot: rows at our own receive time

    def add(self, slot: Slot, time_us: int, value: float, quality: Quality) -> None:
        """Add one reading; `value` is in the unit on the wire, `time_us` the device's."""
        ahead = time_us - self.received_us
        if ahead >= -1 and (ahead <= 1 or ahead > AHEAD_US):  # a decoder's own receive time may be rounded by 1 µs
            if ahead > AHEAD_US:
                self.ahead.append((slot.index, ahead))
                time_us = self.received_us
                quality = Quality.UNCERTAIN_TIME if quality is Quality.GOOD else quality
            # No time of its own, it seems: a microsecond apart, so that two readings of one channel and batch stay two,
            # in their order. The first keeps what it has: it may be a device's own time that happens to be ours.
            self.untimed_rows += 1
            before = self._untimed.get(slot.index, 0)
            self._untimed[slot.index] = before + 1
            time_us += before
        if quality is not Quality.GOOD:
            self._quality[len(self._slot)] = quality
        self._slot.append(slot.index)
        self._time.append(time_us)
        self._value.append(value if slot.is_same else slot.stored(value))

    def decode(self, name: str, message: Message, received: datetime) -> list[Decoded]:
        """Decode a payload; one that lives only in a decoder's memory so far is kept raw, too."""
        items, is_remembered = self._memories.decode(name, message.topic, message.payload, received)
        if is_remembered:
            self.reject(message, name, Reason.FRAGMENT, "")
        return items

    def reject(self, message: Message, source: str, reason: str, detail: str) -> None:
        """Refuse a message or a part of one: counted each time, kept raw the first few times."""
        self.counts[f"rejected_{reason}"] += 1
        if message is not self._refused:
            self._refused, self._refusals = message, 0
        self._refusals += 1
        if self._refusals > REJECTIONS_KEPT:
            return
        self.rejected.append(
            RejectedMessage(
                topic=message.topic,
                payload=storable(source, message.payload),
                source=source,
                reason=reason,
                detail=detail[:500],
            )
        )

    def wait(self, device: str, source: str, message: Message, announced: Discovered | None = None) -> None:
        """Put a device that nobody has registered on the waiting list, with what it sent; refuse one that nobody can."""
        if not is_id(device):
            self.reject(message, source, Reason.MALFORMED, f"no id of a device: {device[:ID_SHOWN]!r}")
            return
        self.counts["unregistered"] += 1
        levels = message.topic.split("/")
        area = levels[2] if levels[:2] == NATIVE_PREFIX and len(levels) > 3 else ""  # noqa: PLR2004
        known = self.waiting.get(device)
        announced = announced or (known.announced if known else None)
        if known is not None and self._last_waiting == (device, message):
            known.announced = announced
            return  # several readings of one message are still one message
        self._last_waiting = (device, message)
        self.waiting[device] = Unregistered(
            source=source,
            area=area,
            topic=message.topic,
            payload=storable(source, message.payload),
            messages=known.messages + 1 if known else 1,
            announced=announced,
        )

    def finish(self, registry: Registry) -> Intake:
        """Make columns of the rows, with the keys of the registry they were found in."""
        slots = np.array(self._slot, np.int32)
        quality = np.zeros(len(slots), np.int16)
        for row, value in self._quality.items():
            quality[row] = value
        batch = Batch(
            device=registry.device[slots],
            metric=registry.metric[slots],
            time=np.array(self._time, np.int64),
            value=np.array(self._value, np.float64),
            quality=quality,
            grid=registry.grid[slots],
            received=np.full(len(slots), self.received_us, np.int64),
        )
        return Intake(
            batch=batch,
            slots=slots,
            events=self.events,
            rejected=self.rejected,
            waiting=self.waiting,
            learn=self.learn,
            spoke_up=self.spoke_up,
            counts=self.counts,
            warnings=self.warnings,
            requests=self.requests,
            untimed=self.untimed,
            ahead=[(int(registry.device[slot]), by) for slot, by in self.ahead],
            memories=self._memories,
        )
