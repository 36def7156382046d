"""Which grids an official warning holds in: shapes are laid over the grids, area codes are compared with theirs. Pure.

What cannot be placed is never everything and never nothing silently: it is `unknown`, and shown as such. What lies outside of all
grids is `elsewhere`.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import islice, takewhile
from math import cos, radians
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo.grid import GOVERNANCE, Grid
from geo.grid_set import GridSet
from ingest.readings import WarningArea

KM_PER_DEGREE: Final = 111.2
GB2260: Final = "GB2260"
HALF_ROUND, ROUND = 180.0, 360.0
_CROSSINGS_AT_MOST: Final = 500  # each counts twice; a border that somebody drew by hand has some dozens
_PAIRS_LOOKED_AT: Final = 200_000  # at once
_COUNTY_DIGITS: Final = 6
_PAIR: Final = 2

Ring = tuple[tuple[float, float], ...]
Corners = NDArray[np.float64]


class Placing(StrEnum):
    """Whether a warning could be placed. Stored values: changing one is a migration."""

    PLACED = "placed"
    ELSEWHERE = "elsewhere"  # it is known where, and that is outside of all grids
    UNKNOWN = "unknown"  # no shape, and no code that we know


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Where a warning holds: codes of grids, each with all below it, sorted."""

    grids: tuple[str, ...]
    placing: Placing


class Placer:
    """Places warnings in one version of the grids. `aliases` give the grids of an issuer's code or place name.

    Keys of `aliases` are a code ("MTZ014"), a code with its system ("UGC:MTZ014") or the name of a place as the issuer writes it.
    """

    def __init__(self, grids: GridSet, aliases: Mapping[str, tuple[str, ...]]) -> None:
        self.version = grids.version
        self._grids = grids
        self._aliases = aliases

    def place(self, areas: Iterable[WarningArea]) -> Placed:
        """Give the grids of all areas; one that lies in none of ours does not hide one that does."""
        found: set[str] = set()
        outcomes = set()
        for area in areas:
            codes, placing = self._place(area)
            found |= codes
            outcomes.add(placing)
        if found:
            return Placed(grids=tuple(sorted(self._without_lower(found))), placing=Placing.PLACED)
        # One area whose place nobody knows may be here.
        is_elsewhere = outcomes == {Placing.ELSEWHERE}
        return Placed(grids=(), placing=Placing.ELSEWHERE if is_elsewhere else Placing.UNKNOWN)

    def _place(self, area: WarningArea) -> tuple[set[str], Placing]:
        aliased = self._by_alias(area)
        if aliased:
            return aliased, Placing.PLACED
        shape = _shape_of(area)
        coded = {code for scheme, code in area.codes for code in self._by_code(scheme, code)}
        if coded and (shape is None or _is_point(area)):  # a point does not say how far it reaches
            return coded, Placing.PLACED
        # A shape is the more exact of the two (CAP 1.2 §3.2.4); codes are for those who cannot draw.
        if shape is not None and (drawn := self._under(shape)):
            return drawn, Placing.PLACED
        is_known = shape is not None or (self._has_national_codes and any(scheme == GB2260 for scheme, _ in area.codes))
        return set(), Placing.ELSEWHERE if is_known else Placing.UNKNOWN

    def _by_alias(self, area: WarningArea) -> set[str]:
        keys = [area.name] + [key for scheme, code in area.codes for key in (f"{scheme}:{code}", code)]
        return {grid for key in keys for grid in self._aliases.get(key, ()) if self._grids.by_code(grid) is not None}

    def _by_code(self, scheme: str, code: str) -> Iterable[str]:
        """Find the coarsest grids that an administrative code covers: 500101 and 500101000000 are the same county.

        A place that is smaller than our grids (a village, where they end at towns) is in the finest grid that holds it.
        """
        if self._grids.by_code(code) is not None:
            return (code,)
        if scheme != GB2260:
            return ()
        prefix = _significant(code)
        first = bisect_left(self._national, prefix)
        held = set(takewhile(lambda one: one.startswith(prefix), islice(self._national, first, None)))
        if not held:
            return self._holding(prefix)
        return [code for code in held if (grid := self._grids.by_code(code)) is None or grid.parent not in held]

    def _holding(self, prefix: str) -> tuple[str, ...]:
        """Give the finest grid, county or below, whose code a longer one begins with."""
        sizes = range(len(prefix), _COUNTY_DIGITS - 1, -1)
        return next(((self._by_beginning[prefix[:n]],) for n in sizes if prefix[:n] in self._by_beginning), ())

    @cached_property
    def _by_beginning(self) -> dict[str, str]:
        """Give the code of each national grid by the digits it stands for."""
        return {_whole(code): code for code in self._national}

    @cached_property
    def _national(self) -> list[str]:
        """List the codes of grids that begin with a county of GB/T 2260, sorted."""
        return sorted(
            grid.code
            for grid in self._grids
            if len(grid.code) >= _COUNTY_DIGITS and grid.code[:_COUNTY_DIGITS].isdigit() and grid.level in GOVERNANCE
        )

    @property
    def _has_national_codes(self) -> bool:
        return bool(self._national)

    def _under(self, area: BaseGeometry) -> set[str]:
        """Give the coarsest grids that a shape covers whole and the finest that it reaches into."""
        shapely.prepare(area)
        found: set[str] = set()
        waiting = self._parts.get(None, [])[:]
        while waiting:
            grid = waiting.pop()
            if not _reaches(area, grid.shape):
                continue
            below = self._parts.get(grid.code, [])
            if not below or area.covers(grid.shape):
                found.add(grid.code)
            else:
                inner = [part for part in below if _reaches(area, part.shape)]
                waiting += inner
                if not inner:  # between the parts of a grid that is not divided without gaps
                    found.add(grid.code)
        return found

    @cached_property
    def _parts(self) -> dict[str | None, list[Grid]]:
        parts: dict[str | None, list[Grid]] = {}
        for grid in self._grids:
            if grid.level in GOVERNANCE:
                above = grid.parent if grid.parent is not None and self._grids.by_code(grid.parent) else None
                parts.setdefault(above, []).append(grid)
        return parts

    def _without_lower(self, codes: set[str]) -> set[str]:
        """Leave out what lies below another: a grid holds all below it."""
        kept = set()
        for code in codes:
            grid = self._grids.by_code(code)
            path = [] if grid is None else self._above(grid)
            if not any(above in codes for above in path):
                kept.add(code)
        return kept

    def _above(self, grid: Grid) -> list[str]:
        path: list[str] = []
        parent = grid.parent
        while parent is not None and parent not in path:
            path.append(parent)
            upper = self._grids.by_code(parent)
            parent = None if upper is None else upper.parent
        return path


