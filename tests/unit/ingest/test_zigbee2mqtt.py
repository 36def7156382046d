"""Zigbee2MQTT: smoke sensors, availability and the bridge."""

from datetime import UTC, datetime

import pytest

from ingest.decoders.zigbee2mqtt import decode
from ingest.readings import Decoded, DeviceState, Fact, Quality, Reading, Reason, Rejection

RECEIVED = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
SEEN = datetime(2024, 4, 28, 6, 30, tzinfo=UTC)


def _facts(decoded: list[Decoded]) -> dict[Fact, bool]:
    return {item.fact: item.active for item in decoded if isinstance(item, DeviceState)}


def _values(decoded: list[Decoded]) -> dict[str, tuple[float | None, str]]:
    return {item.metric: (item.value, item.unit) for item in decoded if isinstance(item, Reading)}


def test_report_of_a_smoke_sensor() -> None:
    """Every property becomes its own fact or reading, in SenML units."""
    decoded = decode(
        "zigbee2mqtt/hall",
        b'{"smoke":true,"battery_low":false,"battery":"97.50","voltage":2900,"tamper":false,"test":false,'
        b'"smoke_density":12,"linkquality":88,"temperature":21.5,"humidity":40}',
        RECEIVED,
    )
    assert _facts(decoded) == {Fact.FIRE: True, Fact.BATTERY_LOW: False, Fact.TAMPER: False, Fact.TEST: False}
    assert _values(decoded) == {
        "battery": (97.5, "%EL"),
        "voltage": (2.9, "V"),
        "smoke_density": (12.0, "1"),
        "linkquality": (88.0, "1"),
        "temperature": (21.5, "Cel"),
        "humidity": (40.0, "%RH"),
    }
    assert all(item.time == RECEIVED for item in decoded if isinstance(item, Reading | DeviceState))


def test_missing_key_says_nothing() -> None:
    """A battery report, or a null the bridge keeps until it knows better, clears no alarm."""
    assert _facts(decode("zigbee2mqtt/hall", b'{"battery":90,"smoke":null}', RECEIVED)) == {}


@pytest.mark.parametrize(
    ("payload", "alarm"),
    [
        (b'{"gas":true}', True),
        (b'{"carbon_monoxide":true,"co":120}', True),
        (b'{"gas":false,"carbon_monoxide":true}', True),
        (b'{"gas":true,"carbon_monoxide":false}', True),
        (b'{"gas":false,"carbon_monoxide":false}', False),
        (b'{"gas":false,"carbon_monoxide":null}', False),
    ],
)
def test_gas_and_carbon_monoxide_are_one_alarm(payload: bytes, *, alarm: bool) -> None:
    """A sensor of both rings for either, and neither clears the other."""
    assert [
        item.active for item in decode("zigbee2mqtt/kitchen", payload, RECEIVED) if isinstance(item, DeviceState)
    ] == [alarm]


