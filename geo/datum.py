"""Turns declared coordinates into WGS 84 and back. Pure. Refuses to guess a datum: the caller declares it.

China's public maps show shifted coordinates. GCJ-02 (AMap, Tencent) moves a point by 100-700 m with a smooth
function of the place; BD-09 (Baidu) turns GCJ-02 a little further. Both shift only inside a box round China, and
leave the rest of the world alone. CGCS2000 (Tianditu, surveyors) is WGS 84 to a few centimetres and is taken as it is.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import assert_never, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

Degrees = NDArray[np.float64]

# The ellipsoid of the GCJ-02 shift (Krasovsky 1940): semi-major axis in metres, first eccentricity squared.
_AXIS_M = 6_378_245.0
_ECCENTRICITY_2 = 0.00669342162296594323
_CHINA_LON = (72.004, 137.8347)
_CHINA_LAT = (0.8293, 55.8271)
# BD-09: a polar wobble of GCJ-02 round the origin of the degrees, then a constant push.
_BAIDU_TURN = np.pi * 3000.0 / 180.0
_BAIDU_LON, _BAIDU_LAT = 0.0065, 0.006
# Each round of the inverse shrinks the error at least 40-fold from under 0.02 degrees, so 10 reach the last bits.
_ROUNDS = 10


class Datum(StrEnum):
    """What coordinates were declared in. Stored values: changing one is a migration."""

    WGS84 = "wgs84"
    CGCS2000 = "cgcs2000"
    GCJ02 = "gcj02"
    BD09 = "bd09"


_Change = Callable[[Degrees, Degrees, Datum], tuple[Degrees, Degrees]]


@overload
def to_wgs84(lon: float, lat: float, datum: Datum) -> tuple[float, float]: ...
@overload
def to_wgs84(lon: Degrees, lat: Degrees, datum: Datum) -> tuple[Degrees, Degrees]: ...
def to_wgs84(lon: float | Degrees, lat: float | Degrees, datum: Datum) -> tuple[float, float] | tuple[Degrees, Degrees]:
    """Convert degrees declared in `datum` to WGS 84 degrees, longitude first.

    The exact inverse of `from_wgs84`, to better than 1e-9 degrees (0.1 mm). A point that lies outside China's box
    as declared comes back unchanged, so within 1 km of that box's edge (at sea or abroad) there is no round trip.
    Scalars give floats, arrays of one shape give arrays of that shape; NaN stays NaN.
    """
    return _apply(_invert, lon, lat, datum)


@overload
def from_wgs84(lon: float, lat: float, datum: Datum) -> tuple[float, float]: ...
@overload
def from_wgs84(lon: Degrees, lat: Degrees, datum: Datum) -> tuple[Degrees, Degrees]: ...
def from_wgs84(
    lon: float | Degrees, lat: float | Degrees, datum: Datum
) -> tuple[float, float] | tuple[Degrees, Degrees]:
    """Convert WGS 84 degrees to degrees of `datum`, longitude first; unchanged outside China's box."""
    return _apply(_shift, lon, lat, datum)


def gcj02_to_bd09(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """Convert GCJ-02 degrees to BD-09 degrees by the published formula, with no box."""
    x, y = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    radius = np.hypot(x, y) + 2e-5 * np.sin(y * _BAIDU_TURN)
    angle = np.arctan2(y, x) + 3e-6 * np.cos(x * _BAIDU_TURN)
    return radius * np.cos(angle) + _BAIDU_LON, radius * np.sin(angle) + _BAIDU_LAT


def bd09_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """Convert BD-09 degrees to GCJ-02 degrees by the published formula, with no box.

    The published formula is not quite the inverse of its fellow: it is up to 2e-6 degrees (0.2 m) off.
    `to_wgs84` begins here and corrects that.
    """
    x, y = np.asarray(lon, np.float64) - _BAIDU_LON, np.asarray(lat, np.float64) - _BAIDU_LAT
    radius = np.hypot(x, y) - 2e-5 * np.sin(y * _BAIDU_TURN)
    angle = np.arctan2(y, x) - 3e-6 * np.cos(x * _BAIDU_TURN)
    return radius * np.cos(angle), radius * np.sin(angle)


def is_in_china(lon: ArrayLike, lat: ArrayLike) -> NDArray[np.bool_]:
    """Tell which points lie in the box inside which GCJ-02 and BD-09 are shifted; edges belong to it."""
    x, y = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    in_lon = (x >= _CHINA_LON[0]) & (x <= _CHINA_LON[1])
    return np.asarray(in_lon & (y >= _CHINA_LAT[0]) & (y <= _CHINA_LAT[1]))


def _apply(
    change: _Change, lon: float | Degrees, lat: float | Degrees, datum: Datum
) -> tuple[float, float] | tuple[Degrees, Degrees]:
    x, y = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    inside = is_in_china(x, y)
    # Points outside are computed as a harmless one, then thrown away: they could be infinite.
    moved_x, moved_y = change(np.where(inside, x, 105.0), np.where(inside, y, 35.0), datum)
    out_x, out_y = np.where(inside, moved_x, x), np.where(inside, moved_y, y)
    if out_x.ndim == 0:
        return float(out_x), float(out_y)
    return out_x, out_y


def _shift(x: Degrees, y: Degrees, datum: Datum) -> tuple[Degrees, Degrees]:
    match datum:
        case Datum.WGS84 | Datum.CGCS2000:
            return x, y
        case Datum.GCJ02:
            return _gcj02(x, y)
        case Datum.BD09:
            return gcj02_to_bd09(*_gcj02(x, y))
        case _:
            assert_never(datum)


def _invert(x: Degrees, y: Degrees, datum: Datum) -> tuple[Degrees, Degrees]:
    if datum in (Datum.WGS84, Datum.CGCS2000):
        return x, y
    at_x, at_y = bd09_to_gcj02(x, y) if datum is Datum.BD09 else (x, y)
    for _ in range(_ROUNDS):
        shifted_x, shifted_y = _shift(at_x, at_y, datum)
        at_x, at_y = at_x - (shifted_x - x), at_y - (shifted_y - y)
    return at_x, at_y


def _gcj02(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Shift WGS 84 to GCJ-02: a polynomial and sines in metres, then metres to degrees on the ellipsoid."""
    x, y = lon - 105.0, lat - 35.0
    ripple = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x)) + ripple
    north += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x)) + ripple
    east += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    latitude = np.radians(lat)
    flattening = 1.0 - _ECCENTRICITY_2 * np.sin(latitude) ** 2
    meridian_m = _AXIS_M * (1.0 - _ECCENTRICITY_2) / (flattening * np.sqrt(flattening))
    parallel_m = _AXIS_M / np.sqrt(flattening) * np.cos(latitude)
    return lon + np.degrees(east / parallel_m), lat + np.degrees(north / meridian_m)
