"""An acknowledgement is a promise that somebody looks after it; without anybody sent it runs out."""

from datetime import timedelta

import pytest

import alerts
import incidents
from alerts import Cause, Detection, PointChange
from alerts.overrides import covered
from tests.alarm_county import FIRE, MINUTE, NOON, STAGE, alarms, found_county, fresh_engine, session, store
from tests.engine_feed import T0, series

AFTER = timedelta(minutes=10)


def tell(url, *, active=True, minute=0, device=1):
    """Tell that a device smokes, or no longer."""
    change = PointChange(
        device=device,
        metric=FIRE,
        rule="fire",
        condition="smoke",
        priority=1,
        active=active,
        time=T0 + minute * MINUTE,
        value=float(active),
        cause=Cause.RAISED if active else Cause.RETURNED,
    )
    return store(url, Detection(changes=(change,)))


@pytest.fixture
def smoke(database_url):
    """URL of a database with one unacknowledged smoke alarm, number 1, and its incident, number 1."""
    found_county(database_url)
    tell(database_url)
    return database_url


def acknowledge(url, version, *, now=NOON, alarm=1):
    """Acknowledge an alarm as one officer does."""
    with session(url) as cur:
        alerts.acknowledge(cur, alarm, version=version, actor="officer", now=now)


def look(url, now):
    """Do what the worker does once a second."""
    with session(url) as cur:
        return [c.id for c in alerts.fire_deadlines(cur, now, answered=incidents.answered)]


def move(url, action, version, *, now=NOON):
    """Move the incident."""
    with session(url) as cur:
        incidents.move(cur, 1, action, version=version, actor="dispatcher", now=now)


def history(url, alarm=1):
    """List cause and comment of an alarm's steps."""
    with session(url) as cur:
        cur.execute("SELECT cause, comment FROM alarm_transitions WHERE alarm = %s ORDER BY version", (alarm,))
        return cur.fetchall()


def test_acknowledged_and_nobody_sent_sounds_again_and_says_why(smoke):
    """Row 15 of lessons: an alarm that was acknowledged and forgotten comes back, and its history says why."""
    acknowledge(smoke, 1)
    assert look(smoke, NOON + AFTER - timedelta(seconds=1)) == []
    assert look(smoke, NOON + AFTER) == ["1"]
    assert history(smoke)[-1] == ("realarmed", "nobody-sent 10min")
    assert alarms(smoke, "state, acked_by") == [("unack", None)]


def test_again_and_again_until_somebody_is_sent(smoke):
    """Row 15 of lessons: every further acknowledgement runs out too; one that is followed by a dispatch does not."""
    now = NOON
    for version in (1, 3, 5):
        acknowledge(smoke, version, now=now)
        now += AFTER
        assert look(smoke, now) == ["1"]
    acknowledge(smoke, 7, now=now)
    move(smoke, "send", 1, now=now)
    for _ in range(3):
        now += AFTER
        assert look(smoke, now) == []
    assert [cause for cause, _ in history(smoke)].count("realarmed") == 3


@pytest.mark.parametrize("moves", [("send",), ("send", "arrive"), ("send", "arrive", "finish")])
def test_whoever_is_on_the_way_there_or_back_is_an_answer(smoke, moves):
    """Sent, on scene and done all answer the acknowledgement."""
    acknowledge(smoke, 1)
    for version, action in enumerate(moves, 1):
        move(smoke, action, version)
    assert look(smoke, NOON + AFTER) == []
    assert alarms(smoke, "state") == [("acked",)]


def test_a_response_that_is_wanted_again_lets_the_acknowledgement_run_out(smoke):
    """The response was done, another detector beside it brings the incident back: nobody is on the way any more."""
    acknowledge(smoke, 1)
    for version, action in enumerate(("send", "arrive", "finish"), 1):
        move(smoke, action, version)
    assert look(smoke, NOON + AFTER) == []
    with session(smoke) as cur:
        cur.execute("UPDATE devices SET grid = (SELECT grid FROM devices WHERE key = 1)")
    tell(smoke, device=3, minute=1)
    with session(smoke) as cur:
        assert cur.execute("SELECT dispatch FROM incidents WHERE id = 1").fetchone() == ("awaiting",)
    assert look(smoke, NOON + 2 * AFTER) == ["1"]


def test_an_acknowledgement_of_what_has_passed_never_comes_back(smoke):
    """Row 13 of lessons: acknowledging a cleared alarm says seen; nothing falls due for it."""
    tell(smoke, active=False, minute=1)
    acknowledge(smoke, 2)
    assert look(smoke, NOON + 10 * AFTER) == []
    assert alarms(smoke, "state") == [("norm",)]


def test_what_passes_meanwhile_does_not_sound_again(smoke):
    """The condition ended before its time was over: the deadline is closed with it."""
    acknowledge(smoke, 1)
    tell(smoke, active=False, minute=1)
    assert look(smoke, NOON + AFTER) == []
    assert alarms(smoke, "state") == [("norm",)]


def test_deadlines_survive_whoever_looks_at_them(smoke):
    """Row 14 of lessons: nothing is in memory, so a worker that starts an hour late still finds what fell due."""
    acknowledge(smoke, 1)
    assert look(smoke, NOON + timedelta(hours=1)) == ["1"]
    assert look(smoke, NOON + timedelta(hours=1)) == []


def test_a_worse_priority_on_an_acknowledged_alarm_is_a_new_one_that_sounds(database_url):
    """Row 15 of lessons: orange is acknowledged and answered; red rises beside it, unacknowledged, and above it."""
    found_county(database_url)
    engine = fresh_engine()
    store(database_url, engine.detect(series([2.5], metric=STAGE)))
    ids = [alarm for (alarm,) in alarms(database_url, "id")]
    for alarm in ids:
        acknowledge(database_url, 1, alarm=alarm)
    for version, action in enumerate(("send", "arrive", "finish"), 1):
        move(database_url, action, version)
    store(database_url, engine.detect(series([3.5], metric=STAGE, start=T0 + 5 * MINUTE)))
    assert sorted(alarms(database_url, "priority, state")) == [(1, "unack"), (2, "acked"), (4, "acked")]
    with session(database_url) as cur:
        assert cur.execute("SELECT priority, dispatch FROM incidents").fetchall() == [(1, "awaiting")]
        last = cur.execute("SELECT action FROM incident_log ORDER BY id DESC LIMIT 2").fetchall()
    assert {action for (action,) in last} == {"reopened", "joined"}


def test_a_shelving_of_what_is_less_does_not_hide_what_is_worse(database_url):
    """Yellow is put aside; when the water goes on rising, orange and red sound."""
    found_county(database_url)
    engine = fresh_engine()
    store(database_url, engine.detect(series([1.5], metric=STAGE)))
    with session(database_url) as cur:
        until = NOON + timedelta(hours=1)
        alerts.shelve(cur, 1, version=1, until=until, reason="闸门检修", actor="officer", now=NOON)
    store(database_url, engine.detect(series([3.5], metric=STAGE, start=T0 + 5 * MINUTE)))
    with session(database_url) as cur:
        assert cur.execute("SELECT priority, state FROM incidents").fetchall() == [(1, "open")]
        assert covered(cur, [1, 2, 3], NOON) == {1}
