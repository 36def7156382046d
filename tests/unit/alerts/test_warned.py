"""While a weather warning holds over a tag, the limits of rules that heed it are lower (靶向预警)."""

import pytest

from alerts import RuleFileError
from tests.engine_feed import rules, tag

STAGE = "name: s, kind: level, for: {metric: stage}, unit: m, limits: {3: 4, 2: 5}, deadband: 0.1"
RAIN = "name: r, kind: accumulation, for: {metric: rain}, unit: mm, windows: {1h: {2: 40, 1: 60}}"
STORM = (("rainstorm", 2),)


def limits(body, **of_tag):
    """Give the limits that a rule comes to on a tag, by priority."""
    (rule,) = rules(body).rules
    return {point.priority: round(point.limit, 6) for point in rule.points(tag(**of_tag))}


def test_a_factor_lowers_while_the_warning_holds():
    """Eight tenths of the limit under the warning, the limit itself without."""
    body = f"{STAGE}, warned: {{events: [rainstorm], factor: 0.8}}"
    assert limits(body) == {3: 4.0, 2: 5.0}
    assert limits(body, warnings=STORM) == {3: 3.2, 2: 4.0}


def test_a_step_lowers_heights_that_have_no_zero():
    """A stage in metres above the sea is lowered by a step; in the unit of the device, and the device's own limits too."""
    body = f"{STAGE}, warned: {{lower_by: 0.2}}"
    assert limits(body, warnings=STORM) == {3: 3.8, 2: 4.8}
    assert limits(body, warnings=STORM, unit="cm", limits=(None, 500.0, None, None)) == {2: 480.0}


def test_limits_of_their_own_replace_the_rules_where_they_are_lower():
    """What stands under warned is taken for the priorities it names; a device's own limits stay."""
    body = f"{STAGE}, warned: {{limits: {{3: 2.5}}}}"
    assert limits(body, warnings=STORM) == {3: 2.5, 2: 5.0}
    assert limits(body, warnings=STORM, limits=(None, 6.0, None, None)) == {2: 6.0}


def test_another_event_and_a_lesser_priority_lower_nothing():
    """A rule heeds the events it names, from the priority it names on."""
    body = f"{STAGE}, warned: {{events: [rainstorm], from_priority: 2, factor: 0.8}}"
    assert limits(body, warnings=(("heat", 1),)) == {3: 4.0, 2: 5.0}
    assert limits(body, warnings=(("rainstorm", 3),)) == {3: 4.0, 2: 5.0}
    assert limits(body, warnings=(("heat", 1), ("rainstorm", 2))) == {3: 3.2, 2: 4.0}


def test_sums_of_rain_are_lowered_in_every_window():
    """Get ready and go now come earlier."""
    (rule,) = rules(f"{RAIN}, warned: {{factor: 0.5}}").rules
    points = rule.points(tag(metric_name="rain", unit="mm", warnings=STORM))
    assert [point.measure.windows for point in points] == [((3_600_000_000, 30.0),), ((3_600_000_000, 20.0),)]


@pytest.mark.parametrize(
    ("warned", "reason"),
    [
        ("{factor: 1.2}", "more than 0 and less than 1"),
        ("{}", "in one way"),
        ("{factor: 0.8, lower_by: 1}", "in one way"),
        ("{lower_by: 0}", "not more than 0"),
        ("{factor: 0.8, event: x}", "unknown key 'event'"),
    ],
)
def test_what_lowers_nothing_is_refused(warned, reason):
    """The file is refused with line and reason."""
    with pytest.raises(RuleFileError, match=reason):
        rules(f"{STAGE}, warned: {warned}")


def test_a_low_limit_is_not_lowered():
    """Lowered, it would only be harder to reach."""
    with pytest.raises(RuleFileError, match="high limits"):
        rules(
            "name: b, kind: level, for: {metric: battery}, unit: '%EL', direction: low, limits: {4: 10}, warned: {factor: 0.5}"
        )
