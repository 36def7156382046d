"""What a network's own codec made of a payload (`object`, `decoded_payload`): numbers, yes-or-no, and words for them. Pure.

Everybody writes these codecs by hand. A name says the unit where it ends in one (`distance_mm`, `battery_v`) or is a word for
a quantity; otherwise the unit is "", the registered one: it is never guessed. Text that is no number and no known word for a
fact says nothing.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import Final

from msgspec import Struct

from ingest import usual_names
from ingest.lorawan.output_words import (
    BATTERY_LOW,
    CHARGES,
    DURATIONS,
    EVENTS,
    FACTS,
    METRICS,
    MISSING,
    MISSING_BEGIN,
    NAMES_OF_MEASURES,
    NO,
    PAYLOADS,
    QUANTITIES,
    SENSECAP,
    STATES,
    UNIT_NAMES,
    UNITS,
    WORDS,
    YES,
)
from ingest.readings import (
    Decoded,
    DeviceId,
    DeviceState,
    Dropped,
    Fact,
    Quality,
    Reading,
    Reason,
    Rejection,
)
from ingest.wire import number

LEAVES: Final = 64  # as many metrics as the registry keeps of one device
DEEPEST: Final = 6
PARTS: Final = 4 * LEAVES
"""Leaves and what they nest in, and texts that say nothing: no codec makes more of 242 bytes."""
_MORE: Final = object()
_NESTING: Final = frozenset((dict, list))
_HUGE: Final = 1e300  # a double holds everything below
_MISSING: Final = Quality.MISSING
_VOLTS: Final = ("V", "mV")
_MAY_BE_OTHERWISE: Final = ("battery", "bat")  # the number may be a charge or a voltage
_LOW: Final = "(low battery)"  # behind the volts in Netvox's codecs, which all say `Device` and `Volt`
_CHARGED: Final = ("battery", "battery_level")
NAMES_KEPT: Final = 8192
LONGEST_NAME: Final = 100

_AMOUNT: Final = re.compile(r"([+-]?\d+(?:\.\d+)?(?:e-?\d+)?)\s*([^\d\s]{1,12})")
_ENDS_OF_NUMBERS: Final = frozenset("0123456789.")
_DIGITS: Final = "0123456789"
_OF_ALARMS: Final = frozenset(("alarm", "alarms"))
_WITHIN: Final = _OF_ALARMS | {"status", "state", "states", "flags"}
"""What holds states: `alarm_fire`, or `fire` in an `alarm`."""
_OF_PARTS: Final = frozenset(
    (Fact.FIRE, Fact.WATER, Fact.GAS_ALARM, Fact.HEAT, Fact.TAMPER, Fact.OPEN, Fact.BATTERY_LOW)
)
_SKIPPED: Final = frozenset(("history", "datalog", "events"))
_ALONE: Final = frozenset(("value", "unit", "units", "displayName"))
_FULL: Final = 100.0
_CELL_VOLTS: Final = 5.0  # a battery's fraction below this is a voltage called by the wrong name


class _Name(Struct, frozen=True):
    """What a leaf's name leads to."""

    metric: str
    unit: str = ""
    fact: Fact | None = None
    is_personal: bool = False
    is_skipped: bool = False
    codes: Mapping[str, bool] = {}
    is_inverted: bool = False
    is_measured: bool = False  # a number is a value in `unit`, whatever it is
    is_amount: bool = False  # a number states no fact: `flood.value` is how wet the sensor is, in per cent


def leaves(device: DeviceId, output: Mapping[str, object], time: datetime, quality: Quality) -> list[Decoded]:
    """Read all leaves of an output, 64 of them at most; what is beyond is a rejection, personal names are dropped."""
    items: list[Decoded] = []
    personal: list[str] = []
    smoke = _is_of_smoke(output)
    is_flat = _NESTING.isdisjoint(map(type, output.values()))
    for path, value in islice(output.items(), PARTS) if is_flat else _walk(output):
        if value is _MORE or len(items) + len(personal) >= LEAVES:
            items.append(
                Rejection(reason=Reason.TOO_LARGE, detail=f"{device}: more than {LEAVES} values in one output")
            )
            break
        name = _name(path if len(path) <= LONGEST_NAME else path[:LONGEST_NAME])
        if name.is_measured and (type(value) is float or type(value) is int) and -_HUGE < value < _HUGE:
            metric = name.metric  # nearly all are numbers
            items.append(
                Reading(
                    device=device,
                    metric=metric,
                    time=time,
                    value=float(value),
                    unit=name.unit,
                    quality=quality,
                    code=metric,
                )
            )
        elif name.is_personal:
            personal.append(name.metric or "?")
        elif not name.is_skipped and (said := _leaf(device, name, value, time, quality)) is not None:
            items.append(_as_fire(said) if smoke else said)
    if personal:
        items.append(Dropped(fields=tuple(personal)))
    if "Volt" in output and "Device" in output:
        items.extend(_of_volts(device, output["Volt"], time, quality))
    return _agreed(items)


