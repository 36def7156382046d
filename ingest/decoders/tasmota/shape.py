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

from ingest.readings import Fact
from ingest.usual_names import metric_of
from ingest.wire import TEXT_KEPT, text

_SHAPES_KEPT: Final = 512
_LONGEST_KEPT: Final = 2048
"""Bytes of a message whose shape is kept: it has at most 350 keys, so all that is kept stays below 50 MB."""

_BLUETOOTH: Final = re.compile(r"[\w-]{1,32}-[0-9a-fA-F]{6}")
_WITH_MAC: Final = re.compile(r"[\w-]{1,32}[0-9a-f]{6}")  # of a device that tells its `mac`
_MACS: Final = frozenset({"mac", "MAC"})
_PART_FACTS: Final = {
    "Flooding": Fact.WATER, "Leak": Fact.WATER, "Door": Fact.OPEN, "Motion": Fact.MOTION, "PIR": Fact.MOTION,
}  # fmt: skip
"""What Bluetooth devices say by 1 and 0; a door is open by 1."""
ADDRESS_DIGITS: Final = 6
_RANGING: Final = re.compile(r"(?:VL53L[01]X|TOF10120)(?:[-_]\d{1,2})?")
_NUMBERED: Final = re.compile(r"([A-Za-z]+?)\d{1,2}")  # Temperature2: of the second converter
_GAS: Final = re.compile(r"MQ\d{1,3}_\d{1,2}")
_DISTANCE: Final = "Distance"
_PRESSURES: Final = {"hPa": 1.0, "mbar": 1.0, "mmHg": 1.33322387415, "inHg": 33.86388640341, "kPa": 10.0}
_SPEEDS: Final = {
    "m/s": ("m/s", 1.0), "km/h": ("km/h", 1.0), "mph": ("[mi_i]/h", 1.0), "kn": ("m/s", 1852 / 3600),
    "ft/s": ("m/s", 0.3048), "yd/s": ("m/s", 0.9144),
}  # fmt: skip
_NOT_SAID: Final = ("", 1.0)
_TEMPERATURE, _PRESSURE, _SPEED = "TempUnit", "PressureUnit", "SpeedUnit"
_ENERGY: Final = "ENERGY"
_NO_READING: Final = frozenset({"Time", "Epoch", "TotalStartTime"})
_BRIDGE: Final = ("Zb", "Mtr", "IBEACON")  # Zigbee, Matter and tags somebody carries, which are not the board's sensors
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

_OTHER_UNITS: Final = {
    "Voltage": "V", "Current": "A", "Power": "W", "Frequency": "Hz", "Energy": "kWh", "ApparentPower": "VA",
    "ReactivePower": "var", "CurrentNeutral": "A", "PhaseAngle": "deg", "ImportActive": "kWh", "ExportActive": "kWh",
    "CF1": "ug/m3", "CF2.5": "ug/m3", "CF10": "ug/m3", "Ambient": "lux", "Weight": "kg",
}  # fmt: skip
"""Units of what has no name of ours."""
_OF_SENSOR: Final = {
    "AS3935": {"Distance": "km"},  # of lightning
    "RG-15": {"Active": "mm", "Event": "mm", "Total": "mm", "FlowRate": "mm/h"},
    "MLX90614": {"OBJTMP": _TEMPERATURE, "AMBTMP": _TEMPERATURE},
}  # fmt: skip
"""Units of what has its sensor's name in front."""
_OF_WIND: Final = {"Speed": _SPEED, "Dir": "deg"}

Quantity = tuple[str, str, str, float, str]
"""Key, metric, unit, by what the number is multiplied to be in it, code. The metric is "" where none can be made of the key."""


class Units(NamedTuple):
    """The units a message says it is in: of temperatures, by how much its pressures become hPa, of speeds and by how much."""

    temperature: str
    to_hpa: float
    speed: tuple[str, float]


Sensor = tuple[str, str, tuple[Quantity, ...]]
"""An object of a message, or "" the message: its key, the Bluetooth device it is ("" for the board's own), what it measures."""


class Shape(Struct, frozen=True, kw_only=True):
    """What a message of such keys tells: the keys of its switches, its sensors in their order, those that range by laser, facts.

    A fact is the Bluetooth device that states it ("" where the message is it), its key, and the fact.
    """

    switches: tuple[str, ...]
    sensors: tuple[Sensor, ...]
    ranges: tuple[tuple[str, Quantity], ...]
    facts: tuple[tuple[str, str, Fact], ...]
    units: Units


def shape_of(message: Mapping[str, object], length: int) -> Shape:
    """Tell what a message of `length` bytes means."""
    pressure, speed = message.get(_PRESSURE), message.get(_SPEED)
    temperature = "[degF]" if message.get(_TEMPERATURE) == "F" else "Cel"
    to_hpa = _PRESSURES.get(pressure, 1.0) if isinstance(pressure, str) else 1.0
    keys: list[str | tuple[str, ...]] = []
    for key, value in message.items():
        keys.append((key, *value) if type(value) is dict else key)
    make = _shape if length <= _LONGEST_KEPT else _shape.__wrapped__
    return make(tuple(keys), temperature, to_hpa, speed if isinstance(speed, str) else "")


