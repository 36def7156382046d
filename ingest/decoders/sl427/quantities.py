"""What the type code of a report measures, and how its bytes are read (SL/T 427-2021 7.3.22, SZY 206). Pure tables and readers.

Numbers are BCD, low byte first. AA and FF filling, and what is no BCD, is no value.
"""

from collections.abc import Callable
from typing import Final

from msgspec import Struct

Value = tuple[str, float | None, str]
"""Metric, value and unit."""


class Part(Struct, frozen=True, gc=False):
    """One number of `size` bytes, `scale` counts to the unit; `is_signed`: the highest digit F is a minus."""

    metric: str
    unit: str
    size: int
    scale: int
    is_signed: bool = False


class Quantity(Struct, frozen=True, gc=False):
    """What one instrument says, in `size` bytes; a report holds one after the other."""

    size: int
    read: Callable[[bytes], list[Value]]
    is_level: bool = False  # above the station's own base
    is_single: bool = False  # a report holds one of it


def _of(*parts: Part, is_level: bool = False, is_single: bool = False) -> Quantity:
    def read(data: bytes) -> list[Value]:
        values: list[Value] = []
        at = 0
        for part in parts:
            raw = data[at : at + part.size]
            values.append((part.metric, _number(raw, part.scale, is_signed=part.is_signed), part.unit))
            at += part.size
        return values

    return Quantity(sum(part.size for part in parts), read, is_level, is_single)


def _number(raw: bytes, scale: int, *, is_signed: bool = False) -> float | None:
    digits = raw[::-1].hex()
    is_negative = is_signed and digits[0] == "f"
    if is_negative:
        digits = digits[1:]
    if not digits.isdecimal():
        return None
    return -int(digits) / scale if is_negative else int(digits) / scale


def _flow(raw: bytes) -> Value:
    """Read a flow (table 35): the highest four bits are sign and unit."""
    is_negative, is_hourly = raw[4] >> 6 == 3, raw[4] >> 4 & 3 == 3  # noqa: PLR2004 -- both bits
    digits = raw[::-1].hex()[1:]
    if not digits.isdecimal():
        return "flow", None, "m3/s"
    value = int(digits) / 1_000
    return "flow", -value if is_negative else value, "m3/h" if is_hourly else "m3/s"


def _flow_and_volume(data: bytes) -> list[Value]:
    """Read a flow and the water that has passed so far (table 36)."""
    is_number = data[9] < 0x80  # SZY 206 has a sign there: no gauge of ours counts backwards  # noqa: PLR2004
    return [_flow(data[:5]), ("water_volume", _number(data[5:], 1) if is_number else None, "m3")]


def _wind(data: bytes) -> list[Value]:
    """Read speed and, in the highest digit, direction (table 40)."""
    digits = data[::-1].hex()
    is_number = digits.isdecimal()
    return [
        ("wind_speed", int(digits[1:]) / 100 if is_number else None, "m/s"),
        ("wind_direction", float(digits[0]) if is_number else None, "1"),
    ]


def _weather(data: bytes) -> list[Value]:
    return [*_PRESSURE_OF_AIR.read(data[:3]), *_wind(data[3:6]), *_TEMPERATURE.read(data[6:])]


def _soil(data: bytes) -> list[Value]:
    """Read moisture and the depth it was measured in (table 42)."""
    depth = _number(data[2:], 1)
    metric = "soil_moisture" if depth is None else f"soil_moisture_{depth:.0f}cm"
    return [(metric, _number(data[:2], 10), "%")]


_PRESSURE_OF_AIR: Final = _of(Part("air_pressure", "hPa", 3, 1))
_TEMPERATURE: Final = _of(Part("temperature", "Cel", 2, 10, is_signed=True))
FLOW_ALONE: Final = Quantity(5, lambda data: [_flow(data)])
"""Of stations that leave the water out, where the standard wants it filled with AA."""

QUANTITIES: Final = {
    1: _of(Part("rain", "mm", 3, 10), is_single=True),
    2: _of(Part("stage", "m", 4, 1_000, is_signed=True), is_level=True),
    3: Quantity(10, _flow_and_volume),
    4: _of(Part("velocity", "m/s", 3, 1_000, is_signed=True)),
    5: _of(Part("gate_opening", "m", 3, 100)),
    6: _of(Part("power", "kW", 3, 1)),
    7: Quantity(8, _weather, is_single=True),
    8: _of(Part("energy_total", "kWh", 4, 100)),
    9: _of(Part("water_temperature", "Cel", 2, 10)),
    11: Quantity(4, _soil),
    12: _of(Part("evaporation", "mm", 3, 10)),
    13: _of(Part("voltage", "V", 2, 100)),
    15: _of(Part("pressure", "kPa", 4, 100)),
}
"""By the type code of SL/T 427-2021. Water quality (10) is missing: its decimals could not be verified."""

OLDER: Final = QUANTITIES | {
    7: _PRESSURE_OF_AIR,
    8: Quantity(3, _wind),
    11: _of(Part("soil_moisture", "%", 2, 10)),
    15: Quantity(4, lambda _data: []),
}
"""By the type code of SZY 206. Of its pressure the size is known, its decimals could not be verified."""


def is_test_rain(data: bytes) -> bool:
    """Tell whether rain of a span (table 54) is the rain of a test: 11B."""
    return data[0] >= 0xC0  # noqa: PLR2004


def _rain_of_span(data: bytes) -> list[Value]:
    """Read rain of a span: the unit of the span and its length stand before the rain."""
    unit, length = data[0] >> 6, data[0] & 0x3F
    spans = (f"{5 * length}min", f"{length}h", f"{length}d", "test")
    return [(f"rain_{spans[unit]}", _number(data[1:], 10), "mm")]


RAIN_OF_SPAN: Final = Quantity(4, _rain_of_span, is_single=True)
"""Type code 14 of a report a station sends by itself; in an answer it is another thing."""
