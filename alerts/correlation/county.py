"""The county as correlation sees it: places, their neighbours, the flow of water. Pure: a picture, taken by county_store."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import shapely

from alerts.carrier import Carrier
from alerts.correlation.nouns import Net, Span, Spoken
from geo.grid import Grid, Level
from geo.grid_set import GridSet
from geo.neighbours import shared_edges
from ingest.carrier_kind import CarrierKind

_LEVELS = {Span.GRID: Level.GRID, Span.VILLAGE: Level.VILLAGE, Span.TOWN: Level.TOWN}


@dataclass(frozen=True, slots=True, kw_only=True)
class GridRow:
    """A grid without its shape."""

    key: int
    code: str
    name: str
    level: Level
    parent: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Which gauge the water of a gauge comes to next, by device key, and how long a flood takes, in minutes."""

    to: Mapping[int, tuple[int, float | None]] = field(default_factory=dict)

    def sources(self, device: int) -> tuple[int, ...]:
        """Give the gauges that come down to a gauge next."""
        return tuple(sorted(up for up, (down, _) in self.to.items() if down == device))


class County:
    """One version of the grids and the flow. `shapes` is asked once, and only by rules that need polygons."""

    def __init__(self, rows: Sequence[GridRow], flow: Flow, shapes: Callable[[], GridSet]) -> None:
        self._by_key = {row.key: row for row in rows}
        self._by_code = {row.code: row for row in rows}
        self._flow = flow
        self._shapes = shapes
        self._across: dict[str, Net] = {}  # by code of a special grid
        self._below: dict[str, list[int]] = {}
        for row in rows:
            for code in self._codes(row):
                self._below.setdefault(code, []).append(row.key)

    def place(self, spoken: Spoken, span: Span) -> Sequence[tuple[Carrier, Net]]:
        """Give the places of a span that an alarm lies in."""
        if span is Span.BUILDING and spoken.building:
            return [self._building(spoken, spoken.building)]
        if span is Span.SPECIAL:
            return self._specials(spoken)
        row = self._up_to(spoken.grid, _LEVELS.get(span, Level.GRID))
        return [] if row is None else [self._grid(row)]

    def neighbours(self, place: str) -> Sequence[tuple[Carrier, Net]]:
        """Give the grids that share an edge with a grid."""
        code = place.partition(":")[2]
        return [self._grid(self._by_code[other]) for other in self._beside.get(code, ())]

    def downstream(self, device: int) -> tuple[int, float | None] | None:
        """Give the next gauge downstream and the travel time in minutes."""
        return self._flow.to.get(device)

    def upstream(self, device: int) -> Sequence[int]:
        """Give the gauges that come down to a gauge next."""
        return self._flow.sources(device)

    def _codes(self, row: GridRow) -> list[str]:
        """List the codes of a grid and of those it is part of; a circle by hand does not turn for ever."""
        codes: list[str] = []
        while row.code not in codes:
            codes.append(row.code)
            parent = self._by_code.get(row.parent or "")
            if parent is None:
                break
            row = parent
        return codes

    def _up_to(self, key: int, level: Level) -> GridRow | None:
        """Find what a grid is part of on a level; the grid itself where it is coarser."""
        row = self._by_key.get(key)
        if row is None:
            return None
        above = [self._by_code[code] for code in self._codes(row)]
        return next((one for one in above if one.level.depth <= level.depth), above[-1])

    def _grid(self, row: GridRow) -> tuple[Carrier, Net]:
        names = [self._by_code[code].name for code in reversed(self._codes(row)[:2])]
        carrier = Carrier(
            id=f"place:{row.code}",
            kind=CarrierKind.PLACE,
            name=names[-1] if names[-1].startswith(names[0]) else "".join(names),
            grid=row.key,
            area=self._town(row),
        )
        return carrier, Net(grids=frozenset(self._below[row.code]))

    def _building(self, spoken: Spoken, building: str) -> tuple[Carrier, Net]:
        carrier = Carrier(
            id=f"building:{spoken.area}:{building.replace('/', '_')}",  # an id is one step of a path
            kind=CarrierKind.PLACE,
            name=building,
            grid=spoken.grid or None,
            lon=spoken.lon,
            lat=spoken.lat,
            area=spoken.area,
            building=building,
        )
        return carrier, Net(buildings=frozenset({building}))

    def _town(self, row: GridRow) -> str:
        town = self._up_to(row.key, Level.TOWN)
        return town.code if town is not None and town.level is Level.TOWN else ""

    def _specials(self, spoken: Spoken) -> list[tuple[Carrier, Net]]:
        if spoken.lon is None or spoken.lat is None:
            return []
        found = self._grids.locate(spoken.lon, spoken.lat).special
        return [(self._grid(self._by_code[grid.code])[0], self._around(grid)) for grid in found]

    def _around(self, special: Grid) -> Net:
        """Find the grids that a special grid lies in or across; once for each."""
        if special.code not in self._across:
            near = frozenset(one.key for one in self._grids if shapely.intersects(one.shape, special.shape))
            self._across[special.code] = Net(grids=near)
        return self._across[special.code]

    @cached_property
    def _grids(self) -> GridSet:
        return self._shapes()

    @cached_property
    def _beside(self) -> dict[str, list[str]]:
        """Work out which grids of one level share an edge; once for this version."""
        beside: dict[str, list[str]] = {}
        for level in (Level.TOWN, Level.VILLAGE, Level.GRID):
            grids = self._grids.level(level)
            for one, other in shared_edges(np.array([grid.shape for grid in grids], dtype=object)):
                beside.setdefault(grids[one].code, []).append(grids[other].code)
                beside.setdefault(grids[other].code, []).append(grids[one].code)
        return beside
