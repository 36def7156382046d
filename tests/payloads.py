"""Valid payloads to start mutations from: decoder name -> [(topic, payload)]. Made from the standards, one of each shape.

A new decoder adds its own entry; tests/properties/test_decoders_total.py picks it up.
"""

import json

from tests import gb26875_frames, hj212_frames, lorawan_frames, sl427_frames
from tests.gb26875_frames import NOON, component, components
from tests.platform_payloads import PLATFORM_PAYLOADS
from tests.sl651_frames import ascii_frame, body, frame, report
from tests.warning_messages import CAP_SEEDS, CMA_SEEDS

PAYLOADS: dict[str, list[tuple[str, bytes]]] = {
    "cap12": CAP_SEEDS,
    "cap12_flash_flood": CAP_SEEDS,
    "cma_warning": CMA_SEEDS,
    "senml": [
        ("gridwatch/v1/4401/smoke-1/senml", b'[{"n":"smoke","u":"%/m","v":0.4}]'),
        (
            "gridwatch/v1/4401/smoke-1/senml",
            (
                b'[{"bn":"smoke-1:","bt":1700000000,"bu":"Cel","bver":10,"n":"temperature","v":21.5},'
                b'{"n":"battery","u":"%EL","t":-5,"v":98},{"n":"fire","vb":true},{"n":"note","vs":"ok"},{"n":"rain","s":4}]'
            ),
        ),
        (
            "gridwatch/v1/4401/smoke-1/senml",
            bytes.fromhex("82a321616122fb41d95540ac8000000061750002f93e00a2000102182a"),
        ),
        ("gridwatch/v1/4401/smoke-1/senml", b"81 A3 00 65 73 6D 6F 6B 65 01 63 25 2F 6D 02 F9 38 00"),
    ],
    "shelly": [
        ("hall/status/smoke:0", b'{"id":0,"alarm":true,"mute":false,"errors":["x"]}'),
        ("hall/status/devicepower:0", b'{"id":0,"battery":{"V":2.9,"percent":81},"external":{"present":false}}'),
        (
            "hall/events/rpc",
            b'{"src":"s-1","dst":"hall/events","method":"NotifyStatus","params":{"ts":1777636700.5,"temperature:1":{"tC":21.5}}}',
        ),
        ("hall/events/rpc", b'{"method":"NotifyEvent","params":{"ts":1777636700.5,"events":[{"event":"alarm_test"}]}}'),
        ("hall/online", b"true"),
        ("shellies/shellygas-1/sensor/gas", b"test"),
        ("shellies/shellygas-1/sensor/concentration", b"12"),
    ],
    "zigbee2mqtt": [
        (
            "zigbee2mqtt/Küche/Rauchmelder 1",
            (
                b'{"smoke":true,"battery":"97.50","voltage":3000,"tamper":false,"test":false,"battery_low":false,'
                b'"linkquality":120,"smoke_density":3,"last_seen":"2024-03-01T10:00:00.000Z"}'
            ),
        ),
        ("zigbee2mqtt/kitchen", b'{"gas":false,"carbon_monoxide":true,"co":120,"linkquality":44}'),
        (
            "zigbee2mqtt/loft",
            b'{"smoke_state":"alarm","battery_state":"low","self_test":"checking","silence":"ON","contact":false,"pressure":98.5}',
        ),
        ("zigbee2mqtt/loft/smoke_state", b"alarm"),
        ("zigbee2mqtt/hall/availability", b'{"state":"offline"}'),
        ("zigbee2mqtt/bridge/state", b"online"),
        ("zigbee2mqtt/bridge/devices", b'[{"friendly_name":"hall","definition":{"exposes":[{"features":[]}]}}]'),
    ],
    "frigate": [
        (
            "frigate/events",
            json.dumps(
                {
                    "type": "update",
                    "before": {"id": "1700000000.5-abcdef", "camera": "gate", "label": "fire"},
                    "after": {
                        "id": "1700000000.5-abcdef",
                        "camera": "gate",
                        "label": "fire",
                        "sub_label": ["x", 0.7],
                        "score": 0.81,
                        "false_positive": False,
                        "start_time": 1700000000.5,
                        "frame_time": 1700000003.25,
                        "end_time": None,
                        "entered_zones": ["yard"],
                        "current_attributes": [{"label": "face", "score": 0.8}],
                    },
                }
            ).encode(),
        ),
        (
            "frigate/reviews",
            json.dumps(
                {
                    "type": "end",
                    "before": {},
                    "after": {
                        "id": "1700000000.5-ghijkl",
                        "camera": "gate",
                        "severity": "alert",
                        "start_time": 1700000000.5,
                        "end_time": 1700000060.5,
                        "data": {"detections": ["1700000000.5-abcdef"], "objects": ["smoke", "fire"], "zones": []},
                    },
                }
            ).encode(),
        ),
        ("frigate/available", b"online"),
        ("frigate/gate/status/detect", b"offline"),
        ("frigate/gate/motion", b"ON"),
        ("frigate/tracked_object_update", b'{"type":"lpr","id":"1.0-a","name":null,"plate":"X","camera":"gate"}'),
        ("frigate/gate/person/snapshot", b"\xff\xd8\xff\xe0\x00\x10JFIF"),
    ],
    "sl651": [
        ("sl651/4401/0012345678", report("2019 000001 2619 003196 3923 00028960 4520 00000480 FF33 11 0205 3812 1213")),
        ("sl651/4401/0012345678", report("F460" + "00" * 12 + "F5C0" + "006B" * 12 + "3923 00001070", function=0x34)),
        ("sl651/4401/0012345678", report("0418 000005 3923" + "00028960" * 12, function=0x31, observed="2607010505")),
        ("sl651/4401/0012345678", report("3812 1213").hex(" ").encode()),
        ("sl651/4401/0012345678", frame(0x32, body("3923 00028960 3812 1213")[:31], packet=(2, 1))),
        ("", frame(0x50, bytes.fromhex("0007260701060030F1F10012345678") + bytes(64))),
        ("", ascii_frame(0x32, "ST 0012345678 H TT 2607010600 Z 6.38 PJ M VT 12.50 ZT 00000480 ")),
        ("", ascii_frame(0x31, "ST 0012345678 H TT 2607010500 DRN05 PN05 Z 0.5 1.00 M 1.01 ")),
        ("", ascii_frame(0x34, "ST 0012345678 H TT 2607010505 DRP " + "05" * 12 + " DRZ1 " + "006B" * 12 + " ")),
        # A body that is wrong behind a checksum that is right.
        *(("", report("0418 00000F 7979 FFFF F0F0 FF39 F1F1 45 F4" + tail)) for tail in ("", "00", "FFFFFF")),
    ],
    "hj212": [
        ("hj212/4401/A110000_0001", hj212_frames.report("a34004-Rtd=23.4,a34004-Flag=N;LA-Rtd=51,LA-Flag=D")),
        ("hj212/4401/A110000_0001", hj212_frames.report("w01018-Avg=1,w01018-Min=0,w01018-Cou=9", cn="2061", flag=4)),
        ("", hj212_frames.report("SB1-RS=1;SB2-RS=0", cn="2021") + hj212_frames.report("SB1-RT=1.5", cn="2041")),
        ("", hj212_frames.packet("ST=32;CN=2072;PW=1;MN=8;CP=&&AlarmTime=20260701060000;011-Ala=9;011-AlarmType=1&&")),
        (
            "",
            hj212_frames.packet(
                "QN=20260701060030123;ST=31;CN=2051;PW=1;MN=监测点;Flag=6;PNUM=2;PNO=1;CP=&&02-Avg=1&&"
            ),
        ),
    ],
    "sl427": [
        ("sl427/4401/0102030405", sl427_frames.frame(0xB2, 0xC0, "785634 12 0100 0000 301514120526 00")),
        ("sl427/4401/0102030405", sl427_frames.frame(0xB3, 0x81, "0420 3412000000 AAAAAAAAAA 0000 301514120526 00")),
        ("", sl427_frames.frame(0xB0, 0x02, "F2") + sl427_frames.frame(0xBD, 0x84, "5012")),
        ("", sl427_frames.frame(0xB4, 0xC0, "554504 0020 7000 301514120526 00").hex().encode()),
        ("", sl427_frames.frame(0xF1, 0xC0, "01 554504 0020 7000 301514120526 00")),
        ("", sl427_frames.frame(0xB3, 0xC0, "0059000000 8261100000 0110 6000 004508090A")),
        (
            "",
            sl427_frames.frame(0xBE, 0xC0, "C1 250000 0000 0000 301514120526 00")
            + sl427_frames.frame(0xB0, 0x5E, "05000100"),
        ),
        ("", sl427_frames.frame(0xB7, 0xC0, "131000 500230 5520 0002 0000 301514120526 00")),
        ("", sl427_frames.frame(0xBA, 0xB0, "0300000000 34120000 78560000 0100 0000")),
    ],
    "gst9000_printer": [
        ("gst9000/4401/p1", "\x1b626/07/01  06:00\n  006-007\n\x1b9首次火警\n一楼大厅\n感烟探测器\n\n".encode("gbk")),
        ("gst9000/4401/p1", "\x1b626/07/01  06:01\n  \n\x1b9系统复位\n\n".encode("gbk")),
        ("gst9000/4401/p1", "2026-07-01 06:02:03 1-006-007 故障恢复\n".encode("gbk") * 2),
        ("", "\x1b626/07/01  06:00\n  012034\n\x1b9自检\n\n".encode("gbk").hex().encode()),
    ],
    "gb26875_3": [
        ("gb26875/4401/B22396604001", gb26875_frames.frame(components(component(2), component(0x0104, text=b"room")))),
        ("gb26875/4401/B22396604001", gb26875_frames.frame(bytes([21, 1, 9]) + NOON)),
        ("gb26875/4401/B22396604001", gb26875_frames.frame(bytes([1, 1, 1, 11, 2, 36]) + NOON)),
        ("", gb26875_frames.frame(bytes([3, 1, 1, 1, 99, 2, 0, 7, 0, 3, 1, 255]) + NOON)),
        ("", gb26875_frames.frame(bytes([4, 1, 1, 1, 5, 9]) + NOON, version=(2, 1)).hex().encode()),
        ("", gb26875_frames.frame(b"", command=3) + gb26875_frames.frame(bytes([24, 1, 32, 1]) + NOON)),
        ("", gb26875_frames.frame(bytes([9, 1, 0, 5, 51, 51, 2, 0, 0, 2, 0xBB, 0xF0]) + NOON, version=(2, 3))),
        ("", gb26875_frames.frame(bytes([10, 1, 0, 5, 51, 3, 9, 2, 0, 0, 0, 7, 0, 1, 1, 49]) + NOON, version=(2, 3))),
        ("", gb26875_frames.frame(bytes([135, 1]) + component(2), version=(2, 3))),
    ],
    "axis_onvif_mqtt": [
        (
            "axis/ACCC8E012345/event/tns:onvif/Device/tns:axis/IO/Port/$source/port/1",
            (
                b'{"timestamp":1714564798250,"topic":"onvif:Device/axis:IO/Port","serial":"ACCC8E012345",'
                b'"message":{"source":{"port":"1"},"key":{},"data":{"state":"1","classTypes":"smoke,human"}}}'
            ),
        ),
        ("axis/ACCC8E012345/event/connection", b'{"connected":false,"description":"Connection Lost"}'),
        (
            "axis/ACCC8E012345/event/tns:axis/AirQualityMonitor/Metadata",
            b'{"timestamp":1714564798250,"message":{"data":{"Temperature":"23.5","CO2":"612","PM2.5":"4.2"}}}',
        ),
        (
            "lobby/onvif-mj/SensorData/Temperature",
            b'{"SensorData":{"@UtcTime":"2024-05-01T11:59:58Z","@SensorID":"t1","Value":298.65}}',
        ),
        (
            "lobby/onvif-ej/RuleEngine/LineDetector/Crossed/&1/2/Fire lane",
            b'{"UtcTime":"2024-05-01T11:59:58Z","Source":{}}',
        ),
        (
            "lobby/onvif-ej/RuleEngine/FieldDetector/ObjectsInside/&1",
            (
                b'{"UtcTime":"2024-05-01T11:59:58Z","Source":{"SimpleItem":[{"Name":"Rule","Value":"1"}]},'
                b'"Data":{"Object":{"Appearance":{"Class":{"Type":[{"#text":"Fire"}]}}},"IsInside":"true"}}'
            ),
        ),
        (
            "",
            (
                b'<?xml version="1.0"?><tt:MetadataStream xmlns:tt="a" xmlns:wsnt="b"><tt:Event><wsnt:NotificationMessage>'
                b"<wsnt:Topic>tns1:Device/tnsaxis:Sensor/PIR</wsnt:Topic><wsnt:Message>"
                b'<tt:Message UtcTime="2024-05-01T11:59:58.25Z" PropertyOperation="Changed"><tt:Source>'
                b'<tt:SimpleItem Name="sensor" Value="0"/></tt:Source><tt:Data><tt:SimpleItem Name="state" Value="1"/>'
                b"</tt:Data></tt:Message></wsnt:Message></wsnt:NotificationMessage></tt:Event></tt:MetadataStream>"
            ),
        ),
    ],
    "sparkplug_b": [
        (
            "spBv1.0/plant/DBIRTH/node/device",
            (
                b'{"timestamp":1714564798250,"metrics":[{"name":"Inputs/A","alias":3,"timestamp":1714564798250,'
                b'"dataType":"Int16","value":-3,"properties":{"engUnit":{"type":"String","value":"Cel"}}}],"seq":1}'
            ),
        ),
        ("spBv1.0/plant/NDATA/node", bytes.fromhex("08eaf2f5a8a02b12120a05626453657118eaf2f5a8a02b20085800")),
        (
            "spBv1.0/plant/NBIRTH/node",
            bytes.fromhex(
                "08aaae9aa0f331122b0a054c6576656c100118aaae9aa0f331200a4a0e0a07656e67556e6974120342014d690000000000000440"
                "120f0a05536d6f6b651002200b3800700112170a03507570201392010d120b0a05537065656420035007"
            ),
        ),
        ("spBv1.0/plant/DDATA/node/device", b"08eaf2f5a8a02b12070801108403580518ff01"),
        (
            "spBv1.0/plant/NDATA/node",
            bytes.fromhex(
                "08aaae9aa0f33112100a0550726f62652017820104e2ff280012220a054c6576656c200a4a0e0a075175616c697479120318"
                "f4036900000000000004401803"
            ),
        ),
        (
            "spBv1.0/plant/NDATA/node",
            bytes.fromhex(
                "221253504256312e305f434f4d505245535345442a22789ce358b56ed682cf86122c42425cac3ea965a9390a5c990c60c0e2"
                "000087a206dd"
            ),
        ),
        ("spBv1.0/plant/NCMD/node", b"\x08\x01"),
    ],
    "chirpstack_v4": [
        (lorawan_frames.V4_TOPIC + "up", lorawan_frames.up("01755C 03824408 040001", profile="EM310-UDL")),
        (
            lorawan_frames.V4_TOPIC + "up",
            lorawan_frames.up("AA", object={"battery": 92, "smoke": "alarm", "a": [1, {"b": "3 V"}]}),
        ),
        (
            lorawan_frames.V4_TOPIC + "up",
            lorawan_frames.up("20CE9E74466332002 0CE0000".replace(" ", ""), profile="EM500-SWL"),
        ),
        (lorawan_frames.V4_TOPIC + "status", lorawan_frames.v4(margin=10, batteryLevel=88.5)),
        (
            lorawan_frames.V4_TOPIC + "log",
            lorawan_frames.v4(level="ERROR", code="UPLINK_MIC", description="invalid MIC"),
        ),
        (lorawan_frames.V4_TOPIC + "join", lorawan_frames.v4(devAddr="00189440")),
        (lorawan_frames.V4_TOPIC + "up", lorawan_frames.protobuf_up()),
        (lorawan_frames.V4_TOPIC + "status", lorawan_frames.protobuf_status()),
        (lorawan_frames.V3_TOPIC + "event/up", lorawan_frames.protobuf_up_v3()),
    ],
    "lorawan_other_ns": [
        (
            lorawan_frames.V3_TOPIC + "rx",
            (
                b'{"applicationID":"5","deviceName":"EM300-TH","devEUI":"cLPVftAAEjQ=","rxInfo":[{"rssi":-96,"loRaSNR":6.2,'
                b'"time":"2024-05-01T12:00:00Z"}],"fCnt":58,"fPort":85,"data":"A2fqAARoTw==","objectJSON":"{\\"temperature\\":23.4}"}'
            ),
        ),
        (
            "milesight/uplink",
            (
                b'{"result":{"rssi":"-59","loraSNR":"14.0","devEUI":"70B3D57ED0001234","time":"2024-05-01T20:00:00+08:00",'
                b'"type":"UpUnc","fPort":"85","size":"6","payloadHex":"0367ea00"}}'
            ),
        ),
        (lorawan_frames.V3_TOPIC + "status", b'{"devEUI":"70b3d57ed0001234","battery":254,"margin":20}'),
    ],
    "tts_v3": [
        (
            lorawan_frames.TTS_TOPIC + "up",
            lorawan_frames.tts(
                f_port=85,
                frm_payload="AXVc",
                decoded_payload={"battery": 92},
                rx_metadata=[{"rssi": -35, "snr": 5}],
                settings={"data_rate": {"lora": {}}, "frequency": "868300000"},
                version_ids={"model_id": "em500-swl"},
                last_battery_percentage={"value": 94.5, "received_at": "2024-05-01T08:00:00Z"},
            ),
        ),
        (
            lorawan_frames.TTS_TOPIC + "join",
            json.dumps({"end_device_ids": lorawan_frames.tts_ids(), "join_accept": {}}).encode(),
        ),
    ],
    "lorawan_payloads": [
        ("lorawan/milesight_em/70B3D57ED0001234/85", b"01755C036701010482440805000184824106018367E800 01"),
        (
            "lorawan/EM410-RDL/x/85",
            bytes.fromhex("B482FFFF03948241061000 0220CE9E744663440800010000 01".replace(" ", "")),
        ),
        (
            "lorawan/EM300-DI/x/85",
            bytes.fromhex("05E10A000A000000803F85000101 21CE9E744663FA0050000200000A000A0000803F".replace(" ", "")),
        ),
        (
            "lorawan/EM320-TH-V2/x",
            bytes.fromhex("83670A010284 9A0A0106 9367 0A010A0000 20CE9E7446630A01F40101".replace(" ", "")),
        ),
        ("", b"221E64001C40"),
        ("lorawan/WS303/x/85", bytes.fromhex("017564030001")),
        ("lorawan/R718PA22/x/6", bytes.fromhex("019B01240834FFFB000000")),
        (
            "lorawan/EM400-TLD/x",
            b"\x02\x00\x01\x00\x57\x00\x00\x00\x01" + b"0" * 74 + bytes.fromhex("090006017564050001"),
        ),
        ("lorawan/GS301/x/85", bytes.fromhex("01756402671C01036864047DFFFF057D0100FF3F02")),
        ("lorawan/netvox_ra02/x/6", b"AQoBHgEBBLAAAAA="),
        ("lorawan/LDDS75/x/2", bytes.fromhex("0CD1070A00010501")),
        ("lorawan/LDDS04/x/2", bytes.fromhex("0D4A03160318031A031501")),
        ("lorawan/LWL02/x/10", bytes.fromhex("4BB20200000500000A00")),
        ("lorawan/LDS03A/x/3", bytes.fromhex("03000005000002662F0A00")),
        ("lorawan/PS-LB/x/2", bytes.fromhex("0CE400051F40000000")),
        ("lorawan/LDS40-LB/x/2", bytes.fromhex("0CD1FF9C0929006500001A01")),
        ("lorawan/DDS75-LB/x/3", bytes.fromhex("0CD1070A010542662F0A00")),
        ("lorawan/LHT65/x/2", bytes.fromhex("CBF60B0D0376010ADD7FFF")),
        ("lorawan/LHT65/x/2", bytes.fromhex("0A0B0B0D037641662F0A00")),
        ("lorawan/LLMS01/x/2", bytes.fromhex("0CD1010500640105000001")),
    ],
    "thingsboard": [
        (
            "v1/devices/well/telemetry",
            b'{"ts":1714564798250,"values":{"level":2.5,"smoke":true,"key5":{"n":[1],"m":"4"}}}',
        ),
        ("site/well/v1/devices/me/telemetry", b'[{"tempOut":"21.5","pump":true},{"ts":10000,"values":{"tamper":0}}]'),
        ("gw/v1/gateway/telemetry", b'{"A":[{"ts":1714564798250,"values":{"t":1}}],"B":[{"t":2}]}'),
        ("gw/v1/gateway/connect", b'{"device":"A","type":"meter"}'),
        ("v1/devices/well/rpc/request/1", b'{"method":"x"}'),
    ],
    **PLATFORM_PAYLOADS,
    "tasmota": [
        (
            "tele/board/SENSOR",
            (
                b'{"Time":"2024-05-01T19:59:58","BME280":{"Temperature":21.5,"Pressure":750.1},"DS18B20-1":{"Temperature":null},'
                b'"ENERGY":{"Total":3.1,"Power":[3,5]},"Switch1":"ON","LYWSD03-52680f":{"Battery":9},"TempUnit":"F",'
                b'"PressureUnit":"mmHg"}'
            ),
        ),
        ("tele/board/STATE", b'{"Time":"2018.02.15 01:00:50","Vcc":3.4,"POWER1":"ON","Wifi":{"Signal":-70}}'),
        ("stat/board/POWER", b"ON"),
        ("tele/board/LWT", b"Offline"),
        (
            "tele/board/SENSOR",
            b'{"LwReceived":{"0x4AD6":{"Node":1,"Device":"0x4AD6","RSSI":-49,"Decoder":"LDS02","FPort":10,"Payload":[11,196,1]}}}',
        ),
        ("tele/board/ZbReceived", b'{"0x5ADF":{"Device":"0x5ADF","0500<00":"010000FF0000","LinkQuality":9}}'),
        (
            "tele/board/SENSOR",
            b'{"VL53L0X":{"Distance":263},"TX23":{"Speed":{"Avg":9.5}},"SpeedUnit":"kn","Humidity":40}',
        ),
        (
            "tele/bridge/5ADF/SENSOR",
            b'{"ZbReceived":{"0x5ADF":{"Device":"0x5ADF","Fire":1,"ZoneStatus":13,"Temperature":19.04,"ModelId":"S"}}}',
        ),
        ("stat/board/STATUS8", b'{"StatusSNS":{"Time":"2024-05-01T11:59:58+02:00","ANALOG":{"A0":8}}}'),
    ],
    "ha_mqtt_discovery": [
        (
            "homeassistant/binary_sensor/hall/smoke/config",
            (
                b'{"availability":[{"topic":"zigbee2mqtt/bridge/state"}],"device":{"identifiers":["z1"],"manufacturer":"A",'
                b'"model":"B","name":"Hall","via_device":"hub"},"device_class":"smoke","name":"Smoke","payload_on":true,'
                b'"state_topic":"zigbee2mqtt/hall","unique_id":"u","value_template":"{{ value_json.smoke }}"}'
            ),
        ),
        (
            "homeassistant/sensor/x/config",
            (
                b'{"~":"tele/air","stat_t":"~/SENSOR","avty":{"t":"~/LWT"},"dev":{"ids":"9229","cns":[["mac","02:5b"]]},'
                b'"unit_of_meas":"%","dev_cla":"humidity","val_tpl":"{{value_json[\'PMS\'][\'CF2.5\']}}"}'
            ),
        ),
        (
            "homeassistant/device/0AFF/config",
            b'{"dev":{"ids":"ea"},"o":{"name":"b"},"cmps":{"a":{"p":"binary_sensor","dev_cla":"gas"},"b":{"p":"sensor"}}}',
        ),
    ],
}
