"""What makers' free field names mean."""

import pytest

from ingest.readings import Fact
from ingest.registry import METRIC_NAME
from ingest.usual_names import fact_of, metric_of


@pytest.mark.parametrize(
    ("name", "metric"),
    [
        ("temperature", "temperature"),
        ("tempOut", "temp_out"),
        ("Inputs/Air Temp", "inputs.air_temp"),
        ("CO2", "co2"),
        ("PM2.5", "pm2.5"),
        ("1st floor", "m_1st_floor"),
        ("温度", ""),
        ("x" * 100, "x" * 40),
        ("///", ""),
    ],
)
def test_names_become_metrics(name: str, metric: str) -> None:
    """Lower case, words apart, at most 40 characters, and always one the registry takes."""
    assert metric_of(name) == metric
    assert not metric or METRIC_NAME.fullmatch(metric)


@pytest.mark.parametrize(
    ("name", "value", "stated"),
    [
        ("smoke", True, (Fact.FIRE, True)),
        ("smoke", "ON", (Fact.FIRE, True)),
        ("smoke", 1, None),
        ("smoke_alarm", 1, (Fact.FIRE, True)),
        ("sensors.tamper", "0", (Fact.TAMPER, False)),
        ("battery", 1, None),
        ("battery_low", "false", (Fact.BATTERY_LOW, False)),
        ("temperature", True, None),
        ("fire", [1], None),
        ("fire", None, None),
    ],
)
def test_some_names_are_facts(name: str, value: object, stated: tuple[Fact, bool] | None) -> None:
    """What is a measurement with a number is an alarm with true or false."""
    assert fact_of(name, value) == stated
