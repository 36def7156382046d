"""Why there was or was not an alarm: each reason has its case."""

import json
from datetime import timedelta

import pytest

from alerts.answer import instant
from alerts.explain import explain
from alerts.explained import HeldOverride, Reason
from alerts.rules import default_rules
from alerts.trial import TrialRow, declare
from tests.engine_feed import SECOND, T0, rules, tag

MINUTE = 60 * SECOND
LEVEL = "name: high, kind: level, for: {metric: stage}, unit: m, limits: {2: 3}"


def ask(rule_set, values, *, at_minutes=None, overrides=(), **changes):
    """Ask about one gauge a minute after its last reading, unless told."""
    rows = [TrialRow(T0 + n * MINUTE, "a", "stage", float(value)) for n, value in enumerate(values)]
    at = instant(T0 + (len(values) - 1 if at_minutes is None else at_minutes) * MINUTE)
    return explain(rule_set, declare([("a", tag(**changes))]), rows, device="a", at=at, overrides=overrides)


@pytest.mark.parametrize(
    ("body", "values", "reason", "holds"),
    [
        (LEVEL, [1, 2], Reason.WITHIN, False),
        (LEVEL, [1, 3], Reason.BEYOND, True),
        (LEVEL + ", deadband: 0.5", [3, 2.8], Reason.DEADBAND, True),
        (LEVEL + ", on_delay: 5min", [1, 3], Reason.ON_DELAY, False),
        (LEVEL + ", off_delay: 5min", [3, 1], Reason.OFF_DELAY, True),
        (LEVEL, [], Reason.NO_READING, False),
        (LEVEL.replace("limits: {2: 3}", "deadband: 0.1"), [1], Reason.NO_LIMIT, False),
        (LEVEL.replace("metric: stage", "metric: flow"), [1], Reason.OTHER_METRIC, False),
        (LEVEL.replace("for: {", "for: {kinds: [smoke], "), [1], Reason.OTHER_KIND, False),
        (LEVEL.replace("unit: m", "unit: Cel"), [1], Reason.UNIT, False),
        ("name: q, kind: no-data, for: {}, priority: 4", [1], Reason.HEARD, False),
        (
            "name: r, kind: rate, for: {metric: stage}, unit: m, window: 30min, limits: {3: 1}",
            [1],
            Reason.NOT_ENOUGH,
            False,
        ),
        (
            "name: r, kind: rate, for: {metric: stage}, unit: m, window: 30min, limits: {3: 1}",
            [1, 3],
            Reason.BEYOND,
            True,
        ),
        (LEVEL + ', schedule: {hours: "00:00-00:01", zone: Asia/Shanghai}', [3], Reason.OUTSIDE_SCHEDULE, False),
    ],
)
def test_each_reason_has_its_case(body, values, reason, holds):
    """The verdict names its reason, and whether the condition holds."""
    (point,) = ask(rules(body), values, at_minutes=max(len(values) - 1, 0)).points
    assert (point.reason, point.holds) == (reason, holds)


def test_silence_is_told_with_its_limit():
    """Silent since when it fell due; an hour of it measured in seconds."""
    found = ask(rules("name: q, kind: no-data, for: {}, priority: 4"), [1], at_minutes=60)
    (point,) = found.points
    assert (point.reason, point.holds, point.limit, point.measured) == (Reason.SILENT, True, 180.0, 3600.0)
    assert found.silent_for_s == 3600.0


def test_a_device_without_an_interval_is_not_called_silent():
    """It is said why."""
    (point,) = ask(rules("name: q, kind: no-data, for: {}, priority: 4"), [1], at_minutes=60, interval_s=None).points
    assert point.reason is Reason.NO_INTERVAL


def test_a_value_that_cannot_be_is_told_where_it_is_left_out():
    """The level rule says that it does not see -9999, and the range rule that it does."""
    reasons = {
        point.condition: point.reason
        for point in ask(default_rules(), [1, -9999], limits=(9.0, None, None, None)).points
        if point.metric
    }
    assert reasons["level-high"] is Reason.IMPLAUSIBLE
    assert reasons["out-of-range"] is Reason.BEYOND


def test_readings_that_came_later_do_not_count():
    """What was asked about is what was known then."""
    (point,) = ask(rules(LEVEL), [1, 1, 3], at_minutes=1).points
    assert (point.reason, point.measured) == (Reason.WITHIN, 1.0)


def test_an_override_silences_its_priority_and_lesser_ones():
    """The condition holds all the same."""
    override = HeldOverride(kind="shelved", ends_at=instant(T0) + timedelta(days=1), reason="works", priority=2)
    two, one = ask(rules(LEVEL.replace("{2: 3}", "{2: 3, 1: 4}")), [5], overrides=[override]).standing[::-1]
    assert (two.priority, two.holds, two.is_silenced) == (2, True, True)
    assert (one.priority, one.holds, one.is_silenced) == (1, True, False)


def test_it_is_plain_json():
    """An explanation goes over the wire as it is."""
    text = json.loads(json.dumps(ask(default_rules(), [1, 3]).to_json()))
    assert text["device"] == "a"
    assert text["newest"][0]["quality"] == "good"


def test_a_device_nobody_declared_cannot_be_asked():
    """It is an error of the caller."""
    with pytest.raises(KeyError):
        explain(default_rules(), [], [], device="a", at=instant(T0))
