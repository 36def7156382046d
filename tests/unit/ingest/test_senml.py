"""SenML, RFC 8428: sections are those of the RFC."""

import math
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import cbor2
import pytest

from ingest.decoders import MAX_BYTES, MAX_DEPTH
from ingest.decoders.senml import decode, fast, metric_of
from ingest.instants import to_us
from ingest.readings import DeviceState, Fact, Quality, Reading, Reason, Rejection
from ingest.senml_pack import NAME_AT_MOST, RECORDS_AT_MOST
from ingest.wire import RefusedError, read_cbor, read_short_cbor, unhex

RECEIVED = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
TOPIC = "gridwatch/v1/4401/smoke-1/senml"


def _said(payload: bytes, topic: str = TOPIC) -> list[tuple[str, str, float | None, str]]:
    decoded = decode(topic, payload, RECEIVED)
    assert all(isinstance(item, Reading) for item in decoded), decoded
    return [(item.device, item.metric, item.value, item.unit) for item in decoded if isinstance(item, Reading)]


def _reasons(payload: bytes, topic: str = TOPIC) -> list[Reason]:
    decoded = decode(topic, payload, RECEIVED)
    assert all(isinstance(item, Rejection) for item in decoded), decoded
    return [item.reason for item in decoded if isinstance(item, Rejection)]


def test_relative_name_is_a_metric_of_the_topics_device() -> None:
    """The topic says who speaks; the name says of what."""
    assert _said(b'[{"n":"smoke","u":"%/m","v":0.5}]') == [("smoke-1", "smoke", 0.5, "%/m")]


@pytest.mark.parametrize(
    "name", ["smoke-1:smoke", "smoke-1/smoke", "urn:dev:mac:smoke-1:smoke", "urn:dev:x:smoke-1/smoke"]
)
def test_device_may_name_itself(name: str) -> None:
    """A full name is taken when its device is the topic's."""
    assert _said(b'[{"n":"%s","v":1}]' % name.encode()) == [("smoke-1", "smoke", 1.0, "")]


@pytest.mark.parametrize("name", ["smoke-2:smoke", "smoke-11:smoke", "xsmoke-1/smoke", "urn:dev:mac:smoke-2:smoke"])
def test_device_may_not_speak_for_another(name: str) -> None:
    """A record that names another device than the topic is refused."""
    assert _reasons(b'[{"n":"%s","v":1}]' % name.encode()) == [Reason.FOREIGN_DEVICE]


def test_foreign_record_does_not_take_the_others_with_it() -> None:
    """What the device says of itself is kept beside the refused record."""
    decoded = decode(TOPIC, b'[{"n":"smoke","v":1},{"n":"other:smoke","v":2}]', RECEIVED)
    assert [type(item) for item in decoded] == [Reading, Rejection]


@pytest.mark.parametrize("topic", ["gridwatch/v1/4401/senml", "gridwatch/v2/4401/a/senml", "senml", "x/smoke-1"])
def test_other_topics_name_nobody(topic: str) -> None:
    """A topic that is not the native one does not say who speaks."""
    assert _reasons(b'[{"n":"smoke","v":1}]', topic) == [Reason.TOPIC]


def test_partition_may_stand_before_the_topic() -> None:
    """Subject mapping may put a partition before the native topic."""
    assert _said(b'[{"n":"smoke","v":1}]', f"p/3/{TOPIC}")[0][0] == "smoke-1"


def test_without_topic_the_name_tells_device_and_metric() -> None:
    """A file looked at by hand is read by its full names."""
    pack = b'[{"bn":"urn:dev:ow:1234:","n":"voltage","u":"V","v":3},{"n":"relay","vb":true},{"bn":"plain","v":2}]'
    assert _said(pack, "") == [
        ("urn:dev:ow:1234", "voltage", 3.0, "V"),
        ("urn:dev:ow:1234", "relay", 1.0, "1"),
        ("plain", "value", 2.0, ""),
    ]


