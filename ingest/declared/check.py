"""What a declared format must keep to beyond its single keys: places that exist, names that can be told apart. Pure."""

import re
from collections.abc import Callable, Collection, Iterator
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from ingest.declared.model import (
    Amount,
    Block,
    Checksum,
    Degrees,
    Device,
    Format,
    Input,
    Part,
    ReadingRule,
    Records,
    StateRule,
    Sum,
    Time,
    TimeForm,
    Tlv,
    Type,
    Where,
)
from ingest.declared.places import bits_of, has_wildcard, is_somewhere, size_of
from ingest.declared.read_yaml import Reader, key_of, nearest

_NAME: Final = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
_METRIC: Final = re.compile(r"[a-z0-9_.]*(?:\{key\})?[a-z0-9_.]*")
_TEXTS: Final = (Type.BCD, Type.ASCII, Type.GBK, Type.HEX)
_LONGEST: Final = 1024
_NEEDS_ZONE: Final = (TimeForm.LOCAL, TimeForm.DIGITS, TimeForm.YMDHMS)


def check(declared: Format, reader: Reader, taken: Collection[str]) -> None:
    """Note every fault of a format in `reader`. `taken` are the names of built-in decoders and of files before."""
    if not _NAME.fullmatch(declared.name) or len(declared.name) > 60:  # noqa: PLR2004 -- a column's width
        reader.refuse("name", f"{declared.name!r} is no name: use a-z and 0-9, words joined by '-' or '_'")
    elif declared.name in taken:
        reader.refuse("name", f"{declared.name!r} is the name of another decoder already")
    for keys, part in walk(declared, ""):
        for kind, look in _CHECKS:
            if isinstance(part, kind):
                look(part, keys, reader, declared)
    _check_whole(declared, reader)


def walk(part: Struct, keys: str) -> Iterator[tuple[str, Struct]]:
    """Give every struct of a format with the keys that lead to it."""
    yield keys, part
    for field in part.__struct_fields__:
        value, inner = getattr(part, field), f"{keys}.{key_of(field)}" if keys else key_of(field)
        if isinstance(value, Struct):
            yield from walk(value, inner)
        elif isinstance(value, tuple):
            for number, item in enumerate(value):
                if isinstance(item, Struct):
                    yield from walk(item, f"{inner}.{number}")
        elif isinstance(value, dict):
            for word, item in value.items():
                if isinstance(item, Struct):
                    yield from walk(item, f"{inner}.{word}")


def _check_whole(declared: Format, reader: Reader) -> None:
    blocks = (declared, *declared.blocks)
    if not any((block.readings, block.states, block.position, block.tlv) != ((), (), None, None) for block in blocks):
        reader.refuse("", "it says nothing: 'readings', 'states', 'position' or 'tlv' is needed")
    _check_topics(declared, reader)
    for number, hint in enumerate(declared.hints):
        if not _is_pattern(hint):
            reader.refuse(f"hints.{number}", f"{hint!r} is no regular expression")
    for word in ("start", "end"):
        if not _is_hex(getattr(declared, word), 0):
            reader.refuse(word, f"{getattr(declared, word)!r} is no hex text of bytes")
    if declared.inside is not None and declared.input is not Input.JSON:
        reader.refuse("inside", "only JSON holds bytes inside")
    if declared.inside is not None and declared.inside.as_ is Input.JSON:
        reader.refuse("inside.as", "bytes inside are binary, hex or base64")


def _check_topics(declared: Format, reader: Reader) -> None:
    for number, topic in enumerate(declared.topics):
        if not topic or "#" in topic[:-1] or (topic.endswith("#") and topic != "#" and topic[-2] != "/"):
            reader.refuse(f"topics.{number}", f"{topic!r} is no topic filter")
    speaks = [block.device or declared.device for block in declared.blocks] or [declared.device]
    if declared.topics and None in speaks:
        reader.refuse("topics", "where messages arrive by themselves, 'device' must say who speaks")


