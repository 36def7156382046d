"""ThingsBoard: who speaks, the shapes of telemetry, and gateways."""

from datetime import UTC, datetime

import pytest

from ingest.decoders.thingsboard import decode
from ingest.readings import Decoded, DeviceState, Discovered, Fact, Quality, Reading, Reason, Rejection

RECEIVED = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
SAID = datetime(2024, 5, 1, 11, 59, 58, 250000, tzinfo=UTC)


def _values(decoded: list[Decoded]) -> dict[str, float | None]:
    return {item.metric: item.value for item in decoded if isinstance(item, Reading)}


@pytest.mark.parametrize(
    ("topic", "device"),
    [
        ("v1/devices/well-3/telemetry", "well-3"),
        ("well-3/v1/devices/me/telemetry", "well-3"),
        ("site/well-3/v1/devices/me/telemetry", "well-3"),
        ("site/v1/devices/well-3/telemetry", "well-3"),
        ("v1/devices/me/telemetry", "me"),
        ("v2/t", "me"),
        ("well-3/v2/t", "well-3"),
        ("site/well-3/v2/a/j", "well-3"),
        ("", "me"),
    ],
)
def test_topic_says_who_speaks(topic: str, device: str) -> None:
    """A tunnel names the device in place of `me` or in front of `v1`."""
    assert decode(topic, b'{"tempOut":21.5}', RECEIVED) == [
        Reading(device=device, metric="temp_out", time=RECEIVED, value=21.5, unit="", code="tempOut")
    ]


def test_values_of_all_kinds() -> None:
    """Numbers and text of numbers, true as 1, words of alarms as facts; plain text and lists say nothing."""
    said = decode(
        "v1/devices/a/telemetry",
        b'{"level":2.5,"flow":"3.5","pump":true,"valve":"off","smoke":true,"batteryLow":0,"note":"x","l":[1],"n":null,'
        b'"in":{"deep":7}}',
        RECEIVED,
    )
    assert _values(said) == {"level": 2.5, "flow": 3.5, "pump": 1.0, "valve": 0.0, "in.deep": 7.0}
    assert {item.fact: item.active for item in said if isinstance(item, DeviceState)} == {
        Fact.FIRE: True,
        Fact.BATTERY_LOW: False,
    }


@pytest.mark.parametrize(
    "payload",
    [
        b'{"ts":1714564798250,"values":{"t":1}}',
        b'[{"ts":1714564798250,"values":{"t":1}}]',
        b'[{"ts":"1714564798250","values":{"t":1}}]',
        b'{"ts":1714564798250,"values":{"t":1},"metadata":{"receivedTs":1714564798300}}',
    ],
)
def test_time_of_the_device(payload: bytes) -> None:
    """`ts` is milliseconds since 1970."""
    (said,) = decode("v1/devices/a/telemetry", payload, RECEIVED)
    assert isinstance(said, Reading)
    assert (said.time, said.quality) == (SAID, Quality.GOOD)


def test_clock_that_was_never_set() -> None:
    """Ten seconds after 1970 is our time, and marked."""
    (said,) = decode("v1/devices/a/telemetry", b'{"ts":10000,"values":{"t":1}}', RECEIVED)
    assert isinstance(said, Reading)
    assert (said.time, said.quality) == (RECEIVED, Quality.UNCERTAIN_TIME)


def test_gateway_speaks_for_its_devices() -> None:
    """Each device has its own points; a damaged one leaves the others."""
    said = decode(
        "gw/v1/gateway/telemetry",
        b'{"A/1":[{"ts":1714564798250,"values":{"t":1}},{"ts":1714564799250,"values":{"t":2}}],"B":5,"C":[{"t":3}]}',
        RECEIVED,
    )
    assert [(item.device, item.value) for item in said if isinstance(item, Reading)] == [
        ("A.1", 1.0),
        ("A.1", 2.0),
        ("C", 3.0),
    ]
    assert [item.reason for item in said if isinstance(item, Rejection)] == [Reason.MALFORMED]


