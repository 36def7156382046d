"""From declared rules to functions that say readings and states. Pure; what is not there says nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from geo.datum import to_wgs84
from ingest.declared.model import Endian, Position, ReadingRule, StateRule, Where
from ingest.declared.places import Context, compile_many, compile_place, has_wildcard
from ingest.declared.words import SCALARS, compile_tests, metric_of, set_of, table_of, truth
from ingest.readings import Decoded, DeviceId, DeviceState, Fact, Quality, Reading, Reason, Rejection
from ingest.wire import number

Emit = Callable[[Context, DeviceId, datetime, Quality, list[Decoded]], None]
Converted = tuple[float | None, Quality]
_WHOLE: Final = 1e-9
_MOMENT: Final = timedelta(seconds=1)
_NONE: Final = None, Quality.MISSING


def code_of(rule: ReadingRule | StateRule) -> str:
    """Give the maker's own name of a value: what the file says, or the last key of its path."""
    if rule.code or not rule.path:
        return rule.code
    return next((step for step in reversed(rule.path) if step not in ("*", "$")), "")


def compile_reading(rule: ReadingRule, endian: Endian) -> Emit:
    """Make the function that says a number as readings."""
    if has_wildcard(rule.path):
        return _guarded(_many_readings(rule), rule, endian)
    get, convert, code = compile_place(rule, endian), compile_number(rule), code_of(rule)
    metric, unit, relative = rule.metric, rule.unit, rule.relative

    def emit(context: Context, device: DeviceId, time: datetime, quality: Quality, out: list[Decoded]) -> None:
        raw = get(context)
        if raw is not None:
            value, found = convert(raw)
            out.append(
                Reading(
                    device=device, metric=metric, time=time, value=value, unit=unit, code=code, relative=relative,
                    quality=found or quality,
                )
            )  # fmt: skip

    return _guarded(emit, rule, endian)


def _many_readings(rule: ReadingRule) -> Emit:
    assert rule.path is not None
    get, convert, code = compile_many(rule.path), compile_number(rule), code_of(rule)

    def emit(context: Context, device: DeviceId, time: datetime, quality: Quality, out: list[Decoded]) -> None:
        for keys, raw in get(context):
            value, found = convert(raw)
            metric = rule.metric.replace("{key}", metric_of(keys[-1])) if keys else rule.metric
            out.append(
                Reading(
                    device=device, metric=metric, time=time, value=value, unit=rule.unit, relative=rule.relative,
                    code=code or keys[-1], quality=found or quality,
                )
            )  # fmt: skip

    return emit


def _guarded(emit: Emit, rule: ReadingRule | StateRule | Position, endian: Endian) -> Emit:
    hold = compile_tests(rule.when, endian)
    if hold is None:
        return emit

    def emit_when(context: Context, device: DeviceId, time: datetime, quality: Quality, out: list[Decoded]) -> None:
        if hold(context):
            emit(context, device, time, quality, out)

    return emit_when


def compile_number(rule: ReadingRule) -> Callable[[object], Converted]:
    """Make the function that converts a raw value; its quality is GOOD (which is 0) where nothing is to be said of it."""
    scale = _scaling(rule.scale, rule.offset)
    missing, values = set_of(rule.missing), table_of(rule.values)
    low = float("-inf") if rule.low is None else rule.low
    high = float("inf") if rule.high is None else rule.high
    is_plain = not missing and not values and rule.low is None and rule.high is None

    def convert(raw: object) -> Converted:
        if not is_plain and type(raw) in SCALARS:
            if raw in missing:
                return _NONE
            if raw in values:
                return values[raw], Quality.GOOD
        value = number(raw)
        if value is None:
            return _NONE
        value = scale(value)
        return value, Quality.GOOD if low <= value <= high else Quality.IMPLAUSIBLE

    return convert


