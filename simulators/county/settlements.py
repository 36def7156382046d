"""Where people live: settlements, buildings, and the special grids that lie over the others. Pure."""

from dataclasses import dataclass

import numpy as np
import shapely

from simulators.county import names
from simulators.county.drainage import Drainage
from simulators.county.hierarchy import Region, polygon_feature
from simulators.county.nouns import SPECIAL, Building, Feature
from simulators.county.plane import Points, to_degrees, to_metres
from simulators.county.regions import shares
from simulators.county.sizes import Size
from simulators.county.tessellation import Tessellation

_LARGE = ("中心卫生院门诊楼", "综合商贸楼", "农贸市场", "敬老院", "文化礼堂", "粮油仓库", "客运站", "行政服务中心")


@dataclass(frozen=True, slots=True, kw_only=True)
class Special:
    """A special grid: its feature, and the name a large building in it gets ("" for a reservoir)."""

    feature: Feature
    village: str
    middle: tuple[float, float]
    building: str


def specials(
    rng: np.random.Generator, land: Tessellation, levels: dict[str, list[Region]], drainage: Drainage, size: Size
) -> list[Special]:
    """Lay schools, reservoirs and industrial parks over the county, each wholly inside one village."""
    schools, reservoirs, parks = size.specials
    villages = levels["village"]
    towns = {town.code: town.name for town in levels["town"]}
    order = [int(i) for i in rng.permutation(len(villages))]
    made = []
    for n in range(schools):
        village = villages[order[n % len(order)]]
        name = (
            f"{village.name}小学" if n >= size.towns else f"{towns[village.code[:9]]}第{names.numeral(n + 1)}实验学校"
        )
        made.append(_special(f"{village.code}S{n + 1:02d}", name, village, _yard(rng, land, village), "教学楼"))
    for n in range(parks):
        village = villages[order[-1 - n % len(order)]]
        shape = _cluster(land, village, _middle_cell(land, village), 7)
        name = f"{village.name.removesuffix('村').removesuffix('社区')}工业园"
        made.append(_special(f"{village.code}P{n + 1:02d}", name, village, shape, "一号厂房"))
    for n, (village, cell) in enumerate(_dams(land, villages, drainage, reservoirs)):
        name = f"{village.name.removesuffix('村').removesuffix('社区')}水库"
        made.append(_special(f"{village.code}W{n + 1:02d}", name, village, _cluster(land, village, cell, 6), ""))
    return sorted(made, key=lambda special: str(special.feature["properties"]["code"]))


def settlements(land: Tessellation, villages: list[Region]) -> dict[str, Points]:
    """Return the middle of each village's settlement by the village's code, metres: where its cells are smallest."""
    return {village.code: land.centres[_middle_cell(land, village)] for village in villages}


def buildings(
    rng: np.random.Generator,
    levels: dict[str, list[Region]],
    middles: dict[str, Points],
    found: list[Special],
    size: Size,
) -> list[Building]:
    """Stand buildings in the settlements: the large ones first, then enough houses for the detectors."""
    large = _large(rng, levels, middles, found, size.panels)
    villages = levels["village"]
    houses = max(len(villages), int((size.smoke - size.panels * size.per_panel) / size.per_house))
    weights = [len(village.members) * (4 if village.name.endswith("社区") else 1) for village in villages]
    made = list(large)
    for village, count in zip(villages, shares(houses, weights), strict=True):
        for n in range(1, count + 1):
            lon, lat = near(rng, village, middles[village.code], 420.0)
            floors = int(rng.integers(2, 7))
            name = f"{village.name}{n}号楼"
            made.append(Building(name=name, village=village.code, lon=lon, lat=lat, floors=floors, large=False))
    return made


def _special(code: str, name: str, village: Region, shape: shapely.Polygon, building: str) -> Special:
    middle = shape.representative_point()
    return Special(
        feature=polygon_feature(code, name, SPECIAL, village.code, shape),
        village=village.code,
        middle=(round(middle.x, 7), round(middle.y, 7)),
        building=name + building if building else "",
    )


def _middle_cell(land: Tessellation, village: Region) -> int:
    areas = shapely.area(land.cells[village.members])
    inner = shapely.distance(shapely.boundary(village.shape), shapely.centroid(land.cells[village.members]))
    score = areas / np.maximum(inner, 1e-9)  # small cells that are not at the border
    return int(village.members[np.argmin(score)])


def _yard(rng: np.random.Generator, land: Tessellation, village: Region) -> shapely.Polygon:
    """Draw a rectangle that fits into one cell, turned any way: a school and its yard."""
    cell = land.cells[_middle_cell(land, village)]
    corners = shapely.get_coordinates(cell)
    metres = shapely.Polygon(to_metres(corners))
    middle = metres.centroid
    half = min(110.0, 0.9 * middle.distance(metres.exterior))
    box = shapely.box(-half * 0.8, -half * 0.6, half * 0.8, half * 0.6)
    angle = rng.uniform(0, np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return shapely.Polygon(to_degrees(shapely.get_coordinates(box) @ turn.T + (middle.x, middle.y)))


def _cluster(land: Tessellation, village: Region, start: int, count: int) -> shapely.Polygon:
    """Join `count` cells around `start` that belong to the village."""
    own = {int(cell) for cell in village.members}
    reached = [start]
    for cell in reached:
        reached.extend(other for other in land.neighbours[cell] if other in own and other not in reached)
        if len(reached) >= count:
            break
    shape = shapely.coverage_union_all(land.cells[reached[:count]])
    assert isinstance(shape, shapely.Polygon)
    return shapely.Polygon(shape.exterior)


def _dams(land: Tessellation, villages: list[Region], drainage: Drainage, count: int) -> list[tuple[Region, int]]:
    """Find the cells at the upper third of the largest rivers, one a river."""
    owner = {int(cell): village for village in villages for cell in village.members}
    found = []
    for stream in drainage.streams:
        point = drainage.points[stream.nodes[len(stream.nodes) // 4]]
        cell = int(np.argmin(((land.centres - point) ** 2).sum(axis=1)))
        found.append((owner[cell], cell))
    return found[:count]


def _large(
    rng: np.random.Generator,
    levels: dict[str, list[Region]],
    middles: dict[str, Points],
    found: list[Special],
    count: int,
) -> list[Building]:
    made = []
    for special in [special for special in found if special.building][: count // 2]:
        lon, lat = special.middle
        made.append(Building(name=special.building, village=special.village, lon=lon, lat=lat, floors=4, large=True))
    villages = {village.code: village for village in levels["village"]}
    towns = levels["town"]
    for n in range(count - len(made)):
        town = towns[n % len(towns)]
        name = town.name + _LARGE[n // len(towns) % len(_LARGE)]
        code = min(code for code in villages if code.startswith(town.code))
        lon, lat = near(rng, villages[code], middles[code], 200.0)
        made.append(Building(name=name, village=code, lon=lon, lat=lat, floors=5, large=True))
    return made


def near(rng: np.random.Generator, village: Region, middle: Points, spread_m: float) -> tuple[float, float]:
    """Choose a place around `middle` that is inside the village."""
    for _ in range(20):
        ((lon, lat),) = to_degrees((middle + rng.normal(0, spread_m, 2))[None])
        if shapely.contains_xy(village.shape, lon, lat):
            return float(lon), float(lat)
    ((lon, lat),) = to_degrees(middle[None])
    return float(lon), float(lat)
