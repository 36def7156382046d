"""ChirpStack v4: identity, times, radio, the payload, status, errors, JSON and Protocol Buffers alike."""

import base64
import json
from datetime import UTC, datetime

import pytest

from ingest.lorawan.chirpstack import decode
from ingest.readings import Decoded, Discovered, Enclosed, Fact, Quality, Reading, Reason, Rejection
from tests.lorawan_frames import (
    EUI,
    NOON_S,
    OTHER_EUI,
    V3_TOPIC,
    V4_TOPIC,
    protobuf_status,
    protobuf_up,
    protobuf_up_v3,
    up,
    v4,
)
from tests.lorawan_said import facts, reasons, values

RECEIVED = datetime(2024, 5, 1, 12, 30, tzinfo=UTC)
NOON = datetime(2024, 5, 1, 12, 0, 0, 123456, tzinfo=UTC)
UP = V4_TOPIC + "up"


def _readings(said: list[Decoded]) -> list[Reading]:
    return [item for item in said if isinstance(item, Reading)]


def test_profile_that_names_a_model_is_decoded_at_once() -> None:
    """The device profile leads to our codec, which knows units and what a tilt is."""
    said = decode(UP, up("01755C 03824408 040001", profile="Milesight EM310-UDL"), RECEIVED)
    assert values(said) == {
        "rssi": (-60.0, "dBm"),
        "snr": (9.5, "dB"),
        "battery": (92, "%EL"),
        "distance": (2116.0, "mm"),
    }
    assert facts(said) == {Fact.TAMPER: True}
    assert {(item.device, item.time, item.quality) for item in _readings(said)} == {(EUI, NOON, Quality.GOOD)}


def test_tag_goes_before_the_profile() -> None:
    """Who tags a device with its codec is believed before a profile's name."""
    info = {"devEui": EUI, "deviceProfileName": "EM310-UDL", "tags": {"model": "LDDS75"}}
    said = decode(UP, up("0CD1070A00", port=2, deviceInfo=info), RECEIVED)
    assert values(said)["distance"] == (1802.0, "mm")


def test_unknown_profile_keeps_the_payload_for_the_registry() -> None:
    """What nothing says how to read is passed on with port and hint."""
    enclosed = decode(UP, up("AA01", port=7), RECEIVED)[-1]
    assert isinstance(enclosed, Enclosed)
    assert (enclosed.device, enclosed.payload, enclosed.port, enclosed.hint, enclosed.time) == (
        EUI, b"\xaa\x01", 7, "some sensor", NOON,
    )  # fmt: skip


def test_networks_codec_is_taken_where_we_have_none() -> None:
    """Numbers become readings, words become facts, "no sensor" is no number, and the payload is not told twice."""
    output = {"Bat": "3.3 V", "Distance": "No Sensor", "smoke": "alarm", "Node_type": "X1", "TempC_SHT": 21.5}
    said = decode(UP, up("AA01", object=output), RECEIVED)
    assert values(said[2:]) == {"bat": (3.3, "V"), "distance": (None, ""), "temp_c_sht": (21.5, "Cel")}
    assert facts(said) == {Fact.FIRE: True}
    assert not any(isinstance(item, Enclosed) for item in said)


def test_missing_object_is_no_zero() -> None:
    """An uplink without codec output and without payload tells the radio and nothing else."""
    said = decode(UP, v4(fPort=3, rxInfo=[{"rssi": -70}], txInfo={"modulation": {"lora": {}}}), RECEIVED)
    assert values(said) == {"rssi": (-70.0, "dBm"), "snr": (0.0, "dB")}


def test_absent_snr_is_zero_only_of_lora() -> None:
    """JSON of Protocol Buffers leaves 0 dB out; FSK has no SNR at all, and no RSSI is no reading."""
    fsk = v4(fPort=3, rxInfo=[{"rssi": -70}], txInfo={"modulation": {"fsk": {"datarate": 50000}}})
    assert values(decode(UP, fsk, RECEIVED)) == {"rssi": (-70.0, "dBm")}
    assert decode(UP, v4(rxInfo=[{"location": {}}]), RECEIVED) == []


