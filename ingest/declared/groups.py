"""From the rules of a block to few functions that say them all. Pure; what is not there says nothing.

Rules whose values stand together are applied together: the keys of one object, the fields of one layout of bytes.
"""

import struct
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Final

from geo.datum import to_wgs84
from ingest.declared.frame import MOST_BYTES
from ingest.declared.model import Endian, Position, ReadingRule, StateRule, Test, Where
from ingest.declared.places import Context, bits_of, compile_many, compile_place, has_wildcard, letter_of, size_of
from ingest.declared.rules import Say, code_of, compile_number, compile_reading, compile_states
from ingest.declared.words import compile_tests, metric_of
from ingest.readings import Decoded, DeviceId, Quality, Reading
from ingest.wire import number

Emit = Callable[[Context, DeviceId, datetime, Quality, list[Decoded]], None]
Rule = ReadingRule | StateRule
Spoken = tuple[Where, Say]
"""A place and what is said of the value that stands there."""
_WHOLE: Final = ("$",)


def compile_rules(readings: Sequence[ReadingRule], states: Sequence[StateRule], endian: Endian) -> list[Emit]:
    """Make the functions that say readings, then states, in their order."""
    emits = []
    rules: list[Rule] = [*readings, *states]
    for (kind, _, when), found in groupby(rules, _group_of):
        same = list(found)
        emit = _of_many(same) if kind is None else kind(_spoken(same), endian)
        emits.append(_guarded(emit, when, endian))
    return emits


def _group_of(rule: Rule) -> tuple[Callable[[list[Spoken], Endian], Emit] | None, object, tuple[Test, ...]]:
    """Say what must be the same of rules that are applied together, and how: None for values a wildcard leads to."""
    if rule.path is not None:
        if has_wildcard(rule.path):
            return None, rule, rule.when
        if rule.path != _WHOLE:
            return _by_keys, rule.path[:-1], rule.when
    elif rule.at is not None and rule.at >= 0 and letter_of(rule) is not None:
        return _by_layout, None, rule.when
    return _one_by_one, None, rule.when


def _spoken(rules: list[Rule]) -> list[Spoken]:
    """Make what says each value; states that share a place are said together."""
    spoken: list[Spoken] = []
    for (kind, where), found in groupby(rules, lambda rule: (type(rule), _where(rule))):
        same = list(found)
        if kind is StateRule:
            spoken.append((where, compile_states([rule for rule in same if isinstance(rule, StateRule)])))
        else:
            spoken += [(where, compile_reading(rule)) for rule in same if isinstance(rule, ReadingRule)]
    return spoken


def _where(rule: Rule) -> Where:
    return Where(**{field: getattr(rule, field) for field in Where.__struct_fields__})


def _one_by_one(spoken: list[Spoken], endian: Endian) -> Emit:
    """Apply rules to values that stand anywhere."""
    pairs = [(compile_place(where, endian), say) for where, say in spoken]

    def emit(context: Context, device: DeviceId, time: datetime, quality: Quality, out: list[Decoded]) -> None:
        for get, say in pairs:
            raw = get(context)
            if raw is not None:
                say(raw, device, time, quality, out)

    return emit


def _by_keys(spoken: list[Spoken], endian: Endian) -> Emit:
    """Apply rules to keys of one object; what is a list there is read as by any path."""
    one_by_one = _one_by_one(spoken, endian)
    pairs = [(where.path[-1], say) for where, say in spoken if where.path is not None]
    above = spoken[0][0].path[:-1] if spoken[0][0].path is not None else ()
    get_object = compile_place(Where(path=above), endian) if above else None

    def emit(context: Context, device: DeviceId, time: datetime, quality: Quality, out: list[Decoded]) -> None:
        value = context.value if get_object is None else get_object(context)
        if type(value) is not dict:
            one_by_one(context, device, time, quality, out)
            return
        get = value.get
        for key, say in pairs:
            raw = get(key)
            if raw is not None:
                say(raw, device, time, quality, out)

    return emit


def _by_layout(spoken: list[Spoken], endian: Endian) -> Emit:
    """Apply rules to fields at fixed places; bytes that end before the last of them are read field by field."""
    one_by_one = _one_by_one(spoken, endian)
    found = _layout([where for where, _ in spoken], endian)
    if found is None:
        return one_by_one
    layout, order = found
    unpack, size = layout.unpack_from, layout.size
    pairs = [(at, _of_bits(say, where.bits)) for at, (where, say) in zip(order, spoken, strict=True)]

    def emit(context: Context, device: DeviceId, time: datetime, quality: Quality, out: list[Decoded]) -> None:
        data = context.data
        if len(data) < size:
            one_by_one(context, device, time, quality, out)
            return
        values = unpack(data)
        for at, say in pairs:
            say(values[at], device, time, quality, out)

    return emit if len(pairs) > 1 else _by_field(unpack, size, pairs[0][1])


