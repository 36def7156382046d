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
    """Errors are faults; the whole state shows the key only while there is one, so that the fault ends."""
    assert _facts(decode("a/b/cellar/status/flood:0", b'{"alarm":false,"errors":["cable_unplugged"]}', RECEIVED)) == {
        Fact.WATER: False,
        Fact.FAULT: True,
    }
    whole = b'{"id":0,"alarm":false,"mute":false}'
    ended = {Fact.WATER: False, Fact.SILENCED: False, Fact.FAULT: False}
    assert _facts(decode("cellar/status/flood:0", whole, RECEIVED)) == ended
    full = b'{"method":"NotifyFullStatus","params":{"ts":1777636700.5,"flood:0":' + whole + b"}}"
    assert _facts(decode("cellar/events/rpc", full, RECEIVED)) == ended
    for changed, facts in ((b'{"mute":true}', {Fact.SILENCED: True}), (b'{"errors":null}', {Fact.FAULT: False})):
        part = b'{"method":"NotifyStatus","params":{"ts":1777636700.5,"flood:0":' + changed + b"}}"
        assert _facts(decode("cellar/events/rpc", part, RECEIVED)) == facts
    assert Fact.FAULT not in _facts(decode("hall/status/smoke:0", b'{"alarm":false}', RECEIVED))


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


def test_battery_that_feeds_nothing_is_not_told() -> None:
    """A device on a cable without batteries says 0 %: nobody is to be sent there."""
    assert (
        decode("hall/status/devicepower:0", b'{"battery":{"V":0.43,"percent":0},"external":{"present":true}}', RECEIVED)
        == []
    )


def test_trial_alarm_is_a_test_and_no_fire() -> None:
    """Somebody pressed the button; it is over at once. Other events say no more than the state does."""
    event = b'{"component":"smoke:0","id":0,"event":"%s","ts":1777636700.5}'
    message = b'{"src":"s-1","method":"NotifyEvent","params":{"ts":1777636700.5,"events":[' + event + b"]}}"
    said = decode("hall/events/rpc", message % b"alarm_test", RECEIVED)
    assert [(item.fact, item.active, item.time.timestamp()) for item in said if isinstance(item, DeviceState)] == [
        (Fact.TEST, True, 1777636700.5),
        (Fact.TEST, False, 1777636701.5),
    ]
    assert len(said) == 2
    assert decode("hall/events/rpc", message % b"config_changed", RECEIVED) == []
    assert decode("hall/events/rpc", b'{"method":"NotifyEvent","params":{"events":"many"}}', RECEIVED) == []


@pytest.mark.parametrize(
    ("key", "word", "facts"),
    [
        ("smoke", b"true", {Fact.FIRE: True}),
        ("smoke", b"false", {Fact.FIRE: False}),
        ("flood", b"true", {Fact.WATER: True}),
        ("state", b"open", {Fact.OPEN: True}),
        ("gas", b"mild", {Fact.GAS_ALARM: True}),
        ("gas", b"heavy", {Fact.GAS_ALARM: True}),
        ("gas", b"none", {Fact.GAS_ALARM: False}),
        ("operation", b"fault", {Fact.FAULT: True}),
        ("operation", b"warmup", {}),
        ("self_test", b"running", {Fact.TEST: True}),
        ("smoke", b"-1", {}),
        ("gas", b"unknown", {}),
        ("act_reasons", b'["sensor"]', {}),
    ],
)
def test_first_generation_says_its_states_in_words(key: str, word: bytes, facts: dict[Fact, bool]) -> None:
    """One topic a state; what is not known yet is not said."""
    said = decode(f"shellies/shellygas-1/sensor/{key}", word, RECEIVED)
    assert _facts(said) == facts
    assert len(said) == len(facts)
    assert {item.device for item in said if isinstance(item, DeviceState)} <= {"shellygas-1"}


def test_first_generation_tries_its_gas_alarm() -> None:
    """A trial is a test, and no gas."""
    assert [
        (item.fact, item.active)
        for item in decode("shellies/shellygas-1/sensor/gas", b"test", RECEIVED)
        if isinstance(item, DeviceState)
    ] == [(Fact.TEST, True), (Fact.TEST, False)]


def test_first_generation_says_its_values_as_text() -> None:
    """The unit of its temperature is chosen on the device; 999 and -1 are no values."""

    def value(key: str, word: bytes) -> dict[str, tuple[float | None, str]]:
        return _values(decode(f"p/3/shellies/shellyflood-1/sensor/{key}", word, RECEIVED))

    assert value("temperature", b"21.50") == {"temperature": (21.5, "")}
    assert value("temperature", b"-1") == {"temperature": (-1.0, "")}
    assert value("temperature", b"999.00") == {"temperature": (None, "")}
    assert value("battery", b"97") == {"battery": (97.0, "%EL")}
    assert value("battery", b"-1") == {"battery": (None, "%EL")}
    assert value("concentration", b"12") == {"gas_concentration": (12.0, "ppm")}
    assert _facts(decode("shellies/shellyflood-1/online", b"false", RECEIVED)) == {Fact.OFFLINE: True}


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
        ("shellies/hall/sensor/smoke", b"perhaps", Reason.MALFORMED),
        ("shellies/hall/sensor/battery", b"full", Reason.MALFORMED),
        ("hall/sensor/smoke", b"true", Reason.TOPIC),
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
