"""Rule files: read whole, or refused with file, line and reason."""

from pathlib import Path

import pytest

import alerts.rules as rule_kinds
from alerts.errors import RuleFileError
from alerts.points import GapPolicy, SilencePoint, Tag
from alerts.rules import default_rules, kinds, load_rules

GUIDANCE = "guidance: {zh: {means: 甲, do: 乙}, en: {means: a, do: b}}"
GOOD = f"""rules:
  - name: stage
    kind: level
    for: {{kinds: [gauge], metric: stage}}
    unit: m
    limits: {{4: 1.0, 1: 2.5}}
    deadband: 0.5
    on_delay: 90s
    off_delay: 5min
    realarm_after: 1h
    gap: hold
    {GUIDANCE}
"""


def gauge(**changes):
    """Make a tag of a gauge in metres, every five minutes."""
    fields = {"device": 1, "kind": "gauge", "metric": 1, "metric_name": "stage", "unit": "m", "interval_s": 300.0}
    return Tag(**(fields | changes))


def test_a_level_rule_becomes_one_point_a_limit():
    """Each limit is a point with threshold, deadband and delays in the units of the engine."""
    (rule,) = load_rules(GOOD).rules
    red, blue = rule.points(gauge())
    assert (red.priority, red.limit, red.clear) == (1, 2.5, 2.0)
    assert (blue.priority, blue.limit, blue.clear) == (4, 1.0, 0.5)
    assert (blue.on_delay_us, blue.off_delay_us, blue.gap_us) == (90_000_000, 300_000_000, 900_000_000)
    assert blue.gap_policy is GapPolicy.HOLD
    assert rule.common.realarm_after_us == 3_600_000_000


def test_a_devices_own_limits_replace_all_four():
    """One limit of the device's own is enough to put the rule's aside, and stays in the device's unit exactly."""
    (rule,) = load_rules(GOOD).rules
    (point,) = rule.points(gauge(unit="[ft_i]", limits=(None, None, 5.1, None)))
    assert (point.priority, point.limit) == (3, 5.1)
    assert point.clear == pytest.approx(5.1 - 0.5 / 0.3048)


def test_limits_are_converted_to_the_devices_unit():
    """A rule in metres judges a device in centimetres."""
    (rule,) = load_rules(GOOD).rules
    assert [point.limit for point in rule.points(gauge(unit="cm"))] == [250.0, 100.0]


def test_a_deadband_wider_than_the_limit_still_lets_the_alarm_go():
    """A quantity that cannot fall below zero can always return to normal."""
    (rule,) = load_rules(GOOD).rules
    (point,) = rule.points(gauge(limits=(None, None, None, 0.4)))
    assert 0.0 < point.clear < point.limit


def test_a_tag_in_a_unit_that_cannot_be_compared_is_told():
    """A device whose unit measures something else is not judged by guessing."""
    (rule,) = load_rules(GOOD).rules
    with pytest.raises(ValueError, match="Cel of stage is not comparable with m"):
        rule.points(gauge(unit="Cel"))


