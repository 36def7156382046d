"""Rules that judge at certain hours, and points that flap."""

from datetime import UTC, datetime

import pytest

from alerts.engine import Engine
from alerts.errors import RuleFileError
from tests.engine_feed import SECOND, rules, series, tag

NIGHT = "name: night, kind: level, for: {metric: stage}, unit: m, limits: {4: 1}, schedule: {%s}"
MINUTE = 60 * SECOND


def us(text):
    """Give microseconds of a time in Shanghai."""
    return round(datetime.fromisoformat(text + "+08:00").timestamp()) * SECOND


def active_at(schedule, *instants):
    """Say at which instants a value above the limit raises; an engine for each."""
    found = []
    for instant in instants:
        engine = Engine(rules(NIGHT % schedule), [tag()])
        found.append(bool(engine.detect(series([5.0], start=us(instant))).changes))
    return found


def test_hours_over_midnight_belong_to_the_day_they_begin_on():
    """From Friday 22:00 to Saturday 06:00 is Friday's window."""
    # 2026-11-20 is a Friday.
    days = active_at(
        "hours: '22:00-06:00', days: [fri]",
        "2026-11-20T21:59",
        "2026-11-20T22:00",
        "2026-11-21T05:59",
        "2026-11-21T06:00",
        "2026-11-21T23:00",
        "2026-11-20T02:00",
    )
    assert days == [False, True, True, False, False, False]


def test_school_days_leave_the_holidays_out():
    """Both ends of a span of dates are left out."""
    school = "hours: '07:00-18:00', days: [mon, tue, wed, thu, fri], without: ['2026-07-13/2026-08-31', '2026-10-01']"
    assert active_at(school, "2026-07-10T08:00", "2026-07-13T08:00", "2026-08-31T08:00", "2026-09-01T08:00") == [
        True,
        False,
        False,
        True,
    ]
    assert active_at(school, "2026-10-01T08:00", "2026-10-02T08:00") == [False, True]


def test_an_alarm_returns_with_the_first_reading_outside_of_its_hours():
    """The condition is "beyond, at night": by day it does not hold, whatever the value."""
    engine = Engine(rules(NIGHT % "hours: '22:00-06:00'"), [tag()])
    changes = engine.detect(series([5.0] * 4, start=us("2026-11-20T05:58"))).changes
    assert [(c.active, c.time) for c in changes] == [(True, us("2026-11-20T05:58")), (False, us("2026-11-20T06:00"))]


@pytest.mark.parametrize(
    ("schedule", "complaint"),
    [
        ("hours: '22-6'", "no hours"),
        ("hours: '25:00-06:00'", "not on a clock"),
        ("days: [friday]", "none of mon"),
        ("without: ['2026-13-01']", "no date"),
        ("without: ['2026-09-01/2026-08-01']", "before the first"),
        ("zone: Asia/Nowhere", "unknown time zone"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused(schedule, complaint):
    """With line and reason, like everything in a rule file."""
    with pytest.raises(RuleFileError, match=complaint):
        rules(NIGHT % schedule)


def test_a_point_that_flaps_stays_until_it_is_quiet():
    """Row 10 of lessons: after three raises within the hour it takes 30 quiet minutes, and returns at their first."""
    flap = "flap: {raises: 3, within: 1h, hold: 30min}"
    engine = Engine(
        rules(f"name: high, kind: level, for: {{metric: stage}}, unit: m, limits: {{4: 1}}, {flap}"), [tag()]
    )
    start = us("2026-11-20T12:00")
    chatter = [2.0, 0.0] * 10 + [0.0] * 40
    changes = engine.detect(series(chatter, start=start)).changes
    assert [(c.active, (c.time - start) // MINUTE) for c in changes] == [
        (True, 0),
        (False, 1),
        (True, 2),
        (False, 3),
        (True, 4),
        (False, 19),
    ]
    assert datetime.fromtimestamp(start / SECOND, UTC).hour == 4
