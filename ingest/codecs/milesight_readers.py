"""What tells a value, a fact or an alarm of a few little-endian bytes: the parts the tables of Milesight's codecs are made of. Pure."""

from collections.abc import Callable, Mapping
from typing import Final

from ingest.codecs.told import Told
from ingest.readings import Fact

Tell = Callable[[Told, bytes], None]
FULL: Final = 100


def signed(data: bytes) -> int:
    """Read a little-endian integer with a sign."""
    return int.from_bytes(data, "little", signed=True)


def number(
    metric: str, unit: str, divide: int = 1, void: frozenset[int] = frozenset(), *, is_signed: bool = False
) -> Tell:
    """Make what tells a number: the value as a little-endian integer over `divide`; `void` are raw marks of "no value"."""

    def tell(said: Told, data: bytes) -> None:
        raw = int.from_bytes(data, "little")
        if raw in void:
            said.value(metric, None, unit, metric)
        else:
            said.value(metric, (signed(data) if is_signed else raw) / divide, unit, metric)

    return tell


def flag(fact: Fact, code: str) -> Tell:
    """Make what tells a yes or no: 0 is no, 1 is yes, anything else says nothing."""

    def tell(said: Told, data: bytes) -> None:
        if data[0] in (0, 1):
            said.fact(fact, code, active=data[0] == 1)

    return tell


def battery(said: Told, data: bytes) -> None:
    """Tell the battery in per cent."""
    said.value("battery", data[0] if data[0] <= FULL else None, "%EL", "battery")


def humidity(said: Told, data: bytes) -> None:
    """Tell a relative humidity in halves of a per cent."""
    said.value("humidity", data[0] / 2 if data[0] <= 2 * FULL else None, "%RH", "humidity")


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
