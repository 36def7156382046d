"""From a declared place to a function that fetches what stands there. Pure; a place that is not there is None."""

import struct
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final, Literal

from msgspec import Struct

from ingest.declared.model import Endian, Type, Where
from ingest.wire import TEXT_KEPT, text

MOST_FOUND: Final = 5_000
"""No report has more records, and no list of one more values; a payload that claims more is cut there, and says so."""
TOPICS_KEPT: Final = 4096
"""Devices send on their topics again and again: what a topic says is found once."""
_INTEGERS: Final = {
    Type.U8: (1, False), Type.U16: (2, False), Type.U24: (3, False), Type.U32: (4, False), Type.U64: (8, False),
    Type.I8: (1, True), Type.I16: (2, True), Type.I24: (3, True), Type.I32: (4, True), Type.I64: (8, True),
}  # fmt: skip
_FLOATS: Final = {Type.F32: (4, "f"), Type.F64: (8, "d")}
_LETTERS: Final = {1: "b", 2: "h", 4: "i", 8: "q"}


class Context(Struct, gc=False):
    """What a rule is applied to: a record of a message, with what leads to it."""

    topic: str | None  # None in an envelope, whose device is known
    root: object  # the whole JSON
    value: object  # the record of it
    data: bytes = b""  # the bytes of the frame, of its record or of its element
    keys: tuple[str, ...] = ()  # what the wildcards on the way to the record have met


Get = Callable[[Context], object]
Found = list[tuple[tuple[str, ...], object]]


def size_of(where: Where) -> int:
    """Give the bytes a place takes."""
    if where.type in _INTEGERS:
        return _INTEGERS[where.type][0]
    if where.type in _FLOATS:
        return _FLOATS[where.type][0]
    return where.size or 1


def is_somewhere(where: Where) -> bool:
    """Tell whether a place is declared at all."""
    return any(given is not None for given in (where.path, where.at, where.topic, where.key, where.text))


def compile_place(where: Where, endian: Endian) -> Get:
    """Make the function that fetches one value; the place has no wildcard."""
    if where.path is not None:
        return _by_path(where.path)
    if where.at is not None:
        return _by_bytes(where, where.at, where.endian or endian)
    if where.topic is not None:
        return _by_topic(where.topic)
    if where.key is not None:
        return _by_key(where.key)
    constant = where.text
    return lambda _: constant


def has_wildcard(path: tuple[str, ...] | None) -> bool:
    """Tell whether a path leads to several values."""
    return path is not None and "*" in path


def compile_many(path: tuple[str, ...]) -> Callable[[Context], Found]:
    """Make the function that fetches all values a path leads to, each with the keys its wildcards have met."""
    is_whole, steps = _split(path)
    if steps and not has_wildcard(steps):
        get_one = _by_path(path)
        return lambda context: [] if (value := get_one(context)) is None else [(context.keys, value)]
    follows = [None if step == "*" else _compile_steps((step,)) for step in steps]

    def get(context: Context) -> Found:
        found: Found = [(context.keys, context.root if is_whole else context.value)]
        for follow in follows:
            if follow is None:
                found = _spread(found)
            else:
                found = [(keys, inner) for keys, value in found if (inner := follow(value)) is not None]
        return found

    return get


def _spread(found: Found) -> Found:
    """Give all that stands in what was found: one more than can be taken tells that there is more."""
    inside: Found = []
    for keys, value in found:
        if type(value) is dict:
            items: Iterable[tuple[object, object]] = value.items()
        elif type(value) is list:
            items = enumerate(value)
        else:
            continue
        for key, inner in items:
            if inner is not None:
                inside.append(((*keys, str(key)), inner))
        if len(inside) > MOST_FOUND:
            break
    return inside[: MOST_FOUND + 1]


def _split(path: tuple[str, ...]) -> tuple[bool, tuple[str, ...]]:
    """Tell whether a path begins at the whole, and give its steps."""
    return (True, path[1:]) if path[:1] == ("$",) else (False, path)


def _by_path(path: tuple[str, ...]) -> Get:
    is_whole, steps = _split(path)
    follow = _compile_steps(steps)
    if is_whole:
        return lambda context: follow(context.root)
    if len(steps) > 1:
        return lambda context: follow(context.value)
    (only,) = steps

    def get(context: Context) -> object:
        value = context.value
        if type(value) is dict:
            return value.get(only)
        return follow(value) if type(value) is list else None

    return get


