"""What a synthetic county is made of. Pure nouns; every coordinate is WGS 84 degrees, longitude first."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Feature = dict[str, Any]  # one GeoJSON feature, RFC 7946
Limits = tuple[float | None, float | None, float | None, float | None]  # by priority, 1 (red) first
NO_LIMITS: Limits = (None, None, None, None)
LEVELS = ("county", "town", "village", "grid", "micro-grid")  # each level's grids partition their parents
SPECIAL = "special"  # schools, reservoirs, industrial parks: they lie over the others


class WireFormat(StrEnum):
    """How a device speaks; the same names as the decoders have."""

    SENML = "senml"
    SL651 = "sl651"
    GB26875_3 = "gb26875_3"
    FRIGATE = "frigate"


class DeviceKind(StrEnum):
    """What a simulated device is."""

    SMOKE = "smoke"
    GAUGE = "gauge"
    RAIN = "rain"
    CAMERA = "camera"
    PANEL = "panel"


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSpec:
    """One quantity a device reports.

    `unit` is SenML/UCUM, "1" for a fact. `interval_s` is the expected time between readings in seconds, None where the
    device speaks only when something happens. `limits` are in `unit` and absolute: `datum_m` (metres) is what has to be
    added to a value on the wire before it is compared with them.
    """

    name: str
    unit: str
    interval_s: float | None
    limits: Limits = NO_LIMITS
    datum_m: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentAddress:
    """Where a detector sits on a fire panel, in the words of GB/T 26875.3 section 8.2.1.2."""

    system: int  # system type, 1 = fire alarm system
    system_address: int
    component: int  # component type, 40 = smoke detector
    loop: int
    node: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSpec:
    """One device as it is registered, and what its model has to know.

    `id` is what the decoder of its format calls it. `area` is the town's code. `building` is the building's unique
    name. `gateway` is the id of the device it reports through. `attributes` are for people and for the models: plain
    numbers and text.
    """

    id: str
    kind: DeviceKind
    area: str
    name: str
    lon: float
    lat: float
    format: WireFormat
    metrics: tuple[MetricSpec, ...]
    building: str | None = None
    gateway: str | None = None
    component: ComponentAddress | None = None
    attributes: Mapping[str, str | float] = field(default_factory=dict)

    def metric(self, name: str) -> MetricSpec | None:
        """Return the metric called `name`, or None where the device has none."""
        return next((metric for metric in self.metrics if metric.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Building:
    """A building with detectors in it. `village` is the code of the village it stands in."""

    name: str
    village: str
    lon: float
    lat: float
    floors: int
    large: bool  # has a fire panel whose gateway reports for its detectors


@dataclass(frozen=True, slots=True, kw_only=True)
class River:
    """One river from its source down. `order` is 1 for the main stem, 2 for what joins it, and so on.

    `into` is the code of the river it joins, None for the main stem. `line` runs downstream.
    """

    code: str
    name: str
    order: int
    into: str | None
    line: tuple[tuple[float, float], ...]
    length_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A part of a gauge's catchment: where it rains, its share of the catchment, and how long its water takes."""

    lon: float
    lat: float
    share: float
    travel_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GaugeSite:
    """A river gauge and the water that comes to it.

    Sites of one river are in flow order by `chainage_m`, metres from the river's source. `bed_m` is the absolute
    height of the gauge's zero, `base_m` the depth in dry weather above it, `span_m` the rise at which the red limit
    lies. The shares of `sources` add up to 1.
    """

    device: str
    river: str
    order: int
    chainage_m: float
    bed_m: float
    base_m: float
    span_m: float
    catchment_km2: float
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class County:
    """A whole county. `grids` maps each level, and "special", to its features in code order."""

    seed: int
    size: str
    code: str
    name: str
    grids: Mapping[str, tuple[Feature, ...]]
    buildings: tuple[Building, ...]
    rivers: tuple[River, ...]
    gauge_sites: tuple[GaugeSite, ...]
    devices: tuple[DeviceSpec, ...]

    def feature_collection(self) -> Feature:
        """Return every grid of every level as one GeoJSON FeatureCollection, county first."""
        return {"type": "FeatureCollection", "features": [f for features in self.grids.values() for f in features]}

    def river_collection(self) -> Feature:
        """Return the rivers as a GeoJSON FeatureCollection of lines that run downstream."""
        return {"type": "FeatureCollection", "features": [_river_feature(river) for river in self.rivers]}


def _river_feature(river: River) -> Feature:
    return {
        "type": "Feature",
        "properties": {"code": river.code, "name": river.name, "order": river.order, "into": river.into},
        "geometry": {"type": "LineString", "coordinates": [list(point) for point in river.line]},
    }
