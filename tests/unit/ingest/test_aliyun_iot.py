"""Alink of Aliyun and its clones: properties, events, gateways, connections."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from ingest.decoders.aliyun_iot import decode
from ingest.readings import (
    Decoded,
    DeviceId,
    DeviceState,
    Discovered,
    Dropped,
    Enclosed,
    Fact,
    Quality,
    Reading,
    Reason,
    Rejection,
)
from tests.platform_payloads import isnb, meokon

RECEIVED = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
THEN = datetime.fromtimestamp(1714564700.5, UTC)
MS = 1714564700500
POST = "/sys/a1QZ/smoke-7/thing/event/property/post"


def _decode(topic: str, message: object) -> list[Decoded]:
    return decode(topic, json.dumps(message).encode(), RECEIVED)


def _said(decoded: list[Decoded]) -> dict[tuple[str, str], object]:
    """Give what is said by device and metric or fact."""
    return {
        (item.device, item.metric if isinstance(item, Reading) else item.fact): item.value
        if isinstance(item, Reading)
        else item.active
        for item in decoded
        if isinstance(item, Reading | DeviceState)
    }


def _reasons(decoded: list[Decoded]) -> list[Reason]:
    return [item.reason for item in decoded if isinstance(item, Rejection)]


def test_values_bare_and_with_their_time() -> None:
    """A bare value has our time, {"value", "time"} its own; identifiers have our names and units, unknown ones their own."""
    decoded = _decode(
        POST,
        {
            "id": "1",
            "params": {
                "SmokeSensorState": {"value": 1, "time": MS},
                "CurrentTemperature": 21.5,
                "BatteryPercentage": {"value": "80"},
                "PressIn": 256,
                "prop_bool": True,
                "Note": "text",
            },
            "method": "thing.event.property.post",
        },
    )
    assert _said(decoded) == {
        ("a1QZ.smoke-7", Fact.FIRE): True,
        ("a1QZ.smoke-7", "temperature"): 21.5,
        ("a1QZ.smoke-7", "battery"): 80.0,
        ("a1QZ.smoke-7", "press_in"): 256.0,
        ("a1QZ.smoke-7", "prop_bool"): 1.0,
    }
    assert {item.metric: item.unit for item in decoded if isinstance(item, Reading)} == {
        "temperature": "Cel", "battery": "%EL", "press_in": "", "prop_bool": "",
    }  # fmt: skip
    assert {item.time for item in decoded if isinstance(item, DeviceState)} == {THEN}
    assert {item.time for item in decoded if isinstance(item, Reading)} == {RECEIVED}


def test_structs_are_flattened_and_lists_of_values_are_read() -> None:
    """A struct's members are named after it; a list of values with times is a series; other lists are not read."""
    decoded = _decode(
        POST,
        {
            "params": {
                "Geo": {"value": {"Longitude": 113.5, "deep": {"X": 1}}, "time": MS},
                "power:Switch": 1,
                "Level": [{"value": 1, "time": MS}, {"value": 2, "time": MS + 1000}],
                "Plain": [1, 2, 3],
            }
        },
    )
    assert [(item.metric, item.value, item.time) for item in decoded if isinstance(item, Reading)] == [
        ("geo_longitude", 113.5, THEN),
        ("geo_deep_x", 1.0, THEN),
        ("switch", 1.0, RECEIVED),
        ("level", 1.0, THEN),
        ("level", 2.0, THEN + timedelta(seconds=1)),
    ]


@pytest.mark.parametrize(
    "topic",
    [
        "/sys/pk/dn/prop/post",
        "/sys/pk/dn/property/post",
        "p/3/sys/pk/dn/thing/event/property/post",
        "/pk/dn/thing/event/property/post",
    ],
)
def test_clones_and_partitions(topic: str) -> None:
    """Self-hosted platforms shorten the topic, and levels may stand before it."""
    assert _said(_decode(topic, {"params": {"temperature": 20}})) == {("pk.dn", "temperature"): 20.0}


