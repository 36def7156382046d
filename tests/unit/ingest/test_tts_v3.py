"""The Things Stack v3: who speaks, times, tests, the payload."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from ingest.decoders.tts_v3 import decode
from ingest.readings import DeviceState, Enclosed, Fact, Reading, Reason
from tests.lorawan_frames import EUI, TTS_TOPIC, tts, tts_ids
from tests.lorawan_said import facts, reasons, values

RECEIVED = datetime(2024, 5, 1, 12, 30, tzinfo=UTC)
NOON = datetime(2024, 5, 1, 12, 0, 0, 123456, tzinfo=UTC)
UP = TTS_TOPIC + "up"


def test_version_ids_lead_to_the_codec() -> None:
    """Brand and model name the codec; the device is its EUI, the time that of the network server."""
    said = decode(
        UP,
        tts(f_port=85, frm_payload="AXVcA3cCAA==", version_ids={"brand_id": "milesight-iot", "model_id": "em500-swl"}),
        RECEIVED,
    )
    assert values(said) == {"battery": (92, "%EL"), "depth": (2.0, "cm")}
    assert {(item.device, item.time) for item in said if isinstance(item, Reading)} == {(EUI, NOON)}


def test_codec_that_gives_the_payload_again_hides_nothing() -> None:
    """It is the one the console begins with: the registry still says how the payload is read."""
    (enclosed,) = decode(UP, tts(f_port=7, frm_payload="AQI=", decoded_payload={"bytes": [1, 2]}), RECEIVED)
    assert isinstance(enclosed, Enclosed)
    assert enclosed.payload == b"\x01\x02"


@pytest.mark.parametrize("wrapper", ["data", "result"])
def test_event_of_the_console_and_stored_message_are_what_they_hold(wrapper: str) -> None:
    """As somebody who exports or passes them on has them."""
    message = tts(f_port=3, frm_payload="AQ==")
    wrapped = json.dumps({"name": "as.up.data.forward", wrapper: json.loads(message)}).encode()
    assert decode(UP, wrapped, RECEIVED) == decode(UP, message, RECEIVED)


def test_simulated_uplink_is_a_test_and_nothing_else() -> None:
    """Smoke that somebody typed into the console raises nothing; that it was tried is recorded, and over at once."""
    message = json.loads(tts(decoded_payload={"smoke": True, "temperature": 90}, rx_metadata=[{"rssi": -1}]))
    said = decode(UP, json.dumps(message | {"simulated": True}).encode(), RECEIVED)
    assert [(item.fact, item.active, item.time - NOON) for item in said if isinstance(item, DeviceState)] == [
        (Fact.TEST, True, timedelta(0)),
        (Fact.TEST, False, timedelta(seconds=1)),
    ]
    assert len(said) == 2


def test_uplink_that_is_not_simulated_alarms() -> None:
    """The same uplink, meant."""
    said = decode(UP, tts(decoded_payload={"smoke": True}, frm_payload="AQ=="), RECEIVED)
    assert facts(said) == {Fact.FIRE: True}


def test_payload_that_is_still_encrypted_is_not_read() -> None:
    """The key beside it says that the application itself is to decrypt it."""
    said = decode(
        UP,
        tts(
            f_port=85, frm_payload="AXVcA3cCAA==", app_s_key={"key": "AQ=="}, version_ids={"model_id": "em500-swl"},
            rx_metadata=[{"rssi": -35, "snr": 5}],
        ),
        RECEIVED,
    )  # fmt: skip
    assert values(said) == {"rssi": (-35.0, "dBm"), "snr": (5.0, "dB")}
    assert reasons(said) == [Reason.UNSUPPORTED]


@pytest.mark.parametrize(
    "topic", ["v3/app1@tenant1/devices/dev2/up", "v3/app2@tenant1/devices/dev1/up", "v3/app1/devices//up"]
)
def test_device_or_application_that_speaks_for_another_is_refused(topic: str) -> None:
    """Device and application of the message must be the topic's."""
    assert reasons(decode(topic, tts(frm_payload="AQ=="), RECEIVED)) == [Reason.FOREIGN_DEVICE]


def test_device_without_an_eui_is_its_id() -> None:
    """Some devices of LoRaWAN 1.0 have none."""
    message = json.loads(tts(f_port=3, frm_payload="AQ=="))
    message["end_device_ids"] = {"device_id": "dev1", "application_ids": {"application_id": "app1"}}
    (enclosed,) = decode(UP, json.dumps(message).encode(), RECEIVED)
    assert isinstance(enclosed, Enclosed)
    assert (enclosed.device, enclosed.port, enclosed.payload) == ("dev1", 3, b"\x01")


def test_strongest_gateway_and_a_zero_that_is_left_out() -> None:
    """The gateway that heard it best; 0 dB is left out of the JSON and is told, of LoRa only."""
    radio = [{"rssi": -110, "snr": -8}, {"channel_rssi": -40}]
    lora = {"data_rate": {"lora": {"bandwidth": 125000}}, "frequency": "868300000"}
    assert values(decode(UP, tts(rx_metadata=radio, settings=lora), RECEIVED)) == {
        "rssi": (-40.0, "dBm"),
        "snr": (0.0, "dB"),
    }
    assert values(decode(UP, tts(rx_metadata=radio), RECEIVED)) == {"rssi": (-40.0, "dBm")}


def test_battery_of_the_last_status_has_its_own_time() -> None:
    """It is repeated with every uplink: told at the time of the status it is one reading."""
    status = {"f_cnt": 1, "value": 94.5, "received_at": "2024-04-28T06:30:00Z"}
    (battery,) = decode(UP, tts(last_battery_percentage=status), RECEIVED)
    assert isinstance(battery, Reading)
    assert (battery.metric, battery.value, battery.time) == ("battery", 94.5, datetime(2024, 4, 28, 6, 30, tzinfo=UTC))


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        ("down/queued", "downlink_queued"),
        ("down/nack", "downlink_nack"),
        ("location/solved", "location_solved"),
        ("service/data", "service_data"),
        ("up/normalized", "uplink_normalized"),
    ],
)
def test_what_measures_nothing_says_nothing(kind: str, part: str) -> None:
    """Downlinks, locations and services' data are known and silent."""
    message = {"end_device_ids": tts_ids(), part: {"latitude": 1}}
    assert decode(TTS_TOPIC + kind, json.dumps(message).encode(), RECEIVED) == []


def test_command_is_a_downlink() -> None:
    """What an application sends down is not taken for what came up."""
    assert reasons(decode(TTS_TOPIC + "down/push", b'{"downlinks":[]}', RECEIVED)) == [Reason.DOWNLINK]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", Reason.MALFORMED),
        (b"[]", Reason.MALFORMED),
        (b'{"uplink_message":{}}', Reason.MALFORMED),
        (json.dumps({"end_device_ids": tts_ids()}).encode(), Reason.UNSUPPORTED),
    ],
)
def test_what_is_no_message_is_refused(payload: bytes, reason: Reason) -> None:
    """Not JSON, nobody who speaks, or nothing that is known."""
    assert reasons(decode(UP, payload, RECEIVED)) == [reason]
