"""Metres and square metres of degrees, near enough to say how large a finding is. Pure. Not for surveying."""

import numpy as np
import shapely
from numpy.typing import NDArray

# One degree of latitude. The ellipsoid's varies by 0.5 % from equator to pole, which no finding cares about.
METRES_PER_DEGREE = 111_320.0


def area_m2(shapes: NDArray[np.object_]) -> NDArray[np.float64]:
    """Measure lon/lat shapes in square metres, good to 1 % for shapes under a few degrees; 0 for an empty one."""
    bounds = shapely.bounds(shapes)
    latitude = np.radians(np.clip((bounds[:, 1] + bounds[:, 3]) / 2.0, -90.0, 90.0))
    return np.nan_to_num(shapely.area(shapes) * METRES_PER_DEGREE**2 * np.cos(latitude))


def distance_m(shape: shapely.Geometry, lon: float, lat: float) -> float:
    """Measure from a point to a lon/lat shape in metres, good to 1 % under a degree; 0 inside it."""
    scale = np.array([METRES_PER_DEGREE * np.cos(np.radians(lat)), METRES_PER_DEGREE])
    local = shapely.transform(shape, lambda degrees: (degrees - np.array([lon, lat])) * scale)
    return float(shapely.distance(local, shapely.Point(0.0, 0.0)))


def outline(shapes: NDArray[np.object_]) -> shapely.Geometry:
    """Join shapes into one and fill every hole: a point in it lies in a shape or has shapes all round it."""
    joined = shapely.union_all(shapely.make_valid(shapes))
    parts = [part for part in shapely.get_parts(joined) if isinstance(part, shapely.Polygon)]
    return shapely.union_all([shapely.Polygon(part.exterior) for part in parts])
