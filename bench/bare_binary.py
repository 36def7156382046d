"""Bare parses of binary frames: every field once, by `struct`, into plain tuples. No checksum, no names, no units, no times.

The layouts are those of docs/reference/formats. They are what a program that only wants the fields would do, so they tell what the
rest of a decoder costs; a single unpack of all bytes as numbers would read no format at all.
"""

import struct
from collections.abc import Callable
from typing import Final

_SL651: Final = struct.Struct(">2sB5sHBHBH6s")
_GB26875: Final = struct.Struct("<2sHBB6s6s6sHBBB")
_COMPONENT: Final = struct.Struct("<BBB4sH31s6s")
_MEOKON: Final = struct.Struct(">HBH12sBbHHBB")
_SPANS: Final = {0xF0: 5, 0xF1: 5, 0xF4: 12} | dict.fromkeys(range(0xF5, 0xFD), 24)


def sl651(data: bytes) -> object:
    """Read head and elements of an SL 651 frame; an ASCII one is split at its blanks."""
    if data[:1] == b"\x01":
        return data.decode("ascii", "replace").split()
    head, at, end = _SL651.unpack_from(data), _SL651.size, len(data) - 3
    elements = []
    while at + 2 < end:
        guide, size = data[at], data[at + 1]
        at += 2
        length = _SPANS.get(guide) or size >> 3 or 1
        elements.append((guide, size & 7, data[at : at + length].hex()))
        at += length
    return head, elements


def gb26875(data: bytes) -> object:
    """Read head and objects of a GB/T 26875.3 frame."""
    head = _GB26875.unpack_from(data)
    count, body = head[10], data[_GB26875.size : -3]
    size = len(body) // count if count else 0
    if head[9] == 2 and size == _COMPONENT.size:
        return head, list(_COMPONENT.iter_unpack(body[: size * count]))
    return head, [body[number * size : (number + 1) * size] for number in range(count)]


def meokon(data: bytes) -> object:
    """Read head and records of a MEOKON frame."""
    return _MEOKON.unpack_from(data), struct.unpack_from(f">{(len(data) - _MEOKON.size) // 2}h", data, _MEOKON.size)


def octets(data: bytes) -> object:
    """Read every byte as a number: for layouts that differ from one device to the next."""
    return struct.unpack(f">{len(data)}B", data)


FIELDS: Final[dict[str, Callable[[bytes], object]]] = {
    "sl651": sl651, "gb26875_3": gb26875, "meokon_a55a": meokon,
}  # fmt: skip