def test_base_fields_hold_until_replaced() -> None:
    """Base name, time, unit, value and sum apply to the records that follow (§4.1)."""
    pack = (
        b'[{"bn":"smoke-1:","bt":1700000000,"bu":"Cel","bv":10,"n":"temperature","v":1.5},'
        b'{"n":"temperature","t":-60,"v":2},{"bv":0,"bu":"%EL","n":"battery","v":97},'
        b'{"bn":"smoke-1/","n":"voltage","u":"V","v":3}]'
    )
    decoded = [item for item in decode(TOPIC, pack, RECEIVED) if isinstance(item, Reading)]
    assert [(r.metric, r.value, r.unit) for r in decoded] == [
        ("temperature", 11.5, "Cel"),
        ("temperature", 12.0, "Cel"),
        ("battery", 97.0, "%EL"),
        ("voltage", 3.0, "V"),
    ]
    base = datetime.fromtimestamp(1700000000, UTC)
    assert [r.time for r in decoded] == [base, base - timedelta(seconds=60), base, base]


def test_base_value_alone_is_the_value() -> None:
    """A missing value counts as zero beside a base value (§4.5.4)."""
    assert _said(b'[{"bv":4,"n":"stage","u":"m"}]') == [("smoke-1", "stage", 4.0, "m")]


def test_sums_are_readings_of_their_own() -> None:
    """A sum is an integral over time: its own metric, in the unit times seconds (§4.2)."""
    assert _said(b'[{"bs":100,"n":"flow","u":"m3/s","v":2,"s":5}]') == [
        ("smoke-1", "flow", 2.0, "m3/s"),
        ("smoke-1", "flow_sum", 105.0, "m3/s.s"),
    ]


@pytest.mark.parametrize("seconds", [0, -5, 30, 2**28 - 1])
def test_small_times_count_from_now(seconds: int) -> None:
    """A time below 2^28 is relative to the receive time (§4.5.3); beyond a day ahead it cannot be."""
    (item,) = decode(TOPIC, b'[{"n":"smoke","t":%d,"v":1}]' % seconds, RECEIVED)
    assert isinstance(item, Reading)
    ahead = seconds > 86_400
    assert item.time == RECEIVED + timedelta(seconds=0 if ahead else seconds)
    assert item.quality is (Quality.UNCERTAIN_TIME if ahead else Quality.GOOD)


@pytest.mark.parametrize("seconds", ["2.7e8", "946684799", "4102444800", "1e300", "-1e300"])
def test_impossible_clock_gives_way_to_ours(seconds: str) -> None:
    """A clock before 2000 or more than a day ahead is replaced by the receive time, and flagged."""
    (item,) = decode(TOPIC, b'[{"n":"smoke","t":%s,"v":1}]' % seconds.encode(), RECEIVED)
    assert isinstance(item, Reading)
    assert (item.time, item.quality) == (RECEIVED, Quality.UNCERTAIN_TIME)


def test_history_is_legal() -> None:
    """A replay of 2016 keeps its own times."""
    (item,) = decode(TOPIC, b'[{"n":"stage","t":1464739200,"v":1}]', RECEIVED)
    assert isinstance(item, Reading)
    assert (item.time, item.quality) == (datetime(2016, 6, 1, tzinfo=UTC), Quality.GOOD)


def test_boolean_fact_is_a_state() -> None:
    """A boolean named as a fact is that fact, true or false; another boolean is 1 or 0."""
    decoded = decode(TOPIC, b'[{"n":"fire","vb":true},{"n":"tamper","vb":false},{"n":"door","vb":false}]', RECEIVED)
    assert [(d.fact, d.active) for d in decoded if isinstance(d, DeviceState)] == [
        (Fact.FIRE, True),
        (Fact.TAMPER, False),
    ]
    assert [(r.metric, r.value, r.unit) for r in decoded if isinstance(r, Reading)] == [("door", 0.0, "1")]


def test_text_is_refused_only_when_there_is_nothing_else() -> None:
    """Text and data are no readings; beside a number they are passed over."""
    assert _reasons(b'[{"n":"note","vs":"12"},{"n":"blob","vd":"AQ"}]') == [Reason.UNSUPPORTED]
    assert _said(b'[{"n":"note","vs":"12"},{"n":"smoke","v":1}]') == [("smoke-1", "smoke", 1.0, "")]


def test_quoted_number_with_a_unit_is_a_number() -> None:
    """Some networks quote what they pass on; a text without a unit of its own stays a text."""
    (reading,) = decode(
        TOPIC,
        b'[{"bu":"V","n":"battery","u":"%","vs":"32.0"},{"n":"room","vs":"7"},{"n":"x","u":"m","vs":"?"}]',
        RECEIVED,
    )
    assert isinstance(reading, Reading)
    assert (reading.metric, reading.value, reading.unit) == ("battery", 32.0, "%")


