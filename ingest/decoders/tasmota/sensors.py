"""The sensors of a Tasmota board's `SENSOR` message: what is measured, in which unit, under which name. Pure."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from ingest.usual_names import metric_of
from ingest.wire import number, text

_BLUETOOTH: Final = re.compile(r"[\w-]{1,32}-[0-9a-fA-F]{6}")
_PRESSURES: Final = {"hPa": 1.0, "mbar": 1.0, "mmHg": 1.33322387415, "inHg": 33.86388640341, "kPa": 10.0}
_TEMPERATURE, _PRESSURE = "TempUnit", "PressureUnit"
_ENERGY: Final = "ENERGY"
_NO_READING: Final = frozenset({"Time", "Epoch", "TotalStartTime"})
_DEEPEST: Final = 4

_KNOWN: Final = {
    "Temperature": ("temperature", _TEMPERATURE), "DewPoint": ("dew_point", _TEMPERATURE),
    "Humidity": ("humidity", "%RH"), "Pressure": ("pressure", _PRESSURE), "SeaPressure": ("sea_pressure", _PRESSURE),
    "Illuminance": ("illuminance", "lux"), "Distance": ("distance", "cm"), "CarbonDioxide": ("co2", "ppm"),
    "eCO2": ("eco2", "ppm"), "TVOC": ("tvoc", "ppb"), "PM1": ("pm1", "ug/m3"), "PM2.5": ("pm2.5", "ug/m3"),
    "PM10": ("pm10", "ug/m3"), "Battery": ("battery", "%EL"), "RSSI": ("rssi", "dBm"), "A0": ("a0", "1"),
    "Moisture": ("moisture", "%"), "Flow": ("flow", ""), "Speed": ("speed", ""),
}  # fmt: skip
_OF_ENERGY: Final = {
    "Total": ("energy_total", "kWh"), "Today": ("energy_today", "kWh"), "Yesterday": ("energy_yesterday", "kWh"),
    "Power": ("power", "W"), "ApparentPower": ("apparent_power", "VA"), "ReactivePower": ("reactive_power", "var"),
    "Factor": ("power_factor", "1"), "Voltage": ("voltage", "V"), "Current": ("current", "A"),
    "Frequency": ("frequency", "Hz"), "Period": ("energy_period", "Wh"),
}  # fmt: skip


class Units(msgspec.Struct, frozen=True, kw_only=True):
    """The units a message says it is in: temperatures, and by how much its pressures become hPa."""

    temperature: str = "Cel"
    to_hpa: float = 1.0

    @classmethod
    def of(cls, message: Mapping[str, object]) -> "Units":
        """Read `TempUnit` and `PressureUnit`; without them, Celsius and hPa."""
        pressure = message.get(_PRESSURE)
        return cls(
            temperature="[degF]" if message.get(_TEMPERATURE) == "F" else "Cel",
            to_hpa=_PRESSURES.get(pressure, 1.0) if isinstance(pressure, str) else 1.0,
        )


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One value. `part` is the Bluetooth device it is of, empty for the board's own; `is_first` of that device."""

    metric: str
    value: float | None
    unit: str
    code: str
    part: str = ""
    is_first: bool = False


def sensors(message: Mapping[str, object], units: Units) -> Iterator[Found]:
    """Give every number of every sensor; null is a sensor that could not be read.

    A quantity that several sensors of the board measure is told apart by the sensor's name in front: `ds18b20_1.temperature`.
    """
    groups = [(name, group) for name, group in message.items() if isinstance(group, dict) and not name.startswith("Zb")]
    own = [(name, group) for name, group in groups if not _BLUETOOTH.fullmatch(name)]
    often = Counter(key for _, group in own for key in group)
    for name, group in groups:
        part = "" if not _BLUETOOTH.fullmatch(name) else text(name)
        is_first = True
        for key, value in group.items():
            prefix = f"{name}." if not part and (often[key] > 1 or key not in _KNOWN) and name != _ENERGY else ""
            for metric, raw, unit, code in _values(name, prefix, key, value, depth=1):
                measured = number(raw)
                if measured is None and raw is not None:
                    continue  # text: versions, names, start times
                if not metric:
                    continue
                if unit == _TEMPERATURE:
                    unit = units.temperature  # noqa: PLW2901 -- the unit that is meant
                elif unit == _PRESSURE:
                    unit, measured = "hPa", None if measured is None else measured * units.to_hpa  # noqa: PLW2901
                yield Found(metric=metric, value=measured, unit=unit, code=code, part=part, is_first=is_first)
                is_first = False


def _values(sensor: str, prefix: str, key: str, value: object, *, depth: int) -> Iterator[tuple[str, object, str, str]]:
    """Give (metric, raw value, unit, code): lists are channels, objects are sensors in sensors."""
    if key in _NO_READING or isinstance(value, str | bool):
        return
    code = text(f"{sensor}.{key}")
    if isinstance(value, dict):
        if depth < _DEEPEST:
            for inner, told in value.items():
                yield from _values(code, f"{prefix or sensor + '.'}{key}.", inner, told, depth=depth + 1)
        return
    known = _OF_ENERGY.get(key) if sensor == _ENERGY else _KNOWN.get(key)
    metric, unit = known or (key, "")
    metric = metric_of(f"{prefix}{metric}") if prefix or known is None else metric
    if isinstance(value, list):
        for i, inner in enumerate(value[:16], 1):
            if isinstance(inner, int | float) and not isinstance(inner, bool):
                yield f"{metric[:37]}_{i}", inner, unit, code
        return
    yield metric, value, unit, code
