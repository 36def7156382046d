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
    """Operation 3 is the manual alarm there, not reset and silence; with version 2.3 it is bits again."""
    assert _said(_decode(frame(bytes([4, 1, 1, 1, 3, 0]) + NOON, version=(2, 1)))) == {Fact.FIRE: True}
    assert _said(_decode(frame(bytes([4, 1, 1, 1, 4, 0]) + NOON, version=(2, 3)))) == {Fact.FIRE: True}


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
        (frame(bytes([128, 0]), command=128), []),
        (frame(b"", command=254), []),
        (frame(bytes([10, 1]) + bytes(13), version=(2, 1)), []),
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
        (frame(b"\x16"), []),
        (bytes.fromhex("40403A010F0806160200") + b"##", []),
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


def test_a_source_of_zeros_is_the_topic_s_device() -> None:
    """Some transmission devices are never given an address; what the centre sends with zeros stays the centre's."""
    decoded = _decode(frame(components(component(2)), source=bytes(6)))
    assert _true(decoded) == {Fact.FIRE}
    assert {state.device for state in _states(decoded)} == {DETECTOR}
    assert _reasons(_decode(frame(b"", command=3, source=bytes(6)))) == [Reason.DOWNLINK]
    assert {state.device[:12] for state in _states(_decode(frame(components(component(2)), source=bytes(6)), "x"))} == {
        "0" * 12
    }


def test_a_short_heartbeat_says_nothing() -> None:
    """It hides no frame behind it."""
    short, whole = bytes.fromhex("40401825518012FF0488") + b"##", frame(components(component(2)))
    assert _decode(short) == []
    assert _decode(short + whole + short) == _decode(whole)


def test_wrong_sum_gives_nothing() -> None:
    """Whatever byte is wrong, no state is read."""
    whole = frame(components(component(2)))
    for at in range(len(whole)):
        damaged = bytearray(whole)
        damaged[at] ^= 0x01
        decoded = _decode(bytes(damaged))
        assert decoded
        assert all(isinstance(item, Rejection) for item in decoded)


@pytest.mark.parametrize(
    ("data", "device", "over"),
    [
        (bytes([134, 1, 1, 11, 2, 0]) + NOON, f"{SOURCE}-1.11", {Fact.FIRE}),
        (bytes([135, 1]) + component(4), DETECTOR, {Fact.FAULT}),
        (bytes([135, 1]) + component(2)[:9] + NOON, DETECTOR, {Fact.FIRE}),
        (bytes([135, 1]) + component(1), DETECTOR, {Fact.FIRE, Fact.FAULT, Fact.SHIELDED, Fact.MAINS_LOST, Fact.OTHER}),
        (bytes([136, 1, 8]) + NOON, SOURCE, {Fact.FAULT, Fact.MAINS_LOST}),
    ],
)
def test_recoveries_of_makers_end_what_their_word_names(data: bytes, device: str, over: set[Fact]) -> None:
    """A word that names nothing ends all."""
    decoded = _decode(frame(data))
    assert _said(decoded) == dict.fromkeys(over, False)
    assert {(state.device, state.time) for state in _states(decoded)} == {(device, SENT)}


def test_a_maker_s_type_of_another_length_is_no_recovery() -> None:
    """Numbers above 127 are everybody's own: nothing ends by a number alone."""
    for data in (bytes([135, 1]) + component(2)[:20], bytes([136, 0]), bytes([134, 2, 1, 1, 2, 0]) + NOON):
        assert _reasons(_decode(frame(data))) == [Reason.UNSUPPORTED]


def test_a_component_without_a_description_has_a_time() -> None:
    """Address, state and time alone."""
    decoded = _decode(frame(bytes([2, 1]) + component(2)[:9] + bytes([3]) + NOON[1:], time=bytes(6)))
    assert {(state.time.second, state.text, state.quality) for state in _states(decoded)} == {(3, "", Quality.GOOD)}


def test_an_answer_may_repeat_the_number_of_the_question() -> None:
    """What was asked for by 62 comes as 62 or as 2."""
    asked = bytes([62, 1]) + component(2)
    assert Fact.FIRE in _true(_decode(frame(asked, command=5)))
    assert _reasons(_decode(frame(bytes([85, 1, 1, 1]), command=5))) == [Reason.UNSUPPORTED]
    assert _reasons(_decode(frame(asked))) == [Reason.DOWNLINK]


def _text(*texts: str, marks: bool = False) -> bytes:
    return b"".join((b"\x01" if marks else b"") + bytes([len(raw)]) + raw for raw in (t.encode("gbk") for t in texts))


