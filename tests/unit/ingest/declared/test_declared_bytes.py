"""Declared byte layouts: numbers, records, elements, marks and checksums."""

import base64
import json
import struct
from datetime import UTC, datetime

import pytest

from ingest.declared import examples, read_format
from ingest.declared.sums import crc16_ccitt, crc16_modbus
from ingest.readings import DeviceId, DeviceState, Enclosed, Fact, Quality, Reading, Reason

RECEIVED = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
HEAD = "input: binary\ndevice: {topic: 1}\n"


def decoded(declaration: str, payload: bytes):
    """Decode bytes by a declaration."""
    return read_format(declaration, "acme.yaml").decode("d", payload, RECEIVED)


def value(kind: str, payload: bytes, more: str = ""):
    """Give the value that stands at offset 1."""
    (reading,) = decoded(HEAD + f"readings: [{{metric: x, at: 1, type: {kind}{more}}}]", b"\x00" + payload)
    return reading.value


@pytest.mark.parametrize(
    ("kind", "payload", "more", "expected"),
    [
        ("u8", b"\xfe", "", 254), ("i8", b"\xfe", "", -2), ("u16", b"\x01\x02", "", 258),
        ("u16", b"\x01\x02", ", endian: little", 513), ("i16", b"\xff\xfe", "", -2), ("u24", b"\x01\x00\x00", "", 65536),
        ("i24", b"\xff\xff\xfe", "", -2), ("u32", b"\x00\x01\x00\x00", "", 65536), ("i32", b"\xff" * 4, "", -1),
        ("u64", b"\x00" * 7 + b"\x07", "", 7), ("i64", b"\xff" * 8, "", -1), ("f32", struct.pack(">f", 1.5), "", 1.5),
        ("f64", struct.pack("<d", -2.25), ", endian: little", -2.25), ("f32", b"\x7f\xc0\x00\x00", "", None),
        ("bcd", b"\x12\x34", ", size: 2", 1234), ("bcd", b"\x34\x12", ", size: 2, endian: little", 1234),
        ("bcd", b"\xff\xff", ", size: 2", None), ("ascii", b"12.5\x00", ", size: 5", 12.5),
        ("u8", b"\xb4", ", bits: 0-4, scale: 5", 100), ("u8", b"\xb4", ", bits: 7", 1), ("u16", b"\x0f\xf0", ", bits: 4-11", 255),
    ],
)  # fmt: skip
def test_bytes_are_read_as_declared(kind, payload, more, expected):
    """Every type gives its number; digits that are none give no value."""
    assert value(kind, payload, more) == expected


def test_offsets_count_from_the_end_too():
    """A negative offset is counted from the end; a place outside of the bytes says nothing."""
    rule = HEAD + "readings: [{metric: x, at: -2, type: u16}, {metric: y, at: 40, type: u8}]"
    assert [(r.metric, r.value) for r in decoded(rule, b"\x00\x00\x01\x02")] == [("x", 258.0)]


@pytest.mark.parametrize("at", [1 << 16, 1 << 40])
def test_place_beyond_any_frame_says_nothing(at):
    """A slip of the pen in a file is a place where nothing stands."""
    rule = HEAD + f"readings: [{{metric: x, at: {at}, type: u16}}, {{metric: y, at: 0, type: u8}}]"
    assert [(r.metric, r.value) for r in decoded(rule, b"\x2a\x00\x01\x02")] == [("y", 42.0)]


def test_id_keeps_its_leading_zeros():
    """A BCD or hex id is text, not a number."""
    rule = "input: binary\ndevice: {parts: [{at: 0, type: bcd, size: 3}, {at: 3, type: hex, size: 2}], join: '.'}\n"
    (reading,) = decoded(rule + "readings: [{metric: x, at: 0, type: u8}]", b"\x00\x12\x34\xab\xcd")
    assert reading.device == "001234.ABCD"


