"""A trial of rules: what it tells, when it looks for silence, and that nothing depends on how it is cut."""

import random
from datetime import timedelta

import pytest

from alerts.answer import instant
from alerts.life_cycle import State
from alerts.rules import default_rules
from alerts.trial import TrialRow, declare, try_out
from tests.engine_feed import SECOND, T0, rules, tag

LEVEL = "name: high, kind: level, for: {metric: stage}, unit: m, limits: {2: 3}"
QUIET = "name: quiet, kind: no-data, for: {}, priority: 4, intervals: 3"
HOUR = 3600 * SECOND


def rows_of(*values, device="a", step=60 * SECOND, start=T0):
    """Make rows at even steps."""
    return [TrialRow(start + n * step, device, "stage", float(value)) for n, value in enumerate(values)]


def one(interval_s=60.0, device="a"):
    """Declare one gauge."""
    return declare([(device, tag(interval_s=interval_s))])


def moves(steps):
    """Give where alarms went."""
    return [(step.from_state.value, step.to_state.value) for step in steps]


def test_an_alarm_nobody_acknowledges_comes_back_as_the_same():
    """Norm, unack, rtnun, and unack again: the raise within a watch is the same happening."""
    steps, told = try_out(rules(LEVEL), one(), rows_of(1, 3, 1, 3, 1))
    assert moves(steps) == [("norm", "unack"), ("unack", "rtnun"), ("rtnun", "unack"), ("unack", "rtnun")]
    assert (steps[0].device, steps[0].metric, steps[0].condition, steps[0].value) == ("a", "stage", "level-high", 3.0)
    assert told.rows == 5


def test_what_comes_back_after_a_watch_is_another_alarm():
    """After more than twelve hours the next raise begins at norm."""
    steps, _ = try_out(rules(LEVEL), one(), [*rows_of(3, 1), *rows_of(3, start=T0 + 13 * HOUR)])
    assert moves(steps)[-1] == ("norm", "unack")


def test_silence_is_raised_when_it_falls_due_and_not_when_it_ends():
    """Three intervals after the last reading, although the next one comes an hour later; its metric is blank."""
    steps, _ = try_out(rules(QUIET), one(), [*rows_of(1, 1), *rows_of(1, start=T0 + HOUR)])
    assert moves(steps) == [("norm", "unack"), ("unack", "rtnun")]
    assert steps[0].metric == ""
    assert timedelta(0) <= steps[0].time - instant(T0 + 240 * SECOND) < timedelta(milliseconds=1)
    assert steps[1].time == instant(T0 + HOUR)


def test_a_device_that_fell_silent_can_do_so_again():
    """Each of three holes is told, once."""
    rows = [row for n in range(4) for row in rows_of(1, 1, 1, start=T0 + n * HOUR)]
    steps, _ = try_out(rules(QUIET), one(), rows)
    assert sum(step.to_state is State.UNACK for step in steps) == 3


def test_a_reading_served_again_is_no_sign_of_life():
    """The same device time, received every minute: silent after three intervals."""
    rows = [TrialRow(T0, "a", "stage", 1.0, T0 + n * 60 * SECOND) for n in range(10)]
    steps, _ = try_out(rules(QUIET), one(), rows)
    assert moves(steps) == [("norm", "unack")]


def test_nothing_falls_due_after_the_last_row():
    """The clock of a trial stands where its rows end."""
    assert try_out(rules(QUIET), one(), rows_of(1, 1))[0] == []


def test_rows_that_nobody_declared_are_counted():
    """They neither judge nor move the clock."""
    steps, told = try_out(rules(LEVEL), one(), [*rows_of(9, device="b"), TrialRow(T0, "a", "flow", 9.0), *rows_of(1)])
    assert steps == []
    assert told.unknown == {("b", "stage"): 1, ("a", "flow"): 1}
    assert told.rows == 1


@pytest.mark.parametrize("seed", range(4))
def test_the_answer_does_not_depend_on_the_chunks(seed):
    """Rows of three devices with holes, late and repeated rows: one at a time or all at once is the same."""
    draw = random.Random(seed)
    tags = declare([(name, tag(interval_s=60.0)) for name in "abc"])
    times = dict.fromkeys("abc", T0)
    rows = []
    for _ in range(400):
        name = draw.choice("abc")
        times[name] += draw.choice([0, 60, 60, 60, -60, 900]) * SECOND
        rows.append(TrialRow(times[name], name, "stage", draw.choice([0.5, 1.0, 3.2, 9.0, -9999.0])))
    rule_set = default_rules()
    answers = [try_out(rule_set, tags, rows, chunk=chunk)[0] for chunk in (1, 7, 8192)]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0]
