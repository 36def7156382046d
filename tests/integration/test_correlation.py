"""Several devices make one alarm of a place, against a real database: once, whoever races, and over when it is over."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from alerts import Cause, acknowledge, out_of_service
from alerts.commands import retire
from alerts.correlation.correlator import Correlator
from alerts.life_cycle import State
from database import connect
from tests.alarm_county import alarms, session
from tests.place_county import (
    CAMERA,
    DETECTORS,
    FAR,
    FAR_CAMERA,
    GAUGES,
    NEXT_DOOR,
    NOON,
    alarm,
    found_places,
    place_rules,
    tell,
    write,
)

OWN = "device, condition, priority, state, value, unit"


@pytest.fixture
def county(database_url):
    """A county of four grids."""
    found_places(database_url)
    return database_url


def own_alarms(url, condition="several-detectors", columns="d.id, a.state, a.value, a.unit"):
    """Read the alarms of one condition with their carriers."""
    with session(url) as cur:
        cur.execute(
            f"SELECT {columns} FROM alarms a JOIN devices d ON d.key = a.device WHERE a.condition = %s ORDER BY a.id",  # noqa: S608
            (condition,),
        )
        return list(cur.fetchall())


def incidents(url):
    """Read kind, place, title and number of alarms of the incidents."""
    with session(url) as cur:
        cur.execute(
            "SELECT kind, place, title, (SELECT count(*) FROM alarms WHERE incident = i.id) FROM incidents i ORDER BY id"
        )
        return list(cur.fetchall())


# Several detectors --------------------------------------------------------------------------------------------------


def test_two_detectors_of_a_house_are_one_red_alarm_of_the_house(county):
    """The second detector within five minutes makes it; the third makes no other; all are one incident."""
    first, second, third = DETECTORS
    assert tell(county, alarm(first, 0)) == []
    (step,) = tell(county, alarm(second, 3))
    assert (step.cause, step.priority, step.value) == (Cause.RAISED, 1, 2.0)
    assert tell(county, alarm(third, 4)) == []
    assert own_alarms(county) == [("building:T:东河小区3栋", "unack", 2.0, "{device}")]
    assert incidents(county) == [("fire", "V-1", "东河村第1网格 火情", 4)]


def test_what_rests_on_retired_devices_does_not_stand_for_ever(county):
    """The alarm of a house ends after its off-delay when the detectors it rests on were taken off the registry."""
    tell(county, *(alarm(device, n) for n, device in enumerate(DETECTORS)))
    with session(county) as cur:
        for device in DETECTORS:
            retire(cur, device, actor="admin", now=NOON)
    after = Correlator(place_rules(), county)  # the worker makes another one when the registry changes
    assert tell(county, correlator=after, tick=True) == []
    (step,) = tell(county, now=NOON + timedelta(minutes=2), correlator=after, tick=True)
    assert (step.cause, step.condition) == (Cause.RETURNED, "several-detectors")


def test_all_in_one_batch_is_the_same(county):
    """How the readings were cut into batches makes no difference."""
    tell(county, *(alarm(device, n) for n, device in enumerate(DETECTORS)))
    assert own_alarms(county) == [("building:T:东河小区3栋", "unack", 2.0, "{device}")]


def test_two_hours_apart_is_not_together(county):
    """Late data does not correlate as if it were of now: the times of the devices count."""
    tell(county, alarm(DETECTORS[0], 120))
    tell(county, alarm(DETECTORS[1], 0))
    assert own_alarms(county) == []


def test_detectors_of_different_places_are_not_together(county):
    """A detector next door is another place."""
    tell(county, alarm(DETECTORS[0], 0), alarm(NEXT_DOOR, 0), alarm(FAR, 0))
    assert own_alarms(county) == []


def test_a_detector_under_repair_is_no_evidence(county):
    """What an override covers counts for nothing."""
    with session(county) as cur:
        out_of_service(cur, DETECTORS[0], until=NOON + timedelta(hours=1), reason="维修", actor="x", now=NOON)
    tell(county, alarm(DETECTORS[0], 0), alarm(DETECTORS[1], 0))
    assert own_alarms(county) == []


def test_two_workers_raise_it_once(county):
    """Lessons row 1: each of two workers has one of the two detectors, and neither misses the other's."""
    for round_ in range(4):
        minute, barrier = 60 * round_, Barrier(2)

        def work(device, *, minute=minute, barrier=barrier):
            correlator = Correlator(place_rules(), county)
            with connect(county) as connection, connection.cursor() as cur:
                barrier.wait()
                return write(cur, [alarm(device, minute)], now=NOON, correlator=correlator)

        with ThreadPoolExecutor(2) as pool:
            steps = [step for told in pool.map(work, DETECTORS[:2]) for step in told]
        assert [step.cause for step in steps] == [Cause.RAISED]
        tell(county, *(alarm(device, minute + 1, active=False) for device in DETECTORS[:2]))
        tell(county, now=NOON + timedelta(minutes=2), tick=True)
    assert own_alarms(county) == [("building:T:东河小区3栋", "rtnun", 2.0, "{device}")]


def test_a_second_telling_changes_nothing(county):
    """A batch that is delivered again, to this or another worker, raises nothing and moves nothing."""
    batch = [alarm(DETECTORS[0], 0), alarm(DETECTORS[1], 1)]
    tell(county, *batch)
    before = alarms(county, "id, state, version, raised_at")
    assert tell(county, *batch) == []
    assert alarms(county, "id, state, version, raised_at") == before


