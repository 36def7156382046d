"""SL 651-2014 frames of our own, one behaviour each."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from ingest.decoders.sl651 import STORABLE, decode
from ingest.decoders.sl651.frame import crc16
from ingest.readings import Decoded, DeviceState, Fact, Quality, Reading, Reason, Rejection
from tests.sl651_frames import ascii_frame, body, crc_modbus, frame, report

BEIJING = timezone(timedelta(hours=8))
RECEIVED = datetime(2026, 7, 1, 6, 1, tzinfo=BEIJING).astimezone(UTC)
SIX = datetime(2026, 7, 1, 6, 0, tzinfo=BEIJING)
TOPIC = "sl651/4401/0012345678"


def _decode(payload: bytes, topic: str = TOPIC) -> list[Decoded]:
    return decode(topic, payload, RECEIVED)


def _values(decoded: list[Decoded]) -> list[tuple[str, float | None]]:
    return [(item.code, item.value) for item in decoded if isinstance(item, Reading)]


def _reasons(decoded: list[Decoded]) -> list[Reason]:
    return [item.reason for item in decoded if isinstance(item, Rejection)]


def _facts(decoded: list[Decoded]) -> dict[Fact, bool]:
    return {item.fact: item.active for item in decoded if isinstance(item, DeviceState)}


def test_report_gives_named_readings() -> None:
    """Station, metric, unit, time and code of a plain report."""
    (stage, volts) = _decode(report("3923 00028960 3812 1213"))
    assert stage == Reading(
        device="0012345678", metric="stage", time=SIX, value=28.96, unit="m", code="39", relative=True
    )
    assert volts == Reading(device="0012345678", metric="voltage", time=SIX, value=12.13, unit="V", code="38")


@pytest.mark.parametrize(
    ("elements", "value"),
    [
        ("3923 00028960", 28.96),
        ("3922 00002896", 28.96),
        ("391A 002730", 27.3),
        ("3918 000027", 27.0),
        ("3923 FF012345", -12.345),
        ("0212 FF05", -0.05),
        ("3923 FFFFFFFF", None),
        ("3923 FFFFFFF1", None),
        ("3923 0000A123", None),
        ("3923 09999999", None),
        ("3923 99999999", None),
        ("3923 00998099", None),
        ("3923 01523450", 1523.45),
        ("3923 00009999", 9.999),
        ("1812 9999", 99.99),
        ("2619 099999", 9999.9),
        ("0512 0130", 90.0),
        ("03 09 25", 2.5),
    ],
)
def test_numbers(elements: str, value: float | None) -> None:
    """The definition byte gives length and decimals; FF is a minus; all F, bad digits and nines are no value."""
    (reading,) = _decode(report(elements))
    assert isinstance(reading, Reading)
    assert reading.value == (pytest.approx(value) if value is not None else None)
    assert reading.quality is (Quality.MISSING if value is None else Quality.GOOD)


def test_unknown_elements_are_passed_over() -> None:
    """A private element is skipped by its length; what follows is read."""
    assert _values(_decode(report("8012 1234 EE08 05 3812 1213"))) == [("38", 12.13)]


def test_a_report_of_unknown_elements_alone_is_told() -> None:
    """Nothing of it could be read: it is kept, and is no heartbeat. Displacements in the reserved guides were seen."""
    decoded = _decode(report("762A FF00000172 7822 00000152"))
    assert _reasons(decoded) == [Reason.UNSUPPORTED]
    assert "76 78" in str(decoded)


def test_extended_elements_are_named_by_their_code() -> None:
    """FF and a second byte are an element of the maker: its value is kept."""
    (reading,) = _decode(report("FF33 11 0205"))
    assert isinstance(reading, Reading)
    assert (reading.code, reading.metric, reading.value) == ("FF33", "ff33", 20.5)


@pytest.mark.parametrize(
    "rest", ["3923 0001", "39", "F5C0 0001", "F460 00", "45 20 00", "F0F0 26", "F1F1 00", "FF33", "0418 00"]
)
def test_cut_off_element_keeps_what_was_before(rest: str) -> None:
    """An undecodable rest is one rejection after the readings that were whole."""
    decoded = _decode(report("3812 1213" + rest))
    assert _values(decoded) == [("38", 12.13)]
    assert _reasons(decoded) == [Reason.MALFORMED]


def test_private_group_ends_the_reading() -> None:
    """A doubled private guide has no length we could know."""
    decoded = _decode(report("3812 1213 0418 00000F 7979 0001 0002 0003 0004"))
    assert _values(decoded) == [("38", 12.13)]
    assert _reasons(decoded) == [Reason.MALFORMED]


def test_later_observation_time_holds_from_there() -> None:
    """F0F0 may come again; elements belong to the newest one."""
    decoded = _decode(report("2019 000001 F0F0 2607010555 3812 1213"))
    assert [item.time for item in decoded if isinstance(item, Reading)] == [SIX, SIX - timedelta(minutes=5)]


def test_several_stations_in_one_report() -> None:
    """F1F1 begins another station; on a station's own topic that one may not speak."""
    payload = report("3812 1213 F1F1 0099999999 50 F0F0 2607010600 2619 000010")
    both = _decode(payload, "")
    assert [(r.device, r.code) for r in both if isinstance(r, Reading)] == [("0012345678", "38"), ("0099999999", "26")]
    own = _decode(payload)
    assert _values(own) == [("38", 12.13)]
    assert _reasons(own) == [Reason.FOREIGN_DEVICE]


