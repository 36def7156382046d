"""What a resource of LwM2M / IPSO objects means: `3303_0_5700` is a temperature. Pure tables.

Object ids 3200-3350 are IPSO's, as the OMA LwM2M registry lists them; 0-7 are LwM2M's own.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from msgspec import Struct

from ingest.readings import Fact


class Resource(Struct, frozen=True):
    """One resource: a metric with unit, factor and closed range, or a fact."""

    metric: str
    unit: str = ""
    factor: float = 1.0
    low: float = -1e300
    high: float = 1e300
    fact: Fact | None = None


# object: metric of its resource 5700 and its unit; "" is the registered one, where the object leaves it open
_OBJECTS: Final = {
    3200: ("digital_input", "1"), 3201: ("digital_output", "1"), 3202: ("analogue_input", ""), 3203: ("analogue_output", ""),
    3300: ("sensor_value", ""), 3301: ("illuminance", "lux"), 3303: ("temperature", "Cel"), 3304: ("humidity", "%RH"),
    3305: ("power", "W"), 3310: ("load_control", ""), 3315: ("air_pressure", ""), 3316: ("voltage", "V"),
    3317: ("current", "A"), 3318: ("frequency", "Hz"), 3319: ("depth", "m"), 3320: ("percentage", "%"), 3321: ("altitude", "m"),
    3322: ("load", "kg"), 3323: ("pressure", ""), 3324: ("loudness", "dB"), 3325: ("concentration", ""),
    3326: ("acidity", "pH"), 3327: ("conductivity", "S/m"), 3328: ("power", "W"), 3329: ("power_factor", "1"),
    3330: ("distance", "m"), 3331: ("energy", "Wh"), 3332: ("direction", "deg"), 3346: ("rate", ""),
}  # fmt: skip
_STATES: Final = {
    (3200, 5500): Resource("digital_input", "1"),
    (3201, 5550): Resource("digital_output", "1"),
    (3302, 5500): Resource("motion", fact=Fact.MOTION),
    (3342, 5500): Resource("switch", "1"),
    (3347, 5500): Resource("button", "1"),
    (3348, 5547): Resource("selector", "1"),
    (3305, 5800): Resource("power", "W"),
    (3305, 5805): Resource("energy", "Wh"),
    (3336, 5513): Resource("latitude", "deg", low=-90.0, high=90.0),
    (3336, 5514): Resource("longitude", "deg", low=-180.0, high=180.0),
    (6, 0): Resource("latitude", "deg", low=-90.0, high=90.0),
    (6, 1): Resource("longitude", "deg", low=-180.0, high=180.0),
    (3, 7): Resource("voltage", "V", factor=0.001, low=0.0),
    (3, 9): Resource("battery", "%EL", low=0.0, high=100.0),
    (4, 2): Resource("rsrp", "dBm", low=-200.0, high=0.0),
    (4, 3): Resource("link_quality", "1"),
    (4, 8): Resource("cell_id", "1", low=0.0),
}
_VALUE, _LEAST, _MOST, _SET_POINT = 5700, 5601, 5602, 5900
_SUFFIXES: Final = {_VALUE: "", _LEAST: "_min", _MOST: "_max", _SET_POINT: "_set_point"}
_NUMBERS: Final = 3
_LONGEST: Final = 40  # characters; three numbers and what stands between


def resource(stream: str) -> Resource | None:
    """Give what a stream `object_instance_resource` means, None for a stream of another name.

    A second instance of an object is a metric of its own, `temperature_1`. What is in no table is named by its numbers.
    """
    return _resource(stream) if len(stream) <= _LONGEST else None


@lru_cache(maxsize=4096)
def _resource(stream: str) -> Resource | None:
    bare = stream.replace("/", "_").strip("_")
    if bare in _ERROR_CODES:
        return ERROR_CODE
    if bare in _BATTERY_STATUSES:
        return BATTERY_STATUS
    numbers = bare.split("_")
    if len(numbers) != _NUMBERS or not all(n.isascii() and n.isdecimal() and len(n) < 6 for n in numbers):  # noqa: PLR2004
        return None
    kind, instance, item = map(int, numbers)
    found = _STATES.get((kind, item))
    if found is None:
        metric, unit = _OBJECTS.get(kind, ("", ""))
        name = metric + _SUFFIXES[item] if metric and item in _SUFFIXES else f"object_{kind}_{item}"
        found = Resource(name, unit if name.startswith(metric) and metric else "")
    if instance and found.fact is None:
        return Resource(f"{found.metric}_{instance}", found.unit, found.factor, found.low, found.high)
    return found


def is_numbered(stream: str) -> bool:
    """Tell whether a name is numbers of LwM2M; others begin with a letter."""
    return stream[:1].isdecimal() and resource(stream) is not None


ERROR_CODE: Final = Resource("error_code")
"""Resource 3/0/11 of the device object: not a number to keep, but what `ERRORS` says."""
_ERROR_CODES: Final = ("3_0_11", "3_0_11_0")
BATTERY_STATUS: Final = Resource("object_3_20")
"""Resource 3/0/20 of the device object: what `BATTERY_LOW` says, or a number of its own."""
_BATTERY_STATUSES: Final = ("3_0_20", "3_0_20_0")
BATTERY_LOW: Final[Mapping[float | None, bool]] = {0: False, 1: False, 2: False, 4: True}
"""Normal, charging and full are not low; damaged, not there and unknown say nothing of it."""
ERRORS: Final = {1: Fact.BATTERY_LOW, 2: Fact.MAINS_LOST}
"""Low battery, external supply gone; 3-8 are faults of parts, 0 is none of them."""