@pytest.mark.parametrize(
    ("kind", "tail"),
    [
        ("sum8", bytes([(0xAA + 1 + 2) & 0xFF])), ("xor8", bytes([0xAA ^ 1 ^ 2])),
        ("crc16-modbus", crc16_modbus(b"\xaa\x01\x02").to_bytes(2, "big")),
        ("crc16-ccitt", crc16_ccitt(b"\xaa\x01\x02").to_bytes(2, "big")),
        ("sum8-zero", bytes([-(0xAA + 1 + 2) & 0xFF])),
    ],
)  # fmt: skip
def test_wrong_checksum_is_never_a_reading(kind, tail):
    """A frame with a right checksum is read; with any bit turned it is rejected as CHECKSUM."""
    rule = HEAD + f"start: AA\nchecksum: {{kind: {kind}}}\nreadings: [{{metric: x, at: 1, type: u16}}]"
    frame = b"\xaa\x01\x02" + tail
    assert [item.value for item in decoded(rule, frame)] == [258.0]
    for bit in range(8, 8 * len(frame)):
        damaged = bytearray(frame)
        damaged[bit // 8] ^= 1 << bit % 8
        assert [item.reason for item in decoded(rule, bytes(damaged))] == [Reason.CHECKSUM]


def test_checks_are_the_published_ones():
    """Both CRCs give their catalogue's value of 123456789."""
    assert crc16_modbus(b"123456789") == 0x4B37
    assert crc16_ccitt(b"123456789") == 0x29B1


def test_frame_is_refused_for_what_is_wrong_with_it():
    """Marks, sizes and the length that a frame gives of itself each have their reason."""
    rule = (
        HEAD
        + "start: A55A\nend: 55AA\nlength: {at: 2, type: u8}\nmin_size: 7\nreadings: [{metric: x, at: 3, type: u8}]"
    )
    good = b"\xa5\x5a\x07\x2a\x00\x55\xaa"
    assert [item.value for item in decoded(rule, good)] == [42.0]
    assert [item.reason for item in decoded(rule, b"\x00" + good)] == [Reason.MALFORMED]
    assert [item.reason for item in decoded(rule, good[:5])] == [Reason.TRUNCATED]
    assert [item.reason for item in decoded(rule, good + b"\x00")] == [Reason.MALFORMED]
    assert [item.reason for item in decoded(rule, good[:-1] + b"\x00")] == [Reason.TRUNCATED]
    assert [item.reason for item in decoded(rule, b"")] == [Reason.MALFORMED]


def test_hex_text_of_a_marked_frame_is_the_frame():
    """A frame with a start mark is read as hex text, too, in either case and with blanks."""
    rule = HEAD + "start: A55A\nreadings: [{metric: x, at: 2, type: u8}]"
    for payload in (b"\xa5\x5a\x2a", b"a55a2a", b"A5 5A 2A\r\n"):
        assert [item.value for item in decoded(rule, payload)] == [42.0]


@pytest.mark.parametrize(("given", "payload"), [("hex", b" 0x002A "), ("base64", b"ACo="), ("base64", b"ACo")])
def test_text_of_bytes_is_unpacked(given, payload):
    """Hex and base64 text become bytes, padding or not; other text is MALFORMED."""
    rule = f"input: {given}\ndevice: {{topic: 1}}\nreadings: [{{metric: x, at: 1, type: u8}}]"
    assert [item.value for item in decoded(rule, payload)] == [42.0]
    assert [item.reason for item in decoded(rule, b"?!")] == [Reason.MALFORMED]


def test_records_are_spread_over_their_steps():
    """The frame's time is the last record's; the others lie a step apart before it."""
    rule = HEAD + (
        "time: {at: 0, type: u32, as: seconds}\n"
        "records: {at: 6, size: 2, count: {at: 4, type: u8}, step_s: {at: 5, type: u8}}\n"
        "readings: [{metric: x, at: 0, type: i16}]"
    )
    payload = struct.pack(">IBB3h", 1714564700, 3, 60, 1, -2, 3)
    said = [(item.value, item.time.isoformat()[11:19]) for item in decoded(rule, payload)]
    assert said == [(1.0, "11:56:20"), (-2.0, "11:57:20"), (3.0, "11:58:20")]
    *kept, cut = decoded(rule, payload[:-2])
    assert len(kept) == 2
    assert cut.reason is Reason.TRUNCATED


TWO_BLOCKS = """input: binary
device: {at: 1, type: ascii, size: 2}
when: [{at: 0, type: u8, is: 1}]
readings: [{metric: x, at: 3, type: u8}]
blocks:
  - when: [{at: 0, type: u8, is: 1}]
    records: {at: 5, size: 1, count: {at: 4, type: u8}}
    readings: [{metric: y, at: 0, type: u8}]
"""


def test_what_is_no_record_is_not_cut_off():
    """Where the conditions of a block do not hold, what would be the count of its records is none."""
    kept = decoded(TWO_BLOCKS, b"\x01ab\x05\x01\x07")
    assert [(item.device, item.metric, item.value) for item in kept] == [("ab", "x", 5.0), ("ab", "y", 7.0)]
    assert [getattr(item, "reason", None) for item in decoded(TWO_BLOCKS, b"\x01ab\x05\x09\x07")][2:] == [
        Reason.TRUNCATED
    ]
    assert decoded(TWO_BLOCKS, b"\x02ab\x05\x09\x07") == []


def test_that_nobody_speaks_is_said_once():
    """Blocks of the same device, time and conditions have one head: it is read, and refused, once; with records or without."""
    assert [item.reason for item in decoded(TWO_BLOCKS, b"\x01  \x05\x01\x07")] == [Reason.TOPIC]
    assert [item.reason for item in decoded(TWO_BLOCKS, b"\x01  \x05\x00")] == [Reason.TOPIC]


def test_impossible_steps_lead_to_no_impossible_date():
    """A step of a century between records is a damaged frame's: the times stay dates."""
    rule = HEAD + "records: {at: 4, size: 1, step_s: {at: 0, type: u32}}\nreadings: [{metric: x, at: 0, type: u8}]"
    assert len(decoded(rule, b"\xff" * 4 + bytes(5000))) == 5000


def test_time_in_bytes():
    """Six bytes, BCD digits and a record's own time are read in the declared zone."""
    rule = (
        HEAD
        + "time: {at: 0, type: hex, size: 6, as: ymdhms, zone: Asia/Shanghai}\nreadings: [{metric: x, at: 0, type: u8}]"
    )
    (reading,) = decoded(rule, bytes([24, 5, 1, 19, 58, 20]))
    assert reading.time.isoformat() == "2024-05-01T11:58:20+00:00"
    rule = HEAD + (
        "records: {at: 0, size: 7, time: {at: 0, type: bcd, size: 6, as: digits, zone: Asia/Shanghai}}\n"
        "readings: [{metric: x, at: 6, type: u8}]"
    )
    said = [
        (item.value, item.time.isoformat()[11:19])
        for item in decoded(rule, bytes.fromhex("24050119582001 24050119592002"))
    ]
    assert said == [(1.0, "11:58:20"), (2.0, "11:59:20")]


TLV = """
input: binary
endian: little
hints: [ACME-TLV]
tlv:
  type_size: 2
  elements:
    "0175": {size: 1, readings: [{metric: battery, unit: "%EL", at: 0, type: u8}]}
    "0500": {size: 1, states: [{fact: tamper, at: 0, type: u8, active: 1, clear: 0}]}
    "20CE":
      size: 6
      history: true
      time: {at: 0, type: u32, as: seconds}
      readings: [{metric: distance, unit: mm, at: 4, type: u16}]
"""


def enclosed(payload: str, port: int | None = None) -> Enclosed:
    """Put bytes into an envelope."""
    return Enclosed(device=DeviceId("d"), payload=bytes.fromhex(payload), time=RECEIVED, port=port)


def test_elements_are_read_one_after_another():
    """Type by type; stored values have their own time and are history; what was read before damage is kept."""
    codec = read_format(TLV, "tlv.yaml").codec
    battery, tamper, stored = codec(enclosed("0175 5C 0500 01 20CE 5C2E3266 E803"))
    assert isinstance(battery, Reading)
    assert (battery.device, battery.value, battery.time) == ("d", 92.0, RECEIVED)
    assert isinstance(tamper, DeviceState)
    assert tamper.fact is Fact.TAMPER
    assert (stored.value, stored.quality, stored.time.isoformat()) == (
        1000.0,
        Quality.HISTORY,
        "2024-05-01T11:58:20+00:00",
    )
    assert [getattr(item, "reason", None) for item in codec(enclosed("01755C EEEE00"))] == [None, Reason.UNSUPPORTED]
    assert [getattr(item, "reason", None) for item in codec(enclosed("01755C 20CE00"))] == [None, Reason.TRUNCATED]


def test_there_is_no_topic_in_an_envelope():
    """What is to be read of the topic is not there, and no empty text either."""
    rule = "input: binary\nreadings: [{metric: x, topic: 1}, {metric: y, at: 0, type: u8}]"
    assert [item.metric for item in read_format(rule, "acme.yaml").codec(enclosed("2A"))] == ["y"]


def test_unknown_elements_are_passed_over_where_their_length_stands_there():
    """With a length in the bytes an unknown type may be skipped."""
    rule = HEAD + ("tlv: {length: u8, unknown: skip, elements: {'01': {readings: [{metric: x, at: 0, type: u16}]}}}\n")
    assert [item.value for item in decoded(rule, bytes.fromhex("EE03AAAAAA 01020102"))] == [258.0]


def test_port_chooses_what_is_read():
    """A payload on a port nobody declared is not guessed at."""
    codec = next(one for one in examples() if one.name == "netvox-ra02a").codec
    assert codec(enclosed("010A01240101012C000000", 6))
    assert [item.reason for item in codec(enclosed("010A01240101012C000000", 7))] == [Reason.UNSUPPORTED]


def test_bytes_inside_of_json_are_read_with_it():
    """Device and time stand in the JSON, the values in the bytes it holds; their checksum counts."""
    declared = next(one for one in examples() if one.name == "ctwing-transparent")
    frame = bytearray(bytes.fromhex("AA 1F40 0E10 012345 82 00"))
    for octet in frame[:-1]:
        frame[-1] ^= octet

    def report(data: bytes) -> bytes:
        inner = {"APPdata": base64.b64encode(data).decode()}
        return json.dumps({"IMEI": "861", "timestamp": 1714564700500, "payload": inner}).encode()

    items = declared.decode("x", report(bytes(frame)), RECEIVED)
    said = {(item.metric, item.value) for item in items if isinstance(item, Reading)}
    assert said == {("pressure", 800.0), ("voltage", 3.6), ("meter", 123.45)}
    facts = {(item.fact, item.active) for item in items if isinstance(item, DeviceState)}
    assert facts == {(Fact.VALUE_LOW, False), (Fact.VALUE_HIGH, True), (Fact.MAINS_LOST, False)}
    assert {item.device for item in items} == {"861"}
    frame[3] ^= 1
    assert [item.reason for item in declared.decode("x", report(bytes(frame)), RECEIVED)] == [Reason.CHECKSUM]
    assert declared.decode("x", b'{"IMEI":"861","payload":{}}', RECEIVED) == []