def _check_where(where: Where, keys: str, reader: Reader, declared: Format) -> None:
    given = [name for name in ("path", "at", "topic", "key", "text") if getattr(where, name) is not None]
    is_free = (isinstance(where, Device) and where.parts) or (isinstance(where, Amount) and where.value is not None)
    if len(given) != 1 and not (is_free and not given):
        found = f"here are {' and '.join(given)}" if given else "there is none"
        reader.refuse(keys, f"one of path, at, topic, key, text says where the value stands; {found}")
    if where.path is not None and declared.input is not Input.JSON:
        reader.refuse(f"{keys}.path", "a path leads through JSON; bytes have 'at' and 'type'")
    if where.path == ():
        reader.refuse(f"{keys}.path", "the path is empty; the whole value is '$'")
    if has_wildcard(where.path) and not isinstance(where, ReadingRule | StateRule):
        reader.refuse(f"{keys}.path", "'*' leads to several values: only readings and states may be several")
    if where.topic == 0 or where.key == 0:
        reader.refuse(keys, "levels and keys are counted from 1, from the end from -1")
    if where.at is not None:
        _check_bytes(where, keys, reader, declared)
    elif where.type is not None or where.bits is not None or where.size is not None:
        reader.refuse(keys, "'type', 'size' and 'bits' describe bytes, and there is no 'at'")


def _check_bytes(where: Where, keys: str, reader: Reader, declared: Format) -> None:
    if declared.input is Input.JSON and declared.inside is None:
        reader.refuse(f"{keys}.at", "JSON has no bytes; say 'inside' where it holds some as text")
    if where.type is None:
        reader.refuse(keys, f"'type' is missing: how are the bytes read{nearest('', list(Type))}")
    elif where.type in _TEXTS and not 0 < (where.size or 0) <= _LONGEST:
        reader.refuse(keys, f"'size' is missing: {where.type} has no length of its own (1 to {_LONGEST} bytes)")
    elif where.type not in _TEXTS and where.size not in (None, size_of(where)):
        reader.refuse(f"{keys}.size", f"{where.type} has {size_of(where)} bytes")
    if where.bits is not None and (where.type is None or where.type[0] not in "ui" or not _is_bits(where.bits)):
        reader.refuse(f"{keys}.bits", f"{where.bits!r} is not one bit or a span such as 0-4 of a whole number")


def _check_reading(rule: ReadingRule, keys: str, reader: Reader, _: Format) -> None:
    if not rule.metric or not _METRIC.fullmatch(rule.metric):
        reader.refuse(
            f"{keys}.metric", f"{rule.metric!r} is no metric: use a-z, 0-9, _ and ., and {{key}} for a key met by '*'"
        )
    elif "{key}" in rule.metric and not has_wildcard(rule.path):
        reader.refuse(f"{keys}.metric", "{key} is what '*' of the path has met, and the path has none")
    if not 1e-12 < abs(rule.scale) < 1e12:  # noqa: PLR2004 -- no quantity is told so
        reader.refuse(f"{keys}.scale", "the scale must not be 0, nor beyond any measurement")
    if rule.low is not None and rule.high is not None and rule.low > rule.high:
        reader.refuse(f"{keys}.low", "the lowest value is above the highest")


def _check_state(rule: StateRule, keys: str, reader: Reader, _: Format) -> None:
    if (rule.fact is None) == (not rule.alarm_bits):
        reader.refuse(keys, "either 'fact', or 'alarm_bits' with a fact for each bit")
    if any(not 0 <= bit < 64 for bit in (*rule.alarm_bits, *rule.inverted_bits, rule.bit or 0)):  # noqa: PLR2004
        reader.refuse(keys, "bits are counted from 0, the lowest, to 63")
    if unknown := [bit for bit in rule.inverted_bits if bit not in rule.alarm_bits]:
        reader.refuse(f"{keys}.inverted_bits", f"bit {unknown[0]} is not among 'alarm_bits'")
    if (rule.alarm_bits or rule.bit is not None) and (rule.active or rule.clear):
        reader.refuse(keys, "a bit is 0 or 1: 'active' and 'clear' are for words and numbers")
    if rule.inverted and (rule.active or rule.clear):
        reader.refuse(f"{keys}.inverted", "'active' and 'clear' say already which is which")
    if both := sorted(set(rule.active) & set(rule.clear)):
        reader.refuse(f"{keys}.clear", f"{both[0]!r} cannot be active and clear")
    for name in ("active", "clear"):
        if "others" in getattr(rule, name) and len(getattr(rule, name)) > 1:
            reader.refuse(f"{keys}.{name}", "'others' stands alone")