def _scaling(scale: float, offset: float) -> Callable[[float], float]:
    """Multiply, then add. A tenth is a division by ten: 257 tenths are 25.7, and 257 * 0.1 is not."""
    divisor = round(1 / scale)
    if abs(divisor) > 1 and abs(divisor * scale - 1) < _WHOLE:
        return lambda value: value / divisor + offset
    if scale == 1.0 and not offset:
        return lambda value: value
    return lambda value: value * scale + offset


def compile_state(rule: StateRule, endian: Endian) -> Emit:
    """Make the function that says a value as facts."""
    read, code, momentary = _facts_of(rule), code_of(rule), rule.momentary
    get_many = compile_many(rule.path) if rule.path is not None and has_wildcard(rule.path) else None
    get = compile_place(rule, endian)

    def say(raw: object, device: DeviceId, time: datetime, quality: Quality, out: list[Decoded]) -> None:
        facts = read(raw)
        if facts is None:
            out.append(Rejection(reason=Reason.MALFORMED, detail=f"neither true nor false: {code or rule.at}"))
            return
        for fact, active in facts:
            out.append(DeviceState(device=device, fact=fact, active=active, time=time, quality=quality, code=code))
            if active and momentary:  # a report of something done, that nothing later takes back
                over = time + _MOMENT
                out.append(DeviceState(device=device, fact=fact, active=False, time=over, quality=quality, code=code))

    def emit(context: Context, device: DeviceId, time: datetime, quality: Quality, out: list[Decoded]) -> None:
        if get_many is not None:
            for _, raw in get_many(context):
                say(raw, device, time, quality, out)
        elif (raw := get(context)) is not None:
            say(raw, device, time, quality, out)

    return _guarded(emit, rule, endian)


def _facts_of(rule: StateRule) -> Callable[[object], list[tuple[Fact, bool]] | None]:
    # A fact of several bits is so while one of them says it: each bit is first turned to be 1 where it says it.
    masks: dict[Fact, int] = {}
    for bit, fact in rule.alarm_bits.items():
        masks[fact] = masks.get(fact, 0) | 1 << bit
    turned = sum(1 << bit for bit in rule.inverted_bits)
    if rule.bit is not None and rule.fact is not None:
        masks, turned = {rule.fact: 1 << rule.bit}, (1 << rule.bit if rule.inverted else 0)
    if masks:

        def by_bits(raw: object) -> list[tuple[Fact, bool]] | None:
            value = number(raw)
            if value is None or value < 0:
                return None
            word = int(value) ^ turned
            return [(fact, bool(word & mask)) for fact, mask in masks.items()]

        return by_bits
    assert rule.fact is not None
    return _by_words(rule, rule.fact)


def _by_words(rule: StateRule, fact: Fact) -> Callable[[object], list[tuple[Fact, bool]] | None]:
    others = False if rule.clear == ("others",) else True if rule.active == ("others",) else None
    known = dict.fromkeys(rule.active, True) | dict.fromkeys(rule.clear, False)
    table: dict[object, bool] = table_of({word: active for word, active in known.items() if word != "others"})

    def by_words(raw: object) -> list[tuple[Fact, bool]] | None:
        if type(raw) not in SCALARS:
            return None
        active = table.get(raw, others)
        return [] if active is None else [(fact, active)]

    def by_truth(raw: object) -> list[tuple[Fact, bool]] | None:
        active = truth(raw)
        return None if active is None else [(fact, active is not rule.inverted)]

    return by_words if known else by_truth


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

    return _guarded(emit, position, endian)


def _is_on_earth(lon: float, lat: float) -> bool:
    """Tell a place from a receiver that has none, which says 0, 0 or -1, -1."""
    return abs(lon) <= 180.0 and abs(lat) <= 90.0 and (lon, lat) not in {(0.0, 0.0), (-1.0, -1.0)}  # noqa: PLR2004 -- degrees


def is_somewhere(where: Where) -> bool:
    """Tell whether a place is declared at all."""
    return any(given is not None for given in (where.path, where.at, where.topic, where.key, where.text))