def _significant(code: str) -> str:
    """Cut off the pairs of zeros that say "the whole": 500000000000 is 50, 500101000000 is 500101, 500101003000 is 500101003."""
    county = _whole(code)
    while len(county) <= _COUNTY_DIGITS and county.endswith("00") and len(county) > _PAIR:
        county = county[:-_PAIR]
    return county


def _whole(code: str) -> str:
    """Cut off what says "the whole county" or "the whole town"."""
    rest = code[_COUNTY_DIGITS:]
    for zeros in ("000", "000"):
        rest = rest.removesuffix(zeros)
    return code[:_COUNTY_DIGITS] + rest


def _is_point(area: WarningArea) -> bool:
    return not area.polygons and all(radius_km == 0.0 for _, _, radius_km in area.circles)


def _shape_of(area: WarningArea) -> BaseGeometry | None:
    shapes = _drawn([_unwrapped(ring) for ring in area.polygons])
    shapes += [_circle(*circle) for circle in area.circles]
    return shapely.union_all(shapes) if shapes else None


def _drawn(rings: list[Corners]) -> list[BaseGeometry]:
    """Make shapes of rings. Where they cross more often than anybody draws, it is the hull of them all: rather too much."""
    if rings and _are_tangled(rings):
        return [shapely.convex_hull(shapely.MultiPoint(np.concatenate(rings)))]
    return [shapely.make_valid(shapely.Polygon(ring), method="structure", keep_collapsed=True) for ring in rings]


def _are_tangled(rings: list[Corners]) -> bool:
    """Tell whether lines cross so often that to sort them out would take minutes: 200 corners in any order take 20 s."""
    ends = np.concatenate([np.stack([ring[:-1], ring[1:]], axis=1) for ring in rings])
    lines = np.asarray(shapely.linestrings(ends))
    tree = shapely.STRtree(lines)
    at_once = max(_PAIRS_LOOKED_AT // len(lines), 1)
    crossings = 0
    for start in range(0, len(lines), at_once):
        crossings += tree.query(lines[start : start + at_once], predicate="crosses").shape[1]
        if crossings > _CROSSINGS_AT_MOST:
            return True
    return False


def _unwrapped(ring: Ring) -> Corners:
    """Draw what crosses the antimeridian across it, not the long way round the earth: -179° becomes 181°."""
    corners: Corners = np.asarray(ring, dtype=np.float64)
    steps = np.diff(corners[:, 0])
    if np.any((np.abs(steps) > HALF_ROUND) & (np.abs(steps) < ROUND)):  # from -180° to 180° is all of the earth
        corners[:, 0] += np.where(corners[:, 0] < 0, ROUND, 0.0)
    return corners


def _circle(lon: float, lat: float, radius_km: float) -> BaseGeometry:
    """Draw a circle in degrees: an ellipse, because a degree of longitude is shorter. 1 % too wide at 500 km."""
    if radius_km == 0.0:
        return shapely.Point(lon, lat)
    along = radius_km / KM_PER_DEGREE
    across = along / max(cos(radians(min(abs(lat) + along, 89.0))), 0.01)
    unit = shapely.Point(0.0, 0.0).buffer(1.0, quad_segs=32)
    return shapely.transform(unit, lambda at: at * (across, along) + (lon, lat))


def _reaches(area: BaseGeometry, shape: BaseGeometry) -> bool:
    """Tell whether they have more than a border in common."""
    return bool(area.intersects(shape)) and not bool(area.touches(shape))