@pytest.mark.parametrize(
    ("payload", "facts"),
    [
        (b'{"smoke_state":"alarm","battery_state":"low"}', {Fact.FIRE: True, Fact.BATTERY_LOW: True}),
        (b'{"smoke_state":"normal","battery_state":"middle"}', {Fact.FIRE: False, Fact.BATTERY_LOW: False}),
        (b'{"smoke_state":"none","smoke":true}', {Fact.FIRE: True}),
        (b'{"smoke_state":"detecting","battery_state":"USB"}', {}),
        (b'{"smoke_alarm_1":false,"smoke_alarm_2":true}', {Fact.FIRE: True}),
        (b'{"gas_alarm_1":false,"gas_alarm_2":false,"carbon_monoxide_alarm_1":true}', {Fact.GAS_ALARM: True}),
        (b'{"gas":12,"gas_sensor_state":"alarm","co_state":"normal"}', {Fact.GAS_ALARM: True}),
        (b'{"water_leak_alarm_1":true,"water_leak_alarm_2":false}', {Fact.WATER: True}),
        (b'{"water_leakage_state":"water_leakage_no"}', {Fact.WATER: False}),
        (b'{"smoke":false,"fault":false,"reliability":"process_error"}', {Fact.FIRE: False, Fact.FAULT: True}),
        (b'{"fault_alarm":true,"fault":"e1"}', {Fact.FAULT: True}),
        (b'{"self_test":"checking"}', {Fact.TEST: True}),
        (b'{"self_test":"Check success","test":false}', {Fact.TEST: False}),
        (b'{"silence":"ON"}', {Fact.SILENCED: True}),
        (b'{"smoke":true,"buzzer_manual_mute":true}', {Fact.FIRE: True, Fact.SILENCED: True}),
        (b'{"hush":"start","smoke_alarm_silenced":false}', {Fact.SILENCED: False}),
        (b'{"heat":true,"smoke":false}', {Fact.FIRE: False, Fact.HEAT: True}),
        (b'{"mains_power_connected":false}', {Fact.MAINS_LOST: True}),
        (b'{"contact":false}', {Fact.OPEN: True}),
        (b'{"contact":true,"tamper":false}', {Fact.OPEN: False, Fact.TAMPER: False}),
        (b'{"occupancy":true,"presence":false}', {Fact.MOTION: True}),
        (b'{"alarm_1":true,"alarm_2":false}', {Fact.OTHER: True}),
        (b'{"alarm":true,"tamper":false}', {Fact.OTHER: True, Fact.TAMPER: False}),
        (b'{"alarm_status":"normal"}', {Fact.OTHER: False}),
        (b'{"alarm":true,"smoke":false}', {Fact.FIRE: False}),
        (b'{"alarm":"ON"}', {}),
    ],
)
def test_other_spellings_of_a_fact(payload: bytes, facts: dict[Fact, bool]) -> None:
    """Makers name one fact in several ways, in words of their own; it holds where any of them says so."""
    decoded = decode("zigbee2mqtt/hall", payload, RECEIVED)
    assert _facts(decoded) == facts
    assert len(decoded) == len(facts)


@pytest.mark.parametrize("volume", ["1", "0", "523.25"])
def test_gas_meter_rings_no_alarm(volume: str) -> None:
    """Cubic metres and per cent of the explosion limit go by the name of the alarm; 1 of them is none."""
    assert decode("zigbee2mqtt/meter", b'{"gas":%s}' % volume.encode(), RECEIVED) == []


@pytest.mark.parametrize("pressure", [b"1003.5", b"100.35"])
def test_pressure_of_the_air_is_told_in_either_unit(pressure: bytes) -> None:
    """Hectopascals and kilopascals of the air cannot be mistaken for each other."""
    decoded = decode("zigbee2mqtt/roof", b'{"pressure":%s,"co2":612,"soil_moisture":31}' % pressure, RECEIVED)
    assert _values(decoded) == {
        "pressure": (1003.5, "hPa"), "co2": (612.0, "ppm"), "soil_moisture": (31.0, "%"),
    }  # fmt: skip


def test_pressure_in_a_pipe_is_not_that_of_the_air() -> None:
    """A monitor of a pipe tells bar beside kilopascals."""
    assert _values(decode("zigbee2mqtt/pipe", b'{"pressure":412.5,"bar":4.125,"psi":59.8}', RECEIVED)) == {
        "pressure": (4125.0, "hPa")
    }


def test_one_quantity_under_several_names() -> None:
    """Carbon monoxide is one metric, whatever the maker calls it; a detector's endpoint is no part of the temperature."""
    assert [
        _values(decode("zigbee2mqtt/hall", payload, RECEIVED))
        for payload in (
            b'{"co_ppm":35}', b'{"carbon_monoxide_value":35}', b'{"temperature_38":21.5}', b'{"smoke_concentration":4}',
        )
    ] == [
        {"co": (35.0, "ppm")}, {"co": (35.0, "ppm")}, {"temperature": (21.5, "Cel")}, {"smoke_density": (4.0, "1")},
    ]  # fmt: skip


