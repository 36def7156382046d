"""Who is told of what: outbox, groups, repeats, quiet hours and overrides, on a clock of the test's own."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest

import alerts
from alerts import save
from alerts.notification.deliveries import Refusal, retry
from alerts.notification.untold import watch_receivers
from database import append_changes, connect
from tests.alarm_county import found_county, session, store
from tests.notification_office import NOON, TWO, Notifying, detection, raise_alarm

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
ONE = """
receivers: [{name: duty, webhook: {url: "http://127.0.0.1:1/", secret_env: S}%s}]
shifts: [{name: day, windows: "08:00-20:00"}]
routes: [{name: all, receivers: [duty]%s}]
"""


@pytest.fixture
def county(database_url):
    """URL of a database with four devices in two grids."""
    found_county(database_url)
    return database_url


def one(route="", receiver=""):
    """Write a notify file of one receiver and one route."""
    return ONE % (receiver and ", " + receiver, ", group_wait: 0s" + (route and ", " + route))


def read(url, query, *parameters):
    """Read rows."""
    with session(url) as cur:
        return cur.execute(query, parameters).fetchall()


def test_each_step_is_in_the_outbox_once_with_its_transaction(county):
    """A step and its outbox row are of one transaction, and a step told twice is there once (lessons 9, 17)."""
    with connect(county) as connection, connection.cursor() as cur:
        save(cur, detection(), now=NOON)
        connection.rollback()
    assert read(county, "SELECT * FROM outbox") == []
    raise_alarm(county, NOON)
    store(county, detection())
    assert read(county, "SELECT version, cause, covered FROM outbox WHERE subject = 'alarm'") == [(1, "raised", False)]
    assert read(county, "SELECT count(*) FROM outbox WHERE subject = 'incident' AND cause = 'opened'") == [(1,)]


def test_everybody_on_a_route_is_told_once(county):
    """Two receivers hear of an alarm once each; looking again, as after a restart, tells nobody (lessons 9, 17)."""
    office = Notifying(county, TWO)
    raise_alarm(county, NOON)
    assert [receiver for receiver, _ in office.told(NOON)] == ["duty", "town"]
    assert office.told(NOON + HOUR) == []
    assert Notifying(county, TWO).told(NOON + HOUR) == []
    assert read(county, "SELECT receiver, outcome FROM notification_log ORDER BY id") == [
        ("duty", "sent"),
        ("town", "sent"),
    ]


def test_two_notifiers_decide_each_step_once(county):
    """Two that look at the same outbox at once make one delivery a receiver (lessons 9, 17)."""
    offices = [Notifying(county, TWO), Notifying(county, TWO)]
    for device in range(1, 5):
        raise_alarm(county, NOON, device=device)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda office: office.decide(NOON), offices))
    items = read(county, "SELECT receiver, number FROM delivery_items WHERE subject = 'alarm' ORDER BY 1, 2")
    assert items == [(name, alarm) for name in ("duty", "town") for alarm in range(1, 5)]


def test_what_happens_at_one_place_within_the_wait_is_one_message(county):
    """Devices 1 and 3 stand in one grid, 2 in another: two messages, with two alarms and with one."""
    office = Notifying(county, one().replace("group_wait: 0s", "group_wait: 30s"))
    for device in (1, 2, 3):
        raise_alarm(county, NOON, device=device)
        assert office.told(NOON + 5 * SECOND) == []
    titles = [title for _, title in office.told(NOON + 36 * SECOND)]
    assert titles == ["【红色告警】东河村 第二网格 2 条告警", "【红色告警】烟感报警 东河村 第一网格"]


def test_a_message_says_what_where_and_when(county):
    """The text has the condition, the place from the top, the device, the time at the centre, the state and a link."""
    office = Notifying(county, one())
    alarm = raise_alarm(county, NOON)
    (parcel,) = office.look(NOON)
    assert parcel.message.title == "【红色告警】烟感报警 东河村 第二网格"
    lines = parcel.message.text.splitlines()
    assert lines[:3] == ["烟感报警", "地点：东河村 › 第二网格", "设备：水位站 测站1（d-1）"]
    assert lines[3].startswith("发生：2023-11-15 06:13:21")
    assert lines[4:6] == ["状态：未确认", f"查看：http://centre/console?alarm={alarm}"]
    assert parcel.message.about[0]["place"] == {"codes": ["V", "V-2"], "names": ["东河村", "第二网格"]}


def test_a_repeat_comes_until_somebody_acknowledges(county):
    """Every ten minutes the alarm is told again; an acknowledgement ends it, and a restart does not (lesson 14)."""
    office = Notifying(county, one("repeat_every: 10min"))
    alarm = raise_alarm(county, NOON)
    assert len(office.told(NOON)) == 1
    assert office.told(NOON + 9 * MINUTE) == []
    again = Notifying(county, one("repeat_every: 10min"))
    assert [title for _, title in again.told(NOON + 10 * MINUTE)] == [
        "【第 1 次提醒】【红色告警】烟感报警 东河村 第二网格"
    ]
    assert [title[:9] for _, title in again.told(NOON + 20 * MINUTE)] == ["【第 2 次提醒】"]
    with session(county) as cur:
        alerts.acknowledge(cur, alarm, version=1, actor="officer", now=NOON + 21 * MINUTE)
    assert again.told(NOON + 30 * MINUTE) == []
    assert again.told(NOON + 5 * HOUR) == []
    assert read(county, "SELECT state, last_error FROM deliveries ORDER BY id DESC LIMIT 1") == [
        ("cancelled", "acknowledged")
    ]


def test_an_acknowledgement_that_runs_out_is_told(county):
    """What was acknowledged and re-alarms is told again, once, and repeats anew (lessons 14, 15)."""
    office = Notifying(county, one("repeat_every: 10min"))
    alarm = raise_alarm(county, NOON)
    office.look(NOON)
    with session(county) as cur:
        alerts.acknowledge(cur, alarm, version=1, actor="officer", now=NOON + MINUTE)
    assert office.told(NOON + 10 * MINUTE) == []
    with session(county) as cur:
        alerts.fire_deadlines(cur, NOON + 12 * MINUTE)
    assert len(office.told(NOON + 12 * MINUTE)) == 1
    assert len(office.told(NOON + 22 * MINUTE)) == 1


def test_the_first_telling_outlives_an_acknowledgement(county):
    """Whether somebody hears of a fire does not hang on who was quicker: the message says who has acknowledged it."""
    office = Notifying(county, one().replace("group_wait: 0s", "group_wait: 30s"))
    alarm = raise_alarm(county, NOON)
    office.look(NOON)
    with session(county) as cur:
        alerts.acknowledge(cur, alarm, version=1, actor="王值班", now=NOON + SECOND)
    (parcel,) = office.look(NOON + MINUTE)
    assert "状态：已确认（王值班）" in parcel.message.text


def test_that_it_has_passed_is_told_to_those_who_were_told(county):
    """A receiver that heard of the alarm hears of its end, out of its shift too; nobody else does."""
    office = Notifying(county, one("match: {shift: day}"))
    late = NOON + 8 * HOUR + MINUTE  # 20:01
    raise_alarm(county, NOON, device=1)
    assert len(office.told(NOON)) == 1
    raise_alarm(county, late, device=2)
    assert office.told(late) == []
    raise_alarm(county, late + MINUTE, device=1, active=False)
    raise_alarm(county, late + MINUTE, device=2, active=False)
    assert office.told(late + MINUTE) == [("duty", "【已恢复】烟感报警 东河村 第二网格")]


def test_an_alarm_under_an_override_tells_nobody_until_it_ends(county):
    """A device out of service rings nowhere; when the override ends and the condition holds, it does (lesson 9)."""
    office = Notifying(county, one())
    with session(county) as cur:
        alerts.out_of_service(cur, 1, until=NOON + HOUR, reason="检修", actor="commander", now=NOON)
    raise_alarm(county, NOON + MINUTE)
    assert office.told(NOON + 2 * MINUTE) == []
    with session(county) as cur:
        alerts.fire_deadlines(cur, NOON + HOUR)
    assert [name for name, _ in office.told(NOON + HOUR + MINUTE)] == ["duty"]


def test_what_is_shelved_before_it_is_told_is_not_told(county):
    """An override that comes while the message still gathers cancels it."""
    office = Notifying(county, one().replace("group_wait: 0s", "group_wait: 30s"))
    alarm = raise_alarm(county, NOON)
    office.look(NOON)
    with session(county) as cur:
        alerts.shelve(cur, alarm, version=1, until=NOON + HOUR, reason="蒸汽", actor="officer", now=NOON + SECOND)
    assert office.told(NOON + MINUTE) == []
    assert read(county, "SELECT state, last_error FROM deliveries") == [("cancelled", "overridden")]


def test_one_lost_gateway_is_one_message(county):
    """Devices suppressed because their parent is away are silent; their parent is told once (lessons 3, 4)."""
    office = Notifying(county, one())
    with session(county) as cur:
        for device in (1, 2, 3):
            alerts.suppress(cur, device, until=NOON + HOUR, reason="gateway", actor="engine", now=NOON)
    for device in (1, 2, 3):
        raise_alarm(county, NOON + SECOND, device=device, condition="no-data", priority=4)
    raise_alarm(county, NOON + SECOND, device=4, condition="outage", priority=2)
    assert len(office.told(NOON + MINUTE)) == 1


def test_quiet_hours_hold_until_morning(county):
    """From 22:00 to 07:00 only red is told at once; the rest is one message in the morning."""
    office = Notifying(county, one('quiet_hours: {hours: "22:00-07:00", unless_priority: 1}'))
    night = NOON + 11 * HOUR  # 23:00
    raise_alarm(county, night, device=1, priority=2)
    raise_alarm(county, night, device=2, priority=3)
    raise_alarm(county, night, device=3, priority=1)
    assert [title[:6] for _, title in office.told(night)] == ["【红色告警】"]
    assert office.told(night + 7 * HOUR + 59 * MINUTE) == []
    assert office.told(night + 8 * HOUR) == [("duty", "【橙色告警】东河村 2 条告警")]


def test_a_receiver_that_is_down_is_told_once_when_it_comes_back(county):
    """What waited longer than it is useful is one message, "12 earlier alarms"; another receiver had all in time."""
    office = Notifying(county, TWO)
    office.refuse = lambda parcel: Refusal(reason="down") if parcel.receiver == "town" else None
    with session(county) as cur:
        cur.execute("INSERT INTO devices (id, kind) SELECT 'more-' || n, 'smoke' FROM generate_series(1, 8) n")
        cur.execute("INSERT INTO device_metrics (device, metric, unit) SELECT key, 2, '1' FROM devices WHERE key > 4")
    for device in range(1, 13):
        raise_alarm(county, NOON + device * SECOND, device=device)
        assert ("duty", "sent") in office.states() or office.look(NOON + device * SECOND)
    office.look(NOON + 3 * MINUTE)
    assert read(county, "SELECT count(*) FROM delivery_items i JOIN deliveries d ON d.id = delivery"
                        " WHERE i.receiver = 'duty' AND state = 'sent'") == [(12,)]  # fmt: skip
    office.refuse = lambda _: None
    assert office.told(NOON + HOUR) == [("town", "【补报】此前 12 条告警")]
    assert office.told(NOON + 2 * HOUR) == []


def test_the_pause_grows_and_survives_a_restart(county):
    """After each failure in a row the receiver is left alone longer, up to five minutes, whoever runs the notifier."""
    raise_alarm(county, NOON)
    pauses, now = [], NOON
    for _ in range(10):
        office = Notifying(county, one())
        office.refuse = lambda _: Refusal(reason="down")
        assert now == NOON or office.look(now - SECOND / 10) == []
        assert len(office.look(now)) == 1
        ((next_at,),) = read(county, "SELECT next_at FROM receivers")
        pauses.append((next_at - now).total_seconds())
        now = next_at
    assert pauses == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


def test_every_retry_says_the_same_under_the_same_key(county):
    """A message is written once: what changes meanwhile does not change it, so that a receiver can drop a double."""
    office = Notifying(county, one())
    office.refuse = lambda _: Refusal(reason="no answer within 10 s")
    alarm = raise_alarm(county, NOON)
    (first,) = office.look(NOON)
    with session(county) as cur:
        alerts.acknowledge(cur, alarm, version=1, actor="officer", now=NOON + SECOND)
    (second,) = office.look(NOON + 3 * SECOND)
    assert (first.key, first.message) == (second.key, second.message)


def test_a_message_nobody_took_for_a_day_is_given_up_and_can_be_tried_again(county):
    """After 24 h it is dead, which is shown; an officer's retry sends it."""
    office = Notifying(county, one())
    office.refuse = lambda _: Refusal(reason="HTTP 500")
    raise_alarm(county, NOON)
    office.look(NOON)
    office.look(NOON + 25 * HOUR)
    assert office.states() == [("duty", "dead")]
    office.refuse = lambda _: None
    assert office.told(NOON + 26 * HOUR) == []
    with session(county) as cur:
        assert retry(cur, 1, actor="commander", now=NOON + 26 * HOUR)
    assert len(office.told(NOON + 26 * HOUR)) == 1
    with session(county) as cur:
        assert not retry(cur, 1, actor="commander", now=NOON + 26 * HOUR)


