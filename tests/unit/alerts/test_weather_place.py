"""Where an official warning holds: never everything, never silently nothing."""

import random

import pytest
import shapely

from alerts.weather_place import Placer, Placing
from geo.grid import Grid, Level
from geo.grid_set import GridSet
from ingest.readings import WarningArea

COUNTY = "339900"


def _grid(key: int, code: str, level: Level, parent: str | None, box: tuple[float, float, float, float]) -> Grid:
    return Grid(key=key, code=code, name=code, level=level, parent=parent, shape=shapely.box(*box))


GRIDS = GridSet(
    version=1,
    valid_from=None,
    grids=(
        _grid(1, COUNTY, Level.COUNTY, None, (120, 30, 120.2, 30.1)),
        _grid(2, "339900001", Level.TOWN, COUNTY, (120, 30, 120.1, 30.1)),
        _grid(3, "339900002", Level.TOWN, COUNTY, (120.1, 30, 120.2, 30.1)),
        _grid(4, "339900001001", Level.VILLAGE, "339900001", (120, 30, 120.1, 30.05)),
        _grid(5, "339900001002", Level.VILLAGE, "339900001", (120, 30.05, 120.1, 30.1)),
    ),
)


def place(*areas: WarningArea, aliases: dict[str, tuple[str, ...]] | None = None) -> tuple[Placing, tuple[str, ...]]:
    """Place areas; gives the outcome and the codes."""
    placed = Placer(GRIDS, aliases or {}).place(areas)
    return placed.placing, placed.grids


def coded(*codes: str, scheme: str = "GB2260") -> WarningArea:
    """Make an area of codes."""
    return WarningArea(name="x", codes=tuple((scheme, code) for code in codes))


def drawn(west: float, south: float, east: float, north: float) -> WarningArea:
    """Make an area of a rectangle."""
    ring = ((west, south), (east, south), (east, north), (west, north), (west, south))
    return WarningArea(name="x", polygons=(ring,))


@pytest.mark.parametrize(
    ("code", "grids"),
    [
        ("330000", (COUNTY,)),
        ("330000000000", (COUNTY,)),
        ("339900", (COUNTY,)),
        ("339900000000", (COUNTY,)),
        ("339900001", ("339900001",)),
        ("339900001000", ("339900001",)),
        ("339900001002", ("339900001002",)),
        ("339900001003", ("339900001",)),
        ("339900002005", ("339900002",)),
        ("339900003000", (COUNTY,)),
    ],
)
def test_a_code_is_what_begins_with_it(code: str, grids: tuple[str, ...]) -> None:
    """A province, a county, a town, a village: zeros at the end are the whole. What has no grid is in the one that holds it."""
    assert place(coded(code)) == (Placing.PLACED, grids)


def test_a_point_beside_a_code_is_no_area() -> None:
    """A circle without a radius marks the office: the code says how far it reaches. Alone, it is where it is."""
    point = ((120.05, 30.02, 0.0),)
    area = WarningArea(name="x", circles=point, codes=(("GB2260", COUNTY),))
    assert place(area) == (Placing.PLACED, (COUNTY,))
    assert place(WarningArea(name="x", circles=point)) == (Placing.PLACED, ("339900001001",))
    assert place(WarningArea(name="x", circles=point, codes=(("UGC", "MTZ014"),))) == (
        Placing.PLACED,
        ("339900001001",),
    )


def test_a_code_of_another_county_is_elsewhere() -> None:
    """It is known where it is, and that is not here."""
    assert place(coded("500101")) == (Placing.ELSEWHERE, ())


def test_a_code_of_a_system_nobody_knows_is_unknown() -> None:
    """Not everything, and not nothing: unknown."""
    assert place(coded("MTZ014", scheme="UGC")) == (Placing.UNKNOWN, ())
    assert place(WarningArea(name="沿江一带")) == (Placing.UNKNOWN, ())
    assert place() == (Placing.UNKNOWN, ())


@pytest.mark.parametrize("key", ["MTZ014", "UGC:MTZ014", "x"])
def test_an_alias_says_which_grids(key: str) -> None:
    """By code, by code with its system, or by the name of the place."""
    assert place(coded("MTZ014", scheme="UGC"), aliases={key: ("339900002", "gone")}) == (
        Placing.PLACED,
        ("339900002",),
    )


def test_a_shape_is_the_coarsest_it_covers_and_the_finest_it_reaches() -> None:
    """A whole town and a piece of the next; the county where all of it is covered."""
    assert place(drawn(119.9, 29.9, 120.12, 30.2)) == (Placing.PLACED, ("339900001", "339900002"))
    assert place(drawn(119.9, 29.9, 120.3, 30.2)) == (Placing.PLACED, (COUNTY,))
    assert place(drawn(120.02, 30.01, 120.05, 30.02)) == (Placing.PLACED, ("339900001001",))