@pytest.mark.parametrize("end", [b"\x00", b"\r\n\x00\x00", b"\x1a"])
def test_a_firmware_that_sends_its_whole_buffer(end: bytes) -> None:
    """Zeros behind the text, or what ends a modem's command, are no damage; anything else is."""
    whole = b'{"params":{"smoke_state":1}}'
    assert _said(decode(POST, whole + end, RECEIVED)) == {("a1QZ.smoke-7", Fact.FIRE): True}
    assert _reasons(decode(POST, whole + end + b"}" + end, RECEIVED)) == [Reason.MALFORMED]


def test_clones_leave_the_frame_away() -> None:
    """On a topic of its own a clone may send the values alone; on Aliyun's that is no message."""
    assert _said(_decode("/sys/pk/dn/prop/post", {"smoke_state": 1})) == {("pk.dn", Fact.FIRE): True}
    assert _decode("/sys/pk/dn/prop/post", {"code": 200, "id": "1"}) == []
    assert _reasons(_decode("/sys/pk/dn/thing/event/property/post", {"smoke_state": 1})) == [Reason.MALFORMED]


def test_an_event_that_states_no_fact_is_a_moment_of_its_name() -> None:
    """Nothing will say that it ended: it is over a second later."""
    decoded = _decode("/sys/a1QZ/smoke-7/thing/event/SmokeAlarm/post", {"params": {"value": {"Level": 2}, "time": MS}})
    assert [(s.fact, s.active, s.time) for s in decoded if isinstance(s, DeviceState)] == [
        (Fact.FIRE, True, THEN),
        (Fact.FIRE, False, THEN + timedelta(seconds=1)),
    ]
    assert _said(decoded)["a1QZ.smoke-7", "level"] == 2.0


def test_an_event_that_states_a_fact_lasts() -> None:
    """What its output says is taken as it is, and its end is told by another."""
    decoded = _decode("/sys/a1QZ/smoke-7/thing/event/alarm/post", {"params": {"smoke_state": 1}})
    assert _said(decoded) == {("a1QZ.smoke-7", Fact.FIRE): True}


def test_raw_bytes() -> None:
    """A raw report is enclosed with its product for a codec; a frame that says what it is is read; hex text is bytes."""
    topic = "/sys/a1QZ/smoke-7/thing/model/up_raw"
    for payload in (bytes.fromhex("00002233441232013fa00000"), b"0x00002233441232013fa00000"):
        (item,) = decode(topic, payload, RECEIVED)
        assert isinstance(item, Enclosed)
        assert (item.device, item.payload, item.hint) == (
            "a1QZ.smoke-7",
            bytes.fromhex("00002233441232013fa00000"),
            "a1QZ",
        )
    assert ("SHMK24050013", "pressure") in _said(decode(topic, meokon(1, [b"\x02\x5d"]), RECEIVED))
    assert ("a1QZ.smoke-7", Fact.FIRE) in _said(decode(topic, isnb((0x64, 1, 0x17, 12)), RECEIVED))
    assert _reasons(decode("/sys/a1QZ/smoke-7/thing/model/down_raw", b"\x00", RECEIVED)) == [Reason.DOWNLINK]


def test_a_gateway_packs_what_is_behind_it() -> None:
    """Its own values are its own, those of each packed device are that device's; one without a name is told."""
    pack = {
        "params": {
            "properties": {"Power": {"value": 1, "time": MS}},
            "events": {},
            "subDevices": [
                {
                    "identity": {"productKey": "a2", "deviceName": "s1"},
                    "properties": {"SmokeSensorState": {"value": 1, "time": MS}},
                    "events": {"LowBatteryAlarm": {"value": {}, "time": MS}},
                },
                {"identity": {"productKey": "", "deviceName": "s2"}, "properties": {"SmokeSensorState": 1}},
            ],
        }
    }
    decoded = _decode("/sys/a1QZ/gate/thing/event/property/pack/post", pack)
    assert _said(decoded) == {
        ("a1QZ.gate", "power"): 1.0,
        ("a2.s1", Fact.FIRE): True,
        ("a2.s1", Fact.BATTERY_LOW): False,
    }
    assert _reasons(decoded) == [Reason.MALFORMED]


