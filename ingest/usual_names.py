"""What makers' free field names usually mean, for formats that have names of everybody's own. Pure: a table.

A name that is not here is a metric of its own under its own name; nothing is guessed from its number.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from ingest.readings import Fact

_KEPT: Final = 16_384  # names; each at most 60 characters, so 2 MB
_NAME_LENGTH: Final = 40  # of a metric's name (ingest.registry.METRIC_NAME)
_LOOKED_AT: Final = 60
_HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[0-9])(?=[A-Z][a-z])")
_OTHER: Final = re.compile(r"[^a-z0-9.]+")

_FACTS: Final[Mapping[str, Fact]] = {
    **dict.fromkeys(("fire", "fire_alarm", "fire_detected", "smoke_alarm", "smoke_detected", "flame"), Fact.FIRE),
    **dict.fromkeys(("tamper", "tampered", "tamper_alarm", "tampering", "removed"), Fact.TAMPER),
    **dict.fromkeys(
        ("battery_low", "low_battery", "battery_alarm", "battery_low_alarm", "low_power"), Fact.BATTERY_LOW
    ),
    **dict.fromkeys(("test", "self_test", "test_alarm", "test_mode"), Fact.TEST),
    **dict.fromkeys(("fault", "failure", "trouble", "malfunction", "sensor_fault", "fault_alarm"), Fact.FAULT),
    **dict.fromkeys(
        ("water_leak", "leak", "leakage", "leak_alarm", "water_alarm", "immersion", "flooded", "water_detected"),
        Fact.WATER,
    ),
    **dict.fromkeys(("gas_alarm", "gas_leak", "gas_detected", "co_alarm", "carbon_monoxide"), Fact.GAS_ALARM),
    **dict.fromkeys(("heat_alarm", "overheat", "overheating", "high_temperature_alarm"), Fact.HEAT),
    **dict.fromkeys(
        ("mains_lost", "power_failure", "power_lost", "mains_failure", "ac_lost", "power_off"), Fact.MAINS_LOST
    ),
    **dict.fromkeys(("motion", "motion_detected", "pir", "occupancy", "presence"), Fact.MOTION),
    **dict.fromkeys(("door_open", "open", "opened", "lid_open", "box_open", "cover_open"), Fact.OPEN),
    **dict.fromkeys(("silenced", "muted", "mute", "silence"), Fact.SILENCED),
    **dict.fromkeys(("level_alarm", "water_level_alarm", "high_level", "level_high"), Fact.LEVEL_HIGH),
    "offline": Fact.OFFLINE,
}
_FACTS_IF_TRUTH: Final[Mapping[str, Fact]] = {
    "smoke": Fact.FIRE,
    "gas": Fact.GAS_ALARM,
    "water": Fact.WATER,
    "flood": Fact.WATER,
    "moisture": Fact.WATER,
    "heat": Fact.HEAT,
    "battery": Fact.BATTERY_LOW,
}
"""Names of an alarm where the value is true or false; with a number they are what is measured."""
_TRUTHS: Final[Mapping[object, bool]] = {
    "true": True, "on": True, "yes": True, "alarm": True, "active": True, "open": True,
    "false": False, "off": False, "no": False, "normal": False, "inactive": False, "closed": False, "ok": False,
}  # fmt: skip


def truth(value: object) -> bool | None:
    """Take true or false, or a word of it (`"on"`, `"alarm"`, `"normal"`); None for anything else, numbers included."""
    if isinstance(value, bool):
        return value
    return _TRUTHS.get(value.strip().lower()) if isinstance(value, str) and len(value) < _LOOKED_AT else None


def fact_of(name: str, value: object) -> tuple[Fact, bool] | None:
    """Tell which fact a field states, and whether it is so; None where it states none. `name` is a metric's name."""
    leaf = name.rpartition(".")[2]
    fact = _FACTS.get(leaf)
    stated = truth(value)
    if stated is None and fact is not None and isinstance(value, int | float | str) and value in {0, 1, "0", "1"}:
        stated = value in {1, "1"}
    if stated is None:
        return None
    fact = fact or _FACTS_IF_TRUTH.get(leaf)
    return None if fact is None else (fact, stated)


def metric_of(name: str) -> str:
    """Make a metric's name of a maker's: `Inputs/Air Temp` is `inputs.air_temp`, `tempOut` is `temp_out`; "" of nothing."""
    return _metric(name[:_LOOKED_AT])


@lru_cache(maxsize=_KEPT)
def _metric(name: str) -> str:
    spaced = _HUMP.sub("_", name).lower().replace("/", ".")
    clean = _OTHER.sub("_", spaced).strip("_.")
    if clean and not clean[0].isalpha():
        clean = f"m_{clean}"
    return clean[:_NAME_LENGTH].rstrip("_.")
