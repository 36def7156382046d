"""MEOKON meters: frames, records and their times, alarm bits."""

from datetime import UTC, datetime, timedelta

import pytest

from ingest.decoders.meokon_a55a import decode
from ingest.decoders.meokon_a55a.kinds import kind_of
from ingest.readings import Decoded, DeviceState, Fact, Quality, Reading, Reason, Rejection
from tests.platform_payloads import meokon

RECEIVED = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
LAST = datetime.fromtimestamp(1714564740, UTC)
TOPIC = "GIOT-GW/UL/SHMK24050013"
# The maker's own example: ten records a minute apart, the upper limit passed.
EXAMPLE = (
    "a5 5a 00 00 3b 53 48 4d 4b 31 39 30 36 30 30 31 33 34 c8 00 3c 00 0a 01 02 00 64 01 f4 02 1a 5d 19 66 b6 "
    "02 19 02 1a 02 16 02 18 02 18 02 13 02 1e 02 1c 02 1d 02 1d 7e 03 55 aa"
)


def _facts(decoded: list[Decoded]) -> dict[Fact, bool]:
    return {item.fact: item.active for item in decoded if isinstance(item, DeviceState)}


def _values(decoded: list[Decoded], metric: str) -> list[tuple[datetime, float | None]]:
    return [(item.time, item.value) for item in decoded if isinstance(item, Reading) and item.metric == metric]


def _reasons(decoded: list[Decoded]) -> list[Reason]:
    return [item.reason for item in decoded if isinstance(item, Rejection)]


@pytest.mark.parametrize(
    "payload", [EXAMPLE.encode(), EXAMPLE.upper().replace(" ", "").encode(), bytes.fromhex(EXAMPLE)]
)
def test_the_makers_example_in_every_spelling(payload: bytes) -> None:
    """Records are told oldest first, an interval apart back from the last; the current value follows."""
    decoded = decode("", payload, RECEIVED)
    last = datetime(2019, 7, 1, 1, 49, 42, tzinfo=UTC)
    pressures = _values(decoded, "pressure")
    assert pressures[0] == (last - timedelta(minutes=9), 0.537)
    assert pressures[9:] == [(last, 0.541), (last + timedelta(seconds=1), 0.538)]
    assert len(pressures) == 11
    assert _facts(decoded) == {Fact.VALUE_LOW: False, Fact.VALUE_HIGH: True, Fact.BATTERY_LOW: False, Fact.FAULT: False}
    assert _values(decoded, "battery") == [(last, 100.0)]
    assert _values(decoded, "rssi") == [(last, -56.0)]
    assert {item.device for item in decoded if isinstance(item, Reading | DeviceState)} == {"SHMK19060013"}


def test_the_current_value_is_told_once() -> None:
    """Where it is the last record's, there is one reading of that instant."""
    assert _values(decode(TOPIC, meokon(1, [b"\x02\x5d"]), RECEIVED), "pressure") == [(LAST, 0.605)]


def test_several_frames_and_what_lies_between() -> None:
    """Bytes between frames are passed over, and each frame is read."""
    payload = b"\x00\xff" + meokon(1, [b"\x00\x01"]) + b"\x0d\x0a" + meokon(1, [b"\x00\x02"], epoch=1714564741)
    assert [value for _, value in _values(decode("", payload, RECEIVED), "pressure")] == [0.001, 0.002]


def test_a_wrong_checksum_is_never_a_reading() -> None:
    """Every byte of a frame is under its checksum, and a whole frame after a damaged one is kept."""
    good = meokon(1, [b"\x02\x5d"])
    for at in range(5, len(good) - 4):
        bad = good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :]
        decoded = decode("", bad + meokon(1, [b"\x00\x07"]), RECEIVED)
        assert [value for _, value in _values(decoded, "pressure")] == [0.007], at
        assert _reasons(decoded) == [Reason.CHECKSUM], at


def test_half_a_frame_is_truncated_and_nonsense_malformed() -> None:
    """What is missing is told apart from what is wrong."""
    good = meokon(1, [b"\x02\x5d"])
    for end in range(1, len(good)):
        assert _reasons(decode("", good[:end], RECEIVED)) == [Reason.TRUNCATED], end
    assert _reasons(decode("", b"hello", RECEIVED)) == [Reason.MALFORMED]
    assert _reasons(decode("", b"\xa5\x5a\x00\xff\xff" + bytes(40), RECEIVED)) == [Reason.MALFORMED]