def test_mac_commands_on_port_0_are_no_payload() -> None:
    """Port 0 belongs to the network."""
    assert not any(isinstance(item, Enclosed) for item in decode(UP, up("0203", port=0), RECEIVED))


def test_what_a_codec_makes_of_no_payload_is_nothing() -> None:
    """The network runs its codec on commands, too: what it makes of no byte ends no alarm and is no zero."""
    output = {"BAT_V": 0, "smoke": False}
    sent = {"frequency": 868100000, "modulation": {"lora": {"spreadingFactor": 7}}}
    radio = [{"rssi": -70, "snr": 9.0}]
    left_out = v4(object=output, rxInfo=radio, txInfo=sent, dr=5, fCnt=7)
    assert values(decode(UP, left_out, RECEIVED)) == {"rssi": (-70.0, "dBm"), "snr": (9.0, "dB")}
    assert len(decode(UP, left_out, RECEIVED)) == 2
    assert len(decode(UP, v4(object=output, rxInfo=radio, fPort=0), RECEIVED)) == 2


def test_payload_the_network_has_no_key_of_is_not_read() -> None:
    """Encrypted from the device to its application: whatever its bytes look like, they are no smoke."""
    context = {"sessionKeyId": "0102030405", "appSKey": {"kekLabel": "k", "aesKey": "AQ=="}}
    said = decode(UP, up("01755C 0367FF7F", profile="Milesight EM310-UDL", joinServerContext=context), RECEIVED)
    assert values(said) == {"rssi": (-60.0, "dBm"), "snr": (9.5, "dB")}
    assert reasons(said) == [Reason.UNSUPPORTED]
    binary = decode(UP, protobuf_up() + bytes.fromhex("7a040a020102"), RECEIVED)
    assert reasons(binary) == [Reason.UNSUPPORTED]
    assert set(values(binary)) == {"rssi", "snr"}
    assert "battery" in values(decode(UP, up("01755C", profile="EM300-TH", joinServerContext={}), RECEIVED))


def test_radio_of_a_relayed_uplink_is_how_the_relay_heard_it() -> None:
    """The gateways heard the relay, and say nothing of the device's own radio."""
    heard = {"devEui": OTHER_EUI, "frequency": 868100000, "dr": 5, "rssi": -100}
    relayed = {"rssi": (-100.0, "dBm"), "snr": (0.0, "dB")}
    assert values(decode(UP, up("AA", relayRxInfo=heard), RECEIVED)) == relayed
    binary = protobuf_up() + bytes.fromhex("720b 289cffffffffffffffff01")
    assert values(decode(UP, binary, RECEIVED)).items() >= relayed.items()


def test_redelivery_is_the_same_reading() -> None:
    """The event's own time counts, not when it came."""
    later = datetime(2024, 5, 1, 18, 0, tzinfo=UTC)
    message = up("01755C", profile="EM300-TH")
    assert decode(UP, message, RECEIVED) == decode(UP, message, later)


@pytest.mark.parametrize(
    "time", ["0001-01-01T00:00:00Z", "yesterday", "2024-05-01T12:00:00", 5, "2031-01-01T00:00:00Z"]
)
def test_time_that_cannot_be_gives_way_to_ours(time: object) -> None:
    """A time unset, unreadable, without zone or ahead is replaced and flagged."""
    said = decode(UP, v4(data="AQ==", rxInfo=[{"rssi": -1}], time=time), RECEIVED)
    assert {(item.time, item.quality) for item in _readings(said)} == {(RECEIVED, Quality.UNCERTAIN_TIME)}


@pytest.mark.parametrize("kind", ["up", "status", "join", "log"])
def test_device_that_speaks_for_another_is_refused(kind: str) -> None:
    """The DevEUI of the message must be the topic's."""
    info = {"devEui": OTHER_EUI}
    (refused,) = decode(V4_TOPIC + kind, v4(deviceInfo=info, data="AQ==", margin=1, level="ERROR"), RECEIVED)
    assert isinstance(refused, Rejection)
    assert refused.reason is Reason.FOREIGN_DEVICE


def test_case_of_the_eui_is_no_difference() -> None:
    """Topic in lower case, message in upper: one device, in upper case."""
    said = decode(UP, up("AA", deviceInfo={"devEui": EUI.upper()}), RECEIVED)
    assert {getattr(item, "device", "") for item in said} == {EUI}


