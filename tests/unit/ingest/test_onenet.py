"""OneNET: old and new pushes, LwM2M's numbers, its own topics."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from ingest.decoders.onenet import decode
from ingest.readings import (
    Decoded,
    DeviceId,
    DeviceState,
    Discovered,
    Enclosed,
    Fact,
    Quality,
    Reading,
    Reason,
    Rejection,
)
from tests.gb26875_frames import component, components, frame
from tests.platform_payloads import huaqiang, isnb, meokon

RECEIVED = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
THEN = datetime.fromtimestamp(1714564700.5, UTC)
MS = 1714564700500


def _point(stream: str, value: object, **more: object) -> dict[str, object]:
    return {"at": MS, "imei": "861931046156398", "type": 1, "ds_id": stream, "value": value, "dev_id": 523444202} | more


def _push(message: object, topic: str = "onenet") -> list[Decoded]:
    return decode(topic, json.dumps({"msg": message, "msg_signature": "x", "nonce": "y"}).encode(), RECEIVED)


def _said(decoded: list[Decoded]) -> dict[str, object]:
    return {
        item.metric if isinstance(item, Reading) else item.fact: item.value
        if isinstance(item, Reading)
        else item.active
        for item in decoded
        if isinstance(item, Reading | DeviceState)
    }


def _devices(decoded: list[Decoded]) -> set[str]:
    return {item.device for item in decoded if isinstance(item, DeviceState | Reading | Enclosed)}


def _reasons(decoded: list[Decoded]) -> list[Reason]:
    return [item.reason for item in decoded if isinstance(item, Rejection)]


@pytest.mark.parametrize(
    ("stream", "value", "metric", "read", "unit"),
    [
        ("3303_0_5700", -11.5, "temperature", -11.5, "Cel"),
        ("3303_1_5700", "21.5", "temperature_1", 21.5, "Cel"),
        ("3304_0_5700", 40, "humidity", 40.0, "%RH"),
        ("3316_0_5700", "4.82", "voltage", 4.82, "V"),
        ("3323_0_5700", 0.35, "pressure", 0.35, ""),
        ("3303_0_5602", 30, "temperature_max", 30.0, "Cel"),
        ("3300_0_5700", -115, "sensor_value", -115.0, ""),
        ("3301_0_5700", 117.5, "illuminance", 117.5, "lux"),
        ("3342_0_5500", True, "switch", 1.0, "1"),
        ("/3/0/9", 80, "battery", 80.0, "%EL"),
        ("3_0_9", 255, "battery", None, "%EL"),
        ("3_0_7", 3600, "voltage", 3.6, "V"),
        ("4_0_2", -101, "rsrp", -101.0, "dBm"),
        ("10241_0_1", 5, "object_10241_1", 5.0, ""),
    ],
)
def test_numbers_of_lwm2m(stream: str, value: object, metric: str, read: float | None, unit: str) -> None:
    """Object and resource say what is measured and in which unit."""
    decoded = _push(_point(stream, value))
    assert [(r.metric, r.value, r.unit, r.time) for r in decoded if isinstance(r, Reading)] == [
        (metric, read, unit, THEN)
    ]
    assert _devices(decoded) == {"523444202"}


def test_facts_of_lwm2m() -> None:
    """Presence is motion; the device's error code is a low battery, lost mains or a fault, and 0 is none of them."""
    assert _said(_push(_point("3302_0_5500", True))) == {Fact.MOTION: True}
    assert _said(_push(_point("3_0_11", 1))) == {Fact.BATTERY_LOW: True}
    assert _said(_push(_point("3_0_11", 2))) == {Fact.MAINS_LOST: True}
    assert _said(_push(_point("3_0_11", 5))) == {Fact.FAULT: True}
    assert _said(_push(_point("3_0_11", 0))) == {Fact.BATTERY_LOW: False, Fact.MAINS_LOST: False, Fact.FAULT: False}
    assert _reasons(_push(_point("3302_0_5500", 7))) == [Reason.MALFORMED]


def test_streams_with_names() -> None:
    """A stream of another name has the meaning of its name."""
    assert _said(_push(_point("smoke_state", 1))) == {Fact.FIRE: True}
    assert _said(_push(_point("values", {"temperature": 20}))) == {"temperature": 20.0}


@pytest.mark.parametrize(
    ("value", "payload"),
    [
        ("c0ced68f", b"\xc0\xce\xd6\x8f"),
        ("01020304", b"\x01\x02\x03\x04"),
        ("0.1A0.2A5A180A", b"0.1A0.2A5A180A"),
    ],
)
def test_text_of_makers_is_enclosed(value: str, payload: bytes) -> None:
    """Hex is bytes, also of digits only; other text is as it is."""
    (item,) = _push(_point("3200_0_5750", value))
    assert isinstance(item, Enclosed)
    assert (item.device, item.payload, item.time, item.hint) == ("523444202", payload, THEN, "3200_0_5750")


