"""Shelly's states, notifications and availability."""

from datetime import UTC, datetime

import pytest

from ingest.decoders import decoder
from ingest.readings import Decoded, DeviceState, Fact, Quality, Reading, Reason, Rejection

RECEIVED = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
decode = decoder("shelly")


def _facts(said: list[Decoded]) -> dict[Fact, bool]:
    return {item.fact: item.active for item in said if isinstance(item, DeviceState)}


def _values(said: list[Decoded]) -> dict[str, tuple[float | None, str]]:
    return {item.metric: (item.value, item.unit) for item in said if isinstance(item, Reading)}


def test_smoke_is_fire_and_mute_does_not_end_it() -> None:
    """The sounder is silenced, the fire stands."""
    said = decode("hall/status/smoke:0", b'{"id":0,"alarm":true,"mute":true}', RECEIVED)
    assert _facts(said) == {Fact.FIRE: True, Fact.SILENCED: True}
    assert {item.device for item in said if isinstance(item, DeviceState)} == {"hall"}


def test_flood_with_an_unplugged_cable_is_a_fault() -> None:
    """Errors are faults; without the key nothing is said of them."""
    assert _facts(decode("a/b/cellar/status/flood:0", b'{"alarm":false,"errors":["cable_unplugged"]}', RECEIVED)) == {
        Fact.WATER: False,
        Fact.FAULT: True,
    }
    assert _facts(decode("cellar/status/flood:0", b'{"alarm":false}', RECEIVED)) == {Fact.WATER: False}


def test_battery_and_climate_have_their_units() -> None:
    """A battery is two values deep; null is no value; a second thermometer is a metric of its own."""
    power = decode(
        "hall/status/devicepower:0", b'{"battery":{"V":2.9,"percent":81},"external":{"present":false}}', RECEIVED
    )
    assert _values(power) == {"battery": (81.0, "%EL"), "voltage": (2.9, "V")}
    assert _values(decode("hall/status/temperature:1", b'{"tC":21.5,"tF":70.7}', RECEIVED)) == {
        "temperature_1": (21.5, "Cel")
    }
    (missing,) = decode("hall/status/humidity:0", b'{"id":0,"rh":null}', RECEIVED)
    assert isinstance(missing, Reading)
    assert (missing.value, missing.quality) == (None, Quality.MISSING)


def test_a_notification_tells_what_changed_at_its_own_time() -> None:
    """`ts` is the time of all of it; other methods say nothing."""
    said = decode(
        "hall/events/rpc",
        b'{"src":"shellyplussmoke-1","method":"NotifyStatus","params":{"ts":1777636700.5,"smoke:0":{"alarm":false},"sys":{"uptime":9}}}',
        RECEIVED,
    )
    assert said == [
        DeviceState(
            device="hall",
            fact=Fact.FIRE,
            active=False,
            time=datetime.fromtimestamp(1777636700.5, UTC),
            code="smoke:0.alarm",
        )
    ]
    assert decode("hall/events/rpc", b'{"method":"NotifyEvent","params":{"ts":1,"events":[]}}', RECEIVED) == []


@pytest.mark.parametrize(("word", "is_away"), [(b"true", False), (b"false", True)])
def test_online_is_not_offline(word: bytes, *, is_away: bool) -> None:
    """The last will says false."""
    assert _facts(decode("hall/online", word, RECEIVED)) == {Fact.OFFLINE: is_away}


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        ("hall/status/smoke:0", b"[]", Reason.MALFORMED),
        ("hall/status/smoke:0", b"{", Reason.MALFORMED),
        ("hall/online", b"maybe", Reason.MALFORMED),
        ("hall/smoke", b"{}", Reason.TOPIC),
    ],
)
def test_what_is_refused(topic: str, payload: bytes, reason: Reason) -> None:
    """What is no state is refused for what it is."""
    (said,) = decode(topic, payload, RECEIVED)
    assert isinstance(said, Rejection)
    assert said.reason is reason


def test_words_for_truth_are_no_alarm() -> None:
    """A text where a truth belongs says nothing."""
    assert decode("hall/status/smoke:0", b'{"alarm":"true"}', RECEIVED) == []
