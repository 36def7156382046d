"""SL/T 427: values, facts and times of a frame, and what is refused. Frames are made from the standard."""

from datetime import UTC, datetime

import pytest

from ingest.decoders import storable
from ingest.decoders.sl427 import decode
from ingest.readings import DeviceState, Fact, Quality, Reading, Reason, Rejection
from tests.sl427_frames import frame

NOW = datetime(2026, 7, 1, tzinfo=UTC)
TOPIC = "sl427/4401/0102030405"
STATUS = "0000 0000"
AT = "301514120526 00"


def readings(raw):
    """(metric, value, unit) of every reading."""
    return [(r.metric, r.value, r.unit) for r in decode(TOPIC, raw, NOW) if isinstance(r, Reading)]


@pytest.mark.parametrize(
    ("kind", "data", "expected"),
    [
        (1, "251300", [("rain", 132.5, "mm")]),
        (2, "56342100", [("stage", 213.456, "m")]),
        (2, "563421F0", [("stage", -213.456, "m")]),
        (2, "56342100 00100000", [("stage", 213.456, "m"), ("stage_2", 1.0, "m")]),
        (3, "7856341202", [("flow", 212345.678, "m3/s")]),
        (3, "78563412F2", [("flow", -212345.678, "m3/h")]),
        (4, "554504", [("velocity", 44.555, "m/s")]),
        (5, "250100", [("gate_opening", 1.25, "m")]),
        (13, "5012", [("voltage", 12.5, "V")]),
        (2, "AAAAAAAA", [("stage", None, "m")]),
        (2, "FFFFFFFF", [("stage", None, "m")]),
        (2, "5634210C", [("stage", None, "m")]),
    ],
)
def test_a_value_is_bcd_with_the_low_byte_first(kind, data, expected):
    """By the quantity of the control byte; filling is no value."""
    assert readings(frame(0xB0 | kind, 0xC0, f"{data} {STATUS} {AT}")) == expected


def test_a_level_is_above_the_stations_own_base():
    """The registry adds the datum; the time is the frame's, of Beijing."""
    (reading, *_) = decode(TOPIC, frame(0xB2, 0xC0, f"56342100 {STATUS} {AT}"), NOW)
    assert reading.relative
    assert (reading.time, reading.quality) == (datetime(2026, 5, 12, 6, 15, 30, tzinfo=UTC), Quality.GOOD)


def test_an_alarm_report_has_its_alarm_word_in_front():
    """Function 81; every fact of the word is stated."""
    found = decode(TOPIC, frame(0xB2, 0x81, f"0720 56342100 0000 {AT}"), NOW)
    states = {state.fact: state.active for state in found if isinstance(state, DeviceState)}
    assert states == {
        Fact.MAINS_LOST: True,
        Fact.BATTERY_LOW: True,
        Fact.LEVEL_HIGH: True,
        Fact.FAULT: False,
        Fact.OTHER: False,
        Fact.TAMPER: True,
    }
    assert readings(frame(0xB2, 0x81, f"0720 56342100 0000 {AT}")) == [("stage", 213.456, "m")]


def test_an_unset_clock_is_replaced():
    """Our time, and said so."""
    (reading, *_) = decode(TOPIC, frame(0xB1, 0xC0, f"251300 {STATUS} 00000001017000"), NOW)
    assert (reading.time, reading.quality) == (NOW, Quality.UNCERTAIN_TIME)


def test_a_heartbeat_says_nothing():
    """Log-in, log-out and keep-alive."""
    assert decode(TOPIC, frame(0xB0, 0x02, "F2"), NOW) == []


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (frame(0xB1, 0xC0, f"251300 {STATUS} {AT}")[:-2] + b"\x00\x16", Reason.CHECKSUM),
        (frame(0xB1, 0xC0, f"251300 {STATUS} {AT}")[:-4], Reason.TRUNCATED),
        (frame(0xB1, 0xC0, "251300"), Reason.MALFORMED),
        (frame(0x31, 0xC0, f"251300 {STATUS} {AT}"), Reason.DOWNLINK),
        (frame(0xB1, 0xC0, f"251300 {STATUS} {AT}", station="0102030406"), Reason.FOREIGN_DEVICE),
        (frame(0xF1, 0xC0, f"01 251300 {STATUS} {AT}"), Reason.UNSUPPORTED),
        (frame(0xB1, 0x61, "FFD8"), Reason.UNSUPPORTED),
        (b"hello", Reason.MALFORMED),
    ],
)
def test_what_is_refused_says_why(raw, reason):
    """A wrong checksum above all: no reading comes of it."""
    found = decode(TOPIC, raw, NOW)
    assert [item.reason for item in found if isinstance(item, Rejection)] == [reason]
    assert not [item for item in found if isinstance(item, Reading)]