def test_limits_can_ask_for_their_own_delay():
    """A low limit may wait for persistence where a high one does not."""
    text = GOOD.replace("limits: {4: 1.0, 1: 2.5}", "limits: {4: {at: 1.0, on_delay: 10min}, 1: 2.5}")
    red, blue = load_rules(text).rules[0].points(gauge())
    assert (red.on_delay_us, blue.on_delay_us) == (90_000_000, 600_000_000)


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("deadband: 0.5", "deadbnd: 0.5", 7, "unknown key 'deadbnd' (did you mean 'deadband'?)"),
        ("    unit: m\n", "    unti: m\n", 5, "unknown key 'unti' (did you mean 'unit'?)"),
        ("    unit: m\n", "", 2, "the key 'unit' is missing"),
        ("unit: m\n", "unit: furlong\n", 5, "unknown unit 'furlong'"),
        ("kind: level", "kind: levle", 3, "unknown rule kind 'levle' (did you mean 'level'?)"),
        ("on_delay: 90s", "on_delay: 90", 8, "'90' is not a duration"),
        ("4: 1.0", "5: 1.0", 6, "'5' is not a priority"),
        ("4: 1.0", "4: high", 6, "'high' is not a number"),
        ("4: 1.0", "4: .nan", 6, "'.nan' is not a number"),
        ("4: 1.0, 1: 2.5", "4: 1.0, 4: 2.5", 6, "'4' stands here twice"),
        ("4: 1.0, 1: 2.5", "4: 3.0, 1: 2.5", 6, "priority 1 is reached before"),
        ("deadband: 0.5", "deadband: -0.5", 7, "not negative"),
        ("gap: hold", "gap: hodl", 11, "'hodl' is none of reset, hold, unknown (did you mean 'hold'?)"),
        ("    limits: {4", "\tlimits: {4", 6, "cannot start any token"),
        ("metric: stage", "metrik: stage", 4, "unknown key 'metrik' (did you mean 'metric'?)"),
        ("en: {means: a, do: b}", "en: {means: a}", 12, "the key 'do' is missing"),
        ("name: stage", "name: Stage One", 2, "is not a name"),
    ],
)
def test_a_bad_file_is_refused_whole_with_line_and_reason(old, new, line, reason):
    """The author is told the file, the line and what is wrong with it."""
    assert old in GOOD
    with pytest.raises(RuleFileError) as refused:
        load_rules(GOOD.replace(old, new), source="county.yaml")
    assert reason in refused.value.reason
    assert str(refused.value).startswith(f"county.yaml:{line}: ")


def test_two_rules_that_could_raise_the_same_alarm_are_refused():
    """One alarm has one rule: a second one for the same devices, metric and condition names the first."""
    second = GOOD.removeprefix("rules:\n").replace("name: stage", "name: stage-again")
    with pytest.raises(RuleFileError, match=r"rules:13: .*same 'level-high' alarm as 'stage' on line 2"):
        load_rules(GOOD + second)


def test_an_empty_file_and_a_missing_one_are_refused(tmp_path):
    """Nothing is not a rule set."""
    with pytest.raises(RuleFileError, match="empty"):
        load_rules("")
    with pytest.raises(RuleFileError, match="cannot be read"):
        load_rules(tmp_path / "no.yaml")


def test_the_kinds_are_the_files_of_the_folder():
    """A rule kind is there because its file is."""
    folder = Path(rule_kinds.__file__).parent
    names = {path.stem.replace("_", "-") for path in folder.glob("*.py") if not path.stem.startswith("_")}
    assert set(kinds()) == names


def test_the_default_rules_say_what_to_do_in_both_languages():
    """Every default rule has guidance that fits its language."""
    for rule in default_rules().rules:
        zh, en = rule.common.guidance["zh"], rule.common.guidance["en"]
        assert any("\u4e00" <= letter <= "\u9fff" for letter in zh.means)
        assert any("\u4e00" <= letter <= "\u9fff" for letter in zh.do)
        assert en.means.isascii()
        assert en.do.isascii()


def test_a_test_never_leaves_the_centre():
    """The guidance of a device under test forbids publishing and sending."""
    rule = default_rules().rule("device-test")
    assert rule is not None
    assert rule.priorities == {4}
    assert "不得对外发布" in rule.common.guidance["zh"].do


def test_silence_is_three_intervals():
    """The default no-data rule waits for three reporting intervals, but not for less than 15 s."""
    rule = default_rules().rule("silent-device")
    assert rule is not None
    expected = SilencePoint(rule="silent-device", condition="no-data", priority=4, after_us=900_000_000)
    assert rule.points(gauge()) == (expected,)
    assert rule.points(gauge(interval_s=1.0))[0].after_us == 15_000_000
    assert rule.points(gauge(interval_s=None)) == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("rules: " + "[" * 5000, "1: it is nested too deeply"),
        (GOOD.replace("90s", "9" * 400 + "d"), "8: .* is longer than ten years"),
        (GOOD.replace("1h", "200000d"), "10: '200000d' is longer than ten years"),
    ],
    ids=["deep", "endless", "centuries"],
)
def test_what_no_engine_can_hold_is_refused_with_its_line(text, says):
    """Nesting without end and delays beyond all calendars are faults of the file, never of whoever reads it."""
    with pytest.raises(RuleFileError, match=says):
        load_rules(text)
