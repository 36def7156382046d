"""Suppression by design in the database: held while its reason stands, and never longer."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

import alerts
from alerts import Cause, Detection, PointChange, Suppression
from alerts.overrides import covered
from database import ChangeKind
from tests.alarm_county import FIRE, MINUTE, NOON, STAGE, alarms, found_county, session
from tests.engine_feed import T0

HOUR = timedelta(hours=1)
RULES = (Suppression(rule="low", condition="battery-low", by="fault"),)


@pytest.fixture
def county(database_url):
    """URL of a database with four devices."""
    found_county(database_url)
    return database_url


def change(condition, *, active, minute, priority=4, device=1, metric=FIRE, rule=None):
    """Make a change of a point as the engine does."""
    return PointChange(
        device=device,
        metric=metric,
        rule=rule or {"battery-low": "low"}.get(condition, condition),
        condition=condition,
        priority=priority,
        active=active,
        time=T0 + minute * MINUTE,
        value=float(active),
        cause=Cause.RAISED if active else Cause.RETURNED,
    )


def tell(url, *changes, now=NOON, rules=RULES):
    """Save changes and what rules suppress, in one transaction as the worker does."""
    with session(url) as cur:
        transitions = alerts.save(cur, Detection(changes=changes), now=now)
        return alerts.suppress_by_design(cur, rules, transitions, now=now)


def overrides(url, columns="device, condition, metric, priority, rule, reason", where="ended_at IS NULL"):
    """Read overrides."""
    with session(url) as cur:
        return cur.execute(f"SELECT {columns} FROM overrides WHERE {where} ORDER BY id".encode()).fetchall()  # noqa: S608


LOW_RAISED = change("battery-low", active=True, minute=0)
FAULT_RAISED = change("fault", active=True, minute=1, priority=3)
HELD = [(1, "battery-low", FIRE, 3, "low", "fault")]


@pytest.mark.parametrize("order", [(LOW_RAISED, FAULT_RAISED), (FAULT_RAISED, LOW_RAISED)])
def test_an_alarm_is_held_whichever_came_first(county, order):
    """The alarm is raised and stays in the list; an override with a reason and an end lies over it."""
    for one in order:
        held = tell(county, one)
    assert [c.kind for c in held] == [ChangeKind.OVERRIDE]
    assert overrides(county) == HELD
    assert overrides(county, "ends_at") == [(NOON + 24 * HOUR,)]
    assert sorted(alarms(county, "condition, state")) == [("battery-low", "unack"), ("fault", "unack")]


def test_it_sounds_again_when_its_reason_returns(county):
    """The suppressing condition is over and the alarm still holds: it re-alarms, with the reason written down."""
    tell(county, LOW_RAISED, FAULT_RAISED)
    changes = tell(county, change("fault", active=False, minute=5, priority=3), now=NOON + HOUR)
    assert [c.kind for c in changes] == [ChangeKind.OVERRIDE, ChangeKind.ALARM]
    assert overrides(county) == []
    with session(county) as cur:
        steps = cur.execute(
            "SELECT cause, comment FROM alarm_transitions t JOIN alarms a ON a.id = t.alarm"
            " WHERE a.condition = 'battery-low' ORDER BY t.version"
        ).fetchall()
    assert steps == [("raised", ""), ("realarmed", "override-ended suppressed")]


def test_an_alarm_that_passes_meanwhile_stays_for_its_officer(county):
    """It returned while it was suppressed: that is no alarm again, and nobody's acknowledgement is made up."""
    tell(county, LOW_RAISED, FAULT_RAISED)
    tell(county, change("battery-low", active=False, minute=3))
    assert overrides(county) == HELD
    tell(county, change("fault", active=False, minute=5, priority=3))
    assert overrides(county) == []
    assert ("battery-low", "rtnun", 2) in alarms(county, "condition, state, version")


def test_red_and_orange_are_never_held(county):
    """A rule with limits of every priority is suppressed in yellow and blue; what gets worse sounds."""
    level = (Suppression(rule="stage", condition="level-high", by="fault"),)
    of_stage = {"metric": STAGE, "rule": "stage"}
    tell(county, FAULT_RAISED, change("level-high", active=True, minute=1, priority=3, **of_stage), rules=level)
    assert overrides(county) == [(1, "level-high", STAGE, 3, "stage", "fault")]
    tell(county, change("level-high", active=True, minute=2, priority=1, **of_stage), rules=level)
    with session(county) as cur:
        ids = dict(cur.execute("SELECT priority, id FROM alarms WHERE condition = 'level-high'").fetchall())
        assert covered(cur, list(ids.values()), NOON) == {ids[3]}


def test_another_device_and_another_rule_are_left_alone(county):
    """The suppressing condition must stand on the same device, and the rule must be the one that says so."""
    tell(county, change("battery-low", active=True, minute=0, device=2), FAULT_RAISED)
    tell(county, change("battery-low", active=True, minute=0, rule="other"))
    assert overrides(county) == []


def test_told_twice_and_by_two_workers_it_is_held_once(county):
    """The unique index holds, not a lock: a redelivery or a race makes no second override."""
    with session(county) as cur:
        transitions = alerts.save(cur, Detection(changes=(LOW_RAISED, FAULT_RAISED)), now=NOON)
    together = Barrier(2)

    def worker(_):
        together.wait()
        with session(county) as cur:
            return alerts.suppress_by_design(cur, RULES, transitions, now=NOON)

    with ThreadPoolExecutor(2) as pool:
        assert sorted(map(len, pool.map(worker, range(2)))) == [0, 1]
    assert tell(county, LOW_RAISED, FAULT_RAISED) == []
    assert overrides(county) == HELD


def test_what_two_workers_leave_standing_the_next_look_releases(county):
    """A reason that returned unseen, or a rule that is gone, ends within a look; the alarm is not lost."""
    tell(county, LOW_RAISED, FAULT_RAISED)
    with session(county) as cur:
        assert alerts.release_by_design(cur, RULES, now=NOON) == []
        kinds = [c.kind for c in alerts.release_by_design(cur, (), now=NOON)]
    assert kinds == [ChangeKind.OVERRIDE, ChangeKind.ALARM]


def test_nothing_is_held_for_longer_than_a_day(county):
    """What hides another for a day is looked at by a person: the held alarm sounds, its reason standing or not."""
    tell(county, LOW_RAISED, FAULT_RAISED)
    with session(county) as cur:
        kinds = [c.kind for c in alerts.fire_deadlines(cur, NOON + 24 * HOUR)]
    assert kinds == [ChangeKind.OVERRIDE, ChangeKind.ALARM]
