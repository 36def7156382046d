"""Cut the land into small Voronoi cells ("atoms") of which every grid is a union. Pure.

Because a county, a town and a micro-grid are all unions of the same cells, levels nest exactly and neighbours share
every vertex: there is no sliver to hide a gap in.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from simulators.county.plane import Points, to_degrees

_CENTRE_WEIGHT = 2.5  # how much denser cells lie at a town's centre than in the hills
_HARMONICS = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Tessellation:
    """Cells of the county: polygons in degrees, their centres in metres, and who borders whom along an edge."""

    cells: NDArray[np.object_]
    centres: Points
    neighbours: tuple[tuple[int, ...], ...]


def outline(rng: np.random.Generator, radius_m: float) -> shapely.Polygon:
    """Draw an organic blob of about `radius_m` around the origin, in metres, wider than high."""
    angles = np.linspace(0, 2 * np.pi, 240, endpoint=False)
    reach = np.ones_like(angles)
    for k in range(2, 2 + _HARMONICS):
        reach += rng.normal(0, 0.3 / k) * np.cos(k * angles + rng.uniform(0, 2 * np.pi))
    reach = np.clip(reach, 0.5, 1.6) * radius_m
    return shapely.Polygon(np.column_stack([1.18 * reach * np.cos(angles), 0.86 * reach * np.sin(angles)]))


def spread(rng: np.random.Generator, area: shapely.Polygon, count: int) -> Points:
    """Choose `count` points inside `area`, each far from the others (best of 24 candidates)."""
    chosen = np.zeros((1, 2))
    while len(chosen) < count:
        candidates = _inside(rng, area, 24)
        gap = np.min(np.hypot(*(candidates[:, None] - chosen[None]).transpose(2, 0, 1)), axis=1)
        chosen = np.vstack([chosen, candidates[np.argmax(gap)]])
    return chosen


def tessellate(rng: np.random.Generator, blob: shapely.Polygon, centres: Points, count: int) -> Tessellation:
    """Cut about `count` cells whose centres lie in `blob`, denser near `centres`; all in metres."""
    radius = float(np.sqrt(blob.area / np.pi))
    outer = blob.buffer(radius * 0.12)
    points = _dense(rng, outer, centres, int(count * outer.area / blob.area), radius)
    points = shapely.get_coordinates(shapely.centroid(_voronoi(points, outer)))  # one step of Lloyd: no needles
    polygons = _voronoi(points, outer)
    inside = shapely.contains_xy(blob, points)
    return _assemble(polygons, points, inside)


def _inside(rng: np.random.Generator, area: shapely.Polygon, count: int) -> Points:
    west, south, east, north = area.bounds
    found = np.empty((0, 2))
    while len(found) < count:
        some = rng.uniform((west, south), (east, north), (2 * count, 2))
        found = np.vstack([found, some[shapely.contains_xy(area, some)]])
    return found[:count]


def _dense(rng: np.random.Generator, area: shapely.Polygon, centres: Points, count: int, radius: float) -> Points:
    found = np.empty((0, 2))
    reach = 0.35 * radius / np.sqrt(len(centres))
    while len(found) < count:
        some = _inside(rng, area, 2 * count)
        gap = np.min(np.hypot(*(some[:, None] - centres[None]).transpose(2, 0, 1)), axis=1)
        density = 1 + _CENTRE_WEIGHT * np.exp(-((gap / reach) ** 2))
        found = np.vstack([found, some[rng.random(len(some)) * (1 + _CENTRE_WEIGHT) < density]])
    return found[:count]


def _voronoi(points: Points, extent: shapely.Polygon) -> NDArray[np.object_]:
    cells = shapely.voronoi_polygons(shapely.multipoints(points), extend_to=extent, ordered=True)
    return np.asarray(shapely.get_parts(cells), dtype=object)


def _assemble(polygons: NDArray[np.object_], points: Points, inside: NDArray[np.bool_]) -> Tessellation:
    kept = np.flatnonzero(inside)
    kept = kept[largest_part(_neighbours(polygons[kept]))]
    land = shapely.coverage_union_all(polygons[kept])
    if shapely.get_num_interior_rings(land):  # a cell left out in the middle of the land is land after all
        filled = shapely.Polygon(shapely.get_exterior_ring(land))
        kept = np.flatnonzero(shapely.contains_xy(filled, points))
    rings, members = shapely.get_coordinates(polygons[kept], return_index=True)
    # Rounding works on vertices, not on polygons: neighbours stay neighbours.
    cells = shapely.polygons(shapely.linearrings(to_degrees(rings), indices=members))
    return Tessellation(
        cells=np.asarray(cells, dtype=object), centres=points[kept], neighbours=_neighbours(polygons[kept])
    )


def _neighbours(polygons: NDArray[np.object_]) -> tuple[tuple[int, ...], ...]:
    """Find cells that share an edge, by the vertices they have in common."""
    coordinates, owner = shapely.get_coordinates(polygons, return_index=True)
    _, vertex = np.unique(coordinates, axis=0, return_inverse=True)
    vertex = vertex.reshape(-1)
    same = owner[1:] == owner[:-1]
    edges = np.sort(np.column_stack([vertex[:-1], vertex[1:]])[same], axis=1)
    owners = owner[:-1][same]
    order = np.lexsort((owners, edges[:, 1], edges[:, 0]))
    edges, owners = edges[order], owners[order]
    shared = np.flatnonzero((edges[1:] == edges[:-1]).all(axis=1))
    found: list[set[int]] = [set() for _ in polygons]
    for i in shared:
        one, other = int(owners[i]), int(owners[i + 1])
        found[one].add(other)
        found[other].add(one)
    return tuple(tuple(sorted(group)) for group in found)


def largest_part(neighbours: tuple[tuple[int, ...], ...]) -> NDArray[np.int64]:
    """Return the members of the largest connected part."""
    part = np.full(len(neighbours), -1)
    for start in range(len(neighbours)):
        if part[start] >= 0:
            continue
        part[start] = start
        reached = [start]
        while reached:
            for other in neighbours[reached.pop()]:
                if part[other] < 0:
                    part[other] = start
                    reached.append(other)
    labels, counts = np.unique(part, return_counts=True)
    return np.flatnonzero(part == labels[np.argmax(counts)])
