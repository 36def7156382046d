"""Which place an alarm speaks for, and what a rule of stage 2 may say."""

import pytest
import shapely

from alerts import RuleFileError
from alerts.correlation.county import County, Flow, GridRow
from alerts.correlation.nouns import Role, Span, Spoken
from geo.grid import Grid, Level
from geo.grid_set import GridSet
from tests.engine_feed import rules, tag

COUNT = "name: c, kind: count, for: {kinds: [smoke]}, conditions: [smoke], condition: several, priority: 1"
SHAPES = {
    "T": (Level.TOWN, None, shapely.box(120, 30, 120.04, 30.02)),
    "V": (Level.VILLAGE, "T", shapely.box(120, 30, 120.04, 30.02)),
    "V1": (Level.GRID, "V", shapely.box(120, 30, 120.02, 30.02)),
    "V2": (Level.GRID, "V", shapely.box(120.02, 30, 120.04, 30.02)),
    "V1a": (Level.MICRO_GRID, "V1", shapely.box(120, 30, 120.01, 30.02)),
    "V1b": (Level.MICRO_GRID, "V1", shapely.box(120.01, 30, 120.02, 30.02)),
    "S": (Level.SPECIAL, "V", shapely.box(120.015, 30.005, 120.025, 30.015)),
}
GRIDS = tuple(
    Grid(key=key, code=code, name=f"名{code}", level=level, parent=parent, shape=shape)
    for key, (code, (level, parent, shape)) in enumerate(SHAPES.items(), start=1)
)
KEY = {grid.code: grid.key for grid in GRIDS}


@pytest.fixture
def county():
    """A town of one village of two grids, one of them with two micro-grids, and a school across both."""
    rows = [GridRow(key=g.key, code=g.code, name=g.name, level=g.level, parent=g.parent) for g in GRIDS]
    return County(rows, Flow(to={1: (2, 30.0)}), lambda: GridSet(version=1, valid_from=None, grids=GRIDS))


def spoken(code, *, building=None, lon=120.005, lat=30.01):
    """One smoke alarm of a detector in a grid."""
    return Spoken(
        alarm=1, device=1, kind="smoke", condition="smoke", metric="fire", priority=1, grid=KEY.get(code, 0), area="T",
        building=building, lon=lon, lat=lat, raised=0, ended=None,
    )  # fmt: skip


def ids(places):
    """Name the carriers of places."""
    return [carrier.id for carrier, _ in places]


def test_a_micro_grid_counts_for_its_grid(county):
    """Detectors in two micro-grids of one grid are in one place, whose net holds all three."""
    ((carrier, net),) = county.place(spoken("V1a"), Span.GRID)
    assert (carrier.id, carrier.name, carrier.area) == ("place:V1", "名V1", "T")
    assert net.grids == {KEY["V1"], KEY["V1a"], KEY["V1b"]}
    assert ids(county.place(spoken("V1b"), Span.GRID)) == ["place:V1"]
    assert ids(county.place(spoken("V1b"), Span.TOWN)) == ["place:T"]


def test_a_building_is_a_place_and_else_the_grid(county):
    """A detector that names no building counts for its grid; an id is one step of a path."""
    assert ids(county.place(spoken("V1a", building="3/4号楼"), Span.BUILDING)) == ["building:T:3_4号楼"]
    assert ids(county.place(spoken("V1a"), Span.BUILDING)) == ["place:V1"]


def test_a_special_grid_is_where_the_device_stands(county):
    """The school lies across two grids: its net reaches both, and a detector outside of it is not in it."""
    ((carrier, net),) = county.place(spoken("V2", lon=120.022, lat=30.01), Span.SPECIAL)
    assert carrier.id == "place:S"
    assert {KEY["V1b"], KEY["V2"]} <= net.grids
    assert county.place(spoken("V1a"), Span.SPECIAL) == []


def test_a_device_in_no_grid_has_no_place(county):
    """Nothing is guessed."""
    assert county.place(spoken("nowhere"), Span.GRID) == []


def test_neighbours_share_an_edge(county):
    """The two grids of the village are beside each other."""
    assert ids(county.neighbours("place:V1")) == ["place:V2"]
    assert county.neighbours("place:T") == []


def test_a_gauge_is_told_by_the_one_above(county):
    """An alarm announces to the gauge below and answers what was announced to its own."""
    (rule,) = rules(
        "name: f, kind: downstream, for: {kinds: [smoke]}, conditions: [smoke], condition: coming, priority: 3"
    ).rules
    assert [(told.target.device, told.role, told.value) for told in rule.tell(spoken("V2"), county)] == [
        (2, Role.FIRST, 30.0)
    ]


def test_a_rule_about_places_has_no_points():
    """Readings say nothing to it."""
    (rule,) = rules(f"{COUNT}, devices: 2, within: 5min, in: building").rules
    assert rule.points(tag()) == ()


@pytest.mark.parametrize(
    ("rest", "reason"),
    [
        ("devices: 1, within: 5min, in: building", "from 2 on"),
        ("devices: 2.5, within: 5min, in: building", "whole number"),
        ("devices: 2, within: 0s, in: building", "give a span"),
        ("devices: 2, within: 5min, in: house", "none of building"),
        ("devices: 2, in: grid", "'within' is missing"),
        ("devices: 2, within: 5min, in: grid, off_dely: 1min", "did you mean 'off_delay'"),
    ],
)
def test_a_count_that_cannot_be_is_refused(rest, reason):
    """With line and reason, like every rule."""
    with pytest.raises(RuleFileError, match=reason):
        rules(f"{COUNT}, {rest}")
