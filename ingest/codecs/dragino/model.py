"""A model of Dragino's: the ports it sends on and what reads it. Pure."""

from collections.abc import Callable, Iterator

from msgspec import Struct

from ingest.codecs.told import Told, stored
from ingest.readings import Reason

MILLIVOLTS = 0x3FFF
DATALOG = 3
"""The fPort of what LB devices stored."""
ROW = 11
"""The bytes of a stored row; the last four are its time, seconds since 1970 UTC."""
_KIND = 10
_CONFIGURATION = 2
_from_bytes = int.from_bytes


class Model(Struct, frozen=True):
    """The fPorts that carry measurements, and what tells of a payload of at least two bytes."""

    ports: frozenset[int]
    tell: Callable[[Told, bytes], None]


def voltage(said: Told, payload: bytes) -> None:
    """Tell the battery of the first two bytes, in mV."""
    said.value("voltage", float((payload[0] << 8 | payload[1]) & MILLIVOLTS), "mV", "bat")


def uint(payload: bytes, start: int, stop: int) -> int:
    """Read a big-endian number."""
    return _from_bytes(payload[start:stop], "big")


def sint(payload: bytes, at: int) -> int:
    """Read two bytes, a big-endian number with a sign."""
    return (payload[at] << 8 | payload[at + 1]) - (payload[at] >> 7 << 16)


def rows(said: Told, payload: bytes) -> Iterator[tuple[Told, bytes]]:
    """Go through stored rows and what collects them at their times; a row of no time is rejected."""
    for at in range(0, len(payload) - ROW + 1, ROW):
        row = payload[at : at + ROW]
        past = stored(said.item, uint(row, 7, ROW))
        if past is None:
            said.reject(Reason.TIME, "a stored row of a time that cannot be")
        else:
            yield past, row
            said.extend(past.items)


def is_configuration(said: Told, payload: bytes) -> bool:
    """Tell, and reject, an answer about configuration: models that have a byte for the kind of message send it as 2."""
    if payload[_KIND : _KIND + 1] != bytes((_CONFIGURATION,)):
        return False
    said.reject(Reason.UNSUPPORTED, "an answer about its configuration")
    return True
