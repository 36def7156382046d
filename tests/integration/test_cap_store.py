"""What is published outward, against the real database: the record, its references, and two publishers."""

import threading
from datetime import timedelta

import psycopg
import pytest
import shapely
from psycopg.types.json import Jsonb

from database import connect
from incidents import Action, Kind, Opening, move, open_by_hand
from incidents.cap import MsgType, Sender, Status, active_messages, find_message, publish, recent_messages
from incidents.cap.message import CALM, LASTS
from tests.alarm_county import FIRE, MINUTE, NOON, STAGE, found_county, fresh_engine, session, store
from tests.cap_schema import NS, checked
from tests.engine_feed import T0, batch

SENDER = Sender(
    address="cap@centre.test",
    name="东河县社会治理中心",
    status=Status.ACTUAL,
    zone="Asia/Shanghai",
    contact="0571-12345",
    web="https://centre.test/",
    exercise="汛期演练",
)


@pytest.fixture
def url(database_url):
    """A county of two grids with shapes."""
    found_county(database_url)
    with session(database_url) as cur:
        cur.execute("UPDATE grids SET shape = %s", (shapely.to_wkb(shapely.box(120, 30, 120.1, 30.1)),))
    return database_url


def hear(url, *rows, now=NOON):
    """Let a fresh worker judge readings (device, metric, minute, value)."""
    engine = fresh_engine()
    found = engine.detect(batch((d, m, T0 + minute * MINUTE, value, 0) for d, m, minute, value in rows))
    return store(url, found, now=now)


def say(url, now=NOON, sender=SENDER):
    """Publish what is due, and hold it against the schema."""
    with session(url) as cur:
        messages = publish(cur, sender, now=now)
    for message in messages:
        checked(message.body)
    return messages


def close(url, now=NOON):
    """Close the one open incident."""
    with session(url) as cur:
        row = cur.execute("SELECT id, version FROM incidents WHERE state = 'open'").fetchone()
        move(cur, row[0], Action.CLOSE, version=row[1], actor="officer", now=now)


def test_a_warning_is_alerted_updated_and_cancelled(url):
    """Orange, then red, then closed: Alert, Update and Cancel, each citing those before it that still hold."""
    hear(url, (1, STAGE, 0, 2.5))
    (alert,) = say(url)
    hear(url, (1, STAGE, 1, 3.5))
    (update,) = say(url, NOON + timedelta(minutes=1))
    close(url)
    (cancel,) = say(url, NOON + timedelta(minutes=2))
    assert [m.msg_type for m in (alert, update, cancel)] == [MsgType.ALERT, MsgType.UPDATE, MsgType.CANCEL]
    assert checked(alert.body).find(f"{NS}references") is None
    first = f"cap@centre.test,{alert.identifier},2024-05-01T20:00:00+08:00"
    assert checked(update.body).findtext(f"{NS}references") == first
    second = f"cap@centre.test,{update.identifier},2024-05-01T20:01:00+08:00"
    assert checked(cancel.body).findtext(f"{NS}references") == f"{first} {second}"
    assert [checked(m.body).findtext(f"{NS}info/{NS}severity") for m in (alert, update)] == ["Severe", "Extreme"]
    assert checked(cancel.body).findtext(f"{NS}info/{NS}responseType") == "AllClear"


def test_nothing_new_is_nothing_said(url):
    """A second look, another device in the same incident, and an acknowledgement publish nothing."""
    hear(url, (1, STAGE, 0, 2.5))
    assert len(say(url)) == 1
    assert say(url, NOON + timedelta(seconds=30)) == []
    hear(url, (3, STAGE, 1, 2.6))
    assert say(url, NOON + timedelta(minutes=10)) == []


def test_what_lasts_is_told_again_before_it_runs_out(url):
    """A warning that stands is updated at half its time; one that runs out while nobody publishes is gone outside."""
    hear(url, (1, STAGE, 0, 2.5))
    (alert,) = say(url)
    assert say(url, alert.sent + LASTS / 2 - timedelta(seconds=1)) == []
    (update,) = say(url, alert.sent + LASTS / 2)
    assert (update.msg_type, update.expires) == (MsgType.UPDATE, alert.sent + LASTS * 1.5)
    close(url)
    assert say(url, update.expires + timedelta(hours=1)) == []


def test_what_eases_is_told_once_it_stayed_so(url):
    """When every alarm has returned, an Update after a calm says so; the Cancel waits for the officer who closes."""
    hear(url, (1, STAGE, 0, 2.5), (1, STAGE, 1, 0.5))
    (alert,) = say(url)
    assert checked(alert.body).findtext(f"{NS}info/{NS}urgency") == "Past"
    hear(url, (1, STAGE, 2, 2.5))
    (again,) = say(url, NOON + timedelta(seconds=2))
    assert checked(again.body).findtext(f"{NS}info/{NS}urgency") == "Expected"
    with session(url) as cur:
        cur.execute("UPDATE alarms SET state = 'rtnun'")
    assert say(url, NOON + timedelta(seconds=4)) == []
    (calm,) = say(url, again.sent + CALM)
    assert calm.msg_type is MsgType.UPDATE