def test_a_message_that_one_receiver_will_not_have_lets_the_next_one_pass(county):
    """HTTP 400 is about this message, not about the receiver: others are told meanwhile."""
    office = Notifying(county, one("group_by: alarm"))
    raise_alarm(county, NOON, device=1)
    raise_alarm(county, NOON, device=2)
    office.refuse = lambda parcel: Refusal(reason="HTTP 400", final=True) if parcel.delivery == 1 else None
    assert len(office.look(NOON)) == 2
    assert office.states() == [("duty", "waiting"), ("duty", "sent")]


def test_a_test_goes_only_to_those_who_ask_for_tests(county):
    """The test button of a detector, and everything in an exercise, stays inside but for receivers with `tests`."""
    raise_alarm(county, NOON, condition="test")
    assert Notifying(county, one()).told(NOON) == []
    raise_alarm(county, NOON + MINUTE, condition="test", device=2)
    assert [title[:4] for _, title in Notifying(county, one("", "tests: true")).told(NOON + MINUTE)] == ["【测试】"]
    raise_alarm(county, NOON + HOUR, device=3)
    assert Notifying(county, one(), exercise=True).told(NOON + HOUR) == []
    raise_alarm(county, NOON + HOUR, device=4)
    office = Notifying(county, one("", "tests: true"), exercise=True)
    assert [title[:4] for _, title in office.told(NOON + HOUR)] == ["【演练】"]


