"""GB/T 28181: alarms, keepalives, the catalogue, encodings and what is refused."""

from datetime import UTC, datetime, timedelta

import pytest

from ingest.decoders.gb28181_alarm import decode
from ingest.readings import (
    CameraEvent,
    Decoded,
    DeviceState,
    Discovered,
    Fact,
    Phase,
    Quality,
    Reason,
    Rejection,
)
from tests.platform_payloads import alarm, alarm_xml

RECEIVED = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
AT = datetime(2024, 5, 1, 11, 59, 30, tzinfo=UTC)
CAMERA = "34020000001320000001"
TOPIC = f"gb28181/4401/{CAMERA}"
SIP = "MESSAGE sip:34020000002000000001@3402000000 SIP/2.0\r\nFrom: <sip:{}@3402000000>;tag=8\r\nContent-Length: 400\r\n\r\n"


def _reasons(decoded: list[Decoded]) -> list[Reason]:
    return [item.reason for item in decoded if isinstance(item, Rejection)]


def _facts(decoded: list[Decoded]) -> list[tuple[str, Fact, bool]]:
    return [(item.device, item.fact, item.active) for item in decoded if isinstance(item, DeviceState)]


def _seen(decoded: list[Decoded]) -> list[tuple[str, str, Phase]]:
    return [(item.label, item.severity, item.phase) for item in decoded if isinstance(item, CameraEvent)]


def test_a_video_alarm_is_an_event_of_a_second() -> None:
    """The standard knows no end, so the start and an end a second later are told, at the camera's Beijing time."""
    start, end = decode(TOPIC, alarm("5", "6").encode(), RECEIVED)
    assert isinstance(start, CameraEvent)
    assert isinstance(end, CameraEvent)
    assert (start.device, start.phase, start.label, start.severity) == (CAMERA, Phase.START, "intrusion", "detection")
    assert (start.started, start.time, start.ended) == (AT, AT, None)
    assert (end.phase, end.event, end.ended) == (Phase.END, start.event, AT + timedelta(seconds=1))


@pytest.mark.parametrize(
    ("declaration", "encoding"),
    [
        ('<?xml version="1.0" encoding="GB2312"?>', "gb18030"),
        ('<?xml version="1.0" encoding="GB2312"?>', "utf-8"),
        ('<?xml version="1.0" encoding="UTF-8"?>', "gb18030"),
        ('<?xml version="1.0"?>', "gbk"),
        ('<?xml version="1.0" encoding-"gb2312"?>', "gbk"),
        ("", "gb18030"),
        ("\ufeff", "utf-8"),
    ],
)
def test_the_declared_encoding_is_not_believed(declaration: str, encoding: str) -> None:
    """GB and UTF-8 are told apart by the bytes."""
    text = f"{declaration}\r\n{alarm('5', '2', description='检测到烟火')}"
    assert _seen(decode(TOPIC, text.encode(encoding), RECEIVED))[0][:2] == ("fire", "alert")


@pytest.mark.parametrize("name", ["楼梯A&B", "a < b", "烟感<3层", "A&B;C", "IPC\x00\x00", "&amp;&#38;"])
def test_what_a_camera_forgets_to_escape_costs_no_alarm(name: str) -> None:
    """An address or a name with a bare "&", "<" or zeros in it is read as it is meant."""
    text = alarm("5", "6", description="明火").replace("</SN>", f"</SN><Address>{name}</Address>")
    assert _seen(decode(TOPIC, text.encode("gb18030"), RECEIVED))[0][:2] == ("fire", "alert")


@pytest.mark.parametrize(
    "where",
    [
        "<Description>检测到明火</Description>",
        "<Info><AlarmType>2</AlarmType><AlarmTypeParam><AlarmDescription>明火</AlarmDescription></AlarmTypeParam></Info>",
        "<Info><AlarmDescription>明火</AlarmDescription></Info>",
        "<AlarmTypeParam><AlarmDescription>明火</AlarmDescription></AlarmTypeParam>",
    ],
)
def test_the_words_of_an_alarm_stand_where_a_maker_puts_them(where: str) -> None:
    """A description below the type, beside it, or under a shorter name tells of fire as one at top level does."""
    text = alarm("5").replace("</Notify>", f"{where}</Notify>")
    assert _seen(decode(TOPIC, text.encode(), RECEIVED))[0][:2] == ("fire", "alert")


def test_the_head_of_the_message_is_passed_over() -> None:
    """A SIP MESSAGE with its head, and zeros behind the body, is read like the body alone."""
    whole = SIP.format(CAMERA).encode() + b'<?xml version="1.0"?>\r\n' + alarm("2", "2").encode() + b"\r\n\x00\x00"
    assert decode(TOPIC, whole, RECEIVED) == decode(TOPIC, alarm("2", "2").encode(), RECEIVED)


