"""What a GST panel prints becomes facts of its parts, however the stream is cut."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.decoders.gst9000_printer import MEMORY, decode
from ingest.readings import DeviceState, Fact, Quality, Reason, Rejection

NOW = datetime(2026, 7, 1, tzinfo=UTC)
TOPIC = "gst9000/4401/p1"
AT = datetime(2026, 6, 30, 22, 0, tzinfo=UTC)


def printout(words, address="006-007", *, place="一楼大厅", time="26/07/01  06:00"):
    """One record as the panel prints it."""
    where = f"{place}\n感烟探测器\n" if place else ""
    return f"\x1b6{time}\n  {address}\n\x1b9{words}\n{where}\n".encode("gbk")


def told(raw, decoder=decode):
    """(device, fact, active) of every state."""
    return [(s.device, s.fact, s.active) for s in decoder(TOPIC, raw, NOW) if isinstance(s, DeviceState)]


PART = "p1-006.007"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("首次火警", [(Fact.FIRE, True)]),
        ("火警后续", [(Fact.FIRE, True)]),
        ("手动报警", [(Fact.FIRE, True)]),
        ("火警撤消", [(Fact.FIRE, False)]),
        ("故障", [(Fact.FAULT, True)]),
        ("故障恢复", [(Fact.FAULT, False)]),
        ("主电故障", [(Fact.MAINS_LOST, True), (Fact.FAULT, True)]),
        ("主电恢复", [(Fact.MAINS_LOST, False), (Fact.FAULT, False)]),
        ("屏蔽", [(Fact.SHIELDED, True)]),
        ("屏蔽释放", [(Fact.SHIELDED, False)]),
        ("启动", [(Fact.OTHER, True)]),
        ("停动", [(Fact.OTHER, False)]),
        ("反馈", [(Fact.OTHER, True)]),
        ("反馈撤消", [(Fact.OTHER, False)]),
        ("预警", [(Fact.OTHER, True)]),
        ("可燃气报警", [(Fact.GAS_ALARM, True)]),
    ],
)
def test_a_word_is_a_fact(words, expected):
    """The end of a condition is its recovery, and a supply that fails is a fault, too."""
    assert told(printout(words)) == [(PART, fact, active) for fact, active in expected]


@pytest.mark.parametrize("words", ["自检", "火警测试", "模拟火警"])
def test_a_test_is_never_a_fire(words):
    """It is recorded as a test, and over a second later."""
    states = [item for item in decode(TOPIC, printout(words), NOW) if isinstance(item, DeviceState)]
    assert [(s.fact, s.active, s.time) for s in states] == [
        (Fact.TEST, True, AT),
        (Fact.TEST, False, AT + timedelta(seconds=1)),
    ]


def test_a_reset_is_of_the_panel():
    """It ends fire, fault and what runs; its parts hang on the panel by their ids."""
    states = decode(TOPIC, printout("系统复位", address="", place=""), NOW)
    assert {(s.device, s.fact, s.active, s.code) for s in states} == {
        ("p1", fact, False, "reset") for fact in (Fact.FIRE, Fact.FAULT, Fact.OTHER, Fact.SILENCED)
    }


def test_the_place_is_the_text_and_the_time_is_local():
    """Year, month, day as printed."""
    (state,) = decode(TOPIC, printout("火警"), NOW)
    assert (state.text, state.time, state.quality) == ("一楼大厅 感烟探测器", AT, Quality.GOOD)
    (state,) = decode(TOPIC, printout("火警", time="59/01/01 00:00"), NOW)
    assert (state.time, state.quality) == (NOW, Quality.UNCERTAIN_TIME)


@pytest.mark.parametrize(("address", "device"), [("1-006-007", "p1-001.006.007"), ("006007", PART), ("6-7", PART)])
def test_an_address_is_three_digits_a_part(address, device):
    """However the panel writes it."""
    assert told(printout("火警", address)) == [(device, Fact.FIRE, True)]


@pytest.mark.parametrize("time", ["2026-07-01 06:00:00", "2026年7月1日 6时00分00", "26.07.01 06：00：00"])
def test_a_time_is_read_however_it_is_printed(time):
    """With dashes, strokes or characters; a colon may be a wide one."""
    (state,) = decode(TOPIC, printout("火警", time=time), NOW)
    assert (state.time, state.quality) == (AT, Quality.GOOD)


def test_half_a_character_does_not_reach_into_the_next_line():
    """A line that was cut in the middle of a character leaves the words of the next whole."""
    raw = printout("首次火警", place="") + b"\n"
    for half in (b"\xb8", b"\x81\x30", b"\x81\x30\x81"):
        assert told(raw.replace(b"006-007\n", b"006-007" + half + b"\n")) == [(PART, Fact.FIRE, True)]


def test_what_is_beyond_the_paper_is_not_looked_at():
    """A word far to the right is none of the record's."""
    assert told(printout("屏蔽" + " " * 200 + "火警")) == [(PART, Fact.SHIELDED, True)]
    assert told(printout(" " * 200 + "火警", place="")) == []


def test_hex_text_is_the_same():
    """As serial servers pass it on."""
    assert told(printout("火警").hex(" ").upper().encode()) == told(printout("火警"))


def test_what_is_no_record_is_refused():
    """Without a date it is nothing; with words nobody knows it is told."""
    assert [item.reason for item in decode(TOPIC, b"hello\n", NOW)] == [Reason.MALFORMED]
    assert [item.reason for item in decode(TOPIC, printout("开机"), NOW)] == [Reason.UNSUPPORTED]
    assert [item.reason for item in decode(TOPIC, b"26/07/01 06:00\n", NOW)] == [Reason.TRUNCATED]
    assert [item.reason for item in decode(TOPIC, b"1" * 70_000, NOW)] == [Reason.TOO_LARGE]


STREAM = (
    printout("首次火警", "001-002")
    + printout("系统复位", "", place="")
    + printout("故障", "003-004")
    + printout("故障恢复", "003-004")
)


@given(cuts=st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_a_stream_cut_anywhere_says_the_same(cuts):
    """Nothing is lost and nothing is said twice, wherever the serial server cuts."""
    printer = MEMORY()
    bounds = [0, *sorted(cuts), len(STREAM)]
    pieces = [STREAM[a:b] for a, b in pairwise(bounds)]
    found = [item for piece in pieces for item in printer(TOPIC, piece, NOW)]
    assert [(s.device, s.fact, s.active) for s in found if isinstance(s, DeviceState)] == told(STREAM)
    assert not [item for item in found if isinstance(item, Rejection)]


def test_a_fire_is_told_before_its_description_comes():
    """The line that says what happened is enough."""
    printer = MEMORY()
    raw = printout("首次火警")
    at = raw.index("一楼".encode("gbk"))
    assert told(raw[:at], printer) == [(PART, Fact.FIRE, True)]
    assert printer(TOPIC, raw[at:], NOW) == []


def test_a_copy_goes_on_by_itself():
    """A batch may be taken in twice: what one learns the other does not know."""
    printer, raw = MEMORY(), printout("火警")
    printer(TOPIC, raw[:20], NOW)
    assert printer.kept == 1
    copy = printer.copy()
    assert told(raw[20:], copy) == told(raw[20:], printer) == [(PART, Fact.FIRE, True)]