def test_tests_and_exercises_are_kept_apart(url):
    """What only devices under test report is Test; when a real one joins, it is cancelled and alerted anew."""
    with session(url) as cur:
        cur.execute("UPDATE devices SET attributes = %s WHERE key = 1", (Jsonb({"test": True}),))
    hear(url, (1, STAGE, 0, 2.5))
    (test,) = say(url)
    assert (test.status, test.msg_type) == (Status.TEST, MsgType.ALERT)
    hear(url, (3, STAGE, 1, 2.5))
    cancel, alert = say(url, NOON + timedelta(seconds=1))
    assert (cancel.status, cancel.msg_type) == (Status.TEST, MsgType.CANCEL)
    assert (alert.status, alert.msg_type) == (Status.ACTUAL, MsgType.ALERT)
    assert checked(alert.body).find(f"{NS}references") is None
    exercise = Sender(address="cap@centre.test", name="x", status=Status.EXERCISE, zone="UTC", exercise="汛期演练")
    cancel, alert = say(url, NOON + timedelta(seconds=2), exercise)
    assert (cancel.status, alert.status) == (Status.ACTUAL, Status.EXERCISE)
    assert checked(alert.body).findtext(f"{NS}note") == "汛期演练"
    assert "【演练】" in alert.body
    with session(url) as cur:
        listed = {status: active_messages(cur, status=status, now=NOON) for status in Status}
    assert {status: [m.number for m in found] for status, found in listed.items() if found} == {
        Status.EXERCISE: [alert.number]
    }


def test_a_fault_of_ours_and_yellow_are_no_warnings(url):
    """An alarm of priority 4 and a device that fell silent stay in the house."""
    hear(url, (1, STAGE, 0, 1.5))
    with session(url) as cur:
        cur.execute(
            "INSERT INTO incidents (kind, title, priority, place, opened_at) VALUES ('device', 'x', 1, 'p', %s)",
            (NOON,),
        )
    assert say(url) == []


def test_no_person_and_no_device_is_named(url):
    """Titles, remarks and device names, which people write, never leave: the grid and the guidance do."""
    with session(url) as cur:
        cur.execute("UPDATE devices SET name = '王五家烟感'")
        row, _ = open_by_hand(
            cur, Opening(kind=Kind.OTHER, priority=1, grid="V-2", title="张三被困"), actor="李四", now=NOON
        )
        move(cur, row, Action.COMMENT, version=1, actor="李四", now=NOON, comment="赵六报警")
    hear(url, (4, FIRE, 0, 1.0), (1, FIRE, 0, 1.0))
    messages = say(url)
    assert len(messages) == 3
    for message in messages:
        assert not any(name in message.body for name in ("张三", "李四", "王五", "赵六", "d-4"))
    described = {checked(m.body).findtext(f"{NS}info/{NS}area/{NS}areaDesc") for m in messages}
    assert described == {"东河村 第二网格", SENDER.name}
    assert checked(messages[0].body).findtext(f"{NS}info/{NS}area/{NS}geocode/{NS}value") == "V-2"


def test_the_record_is_append_only_and_word_for_word(url):
    """No statement changes or removes what was published, and a message is read back as it was written."""
    hear(url, (1, STAGE, 0, 2.5))
    (alert,) = say(url)
    for statement in ("UPDATE cap_messages SET body = ''", "DELETE FROM cap_messages"):
        with pytest.raises(psycopg.errors.RaiseException), session(url) as cur:
            cur.execute(statement)
    with session(url) as cur:
        assert find_message(cur, alert.identifier) == alert
        assert find_message(cur, "gridwatch-0-0") is None


def test_time_never_runs_backwards_in_the_record(url):
    """A clock that is set back an hour still gives later messages, each second once among those that cite each other."""
    hear(url, (1, STAGE, 0, 2.5))
    (alert,) = say(url)
    hear(url, (1, STAGE, 1, 3.5), (1, FIRE, 1, 1.0))
    later = say(url, NOON - timedelta(hours=1))
    assert len(later) == 2
    assert all(m.sent >= alert.sent for m in later)
    assert next(m for m in later if m.incident == alert.incident).sent > alert.sent
    with session(url) as cur:
        numbers = [m.number for m in recent_messages(cur, status=Status.ACTUAL, since=NOON, limit=9)]
    assert numbers == sorted(numbers, reverse=True)


