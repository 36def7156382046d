"""Read properties and events of Chinese platforms' thing models into readings and facts. Pure.

A value stands bare or as {"value": …, "time": …}; structs are flattened, lists are not read. What names a person is dropped by
name. A fact whose value cannot be read is told as a rejection: it is never taken for false.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Final

from ingest.readings import Decoded, DeviceId, DeviceState, Dropped, Fact, Quality, Reading, Reason, Rejection
from ingest.thing_personal import is_personal
from ingest.thing_values import own_time, reading_of, told
from ingest.usual_names import (
    LONGEST_NAME,
    Flag,
    Ignored,
    Meaning,
    Personal,
    Quantity,
    meaning,
    spelled,
    truth,
    truth_of,
)
from ingest.wire import number, text

_WRAPPING: Final = frozenset({"value", "time", "eventType", "quality"})
_DEEPEST: Final = 6
_BITS: Final = (0, 1)
_BARE: Final = frozenset({int, float, str, bool})


def read_properties(
    values: Mapping[str, object], device: DeviceId, moment: tuple[datetime, Quality], received: datetime
) -> list[Decoded]:
    """Read every property of an object; `moment` holds where a value has no time of its own.

    Most are bare numbers and flags, some with their time: those are read here, and a `Report` is made for the others only.
    """
    said: list[Decoded] = []
    left: dict[str, object] = {}
    stamped: object = None
    own = moment
    for name, value in values.items():
        bare, at = value, moment
        if type(value) is dict and "value" in value and len(value) == 1 + ("time" in value):
            bare = value["value"]
            if "time" in value:
                if value["time"] != stamped:
                    stamped = value["time"]
                    own = own_time(stamped, moment, received)
                at = own
        if type(bare) not in _BARE or len(name) >= LONGEST_NAME or not _bare(device, name, bare, at, said):
            left[name] = value
    if not left:
        return said
    report = Report(device, *moment, received, said=said)
    report.take(left)
    return report.close()


def _bare(device: DeviceId, name: str, value: object, moment: tuple[datetime, Quality], said: list[Decoded]) -> bool:
    """Say what a number, text or truth says; False where it takes more to read it."""
    known = meaning(name)
    if type(known) is Quantity:
        time, quality = moment
        if (
            (type(value) is float or type(value) is int)
            and not known.is_written_oddly
            and known.low <= value <= known.high
        ):
            said.append(
                Reading(
                    device=device,
                    metric=known.metric,
                    time=time,
                    value=float(value),
                    unit=known.unit,
                    quality=quality,
                    code=name,
                )
            )
            return True
        if known.if_true is not None and truth(value) is not None:
            return False
        reading = reading_of(device, known, name, value, moment)
        if reading is not None:
            said.append(reading)
        return True
    if type(known) is Flag and value in _BITS and not known.codes:
        active = (value == 1) is not known.is_inverted
        said.append(
            DeviceState(device=device, fact=known.fact, active=active, time=moment[0], quality=moment[1], code=name)
        )
        return True
    return type(known) is Ignored


class Report:
    """What one message says of one device. `time` and `quality` hold where a value has no time of its own."""

    __slots__ = ("_device", "_dropped", "_received", "_unreadable", "quality", "said", "time")

    def __init__(
        self,
        device: DeviceId,
        time: datetime,
        quality: Quality,
        received: datetime,
        *,
        said: list[Decoded] | None = None,
    ) -> None:
        self.said: list[Decoded] = [] if said is None else said
        self.time = time
        self.quality = quality
        self._device = device
        self._received = received
        self._dropped: list[str] = []
        self._unreadable: list[str] = []

    def take(self, values: Mapping[str, object]) -> None:
        """Read every property of an object."""
        self._struct(values, "", (self.time, self.quality), 0)

    def close(self) -> list[Decoded]:
        """Give what was said, and what was dropped or could not be read."""
        if self._dropped:
            self.said.append(Dropped(fields=tuple(dict.fromkeys(self._dropped))))
        if self._unreadable:
            detail = f"neither true nor false: {', '.join(self._unreadable[:8])}"
            self.said.append(Rejection(reason=Reason.MALFORMED, detail=text(detail)))
        return self.said

    def event(self, name: str, output: object, raised: tuple[datetime, Quality]) -> None:
        """Read an event: what its output says, or, where that states no fact, the fact of its name for a moment."""
        before = len(self.said)
        if isinstance(output, dict):
            self._struct(output, "", raised, 0)
        states = any(isinstance(item, DeviceState) for item in self.said[before:])
        if not states and len(name) <= LONGEST_NAME:
            fact = event_fact(name)
            if fact is not None:
                self.said += told(self._device, fact, *raised, code=name)

    def at(self, value: object) -> tuple[datetime, Quality]:
        """Settle a value's own time; that of the message stands in."""
        return own_time(value, (self.time, self.quality), self._received)

    def _struct(self, values: Mapping[str, object], path: str, moment: tuple[datetime, Quality], depth: int) -> None:
        for name, value in values.items():
            self._item(path, name, value, moment, depth)

    def _item(self, path: str, name: str, value: object, moment: tuple[datetime, Quality], depth: int) -> None:
        """Read one member of a struct that stands under `path`."""
        if len(path) + len(name) >= LONGEST_NAME or value is None:
            return
        whole = f"{path}_{name}" if path else name
        if type(value) is dict or path:
            if is_personal(name):
                self._dropped.append(name)
                return
            if type(value) is dict:
                self._nested(whole, value, moment, depth)
                return
        if type(value) is list:
            self._series(whole, value, moment)
        else:
            self.one(whole, value, moment)

    def _nested(self, name: str, value: Mapping[str, object], moment: tuple[datetime, Quality], depth: int) -> None:
        if "value" in value and value.keys() <= _WRAPPING:
            inner = value["value"]
            own = self.at(value["time"]) if "time" in value else moment
            if type(inner) is dict:
                self._struct(inner, name, own, depth + 1)
            elif type(inner) is list:
                self._series(name, inner, own)
            elif inner is not None:
                self.one(name, inner, own)
        elif depth < _DEEPEST:
            self._struct(value, name, moment, depth + 1)

    def _series(self, name: str, values: list[object], moment: tuple[datetime, Quality]) -> None:
        """Read several values of one property, each with its time; `v` and `t` are short for them. Other lists are not read."""
        for item in values:
            if isinstance(item, dict) and ("value" in item or "v" in item):
                value, time = item.get("value", item.get("v")), item.get("time", item.get("t"))
                at = moment if time is None else self.at(time)
                if type(value) is dict:
                    self._struct(value, name, at, 1)
                elif value is not None:
                    self.one(name, value, at)

    def one(self, name: str, value: object, moment: tuple[datetime, Quality]) -> None:
        """Read one property with the time it has."""
        known = meaning(name)
        if type(known) is Quantity and known.if_true is not None and truth(value) is not None:
            known = Flag(known.if_true)
        if type(known) is Quantity:
            reading = reading_of(self._device, known, name, value, moment)
            if reading is not None:
                self.said.append(reading)
        elif type(known) is Flag:
            active = truth_of(known, value)
            if active is None and known.measured is not None and number(value) is not None:
                reading = reading_of(self._device, known.measured, name, value, moment)
                self.said += [] if reading is None else [reading]
                return
            if active is None:
                self._unreadable.append(name)
                return
            self.said.append(
                DeviceState(
                    device=self._device, fact=known.fact, active=active, time=moment[0], quality=moment[1], code=name
                )
            )
        elif type(known) is Personal and value != "":
            self._dropped.append(name)


_EVENT_ENDS: Final = ("event", "report", "alarm", "warning", "alert")


@lru_cache(maxsize=1024)
def event_fact(name: str) -> Fact | None:
    """Give the fact an event is named after: `SmokeAlarm`, `lowBatteryEvent`; None where its name is none we know."""
    word = spelled(name)
    tried = [word] + [word.removesuffix(end) for end in _EVENT_ENDS if word.endswith(end)]
    found: list[Meaning] = [meaning(part) for part in tried if part]
    return next((known.fact for known in found if isinstance(known, Flag) and not known.is_inverted), None)
