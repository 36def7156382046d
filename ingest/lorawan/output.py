"""What a network's own codec made of a payload (`object`, `decoded_payload`): numbers, yes-or-no, and words for them. Pure.

Everybody writes these codecs by hand. A name says the unit where it ends in one (`distance_mm`, `battery_v`) or is a word for
a quantity; otherwise the unit is "", the registered one: it is never guessed. Text that is no number and no known word for a
fact says nothing.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Final

from ingest.lorawan.output_names import LONGEST_NAME, Name, name_of
from ingest.lorawan.output_walk import LEAVES, MORE, PARTS, walk
from ingest.lorawan.output_words import BATTERY_LOW, EVENTS, MISSING, MISSING_BEGIN, NO, PAYLOADS, UNIT_NAMES, YES
from ingest.readings import Decoded, DeviceId, DeviceState, Dropped, Fact, Quality, Reading, Reason, Rejection
from ingest.wire import number

_NESTING: Final = frozenset((dict, list))
_HUGE: Final = 1e300  # a double holds everything below
_MISSING: Final = Quality.MISSING
_VOLTS: Final = ("V", "mV")
_LOW: Final = "(low battery)"  # behind the volts in Netvox's codecs, which all say `Device` and `Volt`
_CHARGED: Final = ("battery", "battery_level")


_AMOUNT: Final = re.compile(r"([+-]?\d+(?:\.\d+)?(?:e-?\d+)?)\s*([^\d\s]{1,12})")
_ENDS_OF_NUMBERS: Final = frozenset("0123456789.")
_FULL: Final = 100.0
_CELL_VOLTS: Final = 5.0  # a battery's fraction below this is a voltage called by the wrong name


def leaves(device: DeviceId, output: Mapping[str, object], time: datetime, quality: Quality) -> list[Decoded]:
    """Read all leaves of an output, 64 of them at most; what is beyond is a rejection, personal names are dropped."""
    items: list[Decoded] = []
    personal: list[str] = []
    smoke = _is_of_smoke(output)
    is_flat = _NESTING.isdisjoint(map(type, output.values()))
    for path, value in islice(output.items(), PARTS) if is_flat else walk(output):
        if value is MORE or len(items) + len(personal) >= LEAVES:
            items.append(
                Rejection(reason=Reason.TOO_LARGE, detail=f"{device}: more than {LEAVES} values in one output")
            )
            break
        name = name_of(path if len(path) <= LONGEST_NAME else path[:LONGEST_NAME])
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


def _leaf(device: DeviceId, name: Name, value: object, time: datetime, quality: Quality) -> Decoded | None:
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


def _state(name: Name, value: object) -> tuple[Fact, bool] | None:
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


def _truth(name: Name, value: object) -> bool | None:
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
