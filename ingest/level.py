"""The level of water under a sensor that measures down to it. Pure. Refuses what is no distance."""

from msgspec.structs import replace

from ingest.readings import Reading
from ingest.units import UnknownUnitError, convert

DISTANCE = "distance"
LEVEL = "stage"


def under(reading: Reading, mounting_height_m: float) -> Reading | None:
    """Give the level that a `distance` means under a sensor that hangs `mounting_height_m` above the station's zero.

    It is relative to that zero: the registry adds the station's datum. A distance without a value is a level without one; one
    in a unit nobody knows is None.
    """
    if reading.value is None:
        return replace(reading, metric=LEVEL, unit="m", relative=True)
    try:
        metres = convert(reading.value, reading.unit, "m")
    except UnknownUnitError:
        return None
    if metres is None:
        return None
    return replace(reading, metric=LEVEL, value=round(mounting_height_m - metres, 6), unit="m", relative=True)