def test_foreign_frame_says_nothing() -> None:
    """A station may speak on its own topic only; letters of either case name it."""
    assert _reasons(_decode(report("3812 1213"), "sl651/4401/0012345679")) == [Reason.FOREIGN_DEVICE]
    letters = report("3812 1213", station="00303A9006")
    assert _values(_decode(letters, "sl651/4401/00303a9006")) == [("38", 12.13)]
    partition = "p/3/sl651/4401/0012345679"
    assert _reasons(_decode(report("3812 1213"), partition)) == [Reason.FOREIGN_DEVICE]


def test_status_word_polarities() -> None:
    """Bit 7 is a closed door, bit 10 a stopped pump: 00000480 is a healthy station."""
    assert not any(_facts(_decode(report("4520 00000480"))).values())
    said = _facts(_decode(report("4520 00000047")))
    assert [fact for fact, active in said.items() if active] == [
        Fact.MAINS_LOST,
        Fact.BATTERY_LOW,
        Fact.LEVEL_HIGH,
        Fact.FAULT,
        Fact.TAMPER,
    ]
    assert _facts(_decode(report("4520 FFFFFFFF"))) == {}


def test_test_report_stays_out_of_the_data() -> None:
    """Function 30 gives a momentary test fact and no reading."""
    decoded = _decode(report("3923 00028960", function=0x30))
    states = [item for item in decoded if isinstance(item, DeviceState)]
    assert len(states) == len(decoded)
    assert [(state.fact, state.active, state.time) for state in states] == [
        (Fact.TEST, True, SIX),
        (Fact.TEST, False, SIX + timedelta(seconds=1)),
    ]


@pytest.mark.parametrize(
    ("sent", "observed", "time", "quality"),
    [
        ("260701060030", "2607010600", SIX, Quality.GOOD),
        ("260701060030", "2606300600", SIX - timedelta(days=1), Quality.GOOD),
        ("591011154947", "5910111549", RECEIVED, Quality.UNCERTAIN_TIME),
        ("000000000000", "2607010600", RECEIVED, Quality.UNCERTAIN_TIME),
        ("130101000000", "1301010000", RECEIVED, Quality.UNCERTAIN_TIME),
        ("260701060030", "2607010610", RECEIVED, Quality.UNCERTAIN_TIME),
        ("260701070030", "2607010700", RECEIVED, Quality.UNCERTAIN_TIME),
        ("260701060030", "2613010600", RECEIVED, Quality.UNCERTAIN_TIME),
        ("260701060030", "FFFFFFFFFF", RECEIVED, Quality.UNCERTAIN_TIME),
    ],
)
def test_times(sent: str, observed: str, time: datetime, quality: Quality) -> None:
    """Clocks unset, ahead, or sending before observing give the receive time, and say so."""
    (reading,) = _decode(report("3812 1213", sent=sent, observed=observed))
    assert isinstance(reading, Reading)
    assert (reading.time, reading.quality) == (time, quality)