@pytest.mark.parametrize(
    ("method", "kind", "fact"),
    [
        ("2", "1", Fact.FAULT), ("2", "2", Fact.TAMPER), ("2", "4", Fact.FAULT), ("2", "", Fact.OTHER), ("6", "1", Fact.FAULT),
        ("6", "", Fact.FAULT), ("6", "9", Fact.FAULT), ("5", "11", Fact.FAULT), ("5", "13", Fact.TAMPER), ("1", "", Fact.OTHER),
        ("7", "", Fact.OTHER),
    ],
)  # fmt: skip
def test_what_a_device_says_of_itself_passes(method: str, kind: str, fact: Fact) -> None:
    """A fact is true, and over a second later."""
    decoded = decode(TOPIC, alarm(method, kind).encode(), RECEIVED)
    assert _facts(decoded) == [(CAMERA, fact, True), (CAMERA, fact, False)]
    assert [item.time for item in decoded if isinstance(item, DeviceState)] == [AT, AT + timedelta(seconds=1)]


def test_methods_may_be_combined() -> None:
    """Each method of a combined one is told."""
    for method in ("25", "2,5", "2/5"):
        decoded = decode(TOPIC, alarm(method, "2").encode(), RECEIVED)
        assert _facts(decoded)[0] == (CAMERA, Fact.TAMPER, True)
        assert _seen(decoded)[0] == ("motion", "detection", Phase.START)


def test_the_type_may_stand_at_top_level_and_the_command_in_any_case() -> None:
    """What some devices write otherwise is read."""
    text = (
        f"<Notify><cmdType>Alarm</cmdType><SN>1</SN><DeviceID>{CAMERA}</DeviceID><AlarmMethod>5</AlarmMethod>"
        "<AlarmType>5</AlarmType><AlarmTime>2024-05-01T19:59:30</AlarmTime></Notify>"
    )
    assert _seen(decode("", text.encode(), RECEIVED))[0][0] == "line-crossing"


@pytest.mark.parametrize(
    ("description", "label"),
    [
        ("烟雾报警", "smoke"), ("明火检测", "fire"), ("Flame", "fire"), ("吸烟检测", "motion"), ("防火门打开", "motion"),
        ("fire lane blocked", "motion"), ("", "motion"),
    ],
)  # fmt: skip
def test_fire_and_smoke_are_in_the_description_only(description: str, label: str) -> None:
    """The standard has no number for them; a person who smokes is no fire."""
    assert _seen(decode(TOPIC, alarm("5", "2", description=description).encode(), RECEIVED))[0][0] == label


def test_a_detector_on_an_alarm_input() -> None:
    """An alarm input that is called a smoke detector is a fire, with the doubt of a name."""
    decoded = decode(TOPIC, alarm("2", description="3号楼烟感").encode(), RECEIVED)
    assert _facts(decoded)[0] == (CAMERA, Fact.FIRE, True)
    assert {item.quality for item in decoded if isinstance(item, DeviceState)} == {Quality.UNCERTAIN}


def test_priority_decides_the_severity() -> None:
    """Priorities 1 and 2 of a video alarm are alerts."""
    severities = [
        _seen(decode(TOPIC, alarm("5", "6", priority=p).encode(), RECEIVED))[0][1] for p in ("1", "2", "3", "", "x")
    ]
    assert severities == ["alert", "alert", "detection", "detection", "detection"]


def test_a_manual_alarm_called_a_test_is_no_fire() -> None:
    """A test of the way to us raises a manual event, never a fire."""
    decoded = decode(TOPIC, alarm("5", "1", description="Test Alarm").encode(), RECEIVED)
    assert [label for label, _, _ in _seen(decoded)] == ["manual", "manual"]


def test_keepalive() -> None:
    """A keepalive says that the device is there; another status is a fault, and so is each device it lists."""
    ok = decode(TOPIC, alarm_xml("<Status>OK</Status>", command="Keepalive").encode(), RECEIVED)
    assert _facts(ok) == [(CAMERA, Fact.OFFLINE, False)]
    listed = "<Status>ERROR</Status><Info><DeviceID>34020000001310000009</DeviceID></Info>"
    bad = decode(TOPIC, alarm_xml(listed, command="Keepalive").encode(), RECEIVED)
    assert [item for item in _facts(bad) if item[2]] == [
        (CAMERA, Fact.FAULT, True),
        ("34020000001310000009", Fact.FAULT, True),
    ]


@pytest.mark.parametrize(
    ("online", "status", "facts"),
    [
        ("ONLINE", "OK", [(Fact.OFFLINE, False)]),
        ("OFFLINE", "OK", [(Fact.OFFLINE, True)]),
        ("ONLINE", "ERROR", [(Fact.OFFLINE, False), (Fact.FAULT, True), (Fact.FAULT, False)]),
        ("", "", []),
    ],
)
def test_the_status_of_a_device(online: str, status: str, facts: list[tuple[Fact, bool]]) -> None:
    """The answer to a question for it says whether the device is there and well."""
    text = alarm_xml(f"<Result>OK</Result><Online>{online}</Online><Status>{status}</Status>", command="DeviceStatus")
    payload = text.replace("Notify>", "Response>").encode()
    assert _facts(decode(TOPIC, payload, RECEIVED)) == [(CAMERA, fact, active) for fact, active in facts]


