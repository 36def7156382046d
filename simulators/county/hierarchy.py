"""Grow towns, villages, grids and micro-grids out of cells, and draw their polygons. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from simulators.county import names
from simulators.county.nouns import Feature
from simulators.county.plane import Points
from simulators.county.regions import shares, split
from simulators.county.sizes import Size
from simulators.county.tessellation import Tessellation


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """One grid: its cells and its polygon in degrees."""

    code: str
    name: str
    level: str
    parent: str | None
    members: NDArray[np.int64]
    shape: shapely.Polygon


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """One level below the villages, and how many grids it has in the whole county."""

    level: str
    total: int


def grow(rng: np.random.Generator, land: Tessellation, size: Size, centres: Points) -> dict[str, list[Region]]:
    """Return the regions of every level, in code order; town i grows around `centres[i]`."""
    everything = np.arange(len(land.cells))
    levels: dict[str, list[Region]] = {
        "county": [_region(land, names.COUNTY_CODE, names.COUNTY_NAME, "county", None, everything)]
    }
    towns = split(rng, land, everything, size.towns, centres)
    levels["town"] = [
        _region(land, names.COUNTY_CODE + suffix, name, "town", names.COUNTY_CODE, members)
        for (name, suffix), members in zip(names.towns(size.towns), towns, strict=True)
    ]
    levels["village"] = _villages(rng, land, levels["town"], size.villages)
    levels["grid"] = list(_children(rng, land, levels["village"], _Plan(level="grid", total=size.grids)))
    levels["micro-grid"] = list(_children(rng, land, levels["grid"], _Plan(level="micro-grid", total=size.micro_grids)))
    for regions in levels.values():
        regions.sort(key=lambda region: region.code)
    return levels


def feature(region: Region) -> Feature:
    """Turn a region into a GeoJSON feature with its code, name, level and parent."""
    return polygon_feature(region.code, region.name, region.level, region.parent, region.shape)


def polygon_feature(code: str, name: str, level: str, parent: str | None, shape: shapely.Polygon) -> Feature:
    """Make a GeoJSON polygon feature, outer ring counter-clockwise as RFC 7946 section 3.1.6 asks."""
    turned = shapely.orient_polygons(shape)
    rings = [turned.exterior, *turned.interiors]
    return {
        "type": "Feature",
        "properties": {"code": code, "name": name, "level": level, "parent": parent},
        "geometry": {"type": "Polygon", "coordinates": [shapely.get_coordinates(ring).tolist() for ring in rings]},
    }


def _region(
    land: Tessellation, code: str, name: str, level: str, parent: str | None, members: NDArray[np.int64]
) -> Region:
    shape = shapely.coverage_union_all(land.cells[members])
    if isinstance(shape, shapely.MultiPolygon | shapely.GeometryCollection):
        [shape] = shape.geoms  # cells that share edges make one polygon, or a cell was lost
    assert isinstance(shape, shapely.Polygon)
    return Region(code=code, name=name, level=level, parent=parent, members=members, shape=shape)


def _villages(rng: np.random.Generator, land: Tessellation, towns: list[Region], total: int) -> list[Region]:
    counts = shares(total, [len(town.members) for town in towns])
    called = iter(names.villages(rng, total))
    made = []
    for town, count in zip(towns, counts, strict=True):
        urban = town.name.endswith("街道")
        first = 1 if urban else 201  # GB/T 10114: communities from 001, villages from 200
        for i, members in enumerate(split(rng, land, town.members, count)):
            name = next(called) + ("社区" if urban else "村")
            made.append(_region(land, f"{town.code}{first + i:03d}", name, "village", town.code, members))
    return made


def _children(rng: np.random.Generator, land: Tessellation, parents: list[Region], plan: _Plan) -> Iterator[Region]:
    counts = shares(plan.total, [len(parent.members) for parent in parents])
    for parent, count in zip(parents, counts, strict=True):
        for i, members in enumerate(split(rng, land, parent.members, count), start=1):
            if plan.level == "grid":
                code, name = f"{parent.code}{i:03d}", f"{parent.name}第{names.numeral(i)}网格"
            else:
                code, name = f"{parent.code}{i:02d}", f"{names.numeral(i)}号微格"
            yield _region(land, code, name, plan.level, parent.code, members)
