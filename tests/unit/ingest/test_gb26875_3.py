"""GB/T 26875.3 frames of our own, one behaviour each."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from ingest.decoders.gb26875_3 import decode, description
from ingest.readings import Decoded, DeviceState, Dropped, Fact, Quality, Reading, Reason, Rejection
from tests.gb26875_frames import NOON, component, components, frame

BEIJING = timezone(timedelta(hours=8))
RECEIVED = datetime(2026, 7, 1, 12, 31, tzinfo=BEIJING).astimezone(UTC)
SENT = datetime(2026, 7, 1, 12, 30, 5, tzinfo=BEIJING)
SOURCE = "B22396604001"
TOPIC = f"gb26875/4401/{SOURCE}"
DETECTOR = f"{SOURCE}-1.1-02000700"


def _decode(payload: bytes, topic: str = TOPIC) -> list[Decoded]:
    return decode(topic, payload, RECEIVED)


def _states(decoded: list[Decoded]) -> list[DeviceState]:
    return [item for item in decoded if isinstance(item, DeviceState)]


def _said(decoded: list[Decoded]) -> dict[Fact, bool]:
    return {state.fact: state.active for state in _states(decoded)}


def _true(decoded: list[Decoded]) -> set[Fact]:
    return {fact for fact, active in _said(decoded).items() if active}


def _reasons(decoded: list[Decoded]) -> list[Reason]:
    return [item.reason for item in decoded if isinstance(item, Rejection)]


@pytest.mark.parametrize(
    ("word", "facts"),
    [
        (0x0000, set()),
        (0x0001, set()),
        (0x0002, {Fact.FIRE}),
        (0x0003, {Fact.FIRE}),
        (0x0004, {Fact.FAULT}),
        (0x0008, {Fact.SHIELDED}),
        (0x0060, {Fact.OTHER}),
        (0x0100, {Fact.FAULT, Fact.MAINS_LOST}),
        (0x010E, {Fact.FIRE, Fact.FAULT, Fact.SHIELDED, Fact.MAINS_LOST}),
    ],
)
def test_component_word(word: int, facts: set[Fact]) -> None:
    """Each bit is a fact, true or false; the word is complete."""
    decoded = _decode(frame(components(component(word))))
    assert _true(decoded) == facts
    assert {Fact.FIRE, Fact.FAULT, Fact.SHIELDED, Fact.MAINS_LOST, Fact.OTHER} <= set(_said(decoded))
    assert {state.device for state in _states(decoded)} == {DETECTOR}


def test_bit_0_never_makes_a_fire_a_test() -> None:
    """Real devices leave bit 0 at 0, "test" on paper: only its 1 is evidence, that no test runs."""
    assert Fact.TEST not in _said(_decode(frame(components(component(0x0002)))))
    assert _said(_decode(frame(components(component(0x0003)))))[Fact.TEST] is False


def test_every_object_is_read() -> None:
    """The alarm may be in the second object."""
    decoded = _decode(frame(components(component(0), component(2, address=b"\x03\x00\x07\x00"))))
    fires = {state.device: state.active for state in _states(decoded) if state.fact is Fact.FIRE}
    assert fires == {DETECTOR: False, f"{SOURCE}-1.1-03000700": True}


def test_alarm_comes_first_of_one_instant() -> None:
    """Of two parts under one address the one that burns is told first: only the first of one instant is judged."""
    fires = [
        state for state in _states(_decode(frame(components(component(0), component(2))))) if state.fact is Fact.FIRE
    ]
    assert [state.active for state in fires] == [True, False]
    earlier = bytes([0]) + NOON[1:]
    turned = frame(components(component(0), component(2, time=earlier)))
    fires = [state for state in _states(_decode(turned)) if state.fact is Fact.FIRE]
    assert [state.active for state in fires] == [True, False]
    assert fires[0].time < fires[1].time


def test_big_endian_gateway_loses_no_alarm() -> None:
    """A word of reserved bits only is read the other way round, and its facts are uncertain."""
    decoded = _decode(frame(components(component(0x0200))))
    assert _true(decoded) == {Fact.FIRE}
    assert {state.quality for state in _states(decoded)} == {Quality.UNCERTAIN}


@pytest.mark.parametrize(
    ("word", "facts"),
    [
        (0x0002, {Fact.FIRE}),
        (0x0200, {Fact.FAULT}),
        (0x0400, {Fact.FAULT}),
        (0x0100, {Fact.FAULT, Fact.MAINS_LOST}),
        (0x0800, {Fact.OTHER}),
        (0x2000, set()),
    ],
)
def test_system_word(word: int, facts: set[Fact]) -> None:
    """A system has more bits: backup power, bus, manual, configuration, reset."""
    data = bytes([1, 1, 1, 11]) + word.to_bytes(2, "little") + NOON
    decoded = _decode(frame(data))
    assert _true(decoded) == facts
    assert {state.device for state in _states(decoded)} == {f"{SOURCE}-1.11"}
    assert _said(decoded)[Fact.FIRE] is (word == 2)


@pytest.mark.parametrize(
    ("byte", "facts"),
    [
        (0x01, set()),
        (0x02, {Fact.FIRE}),
        (0x04, {Fact.FAULT}),
        (0x08, {Fact.FAULT, Fact.MAINS_LOST}),
        (0x20, {Fact.FAULT}),
    ],
)
def test_transmission_device_state(byte: int, facts: set[Fact]) -> None:
    """Type 21 is of the source itself; its time stamp may be missing."""
    for stamp in (NOON, b""):
        decoded = _decode(frame(bytes([21, 1, byte]) + stamp))
        assert _true(decoded) == facts
        assert {(state.device, state.time) for state in _states(decoded)} == {(SOURCE, SENT)}


@pytest.mark.parametrize(
    ("kind", "counts", "metric", "value", "unit"),
    [
        (1, 12, "events", 12.0, "1"),
        (2, 320, "height", 3.2, "m"),
        (3, -255, "temperature", -25.5, "Cel"),
        (4, 6, "pressure", 0.6, "MPa"),
        (5, 4005, "pressure", 400.5, "kPa"),
        (6, 253, "gas", 25.3, "%LEL"),
        (8, 2203, "voltage", 220.3, "V"),
        (10, 55, "flow", 5.5, "L/s"),
        (200, 7, "analogue_200", 7.0, "1"),
        (8, -1, "voltage", None, "V"),
        (3, -1, "temperature", -0.1, "Cel"),
        (3, 0x7FFF, "temperature", None, "Cel"),
    ],
)
def test_analogue(kind: int, counts: int, metric: str, value: float | None, unit: str) -> None:
    """Type 3 is a signed count, scaled by its kind; impossible ones are missing."""
    data = (
        bytes([3, 1, 1, 1, 99]) + b"\x02\x00\x07\x00" + bytes([kind]) + counts.to_bytes(2, "little", signed=True) + NOON
    )
    (reading,) = _decode(frame(data))
    assert isinstance(reading, Reading)
    assert (reading.device, reading.metric, reading.value, reading.unit) == (DETECTOR, metric, value, unit)
    assert reading.quality is (Quality.MISSING if value is None else Quality.GOOD)


@pytest.mark.parametrize(
    ("operation", "said"),
    [
        (0b1, {Fact.FIRE: False, Fact.FAULT: False, Fact.SILENCED: False}),
        (0b10, {Fact.SILENCED: True}),
        (0b100, {Fact.FIRE: True}),
        (0b101, {Fact.FIRE: True, Fact.FAULT: False, Fact.SILENCED: False}),
        (0b1000, {Fact.FIRE: False}),
        (0b100000, {}),
    ],
)
def test_operations(operation: int, said: dict[Fact, bool]) -> None:
    """Reset ends fire and fault, silencing silences, the manual alarm is a fire; who did it is dropped."""
    for data, device in (
        (bytes([4, 1, 1, 1, operation, 9]) + NOON, f"{SOURCE}-1.1"),
        (bytes([24, 1, operation, 9]) + NOON, SOURCE),
    ):
        decoded = _decode(frame(data))
        assert _said(decoded) == said
        assert {state.device for state in _states(decoded)} <= {device}
        assert [item for item in decoded if isinstance(item, Dropped)] == [Dropped(fields=("operator",))]


def test_test_operation_is_a_moment() -> None:
    """A test by hand begins and ends: nothing would ever end it."""
    states = _states(_decode(frame(bytes([24, 1, 0b1000000, 0]) + NOON)))
    assert [(state.fact, state.active, state.time) for state in states] == [
        (Fact.TEST, True, SENT),
        (Fact.TEST, False, SENT + timedelta(seconds=1)),
    ]


def _profile_2(code: int) -> bytes:
    body = bytes([1, 1, 78]) + b"00104041" + bytes([code]) + "二层".encode("gb18030").ljust(32, b"\x00") + NOON
    return frame(bytes([2, 1]) + body, version=(2, 1), time=bytes(6))


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (1, {Fact.FIRE: True}),
        (8, {Fact.FIRE: True}),
        (12, {Fact.OTHER: True}),
        (21, {Fact.FAULT: True}),
        (22, {Fact.FAULT: True, Fact.MAINS_LOST: True}),
        (41, {Fact.FAULT: False}),
        (42, {Fact.FAULT: False, Fact.MAINS_LOST: False}),
        (60, {Fact.OTHER: True}),
        (70, {Fact.OTHER: False}),
        (80, {Fact.OTHER: True}),
        (83, {Fact.SHIELDED: True}),
        (84, {Fact.SHIELDED: False}),
        (31, {Fact.TEST: False}),  # begun and, a second later, over
    ],
)
def test_profile_2_codes(code: int, said: dict[Fact, bool]) -> None:
    """A code states one change and nothing of the other facts."""
    decoded = _decode(_profile_2(code))
    assert _said(decoded) == said
    assert {(state.device, state.text) for state in _states(decoded)} == {(f"{SOURCE}-1.1-00104041", "二层")}


def test_profile_2_unknown_code_is_kept_raw() -> None:
    """A code that states nothing of ours is told."""
    assert _reasons(_decode(_profile_2(134))) == [Reason.UNSUPPORTED]


def test_profile_2_operation_is_a_number() -> None:
    """Operation 3 is the manual alarm there, not reset and silence."""
    assert _said(_decode(frame(bytes([4, 1, 1, 1, 3, 0]) + NOON, version=(2, 1)))) == {Fact.FIRE: True}


BCD = bytes([0x05, 0x30, 0x12, 0x01, 0x07, 0x26])
AMBIGUOUS = bytes([5, 0, 9, 2, 7, 0x15])  # 2021 binary, 2015 BCD


@pytest.mark.parametrize(
    ("header", "stamp", "received", "time", "quality"),
    [
        (NOON, NOON, RECEIVED, SENT, Quality.GOOD),
        (BCD, BCD, RECEIVED, SENT, Quality.GOOD),
        (bytes(6), BCD, RECEIVED, SENT, Quality.GOOD),
        (BCD, bytes(6), RECEIVED, SENT, Quality.GOOD),
        (bytes(6), bytes(6), RECEIVED, RECEIVED, Quality.UNCERTAIN_TIME),
        (b"\xff" * 6, b"\xff" * 6, RECEIVED, RECEIVED, Quality.UNCERTAIN_TIME),
        (bytes([0, 0, 0, 1, 1, 0]), bytes([0, 0, 0, 1, 1, 0]), RECEIVED, RECEIVED, Quality.UNCERTAIN_TIME),
        (
            AMBIGUOUS,
            AMBIGUOUS,
            datetime(2021, 7, 2, 1, 1, tzinfo=UTC),
            datetime(2021, 7, 2, 1, 0, 5, tzinfo=UTC),
            Quality.GOOD,
        ),
        (
            AMBIGUOUS,
            AMBIGUOUS,
            datetime(2015, 7, 2, 1, 1, tzinfo=UTC),
            datetime(2015, 7, 2, 1, 0, 5, tzinfo=UTC),
            Quality.GOOD,
        ),
        (bytes([0, 0, 13, 1, 7, 26]), bytes([0, 0, 13, 1, 7, 26]), RECEIVED, RECEIVED, Quality.UNCERTAIN_TIME),
    ],
)
def test_times(header: bytes, stamp: bytes, received: datetime, time: datetime, quality: Quality) -> None:
    """Binary or BCD by what can be read, then by the receive time; zero, unset and future clocks are not believed."""
    decoded = decode(TOPIC, frame(components(component(2, time=stamp)), time=header), received)
    assert {(state.time, state.quality) for state in _states(decoded)} == {(time, quality)}


@pytest.mark.parametrize("size", [40, 48, 52])
def test_equal_division(size: int) -> None:
    """Objects with fields added, or without their time, are cut by the object count."""
    parts = [component(0), component(2, address=b"\x03\x00\x07\x00")]
    objects = [(part[:40] + b"extra bytes "[: size - 46] + NOON)[:size] for part in parts]
    decoded = _decode(frame(bytes([2, 2]) + b"".join(objects)))
    fires = {state.device: state.active for state in _states(decoded) if state.fact is Fact.FIRE}
    assert fires == {DETECTOR: False, f"{SOURCE}-1.1-03000700": True}
    assert {state.time for state in _states(decoded)} == {SENT}
    assert not _reasons(decoded)


def test_alarm_before_a_damaged_object_is_kept() -> None:
    """What does not divide is told after the whole objects in front were read."""
    decoded = _decode(frame(bytes([2, 2]) + component(2) + component(0)[:21]))
    assert Fact.FIRE in _true(decoded)
    assert _reasons(decoded) == [Reason.MALFORMED]


@pytest.mark.parametrize(
    ("payload", "reasons"),
    [
        (frame(b""), []),
        (frame(b"", command=7), []),
        (frame(b"\x00" * 112, command=0), []),
        (frame(bytes([28, 1]) + NOON), []),
        (frame(bytes([8, 1, 1, 1]) + NOON), []),
        (frame(bytes([9, 0]), version=(2, 1)), []),
        (frame(bytes([9, 0])), [Reason.UNSUPPORTED]),
        (frame(bytes([25, 1, 1, 1])), [Reason.UNSUPPORTED]),
        (frame(bytes([26, 1, 3]) + b"abc"), [Reason.UNSUPPORTED]),
        (frame(bytes([130, 1, 3])), [Reason.UNSUPPORTED]),
        (frame(bytes([61, 1, 1, 1])), [Reason.DOWNLINK]),
        (frame(b"", command=200), [Reason.UNSUPPORTED]),
        (frame(b"\x02"), [Reason.MALFORMED]),
        (frame(bytes([2, 0, 5])), [Reason.MALFORMED]),
        (frame(bytes([2, 3, 5])), [Reason.MALFORMED]),
        (frame(b"", command=3), []),
        (frame(b"", command=6), []),
    ],
)
def test_frames_without_states(payload: bytes, reasons: list[Reason]) -> None:
    """Keepalives and clocks say nothing; versions, settings and makers' types are kept raw."""
    decoded = _decode(payload)
    assert _reasons(decoded) == reasons
    assert len(decoded) == len(reasons)