def test_status_without_a_margin_is_a_margin_of_zero() -> None:
    """A status always carries a margin; 0 dB is left out of JSON. No battery level is no reading."""
    assert values(decode(V4_TOPIC + "status", v4(), RECEIVED)) == {"margin": (0.0, "dB")}
    assert values(decode(V4_TOPIC + "status", protobuf_status(margin=0), RECEIVED))["margin"] == (0.0, "dB")


def test_status_of_a_device_on_the_mains() -> None:
    """External power is no battery of zero per cent; a level that cannot be told is missing."""
    mains = v4(margin=7, externalPowerSource=True, batteryLevel=0)
    assert values(decode(V4_TOPIC + "status", mains, RECEIVED)) == {"margin": (7.0, "dB")}
    unknown = decode(V4_TOPIC + "status", v4(margin=7, batteryLevelUnavailable=True), RECEIVED)
    assert values(unknown) == {"margin": (7.0, "dB"), "battery": (None, "%EL")}
    assert _readings(unknown)[-1].quality is Quality.MISSING


@pytest.mark.parametrize("kind", ["ack", "txack", "location", "integration", "something-new"])
def test_what_measures_nothing_says_nothing(kind: str) -> None:
    """Acknowledgements and locations are no readings and no errors; a solved location moves no device."""
    assert decode(V4_TOPIC + kind, v4(location={"latitude": 1.0, "longitude": 2.0}), RECEIVED) == []


def test_join_announces() -> None:
    """Whoever registers devices sees who joined."""
    assert decode(V4_TOPIC + "join", v4(devAddr="00189440"), RECEIVED) == [
        Discovered(device=EUI, name="bridge 3", model="some sensor")
    ]


def test_error_of_the_network_is_counted_and_no_fault_of_the_device() -> None:
    """An ERROR is a message not taken in, with its code; lesser levels are nothing."""
    (error,) = decode(V4_TOPIC + "log", v4(level="ERROR", code="UPLINK_MIC", description="invalid MIC"), RECEIVED)
    assert isinstance(error, Rejection)
    assert error.reason is Reason.UNSUPPORTED
    assert "UPLINK_MIC: invalid MIC" in error.detail
    assert decode(V4_TOPIC + "log", v4(level="INFO", code="UPLINK_F_CNT_RESET"), RECEIVED) == []
    assert decode(V4_TOPIC + "log", v4(code="OTAA"), RECEIVED) == []  # INFO is the zero that is left out


def test_error_without_a_code_is_unknown() -> None:
    """Code 0 is left out of the JSON."""
    (error,) = decode(V4_TOPIC + "log", v4(level="ERROR", description="odd"), RECEIVED)
    assert isinstance(error, Rejection)
    assert "UNKNOWN: odd" in error.detail


def test_command_to_a_device_is_a_downlink() -> None:
    """What goes down is not taken for what comes up."""
    topic = UP.removesuffix("event/up") + "command/down"
    assert reasons(decode(topic, b'{"devEui":"70b3d57ed0001234","fPort":10,"data":"AQ=="}', RECEIVED)) == [
        Reason.DOWNLINK
    ]


@pytest.mark.parametrize(
    "payload", [b"", b"\xff\xfe\xfd", b"online", b"{", b"[]", b'{"deviceInfo":3}', b'{"rxInfo":"x"}']
)
def test_what_is_no_event_is_malformed(payload: bytes) -> None:
    """Neither JSON of the right shape nor Protocol Buffers."""
    assert reasons(decode(UP, payload, RECEIVED)) == [Reason.MALFORMED]


def test_payload_that_is_no_base64_keeps_the_radio() -> None:
    """What was read before a damaged part is kept."""
    said = decode(UP, v4(data="%%%", fPort=1, rxInfo=[{"rssi": -50, "snr": 1}]), RECEIVED)
    assert values(said) == {"rssi": (-50.0, "dBm"), "snr": (1.0, "dB")}
    assert reasons(said) == [Reason.MALFORMED]


