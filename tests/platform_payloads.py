"""Valid payloads of the platforms' and makers' decoders, one of each shape, made from their documents."""

import base64
import json

from ingest.decoders.sl651.frame import crc16
from tests import gb26875_frames
from tests.gb26875_frames import component, components

ALINK = "/sys/a1QZ/smoke-7/thing/event/property/post"
ENVELOPE = {
    "upPacketSN": -1, "upDataSN": "", "topic": "v1/up/ad", "timestamp": 1714564798250, "tenantId": "2000", "serviceId": "",
    "protocol": "lwm2m", "productId": "15014772", "messageType": "dataReport", "deviceType": "", "assocAssetId": "",
    "deviceId": "acf7baaee65e431eadfb8f5fe50e8b81", "IMSI": "undefined", "IMEI": "860374051096202",
}  # fmt: skip


def meokon(
    kind: int, records: list[bytes], alarm: int = 0, current: bytes | None = None, limits: bytes = bytes(4),
    *, interval: int = 60, epoch: int = 1714564740, name: bytes = b"SHMK24050013", command: int = 0, power: int = 0x34,
) -> bytes:  # fmt: skip
    """Make a MEOKON report; `records` are oldest first, the last is the current value unless one is given."""
    current = records[-1] if current is None else current
    body = bytes([power, 0xC8]) + interval.to_bytes(2, "big") + len(records).to_bytes(2, "big") + bytes([kind, alarm])
    body += limits + current + epoch.to_bytes(4, "big") + b"".join(records)
    head = b"\xa5\x5a" + bytes([command]) + (2 + 1 + 2 + 12 + len(body) + 4).to_bytes(2, "big") + name
    return head + body + crc16(head + body).to_bytes(2, "big") + b"\x55\xaa"


def aep(payload: object = None, **fields: object) -> bytes:
    """Make a message that CTWing pushes."""
    return json.dumps(ENVELOPE | ({} if payload is None else {"payload": payload}) | fields).encode()


def transparent(data: bytes, **fields: object) -> bytes:
    """Make a message that encloses bytes."""
    return aep({"APPdata": base64.b64encode(data).decode()}, **fields)


def isnb(
    *channels: tuple[int, int, int, int], message: int = 2, kind: int = 0, epoch: int = 1714564740, more: bytes = b""
) -> bytes:
    """Make a frame of Hikvision's fire devices; a channel is event, its word, quantity and value. `more` follows the last."""
    head = bytes([message, 1, 0x82]) + bytes(6) + epoch.to_bytes(4, "big") + b"\x00\x00\x82\x12\x00\xff\x9a"
    head += (124).to_bytes(4, "big") + bytes(100)
    body = b"".join(
        b"\x00\x61" + at.to_bytes(2, "big") + event.to_bytes(2, "big") + word.to_bytes(4, "big")
        + quantity.to_bytes(2, "big") + value.to_bytes(2, "big")
        for at, (event, word, quantity, value) in enumerate(channels, 1)
    ) + more  # fmt: skip
    whole = head + bytes([0, kind, 0, 0]) + (len(body) + 5).to_bytes(2, "big") + b"\x00\x60"
    whole += len(channels).to_bytes(2, "big") + body
    return whole + bytes([sum(whole) & 0xFF])


def huaqiang(
    kind: int, alarms: int, tail: bytes, imei: str = "860374051096202", *, fault: int = 0, seconds: int = 178_055_940
) -> bytes:
    """Make a packet of Huaqiang: its head, what all kinds say, and the `tail` of this kind."""
    data = bytes([kind, 0, alarms, fault, 0]) + b"\x0e\x3c\x64\x77\x02\x55\x71\x52\x59" + tail
    digits = imei + "0"
    name = bytes(int(digits[at + 1] + digits[at], 16) for at in range(0, 16, 2))
    packet = (
        bytes([0x10, 7, 0x2F, kind, 1, 0, 3]) + len(data).to_bytes(2, "big") + seconds.to_bytes(4, "big") + name + data
    )
    return b"PU" + len(packet).to_bytes(2, "big") + packet


