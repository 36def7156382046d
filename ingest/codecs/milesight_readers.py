"""What tells a value, a fact or an alarm of a few little-endian bytes: the parts the tables of Milesight's codecs are made of. Pure."""

import struct
from collections.abc import Callable, Mapping
from typing import Final

from msgspec import Struct

from ingest.codecs.told import Told
from ingest.readings import Fact

Tell = Callable[[Told, bytes], None]
Plain = tuple[Callable[[bytes, int], tuple[int]], str, str, int, frozenset[int]]
_FORMS: Final = {1: "Bb", 2: "Hh", 4: "Ii"}  # without a sign, and with one
FULL: Final = 100
_from_bytes: Final = int.from_bytes


def signed(data: bytes) -> int:
    """Read a little-endian integer with a sign."""
    return _from_bytes(data, "little", signed=True)


class Number(Struct, frozen=True):
    """What tells a number: a little-endian integer over `divide`; `void` are raw marks, without a sign, of "no value"."""

    metric: str
    unit: str
    divide: int = 1
    void: frozenset[int] = frozenset()
    is_signed: bool = False

    def tell(self, said: Told, data: bytes) -> None:
        """Tell the number of all of `data`."""
        raw = _from_bytes(data, "little")
        value = None if raw in self.void else (signed(data) if self.is_signed else raw) / self.divide
        said.value(self.metric, value, self.unit, self.metric)

    def plain(self, length: int) -> Plain:
        """Give it as what reads it where it is `length` bytes (1, 2 or 4), metric, unit, divisor, and the marks as read."""
        form = struct.Struct("<" + _FORMS[length][self.is_signed])
        void = (form.unpack(mark.to_bytes(length, "little"))[0] for mark in self.void)
        return form.unpack_from, self.metric, self.unit, self.divide, frozenset(void)


def flag(fact: Fact, code: str) -> Tell:
    """Make what tells a yes or no: 0 is no, 1 is yes, anything else says nothing."""

    def tell(said: Told, data: bytes) -> None:
        if data[0] in (0, 1):
            said.fact(fact, code, active=data[0] == 1)

    return tell


def battery(said: Told, data: bytes) -> None:
    """Tell the battery in per cent."""
    said.value("battery", data[0] if data[0] <= FULL else None, "%EL", "battery")


humidity: Final = Number("humidity", "%RH", 2, frozenset(range(2 * FULL + 1, 256)))
"""A relative humidity: a byte, in halves of a per cent."""


def limit(inner: Tell, fact: Fact, code: str) -> Tell:
    """Make what tells a value followed by a byte of an alarm: 0 dismissed, 1 alarm, 2 a sudden change."""

    def tell(said: Told, data: bytes) -> None:
        inner(said, data[:-1])
        if data[-1] in (0, 1):
            said.fact(fact, code, active=data[-1] == 1)
        else:
            said.momentary(Fact.OTHER, f"{code} {data[-1]}")

    return tell


def jump(inner: Tell, fact: Fact, code: str, change: Tell) -> Tell:
    """Make what tells a value, by how much it changed, and a byte of an alarm."""
    tell_limit = limit(inner, fact, code)

    def tell(said: Told, data: bytes) -> None:
        half = len(data) // 2
        change(said, data[half : 2 * half])
        tell_limit(said, data[:half] + data[-1:])

    return tell


def sudden(inner: Tell, code: str, change: Tell) -> Tell:
    """Make what tells a value, by how much an EM320's changed, and a byte that says no more than that it did."""

    def tell(said: Told, data: bytes) -> None:
        half = len(data) // 2
        inner(said, data[:half])
        change(said, data[half : 2 * half])
        said.momentary(Fact.OTHER, code)

    return tell


_CONDITIONS: Final[Mapping[int, tuple[Fact, bool]]] = {
    1: (Fact.VALUE_LOW, True),
    2: (Fact.VALUE_HIGH, True),
    3: (Fact.OTHER, True),
    4: (Fact.OTHER, True),
}
_CLEARED: Final = 5


def four_limits(inner: Tell, code: str) -> Tell:
    """Make what tells a value and an EM320's alarm: 1 below, 2 above, 3 between, 4 outside; 6 to 9 the same, over."""

    def tell(said: Told, data: bytes) -> None:
        inner(said, data[:-1])
        known = _CONDITIONS.get(data[-1]) or _CONDITIONS.get(data[-1] - _CLEARED)
        if known is not None:
            said.fact(known[0], f"{code} {data[-1]}", active=data[-1] < _CLEARED)

    return tell