@pytest.mark.parametrize("command", [1, 3, 4, 6])
def test_frames_of_the_centre_are_downlinks(command: int) -> None:
    """A command, a question, an acknowledgement or a denial that is not of the topic's device is the centre's."""
    payload = frame(bytes([89, 1, 0]) if command in {1, 4} else b"", command=command, source=b"centre")
    assert _reasons(_decode(payload)) == [Reason.DOWNLINK]


def test_answers_are_data() -> None:
    """What was asked for counts as what was sent by itself."""
    assert Fact.FIRE in _true(_decode(frame(components(component(2)), command=5)))


def test_foreign_source_says_nothing() -> None:
    """A transmission device may speak on its own topic only."""
    payload = frame(components(component(2)))
    assert _reasons(_decode(payload, "gb26875/4401/B22396604002")) == [Reason.FOREIGN_DEVICE]
    assert _true(_decode(payload, "gb26875/4401/b22396604001")) == {Fact.FIRE}
    assert _true(_decode(payload, "somewhere/else")) == {Fact.FIRE}


def test_wrong_sum_gives_nothing() -> None:
    """Whatever byte is wrong, no state is read."""
    whole = frame(components(component(2)))
    for at in range(len(whole)):
        damaged = bytearray(whole)
        damaged[at] ^= 0x01
        decoded = _decode(bytes(damaged))
        assert decoded
        assert all(isinstance(item, Rejection) for item in decoded)


