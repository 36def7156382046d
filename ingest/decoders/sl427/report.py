"""Read what a report of a station says: values, alarm word, terminal word, time mark. Pure.

Nothing in a frame tells which edition it follows, and where its words stand: the time mark has seven bytes (SL/T 427-2021), five
without month and year (SZY 206), or is missing (answers, and some stations). The length tells it, where values divide by their size;
where two fit, a clock that is right does.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Final

from ingest.decoders.sl427.quantities import (
    FLOW_ALONE,
    OLDER,
    QUANTITIES,
    RAIN_OF_SPAN,
    Quantity,
    is_test_rain,
)
from ingest.device_clock import BEIJING, FUTURE_SLACK, bcd_time, is_believable
from ingest.readings import Decoded, DeviceId, DeviceState, Fact, Quality, Reading, Reason, Rejection

EARLIEST: Final = datetime(2012, 1, 1, tzinfo=UTC)  # the protocol's first edition: an earlier clock was never set
REALTIME, ALARM, BY_HAND, ANSWER, STATUS = 0xC0, 0x81, 0x82, 0xB0, 0x5E
_FLOW, _RAIN, _VOLTAGE = 3, 14, 13  # type codes
_LONG, _SHORT, _NONE = 7, 5, 0  # bytes of the time mark; its last is a delay that was allowed for
_WORD = 2
_GOOD, _MISSING = Quality.GOOD, Quality.MISSING
_RECENT: Final = timedelta(days=2)
_SPARE_OF_ALARM: Final = 0x40  # in the high byte
_TEST_LASTS: Final = timedelta(seconds=1)
# Alarm word: the bits that make a fact true. Bits 6 (pump) and 10 (card) are states and no alarms.
_FACTS: Final[Mapping[Fact, Mapping[int, str]]] = {
    Fact.MAINS_LOST: {0: "mains"},
    Fact.BATTERY_LOW: {1: "battery"},
    Fact.LEVEL_HIGH: {2: "level"},
    Fact.FAULT: {5: "flow meter", 7: "level meter"},
    Fact.OTHER: {
        3: "flow limit",
        4: "quality limit",
        8: "pressure limit",
        9: "temperature limit",
        11: "set value",
        12: "water left",
    },
    Fact.TAMPER: {13: "door"},
}
_Layout = tuple[int, Quantity | None]
"""Bytes of the time mark, and what is measured; None is nothing we can read."""


class Report:
    """What one frame says of its station. `kind` is its type code: the quantity in it."""

    def __init__(self, device: DeviceId, function: int, kind: int, received: datetime) -> None:
        self._device = device
        self._function = function
        self._kind = kind
        self._received = received
        self.said: list[Decoded] = []

    def read(self, data: bytes) -> None:
        """Read values, alarm word, terminal word and time mark; in an alarm report the alarm word comes first."""
        layout = self._layout(data)
        if layout is None:
            is_known = self._function == STATUS or _layouts(self._kind, is_own=True)[0][1] is not None
            reason = Reason.MALFORMED if is_known else Reason.UNSUPPORTED
            self.said.append(Rejection(reason=reason, detail=f"quantity {self._kind}: status and time have no place"))
            return
        tail, quantity = layout
        stop = len(data) - tail
        time, trust = self._time(data[stop:])
        if self._function == ALARM:
            word, values = data[:_WORD], data[_WORD : stop - _WORD]
        else:
            word, values = data[stop - 2 * _WORD :], data[: stop - 2 * _WORD]
        if quantity is RAIN_OF_SPAN and values and is_test_rain(values):
            self._tested(time, trust)
            return
        if quantity is not None:
            self.values(quantity, values, time, trust)
        if values and not self.said:
            self.said.append(Rejection(reason=Reason.UNSUPPORTED, detail=f"quantity {self._kind}"))
        self._state(word, time, trust)

    def voltage(self, data: bytes) -> None:
        """Read the report that is a voltage and nothing else."""
        self._kind = _VOLTAGE
        self.values(QUANTITIES[_VOLTAGE], data[:_WORD], self._received, _GOOD)

    def values(self, quantity: Quantity, data: bytes, time: datetime, trust: Quality) -> None:
        """Read the values in turn: those of the first instrument have the plain name, the others a number or their depth."""
        code, size = _code(self._function, self._kind), quantity.size
        for at in range(0, len(data) - size + 1, size):
            for metric, value, unit in quantity.read(data[at : at + size]):
                self.said.append(
                    Reading(
                        device=self._device,
                        metric=f"{metric}_{at // size + 1}" if at and not metric.endswith("cm") else metric,
                        time=time,
                        value=value,
                        unit=unit,
                        quality=_MISSING if value is None else trust,
                        code=code,
                        relative=quantity.is_level,
                    )
                )
        if len(data) % size:
            self.said.append(Rejection(reason=Reason.MALFORMED, detail=f"{len(data) % size} bytes are no whole value"))

    def _layout(self, data: bytes) -> _Layout | None:
        rest = len(data) - 2 * _WORD
        if self._function == STATUS:
            return (rest, None) if rest in (_LONG, _SHORT, _NONE) else None
        layouts = _layouts(self._kind, is_own=self._function in (REALTIME, BY_HAND))
        fits = [(tail, what) for tail, what in layouts if _divides(rest - tail, what, is_long=tail == _LONG)]
        for tail, what in fits:
            if (what is not None and len(fits) == 1) or self._is_right(data, tail):
                return tail, what
        if fits and fits[0][1] is not None:
            return fits[0]
        marks = (tail for tail in (_LONG, _SHORT) if rest >= tail and self._is_right(data, tail))
        return next(((tail, layouts[0][1]) for tail in marks), None)

    def _is_right(self, data: bytes, tail: int) -> bool:
        """Tell whether a time mark of `tail` bytes would say a time that can be; of a short one, which is vague, that was just now.

        Before it stand the two words then, and their spare bits are 0.
        """
        if tail == _SHORT:
            time = _recent(data[-_SHORT:-1], self._received)
            is_spare = data[-8] < _SPARE_OF_ALARM and data[-6] == 0
            return is_spare and time is not None and self._received - time < _RECENT
        return tail == _NONE or self._time(data[-_LONG:])[1] is _GOOD

    def _time(self, mark: bytes) -> tuple[datetime, Quality]:
        """Read second, minute, hour, day, and in seven bytes month and year, in BCD of Beijing; ours where it cannot be."""
        if not mark:
            return self._received, _GOOD  # it says no time
        if len(mark) == _LONG:
            time = bcd_time(mark[:-1])
            is_right = time is not None and is_believable(time, self._received, EARLIEST)
        else:
            time = _recent(mark[:-1], self._received)
            is_right = time is not None
        return (time, _GOOD) if time is not None and is_right else (self._received, Quality.UNCERTAIN_TIME)

    def _state(self, word: bytes, time: datetime, trust: Quality) -> None:
        device = self._device
        self.said += [
            DeviceState(device=device, fact=fact, active=active, time=time, quality=trust, code="alarm", text=text)
            for fact, active, text in _claims(word[0], word[1])
        ]

    def _tested(self, time: datetime, trust: Quality) -> None:
        """State that the station was tested: a moment, and none of its values."""
        for active, at in ((True, time), (False, time + _TEST_LASTS)):
            self.said.append(
                DeviceState(device=self._device, fact=Fact.TEST, active=active, time=at, quality=trust, code="C0.E")
            )


@cache
def _layouts(kind: int, *, is_own: bool) -> tuple[_Layout, ...]:
    """List what a report of type `kind` may look like, the standard's first. `is_own`: sent without a question."""
    if kind == _RAIN and is_own:
        return (_LONG, RAIN_OF_SPAN), (_SHORT, RAIN_OF_SPAN), (_NONE, RAIN_OF_SPAN)
    now, older = QUANTITIES.get(kind), OLDER.get(kind)
    if now is None:
        return (_LONG, None), (_SHORT, None)
    alone = ((_SHORT, FLOW_ALONE), (_LONG, FLOW_ALONE)) if kind == _FLOW else ()
    return (_LONG, now), (_SHORT, older), *alone, (_NONE, now)