def test_frames_inside() -> None:
    """A MEOKON or GB/T 26875.3 frame in hex is read, and says who speaks."""
    meter = _push(_point("3300_0_5750", meokon(1, [b"\x02\x5d"]).hex().upper()))
    assert _said(meter)["pressure"] == 0.605
    assert _devices(meter) == {"SHMK24050013"}
    panel = _push(_point("3200_0_5750", frame(components(component(2))).hex()))
    assert _said(panel)[Fact.FIRE] is True


def test_packets_of_makers_inside() -> None:
    """Packets of Hikvision and Huaqiang speak for the platform's device; without check digit of its IMEI a packet is none."""
    for data in (isnb((0x64, 1, 0x17, 12)), huaqiang(8, 1, bytes(13))):
        decoded = _push(_point("3336_0_5514", data.hex()))
        assert _said(decoded)[Fact.FIRE] is True
        assert _devices(decoded) == {"523444202"}
    for imei in ("860374051096203", "86037405109620a"):
        (item,) = _push(_point("3336_0_5514", huaqiang(8, 1, bytes(13), imei).hex()))
        assert isinstance(item, Enclosed)


def test_an_object_in_single_quotes() -> None:
    """Devices write one as JavaScript or Python would; single quotes inside of double ones are text."""
    assert _said(_push(_point("3300_0_5751", "{'temperature':23.5,'CO':0.389}"))) == {"temperature": 23.5, "co": 0.389}
    assert _reasons(_push(_point("3300_0_5751", "{'temperature':\"x\"}"))) == [Reason.MALFORMED]


def test_forms_of_the_envelope() -> None:
    """The message is an object, a list, JSON text of either, or stands alone; a bad one of a list is told."""
    point = _point("3303_0_5700", 20)
    expected = _push(point)
    assert _push(json.dumps(point)) == expected
    assert _push([point]) == expected
    assert decode("onenet", json.dumps(point).encode(), RECEIVED) == expected
    assert _reasons(_push([7, point])) == [Reason.MALFORMED]
    assert _reasons(_push("kjhgTZ==")) == [Reason.UNSUPPORTED]


@pytest.mark.parametrize(
    ("names", "device"),
    [
        ({"pid": "AjI", "dev_name": "NB_1", "dev_id": 5}, "AjI.NB_1"),
        ({"productId": "C6", "deviceName": "t1", "deviceId": 7}, "C6.t1"),
        ({"dev_id": 5, "imei": "861931046156398"}, "5"),
        ({"imei": "861931046156398"}, "861931046156398"),
    ],
)
def test_who_speaks(names: dict[str, object], device: str) -> None:
    """Product and name, else the platform's number, else the IMEI."""
    message = {"at": MS, "type": 1, "ds_id": "3303_0_5700", "value": 1} | names
    assert _devices(_push(message)) == {device}
    assert _reasons(_push(message, topic="onenet/4401/somebody")) == [Reason.FOREIGN_DEVICE]
    assert _devices(_push(message, topic=f"onenet/4401/{device}")) == {device}


def test_old_status_and_answers() -> None:
    """Type 2 is the connection, type 7 an answer to a command."""
    status = {"type": 2, "dev_id": 5, "at": MS, "login_type": 10}
    assert _said(_push(status | {"status": 0})) == {Fact.OFFLINE: True}
    assert _said(_push(status | {"status": 1})) == {Fact.OFFLINE: False}
    assert _reasons(_push(status | {"status": 5})) == [Reason.MALFORMED]
    assert _push({"type": 7, "dev_id": 5, "at": MS, "cmd_id": "x"}) == []
    assert _reasons(_push({"type": 3, "dev_id": 5})) == [Reason.UNSUPPORTED]


def test_the_thing_model() -> None:
    """Properties, events and the life of a device come as the platform's rules forward them."""
    head = {"productId": "C6", "deviceId": 13, "deviceName": "t1", "messageType": "notify"}
    params = {"SmokeSensorState": {"time": MS, "value": 1}, "float": {"time": MS, "value": 1.11}}
    decoded = _push(head | {"notifyType": "property", "data": {"id": "1", "params": params}})
    assert _said(decoded) == {Fact.FIRE: True, "float": 1.11}
    assert {item.time for item in decoded if isinstance(item, DeviceState | Reading)} == {THEN}
    event = {"lowBatteryEvent": {"eventType": "alert", "time": MS, "value": {"response": 12}}}
    decoded = _push(head | {"notifyType": "event", "data": {"id": "1", "params": event}})
    assert [(s.fact, s.active, s.time) for s in decoded if isinstance(s, DeviceState)] == [
        (Fact.BATTERY_LOW, True, THEN),
        (Fact.BATTERY_LOW, False, THEN + timedelta(seconds=1)),
    ]
    life = head | {"messageType": "lifeCycle", "data": {"status": "offline", "time": MS}}
    assert _said(_push(life)) == {Fact.OFFLINE: True}
    assert _reasons(_push(head | {"notifyType": "scene", "data": {"params": {}}})) == [Reason.UNSUPPORTED]
    assert _reasons(_push(head | {"notifyType": "property"})) == [Reason.MALFORMED]


