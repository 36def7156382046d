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
        ("0CD13FFF00", None),  # the mark of a radar that sees nothing
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


def test_distances_an_lb_stored_are_history() -> None:
    """Rows of port 3: battery, distance, probe, flags, time; an unnamed model has no such port."""
    row = "0CD1 070A 0105 42 662F0A00"
    past = [item for item in _read("DDS75-LB", row * 2, 3) if isinstance(item, Reading)]
    assert [(item.metric, item.value, item.time, item.quality) for item in past] == [
        ("distance", 1802.0, STORED, Quality.HISTORY)
    ] * 2
    assert reasons(_read("DDS75-LB", "00" * 11, 3)) == [Reason.TIME]
    assert reasons(_read("dragino", row, 3)) == [Reason.UNSUPPORTED]


def test_radar_sees_as_an_ldds75_does() -> None:
    """The MDS120 sends the same eight bytes; 3FFF is nothing seen."""
    assert values(_read("dragino MDS120-LB", "0CD1 07D0 00 00FA 01", 2)) == {
        "voltage": (3281.0, "mV"),
        "distance": (2000.0, "mm"),
        "temperature": (25.0, "Cel"),
    }


@pytest.mark.parametrize(
    ("signal", "distance"), [("0064", None), ("0065", 2345.0), ("FFFE", 2345.0), ("FFFF", None), ("0000", None)]
)
def test_lidar_distance_is_believed_by_its_signal(signal: str, distance: float | None) -> None:
    """LDS12, LDS25, LDS40: up to 100 too weak, FFFF dazzled; tenths of a centimetre are mm."""
    said = _read("LDS40-LB", f"0CD1 FF9C 0929 {signal} 00 1A 01", 2)
    assert values(said) == {
        "voltage": (3281.0, "mV"),
        "temperature": (-10.0, "Cel"),
        "distance": (distance, "mm"),
    }


def test_distances_a_lidar_stored_are_history() -> None:
    """Believed by the same signal; a row without a time is refused."""
    past = _read("LDS12-LB", "00 00 0929 0065 1A 662F0A00" + "00 00 0929 0001 1A 662F0A00", 3)
    assert [(item.value, item.time) for item in past if isinstance(item, Reading)] == [(2345.0, STORED), (None, STORED)]
    assert reasons(_read("LDS12-LB", "00" * 11, 3)) == [Reason.TIME]


@pytest.mark.parametrize("model", ["LDS12-LB", "LDDS04", "LLMS01"])
def test_answer_about_configuration_is_no_measurement(model: str) -> None:
    """The last byte says what kind of message it is: 2 looks like distances and is none."""
    said = _read(model, "0316 0318 031A 0315 0318 02", 2)
    assert values(said) == {}
    assert reasons(said) == [Reason.UNSUPPORTED]


@pytest.mark.parametrize(
    ("payload", "depth"),
    [
        ("0CE4 0005 1F40 0000 00", 125.0),  # 8 mA of a probe of 5 m
        ("0CE4 000A 4E20 0000 00", 1000.0),  # 20 mA of one of 10 m
        ("0CE4 0005 0FA0 0000 00", 0.0),
        ("0CE4 0005 0F3C 0000 00", 0.0),  # 3.9 mA: a little under nothing
        ("0CE4 0005 0000 0000 00", None),  # no current at all: no probe, not no water
        ("0CE4 0005 55F0 0000 00", None),  # 22 mA
    ],
)
def test_depth_of_a_ps_lb(payload: str, depth: float | None) -> None:
    """4 to 20 mA are none to all of the probe's range; a broken loop is no dry river."""
    said = _read("PS-LB", payload, 2)
    assert values(said) == {"voltage": (3300.0, "mV"), "depth": (depth, "cm")}
    assert reasons(said) == []


