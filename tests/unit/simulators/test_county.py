"""The synthetic county: exact nesting, seeded bytes, and what stands in it."""

import json
from collections import Counter
from itertools import pairwise

import pytest
import shapely
from shapely.geometry import shape

from simulators.county import LEVELS, SIZES, SPECIAL, County, DeviceKind, UnknownSizeError, WireFormat, make_county

SEEDS = (1, 2, 20)


@pytest.fixture(scope="module", params=SEEDS)
def county(request: pytest.FixtureRequest) -> County:
    """A small county of each seed."""
    return make_county(request.param, "small")


def polygons(county: County, level: str) -> dict[str, shapely.Polygon]:
    """The polygons of one level by code."""
    return {feature["properties"]["code"]: shape(feature["geometry"]) for feature in county.grids[level]}


def test_every_polygon_is_valid_and_without_holes(county):
    """Every grid of every level is one valid polygon."""
    for level in (*LEVELS, SPECIAL):
        for code, polygon in polygons(county, level).items():
            assert polygon.geom_type == "Polygon", code
            assert polygon.is_valid, code


def test_children_partition_their_parent(county):
    """The children of a grid cover it exactly: the same boundary, no overlap, no gap."""
    for above, below in pairwise(LEVELS):
        parents = polygons(county, above)
        children: dict[str, list[shapely.Polygon]] = {code: [] for code in parents}
        for feature in county.grids[below]:
            children[feature["properties"]["parent"]].append(shape(feature["geometry"]))
        for code, parts in children.items():
            assert shapely.coverage_is_valid(parts), code
            assert shapely.coverage_union_all(parts).equals(parents[code]), code


def test_codes_are_unique_and_extend_the_parents_code(county):
    """A grid's code is its parent's code and a suffix, and no code is given twice."""
    features = county.feature_collection()["features"]
    codes = [feature["properties"]["code"] for feature in features]
    assert len(codes) == len(set(codes))
    for feature in features[1:]:
        assert feature["properties"]["code"].startswith(feature["properties"]["parent"])
    assert [len(county.grids[level][0]["properties"]["code"]) for level in LEVELS] == [6, 9, 12, 15, 17]


def test_special_grids_lie_inside_their_village(county):
    """A school, a reservoir and an industrial park lie within one village."""
    villages = polygons(county, "village")
    for feature in county.grids[SPECIAL]:
        assert villages[feature["properties"]["parent"]].buffer(1e-9).contains(shape(feature["geometry"]))


def test_the_same_seed_gives_the_same_bytes():
    """A county depends on its seed and on nothing else."""
    one, again, other = (make_county(seed, "small") for seed in (7, 7, 8))
    assert json.dumps(one.feature_collection()) == json.dumps(again.feature_collection())
    assert one == again
    assert json.dumps(one.feature_collection()) != json.dumps(other.feature_collection())


@pytest.mark.parametrize("size", ["small", "demo"])
def test_a_size_promises_its_counts(size):
    """A county has exactly the grids and devices its size names."""
    made, plan = make_county(3, size), SIZES[size]
    assert [len(made.grids[level]) for level in LEVELS] == [
        1,
        plan.towns,
        plan.villages,
        plan.grids,
        plan.micro_grids,
    ]
    counted = Counter(device.kind for device in made.devices)
    assert counted == {
        DeviceKind.SMOKE: plan.smoke,
        DeviceKind.GAUGE: plan.gauges,
        DeviceKind.RAIN: plan.rain,
        DeviceKind.CAMERA: plan.cameras,
        DeviceKind.PANEL: plan.panels,
    }


def test_devices_have_unique_ids_and_stand_in_their_area(county):
    """Every device has an id of its own and stands in the town whose code is its area."""
    ids = [device.id for device in county.devices]
    assert len(ids) == len(set(ids))
    towns = polygons(county, "town")
    for device in county.devices:
        assert towns[device.area].distance(shapely.Point(device.lon, device.lat)) < 1e-3, device.id


def test_components_report_through_a_panel_of_their_building(county):
    """A detector behind a fire panel names the panel's gateway, and both are in one building."""
    by_id = {device.id: device for device in county.devices}
    parts = [device for device in county.devices if device.component is not None]
    assert parts
    for part in parts:
        assert part.gateway is not None
        assert by_id[part.gateway].kind is DeviceKind.PANEL
        assert by_id[part.gateway].building == part.building


def test_gauges_of_a_river_are_in_flow_order_and_fall(county):
    """Down a river the chainage grows, the bed falls and the catchment does not shrink."""
    by_river: dict[str, list] = {}
    for site in county.gauge_sites:
        by_river.setdefault(site.river, []).append(site)
    for sites in by_river.values():
        for upper, lower in pairwise(sites):
            assert lower.chainage_m > upper.chainage_m
            assert lower.bed_m <= upper.bed_m
            assert lower.catchment_km2 >= upper.catchment_km2


def test_limits_rise_from_blue_to_red_above_dry_weather(county):
    """Every gauge's limits grow with the priority and lie above the dry-weather stage."""
    sites = {site.device: site for site in county.gauge_sites}
    for device in county.devices:
        if device.kind is DeviceKind.GAUGE:
            stage, site = device.metric("stage"), sites[device.id]
            assert stage is not None
            red, orange, yellow, blue = stage.limits
            assert red > orange > yellow > blue > site.bed_m + site.base_m
            assert stage.datum_m == (site.bed_m if device.format is WireFormat.SL651 else 0.0)


def test_tributaries_end_on_the_river_they_join(county):
    """The last point of a tributary lies on the river it flows into."""
    by_code = {river.code: river for river in county.rivers}
    for river in county.rivers:
        if river.into is not None:
            joined = shapely.LineString(by_code[river.into].line)
            assert joined.distance(shapely.Point(river.line[-1])) < 1e-5


def test_an_unknown_size_names_the_known_ones():
    """Asking for a size that does not exist says which ones do."""
    with pytest.raises(UnknownSizeError, match="small, demo, bench"):
        make_county(1, "huge")


def test_gauges_name_the_next_one_downstream(county):
    """Every way down the gauges ends at one that has none below it, and a flood takes its time from one to the next."""
    gauges = {device.id: device.attributes for device in county.devices if device.kind is DeviceKind.GAUGE}
    sites = {site.device: site for site in county.gauge_sites}
    assert any("downstream" in attributes for attributes in gauges.values())
    for device in gauges:
        here, seen = device, {device}
        while "downstream" in gauges[here]:
            below = str(gauges[here]["downstream"])
            assert float(gauges[here]["travel_min"]) >= 1
            assert below not in seen
            assert sites[below].river != sites[here].river or sites[below].chainage_m > sites[here].chainage_m
            seen.add(below)
            here = below