@pytest.mark.parametrize("topic", [TOPIC, "meokon/4401/SHMK24050013", "p/3/meokon/4401/shmk24050013", ""])
def test_a_meter_speaks_on_its_own_topic(topic: str) -> None:
    """The meter that a topic names is the only one that may speak on it."""
    assert _reasons(decode(topic, meokon(1, [b"\x02\x5d"]), RECEIVED)) == []
    other = meokon(1, [b"\x02\x5d"], name=b"SHMK24050099")
    assert _reasons(decode(topic, other, RECEIVED)) == ([Reason.FOREIGN_DEVICE] if topic else [])


def test_frames_that_are_no_reports() -> None:
    """The centre's answer is a downlink, a meter's answer to a setting is not taken, an id that is no text is malformed."""
    assert _reasons(decode(TOPIC, meokon(1, [b"\x00\x00"], command=0xFF), RECEIVED)) == [Reason.DOWNLINK]
    assert _reasons(decode(TOPIC, meokon(1, [b"\x00\x00"], command=4), RECEIVED)) == [Reason.UNSUPPORTED]
    assert _reasons(decode("", meokon(1, [b"\x00\x00"], name=b"\xff" * 12), RECEIVED)) == [Reason.MALFORMED]


def test_a_hydrant_tells_release_tilt_and_pressure_apart() -> None:
    """Type 24: bit 7 is running water, bits 5 and 6 are blows and tilt, bits 0 and 1 the pressure's limits."""
    normal = {Fact.VALUE_LOW: False, Fact.VALUE_HIGH: False, Fact.BATTERY_LOW: False, Fact.FAULT: False}
    for alarm, fact in ((0x80, Fact.OPEN), (0x40, Fact.TAMPER), (0x20, Fact.TAMPER), (0x01, Fact.VALUE_LOW)):
        frame = meokon(24, [b"\x01\x2c\x00\x05"], alarm=alarm, limits=bytes(8))
        assert _facts(decode("", frame, RECEIVED)) == normal | {Fact.OPEN: False, Fact.TAMPER: False} | {fact: True}
    assert _values(decode("", frame, RECEIVED), "tilt") == [(LAST, 5.0)]


@pytest.mark.parametrize(
    ("kind", "record", "limits", "values"),
    [
        (0, b"\x00\x0a", 4, {"pressure": (1.0, "kPa")}),
        (3, b"\x00\x64", 4, {"pressure": (pytest.approx(68.94757), "kPa")}),
        (7, b"\x75\x30", 4, {"pressure": (pytest.approx(39.9966), "kPa")}),
        (8, b"\xff\x9c", 4, {"level": (-1.0, "m")}),
        (11, b"\xff\x9c", 4, {"temperature": (-10.0, "Cel")}),
        (18, b"\x02\x58\x00\xd7", 8, {"humidity": (60.0, "%RH"), "temperature": (21.5, "Cel")}),
        (20, b"\x00\x01", 4, {"water_immersion": (1.0, "1")}),
        (61, b"\xff\xfe", 4, {"pressure": (655.34, "MPa")}),
        (84, b"\x00\x00\x0b\xb8", 8, {"level": (3.0, "m")}),
        (27, b"\x40\x00\x00\x00\x3f\x00\x00\x00\x00\x00\x00\x07\x00\x00\x00\x05", 8, {
            "flow": (2.0, "m3/h"), "velocity": (0.5, "m/s"), "volume": (7.0, "m3"), "net_volume": (5.0, "m3")}),
    ],
)  # fmt: skip
def test_units_and_scales_of_types(kind: int, record: bytes, limits: int, values: dict[str, tuple[float, str]]) -> None:
    """The type byte says what a record holds, in which unit and scale."""
    decoded = decode("", meokon(kind, [record], limits=bytes(limits)), RECEIVED)
    said = {item.metric: (item.value, item.unit) for item in decoded if isinstance(item, Reading)}
    assert {metric: said[metric] for metric in values} == values
    assert said.keys() - values.keys() == {"battery", "rssi"}


def test_immersion_and_gas_have_facts_of_their_own() -> None:
    """The limit bits of an immersion sensor are water, the upper one of a gas meter is a gas alarm."""
    assert _facts(decode("", meokon(20, [b"\x00\x01"], alarm=2), RECEIVED))[Fact.WATER] is True
    assert _facts(decode("", meokon(31, [b"\x00\x64"], alarm=2), RECEIVED))[Fact.GAS_ALARM] is True