def test_hex_text_and_glued_frames_are_read():
    """Upper or lower case, with blanks; nonsense between frames is passed over."""
    one = frame(0xB1, 0xC0, f"251300 {STATUS} {AT}")
    assert readings(one.hex(" ").encode()) == readings(one)
    assert readings(one + b"\x68\x00" + one) == readings(one) * 2


def test_a_quantity_we_do_not_know_loses_no_fact():
    """Its value is told as unsupported; the alarm word beside it is read."""
    found = decode(TOPIC, frame(0xBA, 0xC0, f"251300 0100 0000 {AT}"), NOW)
    assert [item.reason for item in found if isinstance(item, Rejection)] == [Reason.UNSUPPORTED]
    assert [item.fact for item in found if isinstance(item, DeviceState) and item.active] == [Fact.MAINS_LOST]


@pytest.mark.parametrize(
    ("kind", "data", "expected"),
    [
        (3, "7856341202 8261100000", [("flow", 212345.678, "m3/s"), ("water_volume", 106182.0, "m3")]),
        (3, "AAAAAAAAAA 0040400000", [("flow", None, "m3/s"), ("water_volume", 404000.0, "m3")]),
        (
            3,
            "0059000000 8261100000 0001000000 AAAAAAAAAA",
            [
                ("flow", 5.9, "m3/s"),
                ("water_volume", 106182.0, "m3"),
                ("flow_2", 0.1, "m3/s"),
                ("water_volume_2", None, "m3"),
            ],
        ),
        (6, "500100", [("power", 150.0, "kW")]),
        (
            7,
            "131000 500230 5520",
            [
                ("air_pressure", 1013.0, "hPa"),
                ("wind_speed", 2.5, "m/s"),
                ("wind_direction", 3.0, "1"),
                ("temperature", 205.5, "Cel"),
            ],
        ),
        (
            7,
            "AAAAAA AAAAAA 55F0",
            [
                ("air_pressure", None, "hPa"),
                ("wind_speed", None, "m/s"),
                ("wind_direction", None, "1"),
                ("temperature", -5.5, "Cel"),
            ],
        ),
        (8, "56341200", [("energy_total", 1234.56, "kWh")]),
        (9, "5501", [("water_temperature", 15.5, "Cel")]),
        (11, "5502 2000", [("soil_moisture_20cm", 25.5, "%")]),
        (11, "5502 2000 6002 4000", [("soil_moisture_20cm", 25.5, "%"), ("soil_moisture_40cm", 26.0, "%")]),
        (12, "250000", [("evaporation", 2.5, "mm")]),
        (14, "01 250000", [("rain_5min", 2.5, "mm")]),
        (14, "41 250000", [("rain_1h", 2.5, "mm")]),
        (14, "81 250000", [("rain_1d", 2.5, "mm")]),
        (15, "50120300", [("pressure", 312.5, "kPa")]),
    ],
)
def test_every_quantity_of_the_standard_is_read_but_of_water_quality(kind, data, expected):
    """Tables 33 to 47 and 54: a flow comes with the water that has passed, and AA fills what is not measured."""
    assert readings(frame(0xB0 | kind, 0xC0, f"{data} {STATUS} {AT}")) == expected


def said(raw):
    """The readings, and the facts that are true."""
    found = decode(TOPIC, raw, NOW)
    return (
        [(r.metric, r.value) for r in found if isinstance(r, Reading)],
        {state.fact for state in found if isinstance(state, DeviceState) and state.active},
    )


@pytest.mark.parametrize(
    ("kind", "data", "expected"),
    [
        (1, "251300", [("rain", 132.5)]),
        (2, "56342100", [("stage", 213.456)]),
        (3, "0059000000 8261100000", [("flow", 5.9), ("water_volume", 106182.0)]),
        (3, "0059000000", [("flow", 5.9)]),
        (7, "131000", [("air_pressure", 1013.0)]),
        (8, "500230", [("wind_speed", 2.5), ("wind_direction", 3.0)]),
        (9, "5501", [("water_temperature", 15.5)]),
        (11, "5502", [("soil_moisture", 25.5)]),
    ],
)
def test_a_report_of_the_older_edition_has_a_shorter_time_mark(kind, data, expected):
    """SZY 206 says day, hour, minute and second: its words stand two bytes further back, and its month is the last that fits."""
    raw = frame(0xB0 | kind, 0xC0, f"{data} 0110 6000 00450830 0A")
    assert said(raw) == (expected, {Fact.MAINS_LOST, Fact.OTHER})
    assert {(item.time, item.quality) for item in decode(TOPIC, raw, NOW)} == {
        (datetime(2026, 6, 30, 0, 45, tzinfo=UTC), Quality.GOOD)
    }


