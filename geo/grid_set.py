"""All grids of one version, ready to place points in. Pure; reads no clock. Never guesses a grid for a point in a gap.

The rule of places, in order: a point on a boundary counts as inside; the finest governance level that holds the point
wins; of several grids of that level the lowest code wins (by Unicode code point); special grids never own a point.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo.grid import GOVERNANCE, Grid, Level, Place
from geo.measure import distance_m, outline
from geo.placing import Cover

# Where two levels share an edge their distances differ in the last bits only; the finer one is offered.
_SAME_DISTANCE_M = 1.0


class _Index:
    """What a grid set computes once: look-ups by key and code, and a cover of each level."""

    def __init__(self, grids: tuple[Grid, ...]) -> None:
        self.by_key = {grid.key: grid for grid in grids}
        self.by_code = {grid.code: grid for grid in grids}
        self.parts: dict[str, list[Grid]] = {}
        by_level: dict[Level, list[Grid]] = {}
        for grid in sorted(grids, key=lambda grid: grid.code):
            by_level.setdefault(grid.level, []).append(grid)
            if grid.parent is not None and grid.level is not Level.SPECIAL:
                self.parts.setdefault(grid.parent, []).append(grid)
        self.levels = {level: tuple(members) for level, members in by_level.items()}
        self.covers = {level: Cover([grid.shape for grid in members]) for level, members in self.levels.items()}
        self.keys = {
            level: np.array([grid.key for grid in members], dtype=np.int32) for level, members in self.levels.items()
        }
        self.outline: shapely.Geometry | None = None  # made when the first point outside all grids is asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class GridSet:
    """The grids of one version. Version 0, with no grids, is what holds before the first import.

    Keys and codes are each unique. It answers from memory only and may be shared by threads.
    """

    version: int
    valid_from: datetime | None
    grids: tuple[Grid, ...]
    _index: _Index = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_index", _Index(self.grids))

    def __len__(self) -> int:
        """Count the grids of all levels."""
        return len(self.grids)

    def __iter__(self) -> Iterator[Grid]:
        return iter(self.grids)

    def level(self, level: Level) -> tuple[Grid, ...]:
        """Give the grids of one level by code."""
        return self._index.levels.get(level, ())

    def by_key(self, key: int) -> Grid | None:
        """Give the grid with this database key, None if this version has none."""
        return self._index.by_key.get(key)

    def by_code(self, code: str) -> Grid | None:
        """Give the grid with this code, None if this version has none."""
        return self._index.by_code.get(code)

    def place(self, lon: ArrayLike, lat: ArrayLike) -> NDArray[np.int32]:
        """Give the key of the grid that owns each point, 0 where no governance grid holds it.

        `lon` and `lat` are WGS 84 degrees of one length; a coordinate that is not finite lies nowhere.
        """
        x, y = (np.atleast_1d(np.asarray(degrees, dtype=np.float64)) for degrees in (lon, lat))
        keys = np.zeros(len(x), dtype=np.int32)
        left = np.arange(len(x))
        for level in reversed(GOVERNANCE):
            cover = self._index.covers.get(level)
            if cover is None or not len(left):
                continue
            first = cover.first(x[left], y[left])
            held = first >= 0
            keys[left[held]] = self._index.keys[level][first[held]]
            left = left[~held]
        return keys

    def path(self, key: int) -> tuple[Grid, ...]:
        """Give the grid with this key after the grids it is part of, county first; empty for 0 or a foreign key."""
        grid = self.by_key(key)
        path: list[Grid] = []
        while grid is not None:
            path.append(grid)
            parent = self.by_code(grid.parent) if grid.parent is not None else None
            # Import sees to it that a parent is coarser; here it keeps a hand-made circle from turning for ever.
            grid = parent if parent is not None and parent.level.depth < grid.level.depth else None
        return tuple(reversed(path))

    def locate(self, lon: float, lat: float) -> Place:
        """Tell where one WGS 84 point lies, whether that is a gap, and what lies nearest if so."""
        x, y = np.array([lon], dtype=np.float64), np.array([lat], dtype=np.float64)
        path = self.path(int(self.place(x, y)[0]))
        special = self._special(x, y)
        if not np.isfinite(x[0] + y[0]) or not self.grids:
            return Place(path=(), special=special)
        parts = self._index.parts.get(path[-1].code, []) if path else []
        if path and not parts:
            return Place(path=path, special=special)
        nearest, metres = self._nearest_of(parts, lon, lat) if parts else self._nearest(lon, lat)
        in_gap = bool(path) or self._is_surrounded(lon, lat)
        return Place(path=path, special=special, in_gap=in_gap, nearest=nearest, distance_m=metres)

    def _special(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> tuple[Grid, ...]:
        cover = self._index.covers.get(Level.SPECIAL)
        if cover is None:
            return ()
        _, held = cover.pairs(lon, lat)
        return tuple(self._index.levels[Level.SPECIAL][i] for i in np.sort(held))

    def _nearest(self, lon: float, lat: float) -> tuple[Grid | None, float | None]:
        best: tuple[Grid | None, float | None] = (None, None)
        for level in reversed(GOVERNANCE):
            found = self._index.covers[level].nearest(lon, lat) if level in self._index.covers else None
            if found is not None and (best[1] is None or found[1] < best[1] - _SAME_DISTANCE_M):
                best = (self._index.levels[level][found[0]], found[1])
        return best

    @staticmethod
    def _nearest_of(parts: list[Grid], lon: float, lat: float) -> tuple[Grid, float]:
        metres = [distance_m(part.shape, lon, lat) for part in parts]
        first = int(np.argmin(metres))
        return parts[first], metres[first]

    def _is_surrounded(self, lon: float, lat: float) -> bool:
        if self._index.outline is None:
            shapes = [grid.shape for level in GOVERNANCE for grid in self.level(level)]
            joined = outline(np.array(shapes, dtype=object))
            shapely.prepare(joined)
            shapely.intersects_xy(joined, lon, lat)
            self._index.outline = joined
        return bool(shapely.intersects_xy(self._index.outline, lon, lat))
