"""The analogue quantities of GB/T 26875.3 (table of type 3). Pure table."""

from functools import cache

from msgspec import Struct


class Quantity(Struct, frozen=True, kw_only=True, gc=False):
    """A metric, its unit and how many of the wire's counts make one of it."""

    metric: str
    unit: str
    counts_per_unit: int


_QUANTITIES = {
    1: Quantity(metric="events", unit="1", counts_per_unit=1),
    2: Quantity(metric="height", unit="m", counts_per_unit=100),
    3: Quantity(metric="temperature", unit="Cel", counts_per_unit=10),
    4: Quantity(metric="pressure", unit="MPa", counts_per_unit=10),
    5: Quantity(metric="pressure", unit="kPa", counts_per_unit=10),
    6: Quantity(metric="gas", unit="%LEL", counts_per_unit=10),
    7: Quantity(metric="duration", unit="s", counts_per_unit=1),
    8: Quantity(metric="voltage", unit="V", counts_per_unit=10),
    9: Quantity(metric="current", unit="A", counts_per_unit=10),
    10: Quantity(metric="flow", unit="L/s", counts_per_unit=10),
    11: Quantity(metric="air_flow", unit="m3/min", counts_per_unit=10),
    12: Quantity(metric="wind_speed", unit="m/s", counts_per_unit=1),
}
_TEMPERATURE = 3
_EXTREMES = (-0x8000, 0x7FFF)


@cache
def quantity(kind: int) -> Quantity:
    """Name the quantity of type byte `kind`; a reserved or a maker's one keeps its bare number."""
    return _QUANTITIES.get(kind) or Quantity(metric=f"analogue_{kind}", unit="1", counts_per_unit=1)


def value_of(kind: int, raw: bytes) -> float | None:
    """Read the two bytes of a value (signed, little-endian) into the quantity's unit.

    None for the extremes, and for FFFF where the quantity cannot be negative: both are "no value" in the field.
    """
    counts = int.from_bytes(raw, "little", signed=True)
    if counts in _EXTREMES or (counts == -1 and kind in _QUANTITIES and kind != _TEMPERATURE):
        return None
    return counts / quantity(kind).counts_per_unit
