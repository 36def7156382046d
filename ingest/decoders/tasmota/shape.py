"""What the keys of a Tasmota message mean: metrics, units, switches. Pure.

A board's messages are of few shapes: the same sensors with the same quantities, again and again. What a shape means is worked out
once and kept; then only its values are read.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import Final, NamedTuple

from msgspec import Struct

from ingest.usual_names import metric_of
from ingest.wire import TEXT_KEPT, text

_SHAPES_KEPT: Final = 512
_LONGEST_KEPT: Final = 2048
"""Bytes of a message whose shape is kept: it has at most 350 keys, so all that is kept stays below 50 MB."""

_BLUETOOTH: Final = re.compile(r"[\w-]{1,32}-[0-9a-fA-F]{6}")
_PRESSURES: Final = {"hPa": 1.0, "mbar": 1.0, "mmHg": 1.33322387415, "inHg": 33.86388640341, "kPa": 10.0}
_TEMPERATURE, _PRESSURE = "TempUnit", "PressureUnit"
_ENERGY: Final = "ENERGY"
_NO_READING: Final = frozenset({"Time", "Epoch", "TotalStartTime"})
_BRIDGE: Final = "Zb"  # objects of Zigbee, which are not the board's sensors
_SWITCH_LONGEST: Final = len("SwitchNNN")

_KNOWN: Final = {
    "Temperature": ("temperature", _TEMPERATURE), "DewPoint": ("dew_point", _TEMPERATURE),
    "Humidity": ("humidity", "%RH"), "Pressure": ("pressure", _PRESSURE), "SeaPressure": ("sea_pressure", _PRESSURE),
    "Illuminance": ("illuminance", "lux"), "Distance": ("distance", "cm"), "CarbonDioxide": ("co2", "ppm"),
    "eCO2": ("eco2", "ppm"), "TVOC": ("tvoc", "ppb"), "PM1": ("pm1", "ug/m3"), "PM2.5": ("pm2_5", "ug/m3"),
    "PM10": ("pm10", "ug/m3"), "Battery": ("battery", "%EL"), "RSSI": ("rssi", "dBm"), "A0": ("a0", "1"),
    "Moisture": ("moisture", "%"), "Flow": ("flow", ""), "Speed": ("speed", ""),
}  # fmt: skip
_OF_ENERGY: Final = {
    "Total": ("energy_total", "kWh"), "Today": ("energy_today", "kWh"), "Yesterday": ("energy_yesterday", "kWh"),
    "Power": ("power", "W"), "ApparentPower": ("apparent_power", "VA"), "ReactivePower": ("reactive_power", "var"),
    "Factor": ("power_factor", "1"), "Voltage": ("voltage", "V"), "Current": ("current", "A"),
    "Frequency": ("frequency", "Hz"), "Period": ("energy_period", "Wh"),
}  # fmt: skip

Quantity = tuple[str, str, str, float, str]
"""Key, metric, unit, by what the number is multiplied to be in it, code. The metric is "" where none can be made of the key."""


class Units(NamedTuple):
    """The units a message says it is in: of temperatures, and by how much its pressures become hPa."""

    temperature: str
    to_hpa: float


Sensor = tuple[str, str, tuple[Quantity, ...]]
"""An object of a message: its key, the Bluetooth device it is ("" for the board's own), what it measures."""


class Shape(Struct, frozen=True, kw_only=True):
    """What a message of such keys tells: the keys of its switches, and its sensors in their order."""

    switches: tuple[str, ...]
    sensors: tuple[Sensor, ...]
    units: Units


def shape_of(message: Mapping[str, object], length: int) -> Shape:
    """Tell what a message of `length` bytes means."""
    pressure = message.get(_PRESSURE)
    temperature = "[degF]" if message.get(_TEMPERATURE) == "F" else "Cel"
    to_hpa = _PRESSURES.get(pressure, 1.0) if isinstance(pressure, str) else 1.0
    keys: list[str | tuple[str, ...]] = []
    for key, value in message.items():
        keys.append((key, *value) if type(value) is dict else key)
    make = _shape if length <= _LONGEST_KEPT else _shape.__wrapped__
    return make(tuple(keys), temperature, to_hpa)


@lru_cache(maxsize=_SHAPES_KEPT)
def _shape(keys: tuple[str | tuple[str, ...], ...], temperature: str, to_hpa: float) -> Shape:
    objects = [one for one in keys if isinstance(one, tuple)]
    often = Counter(
        key for name, *inner in objects if not _is_part(name) and not name.startswith(_BRIDGE) for key in inner
    )
    repeated = {key for key, count in often.items() if count > 1}
    units = Units(temperature, to_hpa)
    return Shape(
        switches=tuple(key for one in keys if _is_switch(key := one if isinstance(one, str) else one[0])),
        sensors=tuple(
            _sensor(name, inner, repeated, units) for name, *inner in objects if not name.startswith(_BRIDGE)
        ),
        units=units,
    )


def is_reading(key: str) -> bool:
    """Tell whether something measured may stand at `key`."""
    return key not in _NO_READING


def _is_switch(key: str) -> bool:
    return key.startswith(("POWER", "Switch")) and len(key) <= _SWITCH_LONGEST


def _sensor(name: str, keys: Sequence[str], repeated: AbstractSet[str], units: Units) -> Sensor:
    """Give what a sensor measures; what several of the board measure, and what has no name of ours, is told apart by its name."""
    is_part = _is_part(name)
    is_plain = is_part or name == _ENERGY
    own = f"{name[:TEXT_KEPT]}."
    quantities = tuple(
        quantity(name, "" if is_plain or (key in _KNOWN and key not in repeated) else own, key, units)
        for key in keys
        if is_reading(key)
    )
    return name, name if is_part else "", quantities


def _is_part(name: str) -> bool:
    return _BLUETOOTH.fullmatch(name) is not None


def quantity(sensor: str, front: str, key: str, units: Units) -> Quantity:
    """Name what a sensor tells at `key`; `front` stands before the metric."""
    known = (_OF_ENERGY if sensor == _ENERGY else _KNOWN).get(key)
    metric, unit = known or (key[:TEXT_KEPT], "")
    if front or known is None:
        metric = metric_of(front + metric)
    code = text(f"{sensor[:TEXT_KEPT]}.{key[:TEXT_KEPT]}")
    if unit == _PRESSURE:
        return key, metric, "hPa", units.to_hpa, code
    return key, metric, units.temperature if unit == _TEMPERATURE else unit, 1.0, code
