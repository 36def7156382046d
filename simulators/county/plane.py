"""A county's own flat metres and how they become WGS 84 degrees. Pure.

The map is linear in each axis, so what touches in metres touches in degrees: no gap opens by projecting.
"""

from math import cos, radians

import numpy as np
from numpy.typing import NDArray

LON_0, LAT_0 = 118.95, 28.35  # hills of the south-east, well inside the box in which GCJ-02 is defined
METRES_PER_DEGREE = 111_320.0
_LON_SCALE = METRES_PER_DEGREE * cos(radians(LAT_0))
DECIMALS = 7  # 1 cm

Points = NDArray[np.float64]  # shape (n, 2)


def to_degrees(metres: Points) -> Points:
    """Turn metres east and north of the middle, shape (n, 2), into lon, lat rounded to a centimetre."""
    degrees = np.asarray(metres, dtype=np.float64) / (_LON_SCALE, METRES_PER_DEGREE) + (LON_0, LAT_0)
    return np.round(degrees, DECIMALS)


def to_metres(degrees: Points) -> Points:
    """Turn lon, lat, shape (n, 2), into metres east and north of the middle."""
    return (np.asarray(degrees, dtype=np.float64) - (LON_0, LAT_0)) * (_LON_SCALE, METRES_PER_DEGREE)
