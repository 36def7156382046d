"""Valid payloads of the packaged examples of declared formats: name -> [(topic, payload)]."""

import base64

from tests.payloads import PAYLOADS as BUILT_IN

_CHIRPSTACK = (
    b'{"deduplicationId":"3ac7e3c4","time":"2022-07-18T09:34:15.775023242+00:00","deviceInfo":{"deviceName":"d","devEui":'
    b'"0101010101010101"},"fPort":1,"data":"qg==","rxInfo":[{"gatewayId":"0016c001f153a14c","rssi":-36,"snr":10.5}],'
    b'"object":{"battery_mv":3700,"battery_v":3.7,"uptime_s":42}}'
)
_LIAN = (
    b'{"messageType":"dataReport","timestamp":1714564700500,"deviceId":"44d0","IMEI":"861","payload":{"serviceId":1,'
    b'"serviceData":{"Alarm_Status":1,"Battery_Level":97,"TData":21.5}}}'
)
_MEOKON = bytes.fromhex("a55a00002953485250323530393031323034d0000000010100000009c4025d68ffb887025d843e55aa")

PAYLOADS: dict[str, list[tuple[str, bytes]]] = {
    "chirpstack-status": [("application/1/device/0101010101010101/event/up", _CHIRPSTACK)],
    "ctwing-lian-smoke": [
        ("ctwing", _LIAN),
        (
            "ctwing",
            b'{"messageType":"deviceOnlineOfflineReport","eventType":0,"deviceId":"44d0","timestamp":1714564700500}',
        ),
    ],
    "ctwing-transparent": [
        (
            "ctwing",
            b'{"IMEI":"861","timestamp":1714564700500,"payload":{"APPdata":"%s"}}'
            % base64.b64encode(bytes.fromhex("AA1F400E1001234582DD")),
        )
    ],
    "meokon-pressure": [("GIOT-GW/UL/SHRP25090120", _MEOKON), ("GIOT-GW/UL/x", _MEOKON.hex().encode())],
    "milesight-em-level": [("", bytes.fromhex("01755C0367010104824408050001"))],
    "milesight-gs524n": [("", bytes.fromhex("221E64001C40"))],
    "netvox-ra02a": [("", bytes.fromhex("010A01240101012C000000"))],
    "onenet-nb": [
        *BUILT_IN.get("onenet", []),
        ("onenet", b'{"msg":{"at":1555904805407,"imei":"8","type":1,"ds_id":"3301_0_5700","value":5,"dev_id":5}}'),
    ],
    "tasmota-sensor": [
        *BUILT_IN.get("tasmota", []),
        ("tele/x/SENSOR", b'{"Time":"2019-10-31T18:55:09","ANALOG":{"Illuminance":8,"A0":3}}'),
    ],
    "thingsboard-telemetry": [
        *BUILT_IN.get("thingsboard", []),
        (
            "v1/gateway/telemetry",
            b'{"A":[{"ts":1714564700500,"values":{"key2":true,"key3":3.0,"key5":{"someNumber":42}}}]}',
        ),
    ],
    "zigbee2mqtt-smoke": BUILT_IN["zigbee2mqtt"],
}
