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
        ("可燃气体探测器 低限报警", [(Fact.GAS_ALARM, True)]),
        ("故障排除", [(Fact.FAULT, False)]),
        ("总线开路", [(Fact.FAULT, True)]),
        ("探测器报脏", [(Fact.FAULT, True)]),
        ("释放", [(Fact.SHIELDED, False)]),
        ("无响应", [(Fact.FAULT, True)]),
        ("无应答", [(Fact.FAULT, True)]),
        ("无响应恢复", [(Fact.FAULT, False)]),
        ("通讯中断", [(Fact.FAULT, True)]),
        ("火\u3000\u3000警", [(Fact.FIRE, True)]),
        ("丢\u3000\u3000失", [(Fact.FAULT, True)]),
        ("火  警", [(Fact.FIRE, True)]),
        ("故  障 恢  复", [(Fact.FAULT, False)]),
        ("喷洒禁止", []),
        ("自动允许", []),
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


@pytest.mark.parametrize(
    "kind",
    ["手动报警按钮", "火灾显示盘", "声光报警器", "声光报警", "火灾声光警报器", "可燃气体探测器", "手动火灾报警按钮"],
)
def test_a_kind_of_part_is_no_event(kind):
    """A part that is registered, or started, is not on fire, whatever it is called."""
    assert told(printout(f"设备登记\n{kind}")) == []
    assert told(printout(f"启动 {kind}")) == [(PART, Fact.OTHER, True)]


@pytest.mark.parametrize("room", ["材料试验室", "测试区", "电池间", "麻醉恢复室", "备电室", "三层模拟量"])
def test_a_fire_in_a_room_with_a_telling_name_is_a_fire(room):
    """Where place and event stand in one line, the room is no test, no recovery and no supply."""
    assert told(printout(f"火警 {room}感烟", place="")) == [(PART, Fact.FIRE, True)]


def test_a_change_of_mode_is_not_judged_by_the_place():
    """What is printed below it names the part, also where the part is called early warning or fire."""
    assert told(printout("喷洒禁止", place="一层油箱预警 配电室火警")) == []
    assert decode(TOPIC, printout("自动允许", place=""), NOW) == []


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


@pytest.mark.parametrize(
    "time",
    [
        "2026-07-01 06:00:00",
        "2026年7月1日 6时00分00",
        "26.07.01 06：00：00",
        "07/01 06:00",
        "07-01 06:00",
        "07月01日06:00",
    ],
)
def test_a_time_is_read_however_it_is_printed(time):
    """With dashes, strokes or characters; a colon may be a wide one, and some print no year."""
    (state,) = decode(TOPIC, printout("火警", time=time), NOW)
    assert (state.time, state.quality) == (AT, Quality.GOOD)


def test_a_day_without_a_year_is_the_last_such_day():
    """Not one that is still to come; a day no year has is replaced by the receive time."""
    new_year = datetime(2026, 12, 31, 20, tzinfo=UTC)  # the next day in Beijing
    (state,) = decode(TOPIC, printout("火警", time="12/31 23:59"), new_year)
    assert (state.time, state.quality) == (datetime(2026, 12, 31, 15, 59, tzinfo=UTC), Quality.GOOD)
    (state,) = decode(TOPIC, printout("火警", time="08/01 06:00"), NOW)
    assert state.time.year == 2025
    for unset in ("02/29 06:00", "00/03/05 10:00", "13/45 06:00"):
        (state,) = decode(TOPIC, printout("火警", time=unset), datetime(1999, 7, 1, tzinfo=UTC))
        assert state.quality is Quality.UNCERTAIN_TIME