@lru_cache(maxsize=_SHAPES_KEPT)
def _shape(keys: tuple[str | tuple[str, ...], ...], temperature: str, to_hpa: float, speed: str) -> Shape:
    units = Units(temperature, to_hpa, _SPEEDS.get(speed, _NOT_SAID))
    objects = [one for one in keys if isinstance(one, tuple) and one[0] and not one[0].startswith(_BRIDGE)]
    plain = ("", *(one for one in keys if isinstance(one, str) and one in _KNOWN))
    if len(plain) > 1:  # a board, or one of its scripts, that names no sensor
        objects.insert(0, plain)
    often = Counter(key for name, *inner in objects if not _is_part(name, inner) for key in inner)
    repeated = {key for key, count in often.items() if count > 1}
    return Shape(
        switches=tuple(key for one in keys if _is_switch(key := one if isinstance(one, str) else one[0])),
        sensors=tuple(_sensor(name, inner, repeated, units) for name, *inner in objects),
        ranges=tuple(
            (name, quantity(name, f"{name}." if _DISTANCE in repeated else "", _DISTANCE, units))
            for name, *inner in objects
            if _DISTANCE in inner and _RANGING.fullmatch(name)
        ),
        facts=tuple(
            (name, key, _PART_FACTS[key])
            for name, *inner in (*objects, ("", *(one for one in keys if isinstance(one, str))))
            if not _MACS.isdisjoint(inner) or _is_part(name, inner)
            for key in inner
            if key in _PART_FACTS
        ),
        units=units,
    )


def is_reading(key: str) -> bool:
    """Tell whether something measured may stand at `key`."""
    return key not in _NO_READING


def _is_switch(key: str) -> bool:
    return key.startswith(("POWER", "Switch")) and len(key) <= _SWITCH_LONGEST


def is_bluetooth(name: str) -> bool:
    """Tell whether a name is of a Bluetooth device: its kind, and half of its address."""
    return _BLUETOOTH.fullmatch(name) is not None or _WITH_MAC.fullmatch(name) is not None


def _is_part(name: str, keys: Sequence[str]) -> bool:
    return _BLUETOOTH.fullmatch(name) is not None or (name != "" and not _MACS.isdisjoint(keys))


def _sensor(name: str, keys: Sequence[str], repeated: AbstractSet[str], units: Units) -> Sensor:
    """Give what a sensor measures; what several of the board measure, and what has no name of ours, is told apart by its name."""
    is_part = _is_part(name, keys)
    is_plain = is_part or name in (_ENERGY, "")
    own, of_sensor = f"{name[:TEXT_KEPT]}.", _OF_SENSOR.get(name, {})
    is_ranging = _RANGING.fullmatch(name) is not None
    quantities = tuple(
        quantity(
            name,
            "" if is_plain or (key in _KNOWN and key not in repeated and key not in of_sensor) else own,
            key,
            units,
        )
        for key in keys
        if is_reading(key) and not (is_ranging and key == _DISTANCE) and not (is_part and key in _PART_FACTS)
    )
    return name, name if is_part else "", quantities


def quantity(sensor: str, front: str, key: str, units: Units) -> Quantity:
    """Name what a sensor tells at `key`; `front` stands before the metric."""
    known = (_OF_ENERGY if sensor == _ENERGY else _KNOWN).get(key)
    metric, unit = known or (key[:TEXT_KEPT], _unit_of(key))
    if front or known is None:
        metric = metric_of(front + metric)
    unit = _OF_SENSOR.get(sensor, {}).get(key, unit)
    if "." in sensor and units.speed is not _NOT_SAID:
        unit = _OF_WIND.get(sensor.rpartition(".")[2], unit)
    code = text(f"{sensor[:TEXT_KEPT]}.{key[:TEXT_KEPT]}" if sensor else key[:TEXT_KEPT])
    if unit == _PRESSURE:
        return key, metric, "hPa", units.to_hpa, code
    if unit == _SPEED:
        return key, metric, *units.speed, code
    return key, metric, units.temperature if unit == _TEMPERATURE else unit, 1.0, code


def _unit_of(key: str) -> str:
    """Give the unit of a quantity that has no name of ours: one of several converters, or a temperature of some kind."""
    if key in _OTHER_UNITS:
        return _OTHER_UNITS[key]
    if key.endswith("Temperature"):
        return _TEMPERATURE
    if numbered := _NUMBERED.fullmatch(key[:TEXT_KEPT]):
        return "pH" if numbered[1] == "pH" else _KNOWN.get(numbered[1], ("", ""))[1]
    return "ppm" if _GAS.fullmatch(key) else ""
