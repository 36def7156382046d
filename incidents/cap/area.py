"""From the polygon of a grid to those of CAP: few corners, closed, latitude first. Pure."""

from collections.abc import Iterator

import shapely
from shapely.geometry.base import BaseGeometry

MOST_CORNERS = 100  # of one ring: about 2 kB of text; cell broadcast systems refuse polygons of more
FIRST_TOLERANCE = 0.0001  # degrees, some 10 m: less than the width of the line on a map
DECIMALS = 5  # of a degree: about 1 m
STEP = 10**-DECIMALS
MOST_PARTS = 20  # of a grid that lies in pieces; the largest are named


def polygons_of(shape: bytes | None) -> list[str]:
    """Write the outer rings of a grid (WKB in WGS 84, longitude first) as CAP polygons, largest first.

    CAP polygons have no holes: a grid around another one is told with it, rather too much than too little. Empty where
    there is no shape or none that encloses anything.
    """
    if not shape:
        return []
    try:
        rings = sorted(_rings(shapely.from_wkb(shape)), key=lambda ring: -ring.area)
    except shapely.errors.ShapelyError:
        return []
    return [_written(ring) for ring in rings[:MOST_PARTS]]


def _rings(geometry: BaseGeometry) -> Iterator[shapely.Polygon]:
    for part in _parts(shapely.make_valid(geometry)):
        tolerance = FIRST_TOLERANCE
        ring = _rounded(shapely.Polygon(part.exterior))
        while ring is not None and len(ring.exterior.coords) > MOST_CORNERS:
            ring, tolerance = _rounded(shapely.simplify(part, tolerance)), tolerance * 2
        if ring is not None:
            yield ring


def _parts(geometry: BaseGeometry) -> list[shapely.Polygon]:
    """List the polygons in a geometry of any kind."""
    return [part for part in shapely.get_parts(geometry) if isinstance(part, shapely.Polygon) and not part.is_empty]


def _rounded(geometry: BaseGeometry) -> shapely.Polygon | None:
    """Move the corners to what will be written, and keep the largest part that is still a polygon."""
    # Rounded before GEOS rounds: it divides by what numbers of a great many zeros make nought.
    near = shapely.make_valid(shapely.transform(geometry, lambda corners: corners.round(DECIMALS)))
    parts = _parts(shapely.set_precision(near, STEP))
    largest = max(parts, key=lambda part: part.area, default=None)
    return None if largest is None else shapely.Polygon(largest.exterior)


def _written(ring: shapely.Polygon) -> str:
    return " ".join(f"{lat:.{DECIMALS}f},{lon:.{DECIMALS}f}" for lon, lat in ring.exterior.coords)
