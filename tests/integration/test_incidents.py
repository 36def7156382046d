"""Incidents: opened once by place and kind, joined, and moved by officers."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

import alerts
import incidents
from alerts import Cause, Detection, PointChange
from incidents import Action, AlreadyOpenError, IllegalActionError, Kind, Opening, StaleIncidentError
from tests.alarm_county import FIRE, MINUTE, NOON, STAGE, alarms, found_county, session, store
from tests.engine_feed import T0

HOUR = timedelta(hours=1)


@pytest.fixture
def county(database_url):
    """URL of a database with four devices: 2 in one grid, 1 and 3 in another, 4 in none."""
    found_county(database_url)
    return database_url


def change(device, *, priority=1, condition="smoke", metric=FIRE, minute=0):
    """Make a raise."""
    return PointChange(
        device=device,
        metric=metric,
        rule="fire",
        condition=condition,
        priority=priority,
        active=True,
        time=T0 + minute * MINUTE,
        value=1.0,
        cause=Cause.RAISED,
    )


def listed(url, columns="kind, place, priority, dispatch, version"):
    """Read the incidents in the order of their places."""
    with session(url) as cur:
        cur.execute(f"SELECT {columns} FROM incidents ORDER BY kind, place, id".encode())  # noqa: S608
        return cur.fetchall()


def log(url):
    """Read what the log says was done."""
    with session(url) as cur:
        cur.execute("SELECT action FROM incident_log ORDER BY id")
        return [action for (action,) in cur.fetchall()]


def move(url, action, version, **words):
    """Move the first incident."""
    with session(url) as cur:
        return incidents.move(cur, 1, action, version=version, actor="dispatcher", now=NOON, **words)


def test_alarms_of_one_kind_at_one_place_are_one_incident(county):
    """Two detectors of one grid are one fire, with the worse priority; a flood there is another incident."""
    store(county, Detection(changes=(change(1, priority=2), change(3))))
    store(county, Detection(changes=(change(1, priority=2, condition="level-high", metric=STAGE),)))
    assert listed(county) == [("fire", "V-2", 1, "awaiting", 1), ("flood", "V-2", 2, "awaiting", 1)]
    assert listed(county, "title, grid, lon") == [("东河村第二网格 火情", 3, 123.0), ("东河村第二网格 汛情", 3, 121.0)]
    assert [incident for (incident,) in alarms(county, "incident")] == [1, 1, 2]
    assert log(county) == ["opened", "joined", "opened"]


def test_a_device_without_a_grid_is_its_own_place(county):
    """Where no grid holds the place the incident is the device's."""
    store(county, Detection(changes=(change(4),)))
    assert listed(county, "place, title, grid") == [("device:d-4", "测站4 火情", None)]


def test_lesser_priorities_open_nothing(county):
    """A yellow alarm stays in the list."""
    store(county, Detection(changes=(change(1, priority=3, condition="fault"),)))
    assert listed(county) == []


def test_parallel_raises_open_one_incident(county):
    """Row 1 of lessons, for incidents: alarms of a place written by three workers at once are one incident."""
    together = Barrier(3)

    def write(number):
        together.wait()
        return store(county, Detection(changes=(change(1 + number % 2 * 2, condition=f"smoke-{number}-seen"),)))

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(write, range(3)))
    assert len(listed(county)) == 1
    assert len({incident for (incident,) in alarms(county, "incident")}) == 1


def test_a_second_telling_joins_nothing(county):
    """A redelivered raise writes no line into the log."""
    told = Detection(changes=(change(1),))
    store(county, told)
    store(county, told)
    assert log(county) == ["opened"]


def test_a_joining_alarm_leaves_the_version_unless_it_worsens(county):
    """An officer's command is not stale for more of the same, but for a worse alarm it is."""
    store(county, Detection(changes=(change(1, priority=2, condition="smoke-seen"),)))
    store(county, Detection(changes=(change(3, priority=2, condition="smoke-seen"),)))
    assert listed(county, "priority, version") == [(2, 1)]
    store(county, Detection(changes=(change(3),)))
    assert listed(county, "priority, version") == [(1, 2)]


def test_an_officer_moves_an_incident_to_its_end(county):
    """Send, arrive, finish, close: each a version and a line in the log."""
    store(county, Detection(changes=(change(1),)))
    for version, action in enumerate([Action.SEND, Action.ARRIVE, "finish", "close"], start=1):
        (told,) = move(county, action, version)
        assert told.version == version + 1
    assert listed(county, "state, dispatch, closed_at, version") == [("closed", "done", NOON, 5)]
    assert log(county) == ["opened", "sent", "on_scene", "done", "closed"]
    store(county, Detection(changes=(change(3),)))
    assert [state for (state,) in listed(county, "state")] == ["closed", "open"]


