"""LoRaWAN network servers' messages, made from their documentation: JSON, and Protocol Buffers by our own tables."""

import base64
import json

from ingest.lorawan.chirpstack_protobuf import V3, V4

EUI = "70B3D57ED0001234"
OTHER_EUI = "70B3D57ED0009999"
NOON_S = 1_714_564_800  # 2024-05-01T12:00:00Z
NOON = "2024-05-01T12:00:00.123456789+00:00"
V4_TOPIC = "application/17c82e96-be03-4f38-aef3-f83d48582d97/device/70b3d57ed0001234/event/"
V3_TOPIC = "application/5/device/70b3d57ed0001234/"
TTS_TOPIC = "v3/app1@tenant1/devices/dev1/"


def v4(profile: str = "some sensor", **fields: object) -> bytes:
    """Write an event of ChirpStack v4 as JSON."""
    info = {"devEui": EUI.lower(), "deviceName": "bridge 3", "deviceProfileName": profile, "tags": {}}
    return json.dumps({"deduplicationId": "3ac7e3c4", "time": NOON, "deviceInfo": info, **fields}).encode()


def up(data: str, port: int = 85, profile: str = "some sensor", **fields: object) -> bytes:
    """Write an uplink of v4 that carries the bytes of hex `data`."""
    radio = [{"gatewayId": "a", "rssi": -110, "snr": -3.5}, {"gatewayId": "b", "rssi": -60, "snr": 9.5}]
    raw = base64.b64encode(bytes.fromhex(data)).decode()
    return v4(profile, data=raw, fPort=port, rxInfo=radio, **fields)


def tts(**uplink: object) -> bytes:
    """Write an uplink of The Things Stack."""
    message = {"received_at": "2024-05-01T12:00:00.123456789Z", **uplink}
    return json.dumps({"end_device_ids": tts_ids(), "received_at": NOON, "uplink_message": message}).encode()


def tts_ids(name: str = "dev1", dev_eui: str = EUI) -> dict[str, object]:
    """Write who speaks, as The Things Stack does."""
    return {"device_id": name, "application_ids": {"application_id": "app1"}, "dev_eui": dev_eui}


def protobuf_up() -> bytes:
    """Write the uplink of `up("01755c", object=...)` in Protocol Buffers of v4."""
    message = V4["up"]()
    time, info = message.time, message.device_info  # type: ignore[attr-defined]
    time.seconds, time.nanos = NOON_S, 123_456_789
    info.dev_eui, info.device_name, info.device_profile_name = EUI.lower(), "bridge 3", "some sensor"
    message.f_port, message.data = 85, bytes.fromhex("01755c")  # type: ignore[attr-defined]
    for rssi, snr in ((-110, -3.5), (-60, 9.5)):
        message.rx_info.add(rssi=rssi, snr=snr)  # type: ignore[attr-defined]
    message.tx_info.modulation.lora.spreading_factor = 7  # type: ignore[attr-defined]
    members = message.object.fields  # type: ignore[attr-defined]
    members.add(key="battery").value.number = 92
    members.add(key="smoke").value.truth = True
    members.add(key="distance").value.text = "No Sensor"
    members.add(key="inner").value.struct.fields.add(key="depth_cm").value.number = 2
    return b"\n\x243ac7e3c4-4401-4b8d-9386-a5c902f9202d" + message.SerializeToString()


def protobuf_status(margin: int = 10, level: float = 88.5) -> bytes:
    """Write a status in Protocol Buffers of v4."""
    message = V4["status"](margin=margin, battery_level=level)
    message.time.seconds = NOON_S  # type: ignore[attr-defined]
    message.device_info.dev_eui = EUI.lower()  # type: ignore[attr-defined]
    return b"\n\x013" + message.SerializeToString()


def protobuf_up_v3() -> bytes:
    """Write an uplink in Protocol Buffers of v3: field 1 is the number of the application."""
    message = V3["up"](
        dev_eui=bytes.fromhex(EUI), f_port=85, data=bytes.fromhex("01755c"), object_json='{"battery": 92}'
    )
    radio = message.rx_info.add(rssi=-60, lora_snr=9.5)  # type: ignore[attr-defined]
    radio.time.seconds = NOON_S
    return b"\x08\x05" + message.SerializeToString()
