"""What a rule may say under `suppressed_by`."""

import pytest

from alerts import RuleFileError, default_rules, suppressions_of
from alerts.by_design import Suppression
from tests.engine_feed import rules

FAULT = "name: fault, kind: state, for: {metric: fault}, condition: fault, priority: 3"
LOW = "name: low, kind: state, for: {metric: battery_low}, condition: battery-low, priority: 4"


def test_a_rule_names_what_suppresses_it():
    """Each suppressing condition is one entry, under the rule that is suppressed."""
    assert suppressions_of(rules(FAULT, LOW + ", suppressed_by: [fault]")) == (
        Suppression(rule="low", condition="battery-low", by="fault"),
    )
    assert suppressions_of(rules(FAULT, LOW)) == ()


def test_nothing_of_ours_suppresses_red_or_orange():
    """The rules that come with us suppress what says the same twice, and no more."""
    assert suppressions_of(default_rules()) == (
        Suppression(rule="battery-level-low", condition="level-low", by="battery-low"),
        Suppression(rule="silent-device", condition="no-data", by="offline"),
    )


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        (
            (
                FAULT,
                "name: fire, kind: state, for: {metric: fire}, condition: smoke, priority: 1, suppressed_by: [fault]",
            ),
            "red or orange only",
        ),
        ((FAULT, LOW + ", suppressed_by: [fualt]"), "no rule raises 'fualt'.*did you mean 'fault'"),
        ((FAULT, LOW + ", suppressed_by: [battery-low]"), "suppress itself"),
        ((FAULT + ", suppressed_by: [battery-low]", LOW + ", suppressed_by: [fault]"), "suppress itself"),
        ((FAULT, LOW + ", suppressed_by: fault"), "a list is expected"),
    ],
)
def test_what_could_hide_too_much_is_refused(texts, reason):
    """Red and orange always sound; a misspelt condition is named; no two conditions silence each other."""
    with pytest.raises(RuleFileError, match=reason):
        rules(*texts)


def test_a_longer_circle_is_found():
    """Three conditions that suppress each other in turn would all be silent."""
    tamper = "name: tamper, kind: state, for: {metric: tamper}, condition: tamper, priority: 3"
    with pytest.raises(RuleFileError, match="suppress itself"):
        rules(
            FAULT + ", suppressed_by: [tamper]",
            LOW + ", suppressed_by: [fault]",
            tamper + ", suppressed_by: [battery-low]",
        )
