"""Writes grids as GeoJSON and JSON for the screens. Pure. What it writes is rounded and must never be imported again."""

import numpy as np
import orjson
import shapely

from geo.grid import Grid, Level
from geo.grid_set import GridSet
from geo.measure import METRES_PER_DEGREE

_DECIMALS = 1e-6  # degrees: 0.1 m, under a pixel on any wall


def feature_collection(grids: GridSet, level: Level | None = None, *, simplify_m: float = 0.0) -> bytes:
    """Write the grids of a level, or of all levels, as a GeoJSON FeatureCollection in UTF-8.

    Coordinates are WGS 84 degrees rounded to 1e-6. With `simplify_m` > 0 details smaller than a triangle of about
    that side in metres are left out, the same on both sides of a shared edge so that neighbours stay neighbours.
    A feature's id is the grid's code; its properties are key, code, name, level and parent.
    """
    members = grids.level(level) if level is not None else grids.grids
    by_level = [[grid for grid in members if grid.level is one] for one in Level]
    features = [
        {
            "type": "Feature",
            "id": grid.code,
            "properties": {
                "key": grid.key,
                "code": grid.code,
                "name": grid.name,
                "level": grid.level.value,
                "parent": grid.parent,
            },
            "geometry": orjson.Fragment(geometry),
        }
        for alike in by_level
        for grid, geometry in zip(alike, _geometries(alike, simplify_m), strict=True)
    ]
    return orjson.dumps({"type": "FeatureCollection", "features": features})


def describe(grids: GridSet, key: int) -> dict[str, object] | None:
    """Give a grid as JSON types: its code, its name and its path, county first; None for 0 or a foreign key."""
    path = grids.path(key)
    if not path:
        return None
    return {"code": path[-1].code, "name": path[-1].name, "path": describe_path(path)}


def describe_path(path: tuple[Grid, ...]) -> list[dict[str, str]]:
    """Give a path of grids as JSON types, in its order."""
    return [{"code": grid.code, "name": grid.name, "level": grid.level.value} for grid in path]


def _geometries(grids: list[Grid], simplify_m: float) -> list[str]:
    shapes = np.array([grid.shape for grid in grids], dtype=object)
    # Rounded first: edges that differ in the last bits only become one edge, which simplifying then keeps as one.
    shapes = shapely.set_precision(shapes, _DECIMALS, mode="pointwise")
    if simplify_m > 0 and len(shapes):
        shapes = shapely.coverage_simplify(shapes, simplify_m / METRES_PER_DEGREE)
    return [str(text) for text in shapely.to_geojson(shapes)]
