"""Let water run off the county: a drainage tree, and the rivers in it. Pure; all coordinates in metres.

The tree is the set of shortest ways to the outlet over a triangulation with random resistance, which branches the way
real rivers do; where enough water has come together there is a river.
"""

from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np
import shapely
from numpy.typing import NDArray

from simulators.county.plane import Points
from simulators.county.tessellation import largest_part

Links = list[list[tuple[int, float, float]]]  # of each node: (other node, metres, resistance of a metre)

_RIVER_SHARE = 0.022  # of the county's area has to drain through a point for it to lie on a river
_SHORTEST = 4  # nodes of the shortest river worth a name
_SPLINE_STEPS = 5
_LONGEST = 2.2  # times the median length: the long edges are those along the hull


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """One river as nodes of the tree, source first; the last one is the outlet or lies on the river it joins."""

    nodes: tuple[int, ...]
    order: int
    into: int | None  # index of the stream it joins


@dataclass(frozen=True, slots=True, kw_only=True)
class Drainage:
    """The tree. `below[i]` is the node i drains to, -1 at the outlet; `to_outlet` is metres along the water."""

    points: Points
    below: NDArray[np.int64]
    above: tuple[tuple[int, ...], ...]
    to_outlet: NDArray[np.float64]
    gathered: NDArray[np.int64]  # number of nodes that drain through this one, itself included
    streams: tuple[Stream, ...]

    def upstream(self, node: int) -> list[int]:
        """List every node whose water passes `node`, itself included."""
        reached = [node]
        for one in reached:
            reached.extend(self.above[one])
        return reached


def drain(rng: np.random.Generator, land: shapely.Polygon, points: Points) -> Drainage:
    """Grow the tree over `points`, which lie in `land`; the outlet is in the south-east."""
    links = _links(rng, land, points)
    reachable = largest_part(tuple(tuple(j for j, _, _ in group) for group in links))
    outlet = int(reachable[np.argmax(points[reachable, 0] - 0.6 * points[reachable, 1])])
    below, to_outlet = _ways(links, outlet)
    kept = np.flatnonzero(np.isfinite(to_outlet))
    above: list[list[int]] = [[] for _ in points]
    gathered = np.where(np.isfinite(to_outlet), 1, 0)
    for i in kept[np.argsort(-to_outlet[kept], kind="stable")]:
        if below[i] >= 0:
            gathered[below[i]] += gathered[i]
            above[below[i]].append(int(i))
    children = tuple(tuple(group) for group in above)
    return Drainage(
        points=points,
        below=below,
        above=children,
        to_outlet=to_outlet,
        gathered=gathered,
        streams=tuple(_streams(children, gathered, outlet, max(3, int(len(kept) * _RIVER_SHARE)))),
    )


def smooth(points: Points) -> Points:
    """Draw a Catmull-Rom spline through every one of `points`, so that a river bends instead of breaking."""
    padded = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    steps = np.linspace(0, 1, _SPLINE_STEPS, endpoint=False)[:, None]
    parts = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        parts.append(
            0.5
            * (2 * b + (c - a) * steps + (2 * a - 5 * b + 4 * c - d) * steps**2 + (3 * b - a - 3 * c + d) * steps**3)
        )
    return np.vstack([*parts, points[-1:]])


def _ways(links: Links, outlet: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Find each node's easiest way to the outlet: the node below it, and metres along the way (inf: no way)."""
    below = np.full(len(links), -1, dtype=np.int64)
    metres = np.full(len(links), np.inf)
    queue: list[tuple[float, int, int, float]] = [(0.0, outlet, -1, 0.0)]
    while queue:
        cost, i, towards, way = heappop(queue)
        if np.isfinite(metres[i]):
            continue
        below[i], metres[i] = towards, way
        for j, length, resistance in links[i]:
            if not np.isfinite(metres[j]):
                heappush(queue, (cost + length * resistance, j, i, way + length))
    return below, metres


def _links(rng: np.random.Generator, land: shapely.Polygon, points: Points) -> Links:
    """Link nodes that touch in the triangulation."""
    edges = shapely.get_parts(shapely.delaunay_triangles(shapely.multipoints(points), only_edges=True))
    edges = edges[shapely.contains(land, edges)]
    edges = edges[shapely.length(edges) < _LONGEST * np.median(shapely.length(edges))]
    ends = shapely.get_coordinates(edges).reshape(-1, 2, 2)
    index = {(float(x), float(y)): i for i, (x, y) in enumerate(points)}
    pairs = sorted(sorted(index[float(x), float(y)] for x, y in pair) for pair in ends)
    relief = _relief(land, points)
    links: Links = [[] for _ in points]
    for (i, j), chance in zip(pairs, rng.random(len(pairs)), strict=True):
        length = float(np.hypot(*(points[i] - points[j])))
        resistance = (0.25 + 1.75 * float(chance)) * float(relief[i] + relief[j])
        links[i].append((j, length, resistance))
        links[j].append((i, length, resistance))
    return links


def _relief(land: shapely.Polygon, points: Points) -> NDArray[np.float64]:
    """Say how hard it is for water to run at each point: easy in the main valley, hard on the ridge at the border."""
    west, south, east, north = land.bounds
    along = np.linspace(0, 1, 60)
    height = north - south
    valley = shapely.LineString(
        np.column_stack(
            [
                west + (east - west) * along,
                (south + north) / 2 + height * (0.16 * np.sin(7.5 * along) - 0.22 * (along - 0.5)),
            ]
        )
    )
    places = shapely.points(points)
    from_valley = shapely.distance(places, valley) / height
    from_border = shapely.distance(places, land.exterior) / height
    relief: NDArray[np.float64] = 0.22 + np.minimum(from_valley, 0.35) * 2 + np.maximum(0.0, 0.08 - from_border) * 12
    return relief


def _streams(above: tuple[tuple[int, ...], ...], gathered: NDArray[np.int64], outlet: int, least: int) -> list[Stream]:
    """Follow the most water up from the outlet, then from each place where enough of it joins."""
    found: list[Stream] = []
    mouths: list[tuple[int, int, int | None, int]] = [(-1, outlet, None, 1)]  # node joined, first node, into, order
    while mouths:
        joined, node, into, order = mouths.pop(0)
        nodes = [] if joined < 0 else [joined]
        nodes.append(node)
        side: list[tuple[int, int]] = []
        while above[node]:
            ordered = sorted(above[node], key=lambda i: (-gathered[i], i))
            if gathered[ordered[0]] < max(3, least // 4):
                break
            side += [(node, other) for other in ordered[1:] if gathered[other] >= least]
            node = ordered[0]
            nodes.append(node)
        if len(nodes) < _SHORTEST:
            continue
        found.append(Stream(nodes=tuple(reversed(nodes)), order=order, into=into))
        me = len(found) - 1
        mouths += [(at, first, me, order + 1) for at, first in side]
    return found