def test_a_new_receiver_hears_of_nothing_that_happened_before(county):
    """Naming a receiver does not send it yesterday; one that is gone is sent nothing any more."""
    raise_alarm(county, NOON)
    office = Notifying(county, one(), since=NOON + MINUTE)
    assert office.told(NOON + MINUTE) == []
    raise_alarm(county, NOON + 2 * MINUTE, device=2)
    office.refuse = lambda _: Refusal(reason="down")
    office.look(NOON + 2 * MINUTE)
    Notifying(county, TWO.replace("duty", "other"), since=NOON + 3 * MINUTE)
    assert office.states() == [("duty", "cancelled")]


def test_the_log_cannot_be_rewritten(county):
    """Whom we told, when and what is append-only."""
    office = Notifying(county, one())
    raise_alarm(county, NOON)
    office.look(NOON)
    with pytest.raises(psycopg.errors.RaiseException), session(county) as cur:
        cur.execute("UPDATE notification_log SET receiver = 'nobody'")


def test_a_storm_is_decided_quickly_and_told_by_place(database_url):
    """500 alarms in one grid are one message a receiver, and the list in it ends with a count."""
    found_county(database_url, devices=1000)
    office = Notifying(database_url, TWO)
    with session(database_url) as cur:
        cur.execute(
            """
            WITH raised AS (
                INSERT INTO alarms (device, metric, rule, condition, priority, state, grid, raised_at, opened_at, recorded_at)
                SELECT key, 2, 'fire', 'smoke', 1, 'unack', grid, %(now)s, %(now)s, %(now)s FROM devices WHERE grid = 2
                RETURNING id
            )
            INSERT INTO alarm_transitions (alarm, version, at, recorded_at, cause, from_state, to_state)
            SELECT id, 1, %(now)s, %(now)s, 'raised', 'norm', 'unack' FROM raised
            """,
            {"now": NOON},
        )
    sent = office.look(NOON + SECOND)
    assert [parcel.message.title for parcel in sent] == ["【红色告警】东河村 第一网格 499 条告警"] * 2
    assert "…… 另有 489 条，请在值班台查看" in sent[0].message.text


