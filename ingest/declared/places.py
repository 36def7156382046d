"""From a declared place to a function that fetches what stands there. Pure; a place that is not there is None."""

import struct
from collections.abc import Callable, Iterator
from typing import Final

from msgspec import Struct

from ingest.declared.model import Endian, Type, Where
from ingest.wire import TEXT_KEPT, text

MOST_FOUND: Final = 5_000
"""No report has more records, and no list of one more values; a payload that claims more is cut there, and says so."""
_INTEGERS: Final = {
    Type.U8: (1, False), Type.U16: (2, False), Type.U24: (3, False), Type.U32: (4, False), Type.U64: (8, False),
    Type.I8: (1, True), Type.I16: (2, True), Type.I24: (3, True), Type.I32: (4, True), Type.I64: (8, True),
}  # fmt: skip
_FLOATS: Final = {Type.F32: (4, "f"), Type.F64: (8, "d")}


class Context(Struct, gc=False):
    """What a rule is applied to: a record of a message, with what leads to it."""

    levels: list[str]  # of the topic
    root: object  # the whole JSON
    value: object  # the record of it
    data: bytes = b""  # the bytes of the frame, of its record or of its element
    keys: tuple[str, ...] = ()  # what the wildcards on the way to the record have met


Get = Callable[[Context], object]
GetMany = Callable[[Context], Iterator[tuple[str, object]]]


def size_of(where: Where) -> int:
    """Give the bytes a place takes."""
    if where.type in _INTEGERS:
        return _INTEGERS[where.type][0]
    if where.type in _FLOATS:
        return _FLOATS[where.type][0]
    return where.size or 1


def compile_place(where: Where, endian: Endian) -> Get:
    """Make the function that fetches one value; the place has no wildcard."""
    if where.path is not None:
        return _by_path(where.path)
    if where.at is not None:
        return _by_bytes(where, where.endian or endian)
    if where.topic is not None:
        return _by_topic(where.topic)
    if where.key is not None:
        return _by_key(where.key)
    constant = where.text
    return lambda _: constant


def has_wildcard(path: tuple[str, ...] | None) -> bool:
    """Tell whether a path leads to several values."""
    return path is not None and "*" in path


def compile_many(path: tuple[str, ...]) -> Callable[[Context], list[tuple[tuple[str, ...], object]]]:
    """Make the function that fetches all values a path with wildcards leads to, each with the keys it met."""
    is_whole, steps = path[:1] == ("$",), path[1:] if path[:1] == ("$",) else path

    def get(context: Context) -> list[tuple[tuple[str, ...], object]]:
        found = [(context.keys, context.root if is_whole else context.value)]
        for step in steps:
            if step == "*":
                found = [pair for keys, value in found for pair in _inner(keys, value)][: MOST_FOUND + 1]
            else:
                found = [(keys, inner) for keys, value in found if (inner := _step(value, step)) is not None]
        return found

    return get


def _inner(keys: tuple[str, ...], value: object) -> Iterator[tuple[tuple[str, ...], object]]:
    if isinstance(value, dict):
        yield from (((*keys, key), inner) for key, inner in value.items() if inner is not None)
    elif isinstance(value, list):
        yield from (((*keys, str(number)), inner) for number, inner in enumerate(value) if inner is not None)


def _step(value: object, step: str) -> object:
    if isinstance(value, dict):
        return value.get(step)
    if isinstance(value, list) and step.removeprefix("-").isdecimal() and len(step) < 6:  # noqa: PLR2004 -- no list is longer
        at = int(step)
        return value[at] if -len(value) <= at < len(value) else None
    return None


def _by_path(path: tuple[str, ...]) -> Get:
    if path[:1] == ("$",):
        steps = path[1:]
        return lambda context: _follow(context.root, steps)
    if len(path) == 1:
        (only,) = path
        return lambda context: _step(context.value, only)
    return lambda context: _follow(context.value, path)


def _follow(value: object, steps: tuple[str, ...]) -> object:
    for step in steps:
        value = value.get(step) if type(value) is dict else _step(value, step)
        if value is None:
            return None
    return value


def _by_topic(level: int) -> Get:
    at = level - 1 if level > 0 else level

    def get(context: Context) -> object:
        levels = context.levels
        return levels[at] if -len(levels) <= at < len(levels) else None

    return get


def _by_key(number: int) -> Get:
    at = number - 1 if number > 0 else number
    return lambda context: context.keys[at] if -len(context.keys) <= at < len(context.keys) else None


def _by_bytes(where: Where, endian: Endian) -> Get:
    assert where.at is not None
    size, begin = size_of(where), where.at
    read = _reader(where, size, endian)

    def get(context: Context) -> object:
        data = context.data
        at = begin if begin >= 0 else begin + len(data)
        return read(data, at) if 0 <= at <= len(data) - size else None

    return get


def _reader(where: Where, size: int, endian: Endian) -> Callable[[bytes, int], object]:
    """Choose how bytes at an offset become a value: a number, or text; digits of BCD stay text, for ids begin with 0."""
    if where.type in _INTEGERS:
        return _integer(size, endian, is_signed=_INTEGERS[where.type][1], bits=where.bits)
    if where.type in _FLOATS:
        unpack = struct.Struct((">" if endian is Endian.BIG else "<") + _FLOATS[where.type][1]).unpack_from
        return lambda data, at: unpack(data, at)[0]
    if where.type is Type.BCD:
        return lambda data, at: digits if (digits := _ordered(data[at : at + size], endian).hex()).isdecimal() else ""
    if where.type is Type.HEX:
        return lambda data, at: data[at : at + size].hex().upper()
    encoding = "gb18030" if where.type is Type.GBK else "ascii"
    return lambda data, at: text(data[at : at + min(size, 4 * TEXT_KEPT)].decode(encoding, "replace").strip("\x00 "))


def _ordered(octets: bytes, endian: Endian) -> bytes:
    return octets if endian is Endian.BIG else octets[::-1]


def _integer(size: int, endian: Endian, *, is_signed: bool, bits: str | None) -> Callable[[bytes, int], object]:
    order = "big" if endian is Endian.BIG else "little"
    letter = {1: "b", 2: "h", 4: "i", 8: "q"}.get(size)
    if bits is not None:
        low, high = bits_of(bits)
        mask = (1 << (high - low + 1)) - 1
        return lambda data, at: int.from_bytes(data[at : at + size], order) >> low & mask  # type: ignore[arg-type]
    if letter is None:
        return lambda data, at: int.from_bytes(data[at : at + size], order, signed=is_signed)  # type: ignore[arg-type]
    unpack = struct.Struct(
        (">" if endian is Endian.BIG else "<") + (letter if is_signed else letter.upper())
    ).unpack_from
    return lambda data, at: unpack(data, at)[0]


def bits_of(bits: str) -> tuple[int, int]:
    """Read `3` or `0-4` as the lowest and the highest bit; ValueError where it is neither."""
    low, _, high = bits.partition("-")
    lowest, highest = int(low), int(high or low)
    if not 0 <= lowest <= highest < 64:  # noqa: PLR2004 -- the longest integer
        raise ValueError(bits)
    return lowest, highest
