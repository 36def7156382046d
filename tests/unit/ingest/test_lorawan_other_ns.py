"""ChirpStack v3, LoRa App Server and Milesight gateways: the same in other spellings."""

import base64
import json
from datetime import UTC, datetime

import pytest

from ingest.lorawan.chirpstack import decode
from ingest.readings import DeviceState, Discovered, Enclosed, Fact, Quality, Reading, Reason
from tests.lorawan_frames import EUI, OTHER_EUI, V3_TOPIC
from tests.lorawan_said import facts, reasons, values

RECEIVED = datetime(2024, 5, 1, 12, 30, tzinfo=UTC)
NOON = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
RX = V3_TOPIC + "rx"
IN_BASE64 = base64.b64encode(bytes.fromhex(EUI)).decode()


def _v3(**fields: object) -> bytes:
    return json.dumps({"applicationID": "5", "devEUI": EUI.lower(), "fCnt": 58, "fPort": 85} | fields).encode()


@pytest.mark.parametrize("spelled", [EUI, EUI.lower(), IN_BASE64, IN_BASE64.rstrip("="), "70-b3-d5-7e-d0-00-12-34"])
def test_every_spelling_of_an_eui_is_one_device(spelled: str) -> None:
    """Hex in either case, with separators, or base64: one device, in upper case."""
    said = decode(RX, _v3(devEUI=spelled, rxInfo=[{"rssi": -96, "loRaSNR": 6.2}]), RECEIVED)
    assert {item.device for item in said if isinstance(item, Reading)} == {EUI}
    assert values(said) == {"rssi": (-96.0, "dBm"), "snr": (6.2, "dB")}


def test_foreign_eui_in_base64_is_refused() -> None:
    """A spelling hides nobody."""
    other = base64.b64encode(bytes.fromhex(OTHER_EUI)).decode()
    assert reasons(decode(RX, _v3(devEUI=other), RECEIVED)) == [Reason.FOREIGN_DEVICE]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"rxInfo": [{"rssi": -1, "time": "2024-05-01T12:00:00Z"}], "publishedAt": "2024-05-01T12:00:09Z"}, NOON),
        ({"rxInfo": [{"rssi": -1, "time": None}, {"rssi": -2, "time": "2024-05-01T12:00:00Z"}]}, NOON),
        ({"rxInfo": [{"rssi": -1}], "publishedAt": "2024-05-01T20:00:00+08:00"}, NOON),
        ({"rxInfo": [{"rssi": -1}]}, RECEIVED),
    ],
)
def test_time_nearest_to_the_radio(fields: dict[str, object], expected: datetime) -> None:
    """A gateway's time, then when it was published, then ours; none of them is no fault."""
    (rssi,) = decode(RX, _v3(**fields), RECEIVED)
    assert isinstance(rssi, Reading)
    assert (rssi.time, rssi.quality) == (expected, Quality.GOOD)


@pytest.mark.parametrize("output", ["", "   ", "{", "[1]", "3"])
def test_output_that_is_empty_or_broken_leaves_the_payload(output: str) -> None:
    """`objectJSON` is text, often empty; the payload is still there."""
    (enclosed,) = decode(RX, _v3(objectJSON=output, data="AQI="), RECEIVED)
    assert isinstance(enclosed, Enclosed)
    assert (enclosed.payload, enclosed.port) == (b"\x01\x02", 85)


def test_output_as_text_is_read() -> None:
    """An object in a string is an object."""
    said = decode(RX, _v3(objectJSON='{"smoke":1,"temperature":23.4}', data="AQI="), RECEIVED)
    assert values(said) == {"temperature": (23.4, "Cel")}
    assert facts(said) == {Fact.FIRE: True}


def test_name_of_the_device_is_the_hint_where_there_is_no_profile() -> None:
    """v3 tells no profile; Milesight gateways name devices by their models."""
    said = decode(RX, _v3(deviceName="EM300-TH", data="A2fqAARoTw=="), RECEIVED)
    assert values(said) == {"temperature": (23.4, "Cel"), "humidity": (39.5, "%RH")}


def test_milesight_gateway_writes_numbers_as_text() -> None:
    """Numbers in quotes, an EUI in upper case, hex of the payload, Beijing time, in a wrapper, on a topic of its own."""
    packet = {
        "rssi": "-59", "loraSNR": "14.0", "devEUI": EUI, "time": "2024-05-01T20:00:00+08:00", "type": "UpUnc",
        "fPort": "85", "size": "4", "payloadBase64": "A2fqAA==", "payloadHex": "0367ea00",
    }  # fmt: skip
    for message in (packet, {"result": packet}, {k: v for k, v in packet.items() if k != "payloadBase64"}):
        rssi, snr, enclosed = decode("milesight/uplink", json.dumps(message).encode(), RECEIVED)
        assert isinstance(rssi, Reading)
        assert isinstance(snr, Reading)
        assert isinstance(enclosed, Enclosed)
        assert (rssi.value, snr.value, rssi.time) == (-59.0, 14.0, NOON)
        assert (enclosed.payload, enclosed.port) == (bytes.fromhex("0367ea00"), 85)


