"""Dragino's and Netvox's devices, by their manuals."""

from datetime import UTC, datetime

import pytest

from ingest import codecs
from ingest.readings import Decoded, DeviceId, DeviceState, Enclosed, Fact, Quality, Reading, Reason
from tests.lorawan_said import facts, reasons, values

RECEIVED = datetime(2024, 5, 1, 12, 30, tzinfo=UTC)
STORED = datetime(2024, 4, 29, 2, 46, 24, tzinfo=UTC)


def _read(model: str, payload: str, port: int | None) -> list[Decoded]:
    return codecs.read(model, Enclosed(device=DeviceId("x"), payload=bytes.fromhex(payload), time=RECEIVED, port=port))


@pytest.mark.parametrize(
    ("payload", "distance"),
    [
        ("0CD1070A00", 1802.0),
        ("0CD1000000", None),  # no sensor
        ("0CD1001400", None),  # in the blind zone
        ("0CD1001300", None),
        ("0CD1070A00010501", 1802.0),
        ("0CD1070A00010500", None),  # the flag says that the sensor is not there
        ("0E1C0B05", None),  # too short to hold one: no sensor
    ],
)
def test_distance_of_an_ldds75(payload: str, distance: float | None) -> None:
    """In mm from the sensor down; a mark of no value is no number."""
    said = _read("LDDS75", payload, 2)
    assert values(said)["distance"] == (distance, "mm")
    assert reasons(said) == []


def test_probe_and_battery_of_an_ldds75() -> None:
    """Battery in mV under two flags; the optional probe in tenths of a degree, with a sign."""
    assert values(_read("DDS75-LB", "4CD1070A00FF3F01", 2)) == {
        "voltage": (3281.0, "mV"),
        "distance": (1802.0, "mm"),
        "temperature": (-19.3, "Cel"),
    }
    assert values(_read("LDDS75", "0CD1070A007FFF01", 2))["temperature"] == (None, "Cel")


def test_many_distances_at_once_are_none() -> None:
    """Nothing says when each was measured: the battery is kept, the rest is refused."""
    said = _read("DDS75-LB", "1CD1 0000 00 0000 01 070A 0710 00 0105 01", 2)
    assert values(said) == {"voltage": (3281.0, "mV")}
    assert reasons(said) == [Reason.UNSUPPORTED]


@pytest.mark.parametrize(
    ("model", "port"), [("LDDS75", 42), ("LDDS75", 10), ("LWL02", 2), ("LHT65", 10), ("dragino", 42), ("LDDS75", 5)]
)
def test_port_a_model_does_not_send_on_is_an_error(model: str, port: int) -> None:
    """Whatever the bytes look like."""
    assert reasons(_read(model, "0CD1070A00", port)) == [Reason.UNSUPPORTED]


def test_four_heads() -> None:
    """The manual's example: 79, 79.2, 79.4 and 78.9 cm."""
    assert values(_read("LDDS04", "0D4A 0316 0318 031A 0315 01", 2)) == {
        "voltage": (3402.0, "mV"),
        "distance_1": (790.0, "mm"),
        "distance_2": (792.0, "mm"),
        "distance_3": (794.0, "mm"),
        "distance_4": (789.0, "mm"),
    }


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ("8BB2 01 000005 00000A 01", {Fact.OPEN: True, Fact.OTHER: True}),
        ("0BB2 01 000005 00000A 00", {Fact.OPEN: False, Fact.OTHER: False}),
        ("4BB2 02 000005 00000A 00", {Fact.WATER: True, Fact.OTHER: False}),
        ("CBB2 03 000000 000000 00", {Fact.OPEN: True, Fact.WATER: True, Fact.OTHER: False}),
    ],
)
def test_doors_and_leaks(payload: str, expected: dict[Fact, bool]) -> None:
    """The mode says which of the two bits is meant."""
    said = _read("LWL02", payload, 10)
    assert facts(said) == expected
    assert values(said)["voltage"] == (2994.0, "mV")


def test_door_with_a_clock_tells_stored_rows_as_history() -> None:
    """Port 2 is now, port 3 was then."""
    row = "03 000005 000002 662F0A00"
    assert facts(_read("LDS03A", row, 2)) == {Fact.OPEN: True, Fact.OTHER: True}
    assert facts(_read("LWL03A", row, 2)) == {Fact.WATER: True, Fact.OTHER: True}
    past = [item for item in _read("LDS03A", row * 2, 3) if isinstance(item, DeviceState | Reading)]
    assert {(item.time, item.quality) for item in past} == {(STORED, Quality.HISTORY)}
    assert reasons(_read("LDS03A", "03 000005 000002 00000000", 3)) == [Reason.TIME]


def test_lht65() -> None:
    """The manual's example: 3.062 V, 28.29 °C, 88.6 %, probe 27.81 °C."""
    said = _read("LHT65", "CBF60B0D0376010ADD7FFF", 2)
    assert values(said) == {
        "voltage": (3062.0, "mV"),
        "temperature": (28.29, "Cel"),
        "humidity": (88.6, "%RH"),
        "probe_temperature": (27.81, "Cel"),
    }
    assert facts(said) == {Fact.BATTERY_LOW: False}
    assert values(_read("LHT65", "CBF60B0D0376017FFF7FFF", 2))["probe_temperature"] == (None, "Cel")
    assert values(_read("LHT65", "CBF60B0D0376810ADD7FFF", 2))["probe_temperature"] == (None, "Cel")
    assert values(_read("LHT65", "CBF60B0D03760500707FFF", 2))["illuminance"] == (112.0, "lux")
    past = [item for item in _read("LHT65", "0ADD0B0D037641662F0A00", 2) if isinstance(item, Reading)]
    assert {(item.time, item.quality) for item in past} == {(STORED, Quality.HISTORY)}


def test_llms01() -> None:
    """Leaf moisture in per cent and leaf temperature, both in tenths."""
    assert values(_read("LLMS01", "0CD1 7FFF 0064 FF3F 00 00 01", 2)) == {
        "voltage": (3281.0, "mV"),
        "probe_temperature": (None, "Cel"),
        "leaf_moisture": (10.0, "%"),
        "leaf_temperature": (-19.3, "Cel"),
    }


def test_netvox_status() -> None:
    """Voltage in tenths under a flag, fire and heat apart, temperature with a sign."""
    said = _read("RA02A", "01 0A 01 9E 01 00 FFF6 000000", 6)
    assert facts(said) == {Fact.BATTERY_LOW: True, Fact.FIRE: True, Fact.HEAT: False}
    assert values(said) == {"voltage": (3.0, "V"), "temperature": (-1.0, "Cel")}
    assert facts(_read("RA02C", "01 11 01 1E 01 00 000000 0000", 6))[Fact.GAS_ALARM] is True


def test_netvox_start_up_is_no_alarm() -> None:
    """Versions and a date look like nothing that is measured."""
    assert _read("RA02A", "010A006415202008110000", 6) == []


@pytest.mark.parametrize(
    ("payload", "port", "reason"),
    [
        ("810A000000000000000000", 7, Reason.UNSUPPORTED),
        ("010A011E010104B0000000", 9, Reason.UNSUPPORTED),
        ("010A011E", 6, Reason.TRUNCATED),
        ("0157011E010104B0000000", 6, Reason.UNSUPPORTED),
    ],
)
def test_netvox_refuses(payload: str, port: int, reason: Reason) -> None:
    """Answers, other ports, halves, and types it does not know."""
    assert reasons(_read("netvox_ra02", payload, port)) == [reason]
