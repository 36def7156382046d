"""Every demo scenario, played into a running county by `gridwatch simulate`, produces what it promises."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
import shapely

import simulators
from simulators.county import make_county
from tests.living import Item, Living, eventually, living

SCENARIOS = Path(simulators.__file__).parent / "scenarios"
QUIET = "demo: {size: small, scenario: quiet}\n"


@pytest.fixture
def county(tmp_path: Path) -> Iterator[Living]:
    """A small county of the test's own."""
    with living(tmp_path / "data", "--demo", settings=QUIET) as running:
        yield running


def tell(county: Living, scenario: str, speed: int) -> list[Item]:
    """Play a story, wait until the worker has heard all of it, and give the alarms, oldest first."""
    told = county.does("simulate", scenario, "--speed", speed)
    assert "acknowledged" in told
    with county.mqtt() as publish:
        publish("gridwatch/v1/none/the-end/senml", [{"n": "stage", "u": "m", "v": 1}])
    eventually(lambda: [w for w in county.every("waiting") if w["id"] == "the-end"], "the end", seconds=120)
    return sorted(county.every("alarms"), key=lambda alarm: alarm["raised_at"])


def chosen(alarms: list[Item], **what: object) -> list[Item]:
    """Keep alarms that say all of this."""
    return [alarm for alarm in alarms if all(alarm[name] == value for name, value in what.items())]


def test_house_fire(county):
    """Detectors of two buildings, the panel of one and a camera tell of it, in one fire incident a place."""
    alarms = tell(county, "house_fire", 45)
    fires = chosen(alarms, condition="smoke", priority=1)
    assert {alarm["kind"] for alarm in fires} == {"smoke", "panel"}
    assert chosen(alarms, condition="smoke-seen", kind="camera")
    buildings = {building_of(county, alarm) for alarm in fires}
    assert len(buildings) == 2
    assert len({alarm["device"] for alarm in fires}) >= 4
    incidents = {item["id"]: item for item in county.every("incidents")}
    assert {item["kind"] for item in incidents.values()} == {"fire"}
    assert len(incidents) <= 3
    assert all(alarm["incident"] in incidents for alarm in alarms if alarm["priority"] <= 2)
    assert {incidents[a["incident"]]["grid"]["code"] for a in fires} == {a["grid"]["code"] for a in fires}
    houses = chosen(alarms, condition="several-detectors", priority=1, kind="place")
    assert sorted(house["device"].rpartition(":")[2] for house in houses) == sorted(buildings)
    assert {house["incident"] for house in houses} == {alarm["incident"] for alarm in fires}
    detail = county.as_().get(f"/api/v1/alarms/{houses[0]['id']}").raise_for_status().json()
    assert detail["evidence"]["count"] >= 2
    assert detail["guidance"]["do"]


def building_of(county: Living, alarm: Item) -> str:
    """Look up the building of an alarm's device."""
    device: Item = county.as_().get(f"/api/v1/devices/{alarm['device']}").raise_for_status().json()
    return str(device["building"] or device["name"])


def test_flash_flood(county):
    """Rain alarms and stage alarms, upstream before downstream; a flood incident where it is orange or red."""
    alarms = tell(county, "flash_flood", 900)
    stages = chosen(alarms, condition="level-high", metric="stage")
    rains = chosen(alarms, condition="level-high", metric="rain_1h")
    assert rains
    assert stages
    assert {alarm["kind"] for alarm in stages} == {"gauge"}
    begins = beginnings(county, stages)
    assert len(begins) >= 3
    pairs = [(up, down) for up in begins for down in downstream_of(up) if down in begins]
    assert pairs
    late = [(up, down) for up, down in pairs if begins[up] > begins[down]]
    assert late == [], begins
    severe = [alarm for alarm in stages if alarm["priority"] <= 2]
    assert severe
    kinds = {item["id"]: item["kind"] for item in county.every("incidents")}
    assert {kinds[alarm["incident"]] for alarm in severe} == {"flood"}


def downstream_of(device: str) -> list[str]:
    """Name the gauges that the water at one gauge comes to later."""
    county = make_county(1, "small")
    rivers = {river.code: river for river in county.rivers}
    (site,) = [site for site in county.gauge_sites if site.device == device]
    river, passed, found = rivers[site.river], site.chainage_m, []
    while True:
        found += [s.device for s in county.gauge_sites if s.river == river.code and s.chainage_m > passed]
        if river.into is None:
            return found
        mouth = shapely.Point(river.line[-1])
        river = rivers[river.into]
        passed = shapely.LineString(river.line).project(mouth, normalized=True) * river.length_m


def beginnings(county: Living, alarms: list[Item]) -> dict[str, datetime]:
    """Say when the first alarm of each device was first raised: the quiet day's readings between end and raise it again."""
    found: dict[str, datetime] = {}
    for alarm in alarms:
        steps = county.as_().get(f"/api/v1/alarms/{alarm['id']}").raise_for_status().json()["transitions"]
        at = datetime.fromisoformat(steps[0]["at"])
        found[alarm["device"]] = min(at, found.get(alarm["device"], at))
    return found


def test_a_quiet_hour(county):
    """Everything reports, and nothing is raised but what a quiet day may have: no alarm of priority 1 or 2."""
    alarms = tell(county, timed(county, "quiet", "1 h"), 400)
    assert chosen(alarms, priority=1) + chosen(alarms, priority=2) == []
    assert county.every("incidents") == []


def test_sick_sensors(county):
    """Faults, tampering, weak batteries and lost mains are seen; a chattering gauge is four alarms and not a storm."""
    alarms = tell(county, timed(county, "sick_sensors", "20 min"), 120)
    assert {alarm["condition"] for alarm in alarms} >= {"fault", "tamper", "battery-low", "mains-lost"}
    stages = chosen(alarms, condition="level-high", metric="stage")
    gauges = {alarm["device"] for alarm in stages}
    assert len(gauges) <= 1, "only the chattering one passes its limits; stuck and wrong-clock ones do not"
    assert len(stages) <= 4
    assert len(chosen(alarms, condition="smoke")) <= 1


def timed(county: Living, scenario: str, lasts: str) -> str:
    """Write a scenario that has no end as a file of its own that has one."""
    story = (SCENARIOS / f"{scenario}.yaml").read_text(encoding="utf-8")
    file = county.directory / f"{scenario}.yaml"
    file.write_text(f"{story}\nlasts: {lasts}\n", encoding="utf-8")
    return str(file)