@pytest.mark.parametrize("smoke", [True, False])
def test_test_button_is_told_beside_the_smoke(*, smoke: bool) -> None:
    """A test says test; whether the sensor says smoke too is told as it is."""
    payload = b'{"test":true,"smoke":%s}' % str(smoke).lower().encode()
    assert _facts(decode("zigbee2mqtt/hall", payload, RECEIVED)) == {Fact.TEST: True, Fact.FIRE: smoke}


@pytest.mark.parametrize(
    "last_seen",
    ["1714285800000", '"1714285800000"', '"2024-04-28T06:30:00.000Z"', '"2024-04-28T14:30:00+08:00"'],
)
def test_old_news_keeps_its_own_time(last_seen: str) -> None:
    """A retained alarm carries the time it was heard, as milliseconds or ISO 8601."""
    payload = b'{"smoke":true,"last_seen":%s}' % last_seen.encode()
    (state,) = decode("zigbee2mqtt/hall", payload, RECEIVED)
    assert isinstance(state, DeviceState)
    assert (state.time, state.quality) == (SEEN, Quality.GOOD)


@pytest.mark.parametrize("last_seen", ["0", "-1", '"yesterday"', '"2024-04-28T06:30:00"', "true", "1e300", '""'])
def test_unreadable_last_seen_is_flagged(last_seen: str) -> None:
    """A time that cannot be read, has no zone or was never set gives way to ours, and is flagged."""
    payload = b'{"smoke":true,"last_seen":%s}' % last_seen.encode()
    (state,) = decode("zigbee2mqtt/hall", payload, RECEIVED)
    assert isinstance(state, DeviceState)
    assert (state.time, state.quality) == (RECEIVED, Quality.UNCERTAIN_TIME)


@pytest.mark.parametrize("battery", ["-1", "255", '"No Sensor"', '"nan"', "true", "[]"])
def test_no_value_marks_are_not_numbers(battery: str) -> None:
    """What cannot be a battery level is a missing value."""
    (reading,) = decode("zigbee2mqtt/hall", b'{"battery":%s}' % battery.encode(), RECEIVED)
    assert isinstance(reading, Reading)
    assert (reading.value, reading.quality) == (None, Quality.MISSING)


def test_mains_voltage_is_not_divided() -> None:
    """Plugs send volts where sensors send millivolts; below a thousand it is volts, and uncertain."""
    (reading,) = decode("zigbee2mqtt/plug", b'{"voltage":231.5}', RECEIVED)
    assert isinstance(reading, Reading)
    assert (reading.value, reading.quality) == (231.5, Quality.UNCERTAIN)


def test_unclear_fact_is_a_rejection_beside_the_rest() -> None:
    """A fact that is neither true nor false is refused, and takes nothing else with it."""
    decoded = decode("zigbee2mqtt/hall", b'{"smoke":"maybe","tamper":"OFF","battery":5}', RECEIVED)
    assert _facts(decoded) == {Fact.TAMPER: False}
    assert [item.reason for item in decoded if isinstance(item, Rejection)] == [Reason.MALFORMED]
    assert _values(decoded) == {"battery": (5.0, "%EL")}


@pytest.mark.parametrize("name", ["Küche/Rauchmelder 1", "一楼/烟感", "0x00158d0002527271", "set", "get"])
def test_friendly_names_are_taken_as_they_are(name: str) -> None:
    """Names hold slashes, blanks and any script; a device may even be called set."""
    (state,) = decode(f"zigbee2mqtt/{name}", b'{"smoke":false}', RECEIVED)
    assert isinstance(state, DeviceState)
    assert state.device == name


def test_base_topic_may_be_another() -> None:
    """The base is the first level, or the level called zigbee2mqtt."""
    for topic, device in (("z2m-b/hall", "hall"), ("p/1/zigbee2mqtt/hall", "hall")):
        (state,) = decode(topic, b'{"smoke":false}', RECEIVED)
        assert isinstance(state, DeviceState)
        assert state.device == device