def test_rak_gateway_writes_the_payload_in_hex() -> None:
    """`data_encode` says so: as base64 the same characters would be other bytes. Its time is in seconds."""
    packet = {"devEUI": EUI, "timestamp": 1714564800, "fPort": 85, "data": "01755C03824408", "data_encode": "hexstring"}
    (enclosed,) = decode(RX, json.dumps(packet).encode(), RECEIVED)
    assert isinstance(enclosed, Enclosed)
    assert (enclosed.payload, enclosed.time, enclosed.quality) == (bytes.fromhex("01755C03824408"), NOON, Quality.GOOD)
    (enclosed,) = decode(RX, json.dumps({**packet, "data": "A2fqAA==", "data_encode": "base64"}).encode(), RECEIVED)
    assert isinstance(enclosed, Enclosed)
    assert enclosed.payload == bytes.fromhex("0367ea00")
    assert reasons(decode(RX, json.dumps({**packet, "data": "A2fqAA=="}).encode(), RECEIVED)) == [Reason.MALFORMED]


def test_milesight_gateway_flattens_what_its_codec_measured() -> None:
    """With a codec of its own it puts the values beside its words about the packet, which are none."""
    packet = {
        "applicationID": 1, "applicationName": "server1", "devEUI": EUI, "deviceName": "shaft 4", "gatewaySN": "6438F3925482",
        "fCnt": 81, "fPort": 85, "battery": 92, "distance": 2116, "position": "tilt", "time": "2024-05-01T12:00:00Z",
        "rxInfo": [{"rssi": -57, "loRaSNR": 12.2}],
    }  # fmt: skip
    said = decode("milesight/uplink", json.dumps(packet).encode(), RECEIVED)
    assert values(said) == {
        "rssi": (-57.0, "dBm"), "snr": (12.2, "dB"), "battery": (92.0, "%EL"), "distance": (2116.0, ""),
    }  # fmt: skip
    assert facts(said) == {Fact.TAMPER: True}
    assert {item.time for item in said if isinstance(item, Reading)} == {NOON}


def test_milesight_gateway_says_who_is_there() -> None:
    """Its notices of devices have a time of its own; a packet's status of another kind is none."""
    notice = {
        "applicationID": 1, "applicationName": "server1", "devAddr": "0642fa41", "devEUI": EUI, "deviceID": 22,
        "deviceName": "shaft 4", "gatewaySN": "6438F3925482", "time": "2024-05-01T20:00:00+08:00",
    }  # fmt: skip
    for word, is_away in (("offline", True), ("online", False)):
        assert decode("milesight/notice", json.dumps({**notice, "status": word}).encode(), RECEIVED) == [
            DeviceState(device=EUI, fact=Fact.OFFLINE, active=is_away, time=NOON, code="status")
        ]
    assert decode("milesight/notice", json.dumps({**notice, "acknowledged": True, "fcnt": 4}).encode(), RECEIVED) == []
    packet = {
        "devEUI": EUI,
        "fCnt": 8,
        "status": "offline",
        "temperature": 21.5,
        "gatewayTime": "2024-05-01T20:00:00+08:00",
    }
    (reading,) = decode("milesight/up", json.dumps(packet).encode(), RECEIVED)
    assert isinstance(reading, Reading)
    assert (reading.metric, reading.value, reading.time) == ("temperature", 21.5, NOON)


def test_old_battery_byte() -> None:
    """LoRa App Server passes the byte of LoRaWAN on: 254 is full, 0 the mains, 255 unknown."""
    assert values(decode(V3_TOPIC + "status", _v3(battery=127, margin=20), RECEIVED)) == {
        "margin": (20.0, "dB"),
        "battery": (50.0, "%EL"),
    }
    assert values(decode(V3_TOPIC + "status", _v3(battery=0), RECEIVED)) == {}
    assert values(decode(V3_TOPIC + "status", _v3(battery=255), RECEIVED)) == {"battery": (None, "%EL")}


def test_join_and_commands_of_old_topics() -> None:
    """`/join` announces, `/tx` is a downlink, `/ack` says nothing; `node` is an older word for a device."""
    assert decode(V3_TOPIC + "join", _v3(deviceName="hall"), RECEIVED) == [
        Discovered(device=EUI, name="hall", model="hall")
    ]
    assert reasons(decode(V3_TOPIC + "tx", _v3(), RECEIVED)) == [Reason.DOWNLINK]
    assert decode(V3_TOPIC + "ack", _v3(acknowledged=True), RECEIVED) == []
    assert values(decode(f"application/5/node/{EUI}/rx", _v3(rxInfo=[{"rssi": -9}]), RECEIVED)) == {
        "rssi": (-9.0, "dBm")
    }


def test_message_without_any_device_is_malformed() -> None:
    """Neither topic nor message says who speaks."""
    assert reasons(decode("milesight/x", b'{"data":"AQ=="}', RECEIVED)) == [Reason.MALFORMED]
    assert reasons(decode("milesight/x", b'{"devEUI":"nobody"}', RECEIVED)) == [Reason.MALFORMED]
