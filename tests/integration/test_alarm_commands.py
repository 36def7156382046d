"""What officers do to alarms, and what falls due."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

import alerts
from alerts import Cause, Detection, IllegalTransitionError, OverrideRefusedError, PointChange, StaleVersionError
from alerts.projection import disagreements
from database import ChangeKind
from tests.alarm_county import FIRE, MINUTE, NOON, STAGE, alarms, at, found_county, fresh_engine, session, store
from tests.engine_feed import T0, series

HOUR = timedelta(hours=1)


@pytest.fixture
def smoke(database_url):
    """URL of a database with one unacknowledged smoke alarm, number 1 at version 1."""
    found_county(database_url)
    tell(database_url, active=True, minute=0)
    return database_url


def tell(url, *, active, minute):
    """Tell that device 1 smokes, or no longer."""
    change = PointChange(
        device=1,
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


def command(url, do, *arguments, **words):
    """Run a command in a transaction of its own."""
    with session(url) as cur:
        return do(cur, *arguments, **words)


def acknowledge(url, version, *, now=NOON):
    """Acknowledge the alarm as one officer does."""
    return command(url, alerts.acknowledge, 1, version=version, actor="officer", now=now)


def state(url):
    """Give state and version of the one alarm."""
    ((found, version),) = alarms(url, "state, version")
    return found, version


def test_acknowledging_takes_note(smoke):
    """The alarm is acknowledged with name and time, its version goes up, and the feed is told."""
    (change,) = acknowledge(smoke, 1)
    assert (change.kind, change.id, change.version) == (ChangeKind.ALARM, "1", 2)
    assert alarms(smoke, "state, acked_by, acked_at") == [("acked", "officer", NOON)]


def test_acknowledging_what_has_passed_makes_it_normal(smoke):
    """Row 13 of lessons: an acknowledgement after the return ends the alarm and never brings it back."""
    tell(smoke, active=False, minute=1)
    assert state(smoke) == ("rtnun", 2)
    acknowledge(smoke, 2)
    assert state(smoke) == ("norm", 3)
    assert tell(smoke, active=False, minute=2) == []


def test_a_stale_version_is_refused_with_the_newer_one(smoke):
    """Row 13 of lessons: an officer who saw the alarm before it returned is told so, and nothing changes."""
    tell(smoke, active=False, minute=1)
    with pytest.raises(StaleVersionError) as stale:
        acknowledge(smoke, 1)
    assert stale.value.current_version == 2
    assert state(smoke) == ("rtnun", 2)


def test_acknowledging_twice_is_a_named_error(smoke):
    """A second acknowledgement is not taken for another."""
    acknowledge(smoke, 1)
    with pytest.raises(IllegalTransitionError, match=r"acked.*acknowledged"):
        acknowledge(smoke, 2)
    with pytest.raises(alerts.UnknownAlarmError):
        command(smoke, alerts.acknowledge, 99, version=1, actor="officer", now=NOON)


def test_an_acknowledgement_racing_with_the_return_loses_neither(smoke):
    """Row 13 of lessons: whoever comes first, the alarm ends acknowledged or waiting, its history unbroken."""
    for minute in range(1, 21, 2):
        version = state(smoke)[1]
        together = Barrier(2)

        def officer(version=version, together=together):
            together.wait()
            try:
                return bool(acknowledge(smoke, version))
            except StaleVersionError:
                return False

        def engine(minute=minute, together=together):
            together.wait()
            return tell(smoke, active=False, minute=minute)

        with ThreadPoolExecutor(2) as pool:
            acked, returned = pool.submit(officer), pool.submit(engine)
            assert len(returned.result()) == 1
            expected = "norm" if acked.result() else "rtnun"
        found, current = state(smoke)
        assert found == expected
        if found == "rtnun":
            acknowledge(smoke, current)
        with session(smoke) as cur:
            assert disagreements(cur) == []
            cur.execute("TRUNCATE alarms, alarm_transitions, incidents, incident_log RESTART IDENTITY")
        tell(smoke, active=True, minute=minute + 1)


def test_a_remark_is_kept(smoke):
    """A comment stands in the history and moves nothing but the version."""
    command(smoke, alerts.comment, 1, text="电话无人接听", actor="officer", now=NOON)
    assert state(smoke) == ("unack", 2)
    with session(smoke) as cur:
        cur.execute("SELECT cause, actor, comment FROM alarm_transitions ORDER BY version DESC LIMIT 1")
        assert cur.fetchone() == ("commented", "officer", "电话无人接听")


# Deadlines ------------------------------------------------------------------------------------------------------------


def test_an_acknowledgement_runs_out(smoke):
    """Row 15 of lessons: an alarm that was acknowledged and still holds sounds again after its rule's time."""
    acknowledge(smoke, 1)
    assert command(smoke, alerts.fire_deadlines, NOON + timedelta(minutes=9)) == []
    (change,) = command(smoke, alerts.fire_deadlines, NOON + timedelta(minutes=10))
    assert (change.id, change.version) == ("1", 3)
    assert alarms(smoke, "state, acked_by") == [("unack", None)]
    assert command(smoke, alerts.fire_deadlines, NOON + HOUR) == []


def test_a_returned_alarm_does_not_sound_again(smoke):
    """Row 14 of lessons: the end of an alarm ends its deadline, in the same transaction."""
    acknowledge(smoke, 1)
    tell(smoke, active=False, minute=1)
    assert command(smoke, alerts.fire_deadlines, NOON + HOUR) == []
    with session(smoke) as cur:
        assert cur.execute("SELECT count(*) FROM deadlines WHERE done_at IS NULL").fetchone() == (0,)


