"""Valid payloads to start mutations from: decoder name -> [(topic, payload)]. Made from the standards, one of each shape.

A new decoder adds its own entry; tests/properties/test_decoders_total.py picks it up.
"""

import json

PAYLOADS: dict[str, list[tuple[str, bytes]]] = {
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
    "zigbee2mqtt": [
        (
            "zigbee2mqtt/Küche/Rauchmelder 1",
            (
                b'{"smoke":true,"battery":"97.50","voltage":3000,"tamper":false,"test":false,"battery_low":false,'
                b'"linkquality":120,"smoke_density":3,"last_seen":"2024-03-01T10:00:00.000Z"}'
            ),
        ),
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
}