def _hour(minutes: list[int], *, observed: str, sent: str = "260701060030", more: str = "") -> list[Reading]:
    block = "F5C0" + "".join(f"{minute:04X}" for minute in minutes)
    decoded = _decode(report(block + more, function=0x34, observed=observed, sent=sent))
    return [item for item in decoded if isinstance(item, Reading) and item.code == "F5"]


def test_hour_block_from_its_first_group() -> None:
    """By the standard the observation time is the first group's."""
    block = _hour(list(range(100, 112)), observed="2607010505")
    assert [reading.time for reading in block] == [SIX - timedelta(minutes=5 * back) for back in range(11, -1, -1)]
    assert block[0].value == 1.0
    assert {reading.quality for reading in block} == {Quality.GOOD}
    assert {reading.metric for reading in block} == {"stage_5min"}


def test_hour_block_to_its_last_group() -> None:
    """A block that would end after its report was sent ends at the observation time."""
    block = _hour([107] * 12, observed="2607010600", more="3923 00001070")
    assert (block[0].time, block[-1].time) == (SIX - timedelta(minutes=55), SIX)
    assert {reading.quality for reading in block} == {Quality.GOOD}


@pytest.mark.parametrize(
    ("levels", "observed", "more"),
    [
        ([107] * 7 + [0] * 5, "2607010600", ""),
        ([107] * 7 + [0] * 5, "2607010530", "3923 00001080"),
        ([107] * 7 + [0xFFFF] * 5, "2607010600", ""),
        ([107] * 12, "2607010600", "3923 00002500"),
    ],
)
def test_doubtful_hour_block_is_uncertain(levels: list[int], observed: str, more: str) -> None:
    """Zeros at the end may be the hour so far, not a fall to zero: such a block is not to be trusted."""
    block = _hour(levels, observed=observed, sent=f"{observed}30", more=more)
    assert {reading.quality for reading in block if reading.value is not None} == {Quality.UNCERTAIN}


def test_rain_block_scales_and_misses() -> None:
    """F4 holds tenths of millimetres; FF is no value; its definition byte is not asked."""
    decoded = _decode(report("F45C 05 FF" + "00" * 10 + "3812 1213", function=0x34))
    assert _values(decoded)[:3] == [("F4", 0.5), ("F4", None), ("F4", 0.0)]
    assert _values(decoded)[-1] == ("38", 12.13)


def test_uniform_series() -> None:
    """Function 31: step, one element, bare values; all F is a missing one; a HEX step is understood."""
    for step, minutes in (("000005", 5), ("000015", 15), ("00000F", 15), ("000100", 60)):
        payload = report(f"0418 {step} 3923 00001000 FFFFFFFF 00003000", function=0x31, observed="2607010100")
        readings = [item for item in _decode(payload) if isinstance(item, Reading)]
        assert [reading.value for reading in readings] == [1.0, None, 3.0]
        start = SIX - timedelta(hours=5)
        assert [reading.time for reading in readings] == [start + timedelta(minutes=minutes * n) for n in range(3)]


def test_uniform_series_of_two_elements() -> None:
    """Some stations list two elements, whose values then alternate."""
    payload = report("0418 000005 2219 3922" + "000010 00000200" * 12, function=0x31, observed="2607010505")
    values = _values(_decode(payload))
    assert values == [("22", 1.0)] * 12 + [("39", 2.0)] * 12


def test_unset_clock_keeps_a_series_apart() -> None:
    """The values of a series at the receive time must not fall on one instant."""
    payload = report("0418 000005 3923 00001000 00002000", function=0x31, sent="591011154947", observed="5910111549")
    readings = [item for item in _decode(payload) if isinstance(item, Reading)]
    assert [reading.time for reading in readings] == [RECEIVED - timedelta(minutes=5), RECEIVED]
    assert {reading.quality for reading in readings} == {Quality.UNCERTAIN_TIME}


