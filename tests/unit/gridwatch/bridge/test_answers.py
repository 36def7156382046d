"""What each protocol's device is told, field by field as the standard writes it."""

from datetime import UTC, datetime

import pytest

from gridwatch.bridge.frames import Frame, Skip
from gridwatch.bridge.gb26875 import Gb26875, OnBadChecksum
from gridwatch.bridge.hj212 import Hj212
from gridwatch.bridge.sl651 import Sl651
from tests import gb26875_frames, hj212_frames, sl651_frames
from tests.gb26875_frames import component, components

AT = datetime(2026, 7, 1, 4, 30, 9, tzinfo=UTC)  # 12:30:09 in Beijing
STAMP = "260701123009"
SERIAL = "0007"


def heard(dialect, raw):
    """Cut one whole frame."""
    frame = dialect.cut(raw, is_last=False)
    assert isinstance(frame, Frame), frame
    return frame


def answer(dialect, raw):
    """Cut one frame and answer it."""
    return dialect.talk().answer(heard(dialect, raw), AT)


def down(function, *, end="04", head="02", content=SERIAL + STAMP):
    """A frame of the centre, written by hand: station, centre, password, function, direction and length."""
    length = f"{0x8000 | (len(content) + len(head) - 2) // 2:04X}"
    whole = bytes.fromhex("7E7E 0012345678 01 1234" + f"{function:02X}" + length + head + content + end)
    return whole + sl651_frames.crc_modbus(whole)


@pytest.mark.parametrize("function", [0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0xE1])
def test_a_report_is_confirmed_with_its_own_function_and_serial(function):
    """M2: also the test report, and functions of the user's own."""
    assert answer(Sl651(), sl651_frames.report("3923 00001250", function=function)) == down(function)


@pytest.mark.parametrize("function", [0x2F, 0x37, 0x3A, 0x40, 0x45, 0x46, 0x4A, 0x51])
def test_heartbeats_and_answers_to_questions_are_not_confirmed(function):
    """M1 and M4: the station expects nothing."""
    assert answer(Sl651(), sl651_frames.frame(function, sl651_frames.body("3923 00001250"))) == b""


def test_a_station_that_shall_stay_online_gets_esc():
    """EOT lets a station hang up, ESC keeps it (6.3.2.4); heartbeats are answered where a platform is known for it."""
    dialect = Sl651(stays_online=True, answers_heartbeats=True)
    assert answer(dialect, sl651_frames.report("3923 00001250")) == down(0x32, end="1B")
    assert answer(dialect, sl651_frames.frame(0x2F, bytes.fromhex(SERIAL + STAMP))) == down(0x2F, end="1B")


def test_a_report_that_ends_like_a_question_is_the_stations():
    """Marked as sent up, its body names the station of its header; a question for a station does not."""
    for raw, device, is_up in (
        (sl651_frames.report("3923 00001250"), "0012345678", True),
        (sl651_frames.frame(0x37, bytes.fromhex(SERIAL + STAMP)), "0100123456", False),
    ):
        whole = raw[:-3] + b"\x05"
        found = heard(Sl651(), whole + sl651_frames.crc_modbus(whole))
        assert (found.device, found.is_up) == (device, is_up)


def test_an_ascii_report_is_answered_in_ascii():
    """The same fields as characters, the checksum too (tables 17 and 19)."""
    whole = b"\x01" + b"0012345678" + b"01" + b"1234" + b"32" + b"8010" + b"\x02" + (SERIAL + STAMP).encode() + b"\x04"
    expected = whole + sl651_frames.crc_modbus(whole).hex().upper().encode()
    assert answer(Sl651(), sl651_frames.ascii_frame(0x32, "ST 0012345678 H TT 2607010600 Z 6.38 ")) == expected


def packet(number, total=3, *, serial=7, last=None):
    """One packet of a picture; only the first has serial and time."""
    content = serial.to_bytes(2, "big") + bytes.fromhex(STAMP) if number == 1 else b"\xff\xd8"
    raw = sl651_frames.frame(0x36, content + b"....", packet=(total, number))
    if last and number != total:
        raw = raw[:-3] + b"\x03"
        raw += sl651_frames.crc_modbus(raw)
    return raw