@pytest.mark.parametrize("action", ["arrive", "finish", "explode"])
def test_a_step_out_of_order_is_a_named_error(county, action):
    """Row 20 of lessons: what the table does not allow the writer refuses, whatever a screen offers."""
    store(county, Detection(changes=(change(1),)))
    with pytest.raises(IllegalActionError, match=action):
        move(county, action, 1)
    assert listed(county, "dispatch, version") == [("awaiting", 1)]


def test_nobody_closes_over_the_heads_of_those_out_there(county):
    """Row 20 of lessons: an incident with a unit out is finished before it is closed."""
    store(county, Detection(changes=(change(1),)))
    move(county, "send", 1)
    with pytest.raises(IllegalActionError, match="sent"):
        move(county, "close", 2)


def test_a_second_sending_on_an_older_picture_is_refused(county):
    """Row 20 of lessons: two dispatchers cannot overwrite each other; the later is shown the newer version."""
    store(county, Detection(changes=(change(1),)))
    move(county, "send", 1)
    with pytest.raises(StaleIncidentError) as stale:
        move(county, "send", 1)
    assert stale.value.current_version == 2
    with pytest.raises(incidents.UnknownIncidentError), session(county) as cur:
        incidents.move(cur, 99, "send", version=1, actor="dispatcher", now=NOON)


def test_comments_are_logged_and_must_say_something(county):
    """A remark is a version of its own; an empty one is refused, and a closed incident still takes one."""
    store(county, Detection(changes=(change(1),)))
    move(county, "comment", 1, comment="居民已疏散")
    with pytest.raises(IllegalActionError, match="says nothing"):
        move(county, "comment", 2, comment=" ")
    move(county, "close", 2)
    with pytest.raises(IllegalActionError, match="closed"):
        move(county, "send", 3)
    move(county, "comment", 3, comment="误报：做饭油烟")
    assert log(county) == ["opened", "commented", "closed", "commented"]


def test_an_alarm_after_the_response_was_done_awaits_again(county):
    """A fire that flares up while its incident is still open wants somebody sent again."""
    store(county, Detection(changes=(change(1),)))
    for version, action in enumerate(["send", "arrive", "finish"], start=1):
        move(county, action, version)
    store(county, Detection(changes=(change(3),)))
    assert listed(county, "dispatch, version") == [("awaiting", 5)]
    assert log(county)[-2:] == ["reopened", "joined"]


def test_an_incident_opened_by_hand_is_joined_by_alarms(county):
    """A fire reported by telephone is the one the detectors join, and cannot be opened twice."""
    call = Opening(kind=Kind.FIRE, priority=2, grid="V-2")
    with session(county) as cur:
        number, (told,) = incidents.open_by_hand(cur, call, actor="dispatcher", now=NOON)
        assert (told.id, told.version) == (str(number), 1)
    with session(county) as cur, pytest.raises(AlreadyOpenError):
        incidents.open_by_hand(cur, call, actor="dispatcher", now=NOON)
    with session(county) as cur, pytest.raises(incidents.UnknownIncidentError):
        incidents.open_by_hand(cur, Opening(kind=Kind.FIRE, priority=2, grid="X"), actor="dispatcher", now=NOON)
    store(county, Detection(changes=(change(1),)))
    assert listed(county, "title, priority") == [("东河村第二网格 火情", 1)]


def test_a_device_under_repair_sends_nobody(county):
    """While an override covers it an alarm opens nothing; when the override has ended, it does."""
    with session(county) as cur:
        alerts.out_of_service(cur, 1, until=NOON + HOUR, reason="试验", actor="officer", now=NOON)
    store(county, Detection(changes=(change(1),)), now=NOON)
    with session(county) as cur:
        assert incidents.adopt(cur, now=NOON) == []
    assert listed(county) == []
    with session(county) as cur:
        alerts.fire_deadlines(cur, NOON + HOUR)
        assert len(incidents.adopt(cur, now=NOON + HOUR)) == 1
        assert incidents.adopt(cur, now=NOON + HOUR) == []
    assert listed(county) == [("fire", "V-2", 1, "awaiting", 1)]


def test_every_action_is_in_the_table_or_refused():
    """What is allowed in a state is what the table lists."""
    assert incidents.allowed(incidents.Dispatch.AWAITING) == (Action.SEND, Action.CLOSE, Action.COMMENT)
    assert incidents.allowed(incidents.Dispatch.SENT) == (Action.ARRIVE, Action.COMMENT)
    assert incidents.allowed(incidents.Dispatch.ON_SCENE) == (Action.FINISH, Action.COMMENT)
    assert incidents.allowed(incidents.Dispatch.DONE) == (Action.CLOSE, Action.COMMENT)
