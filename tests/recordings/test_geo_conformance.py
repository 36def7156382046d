"""Points in polygons and validity, judged by the cases of JTS, Turf and point-in-polygon-hao."""

import json
from pathlib import Path

import numpy as np
import shapely

from geo.grid import Grid, Level
from geo.grid_set import GridSet
from geo.topology import invalid_reason


def test_every_point_is_where_the_suites_say(recordings: Path) -> None:
    """Interior, boundary and covered points are placed in the polygon, exterior points are not: all 56 cases."""
    cases = json.loads((recordings / "data/pip_conformance/pip_cases.json").read_text(encoding="utf-8"))
    assert len(cases) == 56
    wrong = []
    for case in cases:
        shape = shapely.from_wkt(case["polygon_wkt"])
        grid = Grid(key=1, code="a", name="", level=Level.GRID, parent=None, shape=shape)
        placed = GridSet(version=1, valid_from=None, grids=(grid,)).place(*case["point"]).tolist()
        if placed != [0 if case["expected"] == "exterior" else 1]:
            wrong.append(case["id"])
    assert wrong == []


def test_all_cases_are_placed_in_bulk_as_one_by_one(recordings: Path) -> None:
    """Every point of the suites asked of every polygon in one call gives the exact predicate's answer."""
    cases = json.loads((recordings / "data/pip_conformance/pip_cases.json").read_text(encoding="utf-8"))
    lon, lat = np.array([case["point"] for case in cases], dtype=float).T
    for case in cases:
        shape = shapely.from_wkt(case["polygon_wkt"])
        grid = Grid(key=1, code="a", name="", level=Level.GRID, parent=None, shape=shape)
        bulk = GridSet(version=1, valid_from=None, grids=(grid,)).place(lon, lat)
        assert bulk.astype(bool).tolist() == shapely.intersects(shape, shapely.points(lon, lat)).tolist(), case["id"]


def test_every_shape_is_as_valid_as_the_suites_say(recordings: Path) -> None:
    """All 88 geometries are called valid or invalid as expected, and each invalid one with a reason."""
    cases = json.loads((recordings / "data/pip_conformance/validity_cases.json").read_text(encoding="utf-8"))
    assert len(cases) == 88
    with np.errstate(invalid="ignore"):  # three cases hold NaN on purpose, at which NumPy warns
        reasons = {case["id"]: invalid_reason(shapely.from_wkt(case["wkt"])) for case in cases}
    assert [case["id"] for case in cases if (reasons[case["id"]] is None) != case["valid"]] == []
    assert all(reason is None or reason[0] for reason in reasons.values())
