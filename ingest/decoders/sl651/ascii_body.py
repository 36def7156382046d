"""Walk the words of an ASCII body (6.6.2) into items. Pure; unknown words are passed over with their value."""

import re
import struct
from collections.abc import Callable
from datetime import timedelta

from ingest.decoders.sl651.elements import BY_ASCII, PLAIN_BY_ASCII, RAIN_BLOCK, Element, extended
from ingest.decoders.sl651.hex_body import MAX_SPAN
from ingest.decoders.sl651.items import Item, Observed, Series, Station, StatusWord, Value
from ingest.decoders.sl651.numbers import decimal_number, time_of
from ingest.readings import Reason, Rejection

_TO_END = {"RGZS": "manual text", "PIC": "picture", "DATA": "bulk velocities"}
_UNITS = {"D": timedelta(days=1), "H": timedelta(hours=1), "N": timedelta(minutes=1)}
_STEP = re.compile(r"DR([DHN])(\d{2})?")
_EXTENDED = re.compile(r"FF([0-9A-F]{2})")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)|M+", re.ASCII)
_HEX = re.compile(r"[0-9A-F]+")
_END = ""  # behind the last word, and no word itself
_FIVE_MINUTES = timedelta(minutes=5)
_STATION_SIZE = 10
_RAINS, _LEVELS = struct.Struct("12B"), struct.Struct(">12H")


class AsciiBody:
    """One walk over the words of one body."""

    def __init__(self, text: str) -> None:
        self._words = [*text.upper().split(), _END]
        self._at = 0
        self._items: list[Item] = []

    def items(self) -> list[Item]:
        """Give what the body says, in order; behind a Rejection only where that was of one series, which ends by itself."""
        words, rejection = self._words, None
        while rejection is None and (word := words[self._at]):
            self._at += 1
            element = PLAIN_BY_ASCII.get(word)
            if element is not None:
                self._value(element)
            elif word in _TO_END:
                rejection = Rejection(reason=Reason.UNSUPPORTED, detail=_TO_END[word])
            else:
                rejection = self._marked(word)
        if rejection is not None:
            self._items.append(rejection)
        return self._items

    def _marked(self, word: str) -> Rejection | None:
        """Read what is not one value of a standard element; its rejection ends the walk."""
        rejection = None
        if word == "ST":
            rejection = self._station()
        elif word == "TT":
            self._items.append(Observed(time=time_of(self._next())))
        elif word == "ZT":
            self._status()
        elif (element := BY_ASCII.get(word)) is not None:
            rejection = self._hour_block(element)
        elif step := _STEP.fullmatch(word):
            self._stepped(step)
        elif (own := _element(word)) is not None:
            self._value(own)
        else:
            self._next_value()
        return rejection

    def _next(self) -> str:
        word = self._words[self._at]
        self._at += word != _END
        return word

    def _next_value(self) -> str:
        """Take the next word if it can be a value: a missing one must not swallow the next name."""
        return self._next() if _NUMBER.fullmatch(self._words[self._at]) else ""

    def _value(self, element: Element) -> None:
        word = self._words[self._at]
        value = decimal_number(element.guide, word)
        if value is not None or _NUMBER.fullmatch(word):  # a number that is no value, such as M, is one that is missing
            self._at += 1
            self._items.append(Value(element=element, value=value))

    def _station(self) -> Rejection | None:
        word = self._next()
        if len(word) != _STATION_SIZE or not _HEX.fullmatch(word):
            return Rejection(reason=Reason.MALFORMED, detail="station address of an ASCII body")
        class_code = self._words[self._at]
        if len(class_code) == 1 and class_code.isalpha():
            self._at += 1
        self._items.append(Station(station=word))
        return None

    def _status(self) -> None:
        word = self._words[self._at]
        if _HEX.fullmatch(word) and len(word) <= 8:  # noqa: PLR2004 — 32 bits
            self._at += 1
            if word != "F" * 8:
                self._items.append(StatusWord(word=int(word, 16)))

    def _hour_block(self, element: Element) -> Rejection | None:
        """Read twelve HEX values written as characters: two each for rain, four each for levels."""
        layout, missing, scale = (_RAINS, 0xFF, 10) if element.guide == RAIN_BLOCK else (_LEVELS, 0xFFFF, 100)
        word = self._words[self._at]
        if len(word) != 2 * layout.size or not _HEX.fullmatch(word):
            return Rejection(reason=Reason.MALFORMED, detail=f"element {element.code} is not twelve values")
        self._at += 1
        numbers = layout.unpack(bytes.fromhex(word))
        values = [None if number == missing else number / scale for number in numbers]
        self._items.append(Series(element=element, values=values, step=_FIVE_MINUTES, is_hour=True))
        return None

    def _stepped(self, match: re.Match[str]) -> None:
        """Read a time step, the names after it and their values in turn (6.6.4.4); step zero announces hour blocks."""
        number = match[2] or self._next_value()
        if not number.isdecimal() or len(number) > 2:  # noqa: PLR2004 — DRxnn
            return
        step = int(number) * _UNITS[match[1]]
        if not step:
            return
        names = self._while(PLAIN_BY_ASCII.get)
        values = self._while(_NUMBER.fullmatch)
        if names:
            self._items += _series([PLAIN_BY_ASCII[name] for name in names], values, step)

    def _while(self, fits: Callable[[str], object]) -> list[str]:
        """Take the words in front that fit; the end never does."""
        words, start = self._words, self._at
        at = start
        while fits(words[at]):
            at += 1
        self._at = at
        return words[start:at]


def _series(elements: list[Element], values: list[str], step: timedelta) -> list[Item]:
    if len(values) % len(elements) or step * len(values) > MAX_SPAN:
        return [Rejection(reason=Reason.MALFORMED, detail="series does not divide")]
    rows = len(elements)
    return [
        Series(
            element=element,
            values=[decimal_number(element.guide, value) for value in values[column::rows]],
            step=step,
            is_hour=False,
        )
        for column, element in enumerate(elements)
    ]


def _element(word: str) -> Element | None:
    """Give a user-defined element, `FF` and two hex digits."""
    match = _EXTENDED.fullmatch(word)
    return None if match is None else extended(int(match[1], 16))