def _of_volts(device: DeviceId, volts: object, time: datetime, quality: Quality) -> Iterator[DeviceState]:
    """Tell whether the battery is low as Netvox's codecs do."""
    is_low = isinstance(volts, str) and volts.endswith(_LOW)
    if is_low or isinstance(volts, int | float):
        yield DeviceState(device=device, fact=Fact.BATTERY_LOW, active=is_low, time=time, quality=quality, code="volt")


def _agreed(items: list[Decoded]) -> list[Decoded]:
    """Leave out the all-clear of a part where another part of the same message says the fact is so."""
    true = {item.fact for item in items if type(item) is DeviceState and item.active}
    if not true:
        return items
    return [item for item in items if type(item) is not DeviceState or item.active or item.fact not in true]


def _walk(output: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Give the leaves with their paths, in order; what nests deeper than `DEEPEST` is left out, `_MORE` ends too many parts."""
    left = PARTS - 1  # the output itself is one
    named: set[str] = set()
    within: list[tuple[str, Iterator[tuple[str, object]]]] = [("", iter(output.items()))]
    while within:
        path, parts = within[-1]
        for key, value in parts:
            left -= 1
            if left < 0:
                yield "", _MORE
                return
            if key == "bytes" and isinstance(value, list):
                continue  # the payload again
            name = f"{path}_{key[:LONGEST_NAME]}" if path else key
            if key == "bytes" and isinstance(value, dict):
                name = path  # Adeunis's codecs have all their output in it
            if isinstance(value, dict) and (measure := _measure(name, value)) is not None and measure[0] not in named:
                named.add(measure[0])
                yield measure
                continue
            inner = value.items() if isinstance(value, dict) else _numbered(value) if isinstance(value, list) else None
            if inner is None:
                yield name, value
            elif len(within) < DEEPEST:
                within.append((name, iter(inner)))
                break
        else:
            within.pop()


def _measure(path: str, part: Mapping[str, object]) -> tuple[str, object] | None:
    """Read `{"value": 21.5, "unit": "°C"}`, and a measure that stands in a list with its name; None for anything else."""
    kind = part.get("type")
    if kind == "upload_battery" and isinstance(charge := part.get("battery"), int | float):
        return "battery", charge
    for key, names in NAMES_OF_MEASURES.items():
        value = part.get(key)
        if value is None or isinstance(value, dict | list):
            continue
        unit = part.get("unit", part.get("units"))
        if isinstance(unit, str) and not isinstance(value, bool | str) and unit.strip().lower() in UNIT_NAMES:
            value = f"{value} {unit.strip()}"
        if kind == "report_telemetry":
            number_of_it = str(part.get("measurementId"))
            return SENSECAP.get(number_of_it, f"measurement_{number_of_it[:LONGEST_NAME]}"), value
        for name in names:
            if isinstance(found := part.get(name), str) and found:
                return found, value
        return (path, value) if len(part) > 1 and part.keys() <= _ALONE else None
    return None


def _numbered(values: list[object]) -> Iterator[tuple[str, object]]:
    return ((str(at), each) for at, each in enumerate(values, 1))


def _leaf(device: DeviceId, name: _Name, value: object, time: datetime, quality: Quality) -> Decoded | None:
    if value is None:
        return None
    if (state := _state(name, value)) is not None:
        fact, active = state
        return DeviceState(device=device, fact=fact, active=active, time=time, quality=quality, code=name.metric)
    amount: float | None
    unit = name.unit
    if isinstance(value, bool):
        amount, unit = float(value), "1"
    elif isinstance(value, str):
        found = None if name.metric in PAYLOADS else _amount(value, unit)
        if found is None:
            return None
        amount, unit = found
    else:
        amount = number(value)
    metric = name.metric
    if metric == "battery" and unit in _VOLTS:
        metric = "battery_v"
    elif metric == "battery" and amount is not None and not _is_charge(amount):
        metric, unit = "battery_raw", "1"
    elif metric == "bat" and amount is not None and amount > _CELL_VOLTS:
        unit = ""  # a charge in per cent, or the volts of something larger
    return Reading(
        device=device,
        metric=metric,
        time=time,
        value=amount,
        unit=unit,
        quality=_MISSING if amount is None else quality,
        code=metric,
    )


def _state(name: _Name, value: object) -> tuple[Fact, bool] | None:
    """Tell which fact a leaf states: that of its name, or that of a word it says."""
    if name.fact is not None and (active := _truth(name, value)) is not None:
        return name.fact, active is not name.is_inverted
    if not isinstance(value, str) or len(value) > LONGEST_NAME:
        return None
    if name.metric in _CHARGED and (is_low := BATTERY_LOW.get(value.strip().lower())) is not None:
        return Fact.BATTERY_LOW, is_low
    if name.metric == "event":
        return next(((EVENTS[event], True) for event in value.split(",") if event in EVENTS), None)
    return None


def _truth(name: _Name, value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        if name.is_amount or name.metric == "position":
            return None  # of a valve, in per cent; of a sensor it is a word
        return bool(value) if value in (0, 1) else name.codes.get(str(value))
    if not isinstance(value, str) or name.fact is None:
        return None
    word = value.strip().lower()
    if word in name.codes:
        return name.codes[word]
    return True if word in YES or word == "1" else False if word in NO or word == "0" else None


def _amount(value: str, unit: str) -> tuple[float | None, str] | None:
    """Read text of a number, of a number with its unit, or of "no value"; None for any other text."""
    word = value.strip().lower().removesuffix(_LOW)
    if word[-1:] in _ENDS_OF_NUMBERS and (plain := number(word)) is not None:
        return plain, unit
    if word in MISSING or word.startswith(MISSING_BEGIN):
        return None, unit
    if len(word) > LONGEST_NAME:
        return None
    found = _AMOUNT.fullmatch(word)
    spelled = UNIT_NAMES.get(found[2]) if found is not None else None
    if found is None or spelled is None:
        return None
    is_ours = (spelled == "%" and unit.startswith("%")) or unit == "%RH"  # Nexelec's codec says a humidity is in °C
    return number(found[1]), unit if is_ours else spelled


def _is_charge(amount: float) -> bool:
    return 0.0 <= amount <= _FULL and (amount.is_integer() or amount > _CELL_VOLTS)


def _is_of_smoke(output: Mapping[str, object]) -> bool:
    kind = output.get("type") or output.get("sensor_type") or output.get("Device")
    return isinstance(kind, str) and ("smoke" in kind.lower() or "fire" in kind.lower())


def _as_fire(said: Decoded) -> Decoded:
    """Take the alarm of what calls itself a smoke sensor for what it is."""
    if isinstance(said, DeviceState) and said.fact is Fact.OTHER:
        return DeviceState(
            device=said.device, fact=Fact.FIRE, active=said.active, time=said.time, quality=said.quality, code=said.code
        )
    return said


@lru_cache(maxsize=NAMES_KEPT)
def _name(path: str) -> _Name:
    metric = usual_names.metric_name(path)
    words = metric.split("_")
    key = usual_names.spelled(path)
    if not metric or not _SKIPPED.isdisjoint(words):
        return _Name(metric, is_skipped=True)
    if metric in ("rssi", "snr"):
        return _measured(f"payload_{metric}", "dBm" if metric == "rssi" else "dB")
    if key in FACTS:
        return _Name(metric, fact=FACTS[key], codes=WORDS.get(key, {}))
    if metric in CHARGES:
        return _measured("battery", "%EL")
    if words[-1] in UNITS and (words[-1] != "min" or not DURATIONS.isdisjoint(words)):
        return _measured(METRICS.get(metric, metric), UNITS[words[-1]])
    return _known(path, metric, words)


def _known(path: str, metric: str, words: list[str]) -> _Name:
    match usual_names.meaning(path):
        case usual_names.Personal():
            return _Name(metric, is_personal=True)
        case usual_names.Ignored():
            return _Name(metric, is_skipped=True)
        case usual_names.Flag() as flag:
            return _Name(metric, fact=flag.fact, codes=flag.codes, is_inverted=flag.is_inverted)
        case usual_names.Quantity() as quantity if quantity.unit:
            return _measured(quantity.metric, quantity.unit)
        case _:
            pass
    if (part := _of_part(words)) is not None:
        return _Name(metric, fact=part, is_amount=words[-1] == "value" and _OF_ALARMS.isdisjoint(words))
    unit = "" if words[-1] in STATES else next((QUANTITIES[word] for word in words if word in QUANTITIES), "")
    if unit == "Cel" and words[-1] == "f":
        unit = "[degF]"
    elif unit == "V" and words[-1] == "level":
        unit = ""
    return _measured(METRICS.get(metric, metric), unit)


def _of_part(words: list[str]) -> Fact | None:
    """Tell which fact one of several parts states, as in `water_leak_2`, `alarm_fire` or `flood_alarm_value`."""
    rest = words[:-1] if words[-1] == "value" else [*words[:-1], words[-1].rstrip(_DIGITS)]
    within = rest[0] if rest and rest[0] in _WITHIN else ""
    key = "".join(rest[1:] if within else rest)
    if not key or key == "".join(words):
        return None
    if (fact := FACTS.get(key)) is None:
        flag = usual_names.meaning(key)
        if not isinstance(flag, usual_names.Flag):
            return None
        # `water_2` may be an amount, and heat that is on no alarm, where nothing says that it is one.
        if flag.is_amount and within not in _OF_ALARMS and (not within or flag.fact is Fact.HEAT):
            return None
        fact = flag.fact
    if fact is Fact.OPEN and words[-1] == "value":
        return None  # of a Sensative door, true is closed in some messages
    return fact if fact in _OF_PARTS else None


def _measured(metric: str, unit: str) -> _Name:
    return _Name(metric, unit, is_measured=metric not in _MAY_BE_OTHERWISE)