def _divides(size: int, what: Quantity | None, *, is_long: bool) -> bool:
    """Tell whether values of `size` bytes are whole ones. A report without any is taken on a long time mark's word only."""
    if what is None:
        return size >= 0
    if size <= 0:
        return size == 0 and is_long
    return size == what.size if what.is_single else size % what.size == 0


@cache
def _code(function: int, kind: int) -> str:
    return f"{function:02X}.{kind:X}"


@lru_cache(maxsize=1024)  # of 65,536 words the same few come
def _claims(low: int, high: int) -> tuple[tuple[Fact, bool, str], ...]:
    """Read every fact of the alarm word as true or false, with what makes it true: a 0 is evidence of recovery."""
    word = high << 8 | low
    found = [(fact, [name for bit, name in bits.items() if word >> bit & 1]) for fact, bits in _FACTS.items()]
    return tuple((fact, bool(names), ", ".join(names)) for fact, names in found)


def _recent(raw: bytes, received: datetime) -> datetime | None:
    """Give the last time that had this day of the month, hour, minute and second; None where none had."""
    digits = raw[::-1].hex()
    if not digits.isdecimal():
        return None
    latest = (received + FUTURE_SLACK).astimezone(BEIJING)
    year, month = latest.year, latest.month
    for _ in range(3):  # of two months in a row one has 31 days, and this one's day may lie ahead
        try:
            time = datetime.fromisoformat(f"{year:04d}{month:02d}{digits[:2]}T{digits[2:]}+08:00")
        except ValueError:
            time = None
        if time is not None and time <= latest:
            return time.astimezone(UTC)
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    return None
