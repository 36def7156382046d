"""Walk the element groups of a HEX/BCD body (6.6.3) into items. Pure; an undecodable rest becomes a Rejection."""

from collections.abc import Iterator
from datetime import timedelta

from ingest.decoders.sl651.elements import BY_GUIDE, LEVEL_BLOCKS, RAIN_BLOCK, Element, extended
from ingest.decoders.sl651.items import Item, Observed, Series, Station, StatusWord, Value
from ingest.decoders.sl651.numbers import bcd_digits, bcd_number, step_part, time_of
from ingest.readings import Reason, Rejection

CLASSES = frozenset(b"PHKZDTMGQIO")
_TIME, _STATION, _TEXT, _PICTURE, _BULK, _EXTENDED = 0xF0, 0xF1, 0xF2, 0xF3, 0xFD, 0xFF
_STEP, _STATUS = 0x04, 0x45
_STEP_DEFINITION = 0x18
_TO_END = {_TEXT: "manual text", _PICTURE: "picture", _BULK: "bulk velocities"}
_HOUR = timedelta(minutes=60)
_FIVE_MINUTES = timedelta(minutes=5)
_EXTRA_END = b"\x03"  # a length one too large takes the end mark in: seen in groundwater stations, checksum right
MAX_SPAN = timedelta(days=3660)


