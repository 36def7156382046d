"""Scenarios: ours play, a wrong one says where it is wrong."""

from datetime import UTC, datetime, timedelta

import pytest

from simulators.county import SIZES, make_county
from simulators.scenario import ScenarioError, load_scenario, names, read_scenario
from simulators.schedule import schedule
from simulators.story import faults_of, world_of
from simulators.wire import encode

BEGAN = datetime(2026, 6, 1, 4, 0, tzinfo=UTC)
HEAD = "name: x\ntitle: {zh: 测试, en: test}\n"


def test_the_promised_scenarios_are_there():
    """The scenarios of the project exist under their names."""
    assert {"quiet", "house_fire", "flash_flood", "sick_sensors", "demo"} <= set(names())


@pytest.mark.parametrize("size", [size for size in SIZES if size != "bench"])
@pytest.mark.parametrize("name", names())
def test_our_scenarios_play_in_a_county(name, size):
    """Every scenario fits a county of any size and every report of it can be put on the wire, in order of sending."""
    county, scenario = make_county(1, size), load_scenario(name)
    assert scenario.name == name
    world, faults = world_of(scenario, county, BEGAN), faults_of(scenario, county, BEGAN)
    before = BEGAN
    messages = 0
    for sending in schedule(county.devices, world, faults, BEGAN, BEGAN + timedelta(minutes=4)):
        assert sending.at >= before
        before = sending.at
        messages += len(encode(sending))
    assert messages > len(county.devices)


def test_the_demo_is_a_modest_load():
    """The demo sends 30 to 100 messages a second, and few devices of it are in trouble."""
    county, scenario = make_county(1, "demo"), load_scenario("demo")
    world, faults = world_of(scenario, county, BEGAN), faults_of(scenario, county, BEGAN)
    sent = sum(
        len(encode(item)) for item in schedule(county.devices, world, faults, BEGAN, BEGAN + timedelta(minutes=2))
    )
    assert 30 <= sent / 120 <= 100
    tripped = [device for fire in world.fires for device in fire.delays_s if fire.tripped(device)]
    assert 4 <= len(tripped) + len(faults) <= 20


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("rain: [{starts: 5}]", "rain.0.starts: Value error, 5 has no unit"),
        ("lasts: soon", "lasts: Value error, 'soon' is no time span"),
        ("reign: []", "reign: Extra inputs are not permitted"),
        (
            "fires: [{building: castle, number: 1, starts: 1 s, lasts: 1 s}]",
            "fires.0.building: Input should be 'house'",
        ),
        ("faults: [{fault: broken, devices: {kind: smoke, count: 1}}]", "faults.0: Input tag 'broken'"),
        (
            "loop: 1 min\nfires: [{building: house, number: 1, starts: 50 s, lasts: 20 s}]",
            "fires.0 ends after the loop",
        ),
        ("lasts: [", "not YAML"),
    ],
)
def test_a_wrong_scenario_says_where(text, says):
    """A scenario is checked whole; the message names the file, the place and the fault."""
    with pytest.raises(ScenarioError, match=r"mine\.yaml: ") as refused:
        read_scenario(HEAD + text, "mine.yaml")
    assert says in str(refused.value)


@pytest.mark.parametrize("text", ["[" * 5000, "name: 2024-13-45", "name: " + "9" * 5000])
def test_what_cannot_be_read_is_no_scenario(text):
    """Nesting without end, an impossible date, an endless number: a sentence, not a fault."""
    with pytest.raises(ScenarioError, match=r"x\.yaml: n"):
        read_scenario(text, "x.yaml")


def test_a_scenario_in_another_encoding_says_so(tmp_path):
    """A file saved as GB 18030 is refused in one sentence."""
    path = tmp_path / "story.yaml"
    path.write_bytes("title: 火灾".encode("gb18030"))
    with pytest.raises(ScenarioError, match="no text in UTF-8"):
        load_scenario(str(path))


def test_an_unknown_scenario_names_the_known_ones():
    """Asking for a scenario that does not exist says which ones do."""
    with pytest.raises(ScenarioError, match="no scenario 'flood': there are demo, flash_flood"):
        load_scenario("flood")


def test_a_story_that_does_not_fit_the_county_is_refused():
    """A fire in a building the county does not have is an error and not a surprise."""
    scenario = read_scenario(HEAD + "fires: [{building: large, number: 99, starts: 1 s, lasts: 60 s}]", "mine.yaml")
    with pytest.raises(ScenarioError, match="only 2 such buildings"):
        world_of(scenario, make_county(1, "small"), BEGAN)