def test_packets_get_one_confirmation_when_all_are_there():
    """M3: nothing for the first ones, and the total as number of the last (table 23, note a)."""
    dialect = Sl651()
    talk = dialect.talk()
    answers = [talk.answer(heard(dialect, packet(number)), AT) for number in (1, 2, 3)]
    assert answers == [b"", b"", down(0x36, head="16003003")]


def test_a_missing_packet_is_asked_for_by_its_number():
    """NAK with the first that is missing; sent again it ends with ETX and completes the report."""
    dialect = Sl651()
    talk = dialect.talk()
    heard_in_order = [packet(1, 4), packet(4, 4), packet(2, 4, last=True), packet(3, 4, last=True)]
    answers = [talk.answer(heard(dialect, raw), AT) for raw in heard_in_order]
    assert answers == [
        b"",
        down(0x36, end="15", head="16004002"),
        down(0x36, end="15", head="16004003"),
        down(0x36, head="16004004"),
    ]


def test_the_next_report_of_the_same_shape_begins_anew():
    """A packet of the last report does not stand in for one of this."""
    dialect = Sl651()
    talk = dialect.talk()
    for number in (1, 2, 3):
        talk.answer(heard(dialect, packet(number)), AT)
    assert talk.answer(heard(dialect, packet(3)), AT) == down(0x36, head="16003003")  # our answer was lost: told again
    talk.answer(heard(dialect, packet(1, serial=8)), AT)
    nak = talk.answer(heard(dialect, packet(3)), AT)
    assert nak[-3] == 0x15


def test_a_damaged_report_is_published_and_not_answered():
    """An invalid frame gets no answer (6.3.1.2 b)."""
    raw = sl651_frames.report("3923 00001250")
    cut = Sl651().cut(raw[:-1] + bytes([raw[-1] ^ 1]), is_last=False)
    assert isinstance(cut, Skip)
    assert cut.found is not None
    assert not cut.found.is_right
    assert Sl651().talk().answer(cut.found, AT) == b""


def test_a_frame_of_a_centre_is_not_ours():
    """What comes back from another centre is neither published nor answered."""
    frame = heard(Sl651(), down(0x32))
    assert not frame.is_up
    assert Sl651().talk().answer(frame, AT) == b""


def ack(raw, command, time):
    """An acknowledgement written by hand."""
    control = raw[2:6] + bytes.fromhex(time) + raw[18:24] + raw[12:18] + bytes([0, 0, command])
    return b"@@" + control + bytes([sum(control) & 0xFF]) + b"##"


@pytest.mark.parametrize("command", [0, 2, 7, 128, 254])
def test_data_is_acknowledged_with_the_devices_exchanged(command):
    """Command 3, same serial and version, no data, the centre's time in binary: second first."""
    raw = gb26875_frames.frame(components(component(2)), command=command, version=(16, 1))
    assert answer(Gb26875(), raw) == ack(raw, 3, "091E0C01071A")


def test_a_short_heartbeat_holds_nothing_up():
    """The frame behind it is cut at once."""
    raw = gb26875_frames.frame(components(component(2)))
    short = b"@@" + bytes(8) + b"##"
    assert Gb26875().cut(short + raw[:1], is_last=False) == Skip(size=len(short))


def test_a_device_that_counts_in_bcd_is_told_the_time_in_bcd():
    """Devices set their clocks by the acknowledgement."""
    raw = gb26875_frames.frame(components(component(2)), time=bytes.fromhex("003012010726"))
    assert answer(Gb26875(), raw) == ack(raw, 3, "093012010726")


@pytest.mark.parametrize("command", [1, 3, 4, 5, 6])
def test_acknowledgements_and_questions_get_no_answer(command):
    """Nothing answers an answer; a question for the clock (type 90) has no answer in the standard."""
    assert answer(Gb26875(), gb26875_frames.frame(bytes([90, 1]), command=command)) == b""