def test_truth_does_not_take_the_base_unit() -> None:
    """Degrees of the other records say nothing of it."""
    truth = decode(TOPIC, b'[{"bu":"Cel","n":"temperature","v":21},{"n":"pump","vb":true}]', RECEIVED)[1]
    assert isinstance(truth, Reading)
    assert (truth.value, truth.unit) == (1.0, "1")


def test_records_without_a_name_are_told_apart_by_their_units() -> None:
    """RFC 8428 §5.1.4: humidity, place and charge of one name would be one metric that jumps."""
    pack = b'[{"bn":"smoke-1:","bu":"%RH","v":20},{"u":"lon","v":24.3},{"u":"lat","v":60.1},{"u":"%EL","v":98}]'
    expected = [("value", 20.0), ("longitude", 24.3), ("latitude", 60.1), ("battery", 98.0)]
    assert [
        (item.metric, item.value) for item in decode(TOPIC, pack, RECEIVED) if isinstance(item, Reading)
    ] == expected
    rows = fast(pack, to_us(RECEIVED), "smoke-1")
    assert rows is not None
    assert [(metric, value) for metric, _, _, value in rows] == expected
    (based,) = decode(TOPIC, b'[{"bv":90,"u":"%EL","v":8}]', RECEIVED)
    assert isinstance(based, Reading)
    assert (based.metric, based.value) == ("battery", 98.0)


def test_secondary_units_are_version_26() -> None:
    """RFC 9100 §4: a pack with millimetres says so by its version."""
    (reading,) = decode(TOPIC, b'[{"bver":26,"n":"depth","u":"mm","v":12}]', RECEIVED)
    assert isinstance(reading, Reading)
    assert (reading.value, reading.unit) == (12.0, "mm")


def test_null_value_is_a_missing_value() -> None:
    """A device that sends null has no value: the reading says so, and no number is invented."""
    (item,) = decode(TOPIC, b'[{"n":"smoke","v":null}]', RECEIVED)
    assert isinstance(item, Reading)
    assert (item.value, item.quality) == (None, Quality.MISSING)


@pytest.mark.parametrize(
    ("pack", "reason"),
    [
        (b'[{"n":"smoke","v":1,"new_":2}]', Reason.UNSUPPORTED),
        (b'[{"n":"smoke","v":1},{"bver":11,"n":"smoke","v":2}]', Reason.UNSUPPORTED),
        (b'[{"bver":5,"n":"smoke","v":1},{"bver":6,"n":"smoke","v":2}]', Reason.MALFORMED),
        (b'[{"bver":0,"n":"smoke","v":1}]', Reason.MALFORMED),
        (b'{"n":"smoke","v":1}', Reason.MALFORMED),
        (b"[]", Reason.MALFORMED),
        (b"[1]", Reason.MALFORMED),
        (b"", Reason.MALFORMED),
        (b"<sensml/>", Reason.UNSUPPORTED),
        (b'[{"n":"smoke","v":"1"}]', Reason.MALFORMED),
        (b'[{"n":"smoke","v":true}]', Reason.MALFORMED),
        (b'[{"n":"smoke","v":1e999}]', Reason.MALFORMED),
        (b'[{"n":"smoke","v":NaN}]', Reason.MALFORMED),
        (b'[{"n":"smoke","v":%s}]' % (b"9" * 400), Reason.MALFORMED),
        (b'[{"n":"smoke","v":1,"vb":true}]', Reason.MALFORMED),
        (b'[{"n":"smoke"}]', Reason.MALFORMED),
        (b'[{"n":"sm oke","v":1}]', Reason.MALFORMED),
        (b'[{"n":"-smoke","v":1}]', Reason.MALFORMED),
        (b'[{"bv":1e308,"n":"smoke","v":1e308}]', Reason.MALFORMED),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), Reason.MALFORMED),
    ],
)
def test_what_the_rfc_forbids_is_refused(pack: bytes, reason: Reason) -> None:
    """A pack or record that breaks the RFC is a rejection with its reason."""
    assert _reasons(pack) == [reason]


def test_unknown_fields_are_passed_over() -> None:
    """Only a field that ends in `_` must be understood (§4.4)."""
    assert _said(b'[{"n":"smoke","v":1,"l":{"_":[1]},"ut":60}]') == [("smoke-1", "smoke", 1.0, "")]