def test_stored_values_are_history() -> None:
    """What was stored and is told later is marked, so that nothing judges it as news."""
    history = [
        {
            "identity": {"productKey": "a2", "deviceName": "s1"},
            "properties": [
                {"SmokeSensorState": {"value": 1, "time": MS}},
                {"SmokeSensorState": {"value": 0, "time": MS + 1}},
            ],
        }
    ]
    decoded = _decode("/sys/a1QZ/gate/thing/event/property/history/post", {"params": history})
    assert [(s.active, s.quality) for s in decoded if isinstance(s, DeviceState)] == [
        (True, Quality.HISTORY),
        (False, Quality.HISTORY),
    ]


def test_devices_behind_a_gateway() -> None:
    """They are announced when they are taken in, and come and go with their sessions."""
    added = _decode("/sys/a1QZ/gate/thing/topo/add", {"params": [{"productKey": "a2", "deviceName": "s1"}, {"x": 1}]})
    assert isinstance(added[0], Discovered)
    assert (added[0].device, added[0].gateway, added[0].model) == ("a2.s1", "a1QZ.gate", "a2")
    assert _reasons(added) == [Reason.MALFORMED]
    session = "/ext/session/a1QZ/gate/combine/"
    assert _said(_decode(session + "login", {"params": {"productKey": "a2", "deviceName": "s1"}})) == {
        ("a2.s1", Fact.OFFLINE): False
    }
    both = {
        "params": {"deviceList": [{"productKey": "a2", "deviceName": "s1"}, {"productKey": "a2", "deviceName": "s2"}]}
    }
    assert _said(_decode(session + "batch_logout", both)) == {
        ("a2.s1", Fact.OFFLINE): True,
        ("a2.s2", Fact.OFFLINE): True,
    }


def test_what_rules_forward() -> None:
    """Forwarded messages name the device themselves; a connection's state has the platform's time."""
    forwarded = {
        "productKey": "a1QZ", "deviceName": "smoke-7", "gmtCreate": MS, "items": {"SmokeSensorState": {"value": 0}},
    }  # fmt: skip
    decoded = _decode("", forwarded)
    assert _said(decoded) == {("a1QZ.smoke-7", Fact.FIRE): False}
    assert {item.time for item in decoded if isinstance(item, DeviceState)} == {THEN}
    status = {"status": "offline", "productKey": "a1QZ", "deviceName": "smoke-7", "utcTime": "2024-05-01T11:59:30.123Z"}
    decoded = _decode("/as/mqtt/status/a1QZ/smoke-7", status)
    assert _said(decoded) == {("a1QZ.smoke-7", Fact.OFFLINE): True}
    assert {i.time for i in decoded if isinstance(i, DeviceState)} == {datetime(2024, 5, 1, 11, 59, 30, 123000, UTC)}


FORWARDED = {"iotId": "4z", "productKey": "a1QZ", "deviceName": "smoke-7", "gmtCreate": MS + 60_000}


def test_an_event_that_rules_forward_has_its_own_time() -> None:
    """`gmtCreate` is when the platform heard of it; the fact is of the name where no topic tells it."""
    event = FORWARDED | {"identifier": "SmokeAlarm", "type": "alert", "value": {"Level": 2}, "time": MS}
    for topic in ("/a1QZ/smoke-7/thing/event/SmokeAlarm/post", "rules/all", ""):
        decoded = _decode(topic, event)
        assert [(s.fact, s.active, s.time, s.quality) for s in decoded if isinstance(s, DeviceState)] == [
            (Fact.FIRE, True, THEN, Quality.GOOD), (Fact.FIRE, False, THEN + timedelta(seconds=1), Quality.GOOD),
        ], topic  # fmt: skip