def test_the_catalogue_announces_cameras() -> None:
    """A camera of the list is announced with its recorder, and whether it is there; districts and groups are not."""
    items = "".join(
        f"<Item><DeviceID>{device}</DeviceID><Name>{name}</Name><Manufacturer>M</Manufacturer><Model>X</Model>"
        f"<ParentID>34020000001180000001</ParentID><Status>{status}</Status></Item>"
        for device, name, status in (
            ("34020000001310000001", "河口", "ON"),
            ("34020000001310000002", "桥头", "OFF"),
            ("34020000002150000001", "分组", "ON"),
            ("340200", "区", "ON"),
        )
    )
    text = (
        "<Response><CmdType>Catalog</CmdType><SN>1</SN><DeviceID>34020000001180000001</DeviceID>"
        f"<DeviceList Num='4'>{items}</DeviceList></Response>"
    )
    decoded = decode("gb28181/nvr", text.encode("gbk"), RECEIVED)
    assert [(d.device, d.name, d.model, d.gateway) for d in decoded if isinstance(d, Discovered)] == [
        ("34020000001310000001", "河口", "M X", "34020000001180000001"),
        ("34020000001310000002", "桥头", "M X", "34020000001180000001"),
    ]
    assert _facts(decoded) == [
        ("34020000001310000001", Fact.OFFLINE, False),
        ("34020000001310000002", Fact.OFFLINE, True),
    ]


@pytest.mark.parametrize(
    ("event", "status", "facts"),
    [
        ("ON", "", [(Fact.OFFLINE, False)]),
        ("OFF", "ON", [(Fact.OFFLINE, True)]),
        ("UPDATE", "OFF", [(Fact.OFFLINE, True)]),
        ("ADD", "OK", [(Fact.OFFLINE, False)]),
        ("VLOST", "ON", [(Fact.FAULT, True), (Fact.FAULT, False)]),
        ("DEFECT", "", [(Fact.FAULT, True), (Fact.FAULT, False)]),
        ("DEL", "OFF", []),
    ],
)
def test_a_change_of_the_catalogue(event: str, status: str, facts: list[tuple[Fact, bool]]) -> None:
    """Its event says what happened to a camera; of an entry that is new or changed the status does."""
    camera = "34020000001310000001"
    item = f"<Item><DeviceID>{camera}</DeviceID><Event>{event}</Event><Status>{status}</Status></Item>"
    text = alarm_xml(f"<DeviceList Num='1'>{item}</DeviceList>", "34020000001180000001", "Catalog")
    assert _facts(decode("gb28181/nvr", text.encode(), RECEIVED)) == [(camera, fact, active) for fact, active in facts]


def test_who_may_speak() -> None:
    """A topic with a device lets that one speak; a platform's topic names nobody."""
    foreign = alarm_xml("<Status>OK</Status>", device="34020000001320000009", command="Keepalive").encode()
    assert _reasons(decode(TOPIC, foreign, RECEIVED)) == [Reason.FOREIGN_DEVICE]
    assert _reasons(decode("gb28181/wvp", foreign, RECEIVED)) == []


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", Reason.MALFORMED),
        (b"<html>", Reason.MALFORMED),
        (b"<Notify><CmdType>Alarm</CmdType>", Reason.MALFORMED),
        (b"<Notify><CmdType>Alarm</CmdType></Notify>", Reason.MALFORMED),
        (alarm_xml("", device="../x").encode(), Reason.MALFORMED),
        (alarm_xml("", command="MobilePosition").encode(), Reason.UNSUPPORTED),
        (b"<Query><CmdType>Catalog</CmdType><DeviceID>1</DeviceID></Query>", Reason.DOWNLINK),
        (b"<Control><CmdType>DeviceControl</CmdType></Control>", Reason.DOWNLINK),
        (b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><Notify>&a;</Notify>', Reason.UNSUPPORTED),
        (b"<Notify>" + b"<a>" * 40 + b"</a>" * 40 + b"</Notify>", Reason.MALFORMED),
    ],
)
def test_what_is_refused(payload: bytes, reason: Reason) -> None:
    """Halves, other XML, questions, positions, entities and deep nesting are refused for what they are."""
    assert _reasons(decode("gb28181/wvp", payload, RECEIVED)) == [reason]


def test_a_clock_that_was_never_set() -> None:
    """1970 is not believed, and no time is ours without doubt."""
    old = decode(TOPIC, alarm("2", "2", time="1970-01-01T08:00:00").encode(), RECEIVED)
    assert isinstance(old[0], DeviceState)
    assert (old[0].time, old[0].quality) == (RECEIVED, Quality.UNCERTAIN_TIME)
    none = decode(TOPIC, alarm("2", "2", time="").encode(), RECEIVED)
    assert isinstance(none[0], DeviceState)
    assert (none[0].time, none[0].quality) == (RECEIVED, Quality.GOOD)