@pytest.mark.parametrize(
    ("probe", "current", "expected"),
    [
        ("0103", "1F40", {"pressure": (400.0, "kPa")}),  # a quarter of 1.6 MPa
        ("0108", "4E20", {"pressure": (-100.0, "kPa")}),
        ("0109", "0FA0", {"pressure": (-100.0, "kPa")}),
        ("010C", "0000", {"pressure": (None, "kPa")}),
        ("0163", "1F40", {"current": (8.0, "mA")}),  # a probe nobody knows
        ("0201", "1F40", {"current": (8.0, "mA")}),  # a difference of pressures
    ],
)
def test_ps_lb_with_another_probe(probe: str, current: str, expected: dict[str, tuple[float | None, str]]) -> None:
    """A pressure by its probe's range; of a probe that is not known the current, of which nothing is made."""
    assert (
        values(_read("dragino ps-lb", f"0CE4 {probe} {current} 0000 00", 2)) == {"voltage": (3300.0, "mV")} | expected
    )
    assert reasons(_read("PS-LB", f"0CE4 {probe} {current}", 2)) == [Reason.TRUNCATED]


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


@pytest.mark.parametrize(
    ("payload", "expected", "counted"),
    [
        ("8B88 01 002500 01", {Fact.OPEN: True}, {"open_times": (9472.0, "1")}),
        ("4B88 02", {Fact.WATER: True}, {}),
        ("8B88", {}, {}),
    ],
)
def test_door_cut_off_keeps_what_came_before(
    payload: str, expected: dict[Fact, bool], counted: dict[str, tuple[float, str]]
) -> None:
    """Whether it is open or wet stands in the first three bytes."""
    said = _read("LWL02", payload, 10)
    assert facts(said) == expected
    assert values(said) == {"voltage": (2952.0, "mV")} | counted
    assert reasons(said) == [Reason.TRUNCATED]


def test_second_door_is_a_door() -> None:
    """Eighteen bytes are of two: open while one of them is."""
    assert facts(_read("DS03A-LB", "00 000005 000002 662F0A00 03 000001 000001", 2)) == {
        Fact.OPEN: True,
        Fact.OTHER: True,
    }
    assert facts(_read("DS03A-LB", "00 000005 000002 662F0A00 00 000001 000001", 2)) == {
        Fact.OPEN: False,
        Fact.OTHER: False,
    }


def test_door_with_a_clock_tells_stored_rows_as_history() -> None:
    """Port 2 is now, port 3 was then."""
    row = "03 000005 000002 662F0A00"
    assert facts(_read("LDS03A", row, 2)) == {Fact.OPEN: True, Fact.OTHER: True}
    assert facts(_read("LWL03A", row, 2)) == {Fact.WATER: True, Fact.OTHER: True}
    assert facts(_read("LWL04-LB", row, 2)) == {Fact.WATER: True, Fact.OTHER: True}
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


@pytest.mark.parametrize("model", ["LHT65", "dragino"])
def test_lht65_that_has_no_stored_rows_says_nothing(model: str) -> None:
    """It answers with zeros, which are neither 0 V nor 0 °C."""
    said = _read(model, "00" * 11, 2)
    assert values(said) == {}
    assert facts(said) == {}


def test_lht65_with_an_eye_says_what_moved() -> None:
    """It measures the air as any other, and counts movements."""
    said = _read("LHT65", "CC08 07A6 0385 0E 00000003", 2)
    assert values(said) == {
        "voltage": (3080.0, "mV"), "temperature": (19.58, "Cel"), "humidity": (90.1, "%RH"), "count": (3.0, "1"),
    }  # fmt: skip
    assert facts(said) == {Fact.BATTERY_LOW: False, Fact.MOTION: False}


@pytest.mark.parametrize("kind", ["0F", "10", "20"])
def test_identity_of_an_lht65_is_no_temperature(kind: str) -> None:
    """Where a probe's number is told, the built-in sensor is not."""
    said = _read("LHT65N", f"CBF6 0B0D 0376 {kind} 0ADD 7FFF", 2)
    assert values(said) == {"voltage": (3062.0, "mV")}


def test_row_of_an_lht65_that_nobody_confirmed_is_history() -> None:
    """Bit 7 without bit 6: sent again after an outage. With no time in it, it is a probe that is not there."""
    past = _read("LHT65N", "0ADD 0B0D 0376 81 662F0A00", 2)
    assert {(item.time, item.quality) for item in past if isinstance(item, Reading)} == {(STORED, Quality.HISTORY)}
    assert values(past)["probe_temperature"] == (27.81, "Cel")
    assert "voltage" not in values(past)