def components_27(*parts: tuple[str, object], c: int = 27) -> bytes:
    """Make the JSON of a transmission device."""
    listed = [{"id": name, "v": word} for name, word in parts]
    return json.dumps({"b": listed, "c": c, "id": 1714564700500, "tm": 1714564700500}).encode()


def alarm_xml(inner: str, device: str = "34020000001320000001", command: str = "Alarm") -> str:
    """Make a notification of GB/T 28181."""
    return f"<Notify>\n<CmdType>{command}</CmdType>\n<SN>17</SN>\n<DeviceID>{device}</DeviceID>\n{inner}</Notify>\n"


def alarm(
    method: str = "5", kind: str = "", *, time: str = "2024-05-01T19:59:30", description: str = "", priority: str = "4"
) -> str:
    """Make an alarm; `time` is Beijing's."""
    info = f"<Info><AlarmType>{kind}</AlarmType></Info>" if kind else ""
    told = f"<AlarmDescription>{description}</AlarmDescription>" if description else ""
    return alarm_xml(
        f"<AlarmPriority>{priority}</AlarmPriority><AlarmMethod>{method}</AlarmMethod><AlarmTime>{time}</AlarmTime>{told}"
        f"<Longitude>0.0</Longitude><Latitude>0.0</Latitude>{info}"
    )


_POST = {"id": "123", "version": "1.0", "method": "thing.event.property.post"}
_CATALOGUE = (
    "<Response><CmdType>Catalog</CmdType><SN>2</SN><DeviceID>34020000001180000001</DeviceID><SumNum>1</SumNum>"
    "<DeviceList Num='1'><Item><DeviceID>34020000001310000001</DeviceID><Name>河口</Name><Manufacturer>M</Manufacturer>"
    "<Model>X</Model><Parental>0</Parental><ParentID>34020000001180000001</ParentID><Status>ON</Status></Item></DeviceList>"
    "</Response>"
)
_SIP = (
    "MESSAGE sip:34020000002000000001@3402000000 SIP/2.0\r\nFrom: <sip:3402@3402>;tag=1\r\nContent-Length: 999\r\n\r\n"
)