@pytest.mark.parametrize(
    ("raw", "device", "fact", "active", "text"),
    [
        ("  2026/06/30 10:55:53\n  (001-002)080栋01区001层\r  火警!  手动按钮\r\r\n\x1cv\0\r\n", "p1-001.002", Fact.FIRE, True, "080栋01区001层"),
        ("\x1b@\x1bc\0\x1b8\x04火警 2026/06/30 02:19:10\r\u30000255区1-067号感烟\r  \u3000\r\r", "p1-001.067", Fact.FIRE, True, "0255区号感烟"),
        ("\x0206/30 05:15 09-008 故障恢复\n一层2区烟感\r", "p1-009.008", Fact.FAULT, False, "一层2区烟感"),
        ("002-052 光电感烟 通讯故障 26-06-30 19:41 架层上场烟感\r", "p1-002.052", Fact.FAULT, True, ""),
        ("\0复位 26-06-30 16:11 \r\n", "p1", Fact.FIRE, False, ""),
        ("----------\r\n2026年06月26日 16时46分\r\r1/5 \r消火栓按钮报火警\r----------\r\n", "p1-001.005", Fact.FIRE, True, ""),
        ("\x1b@2026.06.26   15:10:19   0104238\n\x1c&防火分区  光电探测器\r\x1c.\x1bi\x01\x1c&火警\x1c.\r", "p1-001.004.238", Fact.FIRE, True, "防火分区  光电探测器"),
        ("26/06/30 06:00\n009回路104地址首次火警\n机房故障监视\n", "p1-009.104", Fact.FIRE, True, "机房故障监视"),
        ("26/06/30 06:00 00012\n  006-007\n火警\n", "p1-006.007", Fact.FIRE, True, "00012"),
        ("26/06/30 06:00\n火警:01088\n感烟探测器\n", "p1-001.088", Fact.FIRE, True, "感烟探测器"),
        ("2026-06-30 10:10:22\n 西走道手报55\n 04.007.000cddd8\n+020 手动火警\n\n", "p1-004.007.000cddd8", Fact.FIRE, True, "西走道手报55"),
        ("2026-06-30 10:30:12\n 三人病房烟感63\n 02.007.000dd058\n+001 通讯故障\n\n", "p1-002.007.000dd058", Fact.FAULT, True, "三人病房烟感63"),
        ("26年06月30日06时00分\n1机02路003号 火警\n\n", "p1-001.002.003", Fact.FIRE, True, ""),
        ("\x1b@\x1bc\0\x1b8\x04火\u3000\u3000警 2026/06/30 02:19:10\r\u3000机1-2-067号感烟\r  \r\r", "p1-001.002.067", Fact.FIRE, True, "机号感烟"),
        ("\x1b@\x1c.\r\n26/06/30 06:00\naddress: 023\n故障消除\n\n\x1bi\x01", "p1-023", Fact.FAULT, False, ""),
        ("26/06/30 06:00\n020402-040\n火警\n", "p1-020.402.040", Fact.FIRE, True, ""),
        ("26/06/30 06:00 机器01,回路11,部件096 总线回答\n", "p1-001.011.096", Fact.OTHER, True, ""),
    ],
)  # fmt: skip
def test_panels_of_other_makers_are_read(raw, device, fact, active, text):
    """What happened may stand beside the date, and the part in its own words or in the next line."""
    states = [item for item in decode(TOPIC, raw.encode("gbk"), NOW) if isinstance(item, DeviceState)]
    (state,) = [state for state in states if state.fact is fact]
    assert (state.device, state.active, state.text) == (device, active, text)


@pytest.mark.parametrize(
    ("sign", "part", "expected"),
    [
        (b"\x11", b"1-027", [("p1-001.027", Fact.FIRE, True)]),
        (b"\x16", b"1-005", [("p1-001.005", Fact.FAULT, True)]),
        (b"\x16", b"-----", [("p1", Fact.FAULT, True)]),
        (b"\x80", b"1-005", [("p1-001.005", Fact.FAULT, True)]),
        (b"\x1d", b"-----", [("p1", fact, False) for fact in (Fact.FIRE, Fact.FAULT, Fact.OTHER, Fact.SILENCED)]),
        (b"\x14", b"-----", []),
    ],
)
def test_signs_of_a_gst100_are_read(sign, part, expected):
    """It sends month, day and what happened as signs of its printer, and the part below."""
    raw = b"*" * 15 + b"\r06\x8d30\x8e   22:00\r\n" + sign + b"\r" + part + b"\r\n #\r"
    states = [item for item in decode(TOPIC, raw, NOW) if isinstance(item, DeviceState)]
    assert [(s.device, s.fact, s.active) for s in states] == expected
    assert {s.time for s in states} <= {datetime(2026, 6, 30, 14, tzinfo=UTC)}
    for size in (1, 3, 8):  # as it trickles in
        printer = MEMORY()
        pieces = [raw[at : at + size] for at in range(0, len(raw), size)]
        assert [one for piece in pieces for one in told(piece, printer)] == expected


def test_utf_8_is_the_same():
    """As programs on the way send it on, also cut in the middle of a character."""
    raw = printout("首次火警").decode("gbk").encode()
    assert told(raw) == told(raw[:-4]) == [(PART, Fact.FIRE, True)]
    (state,) = decode(TOPIC, raw, NOW)
    assert state.text == "一楼大厅 感烟探测器"


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