def test_battery_of_an_lht65_with_a_clock_is_beside_the_humidity() -> None:
    """Its first bytes are the probe."""
    said = _read("LHT65N", "0ADD 0B0D 4376 09 662F0A00", 2)
    assert facts(said) == {Fact.BATTERY_LOW: True}
    assert values(said)["humidity"] == (88.6, "%RH")


@pytest.mark.parametrize(
    ("model", "payload"),
    [
        ("dragino", "0CD1 0105 0960 0A0C 0071 00"),  # as soil moisture has it, without a name
        ("dragino lse01", "CBF6 0B0D 0376 01 0ADD 7FFF"),
        ("Dragino LSN50v2", "CBF6 0B0D 0376 01 0ADD 7FFF"),
        ("dragino wqs-lb", "CBF6 0B0D 0376 01 0ADD 7FFF"),
        ("dragino_lht65n-vib", "CBF6 0B0D 0376 01 0ADD 7FFF"),
        ("dragino cpl03-lb", "8BB2 01 000005 00000A 01"),
        ("dragino sw3l", "0CD1070A00"),
    ],
)
def test_another_model_is_not_read_as_one_of_ours(model: str, payload: str) -> None:
    """Many of them send eleven bytes on port 2; a name that is not ours is never guessed at."""
    said = _read(model, payload, 10 if payload.startswith("8BB2") else 2)
    assert values(said) == {}
    assert reasons(said) == [Reason.UNSUPPORTED]


@pytest.mark.parametrize("model", ["dragino", "Dragino EU868", "Dragino OTAA 1.0.3 class A", "dragino_AS923-2"])
def test_network_that_names_only_the_maker_is_told_by_length(model: str) -> None:
    """A region or a version is no model."""
    assert values(_read(model, "CBF6 0B0D 0376 01 0ADD 7FFF", 2))["temperature"] == (28.29, "Cel")
    assert values(_read(model, "0CD1070A00", 2))["distance"] == (1802.0, "mm")


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


@pytest.mark.parametrize(
    ("payload", "fact", "active"),
    [
        ("0112012400010000000000", Fact.WATER, False),  # a byte that is not its own
        ("0106012000010000000000", Fact.WATER, True),
        ("0147012401000000000000", Fact.WATER, True),
        ("0146012400010000000000", Fact.WATER, True),
        ("0147012400000000000000", Fact.WATER, False),
        ("0102012401000000000000", Fact.OPEN, True),
        ("0102012400000000000000", Fact.OPEN, False),
    ],
)
def test_netvox_leaks_and_doors(payload: str, fact: Fact, *, active: bool) -> None:
    """The type says whether there is one leak sensor or two: it leaks while one of them does."""
    assert facts(_read("netvox", payload, 6)) == {Fact.BATTERY_LOW: False, fact: active}


def test_netvox_levels() -> None:
    """R718PE looks down on the water, R718PA22 up through it; both in mm."""
    assert values(_read("R718PE", "01 B1 01 24 00 01F4 19 000000", 6)) == {
        "voltage": (3.6, "V"),
        "distance": (500.0, "mm"),
    }
    assert values(_read("R718PE", "01 B1 01 24 00 0000 00 000000", 6))["distance"] == (None, "mm")
    said = _read("R718PA22", "01 9B 01 A4 0834 FFFB 00 0000", 6)
    assert values(said) == {"voltage": (3.6, "V"), "depth": (2100.0, "mm"), "temperature": (-5.0, "Cel")}
    assert facts(said) == {Fact.BATTERY_LOW: True, Fact.FAULT: False}
    loose = _read("R718PA22", "01 9B 01 24 0834 0017 01 0000", 6)
    assert values(loose)["depth"] == (None, "mm")
    assert facts(loose)[Fact.FAULT] is True


def test_netvox_of_a_type_that_is_not_known_says_nothing() -> None:
    """A socket has no battery where a detector has: what its network made of it is better."""
    said = _read("netvox", "010E010100000032000000", 6)
    assert values(said) == {}
    assert facts(said) == {}
    assert reasons(said) == [Reason.UNSUPPORTED]


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
