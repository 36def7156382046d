"""Placing: levels, boundaries, holes, gaps, special grids."""

import numpy as np
import pytest
import shapely

from geo.grid import Grid, Level
from geo.grid_set import GridSet


def square(x: float, y: float, size: float = 1.0) -> shapely.Polygon:
    """Make a square in degrees by its south-west corner."""
    return shapely.box(x, y, x + size, y + size)


def grid(key: int, code: str, level: Level, shape: shapely.Geometry, parent: str | None = None) -> Grid:
    """Make a grid."""
    return Grid(key=key, code=code, name=f"name of {code}", level=level, parent=parent, shape=shape)


def grids(*members: Grid) -> GridSet:
    """Make a grid set."""
    return GridSet(version=1, valid_from=None, grids=members)


# A county of two towns; the western one has villages in its south, and one of those has a micro-grid.
COUNTY = grid(1, "c", Level.COUNTY, shapely.box(0, 0, 4, 2))
WEST = grid(2, "cw", Level.TOWN, shapely.box(0, 0, 2, 2), "c")
EAST = grid(3, "ce", Level.TOWN, shapely.box(2, 0, 4, 2), "c")
SOUTH_A = grid(4, "cw1", Level.VILLAGE, square(0, 0), "cw")
SOUTH_B = grid(5, "cw2", Level.VILLAGE, square(1, 0), "cw")
MICRO = grid(6, "cw1m", Level.MICRO_GRID, square(0.25, 0.25, 0.5), "cw1")
SCHOOL = grid(7, "s1", Level.SPECIAL, square(0.4, 0.4, 0.2))
EXAMPLE = grids(COUNTY, WEST, EAST, SOUTH_A, SOUTH_B, MICRO, SCHOOL)


@pytest.mark.parametrize(
    ("point", "code"),
    [
        ((0.3, 0.3), "cw1m"),
        ((0.1, 0.1), "cw1"),
        ((1.5, 0.5), "cw2"),
        ((1.5, 1.5), "cw"),
        ((3.0, 1.0), "ce"),
    ],
)
def test_the_finest_level_wins(point: tuple[float, float], code: str) -> None:
    """A point belongs to the finest grid that holds it, however deep its corner of the county is divided."""
    assert EXAMPLE.by_key(int(EXAMPLE.place(*point)[0])) == EXAMPLE.by_code(code)


def test_a_point_in_no_grid_gets_key_zero() -> None:
    """A point that no grid holds, and one that is not finite, is in grid 0."""
    assert EXAMPLE.place([9.0, np.nan, np.inf], [9.0, 1.0, 1.0]).tolist() == [0, 0, 0]
    assert EXAMPLE.place([], []).dtype == np.int32


def test_a_boundary_point_belongs_to_the_lowest_code() -> None:
    """On a shared edge and on a shared corner the lowest code wins, whatever the order of the grids."""
    squares = [
        grid(i + 1, code, Level.GRID, square(x, y))
        for i, (code, x, y) in enumerate([("d", 0, 0), ("b", 1, 0), ("a", 0, 1), ("c", 1, 1)])
    ]
    for order in (squares, squares[::-1]):
        places = grids(*order)
        codes = [places.by_key(key).code for key in places.place([1, 1, 0.5, 0], [1, 0.5, 1, 0]).tolist()]
        assert codes == ["a", "b", "a", "d"]


def test_a_boundary_point_of_a_finer_level_is_inside() -> None:
    """On the edge of a micro-grid the micro-grid wins over the village round it."""
    assert EXAMPLE.place(0.25, 0.5).tolist() == [MICRO.key]


def test_overlapping_grids_are_decided_by_code() -> None:
    """Where two grids of one level overlap, the lower code has the land of both."""
    places = grids(grid(1, "b", Level.GRID, square(0, 0, 2)), grid(2, "a", Level.GRID, square(1, 1, 2)))
    assert places.place([1.5, 0.5, 2.5], [1.5, 0.5, 2.5]).tolist() == [2, 1, 2]