def test_a_day_that_lies_ahead_is_of_the_month_before():
    """Or of the one before that, where the last one is too short for it; a time that none had is ours, and said so."""
    at = {"30": datetime(2026, 6, 30, 0, 45, tzinfo=UTC), "31": datetime(2026, 5, 31, 0, 45, tzinfo=UTC)}
    for day, expected in at.items():
        (reading, *_) = decode(TOPIC, frame(0xB2, 0xC0, f"56342100 {STATUS} 004508{day} 00"), NOW)
        assert (reading.time, reading.quality) == (expected, Quality.GOOD)
    (reading, *_) = decode(TOPIC, frame(0xB2, 0xC0, f"56342100 {STATUS} 004508FF 00"), NOW)
    assert (reading.time, reading.quality) == (NOW, Quality.UNCERTAIN_TIME)


@pytest.mark.parametrize("function", [0xC0, 0xB0])
def test_a_report_without_a_time_mark_is_of_now(function):
    """Answers have none, and some stations leave it out: what stands at the end is the status."""
    raw = frame(0xB3, function, "AAAAAAAAAA 0040400000 0100 0101")
    assert said(raw) == ([("flow", None), ("water_volume", 404000.0)], {Fact.MAINS_LOST})
    assert {item.time for item in decode(TOPIC, raw, NOW)} == {NOW}


def test_the_answer_about_the_state_is_the_alarm_word():
    """Function 5E: no value, no time."""
    assert said(frame(0xB0, 0x5E, "0500 0100")) == ([], {Fact.MAINS_LOST, Fact.LEVEL_HIGH})


def test_a_temperature_limit_is_a_fact():
    """Bit 9 of the alarm word."""
    assert said(frame(0xB9, 0xC0, f"5501 0002 0000 {AT}"))[1] == {Fact.OTHER}


def test_an_older_pressure_has_no_value_but_its_facts():
    """Its decimals are not known; the words behind it have their place all the same."""
    found = decode(TOPIC, frame(0xBF, 0xC0, "50120300 0100 6000 004508300A"), NOW)
    assert [item.reason for item in found if isinstance(item, Rejection)] == [Reason.UNSUPPORTED]
    assert [item.fact for item in found if isinstance(item, DeviceState) and item.active] == [Fact.MAINS_LOST]


def test_rain_of_a_test_is_no_rain():
    """The station was tested; nothing else of the report is believed."""
    found = decode(TOPIC, frame(0xBE, 0xC0, f"C1 250000 0100 0000 {AT}"), NOW)
    assert [(item.fact, item.active) for item in found] == [(Fact.TEST, True), (Fact.TEST, False)]


@pytest.mark.parametrize(
    ("control", "function", "data", "reason"),
    [
        (0xBA, 0xB0, "0300000000 34120000 78560000 0100 0000", Reason.UNSUPPORTED),
        (0xB2, 0xC0, "56342100 0100 0000 112233445566", Reason.MALFORMED),
        (0xB1, 0xC0, "251300 0100 0000 004508010626", Reason.MALFORMED),
        (0xB0, 0x5E, "0100", Reason.MALFORMED),
    ],
)
def test_words_without_a_sure_place_are_no_facts(control, function, data, reason):
    """Neither the length nor a clock says where the alarm word stands: an alarm made of other bytes would be a false one."""
    assert [item.reason for item in decode(TOPIC, frame(control, function, data), NOW)] == [reason]


@pytest.mark.parametrize(
    "raw",
    [
        frame(0xB0, 0x61, "0004 FFD8FFE0"),
        frame(0xF0, 0x83, "2A FFD8FFE0"),
        bytes.fromhex("680168F02A01020304056100FFD8"),
    ],
)
def test_of_a_picture_only_the_header_may_be_kept(raw):
    """Whether it is whole or not, binary or text: it can show people."""
    for payload in (raw, raw.hex(" ").encode()):
        assert b"\xff\xd8" not in storable("sl427", payload)
        assert len(storable("sl427", payload)) in (10, 11)
    level = frame(0xB2, 0xC0, f"56342100 {STATUS} {AT}")
    assert storable("sl427", level) == level
