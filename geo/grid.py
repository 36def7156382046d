"""The nouns of governance: a grid, its level, and where a point lies. Pure; no I/O, no clock."""

from dataclasses import dataclass
from enum import StrEnum

import shapely

Area = shapely.Polygon | shapely.MultiPolygon


class Level(StrEnum):
    """How far a grid is subdivided. Stored values: changing one is a migration.

    Special grids (a school, a works, a port) lie across the hierarchy: they are told beside it and never own a reading.
    """

    COUNTY = "county"
    TOWN = "town"
    VILLAGE = "village"
    GRID = "grid"
    MICRO_GRID = "micro-grid"
    SPECIAL = "special"

    @property
    def depth(self) -> int:
        """Steps below the county, 0-4; a special grid counts as the finest, 5."""
        return _DEPTH[self]


GOVERNANCE = (Level.COUNTY, Level.TOWN, Level.VILLAGE, Level.GRID, Level.MICRO_GRID)  # coarse to fine
_DEPTH = {level: depth for depth, level in enumerate((*GOVERNANCE, Level.SPECIAL))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A governance polygon. `code` is unique in its version; `parent` is the code of the grid it divides.

    `shape` is in WGS 84 degrees, longitude first. `key` is the database's and changes with every version; it is 0
    until the grid is stored.
    """

    key: int = 0
    code: str
    name: str
    level: Level
    parent: str | None
    shape: Area


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a point lies.

    `path` runs from the county to the finest grid that holds the point, and is empty if none does. `special` are the
    special grids that hold it, by code. `in_gap` says that grids lie all round the point but none holds it, or that
    the finest one that does is divided and no part of it holds the point. `nearest` is then, and outside all grids,
    the grid that lies closest, `distance_m` metres away: an offer to a person, never an assignment.
    """

    path: tuple[Grid, ...]
    special: tuple[Grid, ...] = ()
    in_gap: bool = False
    nearest: Grid | None = None
    distance_m: float | None = None
