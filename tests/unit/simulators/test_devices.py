"""Device models: pure functions of time over a world of rain, rivers and fires."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from simulators.county import County, DeviceKind, DeviceSpec, WireFormat, make_county
from simulators.devices import models
from simulators.observation import Observation, Phase, Report, Sighting
from simulators.scenario import load_scenario
from simulators.story import world_of
from simulators.world import World, calm

BEGAN = datetime(2026, 6, 1, 4, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def county() -> County:
    """A small county."""
    return make_county(1, "small")


@pytest.fixture(scope="module")
def burning(county: County) -> World:
    """The county during house_fire."""
    return world_of(load_scenario("house_fire"), county, BEGAN)


@pytest.fixture(scope="module")
def flooded(county: County) -> World:
    """The county during flash_flood."""
    return world_of(load_scenario("flash_flood"), county, BEGAN)


def reports(spec: DeviceSpec, world: World, lasts: timedelta) -> list[Report]:
    """Everything a device sends for a while."""
    model, found = models()[spec.kind], []
    due = model.next_due(spec, BEGAN, world)
    while due is not None and due <= BEGAN + lasts:
        found += model.observe(spec, due, world)
        due = model.next_due(spec, due, world)
    return found


def of_kind(county: County, kind: DeviceKind) -> list[DeviceSpec]:
    """The devices of a kind."""
    return [device for device in county.devices if device.kind is kind]


def test_there_is_a_model_for_every_kind():
    """Each kind of device is one file that says how it behaves."""
    assert set(models()) == set(DeviceKind)


def test_any_order_of_asking_gives_the_same_answer(county, burning):
    """What a device says at an instant does not depend on what it was asked before."""
    for spec in county.devices[::7]:
        observe = models()[spec.kind].observe
        instants = [BEGAN + timedelta(seconds=41.5 * k) for k in range(12)]
        forward = [observe(spec, instant, burning) for instant in instants]
        backward = [observe(spec, instant, burning) for instant in reversed(instants)]
        assert forward == backward[::-1]


def test_next_due_is_always_later(county, burning):
    """A device is never due at the instant it has just spoken at: a schedule cannot stand still."""
    for spec in county.devices:
        due, before = models()[spec.kind].next_due(spec, BEGAN, burning), BEGAN
        for _ in range(40):
            if due is None:
                break
            assert due > before, spec.id
            before, due = due, models()[spec.kind].next_due(spec, due, burning)


def test_a_quiet_county_raises_nothing(county):
    """On a quiet day no fact is true, no stage reaches a limit, no camera sees smoke."""
    world = calm(county, BEGAN)
    for spec in county.devices:
        for report in reports(spec, world, timedelta(minutes=30)):
            if isinstance(report, Sighting):
                assert report.severity == "detection"
                continue
            for value in report.values:
                metric = spec.metric(value.metric)
                assert value.value is not None
                if value.unit == "1":
                    assert value.value == 0.0
                elif metric is not None and metric.limits[3] is not None:
                    assert value.value + metric.datum_m < metric.limits[3]


def test_detectors_of_a_burning_house_trip_in_turn(county, burning):
    """Smoke finds one detector after the other, each says fire at once, and each takes it back."""
    fire = burning.fires[0]
    tripped = []
    for spec in of_kind(county, DeviceKind.SMOKE):
        if spec.building == fire.building:
            said = [
                (report.time, report.value("fire"))
                for report in reports(spec, burning, timedelta(minutes=12))
                if isinstance(report, Observation) and report.is_extra
            ]
            assert [fact for _, fact in said] == [1.0, 0.0]
            tripped.append(said[0][0])
    assert len(tripped) >= 2
    assert all(two - one >= timedelta(seconds=5) for one, two in pairwise(sorted(tripped)))


def test_the_panel_shows_fire_until_its_last_detector_is_clear(county, burning):
    """The panel of the burning building says fire after its first detector and in every heartbeat, then says it is over."""
    fire = burning.fires[1]
    [panel] = [spec for spec in of_kind(county, DeviceKind.PANEL) if spec.building == fire.building]
    facts = [
        (report.time, report.value("fire"))
        for report in reports(panel, burning, timedelta(minutes=14))
        if isinstance(report, Observation)
    ]
    shown = [time for time, fact in facts if fact]
    spans = [span for device in fire.delays_s if (span := fire.tripped(device))]
    assert shown[0] >= BEGAN + timedelta(seconds=min(span[0] for span in spans))
    assert facts[-1][1] == 0.0
    assert len(shown) > 5


def test_a_camera_follows_smoke_from_start_to_end(county, burning):
    """The camera of a fire reports one sighting of smoke: new once, then updates, then its end."""
    fire = burning.fires[0]
    [camera] = [spec for spec in of_kind(county, DeviceKind.CAMERA) if spec.id == fire.camera]
    seen = [
        report
        for report in reports(camera, burning, timedelta(minutes=12))
        if isinstance(report, Sighting) and report.label == "smoke"
    ]
    by_key: dict[str, list[Sighting]] = {}
    for sighting in seen:
        by_key.setdefault(sighting.key, []).append(sighting)
    for life in by_key.values():
        phases = [sighting.phase for sighting in life]
        assert phases[0] is Phase.NEW
        assert phases[-1] is Phase.END
        assert set(phases[1:-1]) == {Phase.UPDATE}
        assert all(one.time < two.time for one, two in pairwise(life))


def test_a_flood_comes_down_the_river(county, flooded):
    """Downstream the water peaks later than upstream on the same river, and it reaches limits."""
    minutes = [BEGAN + timedelta(minutes=k) for k in range(0, 480, 2)]
    peaks: dict[str, list[tuple[float, datetime]]] = {}
    reached = 0
    for site in county.gauge_sites:
        rises = [flooded.rise_m(site.device, instant) for instant in minutes]
        peaks.setdefault(site.river, []).append((site.chainage_m, minutes[rises.index(max(rises))]))
        reached += max(rises) >= 0.4 * site.span_m
        assert rises[0] == 0.0
    assert reached >= 3
    for along in peaks.values():
        assert all(upper[1] <= lower[1] for upper, lower in pairwise(along))


def test_an_sl651_station_speaks_on_the_minute_and_more_often_in_a_flood(county, flooded):
    """Reports carry whole minutes; while the water rises there is one each minute instead of each five."""
    stations = [spec for spec in of_kind(county, DeviceKind.GAUGE) if spec.format is WireFormat.SL651]
    for spec in stations:
        times = [report.time for report in reports(spec, flooded, timedelta(hours=6))]
        assert all(time.second == time.microsecond == 0 for time in times)
        assert all(one < two for one, two in pairwise(times))
        assert len(times) > 6 * 12


def test_rain_never_falls_upwards(county, flooded):
    """The count of a rain gauge never goes back, and the last hour's rain is never below nothing."""
    for spec in of_kind(county, DeviceKind.RAIN):
        counts = [
            (report.value("rain"), report.value("rain_1h"))
            for report in reports(spec, flooded, timedelta(hours=4))
            if isinstance(report, Observation)
        ]
        assert all(one[0] <= two[0] for one, two in pairwise(counts))
        assert all(hour >= 0 for _, hour in counts)


def test_the_demo_tells_its_story_again(county):
    """A looped story burns the same house again, at the same second of each telling."""
    demo = load_scenario("demo")
    assert demo.loop is not None
    world = world_of(demo, county, BEGAN)
    fire = world.fires[0]
    spec = next(spec for spec in county.devices if spec.id in fire.delays_s and fire.tripped(spec.id))
    said = [
        report.time
        for report in reports(spec, world, 3 * demo.loop)
        if isinstance(report, Observation) and report.is_extra and report.value("fire")
    ]
    assert len(said) == 3
    assert all(abs(two - one - demo.loop) < timedelta(seconds=1) for one, two in pairwise(said))
