"""A model of Dragino's: the ports it sends on and what reads it. Pure."""

from collections.abc import Callable

from msgspec import Struct

from ingest.codecs.told import Told

MILLIVOLTS = 0x3FFF
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
