"""Who hears of what, when: windows, routes and the decisions about one step, without a database."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from alerts.errors import RuleFileError
from alerts.notification.happening import Cause, Happening, Item, Subject, Telling
from alerts.notification.notify_file import load_notify
from alerts.notification.routing import Circumstances, Silence, newest, pause_after, postings, silence
from alerts.notification.windows import Window, end_of_all, is_within, read_window
from alerts.rule_file import parse

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)
RECEIVERS = """
receivers:
  - {name: 甲, webhook: {url: "http://127.0.0.1:1/", secret_env: S}}
  - {name: 乙, webhook: {url: "http://127.0.0.1:1/", secret_env: S}, tests: true}
shifts:
  - {name: 白班, windows: ["mon-fri 08:00-20:00", "sat,sun 09:00-18:00"]}
  - {name: 夜班, windows: "20:00-08:00"}
"""


def local(day, hour, minute=0, zone=SHANGHAI):
    """Give an instant of May 2024 by the wall clock of a zone; the 1st is a Wednesday."""
    return datetime(2024, 5, day, hour, minute, tzinfo=zone).astimezone(UTC)


def window(text) -> Window:
    """Read a window."""
    return read_window(parse(f'"{text}"', "test"))


def cause(telling="raised", *, number=1, version=1, at=None, covered=False):
    """Make a row of the outbox."""
    return Cause(subject=Subject.ALARM, number=number, version=version, cause=telling, at=at or NOON, covered=covered)


def alarm(**changes):
    """Make a smoke alarm in a grid of a village of a town."""
    fields = {
        "subject": Subject.ALARM, "number": 1, "priority": 2, "kind": "smoke", "what": "fire", "condition": "smoke",
        "state": "unack", "codes": ("C", "T1", "T1-1"), "sounding": 1,
    }  # fmt: skip
    return Happening(**(fields | changes))


NOON = local(1, 12)


def told(routes, step=None, happening=None, *, now=NOON, exercise=False, told=None, since=None):
    """Decide, and give who is told and when, counted from now."""
    notify = load_notify(RECEIVERS + "routes:\n" + "\n".join(f"  - {{name: r{n}, {r}}}" for n, r in enumerate(routes)))
    held = Circumstances(
        now=now,
        zone=SHANGHAI,
        exercise=exercise,
        told=told or {},
        since={receiver.name: since or local(1, 0) for receiver in notify.receivers},
    )
    found = postings(notify, step or cause(at=now), happening or alarm(), held)
    return [(posting.receiver, posting.topic, posting.due_at - now) for posting in found]


@pytest.mark.parametrize(
    ("text", "instant", "holds"),
    [
        ("mon-fri 08:00-20:00", local(1, 8), True),
        ("mon-fri 08:00-20:00", local(1, 20), False),
        ("mon-fri 08:00-20:00", local(4, 12), False),
        ("fri-mon 08:00-20:00", local(5, 12), True),
        ("fri-mon 08:00-20:00", local(7, 12), False),
        ("fri 22:00-06:00", local(4, 5, 59), True),
        ("fri 22:00-06:00", local(3, 5, 59), False),
        ("22:00-07:00", local(1, 6, 59), True),
        ("00:00-24:00", local(1, 0), True),
    ],
)
def test_a_window_holds_its_hours(text, instant, holds):
    """A window over midnight belongs to the day it began on; the end is not in it."""
    assert is_within((window(text),), instant, SHANGHAI) is holds


def test_quiet_hours_end_by_the_wall_clock():
    """In a zone without changes nine hours are nine hours; where the clock is put forward the night is shorter."""
    night = (window("22:00-07:00"),)
    assert end_of_all(night, local(1, 23), SHANGHAI) - local(1, 23) == 8 * HOUR
    spring = datetime(2024, 3, 30, 23, tzinfo=BERLIN).astimezone(UTC)
    assert end_of_all(night, spring, BERLIN) - spring == 7 * HOUR


def test_windows_that_touch_end_together():
    """Evening and night are one quiet time."""
    windows = (window("18:00-22:00"), window("22:00-07:00"))
    assert end_of_all(windows, local(1, 19), SHANGHAI) == local(2, 7)


@pytest.mark.parametrize(
    ("match", "hears"),
    [
        ("{}", True),
        ("{grids: [T1]}", True),
        ("{grids: [T2, T1-1]}", True),
        ("{grids: [T2]}", False),
        ("{kinds: [fire]}", True),
        ("{kinds: [smoke, gauge]}", True),
        ("{kinds: [flood]}", False),
        ("{priorities: [1, 2], conditions: [smoke]}", True),
        ("{priorities: [1]}", False),
        ("{shift: 白班}", True),
        ("{shift: 夜班}", False),
        ('{hours: "11:00-13:00"}', True),
    ],
)
def test_a_route_hears_what_it_matches(match, hears):
    """Grid with all below it, kind of device or happening, condition, priority and the shift: all must hold."""
    assert bool(told([f"match: {match}, receivers: [甲]"])) is hears


def test_several_routes_tell_a_receiver_once():
    """The first route that names a receiver is the one; another receiver of the second is told, too."""
    first, second = "receivers: [甲], group_wait: 5s", "receivers: [甲, 乙], group_by: kind"
    assert told([first, second]) == [("甲", "place:T1-1", timedelta(seconds=5)), ("乙", "kind:fire", 10 * HOUR / 3600)]


def test_a_return_is_told_to_those_who_were_told_whatever_the_shift():
    """Night has come: the day shift that heard of the alarm hears of its end, the night shift does not."""
    night = local(1, 21)
    routes = ["match: {shift: 白班}, receivers: [甲]", "match: {shift: 夜班}, receivers: [乙]"]
    for how in ("returned", "rule-removed"):
        assert [name for name, *_ in told(routes, cause(how, at=night, version=2), now=night, told={1: {"甲"}})] == [
            "甲"
        ]
    assert told(["receivers: [甲], causes: [raised]"], cause("returned", version=2), told={1: {"甲"}}) == []


def test_nobody_hears_of_what_is_covered_old_or_before_their_time():
    """An override then or now, more than a day of nobody deciding, and what happened before a receiver was named."""
    route = ["receivers: [甲]"]
    assert told(route, cause(covered=True)) == []
    assert told(route, happening=alarm(covered=True)) == []
    assert told(route, cause(at=NOON - 25 * HOUR), since=NOON - 30 * HOUR) == []
    assert told(route, cause(at=NOON - HOUR), since=NOON - HOUR / 2) == []


def test_a_test_and_an_exercise_go_to_those_who_ask():
    """A detector's test button and all of an exercise."""
    route = ["receivers: [甲, 乙]"]
    assert [name for name, *_ in told(route, happening=alarm(condition="test"))] == ["乙"]
    assert [name for name, *_ in told(route, exercise=True)] == ["乙"]


