"""Walk the words of an ASCII body (6.6.2) into items. Pure; unknown words are passed over with their value."""

import re
from collections.abc import Iterator
from datetime import timedelta

from ingest.decoders.sl651.elements import BY_ASCII, RAIN_BLOCK, Element, extended
from ingest.decoders.sl651.hex_body import MAX_SPAN
from ingest.decoders.sl651.items import Item, Observed, Series, Station, StatusWord, Value
from ingest.decoders.sl651.numbers import decimal_number, time_of
from ingest.readings import Reason, Rejection

_TO_END = {"RGZS": "manual text", "PIC": "picture", "DATA": "bulk velocities"}
_UNITS = {"D": "days", "H": "hours", "N": "minutes"}
_STEP = re.compile(r"DR([DHN])(\d{2})?")
_EXTENDED = re.compile(r"FF([0-9A-F]{2})")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)|M+", re.ASCII)
_HEX = re.compile(r"[0-9A-F]+")
_FIVE_MINUTES = timedelta(minutes=5)
_STATION_SIZE = 10


class AsciiBody:
    """One walk over the words of one body."""

    def __init__(self, text: str) -> None:
        self._words = text.upper().split()
        self._at = 0

    def items(self) -> Iterator[Item]:
        """Yield what the body says, in order; nothing follows a Rejection."""
        while (word := self._next()) is not None:
            if word in _TO_END:
                yield Rejection(reason=Reason.UNSUPPORTED, detail=_TO_END[word])
                return
            if word == "ST":
                yield from self._station()
            elif word == "TT":
                yield Observed(time=time_of(self._next()))
            elif word == "ZT":
                yield from self._status()
            elif step := _STEP.fullmatch(word):
                yield from self._stepped(step)
            else:
                yield from self._named(word)

    def _peek(self) -> str | None:
        return self._words[self._at] if self._at < len(self._words) else None

    def _next(self) -> str | None:
        word = self._peek()
        self._at += word is not None
        return word

    def _next_value(self) -> str | None:
        """Take the next word if it can be a value: a missing one must not swallow the next name."""
        word = self._peek()
        return self._next() if word is not None and _NUMBER.fullmatch(word) else None

    def _station(self) -> Iterator[Item]:
        word = self._next() or ""
        if len(word) != _STATION_SIZE or not _HEX.fullmatch(word):
            yield Rejection(reason=Reason.MALFORMED, detail="station address of an ASCII body")
            self._at = len(self._words)
            return
        class_code = self._peek()
        if class_code is not None and len(class_code) == 1 and class_code.isalpha():
            self._at += 1
        yield Station(station=word)

    def _status(self) -> Iterator[Item]:
        word = self._peek() or ""
        if _HEX.fullmatch(word) and len(word) <= 8:  # noqa: PLR2004 — 32 bits
            self._at += 1
            if word != "F" * 8:
                yield StatusWord(word=int(word, 16))

    def _named(self, word: str) -> Iterator[Item]:
        element = _element(word)
        if element is None:
            self._next_value()
            return
        guide = _guide(element)
        if guide >= RAIN_BLOCK and not _EXTENDED.fullmatch(word):
            yield from self._hour_block(element)
            return
        value = self._next_value()
        if value is not None:
            yield Value(element=element, value=decimal_number(guide, value))

    def _hour_block(self, element: Element) -> Iterator[Item]:
        """Read twelve HEX values written as characters: two each for rain, four each for levels."""
        size, scale = (2, 10) if element.code == "F4" else (4, 100)
        word = self._peek() or ""
        if len(word) != size * 12 or not _HEX.fullmatch(word):
            yield Rejection(reason=Reason.MALFORMED, detail=f"element {element.code} is not twelve values")
            self._at = len(self._words)
            return
        self._at += 1
        parts = (word[at : at + size] for at in range(0, len(word), size))
        values = tuple(None if part == "F" * size else int(part, 16) / scale for part in parts)
        yield Series(element=element, values=values, step=_FIVE_MINUTES, is_hour=True)

    def _stepped(self, match: re.Match[str]) -> Iterator[Item]:
        """Read a time step, the names after it and their values in turn (6.6.4.4); step zero announces hour blocks."""
        number = match[2] or self._next_value() or ""
        if not number.isdecimal() or len(number) > 2:  # noqa: PLR2004 — DRxnn
            return
        step = timedelta(**{_UNITS[match[1]]: int(number)})
        if not step:
            return
        elements: list[Element] = []
        while (element := _element(self._peek() or "")) is not None and _guide(element) < RAIN_BLOCK:
            elements.append(element)
            self._at += 1
        values: list[str] = []
        while (value := self._next_value()) is not None:
            values.append(value)
        yield from _series(elements, values, step)


def _series(elements: list[Element], values: list[str], step: timedelta) -> Iterator[Item]:
    if not elements:
        return
    if len(values) % len(elements) or step * len(values) > MAX_SPAN:
        yield Rejection(reason=Reason.MALFORMED, detail="series does not divide")
        return
    for column, element in enumerate(elements):
        numbers = tuple(decimal_number(_guide(element), value) for value in values[column :: len(elements)])
        yield Series(element=element, values=numbers, step=step, is_hour=False)


def _element(word: str) -> Element | None:
    if match := _EXTENDED.fullmatch(word):
        return extended(int(match[1], 16))
    return BY_ASCII.get(word)


def _guide(element: Element) -> int:
    """Tell the guide byte; for extended elements FF, which no rule of a single guide touches."""
    return int(element.code[:2], 16)