def test_an_enclave_belongs_to_itself() -> None:
    """A point in a hole is not in the grid that has the hole, but in the exclave that fills it."""
    ring = shapely.Polygon(shapely.box(0, 0, 4, 4).exterior, [shapely.box(1, 1, 2, 2).exterior])
    exclave = shapely.MultiPolygon([shapely.box(1, 1, 2, 2), shapely.box(4, 0, 6, 4)])
    places = grids(grid(1, "26", Level.COUNTY, ring), grid(2, "84", Level.COUNTY, exclave))
    assert places.place([1.5, 3.0, 5.0], [1.5, 3.0, 1.0]).tolist() == [2, 1, 2]
    assert grids(places.by_key(1)).locate(1.5, 1.5).path == ()


def test_a_special_grid_never_owns_a_point() -> None:
    """Special grids are told beside the path, also where nothing else holds the point."""
    place = EXAMPLE.locate(0.5, 0.5)
    assert [one.code for one in place.path] == ["c", "cw", "cw1", "cw1m"]
    assert place.special == (SCHOOL,)
    alone = grids(SCHOOL)
    assert alone.place(0.5, 0.5).tolist() == [0]
    assert alone.locate(0.5, 0.5).special == (SCHOOL,)


def test_the_path_runs_from_the_county_down() -> None:
    """A path names every grid above one, coarsest first, and is empty for what is no grid."""
    assert [one.code for one in EXAMPLE.path(MICRO.key)] == ["c", "cw", "cw1", "cw1m"]
    assert EXAMPLE.path(0) == EXAMPLE.path(99) == ()


def test_a_circle_of_parents_ends() -> None:
    """Grids that name each other as parents do not turn the path for ever."""
    circle = grids(grid(1, "a", Level.TOWN, square(0, 0), "b"), grid(2, "b", Level.TOWN, square(1, 0), "a"))
    assert [one.code for one in circle.path(1)] == ["a"]


def test_a_gap_is_told_and_the_nearest_only_offered() -> None:
    """A point that grids enclose but none holds is in a gap: no path, and the nearest grid with its distance."""
    frame = [
        grid(i + 1, f"g{i}", Level.GRID, shapely.box(*box))
        for i, box in enumerate([(0, 0, 1, 3), (2, 0, 3, 3), (1, 0, 2, 1), (1, 2, 2, 3)])
    ]
    place = grids(*frame).locate(1.9, 1.5)
    assert place.path == ()
    assert place.in_gap
    assert place.nearest == frame[1]
    assert place.distance_m == pytest.approx(0.1 * 111_320, rel=0.01)
    assert grids(*frame).place(1.9, 1.5).tolist() == [0]


def test_outside_all_grids_is_no_gap() -> None:
    """A point beyond the outermost grid is in no gap, but hears which grid is nearest."""
    place = EXAMPLE.locate(5.0, 1.0)
    assert not place.in_gap
    assert place.path == ()
    assert place.nearest == EAST


def test_the_undivided_part_of_a_divided_grid_is_a_gap() -> None:
    """Where a town has villages but none holds the point, the town owns it and the gap is told."""
    place = EXAMPLE.locate(1.5, 1.25)
    assert [one.code for one in place.path] == ["c", "cw"]
    assert place.in_gap
    assert place.nearest == SOUTH_B


def test_an_undivided_grid_has_no_gap() -> None:
    """A town without villages is simply as fine as it gets."""
    place = EXAMPLE.locate(3.0, 1.0)
    assert not place.in_gap
    assert place.nearest is None


def test_nearest_is_measured_in_metres() -> None:
    """Far north a degree of longitude is short: the grid that is nearer in metres is offered, not in degrees."""
    north = grid(1, "a", Level.GRID, shapely.box(0, 71, 1, 72))
    east = grid(2, "b", Level.GRID, shapely.box(1.5, 69, 2, 70.4))
    assert grids(north, east).locate(0.0, 70.2).nearest == east


def test_no_grids_at_all() -> None:
    """Before the first import everything lies nowhere."""
    nothing = grids()
    assert nothing.place([1.0], [1.0]).tolist() == [0]
    place = nothing.locate(1.0, 1.0)
    assert (place.path, place.in_gap, place.nearest) == ((), False, None)