def test_what_rules_forward_of_stored_values_is_history() -> None:
    """A stored event is never judged, and stored values are there without a pack around them."""
    event = FORWARDED | {"identifier": "x", "value": {"smoke_state": 1}, "time": MS}
    for topic, message in (
        ("/a1QZ/smoke-7/thing/event/x/history/post", event),
        (
            "/a1QZ/smoke-7/thing/event/property/history/post",
            FORWARDED | {"items": {"smoke_state": {"value": 1, "time": MS}}},
        ),
    ):
        (state,) = _decode(topic, message)
        assert isinstance(state, DeviceState)
        assert (state.fact, state.active, state.time, state.quality) == (Fact.FIRE, True, THEN, Quality.HISTORY)


def test_what_rules_forward_of_a_batch() -> None:
    """Several values of each property, and several events of each name."""
    items = {"PressIn": [{"value": 1, "time": MS}, {"value": 2, "time": MS + 1}]}
    decoded = _decode("/a1QZ/smoke-7/thing/property/batch/post", FORWARDED | {"items": items})
    assert [r.value for r in decoded if isinstance(r, Reading)] == [1.0, 2.0]
    told = {"TamperAlarm": [{"value": {}, "time": MS}]}
    decoded = _decode("/a1QZ/smoke-7/thing/event/batch/post", FORWARDED | {"items": told})
    assert [(s.fact, s.active) for s in decoded if isinstance(s, DeviceState)] == [
        (Fact.TAMPER, True),
        (Fact.TAMPER, False),
    ]


def test_what_is_not_as_the_model_has_it_is_read_with_doubt() -> None:
    """The platform forwards it apart with a code; the device said it all the same."""
    failed = {"smoke_state": {"value": 1, "time": MS, "code": 6304, "message": "params not exist"}, "x": 5}
    message = FORWARDED | {"items": {"PressIn": {"value": 3, "time": MS}}, "checkFailedData": failed}
    reading, state = _decode("/a1QZ/smoke-7/thing/event/property/post", message)
    assert isinstance(reading, Reading)
    assert isinstance(state, DeviceState)
    assert (state.fact, state.active, state.time, state.quality) == (Fact.FIRE, True, THEN, Quality.UNCERTAIN)


def test_what_the_platform_for_homes_pushes() -> None:
    """It puts the message that rules forward into `params`; a connection is 1, a lost one 3."""
    pushed = {
        "method": "thing.properties",
        "version": "1.0",
        "params": FORWARDED | {"items": {"smoke_state": {"value": 1}}},
    }
    assert _said(_decode("homes/all", pushed)) == {("a1QZ.smoke-7", Fact.FIRE): True}
    for code, is_offline in ((1, False), (3, True)):
        status = {"method": "thing.status", "params": FORWARDED | {"status": {"time": MS, "value": code}}}
        assert _said(_decode("homes/all", status)) == {("a1QZ.smoke-7", Fact.OFFLINE): is_offline}


def test_devices_behind_a_gateway_that_the_platform_tells_of() -> None:
    """Found ones and those that were bound are announced; one that is unbound is nothing of the field."""
    message = {
        "gwProductKey": "a1GW",
        "gwDeviceName": "gw",
        "devices": [{"productKey": "a1QZ", "deviceName": "smoke-7"}],
    }
    device, gateway = DeviceId("a1QZ.smoke-7"), DeviceId("a1GW.gw")
    announced = [Discovered(device=device, name="smoke-7", model="a1QZ", gateway=gateway)]
    assert _decode("/a1GW/gw/thing/list/found", message) == announced
    assert _decode("/a1GW/gw/thing/topo/lifecycle", message | {"action": "create"}) == announced
    assert _decode("/a1GW/gw/thing/topo/lifecycle", message | {"action": "delete"}) == []