def test_streams_of_lwm2m_in_the_thing_model() -> None:
    """Devices of LwM2M are pushed with object_instance_resource as names: they mean what they mean in old pushes."""
    params = {
        "3302_0_5500": {"time": MS, "value": 1},
        "3303_0_5700": {"time": MS, "value": "21.5", "bin_data": "A0AA"},
        "3_0_20": {"time": MS, "value": 4, "bin_data": "A0AA"},
        "3304_0_5700": {"time": MS, "value": None},
        "smoke_state": {"time": MS, "value": 1},
    }
    head = {"productId": "C6", "deviceName": "t1", "messageType": "notify", "notifyType": "property"}
    decoded = _push(head | {"data": {"params": params}})
    assert _said(decoded) == {Fact.MOTION: True, "temperature": 21.5, Fact.BATTERY_LOW: True, Fact.FIRE: True}
    assert {item.time for item in decoded if isinstance(item, DeviceState | Reading)} == {THEN}


@pytest.mark.parametrize(
    ("status", "said"), [(0, {Fact.BATTERY_LOW: False}), ("4", {Fact.BATTERY_LOW: True}), (5, {"object_3_20": 5.0})]
)
def test_the_status_of_a_battery(status: object, said: dict[object, object]) -> None:
    """Resource 3/0/20 tells of a low battery; one that is not there is a number only."""
    assert _said(_push(_point("3_0_20", status))) == said


def test_what_the_platform_says_on_a_devices_own_topic() -> None:
    """Its pushes come on `$sys/{product}/{device}/thing/…` as well, and name the device again."""
    head = {"productId": "C6", "deviceName": "t1"}
    property_ = {"messageType": "notify", "notifyType": "property", "data": {"params": {"smoke_state": {"value": 1}}}}
    event = {"messageType": "notify", "notifyType": "event", "data": {"params": {"x": {"value": {"smoke_state": 1}}}}}
    life = {"messageType": "lifecycle", "data": {"status": "offline", "time": MS}}
    for rest, message, said in (
        ("property", property_, Fact.FIRE),
        ("event", event, Fact.FIRE),
        ("lifecycle", life, Fact.OFFLINE),
    ):
        payload = json.dumps(head | message).encode()
        assert _said(decode(f"$sys/C6/t1/thing/{rest}", payload, RECEIVED)) == {said: True}
        assert _reasons(decode(f"$sys/C6/t2/thing/{rest}", payload, RECEIVED)) == [Reason.FOREIGN_DEVICE]


def test_what_is_of_the_platform_only() -> None:
    """The answer to a service says nothing of the field, the log of a scene is not taken."""
    reply = {"productId": "C6", "deviceName": "t1", "messageType": "reply", "request": {}, "response": {"code": 200}}
    assert _push(reply) == []
    assert _reasons(_push({"messageType": "sceneLog", "data": {"actions": [], "time": MS}})) == [Reason.UNSUPPORTED]


def test_a_gateway_takes_in_a_device() -> None:
    """It is announced with the gateway it is behind."""
    payload = b'{"id": "1", "params": {"productID": "C7", "deviceName": "s1"}}'
    announced = Discovered(device=DeviceId("C7.s1"), name="s1", model="C7", gateway=DeviceId("C6.gw"))
    assert decode("$sys/C6/gw/thing/sub/topo/add", payload, RECEIVED) == [announced]


def test_its_own_topics() -> None:
    """What devices publish to OneNET is read from its own topics."""

    def said(rest: str, message: object) -> list[Decoded]:
        return decode(f"$sys/C6/t1/{rest}", json.dumps(message).encode(), RECEIVED)

    assert _said(said("thing/property/post", {"params": {"temperature": {"value": 20.5, "time": MS}}})) == {
        "temperature": 20.5
    }
    assert _said(said("thing/event/post", {"params": {"smokeAlarm": {"value": {}, "time": MS}}})) == {Fact.FIRE: False}
    packed = [{"identity": {"productID": "C7", "deviceName": "s1"}, "properties": {"temperature": {"value": 1}}}]
    assert _devices(said("thing/pack/post", {"params": packed})) == {"C7.s1"}
    history = said("thing/history/post", {"params": packed})
    assert [item.quality for item in history if isinstance(item, Reading)] == [Quality.HISTORY]
    points = said("dp/post/json", {"dp": {"temperature": [{"v": 30, "t": 1714564700}], "3316_0_5700": [{"v": "4.8"}]}})
    assert _said(points) == {"temperature": 30.0, "voltage": 4.8}
    assert _said(said("thing/sub/logout", {"params": {"productID": "C7", "deviceName": "s1"}})) == {Fact.OFFLINE: True}
    assert said("thing/property/post/reply", {"code": 200}) == []
    assert _reasons(said("thing/property/set", {"params": {}})) == [Reason.DOWNLINK]
    assert _reasons(said("ota/inform", {})) == [Reason.UNSUPPORTED]
    assert _reasons(decode("$sys/x", b"{}", RECEIVED)) == [Reason.TOPIC]