def test_two_publishers_say_everything_once(url):
    """Many publishers at once: each incident has one Alert, numbers and times rise together."""
    with session(url) as cur:
        cur.execute(
            """
            INSERT INTO incidents (kind, title, priority, place, grid, opened_at)
            SELECT 'flood', 't', 1 + n %% 2, 'p' || n, 2, %s FROM generate_series(1, 120) n
            """,
            (NOON,),
        )
    failed = []

    def work(offset):
        try:
            with connect(url) as connection:
                for n in range(12):
                    publish(connection.cursor(), SENDER, now=NOON + timedelta(seconds=n + offset))
                    connection.commit()
        except psycopg.Error as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(offset,)) for offset in (0, -5, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    say(url)
    assert failed == []
    with session(url) as cur:
        rows = cur.execute("SELECT incident, sent FROM cap_messages ORDER BY number").fetchall()
    assert sorted(incident for incident, _ in rows) == list(range(1, 121))
    assert [sent for _, sent in rows] == sorted(sent for _, sent in rows)


def test_the_worst_are_told_first(url):
    """Where one look cannot say everything, red goes before orange."""
    hear(url, (1, STAGE, 0, 2.5), (2, FIRE, 0, 1.0))
    with session(url) as cur:
        (first,) = publish(cur, SENDER, now=NOON, at_once=1)
    assert checked(first.body).findtext(f"{NS}info/{NS}severity") == "Extreme"
    assert len(say(url)) == 1


def test_what_a_storm_gathers_is_not_called_off(url):
    """The warning of a place that became part of its town's is cancelled after that one began, and never as all clear."""
    hear(url, (1, STAGE, 0, 2.5))
    (place,) = say(url)
    with session(url) as cur:
        row = cur.execute(
            "INSERT INTO incidents (kind, title, priority, place, grid, opened_at)"
            " VALUES ('flood', 't', 2, 'storm:V', 1, %s) RETURNING id",
            (NOON,),
        ).fetchone()
        cur.execute("UPDATE incidents SET state = 'closed' WHERE id = %s", (place.incident,))
        cur.execute(
            "INSERT INTO incident_log (incident, version, at, action, actor, detail)"
            " VALUES (%s, 2, %s, 'gathered', 'engine', %s)",
            (place.incident, NOON, Jsonb({"into": str(row[0])})),
        )
    town, cancel = say(url, NOON + timedelta(seconds=1))
    assert (town.incident, town.msg_type) == (row[0], MsgType.ALERT)
    assert (cancel.incident, cancel.msg_type) == (place.incident, MsgType.CANCEL)
    alert = checked(cancel.body)
    assert alert.findtext(f"{NS}incidents") == f"gridwatch-{place.incident} gridwatch-{row[0]}"
    assert (alert.findtext(f"{NS}info/{NS}responseType"), alert.findtext(f"{NS}info/{NS}urgency")) == (
        "Monitor",
        "Expected",
    )
    assert "险情未解除" in alert.findtext(f"{NS}info/{NS}headline")


def test_a_device_out_of_service_warns_nobody(url):
    """An alarm that an override keeps from an incident publishes nothing."""
    with session(url) as cur:
        cur.execute(
            "INSERT INTO overrides (kind, device, starts_at, ends_at, reason, actor)"
            " VALUES ('out_of_service', 1, %s, %s, '检修', 'a')",
            (NOON - timedelta(hours=1), NOON + timedelta(hours=1)),
        )
    hear(url, (1, STAGE, 0, 2.5))
    assert say(url) == []


def test_rules_that_cannot_be_read_any_more_silence_nothing(url):
    """As after an update that is stricter: the warning goes out, with its headline where its guidance would stand."""
    hear(url, (1, STAGE, 0, 2.5), (2, FIRE, 0, 1.0))
    with session(url) as cur:
        cur.execute('UPDATE rule_sets SET rules = \'{"text": "rules: [{name: 5}]"}\'')
    assert [m.msg_type for m in say(url)] == [MsgType.ALERT, MsgType.ALERT]


def test_what_cannot_be_said_of_one_incident_is_said_of_the_others(url):
    """A priority that no word stands for, as a hand in the database may leave; it is tried again with each look."""
    hear(url, (1, STAGE, 0, 2.5), (2, FIRE, 0, 1.0))
    with session(url) as cur:
        cur.execute("ALTER TABLE incidents DROP CONSTRAINT incidents_priority_check")
        cur.execute("UPDATE incidents SET priority = 0 WHERE kind = 'fire'")
    assert len(say(url)) == 1
    with session(url) as cur:
        cur.execute("UPDATE incidents SET priority = 1 WHERE kind = 'fire'")
    assert len(say(url, NOON + timedelta(minutes=1))) == 1