def test_every_cut_is_truncated() -> None:
    """A frame without its end is told as one."""
    whole = frame(components(component(2)))
    for size in range(1, len(whole)):
        assert _reasons(_decode(whole[:size])) == [Reason.TRUNCATED]


def test_glued_frames_and_halves() -> None:
    """Every whole frame of a payload is read, whatever lies around it."""
    one, two = frame(components(component(2))), frame(bytes([21, 1, 4]) + NOON)
    assert _decode(one + two) == _decode(one) + _decode(two)
    assert _decode(b"junk" + one + b"\x00\r\n" + two) == _decode(one) + _decode(two)
    decoded = _decode(one[:40] + one)
    assert _true(decoded) == {Fact.FIRE}
    assert len(_reasons(decoded)) == 1
    assert _reasons(_decode(one + two[:20])) == [Reason.TRUNCATED]


def test_hex_text() -> None:
    """A frame may come as hex text of any shape."""
    whole = frame(components(component(2)))
    for text in (whole.hex(), whole.hex(" ").upper() + "\r\n", "0x" + whole.hex(), whole.hex("-")):
        assert _decode(text.encode()) == _decode(whole)


def test_other_protocols_are_refused() -> None:
    """A 68..16 frame and what is no frame at all are malformed."""
    for payload in (b"\x68\x0b\x0b\x68\x40\x01\x16", b"", b"online", b"{}", b"\x7e\x7e\x01"):
        assert _reasons(_decode(payload)) == [Reason.MALFORMED]


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("酒店负一层".encode("gb18030").ljust(31, b" "), "酒店负一层"),
        ("消防泵房消防泵房消防泵房消防泵房".encode("gb18030")[:31], "消防泵房消防泵房消防泵房消防泵"),
        (b"\x02".ljust(31, b"\x00"), ""),
        (b"\xff" * 31, ""),
        (b"\x00" * 31, ""),
        (b"room 1\x00\x93\x8e\x01", "room 1"),
    ],
)
def test_description(raw: bytes, text: str) -> None:
    """Descriptions are GB 18030 with padding, cut characters and rubbish."""
    assert description(raw) == text
