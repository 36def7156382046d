"""Convert numbers between the units devices speak in. Pure: a table, no guessing of what an unknown unit means."""

import math
from dataclasses import dataclass
from functools import cache


class UnknownUnitError(ValueError):
    """A unit that is not in the table."""

    def __init__(self, unit: str) -> None:
        super().__init__(f"unknown unit {unit!r}")
        self.unit = unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit as whole numbers, so that mm to m divides by 1000 and never multiplies by an inexact 0.001.

    A value in the dimension's first unit is `(value + shift) * multiply / divide`.
    """

    dimension: str
    multiply: int = 1
    divide: int = 1
    shift: float = 0.0


# Keys are SenML (RFC 8428, IANA) or UCUM spellings, then what people and devices write instead.
_UNITS: dict[str, Unit] = {
    "m": Unit(dimension="length"),
    "km": Unit(dimension="length", multiply=1000),
    "dm": Unit(dimension="length", divide=10),
    "cm": Unit(dimension="length", divide=100),
    "mm": Unit(dimension="length", divide=1000),
    "[ft_i]": Unit(dimension="length", multiply=3048, divide=10_000),
    "[in_i]": Unit(dimension="length", multiply=254, divide=10_000),
    "Cel": Unit(dimension="temperature"),
    "K": Unit(dimension="temperature", shift=-273.15),
    "[degF]": Unit(dimension="temperature", multiply=5, divide=9, shift=-32.0),
    "m3/s": Unit(dimension="flow"),
    "l/s": Unit(dimension="flow", divide=1000),
    "m3/h": Unit(dimension="flow", divide=3600),
    "[cft_i]/s": Unit(dimension="flow", multiply=28_316_846_592, divide=1_000_000_000_000),
    "m/s": Unit(dimension="speed"),
    "km/h": Unit(dimension="speed", multiply=10, divide=36),
    "[mi_i]/h": Unit(dimension="speed", multiply=44_704, divide=100_000),
    "mm/h": Unit(dimension="rain rate"),
    "[in_i]/h": Unit(dimension="rain rate", multiply=254, divide=10),
    "Pa": Unit(dimension="pressure"),
    "hPa": Unit(dimension="pressure", multiply=100),
    "kPa": Unit(dimension="pressure", multiply=1000),
    "MPa": Unit(dimension="pressure", multiply=1_000_000),
    "bar": Unit(dimension="pressure", multiply=100_000),
    "1": Unit(dimension="ratio"),
    "%": Unit(dimension="ratio", divide=100),
    "ppm": Unit(dimension="ratio", divide=1_000_000),
    "ppb": Unit(dimension="ratio", divide=1_000_000_000),
    "%RH": Unit(dimension="humidity"),
    "%EL": Unit(dimension="charge"),
    "V": Unit(dimension="voltage"),
    "mV": Unit(dimension="voltage", divide=1000),
    "kV": Unit(dimension="voltage", multiply=1000),
    "A": Unit(dimension="current"),
    "mA": Unit(dimension="current", divide=1000),
    "W": Unit(dimension="power"),
    "kW": Unit(dimension="power", multiply=1000),
    "s": Unit(dimension="time"),
    "ms": Unit(dimension="time", divide=1000),
    "min": Unit(dimension="time", multiply=60),
    "h": Unit(dimension="time", multiply=3600),
    "d": Unit(dimension="time", multiply=86_400),
    "lux": Unit(dimension="illuminance"),
    "dB": Unit(dimension="level"),
    "dBm": Unit(dimension="radio level"),
    "deg": Unit(dimension="angle"),
    "[pH]": Unit(dimension="acidity"),
    "pH": Unit(dimension="acidity"),
    "NTU": Unit(dimension="turbidity"),
    "[NTU]": Unit(dimension="turbidity"),
    "S/m": Unit(dimension="conductivity"),
    "mS/cm": Unit(dimension="conductivity", divide=10),
    "uS/cm": Unit(dimension="conductivity", divide=10_000),
    "mg/L": Unit(dimension="mass concentration"),
    "mg/l": Unit(dimension="mass concentration"),
    "ug/L": Unit(dimension="mass concentration", divide=1000),
    "g/m3": Unit(dimension="mass concentration"),
    "mg/m3": Unit(dimension="mass concentration", divide=1000),
    "ug/m3": Unit(dimension="mass concentration", divide=1_000_000),
    # Optical density per metre, 1/m = log10(I0/I) over one metre; dB/m is ten times that (EN 54-7, EN 14604).
    "1/m": Unit(dimension="smoke"),
    "dB/m": Unit(dimension="smoke", divide=10),
}
# Obscuration in per cent of light lost over a stretch, and that stretch in metres: not linear in the density.
_OBSCURATION_M = {"%/m": 1.0, "%/[ft_i]": 0.3048}
_SPELLINGS = {
    "ft": "[ft_i]",
    "in": "[in_i]",
    "inch": "[in_i]",
    "degC": "Cel",
    "°C": "Cel",
    "℃": "Cel",
    "C": "Cel",
    "degF": "[degF]",
    "°F": "[degF]",
    "F": "[degF]",
    "m³/s": "m3/s",
    "L/s": "l/s",
    "cfs": "[cft_i]/s",
    "ft3/s": "[cft_i]/s",
    "mph": "[mi_i]/h",
    "in/h": "[in_i]/h",
    "mbar": "hPa",
    "/": "1",
    "/100": "%",
    "lat": "deg",
    "lon": "deg",
    "[ppm]": "ppm",
    "[ppb]": "ppb",
    "lx": "lux",
    "OD/m": "1/m",
    "/m": "1/m",
    "m-1": "1/m",
    "%/ft": "%/[ft_i]",
    "%obs/m": "%/m",
    "%obs/ft": "%/[ft_i]",
}


def convert(value: float, from_unit: str, to_unit: str) -> float | None:
    """Give `value` in `to_unit`; the same unit gives the same number back, even one that is not in the table.

    Returns:
        None where the two units measure different things (per cent relative humidity is not a ratio).

    Raises:
        UnknownUnitError: a unit is not in the table.
    """
    if from_unit == to_unit:
        return value
    if from_unit in ("%RH", "%EL", "%") and to_unit in ("%RH", "%EL", "%"):
        return value  # firmware writes a plain % for all three; the metric says which of them is meant
    source, target = _spelled(from_unit), _spelled(to_unit)
    if source == target:
        return value
    if _dimension(source) != _dimension(target):
        return None
    return _from_first(_to_first(value, source), target)


def is_linear(from_unit: str, to_unit: str) -> bool:
    """Say whether the conversion is a factor and an offset; obscuration is a power of the optical density.

    Raises:
        UnknownUnitError: a unit is not in the table, and the two differ.
    """
    if from_unit == to_unit:
        return True
    source, target = _spelled(from_unit), _spelled(to_unit)
    return source == target or _OBSCURATION_M.keys().isdisjoint((source, target))


def is_known(unit: str) -> bool:
    """Say whether the table has the unit, under any of its spellings."""
    name = _SPELLINGS.get(unit, unit)
    return name in _UNITS or name in _OBSCURATION_M


@cache
def _spelled(unit: str) -> str:
    name = _SPELLINGS.get(unit, unit)
    if name not in _UNITS and name not in _OBSCURATION_M:
        raise UnknownUnitError(unit)
    return name


def _dimension(name: str) -> str:
    return "smoke" if name in _OBSCURATION_M else _UNITS[name].dimension


def _to_first(value: float, name: str) -> float:
    if name in _OBSCURATION_M:
        # Beer-Lambert; all light lost has no finite density.
        through = 1.0 - value / 100.0
        return -math.log10(through) / _OBSCURATION_M[name] if through > 0.0 else math.inf
    unit = _UNITS[name]
    return (value + unit.shift) * unit.multiply / unit.divide


def _from_first(value: float, name: str) -> float:
    if name in _OBSCURATION_M:
        return 100.0 * (1.0 - math.pow(10.0, -value * _OBSCURATION_M[name]))
    unit = _UNITS[name]
    return value * unit.divide / unit.multiply - unit.shift