def _by_field(unpack: Callable[[bytes], tuple[object, ...]], size: int, say: Say) -> Emit:
    """Apply a rule to the one field there is, as in most elements; there is nothing in bytes that end before it."""

    def emit(context: Context, device: DeviceId, time: datetime, quality: Quality, out: list[Decoded]) -> None:
        if len(context.data) >= size:
            say(unpack(context.data)[0], device, time, quality, out)

    return emit


def _layout(places: Sequence[Where], endian: Endian) -> tuple[struct.Struct, list[int]] | None:
    """Give the layout of all places, and which of its fields each is; None where two overlap, or differ in order."""
    fields = [(where.at or 0, size_of(where), letter_of(where) or "") for where in places]
    ends = {where.endian or endian for where in places if size_of(where) > 1}
    letters, end = ">" if ends <= {Endian.BIG} else "<", 0
    for at, size, letter in sorted(set(fields)):
        if at < end or at > MOST_BYTES or len(ends) > 1:
            return None
        letters += f"{at - end}x{letter}"
        end = at + size
    return struct.Struct(letters), [sorted(set(fields)).index(field) for field in fields]


def _of_bits(say: Say, bits: str | None) -> Say:
    """Pick bits of a whole number before something is said of them."""
    if bits is None:
        return say
    low, mask = bits_of(bits)

    def say_bits(raw: object, device: DeviceId, time: datetime, quality: Quality, out: list[Decoded]) -> None:
        assert type(raw) is int
        say(raw >> low & mask, device, time, quality, out)

    return say_bits


def _of_many(rules: list[Rule]) -> Emit:
    """Apply a rule to all values its path leads to. Equal rules may follow each other."""
    many = [(compile_many(rule.path or ()), _say_many(rule)) for rule in rules]

    def emit(context: Context, device: DeviceId, time: datetime, quality: Quality, out: list[Decoded]) -> None:
        for get, say in many:
            for keys, raw in get(context):
                say(keys, raw, device, time, quality, out)

    return emit


def _say_many(rule: Rule) -> Callable[[tuple[str, ...], object, DeviceId, datetime, Quality, list[Decoded]], None]:
    if isinstance(rule, StateRule):
        say_states = compile_states([rule])
        return lambda _, raw, device, time, quality, out: say_states(raw, device, time, quality, out)
    convert, code = compile_number(rule), code_of(rule)

    def say(
        keys: tuple[str, ...], raw: object, device: DeviceId, time: datetime, quality: Quality, out: list[Decoded]
    ) -> None:
        value, found = convert(raw)
        metric = rule.metric.replace("{key}", metric_of(keys[-1])) if keys else rule.metric
        out.append(
            Reading(
                device=device, metric=metric, time=time, value=value, unit=rule.unit, quality=found or quality,
                code=code or keys[-1], relative=rule.relative,
            )
        )  # fmt: skip

    return say


def compile_position(position: Position, endian: Endian) -> Emit:
    """Make the function that says where a device is: two readings in degrees of WGS 84."""
    lon_of, lat_of = compile_place(position.lon, endian), compile_place(position.lat, endian)

    def emit(context: Context, device: DeviceId, time: datetime, quality: Quality, out: list[Decoded]) -> None:
        raw_lon, raw_lat = lon_of(context), lat_of(context)
        if raw_lon is None or raw_lat is None:
            return
        lon, lat = number(raw_lon), number(raw_lat)
        if lon is not None and lat is not None:
            lon, lat = lon * position.lon.scale, lat * position.lat.scale
        if lon is None or lat is None or not _is_on_earth(lon, lat):
            lon, lat, quality = None, None, Quality.MISSING
        else:
            lon, lat = to_wgs84(lon, lat, position.datum)
        for metric, value in (("longitude", lon), ("latitude", lat)):
            out.append(Reading(device=device, metric=metric, time=time, value=value, unit="deg", quality=quality))

    return _guarded(emit, position.when, endian)


def _is_on_earth(lon: float, lat: float) -> bool:
    """Tell a place from a receiver that has none, which says 0, 0 or -1, -1."""
    return abs(lon) <= 180.0 and abs(lat) <= 90.0 and (lon, lat) not in {(0.0, 0.0), (-1.0, -1.0)}  # noqa: PLR2004 -- degrees


def _guarded(emit: Emit, tests: tuple[Test, ...], endian: Endian) -> Emit:
    hold = compile_tests(tests, endian)
    if hold is None:
        return emit

    def emit_when(context: Context, device: DeviceId, time: datetime, quality: Quality, out: list[Decoded]) -> None:
        if hold(context):
            emit(context, device, time, quality, out)

    return emit_when