def test_event_counters() -> None:
    """Function 50 gives the eighteen counters the standard names."""
    counters = "".join(f"{number:04X}" for number in range(1, 33))
    payload = frame(0x50, bytes.fromhex("0007260701060030F1F10012345678" + counters))
    readings = [item for item in _decode(payload) if isinstance(item, Reading)]
    assert [reading.value for reading in readings] == list(range(1, 19))
    assert readings[6].metric == "events_mains_lost"


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (0x35, Reason.UNSUPPORTED),
        (0x36, Reason.UNSUPPORTED),
        (0x41, Reason.UNSUPPORTED),
        (0x4E, Reason.UNSUPPORTED),
        (0x60, Reason.UNSUPPORTED),
    ],
)
def test_functions_we_take_nothing_from(function: int, reason: Reason) -> None:
    """Texts, pictures and configuration are kept raw."""
    payload = frame(function, bytes.fromhex("0007260701060030F2F25120312E32"))
    assert _reasons(_decode(payload)) == [reason]


def test_functions_of_makers_with_an_ordinary_report() -> None:
    """A reserved function that carries station, class and time is read as a report."""
    assert _values(_decode(report("3812 1213", function=0xE1))) == [("38", 12.13)]


def test_heartbeat_says_nothing() -> None:
    """It proves the link only."""
    assert _decode(frame(0x2F, bytes.fromhex("0007260701060030"))) == []


def test_downlink_is_told() -> None:
    """In a frame of the centre the station comes first."""
    payload = frame(0x32, bytes.fromhex("0007260701060030"), down=True)
    assert _reasons(_decode(payload)) == [Reason.DOWNLINK]
    assert _reasons(_decode(payload, "sl651/4401/0012345679")) == [Reason.FOREIGN_DEVICE]


def test_a_frame_sent_up_may_end_like_one_sent_down() -> None:
    """Marked as sent up, with its own station in its body and ENQ at its end: it is the station's, as one was published."""
    whole = report("3812 1213")[:-3] + b"\x05"
    assert _values(_decode(whole + crc_modbus(whole))) == [("38", 12.13)]
    asked = frame(0x37, bytes.fromhex("0007260701060030"))[:-3] + b"\x05"
    assert _reasons(_decode(asked + crc_modbus(asked), "")) == [Reason.DOWNLINK]


def test_wrong_checksum_gives_no_reading() -> None:
    """Whatever byte is wrong, nothing is read."""
    whole = report("3812 1213")
    for at in range(len(whole)):
        damaged = bytearray(whole)
        damaged[at] ^= 0x01
        decoded = _decode(bytes(damaged))
        assert decoded
        assert all(isinstance(item, Rejection) for item in decoded)


def test_every_cut_is_truncated() -> None:
    """A frame without its end is told as one, never read."""
    whole = report("3812 1213")
    for size in range(1, len(whole)):
        assert _reasons(_decode(whole[:size])) == [Reason.TRUNCATED]


def test_frames_among_garbage() -> None:
    """Garbage, stray 7E and glued frames: every whole frame is read."""
    one, two = report("3812 1213"), report("2619 000010")
    for payload in (
        b"garbage" + one + b"\x7e" + two,
        one + two,
        one + b"\x7e" + two + b"\x7e",
        b"\x7e" + one + two + b"\r\n",
    ):
        assert _decode(payload) == _decode(one) + _decode(two)


def test_half_frame_before_a_whole_one() -> None:
    """The half is told and the whole is read."""
    one = report("3812 1213")
    decoded = _decode(one[:30] + one)
    assert _values(decoded) == [("38", 12.13)]
    assert len(_reasons(decoded)) == 1


def test_stray_mark_before_a_short_frame() -> None:
    """A 7E left over before a frame whose length byte looks like a start mark is no damage."""
    clock = frame(0x32, body("0208 05 0308 05", observed=None))
    assert len(clock) - 17 == 0x16
    assert not _reasons(_decode(b"\x7e" + clock))