class HexBody:
    """One walk over the groups of one body. `has_class` says whether a class code may follow a station."""

    def __init__(self, data: bytes, *, has_class: bool) -> None:
        self._data = data
        self._at = 0
        self._has_class = has_class
        self._step: timedelta | None = None

    def items(self) -> Iterator[Item]:
        """Yield what the body says, in order; nothing follows a Rejection."""
        while self._left() > 0:
            if self._left() == 1 and self._data[self._at] == _EXTRA_END[0]:
                return
            rejected = False
            for item in self._group():
                yield item
                rejected = rejected or isinstance(item, Rejection)
            if rejected:
                return

    def _left(self) -> int:
        return len(self._data) - self._at

    def _take(self, size: int) -> bytes | None:
        if self._left() < size:
            return None
        self._at += size
        return self._data[self._at - size : self._at]

    def _cut_off(self, guide: int) -> Rejection:
        return Rejection(reason=Reason.MALFORMED, detail=f"element {guide:02X} is cut off")

    def _group(self) -> Iterator[Item]:
        guide = self._data[self._at]
        head = self._take(2)
        if head is None:
            yield self._cut_off(guide)
            return
        if guide in _TO_END:
            yield Rejection(reason=Reason.UNSUPPORTED, detail=_TO_END[guide])
        elif guide == _TIME:
            yield self._observed()
        elif guide == _STATION:
            yield self._station()
        elif guide == RAIN_BLOCK or guide in LEVEL_BLOCKS:
            yield self._hour_block(guide)
        elif guide == _STEP and head[1] == _STEP_DEFINITION:
            yield from self._stepped()
        elif guide == _STATUS:
            yield from self._status()
        else:
            yield from self._plain(guide, head[1])

    def _observed(self) -> Item:
        raw = self._take(5)
        return self._cut_off(_TIME) if raw is None else Observed(time=time_of(bcd_digits(raw)))

    def _station(self) -> Item:
        raw = self._take(5)
        if raw is None:
            return self._cut_off(_STATION)
        rest = self._data[self._at : self._at + 3]
        if rest[1:] == b"\xf0\xf0" or (self._has_class and rest[:1] and rest[0] in CLASSES):
            self._at += 1
        return Station(station=raw.hex().upper())

    def _status(self) -> Iterator[Item]:
        raw = self._take(4)  # fixed: the definition byte is not asked
        if raw is None:
            yield self._cut_off(_STATUS)
        elif raw != b"\xff" * 4:  # all F: no data
            yield StatusWord(word=int.from_bytes(raw, "big"))

    def _hour_block(self, guide: int) -> Item:
        """Read F4 (a byte each, 0.1 mm) or F5-FC (two bytes each, 0.01 m): HEX, all F is no value.

        Twelve values of five minutes; a quarter-hour step before the block makes it four.
        """
        step = self._step or _FIVE_MINUTES
        if step > _HOUR or _HOUR % step:
            step = _FIVE_MINUTES
        size, scale = (1, 10) if guide == RAIN_BLOCK else (2, 100)
        raw = self._take(size * (_HOUR // step))
        if raw is None:
            return self._cut_off(guide)
        numbers = (int.from_bytes(raw[at : at + size], "big") for at in range(0, len(raw), size))
        missing = (1 << 8 * size) - 1
        values = tuple(None if number == missing else number / scale for number in numbers)
        return Series(element=BY_GUIDE[guide], values=values, step=step, is_hour=True)

    def _stepped(self) -> Iterator[Item]:
        """Read a time step and the uniform series after it (6.6.4.4); a step of zero announces hour blocks."""
        raw = self._take(3)
        if raw is None:
            yield self._cut_off(_STEP)
            return
        days, hours, minutes = (step_part(byte) for byte in raw)
        step = timedelta(days=days, hours=hours, minutes=minutes)
        self._step = step or None
        if not step or self._left() == 0 or self._data[self._at] in LEVEL_BLOCKS | {RAIN_BLOCK}:
            return
        yield from self._uniform(step)

    def _uniform(self, step: timedelta) -> Iterator[Item]:
        """Read the element list and its values.

        The standard allows one element in HEX; units in the field list two, whose values then alternate. The shortest list
        whose values fill the rest is taken.
        """
        block = self._data[self._at : self._end_of_series()]
        for trimmed in (block, block[:-1] if block[-1:] == _EXTRA_END else block):
            for count in (1, 2, 3, 4):
                columns = _columns(trimmed, count)
                if columns is not None:
                    self._at += len(block)
                    yield from self._rows(trimmed[_heads_size(trimmed, count) :], columns, step)
                    return
        yield Rejection(reason=Reason.MALFORMED, detail=f"series of element {block[:1].hex().upper()} does not divide")

    def _end_of_series(self) -> int:
        """Find where the next station or time group starts: no BCD value starts with F0 or F1 twice."""
        hits = [at for mark in (b"\xf0\xf0", b"\xf1\xf1") if (at := self._data.find(mark, self._at)) >= 0]
        return min(hits, default=len(self._data))

    def _rows(self, block: bytes, columns: list[tuple[Element, int, int, int]], step: timedelta) -> Iterator[Item]:
        width = sum(size for _, _, size, _ in columns)
        count = len(block) // width
        if step * count > MAX_SPAN:
            yield Rejection(reason=Reason.MALFORMED, detail="series longer than ten years")
            return
        at = 0
        for element, guide, size, decimals in columns:
            values = tuple(
                bcd_number(guide, block[row + at : row + at + size], decimals) for row in range(0, count * width, width)
            )
            yield Series(element=element, values=values, step=step, is_hour=False)
            at += size

    def _plain(self, guide: int, definition: int) -> Iterator[Item]:
        """Read one value by its definition byte: five bits of length, three of decimals."""
        element = BY_GUIDE.get(guide)
        if guide == _EXTENDED:
            element = extended(definition)
            more = self._take(1)
            if more is None:
                yield self._cut_off(guide)
                return
            definition = more[0]
        elif element is None and guide == definition:
            # A doubled guide marks a group of fixed private length: its definition byte tells nothing.
            yield Rejection(reason=Reason.MALFORMED, detail=f"private group {guide:02X}{guide:02X}")
            return
        raw = self._take(definition >> 3)
        if raw is None:
            yield self._cut_off(guide)
        elif element is not None and raw:
            yield Value(element=element, value=bcd_number(guide, raw, definition & 7))


def _columns(block: bytes, count: int) -> list[tuple[Element, int, int, int]] | None:
    """Read `count` element heads: (element, guide, bytes, decimals) each; None where the rest does not divide by them."""
    columns: list[tuple[Element, int, int, int]] = []
    at = 0
    for _ in range(count):
        guide = block[at] if at < len(block) else 0
        size = 3 if guide == _EXTENDED else 2
        if at + size > len(block):
            return None
        definition = block[at + size - 1]
        element = extended(block[at + 1]) if guide == _EXTENDED else BY_GUIDE.get(guide)
        if element is None or not definition >> 3 or (guide >= RAIN_BLOCK and guide != _EXTENDED):
            return None
        columns.append((element, guide, definition >> 3, definition & 7))
        at += size
    width = sum(size for _, _, size, _ in columns)
    return columns if (len(block) - at) % width == 0 else None


def _heads_size(block: bytes, count: int) -> int:
    at = 0
    for _ in range(count):
        at += 3 if block[at] == _EXTENDED else 2
    return at