def test_quiet_hours_hold_all_but_the_urgent():
    """At 23:00 priority 2 waits until 07:00 with all else that waits; with `unless_priority: 2` it goes."""
    night = local(1, 23)
    assert told(['receivers: [甲], quiet_hours: {hours: "22:00-07:00"}'], now=night) == [("甲", "held", 8 * HOUR)]
    (now,) = told(['receivers: [甲], quiet_hours: {hours: "22:00-07:00", unless_priority: 2}'], now=night)
    assert now[2] == timedelta(seconds=10)


def test_a_repeat_holds_only_for_the_step_it_repeats():
    """Acknowledged, passed, or sounded anew since: the old repeat is over. The first telling is not."""
    again, first = Item(cause=cause(), nth=1), Item(cause=cause())
    assert silence(again, alarm()) is None
    assert silence(again, alarm(state="acked", sounding=2)) is Silence.ACKNOWLEDGED
    assert silence(again, alarm(state="rtnun")) is Silence.ACKNOWLEDGED
    assert silence(again, alarm(sounding=3)) is Silence.ACKNOWLEDGED
    assert silence(first, alarm(state="acked", sounding=2)) is None
    assert silence(first, alarm(covered=True)) is Silence.OVERRIDDEN
    assert silence(first, None) is Silence.GONE


def test_of_several_steps_of_an_alarm_the_last_is_told():
    """Raised and returned within one message: the message says that it has passed."""
    steps = [Item(cause=cause()), Item(cause=cause(number=2)), Item(cause=cause("returned", version=2))]
    assert [(i.cause.number, i.cause.telling) for i in newest(steps)] == [(1, Telling.RETURNED), (2, Telling.RAISED)]


def test_pauses_grow_to_five_minutes_and_are_spread():
    """2, 4, 8 … 300 s, less up to a quarter."""
    assert [pause_after(n, 0).total_seconds() for n in (1, 2, 8, 9, 10_000)] == [2, 4, 256, 300, 300]
    assert pause_after(1, 1).total_seconds() == 1.5


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("receivers: []", "the key 'routes' is missing"),
        ("receivers: [{name: a}]", "either 'webhook' or 'apprise'"),
        ("receivers: [{name: a, webhook: {url: 'ftp://x', secret_env: S}}]", "begins with http:// or https://"),
        ("receivers: [{name: a, webhook: {url: 'http://u:p@x', secret_env: S}}]", "holds no password"),
        ("receivers: [{name: a, webhook: {url: 'http://x'}}]", "either 'secret_file' or 'secret_env'"),
        ("receivers: [{name: a, apprise: {url: 'dingtalk://x'}}]", "put it into a file"),
        ("receivers: [{name: a, webhook: {url: 'http://x', secret_env: S}, test: true}]", "did you mean 'tests'"),
        ("receivers: [{name: a, apprise: {url_env: S}}, {name: a, apprise: {url_env: S}}]", "stands here twice"),
        ("{R}\nroutes: [{name: r, receivers: [丙]}]", "'丙' is none of"),
        ("{R}\nroutes: [{name: r, receivers: []}]", "the list is empty"),
        ("{R}\nroutes: [{name: r, receivers: [甲], match: {shift: 中班}}]", "there is no shift '中班'"),
        ("{R}\nroutes: [{name: r, receivers: [甲], match: {hours: '8-20'}}]", "is not a window"),
        ("{R}\nroutes: [{name: r, receivers: [甲], match: {hours: 'day 08:00-20:00'}}]", "is not a day"),
        ("{R}\nroutes: [{name: r, receivers: [甲], repeat_every: 10s}]", "once a minute at most"),
        ("{R}\nroutes: [{name: r, receivers: [甲], quiet_hours: {hours: '00:00-24:00'}}]", "never end"),
        ("{R}\nroutes: [{name: r, receivers: [甲], causes: [acked]}]", "is none of raised"),
        ("{R}\nroutes: [{name: r, receivers: [甲], group_by: town}]", "is none of place"),
    ],
)
def test_a_faulty_file_is_refused_with_line_and_reason(text, says):
    """Whoever wrote it is told where and why, and the nearest known word."""
    with pytest.raises(RuleFileError, match=r"^notify:\d+: ") as refused:
        load_notify(text.replace("{R}", RECEIVERS))
    assert says in str(refused.value)