def _compile_steps(steps: tuple[str, ...]) -> Callable[[object], object]:
    """Make the function that follows steps into a value: keys of objects, or numbers of list items where they are such."""
    both = [(step, _index(step)) for step in steps]

    def follow(value: object) -> object:
        for key, at in both:
            if type(value) is dict:
                value = value.get(key)
            elif at is not None and type(value) is list and -len(value) <= at < len(value):
                value = value[at]
            else:
                return None
        return value

    return follow


def _index(step: str) -> int | None:
    return int(step) if step.removeprefix("-").isdecimal() and len(step) < 6 else None  # noqa: PLR2004 -- no list is longer


def _by_topic(level: int) -> Get:
    at = level - 1 if level > 0 else level

    def get(context: Context) -> object:
        levels = _levels(context.topic)
        return levels[at] if -len(levels) <= at < len(levels) else None

    return get


@lru_cache(maxsize=TOPICS_KEPT)
def _levels(topic: str | None) -> list[str]:
    return [] if topic is None else topic.split("/")


def _by_key(number: int) -> Get:
    at = number - 1 if number > 0 else number

    def get(context: Context) -> object:
        keys = context.keys
        return keys[at] if -len(keys) <= at < len(keys) else None

    return get


def _by_bytes(where: Where, begin: int, endian: Endian) -> Get:
    size = size_of(where)
    read, end = _reader(where, size, endian), begin + size

    def get(context: Context) -> object:
        data = context.data
        return read(data, begin) if end <= len(data) else None

    def get_from_end(context: Context) -> object:
        data = context.data
        at = begin + len(data)
        return read(data, at) if 0 <= at <= len(data) - size else None

    if begin < 0:
        return get_from_end
    if where.type is Type.U8:
        low, mask = (0, 0xFF) if where.bits is None else bits_of(where.bits)
        return lambda context: context.data[begin] >> low & mask if begin < len(context.data) else None
    return get


def letter_of(where: Where) -> str | None:
    """Give the letter by which `struct` reads a place, None where it has none; bits are picked from a number without sign."""
    if where.type in _FLOATS:
        return _FLOATS[where.type][1]
    size, is_signed = _INTEGERS.get(where.type, (0, False)) if where.type is not None else (0, False)
    letter = _LETTERS.get(size)
    return letter if letter is None or (is_signed and where.bits is None) else letter.upper()


def order_of(endian: Endian) -> Literal["big", "little"]:
    """Say the order of bytes as Python calls it."""
    return "big" if endian is Endian.BIG else "little"


def _reader(where: Where, size: int, endian: Endian) -> Callable[[bytes, int], object]:
    """Choose how bytes at an offset become a value: a number, or text; digits of BCD stay text, for ids begin with 0."""
    if where.type in _INTEGERS or where.type in _FLOATS:
        return _number_reader(where, size, endian)
    if where.type is Type.BCD:
        return lambda data, at: digits if (digits := _ordered(data[at : at + size], endian).hex()).isdecimal() else ""
    if where.type is Type.HEX:
        return lambda data, at: data[at : at + size].hex().upper()
    encoding, long = "gb18030" if where.type is Type.GBK else "ascii", min(size, 4 * TEXT_KEPT)
    return lambda data, at: _text_of(data[at : at + long], encoding)


@lru_cache(maxsize=4096)
def _text_of(octets: bytes, encoding: str) -> str:
    """Read text, which most often is the id of a device that has spoken before."""
    return text(octets.decode(encoding, "replace").strip("\x00 "))


def _number_reader(where: Where, size: int, endian: Endian) -> Callable[[bytes, int], object]:
    letter, order = letter_of(where), order_of(endian)
    if where.bits is not None:
        low, mask = bits_of(where.bits)
        return lambda data, at: int.from_bytes(data[at : at + size], order) >> low & mask
    if letter is not None:
        unpack = struct.Struct((">" if endian is Endian.BIG else "<") + letter).unpack_from
        return lambda data, at: unpack(data, at)[0]
    is_signed = where.type is Type.I24
    return lambda data, at: int.from_bytes(data[at : at + size], order, signed=is_signed)


def _ordered(octets: bytes, endian: Endian) -> bytes:
    return octets if endian is Endian.BIG else octets[::-1]


def bits_of(bits: str) -> tuple[int, int]:
    """Read `3` or `0-4` as the lowest bit and a mask for what is above it; ValueError where it is neither."""
    first, _, last = bits.partition("-")
    low, high = int(first), int(last or first)
    if not 0 <= low <= high < 64:  # noqa: PLR2004 -- the longest integer
        raise ValueError(bits)
    return low, (1 << (high - low + 1)) - 1