def _printed(status: int, name: str, place: str, message: str, *, version: tuple[int, int] = (2, 3)) -> bytes:
    event = bytes([0, 5, 0x33, 0x33, status]) + _text(name, place, message) + NOON
    return frame(bytes([9, 1]) + event, version=version)


PANEL = f"{SOURCE}-0.5"


@pytest.mark.parametrize(
    ("status", "texts", "device", "said"),
    [
        (2, ("其它设备", "机房故障监视", "009回路104地址首次火警"), f"{PANEL}-009.104", {Fact.FIRE: True}),
        (2, ("", "", "unknown words"), PANEL, {Fact.FIRE: True}),
        (4, ("", "6162", "unknown words"), PANEL, {Fact.FAULT: True}),
        (2, ("", "", "测试"), PANEL, {Fact.TEST: False}),
        (9, ("气体灭火", "机房10预警", "007回路051地址联动启动"), f"{PANEL}-007.051", {Fact.OTHER: True}),
        (1, ("门禁    释放_990141", "", "无匹配类型"), f"{PANEL}-990.141", {Fact.SHIELDED: False}),
        (1, ("", "", "001回路120地址喷洒禁止"), PANEL, {}),
    ],
)
def test_a_card_tells_what_a_panel_prints(
    status: int, texts: tuple[str, ...], device: str, said: dict[Fact, bool]
) -> None:
    """By its words, and by what the card made of them where they are unknown: a fire is not lost."""
    decoded = _decode(_printed(status, *texts))
    assert _said(decoded) == said
    assert {state.device for state in _states(decoded)} <= {device}
    assert not _reasons(decoded)


def test_a_reset_that_is_printed_is_of_the_panel() -> None:
    """Whatever number stands beside it; the parts hang on the panel by their ids."""
    states = _states(_decode(_printed(1, "复位_000000", "", "复位")))
    assert {(state.device, state.active, state.code) for state in states} == {(PANEL, False, "reset")}
    assert Fact.FIRE in {state.fact for state in states}


def test_what_a_card_does_not_know_is_told() -> None:
    """Also an event that is cut, behind the whole ones; with another version the types are reserved."""
    assert _reasons(_decode(_printed(1, "", "", "开机"))) == [Reason.UNSUPPORTED]
    event = bytes([0, 5, 0x33, 0x33, 2]) + _text("", "", "火警") + NOON
    decoded = _decode(frame(bytes([9, 2]) + event + event[:9], version=(2, 3)))
    assert _true(decoded) == {Fact.FIRE}
    assert _reasons(decoded) == [Reason.MALFORMED]
    assert _reasons(_decode(_printed(2, "", "", "火警", version=(1, 1)))) == [Reason.UNSUPPORTED]


def test_a_display_tells_fields_of_several_kinds() -> None:
    """A text, a number or nothing each; a number is passed over."""
    fields = b"\x00" + _text("机器01,回路3A,部件2CD", "总线回答", marks=True) + b"\x02\x00\x00\x00\x07"
    decoded = _decode(frame(bytes([10, 1, 0, 5, 0x33, 4, 9]) + fields + NOON, version=(2, 3)))
    assert _true(decoded) == {Fact.OTHER}
    assert {(state.device, state.time) for state in _states(decoded)} == {(f"{PANEL}-001.03A.2CD", SENT)}


def test_a_card_passes_a_printer_s_stream_on() -> None:
    """It is read as the printer's."""
    stream = "\x1b626/07/01  12:24\n  004-002\n\x1b9火警\n一楼大厅\n\n".encode("gbk")
    data = bytes([141, 1, 0x88]) + len(stream).to_bytes(2, "little") + stream
    (state,) = _states(_decode(frame(data, version=(2, 3))))
    assert (state.device, state.fact, state.active) == (f"{SOURCE}-004.002", Fact.FIRE, True)


@pytest.mark.parametrize(
    ("system", "kind", "word", "facts"),
    [
        (131, 129, 0b10, {Fact.VALUE_HIGH}),  # the level of a tank
        (133, 130, 0b10, {Fact.OTHER}),  # a hydrant's cap: water flows
        (128, 102, 0b1, {Fact.OPEN}),
        (129, 17, 0b10, {Fact.FIRE}),
        (1, 129, 0b10, {Fact.FIRE}),
        (1, 40, 0x200, {Fact.OTHER}),  # pre-alarm
    ],
)
def test_a_card_s_own_components_have_words_of_their_own(system: int, kind: int, word: int, facts: set[Fact]) -> None:
    """A tank that is full is no fire."""
    for number in (2, 204):
        data = bytes([number, 1]) + component(word, system=system, kind=kind)
        assert _true(_decode(frame(data, version=(2, 3)))) == facts


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