@pytest.mark.parametrize(
    "wrap",
    [
        bytes.hex,
        lambda raw: raw.hex(" ").upper(),
        lambda raw: "0x" + raw.hex(),
        lambda raw: raw.hex("\n", 8),
        lambda raw: f" {raw.hex()}\r\n",
        lambda raw: raw.hex("-"),
        lambda raw: raw.hex() + "0",
        lambda raw: "00" + raw.hex(),
    ],
)
def test_hex_text(wrap: object) -> None:
    """A frame may come as hex text of any shape."""
    whole = report("3812 1213")
    assert callable(wrap)
    assert _decode(wrap(whole).encode()) == _decode(whole)


def test_length_one_too_large() -> None:
    """Groundwater stations count the end mark in: the doubled 03 is no element."""
    content = body("3812 1213") + b"\x03"
    assert _decode(frame(0x32, content)) == _decode(report("3812 1213"))


def test_ascii_report() -> None:
    """The ASCII form says the same with words."""
    payload = ascii_frame(0x32, "ST 0012345678 H TT 2607010600 Z 6.38 XX 7 PJ M AI -1.5 VT 12.50 ZT 00000480 ")
    decoded = _decode(payload)
    assert _values(decoded) == [("39", 6.38), ("20", None), ("02", -1.5), ("38", 12.5)]
    assert not any(_facts(decoded).values())
    assert {item.time for item in decoded if isinstance(item, Reading)} == {SIX}
    assert _decode(payload.hex().encode()) == decoded


def test_ascii_series_and_blocks() -> None:
    """Series alternate their elements; hour blocks are HEX characters."""
    text = "ST 0012345678 H TT 2607010500 DRN05 PN05 Z 0.5 1.00 M 1.01 "
    assert _values(_decode(ascii_frame(0x31, text))) == [("22", 0.5), ("22", None), ("39", 1.0), ("39", 1.01)]
    text = "ST 0012345678 H TT 2607010505 DRP " + "05" * 11 + "FF DRZ1 " + "006B" * 12 + " VT 12.5 "
    values = _values(_decode(ascii_frame(0x34, text)))
    assert values == [("F4", 0.5)] * 11 + [("F4", None)] + [("F5", 1.07)] * 12 + [("38", 12.5)]


def test_ascii_series_that_does_not_divide_ends_by_itself() -> None:
    """Three values of two elements say nothing of either; what follows is read."""
    decoded = _decode(ascii_frame(0x31, "ST 0012345678 H TT 2607010500 DRN05 PN05 Z 0.5 1.00 0.5 VT 12.5 "))
    assert _reasons(decoded) == [Reason.MALFORMED]
    assert _values(decoded) == [("38", 12.5)]


def test_ascii_checksum_and_cut() -> None:
    """The ASCII form is checked as the HEX form is."""
    payload = ascii_frame(0x32, "ST 0012345678 H TT 2607010600 Z 6.38 ")
    damaged = payload.replace(b"6.38", b"7.38")
    assert _reasons(_decode(damaged)) == [Reason.CHECKSUM]
    assert _reasons(_decode(payload[:-2])) == [Reason.TRUNCATED]
    assert _reasons(_decode(payload[:20])) == [Reason.TRUNCATED]


def test_nothing_at_all() -> None:
    """What holds no frame is malformed."""
    for payload in (b"", b"online", b"{}", b"\x00" * 40, b"7E7", b"0102"):
        assert _reasons(_decode(payload)) == [Reason.MALFORMED]


def test_pictures_and_texts_are_not_stored() -> None:
    """Of a frame with a picture or a text written by hand only the header may be kept."""
    picture = frame(0x36, body("F3F3 FFD8FFE0" + "00" * 40))
    one = report("3812 1213")
    assert STORABLE(one + picture) == one + picture[:14]
    assert STORABLE(picture.hex().encode()) == picture[:14]
    assert STORABLE(one) == one
    assert STORABLE(b"online") == b"online"


def test_checksum_is_modbus() -> None:
    """The checksum's published check value."""
    assert crc_modbus(b"123456789") == b"\x4b\x37"


def test_checksum_by_pairs_is_the_one_bit_by_bit() -> None:
    """Even and odd lengths, the empty one, and every byte at either place of a pair."""
    for data in (*(bytes(range(size)) for size in range(20)), bytes(range(256)), bytes(range(255, -1, -1))[:255]):
        assert crc16(data).to_bytes(2, "big") == crc_modbus(data)