def _check_time(time: Time, keys: str, reader: Reader, _: Format) -> None:
    if time.zone and not _is_zone(time.zone):
        reader.refuse(f"{keys}.zone", f"there is no time zone {time.zone!r}; they are named like Asia/Shanghai")
    if not time.zone and time.as_ in _NEEDS_ZONE:
        reader.refuse(keys, f"'zone' is missing: {time.as_} has none of its own")
    if time.as_ is TimeForm.YMDHMS and (time.type is not Type.HEX or time.size != 6):  # noqa: PLR2004 -- six bytes
        reader.refuse(keys, "ymdhms is six bytes: type: hex, size: 6")


def _check_degrees(degrees: Degrees, keys: str, reader: Reader, _: Format) -> None:
    if not degrees.scale:
        reader.refuse(f"{keys}.scale", "the scale must not be 0")


def _check_block(block: Block, keys: str, reader: Reader, declared: Format) -> None:
    prefix = f"{keys}." if keys else ""
    has_bytes = declared.input is not Input.JSON or declared.inside is not None
    if block.each is not None and (declared.input is not Input.JSON or not block.each):
        reader.refuse(f"{prefix}each", "a path through JSON is expected here, such as devices.*")
    if block.each is not None and block.records is not None:
        reader.refuse(f"{prefix}records", "either 'each' or 'records'")
    for name in ("records", "tlv"):
        if getattr(block, name) is not None and not has_bytes:
            reader.refuse(f"{prefix}{name}", "JSON has no bytes; say 'inside' where it holds some as text")


def _check_records(records: Records, keys: str, reader: Reader, _: Format) -> None:
    if records.at < 0 or not 0 < records.size <= _LONGEST:
        reader.refuse(keys, f"records begin at 0 or later, and have 1 to {_LONGEST} bytes")


def _check_tlv(tlv: Tlv, keys: str, reader: Reader, _: Format) -> None:
    if not 1 <= tlv.type_size <= 4 or tlv.at < 0:  # noqa: PLR2004
        reader.refuse(f"{keys}.type_size", "a type has 1 to 4 bytes, and the elements begin at 0 or later")
    if tlv.length not in (None, Type.U8, Type.U16):
        reader.refuse(f"{keys}.length", "a length is u8 or u16")
    for kind, element in tlv.elements.items():
        if not _is_hex(kind, tlv.type_size):
            reader.refuse(
                f"{keys}.elements.{kind}", f"{kind!r} is no hex text of {tlv.type_size} bytes; put it into quotes"
            )
        if tlv.length is None and not 0 < (element.size or 0) <= _LONGEST:
            reader.refuse(f"{keys}.elements.{kind}", "'size' is missing: no length stands in the bytes")


def _check_checksum(checksum: Checksum, keys: str, reader: Reader, declared: Format) -> None:
    if declared.input is Input.JSON and declared.inside is None:
        reader.refuse(keys, "JSON has no checksum; say 'inside' where it holds bytes as text")
    if checksum.kind is Sum.SUM8_ZERO and checksum.at is not None:
        reader.refuse(f"{keys}.at", "sum8-zero is anywhere among the bytes that add up to 0")


def _is_hex(text: str, size: int) -> bool:
    try:
        return len(bytes.fromhex(text)) == size or not size
    except ValueError:
        return False


def _is_bits(text: str) -> bool:
    try:
        bits_of(text)
    except ValueError:
        return False
    return True


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _is_pattern(text: str) -> bool:
    try:
        re.compile(text)
    except (re.error, RecursionError, OverflowError):
        return False
    return bool(text)


def _is_placed(part: Part, keys: str, reader: Reader, _: Format) -> None:
    if isinstance(part, Device) and part.parts and is_somewhere(part):
        reader.refuse(keys, "either one place or 'parts'")


_CHECKS: Final[tuple[tuple[type[Struct], Callable[..., None]], ...]] = (
    (Where, _check_where),
    (Part, _is_placed),
    (ReadingRule, _check_reading),
    (StateRule, _check_state),
    (Time, _check_time),
    (Degrees, _check_degrees),
    (Block, _check_block),
    (Records, _check_records),
    (Tlv, _check_tlv),
    (Checksum, _check_checksum),
)