def test_connect_announces_a_child() -> None:
    """A gateway's device is announced with its gateway, and is there until it disconnects."""
    assert decode("gw/v1/gateway/connect", b'{"device":"A","type":"meter"}', RECEIVED) == [
        Discovered(device="A", name="A", model="meter", gateway="gw"),
        DeviceState(device="A", fact=Fact.OFFLINE, active=False, time=RECEIVED, code="connect"),
    ]
    assert decode("v1/gateway/disconnect", b'{"device":"A"}', RECEIVED) == [
        DeviceState(device="A", fact=Fact.OFFLINE, active=True, time=RECEIVED, code="disconnect")
    ]


@pytest.mark.parametrize(
    ("topic", "reason"),
    [
        ("v1/devices/a/rpc/request/7", Reason.DOWNLINK),
        ("v1/gateway/rpc", Reason.DOWNLINK),
        ("v1/devices/a/attributes/response/1", Reason.DOWNLINK),
        ("v1/devices/a/what", Reason.UNSUPPORTED),
        ("v2/r/req/7", Reason.DOWNLINK),
        ("v2/a/res/1", Reason.DOWNLINK),
        ("v2/t/p", Reason.UNSUPPORTED),
        ("telemetry", Reason.TOPIC),
    ],
)
def test_what_is_not_telemetry(topic: str, reason: Reason) -> None:
    """What the server says is no device's."""
    (said,) = decode(topic, b'{"a":1}', RECEIVED)
    assert isinstance(said, Rejection)
    assert said.reason is reason


@pytest.mark.parametrize(
    "topic", ["v1/devices/a/attributes/request/1", "v2/a/req/1", "v1/gateway/claim", "v1/devices/a/claim"]
)
def test_questions_and_claims_say_nothing(topic: str) -> None:
    """They ask, and ask for owners."""
    assert decode(topic, b'{"clientKeys":"a"}', RECEIVED) == []


def test_attributes_are_read_alike() -> None:
    """An attribute that is a number is a reading of now."""
    assert _values(decode("v1/devices/a/attributes", b'{"interval":60,"fw":"1.2b"}', RECEIVED)) == {"interval": 60.0}


@pytest.mark.parametrize(
    ("key", "fact"),
    [
        ("flameDetected", Fact.FIRE), ("coDetected", Fact.GAS_ALARM), ("lpg_alarm", Fact.GAS_ALARM),
        ("leakDetected", Fact.WATER), ("flood_detected", Fact.WATER), ("waterLeakage", Fact.WATER),
        ("lowBat", Fact.BATTERY_LOW), ("tamperDetected", Fact.TAMPER), ("windowOpen", Fact.OPEN),
        ("powerOutage", Fact.MAINS_LOST), ("AC_Fail", Fact.MAINS_LOST), ("sos", Fact.OTHER),
    ],
)  # fmt: skip
def test_words_of_alarms(key: str, fact: Fact) -> None:
    """What is called an alarm, or detected, is no number of its own."""
    for value in (b"true", b"1", b'"on"'):
        (said,) = decode("v1/devices/a/telemetry", b'{"%s":%s}' % (key.encode(), value), RECEIVED)
        assert isinstance(said, DeviceState)
        assert (said.fact, said.active) == (fact, True)


def test_names_in_chinese() -> None:
    """The usual quantities and alarms are known by their Chinese names, too; they are kept as they were told."""
    said = decode(
        "v1/devices/a/telemetry", '{"水位":2.31,"雨量":0.5,"烟雾报警":1,"漏水":false,"别的":7}'.encode(), RECEIVED
    )
    assert _values(said) == {"stage": 2.31, "rain": 0.5}
    assert {item.fact: item.active for item in said if isinstance(item, DeviceState)} == {
        Fact.FIRE: True,
        Fact.WATER: False,
    }
    assert {item.code for item in said if isinstance(item, Reading)} == {"水位", "雨量"}