PLATFORM_PAYLOADS: dict[str, list[tuple[str, bytes]]] = {
    "ctwing_aep": [
        (
            "ctwing/4401/acf7baaee65e431eadfb8f5fe50e8b81",
            aep(
                {
                    "serviceId": "notification",
                    "serviceData": {"TData": 30, "RSRP": 114, "CSQ": 5, "Battery_Level": 100, "Alarm_Status": 1, "Cell_ID": "3"},
                }
            ),
        ),
        ("aep", aep({"smoke_state": 1, "smoke_value": 3, "battery_voltage": 3.6, "rsrp": -953, "error_code": 0}, serviceId=10)),
        ("aep", transparent(components_27(("01000917010374010000010101003901", "2"), ("222", 1)))),
        ("aep", transparent(components_27(("01000917010374", "1"), c=92))),
        ("aep", transparent(gb26875_frames.frame(components(component(2))))),
        ("aep", transparent(meokon(1, [b"\x02\x5d"]))),
        ("aep", aep({"msg": isnb((0x64, 1, 0x17, 12), (0x63, 8, 0x15, 20), (0x62, 0, 0x23, 0xFFFF), more=b"\x00\x02\x00\x2a").hex()})),
        ("aep", transparent(huaqiang(8, 1, bytes(13)))),
        ("aep", transparent(huaqiang(6, 1, bytes(16) + b"\x01" + (178_055_940).to_bytes(4, "big") + bytes(4)))),
        ("aep", b'{"notifyType":"deviceDataChanged","deviceId":"d","service":{"serviceId":"S","data":{"smoke_state":1},"eventTime":"20240501T115958Z"}}'),
        ("aep", transparent(b"\x01\x01V1.0\x00\x00\xff")),
        ("aep", aep({"APPdata": b"\x01\x02\x03\x04\x05\x06\x07\x08\x09".hex()})),
        ("aep", aep(messageType="deviceOnlineOfflineReport", eventType=0)),
        ("aep", aep(messageType="eventReport", eventType=2, eventContent={"battery_voltage": 1, "battery_state": 1})),
        ("aep", aep(messageType="commandResponse", result={"resultCode": "DELIVERED"})),
    ],
    "aliyun_iot": [
        (ALINK, json.dumps(_POST | {"params": {"SmokeSensorState": 0, "CurrentTemperature": 21.5, "led": True}}).encode()),
        (ALINK, json.dumps(_POST | {"params": {"Geo": {"value": {"Longitude": 113.1}, "time": 1714564700500}}}).encode()),
        (
            "/sys/a1QZ/gate/thing/event/property/pack/post",
            json.dumps(
                {
                    "params": {
                        "properties": {"Power": {"value": "on", "time": 1714564700500}},
                        "events": {"alarmEvent": {"value": {"p": "on"}, "time": 1714564700500}},
                        "subDevices": [
                            {
                                "identity": {"productKey": "a2", "deviceName": "s1"},
                                "properties": {"SmokeSensorState": {"value": 1, "time": 1714564700500}},
                                "events": {},
                            }
                        ],
                    }
                }
            ).encode(),
        ),
        (
            "/sys/a1QZ/gate/thing/event/property/history/post",
            json.dumps(
                {
                    "params": [
                        {
                            "identity": {"productKey": "a2", "deviceName": "s1"},
                            "properties": [{"Power": {"value": 1, "time": 1714564700500}}],
                        }
                    ]
                }
            ).encode(),
        ),
        ("/sys/a1QZ/smoke-7/thing/event/SmokeAlarm/post", b'{"params":{"value":{"Level":2},"time":1714564700500}}'),
        ("/sys/a1QZ/smoke-7/thing/model/up_raw", bytes.fromhex("00002233441232013fa00000")),
        ("/sys/a1QZ/gate/thing/topo/add", b'{"params":[{"productKey":"a2","deviceName":"s1"}]}'),
        ("/ext/session/a1QZ/gate/combine/login", b'{"id":"1","params":{"productKey":"a2","deviceName":"s1"}}'),
        ("/as/mqtt/status/a1QZ/smoke-7", b'{"status":"offline","utcTime":"2024-05-01T11:59:30.123Z"}'),
        (
            "/a1QZ/smoke-7/thing/event/property/post",
            (b'{"productKey":"a1QZ","deviceName":"smoke-7","gmtCreate":1714564700500,'
            b'"items":{"BatteryPercentage":{"value":80,"time":1714564700500}}}'),
        ),
        ("/a1QZ/smoke-7/thing/event/x/history/post", b'{"productKey":"a1QZ","deviceName":"smoke-7","identifier":"x","value":{"smoke_state":1},"time":1714564700500}'),
        ("/a1QZ/smoke-7/thing/property/batch/post", b'{"items":{"P":[{"value":1,"time":1714564700500}]},"checkFailedData":{"smoke_state":{"value":1,"code":6304}}}'),
        ("/sys/a1QZ/smoke-7/thing/measurepoint/resume/batch", b'{"params":[{"productKey":"p","deviceKey":"d","measurepoints":{"smoke_state":1},"time":1714564700500}]}'),
        ("/a1QZ/gate/thing/topo/lifecycle", b'{"action":"create","devices":[{"productKey":"a2","deviceName":"s1"}]}'),
        ("/sys/+/+/prop/post", b'{"params":{"temperature":20}}'),
    ],
    "onenet": [
        ("onenet/4401/523444202", b'{"msg":{"at":1714564700500,"imei":"861931046156398","type":1,"ds_id":"3303_0_5700","value":-11.5,"dev_id":523444202},"msg_signature":"x","nonce":"y"}'),
        ("onenet", b'{"msg":[{"at":1714564700500,"type":1,"ds_id":"3200_0_5750","value":"c0ced68f","dev_id":1},{"type":2,"status":0,"dev_id":1,"at":1714564700500}]}'),
        ("onenet", b'{"msg":"{\\"pid\\":\\"AjI\\",\\"dev_name\\":\\"nb\\",\\"at\\":1714564700500,\\"type\\":1,\\"ds_id\\":\\"3_0_11\\",\\"value\\":1}","nonce":"y"}'),
        ("onenet", json.dumps({"msg": {"at": 1714564700500, "type": 1, "ds_id": "3300_0_5750", "value": meokon(1, [b"\x02\x5d"]).hex(), "dev_id": 1}}).encode()),
        ("onenet", json.dumps({"at": 1714564700500, "type": 1, "ds_id": "3336_0_5514", "value": huaqiang(8, 1, bytes(13)).hex(), "dev_id": 1}).encode()),
        (
            "onenet",
            (b'{"productId":"C6z4","deviceId":13,"deviceName":"t1","messageType":"notify","notifyType":"property","data":{"id":"1",'
            b'"params":{"SmokeSensorState":{"time":1714564700500,"value":1},"float":{"time":1714564700500,"value":1.11}}}}'),
        ),
        ("onenet", b'{"productId":"C6z4","deviceName":"t1","messageType":"lifeCycle","data":{"status":"online","time":1714564700500}}'),
        ("$sys/C6z4/t1/thing/property/post", b'{"id":"1","params":{"temperature":{"value":20.5,"time":1714564700500}}}'),
        ("$sys/C6z4/t1/thing/event/post", b'{"id":"1","params":{"smokeAlarm":{"value":{"x":1},"time":1714564700500}}}'),
        ("$sys/C6z4/t1/dp/post/json", b'{"id":1,"dp":{"temperature":[{"v":30,"t":1714564700}],"3316_0_5700":[{"v":"4.82"}]}}'),
        ("$sys/C6z4/t1/thing/property", b'{"productId":"C6z4","deviceName":"t1","messageType":"notify","notifyType":"property","data":{"params":{"3303_0_5700":{"value":1},"3_0_20":{"value":4}}}}'),
        ("$sys/C6z4/t1/thing/sub/login", b'{"params":{"productID":"C7","deviceName":"s1"}}'),
    ],
    "meokon_a55a": [
        ("GIOT-GW/UL/SHMK24050013", meokon(1, [b"\x02\x19", b"\x02\x1a", b"\x02\x1d"], alarm=2, current=b"\x02\x1a").hex(" ").encode()),
        ("meokon/4401/SHMK24050013", meokon(24, [b"\x01\x00\x00\x05"], alarm=0xFF, limits=bytes(8))),
        ("", meokon(20, [b"\x00\x01"], alarm=2) + b"\x00\x00" + meokon(34, [b"\x01\x00"] * 5, interval=0)),
        ("", meokon(32, [bytes(16)], limits=bytes(16))),
        ("", meokon(250, [b"\x00\x01\x02"])),
        ("", meokon(1, [b"\x02\x19"], command=4)),
    ],
    "gb28181_alarm": [
        ("gb28181/4401/34020000001320000001", f'<?xml version="1.0" encoding="GB2312"?>\n{alarm("5", "6")}'.encode("gb18030")),
        ("gb28181/wvp", alarm("5", "2", description="检测到烟火", priority="1").encode("gb18030")),
        ("gb28181/wvp", (_SIP + alarm("25", "2")).encode()),
        ("gb28181/wvp", alarm_xml("<Status>ERROR</Status><Info><DeviceID>34020000001310000009</DeviceID></Info>", command="Keepalive").encode()),
        ("gb28181/wvp", alarm("5", "2").replace("</SN>", "</SN><Address>A & B<3</Address>").encode()),
        ("gb28181/wvp", _CATALOGUE.encode("gb18030")),
        ("gb28181/wvp", alarm_xml("<Longitude>113.1</Longitude>", command="MobilePosition").encode()),
    ],
}  # fmt: skip
