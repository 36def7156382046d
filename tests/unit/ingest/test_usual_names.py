"""What makers' free field names mean."""

import pytest

from ingest.readings import Fact
from ingest.registry import METRIC_NAME
from ingest.usual_names import Flag, Ignored, Personal, Quantity, fact_of, meaning, metric_name, metric_of, truth_of
from ingest.usual_words import ONLY_PLAIN, WORDS


@pytest.mark.parametrize(
    ("name", "metric"),
    [
        ("temperature", "temperature"),
        ("tempOut", "temp_out"),
        ("Inputs/Air Temp", "inputs.air_temp"),
        ("CO2", "co2"),
        ("PM2.5", "pm2.5"),
        ("1st floor", "m_1st_floor"),
        ("温度", "temperature"),
        ("摆动", ""),
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
        ("smokealarm", 1, (Fact.FIRE, True)),
        ("fault", 5, (Fact.FAULT, True)),
        ("carbon_monoxide", 1, None),
        ("carbon_monoxide", True, (Fact.GAS_ALARM, True)),
        ("online", False, (Fact.OFFLINE, True)),
        ("online", "online", (Fact.OFFLINE, False)),
        ("leakage", 1, (Fact.WATER, True)),
        ("battery_status", 1, None),
        ("alarm", True, None),
        ("flame", 512, None),
    ],
)
def test_some_names_are_facts(name: str, value: object, stated: tuple[Fact, bool] | None) -> None:
    """What is a measurement with a number is an alarm with true or false."""
    assert fact_of(name, value) == stated


@pytest.mark.parametrize(
    ("identifier", "metric"),
    [
        ("CurrentTemp2", "current_temp2"),
        ("power:SwitchState", "switch_state"),
        ("ADC_CH0V", "adc_ch0_v"),
        ("温度", ""),
        ("2nd", "x_2nd"),
    ],
)
def test_identifiers_become_metrics(identifier: str, metric: str) -> None:
    """In a thing model a digit ends a word, and what stands before a colon is a module."""
    assert metric_name(identifier) == metric
    assert not metric or METRIC_NAME.fullmatch(metric)


@pytest.mark.parametrize(
    "spelling", ["SmokeSensorState", "smoke_sensor_state", "smokesensorstate", "fire:Smoke-Sensor-State"]
)
def test_spellings_are_one(spelling: str) -> None:
    """Case, separators and the module before a colon tell nothing apart."""
    assert meaning(spelling) == Flag(Fact.FIRE)


@pytest.mark.parametrize(
    ("identifier", "known"),
    [
        ("Temp", Quantity("temperature", "Cel", -100.0, 1000.0)),
        ("H2S", Quantity("h2_s")),
        ("gasValue", Quantity("gas_value")),
        ("gas", Quantity("gas", if_true=Fact.GAS_ALARM)),
        ("leakage", Quantity("leakage")),
        ("waterLevelMM", Quantity("water_level_mm")),
        ("IMEI", Ignored()),
        ("ownerPhone", Personal()),
    ],
)
def test_identifiers_of_thing_models(identifier: str, known: object) -> None:
    """A thing model's numbers have the table's unit; an unknown name is a quantity of its own."""
    assert meaning(identifier) == known


def test_a_number_under_the_name_of_a_fact_is_itself() -> None:
    """What a fact's name measures beside 0 and 1 keeps the name as it was spelled."""
    known = meaning("waterImmersion")
    assert isinstance(known, Flag)
    assert known.measured is None
    assert meaning("Presence") == Flag(Fact.MOTION, measured=Quantity("presence"))


def test_zero_and_one_of_smoke() -> None:
    """They are truths in a thing model, which has no others, and amounts where JSON has true and false."""
    smoke = meaning("smoke")
    assert isinstance(smoke, Flag)
    assert truth_of(smoke, 1) is True
    assert truth_of(smoke, 1, is_plain=True) is None
    assert truth_of(smoke, True, is_plain=True) is True


def test_words_are_spelled_as_they_are_looked_up() -> None:
    """A word of the tables with a capital or a separator would never be found."""
    assert [word for word in (*WORDS, *ONLY_PLAIN) if not word.isalnum() or word != word.lower()] == []


def test_zero_and_one_need_no_codes() -> None:
    """They are looked at before a maker's codes."""
    flags = [known for known in (*WORDS.values(), *ONLY_PLAIN.values()) if isinstance(known, Flag)]
    assert [flag for flag in flags if {"0", "1", "0.0", "1.0"} & flag.codes.keys()] == []


def test_every_fact_is_its_own_name() -> None:
    """A device that says our word is understood."""
    assert {known.fact for fact in Fact if isinstance(known := meaning(fact.value), Flag)} == set(Fact)
