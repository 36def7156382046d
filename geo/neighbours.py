"""Which grids share an edge. Pure; reads no clock. Meant for once a grid version, never for once a transition."""

import numpy as np
import shapely
from numpy.typing import NDArray

# Neighbours are often digitised one by one: two metres of gap or overlap between them are still one edge.
_SLACK_DEGREES = 2e-5
# A corner where four grids meet is no edge; within the slack it is a few times the slack long.
_EDGE_DEGREES = 10 * _SLACK_DEGREES


def shared_edges(shapes: NDArray[np.object_]) -> list[tuple[int, int]]:
    """Give each pair of shapes (WGS 84 degrees) that shares an edge of some 20 m or more, as (lower, higher) index.

    Shapes that meet in a point only, or lie farther apart than some 2 m, are no neighbours. Empty shapes have none.
    """
    if not len(shapes):
        return []
    edges = shapely.boundary(shapes)
    first, second = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=_SLACK_DEGREES)
    pair = first < second
    first, second = first[pair], second[pair]
    wide = shapely.buffer(edges[first], _SLACK_DEGREES, quad_segs=2)
    common = shapely.length(shapely.intersection(wide, edges[second]))
    edge = common > _EDGE_DEGREES
    return sorted(zip(first[edge].tolist(), second[edge].tolist(), strict=True))
