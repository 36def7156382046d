"""SL/T 427: values, facts and times of a frame, and what is refused. Frames are made from the standard."""

from datetime import UTC, datetime

import pytest

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