def test_it_returns_when_too_few_hold_for_a_minute(county):
    """Fewer than two hold: the off-delay is a row, survives a restart, and the return has the devices' time."""
    tell(county, alarm(DETECTORS[0], 0), alarm(DETECTORS[1], 1))
    assert tell(county, alarm(DETECTORS[1], 3, active=False)) == []
    assert tell(county, now=NOON + timedelta(seconds=59), tick=True) == []
    (step,) = tell(county, now=NOON + timedelta(seconds=61), tick=True)
    assert (step.cause, step.to_state) == (Cause.RETURNED, State.RTNUN)
    assert step.at == alarms(county, "cleared_at")[1][0]
    assert tell(county, now=NOON + timedelta(seconds=62), tick=True) == []


def test_a_second_detector_that_speaks_again_keeps_it(county):
    """Back within the off-delay: no return, no second alarm, and no deadline is left."""
    tell(county, alarm(DETECTORS[0], 0), alarm(DETECTORS[1], 1))
    tell(county, alarm(DETECTORS[1], 3, active=False))
    tell(county, alarm(DETECTORS[1], 3.5))
    assert tell(county, now=NOON + timedelta(minutes=5), tick=True) == []
    assert [state for _, state, *_ in own_alarms(county)] == ["unack"]


def test_a_chattering_detector_does_not_end_it(county):
    """The row of an alarm knows its newest raise only; what held before is read from its history."""
    tell(county, alarm(DETECTORS[0], 0), alarm(DETECTORS[1], 1))
    for minute in range(2, 12, 2):
        assert tell(county, alarm(DETECTORS[1], minute, active=False)) == []
        assert tell(county, alarm(DETECTORS[1], minute + 0.5)) == []
    assert [state for _, state, *_ in own_alarms(county)] == ["unack"]


def test_acknowledged_and_over_is_over(county):
    """An alarm of a place is acknowledged and returns like any other."""
    (step,) = tell(county, alarm(DETECTORS[0], 0), alarm(DETECTORS[1], 1))
    with session(county) as cur:
        acknowledge(cur, step.alarm, version=1, actor="值班员", now=NOON)
    tell(county, *(alarm(device, 2, active=False) for device in DETECTORS[:2]))
    (returned,) = tell(county, now=NOON + timedelta(minutes=2), tick=True)
    assert returned.to_state is State.NORM


def test_an_alarm_nobody_judges_any_more_is_over(county):
    """The rule was taken out of the file: its alarm returns with the reason, once."""
    tell(county, alarm(DETECTORS[0], 0), alarm(DETECTORS[1], 1))
    without = Correlator(type(place_rules())(source="x", text="", rules=()), county)
    (step,) = tell(county, correlator=without, tick=True)
    assert step.cause is Cause.RULE_REMOVED
    assert tell(county, correlator=without, tick=True) == []


# Seen and felt ------------------------------------------------------------------------------------------------------


def test_a_camera_beside_the_grid_confirms_a_detector(county):
    """V-2 shares an edge with V-1: the alarm is the grid's where the detector is."""
    tell(county, alarm(DETECTORS[0], 0))
    (step,) = tell(county, alarm(CAMERA, 4))
    assert step.condition == "fire-corroborated"
    assert own_alarms(county, "fire-corroborated")[0][0] == "place:V-1"


def test_the_camera_may_be_first(county):
    """Whichever speaks second makes the alarm."""
    tell(county, alarm(CAMERA, 0))
    assert [step.condition for step in tell(county, alarm(NEXT_DOOR, 4))] == ["fire-corroborated"]
    assert own_alarms(county, "fire-corroborated")[0][0] == "place:V-2"


def test_a_camera_two_grids_away_confirms_nothing(county):
    """V-4 does not touch V-1."""
    tell(county, alarm(DETECTORS[0], 0))
    assert tell(county, alarm(FAR_CAMERA, 1)) == []


# Downstream ---------------------------------------------------------------------------------------------------------


def test_a_flood_is_announced_to_the_next_gauge(county):
    """The lower gauge has an alarm that says in how many minutes; the one below it has none yet."""
    (step,) = tell(county, alarm(GAUGES[0], 0, priority=3))
    assert (step.condition, step.device, step.value) == ("flood-coming", GAUGES[1], 30.0)
    assert own_alarms(county, "flood-coming") == [("g-2", "unack", 30.0, "min")]


def test_the_flood_that_has_come_ends_its_announcement_and_announces_itself(county):
    """The gauge's own alarm answers the announcement, at its time, and the next gauge is told."""
    tell(county, alarm(GAUGES[0], 0, priority=3))
    tell(county, alarm(GAUGES[1], 31, priority=3))
    assert own_alarms(county, "flood-coming") == [("g-2", "rtnun", 30.0, "min"), ("g-3", "unack", 45.0, "min")]


def test_an_announcement_ends_with_the_water_above(county):
    """The upper gauge has returned: nothing is coming any more."""
    tell(county, alarm(GAUGES[0], 0, priority=3))
    (step,) = tell(county, alarm(GAUGES[0], 20, active=False, priority=3))
    assert (step.cause, step.device) == (Cause.RETURNED, GAUGES[1])


def test_nothing_is_announced_where_it_has_happened(county):
    """A gauge in alarm is told nothing about water that is there."""
    tell(county, alarm(GAUGES[1], 0, priority=3))
    tell(county, alarm(GAUGES[0], 5, priority=2))
    assert [device for device, *_ in own_alarms(county, "flood-coming")] == ["g-3"]


def test_a_blue_alarm_above_announces_nothing(county):
    """The rule begins at yellow."""
    assert tell(county, alarm(GAUGES[0], 0, priority=4)) == []