def test_a_receiver_that_fails_for_five_minutes_is_an_alarm_until_it_succeeds(county):
    """The officers and the other receivers learn of it, the one itself does not; a success ends it."""
    office = Notifying(county, TWO)
    office.refuse = lambda parcel: Refusal(reason="down") if parcel.receiver == "town" else None
    raise_alarm(county, NOON)
    office.look(NOON)

    def watch(now):
        with session(county) as cur:
            changes = watch_receivers(cur, now=now)
            append_changes(cur, changes)
        return len(changes)

    assert watch(NOON + 4 * MINUTE) == 0
    office.look(NOON + 4 * MINUTE)
    assert [watch(NOON + 6 * MINUTE), watch(NOON + 7 * MINUTE)] == [1, 0]
    assert office.told(NOON + 7 * MINUTE) == [
        ("duty", "【黄色告警】通知失败 town"),
        ("town", "【红色告警】烟感报警 东河村 第二网格"),
    ]
    office.refuse = lambda _: None
    assert [name for name, _ in office.told(NOON + 20 * MINUTE)] == ["town"]
    assert [watch(NOON + 20 * MINUTE), watch(NOON + 21 * MINUTE)] == [1, 0]
    assert office.told(NOON + 21 * MINUTE) == [("duty", "【已恢复】通知失败 town")]
    assert read(county, "SELECT condition, state FROM alarms WHERE priority = 3") == [("not-told", "rtnun")]


def test_what_goes_on_at_a_place_is_told_together(county):
    """A fire's next alarms wait two minutes for each other; one that is more urgent than what was told does not."""
    office = Notifying(county, one())
    raise_alarm(county, NOON, device=1, priority=3)
    assert len(office.told(NOON)) == 1
    raise_alarm(county, NOON + 10 * SECOND, device=1, condition="fire-seen", priority=3)
    raise_alarm(county, NOON + 20 * SECOND, device=3, priority=4)
    assert office.told(NOON + 30 * SECOND) == []
    raise_alarm(county, NOON + 40 * SECOND, device=3, condition="fire-seen", priority=1)
    assert office.told(NOON + 40 * SECOND) == [("duty", "【红色告警】东河村 第二网格 3 条告警")]
    raise_alarm(county, NOON + 50 * SECOND, device=1, condition="smoke-seen", priority=1)
    assert office.told(NOON + 2 * MINUTE) == []
    assert len(office.told(NOON + 2 * MINUTE + 40 * SECOND)) == 1