def test_a_border_is_not_reached_into() -> None:
    """What only touches is not warned; what lies apart is elsewhere."""
    assert place(drawn(120.2, 30, 120.4, 30.1)) == (Placing.ELSEWHERE, ())
    assert place(drawn(121, 30, 121.4, 30.1)) == (Placing.ELSEWHERE, ())


def test_a_shape_is_more_exact_than_the_code_beside_it() -> None:
    """CAP 1.2 §3.2.4: both describe the same place."""
    area = drawn(120.02, 30.01, 120.05, 30.02)
    both = WarningArea(name="x", polygons=area.polygons, codes=(("GB2260", COUNTY),))
    assert place(both) == (Placing.PLACED, ("339900001001",))


def test_circles_are_round_on_the_ground() -> None:
    """3 km about a point, and a point alone."""
    circle = WarningArea(name="x", circles=((120.05, 30.02, 1.0),))
    assert place(circle) == (Placing.PLACED, ("339900001001",))
    assert place(WarningArea(name="x", circles=((120.15, 30.05, 0.0),))) == (Placing.PLACED, ("339900002",))
    assert place(WarningArea(name="x", circles=((-173.2, -16.0, 0.0),))) == (Placing.ELSEWHERE, ())


def test_one_area_here_is_enough() -> None:
    """Areas elsewhere hide none that is here; one that nobody knows may be here."""
    assert place(coded("500101"), coded(COUNTY)) == (Placing.PLACED, (COUNTY,))
    assert place(coded("500101"), coded("MTZ014", scheme="UGC")) == (Placing.UNKNOWN, ())


def test_what_lies_below_another_is_not_named_twice() -> None:
    """The county and a town of it are the county."""
    assert place(coded(COUNTY, "339900002")) == (Placing.PLACED, (COUNTY,))


def test_a_ring_that_crosses_itself_is_still_a_place() -> None:
    """Publishers draw bow ties; what they enclose counts."""
    ring = ((120.0, 30.0), (120.05, 30.04), (120.05, 30.0), (120.0, 30.04), (120.0, 30.0))
    assert place(WarningArea(name="x", polygons=(ring,))) == (Placing.PLACED, ("339900001001",))


def test_a_ring_without_an_inside_is_the_line_it_draws() -> None:
    """A river there and back is somewhere, not elsewhere."""
    ring = ((120.01, 30.01), (120.02, 30.02), (120.03, 30.03), (120.01, 30.01))
    assert place(WarningArea(name="x", polygons=(ring,))) == (Placing.PLACED, ("339900001001",))


@pytest.mark.parametrize("corners", [300, 3_000])
def test_corners_in_any_order_are_placed_as_their_hull(corners: int) -> None:
    """Garbage of 5 kB would else hold whoever places it up for minutes, and a worker with it."""
    dice = random.Random(1)
    ring = [(120.01 + dice.random() * 0.08, 30.01 + dice.random() * 0.03) for _ in range(corners)]
    assert place(WarningArea(name="x", polygons=((*ring, ring[0]),))) == (Placing.PLACED, ("339900001001",))


def test_a_border_with_small_loops_keeps_its_form() -> None:
    """A long border whose corners are mixed up here and there is no hull: the bay in it is not warned."""
    steps = [120.0 + step * 0.0001 for step in range(1_000)]
    south = [(lon, 30.051 + 0.001 * (step % 2)) for step, lon in enumerate(steps)]
    for mixed in range(10, 900, 100):
        south[mixed], south[mixed + 1] = south[mixed + 1], south[mixed]
    arms = ((120.101, 30.04), (120.2, 30.04), (120.2, 30.1), (120.0, 30.1))
    ring = (*south, *arms, south[0])
    assert place(WarningArea(name="x", polygons=(ring,))) == (Placing.PLACED, ("339900001002", "339900002"))


def test_what_crosses_the_antimeridian_is_not_drawn_round_the_earth() -> None:
    """A storm from 175° to -175° is in the Pacific; what reaches from -180° to 180° is everywhere."""
    storm = ((175.0, 25.0), (-175.0, 25.0), (-175.0, 35.0), (175.0, 35.0), (175.0, 25.0))
    assert place(WarningArea(name="x", polygons=(storm,))) == (Placing.ELSEWHERE, ())
    assert place(drawn(-180.0, -90.0, 180.0, 90.0)) == (Placing.PLACED, (COUNTY,))