@pytest.mark.parametrize(
    ("kind", "record", "alarm", "fact"),
    [
        (36, bytes(4), 0x20, Fact.TAMPER), (36, bytes(4), 0x40, Fact.OPEN), (39, bytes(4), 0x20, Fact.TAMPER),
        (40, bytes(2), 0x80, Fact.OPEN), (105, bytes(16), 0x80, Fact.OPEN), (79, bytes(16), 0x04, Fact.FAULT),
    ],
)  # fmt: skip
def test_bits_that_mean_something_else_of_a_type(kind: int, record: bytes, alarm: int, fact: Fact) -> None:
    """A cap that is knocked or off, a cover that is open, a thing that is moved: no limit of a channel, no battery."""
    facts = _facts(decode("", meokon(kind, [record], alarm=alarm), RECEIVED))
    assert {said for said, active in facts.items() if active} == {fact}


def test_ends_of_the_range_are_no_values() -> None:
    """7FFF, 8000 and floats that are no numbers are missing."""
    for record in (b"\x7f\xff", b"\x80\x00"):
        decoded = decode("", meokon(1, [record]), RECEIVED)
        assert [(r.value, r.quality) for r in decoded if isinstance(r, Reading) and r.metric == "pressure"] == [
            (None, Quality.MISSING)
        ]
    nan = decode("", meokon(27, [b"\x7f\xc0\x00\x00" + bytes(12)], limits=bytes(8)), RECEIVED)
    assert _values(nan, "flow") == [(LAST, None)]
    assert _values(decode("", meokon(32, [bytes(16)], limits=bytes(16)), RECEIVED), "longitude") == [(LAST, None)]


def test_an_unknown_type_keeps_what_stands_before_its_records() -> None:
    """The alarm bits, the battery and the signal are told; the rest is kept raw."""
    decoded = decode("", meokon(250, [b"\x00\x01\x02"], alarm=1), RECEIVED)
    assert _facts(decoded)[Fact.VALUE_LOW] is True
    assert _values(decoded, "battery") == [(RECEIVED, 100.0)]
    assert _reasons(decoded) == [Reason.UNSUPPORTED]


def test_limits_of_another_length_do_not_shift_the_record() -> None:
    """A type with more limits than its table says is read all the same."""
    assert _values(decode("", meokon(1, [b"\x02\x5d"], limits=bytes(8)), RECEIVED), "pressure") == [(LAST, 0.605)]


def test_a_clock_that_was_never_set_is_ours() -> None:
    """Records stand back from the receive time then, and are marked."""
    decoded = decode("", meokon(1, [b"\x00\x01", b"\x00\x02"], epoch=5), RECEIVED)
    assert _values(decoded, "pressure") == [(RECEIVED - timedelta(minutes=1), 0.001), (RECEIVED, 0.002)]
    assert {r.quality for r in decoded if isinstance(r, Reading)} == {Quality.UNCERTAIN_TIME}


def test_records_taken_without_a_pause() -> None:
    """With interval 0 only the last record has a known time."""
    assert _values(decode("", meokon(1, [b"\x00\x01", b"\x00\x02"], interval=0), RECEIVED), "pressure") == [
        (LAST, 0.002)
    ]


def test_power() -> None:
    """A meter on mains only has no battery to tell of; more than 100 % is missing."""
    assert _values(decode("", meokon(1, [b"\x00\x01"], power=0b1100_0000), RECEIVED), "battery") == []
    assert _values(decode("", meokon(1, [b"\x00\x01"], power=0b0011_1111), RECEIVED), "battery") == [(LAST, None)]


def test_every_type_of_the_table_can_be_read() -> None:
    """No line of the table is misspelled."""
    kinds = [kind for code in range(256) if (kind := kind_of(code)) is not None]
    assert len(kinds) > 70
    assert all(len(kind.channels) == len(kind.layout.unpack(bytes(kind.layout.size))) for kind in kinds)


def test_more_frames_than_a_payload_may_bring_are_told_once() -> None:
    """Of 100 frames 64 are read; one rejection stands for the rest."""
    decoded = decode("", meokon(1, [b"\x00\x01"]) * 100, RECEIVED)
    assert len(_values(decoded, "pressure")) == 64
    assert _reasons(decoded) == [Reason.TOO_LARGE]