def test_record_of_base_fields_alone_says_nothing() -> None:
    """A record may only set what the next ones build on."""
    assert _said(b'[{"bn":"smoke-1:","bu":"Cel"},{"n":"temperature","v":1}]') == [
        ("smoke-1", "temperature", 1.0, "Cel")
    ]


CBOR_PACK = cbor2.dumps([{-2: "smoke-1:", -3: 1700000000, 0: "smoke", 1: "%/m", 2: 0.5}, {0: "fire", 4: True}])


@pytest.mark.parametrize(
    "payload",
    [CBOR_PACK, CBOR_PACK.hex().encode(), CBOR_PACK.hex(" ").upper().encode() + b"\n", b"\xd9\xd9\xf7" + CBOR_PACK],
    ids=["binary", "hex", "spaced hex", "self-described"],
)
def test_cbor_is_taken_as_bytes_and_as_hex_text(payload: bytes) -> None:
    """CBOR says the same as JSON, in binary and as hex text in either case (§6)."""
    reading, state = decode(TOPIC, payload, RECEIVED)
    assert isinstance(reading, Reading)
    assert (reading.metric, reading.value, reading.unit) == ("smoke", 0.5, "%/m")
    assert isinstance(state, DeviceState)
    assert state.time == datetime.fromtimestamp(1700000000, UTC)


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({0: "smoke", 2: math.nan}, Reason.MALFORMED),
        ({0: "smoke", 2: math.inf}, Reason.MALFORMED),
        ({0: "smoke", 2: 10**400}, Reason.MALFORMED),
        ({0: "smoke", 2: 1, "v": 2}, Reason.MALFORMED),
        ({0: "smoke", 2: 1, "must_": 2}, Reason.UNSUPPORTED),
        ({0: "smoke", 2: datetime(2024, 1, 1, tzinfo=UTC)}, Reason.MALFORMED),
        ({0: 1, 2: 1}, Reason.MALFORMED),
    ],
)
def test_cbor_that_json_could_not_say_is_refused(record: dict[object, object], reason: Reason) -> None:
    """NaN, infinity, numbers no double holds, dates and doubled labels are refused."""
    assert _reasons(cbor2.dumps([record])) == [reason]


@pytest.mark.parametrize("key", [True, 1.0, Decimal(1), None, b"u"])
def test_keys_of_cbor_are_integers_or_text(key: object) -> None:
    """A key that only equals a label's number (true, 1.0) is a field we do not know."""
    assert _said(cbor2.dumps([{0: "smoke", 2: 1, key: "Cel"}])) == [("smoke-1", "smoke", 1.0, "")]


@pytest.mark.parametrize("depth", [MAX_DEPTH - 1, MAX_DEPTH, MAX_DEPTH + 1, MAX_DEPTH + 2])
@pytest.mark.parametrize("tail", [b"", b"\x00", b"\xff", b"\x58\xff" + bytes(100), b"\x58\xff" + bytes(255)])
def test_short_cbor_is_read_as_any(depth: int, tail: bytes) -> None:
    """The quick way for short payloads takes and refuses what the way for all does."""

    def outcome(read: Callable[[bytes], object], payload: bytes) -> object:
        try:
            return read(payload)
        except RefusedError as refused:
            return refused.rejection

    whole = b"\x81" * depth + b"\xa1\x02\xf9\x3e\x00"
    for payload in (whole + tail, whole[:-1] + tail, b"\x9f" + whole + tail):
        assert outcome(read_short_cbor, payload) == outcome(read_cbor, payload)


@pytest.mark.parametrize("text", ["82A0", "82 a0\n", " 0x82A0", "0X82 A0", "82\x0bA0"])
def test_hex_text_is_read(text: str) -> None:
    """Either case, blanks between bytes and 0x before them are all hex text."""
    assert unhex(text.encode()) == b"\x82\xa0"


@pytest.mark.parametrize("text", ["", " ", "0x", "8 2", "82A", "82 0xA0", "\x1c82", "é"])
def test_other_text_is_no_hex_text(text: str) -> None:
    """Nothing at all, half a byte, 0x in the middle: none of it is guessed at."""
    assert unhex(text.encode()) is None


def test_cut_off_cbor_is_truncated() -> None:
    """A frame that ends too early is told apart from one that is wrong."""
    assert _reasons(CBOR_PACK[:-1]) == [Reason.TRUNCATED]
    assert _reasons(CBOR_PACK + b"\x00") == [Reason.MALFORMED]


