"""Which gauge the water comes to next, and how long a flood takes. Pure."""

from collections.abc import Mapping, Sequence

import shapely

from simulators.county.nouns import River
from simulators.county.rivers import CELERITY_M_PER_S, Station

_SECONDS_PER_MINUTE = 60.0


def next_below(stations: Mapping[str, Station], named: Sequence[River]) -> dict[str, tuple[str, int]]:
    """Give for each gauge (by device id) the next one downstream and the travel time in whole minutes, at least 1.

    The last gauge before the county's outlet has none. Where a river ends in another the way goes on along that one.
    """
    rivers = {river.code: river for river in named}
    along: dict[str, list[tuple[float, str]]] = {}
    for device, station in stations.items():
        along.setdefault(station.river.code, []).append((station.chainage_m, device))
    found = {}
    for device, station in stations.items():
        below = _below(rivers, along, station)
        if below is not None:
            next_, metres = below
            found[device] = (next_, max(1, round(metres / CELERITY_M_PER_S / _SECONDS_PER_MINUTE)))
    return found


def _below(
    rivers: Mapping[str, River], along: Mapping[str, list[tuple[float, str]]], station: Station
) -> tuple[str, float] | None:
    river, passed, way = station.river, station.chainage_m, 0.0
    while True:
        further = sorted(one for one in along.get(river.code, []) if one[0] > passed)
        if further:
            return further[0][1], way + further[0][0] - passed
        if river.into is None:
            return None
        way += max(0.0, river.length_m - passed)
        mouth = shapely.Point(river.line[-1])
        river = rivers[river.into]
        passed = shapely.LineString(river.line).project(mouth, normalized=True) * river.length_m
