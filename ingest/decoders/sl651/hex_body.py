"""Walk the element groups of a HEX/BCD body (6.6.3) into items. Pure; an undecodable rest becomes a Rejection."""

import struct
from datetime import timedelta

from ingest.decoders.sl651.elements import BLOCKS, BY_GUIDE, EXTENDED, PLAIN_BY_GUIDE, RAIN_BLOCK, Element, extended
from ingest.decoders.sl651.items import Item, Observed, Series, Station, StatusWord, Value
from ingest.decoders.sl651.numbers import bcd_number, step_part, time_of
from ingest.readings import Reason, Rejection

CLASSES = frozenset(b"PHKZDTMGQIO")
_TIME, _STATION, _TEXT, _PICTURE, _BULK = 0xF0, 0xF1, 0xF2, 0xF3, 0xFD
_STEP, _STATUS = 0x04, 0x45
_STEP_DEFINITION = 0x18
_FIXED = {_TIME: 5, _STATION: 5, _STATUS: 4}  # bytes after the head, whatever the definition byte says
_TO_END = {_TEXT: "manual text", _PICTURE: "picture", _BULK: "bulk velocities"}
_HOUR = timedelta(minutes=60)
_FIVE_MINUTES = timedelta(minutes=5)
_EXTRA_END = 0x03  # a length one too large takes the end mark in: seen in groundwater stations, checksum right
_MOST_COLUMNS = 4
_MOST_NAMED = 20
_SAID = (Value, Series, StatusWord)
_Column = tuple[Element, int, int]  # bytes and decimals of each value
MAX_SPAN = timedelta(days=3660)


