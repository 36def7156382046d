"""Set a scenario in a county: choose its buildings, cameras and devices by the county's seed. Pure."""

from collections.abc import Callable
from datetime import datetime
from math import cos, radians

from simulators.county import METRES_PER_DEGREE, County, DeviceKind, DeviceSpec
from simulators.faults import (
    Chain,
    Chattering,
    Drifting,
    Duplicate,
    Fault,
    OutOfOrder,
    Says,
    Silent,
    Stuck,
    Within,
    WrongClock,
)
from simulators.fire import Fire
from simulators.noise import choose, uniform
from simulators.scenario import (
    Ailment,
    BuildingFire,
    ChatteringAilment,
    DriftingAilment,
    DuplicateAilment,
    OutOfOrderAilment,
    Rain,
    SaysAilment,
    Scenario,
    ScenarioError,
    SilentAilment,
    StuckAilment,
    WrongClockAilment,
)
from simulators.weather import RainCell, Weather
from simulators.world import World

_NEXT_ROOM_S = 22.0  # smoke finds the next room, and the next floor
_NEXT_FLOOR_S = 14.0
_WORTH_A_FIRE = 2  # detectors: fewer could not trip in turn


def world_of(scenario: Scenario, county: County, began: datetime) -> World:
    """Make the world in which `scenario` is told in `county` from `began` (aware UTC) on.

    Raises:
        ScenarioError: the county has too few buildings for the story.
    """
    loop_s = None if scenario.loop is None else scenario.loop.total_seconds()
    fires = tuple(_fire(wanted, i, county) for i, wanted in enumerate(scenario.fires))
    for i, fire in enumerate(fires):
        if loop_s is not None and fire.over_s() > loop_s:
            raise ScenarioError(f"{scenario.name}: fires.{i}: its smoke clears after the loop of {scenario.loop}")
    return World(
        seed=county.seed,
        began=began,
        sites={site.device: site for site in county.gauge_sites},
        weather=Weather(cells=tuple(_cell(rain, county) for rain in scenario.rain), loop_s=loop_s),
        fires=fires,
        pace=scenario.pace,
        loop_s=loop_s,
    )


def faults_of(scenario: Scenario, county: County, began: datetime) -> dict[str, Fault]:
    """Return what is wrong with which device, by device id. Spans are counted from `began`."""
    found: dict[str, list[Fault]] = {}
    for i, ailment in enumerate(scenario.faults):
        wanted = ailment.devices
        able = [device for device in county.devices if device.kind is wanted.kind and _can_have(ailment, device)]
        order = choose(len(able), len(able), county.seed, "ailment", wanted.kind)
        chosen = order[wanted.number - 1 : wanted.number - 1 + wanted.count]
        if len(chosen) < wanted.count:
            raise ScenarioError(
                f"{scenario.name}: faults.{i}: the county has only {len(able)} such {wanted.kind} devices"
            )
        since = began + ailment.starts
        until = None if ailment.lasts is None else since + ailment.lasts
        for k in chosen:
            found.setdefault(able[k].id, []).append(Within(since=since, until=until, make=_maker(ailment)))
    return {device: Chain(faults=faults) for device, faults in found.items()}


def _cell(rain: Rain, county: County) -> RainCell:
    ring = county.grids["county"][0]["geometry"]["coordinates"][0]
    west, east = min(point[0] for point in ring), max(point[0] for point in ring)
    south, north = min(point[1] for point in ring), max(point[1] for point in ring)
    lon, lat, half_lon = (west + east) / 2, (south + north) / 2, (east - west) / 2
    half_lat = half_lon * cos(radians(lat))  # the same number of metres
    return RainCell(
        starts_s=rain.starts.total_seconds(),
        lasts_s=rain.lasts.total_seconds(),
        from_lon=lon + rain.enters[0] * half_lon,
        from_lat=lat + rain.enters[1] * half_lat,
        to_lon=lon + rain.leaves[0] * half_lon,
        to_lat=lat + rain.leaves[1] * half_lat,
        radius_m=rain.radius * half_lon * METRES_PER_DEGREE * cos(radians(lat)),
        peak_mm_per_h=rain.peak_mm_per_h,
    )


def _fire(wanted: BuildingFire, index: int, county: County) -> Fire:
    inside: dict[str, list[DeviceSpec]] = {}
    for device in county.devices:
        if device.kind is DeviceKind.SMOKE and device.building is not None:
            inside.setdefault(device.building, []).append(device)
    large = {building.name: building.large for building in county.buildings}
    fit = [
        name
        for name, found in inside.items()
        if len(found) >= _WORTH_A_FIRE and large[name] == (wanted.building == "large")
    ]
    if wanted.number > len(fit):
        raise ScenarioError(f"fires.{index}: the county has only {len(fit)} such buildings")
    name = fit[choose(len(fit), wanted.number, county.seed, "fire", wanted.building)[-1]]
    detectors = inside[name]
    return Fire(
        building=name,
        starts_s=wanted.starts.total_seconds(),
        lasts_s=wanted.lasts.total_seconds(),
        delays_s=_delays(detectors, county.seed),
        camera=_nearest_camera(detectors[0], county) if wanted.camera else None,
    )


def _delays(detectors: list[DeviceSpec], seed: int) -> dict[str, float]:
    """Let the smoke find one detector after the other, those on the fire's floor and above it sooner."""
    origin = min(detectors, key=lambda device: uniform(seed, "origin", device.id))
    floor = float(origin.attributes["floor"])
    others = sorted(
        (device for device in detectors if device is not origin),
        key=lambda device: (_climb(float(device.attributes["floor"]) - floor), device.id),
    )
    delays = {origin.id: 0.0}
    for k, device in enumerate(others, start=1):
        delays[device.id] = k * _NEXT_ROOM_S + _NEXT_FLOOR_S * _climb(float(device.attributes["floor"]) - floor)
    return delays


def _climb(floors: float) -> float:
    return floors if floors >= 0 else -2.5 * floors  # smoke goes up by itself and down only when pushed


def _nearest_camera(device: DeviceSpec, county: County) -> str | None:
    cameras = [camera for camera in county.devices if camera.kind is DeviceKind.CAMERA]
    own = [camera for camera in cameras if camera.building == device.building]
    near = min(
        own or cameras,
        key=lambda camera: ((camera.lon - device.lon) ** 2 + (camera.lat - device.lat) ** 2, camera.id),
        default=None,
    )
    return None if near is None else near.id


def _can_have(ailment: Ailment, device: DeviceSpec) -> bool:
    """Tell whether the device can show the fault: it has the metric, and speaks on its own."""
    match ailment:
        case SaysAilment():
            return device.metric(ailment.fact) is not None and device.gateway is None
        case DriftingAilment() | ChatteringAilment():
            return device.metric(ailment.metric) is not None and device.gateway is None
        case _:
            return device.gateway is None


def _maker(ailment: Ailment) -> Callable[[], Fault]:  # noqa: PLR0911 -- one line a fault
    match ailment:
        case StuckAilment():
            return Stuck
        case DriftingAilment():
            return lambda: Drifting(metric=ailment.metric, per_hour=ailment.per_hour)
        case ChatteringAilment():
            return lambda: Chattering(metric=ailment.metric, by=ailment.by)
        case SilentAilment():
            return Silent
        case WrongClockAilment():
            return lambda: WrongClock(by=ailment.by)
        case DuplicateAilment():
            return lambda: Duplicate(times=ailment.times)
        case OutOfOrderAilment():
            return OutOfOrder
        case SaysAilment():
            return lambda: Says(fact=ailment.fact, charge=ailment.charge)
