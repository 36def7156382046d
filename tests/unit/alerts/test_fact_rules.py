"""The default rules on facts of meters, gas and heat detectors, and lids: a fact is an alarm, and a passing one, too."""

import pytest

from alerts.engine import Engine
from alerts.rules import default_rules
from incidents.kinds import Kind, kind_of
from ingest.readings import Fact, Quality
from tests.engine_feed import SECOND, T0, batch, tag

RULES = {
    Fact.FIRE: ("smoke", 1),
    Fact.GAS_ALARM: ("gas", 1),
    Fact.HEAT: ("heat", 2),
    Fact.VALUE_LOW: ("value-low", 3),
    Fact.VALUE_HIGH: ("value-high", 3),
    Fact.WATER: ("water", 3),
    Fact.OPEN: ("open", 4),
    Fact.OTHER: ("reported", 3),
}


@pytest.mark.parametrize("fact", RULES)
def test_a_fact_that_passes_is_raised_and_returns(fact: Fact) -> None:
    """True, and false a second later in the same message: what stays with the officer is an alarm that returned."""
    engine = Engine(default_rules(), [tag(metric_name=str(fact), unit="1", kind="other", interval_s=None)])
    rows = [(1, 1, T0, 1.0, Quality.GOOD), (1, 1, T0 + SECOND, 0.0, Quality.GOOD)]
    changes = engine.detect(batch(rows)).changes
    assert [(c.condition, c.priority, c.active, c.time) for c in changes] == [
        (*RULES[fact], True, T0),
        (*RULES[fact], False, T0 + SECOND),
    ]


@pytest.mark.parametrize("fact", [Fact.MOTION, Fact.OTHER, Fact.SILENCED, Fact.SHIELDED])
def test_what_is_no_happening_raises_nothing(fact: Fact) -> None:
    """Something that moves, and what a panel starts or hears back, is kept and judged by a centre's own rule only."""
    engine = Engine(default_rules(), [tag(metric_name=str(fact), unit="1", kind="panel", interval_s=None)])
    assert engine.detect(batch([(1, 1, T0, 1.0, Quality.GOOD)])).changes == ()


def test_what_kind_of_happening_they_are() -> None:
    """Heat joins the fire of its place, water the flood."""
    assert kind_of("heat", "heat") is Kind.FIRE
    assert kind_of("water", "water") is Kind.FLOOD
    assert kind_of("gas", "gas_alarm") is Kind.OTHER
