"""Drawing: GeoJSON for the map, and a grid's path for every list."""

import json

import numpy as np
import pytest
import shapely

from geo.drawing import describe, feature_collection
from geo.grid import Grid, Level
from geo.grid_set import GridSet


def wavy(west: float) -> shapely.Polygon:
    """Make a cell 0.01 degrees wide with crooked sides, which fits its eastern neighbour exactly."""
    north = 24 + np.linspace(0, 0.01, 50)
    side = 0.0004 * np.sin(north * 4000) + 0.00000012345
    left, right = np.column_stack([west + side, north]), np.column_stack([west + 0.01 + side, north])
    return shapely.Polygon(np.concatenate([left, right[::-1]]))


CELLS = [
    Grid(key=i + 2, code=f"v{i}", name=f"{i} 村", level=Level.VILLAGE, parent="t", shape=wavy(113 + i / 100))
    for i in range(3)
]
TOWN = Grid(key=1, code="t", name="镇", level=Level.TOWN, parent=None, shape=shapely.box(113, 24, 113.03, 24.01))
GRIDS = GridSet(version=1, valid_from=None, grids=(TOWN, *CELLS))


def test_a_level_is_written_with_its_properties() -> None:
    """Each grid of the level is a feature with its code as id; the other levels are left out."""
    features = json.loads(feature_collection(GRIDS, Level.VILLAGE))["features"]
    assert [feature["id"] for feature in features] == ["v0", "v1", "v2"]
    assert features[1]["properties"] == {"key": 3, "code": "v1", "name": "1 村", "level": "village", "parent": "t"}
    assert len(json.loads(feature_collection(GRIDS))["features"]) == 4
    assert json.loads(feature_collection(GRIDS, Level.COUNTY)) == {"type": "FeatureCollection", "features": []}


def test_coordinates_are_rounded() -> None:
    """No coordinate has more than six decimals, and none is moved by more than half a unit of the last."""
    drawn = json.loads(feature_collection(GRIDS, Level.VILLAGE))["features"][0]["geometry"]
    corners = np.array(drawn["coordinates"][0])
    assert (corners == corners.round(6)).all()
    assert corners == pytest.approx(shapely.get_coordinates(CELLS[0].shape), abs=0.51e-6)


def test_simplified_neighbours_stay_neighbours() -> None:
    """Simplifying leaves fewer positions and no gap or overlap along shared edges."""
    drawn = json.loads(feature_collection(GRIDS, Level.VILLAGE, simplify_m=60))["features"]
    shapes = [shapely.geometry.shape(feature["geometry"]) for feature in drawn]
    assert sum(map(shapely.get_num_coordinates, shapes)) < 150
    assert shapely.coverage_is_valid(shapes)


def test_a_grid_is_described_by_its_path() -> None:
    """A key becomes a code, a name and a path from the top; no grid becomes null."""
    assert describe(GRIDS, 3) == {
        "code": "v1",
        "name": "1 村",
        "path": [{"code": "t", "name": "镇", "level": "town"}, {"code": "v1", "name": "1 村", "level": "village"}],
    }
    assert describe(GRIDS, 0) is None