def test_two_workers_fire_a_deadline_once(smoke):
    """Row 14 of lessons: deadlines are rows; of two workers looking at once one sounds the alarm."""
    acknowledge(smoke, 1)
    together = Barrier(2)

    def look(_):
        together.wait()
        return command(smoke, alerts.fire_deadlines, NOON + HOUR)

    with ThreadPoolExecutor(2) as pool:
        assert sorted(len(changes) for changes in pool.map(look, range(2))) == [0, 1]
    assert state(smoke) == ("unack", 3)


# Overrides ------------------------------------------------------------------------------------------------------------


def shelve(url, version, **words):
    """Shelve the alarm for an hour, unless told."""
    given = {"until": NOON + HOUR, "reason": "维修中", "actor": "officer", "now": NOON} | words
    return command(url, alerts.shelve, 1, version=version, **given)


def test_shelving_is_a_record_with_an_end(smoke):
    """The alarm keeps its state; the override says until when, why and by whom."""
    kinds = [change.kind for change in shelve(smoke, 1)]
    assert kinds == [ChangeKind.ALARM, ChangeKind.OVERRIDE]
    assert state(smoke) == ("unack", 2)
    with session(smoke) as cur:
        cur.execute("SELECT kind, device, condition, ends_at, ended_at, reason, actor FROM overrides")
        assert cur.fetchall() == [("shelved", 1, "smoke", NOON + HOUR, None, "维修中", "officer")]


@pytest.mark.parametrize(
    "words", [{"reason": "  "}, {"until": NOON}, {"until": NOON + 25 * HOUR}, {"until": NOON - HOUR}]
)
def test_shelving_wants_a_reason_and_an_end_within_a_day(smoke, words):
    """Without a reason, into the past, or for longer than a day nothing is shelved."""
    with pytest.raises(OverrideRefusedError):
        shelve(smoke, 1, **words)
    assert state(smoke) == ("unack", 1)


def test_a_shelving_that_ends_while_the_condition_holds_sounds_again(smoke):
    """When the hour is over an acknowledged alarm is unacknowledged again, once."""
    acknowledge(smoke, 1)
    with session(smoke) as cur:
        cur.execute("UPDATE deadlines SET done_at = now()")  # its re-alarm is another test
    shelve(smoke, 2)
    changes = command(smoke, alerts.fire_deadlines, NOON + HOUR)
    assert sorted(change.kind for change in changes) == [ChangeKind.ALARM, ChangeKind.OVERRIDE]
    assert state(smoke) == ("unack", 4)
    assert command(smoke, alerts.fire_deadlines, NOON + 2 * HOUR) == []


def test_a_later_shelving_replaces_the_earlier(smoke):
    """Shelving longer does not end with the first one's end."""
    shelve(smoke, 1)
    shelve(smoke, 2, until=NOON + 2 * HOUR)
    command(smoke, alerts.fire_deadlines, NOON + HOUR)
    assert state(smoke) == ("unack", 3)
    command(smoke, alerts.fire_deadlines, NOON + 2 * HOUR)
    assert state(smoke) == ("unack", 4)


def test_taking_an_alarm_from_the_shelf(smoke):
    """By hand the alarm comes back at once, and its deadline is gone."""
    shelve(smoke, 1)
    command(smoke, alerts.unshelve, 1, version=2, actor="officer", now=NOON)
    assert state(smoke) == ("unack", 4)
    assert command(smoke, alerts.fire_deadlines, NOON + 2 * HOUR) == []


def test_a_passed_alarm_stays_passed_when_its_shelving_ends(smoke):
    """The end of an override raises nothing whose condition does not hold."""
    shelve(smoke, 1)
    tell(smoke, active=False, minute=1)
    assert [c.kind for c in command(smoke, alerts.fire_deadlines, NOON + HOUR)] == [ChangeKind.OVERRIDE]
    assert state(smoke) == ("rtnun", 3)


def test_one_override_ending_under_another_sounds_nothing(smoke):
    """While the device is out of service the end of a shelving is not an alarm."""
    shelve(smoke, 1)
    (service,) = command(
        smoke, alerts.out_of_service, 1, until=NOON + 48 * HOUR, reason="更换", actor="officer", now=NOON
    )
    ended, told = command(smoke, alerts.fire_deadlines, NOON + HOUR)
    assert (ended.kind, told.kind, told.version) == (ChangeKind.OVERRIDE, ChangeKind.ALARM, 2)
    assert state(smoke) == ("unack", 2)
    changes = command(smoke, alerts.end_override, int(service.id), now=NOON + 2 * HOUR)
    assert [c.kind for c in changes] == [ChangeKind.OVERRIDE, ChangeKind.ALARM]
    with pytest.raises(alerts.UnknownAlarmError):
        command(smoke, alerts.end_override, int(service.id), now=NOON + 2 * HOUR)


def test_a_suppressed_condition_leaves_the_others_alone(smoke):
    """An override of one condition ends without a word from another."""
    command(smoke, alerts.suppress, 1, until=NOON + HOUR, reason="演练", actor="plan", now=NOON, condition="fault")
    assert [c.kind for c in command(smoke, alerts.fire_deadlines, NOON + HOUR)] == [ChangeKind.OVERRIDE]
    with pytest.raises(alerts.UnknownAlarmError):
        command(smoke, alerts.suppress, 99, until=NOON + HOUR, reason="演练", actor="plan", now=NOON)


def test_each_priority_is_acknowledged_for_itself(database_url):
    """Two limits crossed are two alarms; taking note of one leaves the other waiting."""
    found_county(database_url)
    engine = fresh_engine()
    store(database_url, engine.detect(series([2.5], metric=STAGE)))
    command(database_url, alerts.acknowledge, 1, version=1, actor="officer", now=at(1))
    assert sorted(s for (s,) in alarms(database_url, "state")) == ["acked", "unack"]
