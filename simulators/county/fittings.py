"""Fit detectors, panels, gauges, rain gauges and cameras into a county. Pure."""

import numpy as np

from simulators.county.flow import next_below
from simulators.county.hierarchy import Region
from simulators.county.nouns import (
    Building,
    ComponentAddress,
    DeviceKind,
    DeviceSpec,
    GaugeSite,
    MetricSpec,
    River,
    WireFormat,
)
from simulators.county.plane import METRES_PER_DEGREE, Points
from simulators.county.rivers import Station
from simulators.county.settlements import near
from simulators.county.sizes import Size

REPORT_S = 60.0  # a detector's
CAMERA_STATUS_S = 300.0
SL651_REPORT_S = 300.0  # a station's timed report; it speaks every minute while something happens
_TOWN_DIGITS = 9
_ROOMS = ("走廊", "厨房", "楼梯间", "客厅", "储藏室", "配电间", "卧室")
_PANEL_ROOMS = ("走廊", "大厅", "配电间", "库房", "办公区", "楼梯间")
_SMOKE_DETECTOR = 40  # component type of GB/T 26875.3
_FIRE_ALARM_SYSTEM = 1


def _fact(name: str, interval_s: float | None = None) -> MetricSpec:
    return MetricSpec(name=name, unit="1", interval_s=interval_s)


_DETECTOR_METRICS = (
    MetricSpec(name="smoke", unit="%/m", interval_s=REPORT_S),
    MetricSpec(name="temperature", unit="Cel", interval_s=REPORT_S),
    MetricSpec(name="battery", unit="%EL", interval_s=REPORT_S),
    _fact("fire"),
    _fact("fault"),
    _fact("battery_low"),
    _fact("tamper"),
)
# A state word of GB/T 26875.3 tells all of its facts at once; a panel's comes with each heartbeat.
_COMPONENT_METRICS = tuple(_fact(name) for name in ("fire", "fault", "shielded", "mains_lost", "other", "test"))
_PANEL_METRICS = (*(_fact(name, REPORT_S) for name in ("fire", "fault", "mains_lost")), _fact("test"))
_CAMERA_METRICS = (_fact("smoke_seen"), _fact("fire_seen"), _fact("shielded"), _fact("offline", CAMERA_STATUS_S))


def detectors(rng: np.random.Generator, houses: list[Building], count: int) -> list[DeviceSpec]:
    """Put exactly `count` standalone detectors into `houses`, at least one each while they last."""
    per_house = np.ones(len(houses), dtype=int)
    for i in rng.integers(0, len(houses), max(0, count - len(houses))):
        per_house[i] += 1
    made: list[DeviceSpec] = []
    for house, fitted in zip(houses, per_house, strict=True):
        for n in range(int(fitted)):
            floor, room = n % house.floors + 1, _ROOMS[n % len(_ROOMS)]
            made.append(_detector(f"smoke-{len(made) + 1:06d}", house, floor, room, rng))
    return made[:count]


def panels(rng: np.random.Generator, large: list[Building], per_panel: int) -> list[DeviceSpec]:
    """Give each large building a fire panel's gateway and `per_panel` detectors behind it."""
    made: list[DeviceSpec] = []
    for n, building in enumerate(large, start=1):
        source = f"3399{n:08d}"  # the 6 bytes of the source address as hex
        made.append(
            DeviceSpec(
                id=source,
                kind=DeviceKind.PANEL,
                area=building.village[:_TOWN_DIGITS],
                name=f"{building.name}消防主机",
                lon=building.lon,
                lat=building.lat,
                format=WireFormat.GB26875_3,
                metrics=_PANEL_METRICS,
                building=building.name,
            )
        )
        made += [_component(source, building, k, per_panel, rng) for k in range(per_panel)]
    return made


def gauges(
    found: list[Station], villages: list[Region], owner: Points, named: list[River]
) -> tuple[list[DeviceSpec], list[GaugeSite]]:
    """Stand a gauge on each station; three of five speak SL 651, the others SenML. `owner[i]` indexes `villages`."""
    codes = [f"00{62_000_000 + n:08d}" if _speaks_sl651(n) else f"gauge-{n:04d}" for n in range(1, len(found) + 1)]
    below = next_below(dict(zip(codes, found, strict=True)), named)
    made = [
        _gauge(code, station, villages[int(village)], n, below.get(code))
        for n, (code, station, village) in enumerate(zip(codes, found, owner, strict=True), start=1)
    ]
    return made, [station.site(code) for code, station in zip(codes, found, strict=True)]


def _speaks_sl651(n: int) -> bool:
    return n % 5 in {1, 2, 4}


def rain_gauges(
    rng: np.random.Generator, villages: list[Region], middles: dict[str, Points], count: int
) -> list[DeviceSpec]:
    """Spread `count` rain gauges over the villages; half of them speak SL 651."""
    made = []
    for n, i in enumerate(np.resize(rng.permutation(len(villages)), count), start=1):
        village, sl651 = villages[int(i)], n % 2 == 0
        lon, lat = near(rng, village, middles[village.code], 900.0)
        interval = SL651_REPORT_S if sl651 else REPORT_S
        made.append(
            DeviceSpec(
                id=f"00{63_000_000 + n:08d}" if sl651 else f"rain-{n:04d}",
                kind=DeviceKind.RAIN,
                area=village.parent or "",
                name=f"{village.name}雨量站" if n <= len(villages) else f"{village.name}{n}号雨量站",
                lon=lon,
                lat=lat,
                format=WireFormat.SL651 if sl651 else WireFormat.SENML,
                metrics=(
                    MetricSpec(name="rain", unit="mm", interval_s=interval),
                    MetricSpec(name="rain_1h", unit="mm", interval_s=interval, limits=(70.0, 50.0, 30.0, 20.0)),
                    MetricSpec(name="voltage", unit="V", interval_s=interval),
                ),
            )
        )
    return made