def test_nested_device_does_not_outvote_the_topic() -> None:
    """The topic says who speaks; the nested device matters only where there is no topic."""
    payload = b'{"smoke":false,"device":{"friendlyName":"other","status":"online"}}'
    devices = [
        item.device
        for topic in ("zigbee2mqtt/hall", "")
        for item in decode(topic, payload, RECEIVED)
        if isinstance(item, DeviceState)
    ]
    assert devices == ["hall", "other"]


@pytest.mark.parametrize(
    ("payload", "offline"),
    [
        (b"online", False),
        (b"offline\n", True),
        (b'{"state":"online"}', False),
        (b'{"state":"offline"}', True),
        (b'"offline"', True),
    ],
)
@pytest.mark.parametrize(
    ("topic", "device"),
    [("zigbee2mqtt/a/b/availability", "a/b"), ("zigbee2mqtt/bridge/state", "zigbee2mqtt/bridge")],
)
def test_availability_in_both_spellings(topic: str, device: str, payload: bytes, *, offline: bool) -> None:
    """Old text and new JSON say online or offline, of a device and of the bridge."""
    (state,) = decode(topic, payload, RECEIVED)
    assert isinstance(state, DeviceState)
    assert (state.device, state.fact, state.active) == (device, Fact.OFFLINE, offline)


@pytest.mark.parametrize(
    "topic",
    [
        "bridge/devices", "bridge/groups", "bridge/info", "bridge/event", "bridge/logging", "bridge/response/x",
        "hall/set", "hall/get", "hall/set/smoke", "a/b/get",
    ],
)  # fmt: skip
def test_what_is_no_report_says_nothing(topic: str) -> None:
    """Lists, logs and events of the bridge and commands to devices are passed over unread."""
    assert decode(f"zigbee2mqtt/{topic}", b'[{"smoke":true', RECEIVED) == []


def test_deleted_retained_message_says_nothing() -> None:
    """An empty payload deletes a retained message."""
    assert decode("zigbee2mqtt/hall", b"", RECEIVED) == []


def test_attribute_output_is_understood() -> None:
    """A bridge may publish each property on its own topic."""
    (state,) = decode("zigbee2mqtt/hall/smoke", b"true", RECEIVED)
    assert isinstance(state, DeviceState)
    assert (state.device, state.fact, state.active) == ("hall", Fact.FIRE, True)


def test_attribute_may_be_a_bare_word() -> None:
    """A text is published as it is, without quotes."""
    (state,) = decode("zigbee2mqtt/hall/smoke_state", b"alarm", RECEIVED)
    assert isinstance(state, DeviceState)
    assert (state.device, state.fact, state.active) == ("hall", Fact.FIRE, True)


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        ("zigbee2mqtt/hall", b"{", Reason.MALFORMED),
        ("zigbee2mqtt/hall", b"[1]", Reason.UNSUPPORTED),
        ("zigbee2mqtt/hall", b"\xff\xd8\xff\xe0", Reason.UNSUPPORTED),
        ("zigbee2mqtt", b'{"smoke":true}', Reason.TOPIC),
        ("zigbee2mqtt/bridge/state", b"perhaps", Reason.MALFORMED),
        ("zigbee2mqtt/hall/availability", b'{"state":1}', Reason.MALFORMED),
    ],
)
def test_what_cannot_be_read_is_refused(topic: str, payload: bytes, reason: Reason) -> None:
    """A payload that is no report is a rejection with its reason."""
    assert [item.reason for item in decode(topic, payload, RECEIVED) if isinstance(item, Rejection)] == [reason]


def test_long_report_is_read_like_a_short_one() -> None:
    """Which keys a report has is remembered only where it is short; what is said is the same, in our order."""
    few = b'"temperature":21,"tamper":false,"battery":90,"smoke":true'
    short = decode("zigbee2mqtt/hall", b"{%s}" % few, RECEIVED)
    assert [item.code for item in short if isinstance(item, Reading | DeviceState)] == [
        "smoke", "tamper", "battery", "temperature",
    ]  # fmt: skip
    assert decode("zigbee2mqtt/hall", b'{"update":"%s",%s}' % (b"x" * 3000, few), RECEIVED) == short
