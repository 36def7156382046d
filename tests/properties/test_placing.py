"""Placing: a tessellation has exactly one cell for every point, and bulk and single agree."""

from itertools import pairwise
from random import Random

import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.grid import Grid, Level
from geo.grid_set import GridSet

STEP = 64  # corners lie on whole numbers this far apart, jittered by less than a quarter: midpoints are exact


@st.composite
def tessellations(draw: st.DrawFn) -> GridSet:
    """Make a patch of quadrilaterals with shared, jittered corners and codes in any order."""
    columns, rows = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    jitter = st.integers(-STEP // 5, STEP // 5)
    corner = {
        (x, y): (STEP * x + draw(jitter), STEP * y + draw(jitter)) for x in range(columns + 1) for y in range(rows + 1)
    }
    codes = draw(st.permutations(range(columns * rows)))
    grids = [
        Grid(
            key=1 + y * columns + x,
            code=f"{codes[y * columns + x]:02}",
            name="",
            level=Level.GRID,
            parent=None,
            shape=shapely.Polygon([corner[x, y], corner[x + 1, y], corner[x + 1, y + 1], corner[x, y + 1]]),
        )
        for y in range(rows)
        for x in range(columns)
    ]
    return GridSet(version=1, valid_from=None, grids=tuple(grids))


def lowest_code(grids: GridSet, x: float, y: float) -> int:
    """Decide the slow way: ask every grid, take the lowest code."""
    holding = [grid for grid in grids if grid.shape.intersects(shapely.Point(x, y))]
    return min(holding, key=lambda grid: grid.code).key if holding else 0


@given(tessellations(), st.lists(st.tuples(st.floats(-20, 280), st.floats(-20, 280)), max_size=50))
def test_every_point_has_the_cell_that_the_slow_way_finds(grids: GridSet, points: list[tuple[float, float]]) -> None:
    """Placing in bulk gives what asking every grid gives, and the same as placing one by one."""
    lon, lat = np.array([x for x, _ in points]), np.array([y for _, y in points])
    bulk = grids.place(lon, lat).tolist()
    assert bulk == [lowest_code(grids, x, y) for x, y in points]
    assert bulk == [int(grids.place(x, y)[0]) for x, y in points]
    assert bulk == [place.path[-1].key if place.path else 0 for place in (grids.locate(x, y) for x, y in points)]


@given(tessellations())
def test_every_interior_point_has_exactly_one_cell(grids: GridSet) -> None:
    """A point inside a cell is in that cell and strictly inside no other."""
    for grid in grids:
        point = grid.shape.representative_point()
        assert sum(other.shape.contains(point) for other in grids) == 1
        assert grids.place(point.x, point.y).tolist() == [grid.key]


@given(tessellations())
def test_every_point_of_a_shared_edge_has_exactly_one_cell(grids: GridSet) -> None:
    """Corners and midpoints of edges belong to the lowest code of the cells that meet there, never to none."""
    for grid in grids:
        corners = list(grid.shape.exterior.coords)
        midpoints = [((a + c) / 2, (b + d) / 2) for (a, b), (c, d) in pairwise(corners)]
        for x, y in corners + midpoints:
            assert grids.place(x, y).tolist() == [lowest_code(grids, x, y)]
            assert lowest_code(grids, x, y) > 0


@given(tessellations(), st.randoms(use_true_random=False))
def test_the_order_of_the_grids_does_not_matter(grids: GridSet, random: Random) -> None:
    """The same grids in another order place every point the same."""
    order = list(grids)
    random.shuffle(order)
    shuffled = GridSet(version=1, valid_from=None, grids=tuple(order))
    corners = np.concatenate([shapely.get_coordinates(grid.shape) for grid in grids])
    assert grids.place(*corners.T).tolist() == shuffled.place(*corners.T).tolist()