def cameras(
    rng: np.random.Generator, stations: list[DeviceSpec], buildings: list[Building], count: int
) -> list[DeviceSpec]:
    """Point `count` cameras: two of five at gauges, the others at buildings, the large ones first."""
    by_river = [stations[int(i)] for i in rng.permutation(len(stations))[: count * 2 // 5]]
    large = [building for building in buildings if building.large][: count // 3]
    houses = [building for building in buildings if not building.large]
    others = [houses[int(i)] for i in rng.permutation(len(houses))[: count - len(by_river) - len(large)]]
    made: list[DeviceSpec] = []
    for gauge in by_river:
        made.append(_camera(len(made) + 1, gauge.area, f"{gauge.name}断面监控", gauge.lon, gauge.lat, None))
    for building in [*large, *others]:
        area, name = building.village[:_TOWN_DIGITS], f"{building.name}高空监控"
        made.append(_camera(len(made) + 1, area, name, building.lon, building.lat, building.name))
    return made


def split_detectors(size: Size) -> int:
    """Count the detectors that stand alone, behind no panel."""
    return size.smoke - size.panels * size.per_panel


def _detector(code: str, house: Building, floor: int, room: str, rng: np.random.Generator) -> DeviceSpec:
    lon, lat = _inside(house, rng)
    return DeviceSpec(
        id=code,
        kind=DeviceKind.SMOKE,
        area=house.village[:_TOWN_DIGITS],
        name=f"{house.name}{floor}层{room}",
        lon=lon,
        lat=lat,
        format=WireFormat.SENML,
        metrics=_DETECTOR_METRICS,
        building=house.name,
        attributes={"floor": floor, "room": room},
    )


def _component(source: str, building: Building, k: int, per_panel: int, rng: np.random.Generator) -> DeviceSpec:
    floor = k * building.floors // per_panel + 1
    room = f"{_PANEL_ROOMS[k % len(_PANEL_ROOMS)]}{k // len(_PANEL_ROOMS) + 1}"
    lon, lat = _inside(building, rng)
    address = ComponentAddress(
        system=_FIRE_ALARM_SYSTEM, system_address=1, component=_SMOKE_DETECTOR, loop=floor, node=k + 1
    )
    return DeviceSpec(
        id=component_id(source, address),
        kind=DeviceKind.SMOKE,
        area=building.village[:_TOWN_DIGITS],
        name=f"{building.name}{floor}层{room}",
        lon=lon,
        lat=lat,
        format=WireFormat.GB26875_3,
        metrics=_COMPONENT_METRICS,
        building=building.name,
        gateway=source,
        component=address,
        attributes={"floor": floor, "room": room},
    )


def component_id(source: str, address: ComponentAddress) -> str:
    """Name a component as the GB/T 26875.3 decoder does."""
    number = address.loop.to_bytes(2, "little") + address.node.to_bytes(2, "little")
    return f"{source}-{address.system}.{address.system_address}-{number.hex().upper()}"


def _inside(building: Building, rng: np.random.Generator) -> tuple[float, float]:
    """Choose a place a few metres from the building's middle."""
    lon, lat = (float(offset) for offset in rng.uniform(-6, 6, 2) / METRES_PER_DEGREE)
    return round(building.lon + lon, 7), round(building.lat + lat, 7)


def _gauge(code: str, station: Station, village: Region, n: int, below: tuple[str, int] | None) -> DeviceSpec:
    sl651 = _speaks_sl651(n)
    interval = SL651_REPORT_S if sl651 else REPORT_S / 2
    floor = station.bed_m + station.base_m
    red, orange, yellow, blue = (round(floor + station.span_m * part, 2) for part in (1.0, 0.8, 0.6, 0.4))
    return DeviceSpec(
        id=code,
        kind=DeviceKind.GAUGE,
        area=village.parent or "",
        name=f"{station.river.name}{village.name.removesuffix('村').removesuffix('社区')}{n}号水位站",
        lon=station.lon,
        lat=station.lat,
        format=WireFormat.SL651 if sl651 else WireFormat.SENML,
        metrics=(
            MetricSpec(
                name="stage",
                unit="m",
                interval_s=interval,
                limits=(red, orange, yellow, blue),
                datum_m=station.bed_m if sl651 else 0.0,  # SL 651 levels are relative to the station's base
            ),
            MetricSpec(name="voltage", unit="V", interval_s=interval),
        ),
        attributes={
            "river": station.river.name,
            "river_order": station.river.order,
            "chainage_m": station.chainage_m,
            "catchment_km2": station.catchment_km2,
            **({} if below is None else {"downstream": below[0], "travel_min": below[1]}),
        },
    )


def _camera(n: int, area: str, name: str, lon: float, lat: float, building: str | None) -> DeviceSpec:
    return DeviceSpec(
        id=f"camera-{n:04d}",
        kind=DeviceKind.CAMERA,
        area=area,
        name=name,
        lon=lon,
        lat=lat,
        format=WireFormat.FRIGATE,
        metrics=_CAMERA_METRICS,
        building=building,
    )
