"""Finds which shapes hold a point, exactly and in bulk. Pure. Knows no levels and no hierarchy: only an order."""

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.measure import METRES_PER_DEGREE, distance_m

Degrees = NDArray[np.float64]
Rows = NDArray[np.int64]

# Candidates of one chunk are held at once: 131,072 points with their tree hits are some 30 MB.
_CHUNK = 131_072


class Cover:
    """Shapes in order of precedence, ready to be asked. A point on a boundary counts as inside.

    The tree finds candidates by bounding box; each is then judged by GEOS' indexed point-in-area locator, which is
    exact (the orientation test is done in extended precision) and, unlike a predicate given to the tree, does not
    walk all vertices of a shape. After construction nothing changes, so threads may share it.
    """

    def __init__(self, shapes: Sequence[shapely.Geometry]) -> None:
        self._shapes = np.array(shapes, dtype=object)
        self._tree = shapely.STRtree(self._shapes)
        shapely.prepare(self._shapes)
        # GEOS builds a locator at its first question, without a lock: ask one of each here, before any thread does.
        bounds = shapely.bounds(self._shapes).reshape(-1, 4)
        shapely.intersects_xy(self._shapes, (bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2)

    def __len__(self) -> int:
        """Count the shapes."""
        return len(self._shapes)

    def first(self, lon: Degrees, lat: Degrees) -> Rows:
        """Give the index of the first shape that holds each point, -1 where none does or a coordinate is not finite."""
        found = np.full(len(lon), len(self._shapes), dtype=np.int64)
        for start in range(0, len(lon), _CHUNK):
            chunk = slice(start, start + _CHUNK)
            point, shape = self.pairs(lon[chunk], lat[chunk])
            np.minimum.at(found[chunk], point, shape)
        found[found == len(self._shapes)] = -1
        return found

    def pairs(self, lon: Degrees, lat: Degrees) -> tuple[Rows, Rows]:
        """Give every (index of point, index of shape) where the shape holds the point, in no order."""
        finite = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat))
        x, y = lon[finite], lat[finite]
        point, shape = self._tree.query(shapely.points(x, y))
        held = shapely.intersects_xy(self._shapes[shape], x[point], y[point])
        return finite[point[held]], shape[held]

    def nearest(self, lon: float, lat: float) -> tuple[int, float] | None:
        """Give the index and the distance in metres of the shape closest to a point; the first of equals, None of none."""
        if not len(self._shapes):
            return None
        point = shapely.Point(lon, lat)
        near = int(self._tree.nearest(point))
        # The tree measures in degrees, in which east-west is too long: nothing further than this can be nearer.
        reach = distance_m(self._shapes[near], lon, lat) / METRES_PER_DEGREE
        reach /= max(float(np.cos(np.radians(lat))), 1e-3)
        candidates = self._tree.query(point, predicate="dwithin", distance=reach * 1.01)
        metres = {int(i): distance_m(self._shapes[i], lon, lat) for i in (near, *candidates)}
        best = min(metres, key=lambda i: (metres[i], i))
        return best, metres[best]
