"""Put a county together from a seed. Pure: the same seed and size give the same bytes."""

import numpy as np
import shapely

from simulators.county import names
from simulators.county.drainage import Drainage, drain
from simulators.county.fittings import cameras, detectors, gauges, panels, rain_gauges, split_detectors
from simulators.county.hierarchy import Region, feature, grow
from simulators.county.nouns import SPECIAL, Building, County, DeviceSpec, GaugeSite, River
from simulators.county.plane import Points, to_metres
from simulators.county.rivers import rivers, stations
from simulators.county.settlements import buildings, settlements, specials
from simulators.county.sizes import SIZES, Size
from simulators.county.tessellation import outline, spread, tessellate

_CELLS_PER_GRID = 9  # enough for a micro-grid to have bays and corners
_M2_PER_KM2 = 1e6


class UnknownSizeError(ValueError):
    """The caller asked for a size of county that does not exist."""


def make_county(seed: int, size: str = "demo") -> County:
    """Make the county of `seed`; `size` is "small", "demo" or "bench".

    Raises:
        UnknownSizeError: there is no such size.
    """
    if size not in SIZES:
        raise UnknownSizeError(f"no county size {size!r}: choose one of {', '.join(SIZES)}")
    plan = SIZES[size]
    rng = np.random.default_rng(seed)
    blob = outline(rng, plan.radius_m)
    centres = spread(rng, blob.buffer(-0.12 * plan.radius_m), plan.towns)
    land = tessellate(rng, blob, centres, plan.micro_grids * _CELLS_PER_GRID)
    levels = grow(rng, land, plan, centres)
    drainage = _drainage(rng, levels["county"][0], plan)
    named = rivers(rng, drainage)
    found = specials(rng, land, levels, drainage, plan)
    middles = settlements(land, levels["village"])
    stood = buildings(rng, levels, middles, found, plan)
    devices, sites = _devices(rng, levels, middles, stood, (drainage, named), plan)
    grids = {level: tuple(feature(region) for region in regions) for level, regions in levels.items()}
    grids[SPECIAL] = tuple(special.feature for special in found)
    return County(
        seed=seed,
        size=size,
        code=names.COUNTY_CODE,
        name=names.COUNTY_NAME,
        grids=grids,
        buildings=tuple(stood),
        rivers=tuple(named),
        gauge_sites=tuple(sites),
        devices=tuple(devices),
    )


def _drainage(rng: np.random.Generator, county: Region, plan: Size) -> Drainage:
    land = shapely.Polygon(to_metres(shapely.get_coordinates(county.shape.exterior)))
    inner = land.buffer(-0.02 * plan.radius_m)
    west, south, east, north = inner.bounds
    tries = rng.uniform((west, south), (east, north), (plan.river_nodes * 3, 2))
    points: Points = tries[shapely.contains_xy(inner, tries)][: plan.river_nodes]
    return drain(rng, land, points)


def _devices(
    rng: np.random.Generator,
    levels: dict[str, list[Region]],
    middles: dict[str, Points],
    stood: list[Building],
    water: tuple[Drainage, list[River]],
    plan: Size,
) -> tuple[list[DeviceSpec], list[GaugeSite]]:
    villages = levels["village"]
    drainage, named = water
    area_km2 = (
        shapely.Polygon(to_metres(shapely.get_coordinates(levels["county"][0].shape.exterior))).area / _M2_PER_KM2
    )
    places = stations(drainage, named, plan.gauges, area_km2)
    owner = _owner(villages, np.array([[place.lon, place.lat] for place in places]))
    rivers_gauges, sites = gauges(places, villages, owner, named)
    houses = [building for building in stood if not building.large]
    large = [building for building in stood if building.large]
    made = [
        *detectors(rng, houses, split_detectors(plan)),
        *panels(rng, large, plan.per_panel),
        *rivers_gauges,
        *rain_gauges(rng, villages, middles, plan.rain),
        *cameras(rng, rivers_gauges, stood, plan.cameras),
    ]
    return made, sites


def _owner(villages: list[Region], places: Points) -> Points:
    """Return for each place the index of the village it lies in, or of the nearest one."""
    shapes = shapely.STRtree([village.shape for village in villages])
    return np.asarray(shapes.nearest(shapely.points(places)))