@pytest.mark.parametrize(
    ("topic", "params", "device", "quality"),
    [
        ("thing/property/post", {"time": MS, "values": {"smoke_state": 1}}, "a1QZ.smoke-7", Quality.GOOD),
        ("thing/property/batch/post", [{"time": MS, "values": {"smoke_state": 1}}], "a1QZ.smoke-7", Quality.GOOD),
        ("thing/event/Report/post", {"time": MS, "events": {"smoke_state": 1}}, "a1QZ.smoke-7", Quality.GOOD),
        ("thing/measurepoint/post", {"time": MS, "measurepoints": {"smoke_state": {"value": 1, "quality": 9}}},
         "a1QZ.smoke-7", Quality.GOOD),
        ("thing/measurepoint/resume", {"time": MS, "measurepoints": {"smoke_state": 1}}, "a1QZ.smoke-7", Quality.HISTORY),
        ("thing/measurepoint/post/batch",
         [{"productKey": "p", "deviceKey": "d", "measurepoints": {"smoke_state": 1}, "time": MS}], "p.d", Quality.GOOD),
        ("thing/measurepoint/resume/batch",
         [{"productKey": "p", "deviceKey": "d", "measurepoints": {"smoke_state": 1}, "time": MS}], "p.d", Quality.HISTORY),
    ],
)  # fmt: skip
def test_values_that_stand_beside_one_time(topic: str, params: object, device: str, quality: Quality) -> None:
    """Clones hold what was measured at one time together; what is inside keeps its meaning."""
    (state,) = _decode(f"/sys/a1QZ/smoke-7/{topic}", {"id": "1", "params": params})
    assert isinstance(state, DeviceState)
    assert (state.device, state.fact, state.active, state.time) == (device, Fact.FIRE, True, THEN)
    assert state.quality is quality


def test_answers_say_nothing_and_commands_are_downlinks() -> None:
    """Neither is of the field."""
    assert _decode(POST + "_reply", {"code": 200, "data": {}, "id": "1"}) == []
    assert _decode(POST, {"code": 200, "data": {}, "id": "1"}) == []
    assert _reasons(_decode("/sys/a1QZ/smoke-7/thing/service/property/set", {"params": {"x": 1}})) == [Reason.DOWNLINK]


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        (POST, b"{params:{Press_In:256,Press_Out:34}}", Reason.MALFORMED),
        (POST, b"[]", Reason.MALFORMED),
        (POST, b'{"params":7}', Reason.MALFORMED),
        (POST, b'{"productKey":"a1QZ","deviceName":"other","params":{"x":1}}', Reason.FOREIGN_DEVICE),
        ("status", b'{"params":{"x":1}}', Reason.TOPIC),
        ("/sys/a1QZ/smoke-7/thing/deviceinfo/update", b'{"params":[]}', Reason.UNSUPPORTED),
        ("/as/mqtt/status/a1QZ/smoke-7", b'{"status":"perhaps"}', Reason.MALFORMED),
        (POST, b'{"params":{"SmokeSensorState":3}}', Reason.MALFORMED),
    ],
)
def test_what_is_refused(topic: str, payload: bytes, reason: Reason) -> None:
    """Unquoted keys, other shapes and other devices are refused for what they are."""
    assert _reasons(decode(topic, payload, RECEIVED)) == [reason]


def test_a_clock_that_cannot_be_right() -> None:
    """A value's own time that cannot be is ours, marked."""
    decoded = _decode(POST, {"params": {"temperature": {"value": 20, "time": 12}}})
    assert [(r.time, r.quality) for r in decoded if isinstance(r, Reading)] == [(RECEIVED, Quality.UNCERTAIN_TIME)]


def test_names_of_persons_are_dropped() -> None:
    """Whatever a maker puts among the properties."""
    decoded = _decode(POST, {"params": {"temperature": 20, "Owner": {"Name": "x", "Phone": 1}, "PhoneNumber": 138}})
    assert [item.fields for item in decoded if isinstance(item, Dropped)] == [("Owner", "PhoneNumber")]
    assert _said(decoded) == {("a1QZ.smoke-7", "temperature"): 20.0}


def test_a_hostile_megabyte_is_read_in_time_that_grows_with_it() -> None:
    """Long names, deep structs and a hundred thousand properties cost no more than their bytes."""
    long = "k" * 400_000
    for message in (
        {long: {f"a{i}": 1 for i in range(40_000)}},
        {f"phone{i}": 1 for i in range(60_000)},
        {f"p{i}": {"value": i, "time": i} for i in range(20_000)},
    ):
        began = time.process_time()
        _decode(POST, {"params": message})
        assert time.process_time() - began < 2