@pytest.mark.parametrize(("manner", "command"), [(OnBadChecksum.DENY, 6), (OnBadChecksum.SILENCE, None)])
def test_a_wrong_checksum_is_denied_or_passed_over(manner, command):
    """As the bridge is told; both are in use."""
    raw = gb26875_frames.frame(components(component(2)))
    raw = raw[:-3] + bytes([raw[-3] ^ 1]) + raw[-2:]
    dialect = Gb26875(on_bad_checksum=manner)
    cut = dialect.cut(raw, is_last=False)
    assert isinstance(cut, Skip)
    assert cut.found is not None
    expected = b"" if command is None else ack(raw, command, "091E0C01071A")
    assert dialect.talk().answer(cut.found, AT) == expected


@pytest.mark.parametrize(
    ("cn", "flag", "expected"),
    [
        ("2011", 5, "QN=20260701060030123;ST=91;CN=9014;PW=123456;MN=A110000_0001;Flag=4;CP=&&&&"),
        ("2061", 7, "QN=20260701060030123;ST=91;CN=9014;PW=123456;MN=A110000_0001;Flag=4;CP=&&&&"),
        ("2031", 9, "QN=20260701060030123;ST=91;CN=9014;PW=123456;MN=A110000_0001;Flag=8;CP=&&&&"),
        ("1013", 5, "QN=20260701060030123;ST=91;CN=9013;PW=123456;MN=A110000_0001;Flag=4;CP=&&&&"),
        ("2051", 1, "ST=91;CN=9014;PW=123456;MN=A110000_0001;Flag=0;CP=&&QN=20260701060030123&&"),
        ("2011", 4, None),
        ("2011", 0, None),
        ("2011", "9" * 5_000, None),
        ("2011", "", None),
        ("9012", 5, None),
        ("9014", 5, None),
    ],
)
def test_a_packet_is_answered_where_it_asks_in_its_own_version(cn, flag, expected):
    """Bit 0 of Flag asks; the bits above 1 are the version: 0 is 2005, 1 is 2017, 2 a later one."""
    raw = hj212_frames.report("LA-Rtd=51", cn=cn, flag=flag)
    assert answer(Hj212(), raw) == (b"" if expected is None else hj212_frames.packet(expected))


@pytest.mark.parametrize("wrong", [4, 6, 10, 12])
def test_a_packet_whose_length_is_wrong_ends_where_its_checksum_says(wrong):
    """Some count checksum, end or all of it; it is answered as soon as it is whole, and the next one is found."""
    good = hj212_frames.report("LA-Rtd=51")
    counted = hj212_frames.counting(good, wrong)
    for behind in (b"", good):
        found = heard(Hj212(), counted + behind)
        assert (found.raw, found.device, found.is_right) == (counted, "A110000_0001", True)
    assert answer(Hj212(), counted) == answer(Hj212(), good)


def test_a_comma_in_the_head_hides_no_name():
    """The standard's own examples have one."""
    raw = hj212_frames.packet(
        "ST=22;CN=2011;PW=123456;, MN=A110000_0001;Flag=5;CP=&&DataTime=20260701060000;LA-Rtd=51&&"
    )
    assert heard(Hj212(), raw).device == "A110000_0001"


def test_a_name_that_cannot_be_a_topic_becomes_none():
    """An MN with a slash or a wildcard does not choose where it is published."""
    raw = hj212_frames.report("LA-Rtd=51", mn="a/../#")
    assert heard(Hj212(), raw).device == "-"


@pytest.mark.parametrize("size", [2, 0x102])
def test_a_stray_mark_behind_a_frame_does_not_hold_the_next_one_up(size):
    """Some stations send one 7E too many: with a body of a certain length the next header looks right a byte early."""
    raw = sl651_frames.frame(0x32, bytes(size))
    assert raw[12] == 0x02
    assert Sl651().cut(b"\x7e" + raw, is_last=False) == Skip(size=1)
    assert heard(Sl651(), raw).raw == raw
