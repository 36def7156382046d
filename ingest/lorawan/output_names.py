"""What the names in a codec's output lead to: a metric and its unit, a fact, or nothing that is kept. Pure."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from msgspec import Struct

from ingest import usual_names
from ingest.lorawan.output_words import CHARGES, DURATIONS, FACTS, METRICS, QUANTITIES, STATES, UNITS, WORDS
from ingest.readings import Fact

NAMES_KEPT: Final = 8192
LONGEST_NAME: Final = 100
_MAY_BE_OTHERWISE: Final = ("battery", "bat")  # the number may be a charge or a voltage
_DIGITS: Final = "0123456789"
_OF_ALARMS: Final = frozenset(("alarm", "alarms"))
_WITHIN: Final = _OF_ALARMS | {"status", "state", "states", "flags"}
"""What holds states: `alarm_fire`, or `fire` in an `alarm`."""
_OF_PARTS: Final = frozenset(
    (Fact.FIRE, Fact.WATER, Fact.GAS_ALARM, Fact.HEAT, Fact.TAMPER, Fact.OPEN, Fact.BATTERY_LOW)
)
_SKIPPED: Final = frozenset(("history", "datalog", "events"))


class Name(Struct, frozen=True):
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


@lru_cache(maxsize=NAMES_KEPT)
def name_of(path: str) -> Name:
    """Tell what a leaf is by its path, its names joined by `_`."""
    metric = usual_names.metric_name(path)
    words = metric.split("_")
    key = usual_names.spelled(path)
    if not metric or not _SKIPPED.isdisjoint(words):
        return Name(metric, is_skipped=True)
    if metric in ("rssi", "snr"):
        return _measured(f"payload_{metric}", "dBm" if metric == "rssi" else "dB")
    if key in FACTS:
        return Name(metric, fact=FACTS[key], codes=WORDS.get(key, {}))
    if metric in CHARGES:
        return _measured("battery", "%EL")
    if words[-1] in UNITS and (words[-1] != "min" or not DURATIONS.isdisjoint(words)):
        return _measured(METRICS.get(metric, metric), UNITS[words[-1]])
    return _known(path, metric, words)


def _known(path: str, metric: str, words: list[str]) -> Name:
    match usual_names.meaning(path):
        case usual_names.Personal():
            return Name(metric, is_personal=True)
        case usual_names.Ignored():
            return Name(metric, is_skipped=True)
        case usual_names.Flag() as flag:
            return Name(metric, fact=flag.fact, codes=flag.codes, is_inverted=flag.is_inverted)
        case usual_names.Quantity() as quantity if quantity.unit:
            return _measured(quantity.metric, quantity.unit)
        case _:
            pass
    if (part := _of_part(words)) is not None:
        return Name(metric, fact=part, is_amount=words[-1] == "value" and _OF_ALARMS.isdisjoint(words))
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


def _measured(metric: str, unit: str) -> Name:
    return Name(metric, unit, is_measured=metric not in _MAY_BE_OTHERWISE)