class HexBody:
    """One walk over the groups of one body. `has_class` says whether a class code may follow a station."""

    def __init__(self, data: bytes, *, has_class: bool) -> None:
        self._data = data
        self._at = 0
        self._has_class = has_class
        self._block_step = _FIVE_MINUTES
        self._items: list[Item] = []
        self._passed: list[int] = []  # guides of elements that nobody but the maker knows

    def items(self) -> list[Item]:
        """Give what the body says, in order; nothing follows a Rejection. A body of unknown elements alone is told as one."""
        data, size, items = self._data, len(self._data), self._items
        rejection, at = None, 0
        while rejection is None and at + 1 < size:
            guide, definition = data[at], data[at + 1]
            element = PLAIN_BY_GUIDE.get(guide)
            start = at + 2
            at = start + _FIXED.get(guide, definition >> 3)  # five bits of length, three of decimals
            if at > size and (element is not None or guide in _FIXED):
                rejection = _cut_off(guide)
            elif element is not None:
                if at > start:
                    items.append(Value(element=element, value=bcd_number(guide, data[start:at], definition & 7)))
            elif guide == _TIME:
                items.append(Observed(time=time_of(data[start:at].hex())))
            else:
                self._at = at if guide in _FIXED else start
                rejection = self._group(guide, definition, data[start:at])
                at = self._at
        if rejection is None and at < size and data[at] != _EXTRA_END:
            rejection = _cut_off(data[at])
        if rejection is None and self._passed and not any(isinstance(item, _SAID) for item in items):
            guides = " ".join(f"{guide:02X}" for guide in self._passed[:_MOST_NAMED])
            rejection = Rejection(reason=Reason.UNSUPPORTED, detail=f"no element we know: {guides}")
        if rejection is not None:
            items.append(rejection)
        return items

    def _take(self, size: int) -> bytes | None:
        start, self._at = self._at, self._at + size
        return self._data[start : self._at] if self._at <= len(self._data) else None

    def _group(self, guide: int, definition: int, raw: bytes) -> Rejection | None:
        """Read a group that is not one value of a known element; its rejection ends the walk."""
        said = None
        if guide == _STATION:
            self._station(raw)
        elif guide == _STATUS:
            if raw != b"\xff\xff\xff\xff":  # all F: no data
                self._items.append(StatusWord(word=int.from_bytes(raw, "big")))
        elif guide in BLOCKS:
            said = self._hour_block(BY_GUIDE[guide])
        elif guide == _STEP and definition == _STEP_DEFINITION:
            said = self._stepped()
        elif guide in _TO_END:
            said = Rejection(reason=Reason.UNSUPPORTED, detail=_TO_END[guide])
        elif guide == EXTENDED:
            said = self._extended(definition)
        else:
            said = self._unknown(guide, definition)
        return said

    def _station(self, raw: bytes) -> None:
        rest = self._data[self._at : self._at + 3]
        if rest[1:] == b"\xf0\xf0" or (self._has_class and rest[:1] and rest[0] in CLASSES):
            self._at += 1
        self._items.append(Station(station=raw.hex().upper()))

    def _hour_block(self, element: Element) -> Rejection | None:
        """Read F4 (a byte each, 0.1 mm) or F5-FC (two bytes each, 0.01 m): HEX, all F is no value.

        Twelve values of five minutes; a quarter-hour step before the block makes it four.
        """
        count = _HOUR // self._block_step
        layout, missing, scale = ("B", 0xFF, 10) if element.guide == RAIN_BLOCK else ("H", 0xFFFF, 100)
        raw = self._take(count if layout == "B" else 2 * count)
        if raw is None:
            return _cut_off(element.guide)
        values = [None if number == missing else number / scale for number in struct.unpack(f">{count}{layout}", raw)]
        self._items.append(Series(element=element, values=values, step=self._block_step, is_hour=True))
        return None

    def _stepped(self) -> Rejection | None:
        """Read a time step and the uniform series after it (6.6.4.4); a step of zero announces hour blocks."""
        raw = self._take(3)
        if raw is None:
            return _cut_off(_STEP)
        days, hours, minutes = (step_part(byte) for byte in raw)
        step = timedelta(days=days, hours=hours, minutes=minutes)
        divides = step and step <= _HOUR and not _HOUR % step
        self._block_step = step if divides else _FIVE_MINUTES
        if not step or self._at >= len(self._data) or self._data[self._at] in BLOCKS:
            return None
        return self._uniform(step)

    def _uniform(self, step: timedelta) -> Rejection | None:
        """Read the element list and its values.

        The standard allows one element in HEX; units in the field list two, whose values then alternate. The shortest list
        whose values fill the rest is taken.
        """
        block = self._data[self._at : self._end_of_series()]
        for trimmed in (block, block[:-1] if block[-1:] == bytes([_EXTRA_END]) else block):
            for count in range(1, _MOST_COLUMNS + 1):
                columns, heads = _columns(trimmed, count)
                if columns:
                    self._at += len(block)
                    return self._rows(trimmed[heads:], columns, step)
        return Rejection(reason=Reason.MALFORMED, detail=f"series of element {block[:1].hex().upper()} does not divide")

    def _end_of_series(self) -> int:
        """Find where the next station or time group starts: no BCD value starts with F0 or F1 twice."""
        hits = [at for mark in (b"\xf0\xf0", b"\xf1\xf1") if (at := self._data.find(mark, self._at)) >= 0]
        return min(hits, default=len(self._data))

    def _rows(self, block: bytes, columns: list[_Column], step: timedelta) -> Rejection | None:
        width = sum(size for _, size, _ in columns)
        if step * (len(block) // width) > MAX_SPAN:
            return Rejection(reason=Reason.MALFORMED, detail="series longer than ten years")
        at = 0
        for element, size, decimals in columns:
            raws = [block[row : row + size] for row in range(at, len(block), width)]
            values = [bcd_number(element.guide, raw, decimals) for raw in raws]
            self._items.append(Series(element=element, values=values, step=step, is_hour=False))
            at += size
        return None

    def _extended(self, identifier: int) -> Rejection | None:
        """Read one value of a user-defined element: its number stands between guide and definition byte."""
        head = self._take(1)
        raw = head and self._take(head[0] >> 3)
        if head is None or raw is None:
            return _cut_off(EXTENDED)
        if raw:
            value = bcd_number(EXTENDED, raw, head[0] & 7)
            self._items.append(Value(element=extended(identifier), value=value))
        return None

    def _unknown(self, guide: int, definition: int) -> Rejection | None:
        """Pass over a value by its length; a doubled guide marks a private group, whose definition byte tells nothing."""
        if guide == definition:
            return Rejection(reason=Reason.MALFORMED, detail=f"private group {guide:02X}{guide:02X}")
        self._passed.append(guide)
        return _cut_off(guide) if self._take(definition >> 3) is None else None


def _cut_off(guide: int) -> Rejection:
    return Rejection(reason=Reason.MALFORMED, detail=f"element {guide:02X} is cut off")


def _columns(block: bytes, count: int) -> tuple[list[_Column], int]:
    """Read `count` element heads, and how many bytes they take; no column where the rest does not divide by them."""
    columns: list[_Column] = []
    at = width = 0
    for _ in range(count):
        guide = block[at] if at < len(block) else 0
        size = 3 if guide == EXTENDED else 2
        if at + size > len(block):
            return [], 0
        definition = block[at + size - 1]
        element = extended(block[at + 1]) if guide == EXTENDED else PLAIN_BY_GUIDE.get(guide)
        if element is None or not definition >> 3:
            return [], 0
        columns.append((element, definition >> 3, definition & 7))
        width += definition >> 3
        at += size
    return (columns, at) if (len(block) - at) % width == 0 else ([], 0)
