"""What one report of a Zigbee device says: facts, quantities and when they were seen. Pure."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Final

from ingest.decoders.zigbee2mqtt.properties import CLEAR, COUNTERS, FACTS, INVERTED, QUANTITIES, WORDS, WORDS_OF
from ingest.instants import settle, settle_instant
from ingest.readings import Decoded, DeviceId, DeviceState, Fact, Quality, Reading, Reason, Rejection
from ingest.wire import number

_MILLIVOLTS_FROM: Final = 1000.0
"""No radio runs on a cell below one volt, and no mains reaches a thousand: above are millivolts, below are volts."""
_KILOPASCALS_BELOW: Final = 200.0
"""Of the air on no mountain are there less hectopascals, and nowhere that many kilopascals. Makers write either."""
_GUESSED: Final = frozenset({"voltage", "pressure"})
_OF_A_PIPE: Final = frozenset({"bar", "Bar", "psi"})
"""Who measures the water in a pipe tells it in these beside; the pressure is in kilopascals then."""
_MILLISECONDS_FROM: Final = 1e11  # as seconds this were the year 5138
_LONGEST_KEPT: Final = 2048  # bytes of a report whose keys are remembered; 1,024 of them are 2 MB
_GOOD, _MISSING = Quality.GOOD, Quality.MISSING
_UNCERTAIN, _UNCERTAIN_TIME = Quality.UNCERTAIN, Quality.UNCERTAIN_TIME


def read_report(device: DeviceId, report: Mapping[str, object], length: int, received: datetime) -> list[Decoded]:
    """Tell what a report of so many bytes says, received at `received` (aware UTC)."""
    said: list[Decoded] = []
    unreadable: list[str] = []
    time, quality = _seen(report["last_seen"], received) if "last_seen" in report else (received, _GOOD)
    known = _known if length <= _LONGEST_KEPT else _known.__wrapped__
    facts, quantities = known(tuple(report))
    for fact, plain, keys in facts:
        if plain and isinstance(value := report[plain], bool):
            key, active = plain, value
        elif (told := _told(report, keys, unreadable)) is None:
            continue
        else:
            key, active = told
        said.append(DeviceState(device=device, fact=fact, active=active, time=time, quality=quality, code=key))
    for key, metric, unit, low, high in quantities:
        if (raw := report[key]) is None:
            continue
        amount = raw if type(raw) is float or type(raw) is int else number(raw)
        told_as = quality
        if amount is None or not low <= amount <= high:
            amount, told_as = None, _MISSING
        elif key in _GUESSED:
            amount, told_as = _guessed(key, amount, report, quality)
        else:
            amount = float(amount)
        said.append(
            Reading(device=device, metric=metric, time=time, value=amount, unit=unit, quality=told_as, code=key)
        )
    if unreadable:
        said.append(Rejection(reason=Reason.MALFORMED, detail=f"neither true nor false: {', '.join(unreadable)}"))
    return said


def _told(report: Mapping[str, object], keys: tuple[str, ...], unreadable: list[str]) -> tuple[str, bool] | None:
    """Tell whether a fact holds by the properties that say so: the first that says yes, otherwise the first that says no."""
    told = None
    for key in keys:
        value = report[key]
        active = value if isinstance(value, bool) else _truth(key, value)
        if active is None:
            if value is not None and key in CLEAR:
                unreadable.append(key)
            continue
        if active is not (key in INVERTED):
            return key, True
        told = told or (key, False)
    return told


@lru_cache(maxsize=1024)
def _known(
    keys: tuple[str, ...],
) -> tuple[list[tuple[Fact, str, tuple[str, ...]]], list[tuple[str, str, str, float, float]]]:
    """Choose what we know of a report's keys, in our order. A device reports the same few keys again and again.

    Of a fact also the one key that says it as it is, "" where there are several or it says the contrary.
    """
    there = frozenset(keys)
    facts: dict[Fact, tuple[str, ...]] = {}
    for key, fact in FACTS.items():
        if key in there and not (key == "alarm" and "smoke" in there):  # beside smoke it is a switch, too
            facts[fact] = (*facts.get(fact, ()), key)
    return [
        (fact, told_by[0] if len(told_by) == 1 and told_by[0] not in INVERTED else "", told_by)
        for fact, told_by in facts.items()
    ], [(key, *limits) for key, limits in QUANTITIES.items() if key in there]


def _guessed(key: str, value: float, report: Mapping[str, object], quality: Quality) -> tuple[float, Quality]:
    """Read a voltage or a pressure, whose unit is not on the wire; volts are a guess."""
    if key == "voltage":
        return (value / 1000.0, quality) if value >= _MILLIVOLTS_FROM else (float(value), max(quality, _UNCERTAIN))
    is_kilo = value < _KILOPASCALS_BELOW or not _OF_A_PIPE.isdisjoint(report)
    return value * 10.0 if is_kilo else float(value), quality


def _truth(key: str, value: object) -> bool | None:
    if isinstance(value, int | float) and value in (0, 1):
        return None if key in COUNTERS else bool(value)
    return WORDS_OF.get(key, WORDS).get(value.strip().lower()) if isinstance(value, str) else None


def _seen(value: object, received: datetime) -> tuple[datetime, Quality]:
    """Read `last_seen`: ISO 8601 with a zone, or epoch milliseconds; ours where there is none.

    What is there and cannot be read, or has no zone, is a clock that was never set.
    """
    if value is None:
        return received, _GOOD
    # `2024-` is no number; to learn it from a failed conversion costs more than the rest.
    stamp = None if isinstance(value, str) and value[4:5] == "-" else number(value)
    if stamp is not None:
        return settle(stamp / 1000.0, received) if stamp >= _MILLISECONDS_FROM else (received, _UNCERTAIN_TIME)
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        return received, _UNCERTAIN_TIME
    return settle_instant(moment, received)
