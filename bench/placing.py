"""Points placed per second, against a bare STRtree query with an exact predicate over the same polygons.

Both get coordinates as arrays, in chunks of the size of a large batch, and both answers are compared point by point.
The ratio is ours to the bare query's; below 0.5 something is wrong. `python -m bench.placing` prints it.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.grid import Grid, Level
from geo.grid_set import GridSet

SEED = 20240601
CHUNK = 50_000  # points of one call: a large batch of the engine
EDGE = 20  # segments of an edge: cells have some 80 vertices, as real grids do
ROUNDS = 3  # the best of them counts; the machine is shared
Degrees = NDArray[np.float64]
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Grids and points to place in them."""

    name: str
    grids: GridSet
    lon: Degrees
    lat: Degrees


def make_grids(side: int, seed: int = SEED) -> GridSet:
    """Make side x side cells with shared, crooked edges, each about a kilometre wide."""
    random = np.random.default_rng(seed)
    corners = np.stack(np.meshgrid(np.arange(side + 1.0), np.arange(side + 1.0), indexing="ij"), axis=-1)
    corners += random.uniform(-0.3, 0.3, corners.shape)
    along = np.linspace(0, 1, EDGE + 1)[:, None]

    def crooked(start: Degrees, end: Degrees) -> Degrees:
        bend = random.normal(0, 0.01, along.shape)
        bend[0] = bend[-1] = 0
        across = np.array([start[1] - end[1], end[0] - start[0]])
        return np.asarray(start + (end - start) * along + bend * across)

    east = {(x, y): crooked(corners[x, y], corners[x + 1, y]) for x in range(side) for y in range(side + 1)}
    north = {(x, y): crooked(corners[x, y], corners[x, y + 1]) for x in range(side + 1) for y in range(side)}
    rings = {
        (x, y): np.concatenate([east[x, y], north[x + 1, y][1:], east[x, y + 1][-2::-1], north[x, y][-2::-1]])
        for x in range(side)
        for y in range(side)
    }
    grids = tuple(
        Grid(
            key=key,
            code=f"{key:06}",
            name="",
            level=Level.GRID,
            parent=None,
            shape=shapely.Polygon(ring * 0.01 + [113, 24]),
        )
        for key, ring in enumerate(rings.values(), start=1)
    )
    return GridSet(version=1, valid_from=None, grids=grids)


def scattered(name: str, side: int, points: int) -> Case:
    """Points anywhere over the county: the usual case."""
    lon, lat = np.random.default_rng(SEED).uniform([113, 24], [113 + side * 0.01, 24 + side * 0.01], (points, 2)).T
    return Case(name=name, grids=make_grids(side), lon=np.ascontiguousarray(lon), lat=np.ascontiguousarray(lat))


def on_corners(name: str, side: int, points: int) -> Case:
    """Points on vertices, each of them claimed by two to four cells: the worst case."""
    grids = make_grids(side)
    vertices = np.concatenate([shapely.get_coordinates(grid.shape) for grid in grids])
    lon, lat = np.random.default_rng(SEED).choice(vertices, points).T
    return Case(name=name, grids=grids, lon=np.ascontiguousarray(lon), lat=np.ascontiguousarray(lat))


def measure(case: Case) -> dict[str, float | str | int]:
    """Measure one case in alternating rounds, check the answer, and tell points per second and the ratio."""
    shapes = np.array([shapely.from_wkb(grid.shape.wkb) for grid in case.grids], dtype=object)
    tree = shapely.STRtree(shapes)

    def ours(lon: Degrees, lat: Degrees) -> NDArray[np.int32]:
        return case.grids.place(lon, lat)

    def bare(lon: Degrees, lat: Degrees) -> NDArray[np.int64]:
        return tree.query(shapely.points(lon, lat), predicate="intersects")

    rates: dict[str, float] = {"ours": 0.0, "bare": 0.0}
    placed: list[NDArray[np.int32]] = []
    pairs: list[NDArray[np.int64]] = []
    for _ in range(ROUNDS):
        rate, placed = _timed(ours, case)
        rates["ours"] = max(rates["ours"], rate)
        rate, pairs = _timed(bare, case)
        rates["bare"] = max(rates["bare"], rate)
    _check(np.concatenate(placed), pairs, len(case.lon))
    return {
        "case": case.name,
        "grids": len(case.grids),
        "points": len(case.lon),
        "points_per_s": round(rates["ours"]),
        "bare_points_per_s": round(rates["bare"]),
        "ratio": round(rates["ours"] / rates["bare"], 3),
    }


def run() -> dict[str, list[dict[str, float | str | int]]]:
    """Measure every case; the first is the one that counts."""
    cases = [
        scattered("a county: 3,969 grids", 63, 1_000_000),
        scattered("a town: 256 grids", 16, 200_000),
        scattered("a province's worth: 16,384 grids", 128, 200_000),
        on_corners("worst: every point on a vertex", 63, 200_000),
    ]
    return {"placing": [measure(case) for case in cases]}


def _timed(place: Callable[[Degrees, Degrees], Answer], case: Case) -> tuple[float, list[Answer]]:
    begin = time.perf_counter()
    starts = [*range(0, len(case.lon), CHUNK), len(case.lon)]
    answers = [place(case.lon[a:b], case.lat[a:b]) for a, b in pairwise(starts)]
    return len(case.lon) / (time.perf_counter() - begin), answers


def _check(placed: NDArray[np.int32], pairs: list[NDArray[np.int64]], points: int) -> None:
    """Compare with the bare query: the lowest grid of those that hold a point, 0 for none."""
    lowest = np.full(points, np.iinfo(np.int64).max)
    for chunk, (point, shape) in enumerate(pairs):
        np.minimum.at(lowest, chunk * CHUNK + point, shape + 1)
    lowest[lowest == np.iinfo(np.int64).max] = 0
    wrong = int((lowest != placed).sum())
    assert wrong == 0, f"{wrong} of {points} points in the wrong grid"


if __name__ == "__main__":
    for row in run()["placing"]:
        print(
            f"{row['case']:<36}{row['points']:>10,} points{row['points_per_s']:>12,}/s"
            f"{row['bare_points_per_s']:>12,}/s bare   ratio {row['ratio']}"
        )