def test_cbor_decimals_are_numbers() -> None:
    """Decimal fractions (tag 4) are numbers too (§6)."""
    payload = bytes.fromhex("81a20065736d6f6b6502c4822119") + (27315).to_bytes(2, "big")
    assert _said(payload) == [("smoke-1", "smoke", 273.15, "")]


def test_fast_way_takes_the_common_pack() -> None:
    """One to a few plain numbers need no full decoder."""
    now = to_us(RECEIVED)
    assert fast(b'[{"n":"smoke","u":"%/m","v":1}]', now) == [("smoke", "%/m", now, 1.0)]
    assert fast(b'[{"bn":"a:","bt":1700000000,"n":"smoke","v":1,"t":1.5}]', now, "a") == [
        ("smoke", "", 1_700_000_001_500_000, 1.0)
    ]


@pytest.mark.parametrize(
    "pack",
    [
        b'[{"n":"smoke","vb":true}]',
        b'[{"n":"smoke","v":1,"x_":1}]',
        b'[{"n":"smoke","v":1,"bver":10}]',
        b'[{"n":"a:smoke","v":1}]',
        b'[{"n":"smoke","v":1,"t":1}',
        b'[{"n":"smoke","v":1,"t":4102444800}]',
        b'[{"n":"smoke","v":1,"t":1e300}]',
        b'[{"v":1}]',
        b"[]",
        b"\xff",
    ],
)
def test_fast_way_leaves_the_rest(pack: bytes) -> None:
    """Anything rare, doubtful or wrong is left to the full decoder."""
    assert fast(pack, to_us(RECEIVED)) is None


def test_metric_of_an_empty_name_is_value() -> None:
    """A device with but one quantity need not name it."""
    assert metric_of("", "a") == metric_of("urn:dev:mac:a", "a") == metric_of("a:", "a") == "value"


@pytest.mark.parametrize("tag", ["c2", "c4821904", "c48200c2", "c482 3b7fffffffffffffff c2"])
def test_a_megabyte_of_digits_blocks_nothing(tag: str) -> None:
    """Big integers and decimals are bounded before they are computed with: this took minutes once."""
    digits = b"\x5a" + (1_000_000).to_bytes(4, "big") + b"\xff" * 1_000_000
    assert _reasons(b"\x81\xa1\x02" + bytes.fromhex(tag) + digits) == [Reason.MALFORMED]


@pytest.mark.parametrize(
    "pack",
    [b"[" + b"{}," * RECORDS_AT_MOST + b"{}]", b"\x9f" + b"\xa0" * (RECORDS_AT_MOST + 1) + b"\xff"],
    ids=["JSON", "CBOR"],
)
def test_more_records_than_can_say_something_are_refused_unread(pack: bytes) -> None:
    """A mebibyte of empty records is one rejection, not a million: it took four seconds once."""
    assert _reasons(pack) == [Reason.TOO_LARGE]


@pytest.mark.parametrize("record", [b'{"v":1}', b'{"s":1}', b'{"n":"a:b","v":1}', b'{"n":"a","vb":true}'])
@pytest.mark.parametrize("field", [b"bn", b"bu"])
def test_a_long_base_is_not_copied_to_every_record(field: bytes, record: bytes) -> None:
    """Half a mebibyte of base name or unit before thousands of records takes no gigabytes."""
    pack = b'[{"%b":"%b"},' % (field, b"a" * 500_000) + b",".join([record] * 20_000) + b"]"
    tracemalloc.start()
    try:
        assert len(decode(TOPIC, pack, RECEIVED)) >= 20_000
        assert tracemalloc.get_traced_memory()[1] < 200 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(("length", "count"), [(NAME_AT_MOST, 1), (NAME_AT_MOST + 1, 0)])
def test_a_name_has_an_end(length: int, count: int) -> None:
    """One that is longer is none; the fast way leaves it to the other."""
    pack = b'[{"bn":"%b","n":"aa","v":1}]' % (b"a" * (length - 2))
    assert len([item for item in decode(TOPIC, pack, RECEIVED) if isinstance(item, Reading)]) == count
    assert (fast(pack, to_us(RECEIVED)) is not None) is bool(count)


def test_a_mebibyte_of_the_shortest_numbers_is_taken() -> None:
    """The limit takes nothing from a pack of JSON that the size limit lets through."""
    pack = b"[" + b",".join([b'{"v":1}'] * ((MAX_BYTES - 1) // 8)) + b"]"
    assert len(_said(pack)) == (MAX_BYTES - 1) // 8
