"""Read properties and events of Chinese platforms' thing models into readings and facts. Pure.

A value stands bare or as {"value": …, "time": …}; structs are flattened, lists are not read. What names a person is dropped by
name. A fact whose value cannot be read is told as a rejection: it is never taken for false.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Final

from msgspec import Struct

from ingest.readings import Decoded, DeviceId, DeviceState, Dropped, Fact, Quality, Reading, Reason, Rejection
from ingest.thing_values import own_time, reading_of, told
from ingest.usual_names import LONGEST_NAME, Flag, Meaning, Personal, Quantity, meaning, spelled, truth, truth_of
from ingest.wire import number, text

_WRAPPING: Final = frozenset({"value", "time", "eventType", "quality"})
_DEEPEST: Final = 6
_NUMBERS: Final = (float, int)
_BITS: Final = (0, 1)
_EVENT_ENDS: Final = ("event", "report", "alarm", "warning", "alert")
_Moment = tuple[datetime, Quality]


def read_properties(
    values: Mapping[str, object], device: DeviceId, moment: _Moment, received: datetime
) -> list[Decoded]:
    """Read every property of an object; `moment` holds where a value has no time of its own."""
    report = Report(device, moment, received, [])
    report.take(values, moment)
    return report.close()


class Report(Struct):
    """What one message says of one device, appended to `said`. `moment` holds where a value has no time of its own."""

    device: DeviceId
    moment: _Moment
    received: datetime
    said: list[Decoded]
    _dropped: list[str] | None = None
    _unreadable: list[str] | None = None
    _stamped: object = None  # the values of a message were mostly taken at one time
    _own: _Moment | None = None

    def take(self, values: Mapping[str, object], moment: _Moment, path: str = "", depth: int = 0) -> None:
        """Read every property of an object that was taken at `moment`; `path` names the struct it is in."""
        room = LONGEST_NAME - len(path)
        for name, value in values.items():
            if value is None or len(name) >= room:
                continue
            known = meaning(name)
            if type(known) is Personal and (path or type(value) is dict):
                self._drop(name)
                continue
            whole = name
            if path:
                whole = f"{path}_{name}"
                known = meaning(whole)
            if type(value) is dict:
                self._nested(known, whole, value, moment, depth)
            elif type(value) is list:
                self._series(known, whole, value, moment)
            else:
                self._one(known, whole, value, moment)

    def close(self) -> list[Decoded]:
        """Give what was said, and what was dropped or could not be read."""
        if self._dropped is not None:
            self.said.append(Dropped(fields=tuple(dict.fromkeys(self._dropped))))
        if self._unreadable is not None:
            detail = f"neither true nor false: {', '.join(self._unreadable[:8])}"
            self.said.append(Rejection(reason=Reason.MALFORMED, detail=text(detail)))
        return self.said

    def event(self, name: str, output: object, raised: _Moment) -> None:
        """Read an event: what its output says, or, where that states no fact, the fact of its name for a moment."""
        before = len(self.said)
        if type(output) is dict:
            self.take(output, raised)
        for item in self.said[before:]:
            if type(item) is DeviceState:
                return
        if len(name) <= LONGEST_NAME:
            fact = event_fact(name)
            if fact is not None:
                self.said += told(self.device, fact, *raised, code=name)

    def at(self, value: object) -> _Moment:
        """Settle a value's own time; that of the message stands in."""
        if self._own is None or value != self._stamped:
            self._stamped = value
            self._own = own_time(value, self.moment, self.received)
        return self._own

    def _nested(self, known: Meaning, name: str, value: Mapping[str, object], moment: _Moment, depth: int) -> None:
        if "value" not in value or not (len(value) == 1 + ("time" in value) or value.keys() <= _WRAPPING):
            if depth < _DEEPEST:
                self.take(value, moment, name, depth + 1)
            return
        inner = value["value"]
        own = self.at(value["time"]) if "time" in value else moment
        if type(inner) is dict:
            self.take(inner, own, name, depth + 1)
        elif type(inner) is list:
            self._series(known, name, inner, own)
        elif inner is not None:
            self._one(known, name, inner, own)

    def _series(self, known: Meaning, name: str, values: list[object], moment: _Moment) -> None:
        """Read several values of one property, each with its time; `v` and `t` are short for them. Other lists are not read."""
        for item in values:
            if isinstance(item, dict) and ("value" in item or "v" in item):
                value, time = item.get("value", item.get("v")), item.get("time", item.get("t"))
                at = moment if time is None else self.at(time)
                if type(value) is dict:
                    self.take(value, at, name, 1)
                elif value is not None:
                    self._one(known, name, value, at)

    def _one(self, known: Meaning, name: str, value: object, moment: _Moment) -> None:
        """Read one property with the time it has."""
        if type(known) is Quantity:
            if (
                isinstance(value, _NUMBERS)
                and (known.if_true is None or type(value) is not bool)
                and not known.is_written_oddly
                and known.low <= value <= known.high
            ):
                self.said.append(
                    Reading(
                        device=self.device,
                        metric=known.metric,
                        time=moment[0],
                        value=float(value),
                        unit=known.unit,
                        quality=moment[1],
                        code=name,
                    )
                )
            else:
                self._measure(known, name, value, moment)
        elif type(known) is Flag:
            self._flag(known, name, value, moment)
        elif type(known) is Personal and value != "":
            self._drop(name)

    def _flag(self, known: Flag, name: str, value: object, moment: _Moment) -> None:
        active = (value == 1) is not known.is_inverted if value in _BITS else truth_of(known, value)
        if active is not None:
            self._state(known.fact, active, name, moment)
        elif known.measured is not None and number(value) is not None:
            self._measure(known.measured, name, value, moment)
        elif self._unreadable is None:
            self._unreadable = [name]
        else:
            self._unreadable.append(name)

    def _state(self, fact: Fact, active: bool, name: str, moment: _Moment) -> None:  # noqa: FBT001 -- what is stated
        self.said.append(
            DeviceState(device=self.device, fact=fact, active=active, time=moment[0], quality=moment[1], code=name)
        )

    def _measure(self, known: Quantity, name: str, value: object, moment: _Moment) -> None:
        stated = None if known.if_true is None else truth(value)
        if known.if_true is not None and stated is not None:
            self._state(known.if_true, stated, name, moment)
            return
        reading = reading_of(self.device, known, name, value, moment)
        if reading is not None:
            self.said.append(reading)

    def _drop(self, name: str) -> None:
        if self._dropped is None:
            self._dropped = []
        self._dropped.append(name)


@lru_cache(maxsize=1024)
def event_fact(name: str) -> Fact | None:
    """Give the fact an event is named after: `SmokeAlarm`, `lowBatteryEvent`; None where its name is none we know."""
    word = spelled(name)
    tried = [word] + [word.removesuffix(end) for end in _EVENT_ENDS if word.endswith(end)]
    found: list[Meaning] = [meaning(part) for part in tried if part]
    return next((known.fact for known in found if isinstance(known, Flag) and not known.is_inverted), None)