def test_protobuf_says_what_json_says() -> None:
    """The same uplink in both encodings is the same, to the microsecond."""
    output = {"battery": 92, "smoke": True, "distance": "No Sensor", "inner": {"depth_cm": 2}}
    assert decode(UP, protobuf_up(), RECEIVED) == decode(UP, up("01755c", object=output), RECEIVED)
    assert decode("any", protobuf_up(), RECEIVED) == decode(UP, protobuf_up(), RECEIVED)


def test_protobuf_by_hand() -> None:
    """A status encoded by hand from integration.proto: margin 10, battery 50 %."""
    body = bytes.fromhex("1206 08c0ddc8b106 1a12 4210") + EUI.lower().encode() + bytes.fromhex("280a 4500004842")
    said = decode(V4_TOPIC + "status", body, RECEIVED)
    assert values(said) == {"margin": (10.0, "dB"), "battery": (50.0, "%EL")}
    assert {item.time.timestamp() for item in _readings(said)} == {NOON_S}


def test_protobuf_of_a_downlink_that_was_sent_says_nothing() -> None:
    """In v4 it begins with a number, as everything of v3 does."""
    body = bytes.fromhex("084d 1206 08c0ddc8b106 1a12 4210") + EUI.lower().encode()
    assert decode(V4_TOPIC + "txack", body, RECEIVED) == []
    older = b"\x08\x05\x12\x01a\x22\x08" + bytes.fromhex(EUI) + b"\x28\x07"
    assert decode(V3_TOPIC + "event/txack", older, RECEIVED) == []


def test_protobuf_has_the_decimals_of_json() -> None:
    """A single-precision 88.3 is no 88.30000305."""
    assert values(decode(V4_TOPIC + "status", protobuf_status(level=88.3), RECEIVED))["battery"] == (88.3, "%EL")


def test_protobuf_log_of_an_error() -> None:
    """Level 2 is ERROR, code 6 UPLINK_MIC; field 1 is the time here."""
    body = bytes.fromhex("0a06 08c0ddc8b106 1212 4210") + EUI.encode() + bytes.fromhex("1802 2006 2a03") + b"bad"
    (error,) = decode(V4_TOPIC + "log", body, RECEIVED)
    assert isinstance(error, Rejection)
    assert "UPLINK_MIC: bad" in error.detail


def test_version_3_on_the_same_topics() -> None:
    """v3 in Protocol Buffers has its EUI as bytes and its output as text; an error of v3 has no level."""
    said = decode(V3_TOPIC + "event/up", protobuf_up_v3(), RECEIVED)
    assert values(said) == {"rssi": (-60.0, "dBm"), "snr": (9.5, "dB"), "battery": (92.0, "%EL")}
    assert {item.time.timestamp() for item in _readings(said)} == {NOON_S}
    published = b"\x82\x01\x06\x08" + bytes.fromhex("c0ddc8b106") + b"\x92\x01\x0bEM310-UDL/1"  # no gateway has a clock
    event = b"\x08\x05\x22\x08" + bytes.fromhex(EUI) + b"\x50\x55\x5a\x04" + bytes.fromhex("03824408") + published
    assert [(item.metric, item.value, item.time.timestamp()) for item in _readings(decode(UP, event, RECEIVED))] == [
        ("distance", 2116.0, NOON_S)
    ]
    status = b"\x08\x05\x22\x08" + bytes.fromhex(EUI) + b"\x28\x07\x52\x06\x08" + bytes.fromhex("c0ddc8b106")
    assert {item.time.timestamp() for item in _readings(decode(V3_TOPIC + "event/status", status, RECEIVED))} == {
        NOON_S
    }
    raw = base64.b64encode(bytes.fromhex(EUI)).decode()
    error = json.dumps({"devEUI": raw, "type": "OTAA", "error": "validate mic error"}).encode()
    assert reasons(decode(V3_TOPIC + "event/error", error, RECEIVED)) == [Reason.UNSUPPORTED]


def test_megabyte_of_anything_is_quick() -> None:
    """An output of a hundred thousand members is cut at 64, and said to be."""
    output = {f"m{n}": n for n in range(60_000)}
    said = decode(UP, v4(object=output), RECEIVED)
    assert len(_readings(said)) == 64
    assert reasons(said) == [Reason.TOO_LARGE]
