"""CTWing / AEP: envelopes, profiles, transparent payloads and what stands in them."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest

from ingest.decoders.ctwing_aep import STORABLE, decode
from ingest.readings import (
    Decoded,
    DeviceState,
    Dropped,
    Enclosed,
    Fact,
    Quality,
    Reading,
    Reason,
    Rejection,
)
from tests import gb26875_frames
from tests.gb26875_frames import component, components
from tests.platform_payloads import ENVELOPE, aep, components_27, huaqiang, isnb, meokon, transparent

RECEIVED = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
SENT = datetime(2024, 5, 1, 11, 59, 58, 250000, tzinfo=UTC)
DEVICE = str(ENVELOPE["deviceId"])
TOPIC = f"ctwing/4401/{DEVICE}"


def _facts(decoded: list[Decoded]) -> list[tuple[Fact, bool]]:
    return [(item.fact, item.active) for item in decoded if isinstance(item, DeviceState)]


def _values(decoded: list[Decoded]) -> dict[str, tuple[float | None, str]]:
    return {item.metric: (item.value, item.unit) for item in decoded if isinstance(item, Reading)}


def _reasons(decoded: list[Decoded]) -> list[Reason]:
    return [item.reason for item in decoded if isinstance(item, Rejection)]


def _devices(decoded: list[Decoded]) -> set[str]:
    return {item.device for item in decoded if isinstance(item, DeviceState | Reading | Enclosed)}


def test_a_smoke_detector_of_lian() -> None:
    """The profile's values have our names and units, a positive RSRP is minus so many dBm, and names are no values."""
    decoded = decode(
        TOPIC,
        aep(
            {
                "serviceId": "notification",
                "serviceData": {
                    "TData": 30, "SNR": 1, "RSRP": 114, "IMEI": "860374051096202", "Cell_ID_Length": 8, "Cell_ID": "38848339",
                    "CSQ": 5, "Battery_Level": 100, "Alarm_Status": 1, "AlarmLevel": 100,
                },
            }
        ),
        RECEIVED,
    )  # fmt: skip
    assert _facts(decoded) == [(Fact.FIRE, True)]
    assert _values(decoded) == {
        "temperature": (30.0, "Cel"), "snr": (1.0, "dB"), "rsrp": (-114.0, "dBm"), "cell_id": (38848339.0, "1"),
        "csq": (5.0, "1"), "battery": (100.0, "%EL"), "alarm_level": (100.0, ""),
    }  # fmt: skip
    assert _devices(decoded) == {DEVICE}
    assert {item.time for item in decoded if isinstance(item, Reading)} == {SENT}


@pytest.mark.parametrize(
    ("status", "facts"),
    [
        (2, [(Fact.SILENCED, True)]),
        (4, [(Fact.BATTERY_LOW, True)]),
        (5, [(Fact.FAULT, True)]),
        (6, [(Fact.FAULT, True)]),
        (7, [(Fact.FIRE, False), (Fact.FAULT, False), (Fact.BATTERY_LOW, False), (Fact.SILENCED, False)]),
        ("10", [(Fact.TAMPER, True)]),
        (11, [(Fact.TAMPER, False)]),
        (12, [(Fact.OFFLINE, False)]),
        (14, [(Fact.TEST, True), (Fact.TEST, False)]),
    ],
)
def test_alarm_codes_of_lian(status: object, facts: list[tuple[Fact, bool]]) -> None:
    """Each code states what it means and nothing else; a simulated alarm is a test, never a fire."""
    assert _facts(decode(TOPIC, aep({"serviceData": {"Alarm_Status": status}}), RECEIVED)) == facts


def test_an_alarm_code_nobody_knows() -> None:
    """It is told, and the rest of the report is kept."""
    decoded = decode(TOPIC, aep({"serviceData": {"Alarm_Status": 99, "TData": 20}}), RECEIVED)
    assert _reasons(decoded) == [Reason.UNSUPPORTED]
    assert _values(decoded) == {"temperature": (20.0, "Cel")}


def test_common_names_of_profiles() -> None:
    """A flat object is a profile, too; the states of its names are facts."""
    decoded = decode(
        TOPIC,
        aep(
            {
                "smoke_state": 1, "smoke_value": 12, "battery_value": 88, "battery_voltage": 3.1, "temperature": 21.5, "rsrp": -953,
                "sinr": 7, "ecl": 0, "pci": 45, "cell_id": 1, "error_code": 3, "tamper_state": 0, "gas_sensor_state": 2,
                "ICCID": "8986111", "software_version": "1.2",
            },
            serviceId=1,
        ),
        RECEIVED,
    )  # fmt: skip
    assert dict(_facts(decoded)) == {
        Fact.FIRE: True,
        Fact.FAULT: True,
        Fact.TAMPER: False,
        Fact.GAS_ALARM: True,
    }
    assert _values(decoded) == {
        "smoke_density": (12.0, "1"), "battery": (88.0, "%EL"), "voltage": (3.1, "V"), "temperature": (21.5, "Cel"),
        "rsrp": (-95.3, "dBm"), "sinr": (7.0, "dB"), "ecl": (0.0, "1"), "pci": (45.0, "1"), "cell_id": (1.0, "1"),
    }  # fmt: skip


def test_marks_of_no_value() -> None:
    """A sentinel is missing, never a number; a name that is missing says nothing."""
    decoded = decode(TOPIC, aep({"rsrp": -32768, "csq": 99, "battery_value": 255, "temperature": "--"}), RECEIVED)
    assert {(item.value, item.quality) for item in decoded if isinstance(item, Reading)} == {(None, Quality.MISSING)}
    assert _facts(decoded) == []


def test_a_name_for_a_state_and_for_a_quantity() -> None:
    """`smoke` of 0, 1 or a truth is the alarm, another number a density; a code of alarm or fault is one, whatever its number."""
    assert _facts(decode(TOPIC, aep({"smoke": True}), RECEIVED)) == [(Fact.FIRE, True)]
    assert _facts(decode(TOPIC, aep({"smoke": 0}), RECEIVED)) == [(Fact.FIRE, False)]
    measured = decode(TOPIC, aep({"smoke": 35.5}), RECEIVED)
    assert (_facts(measured), _values(measured)) == ([], {"smoke_density": (35.5, "1")})
    assert _facts(decode(TOPIC, aep({"alarm": 3, "fault": "7"}), RECEIVED)) == [(Fact.OTHER, True), (Fact.FAULT, True)]


def test_the_time_in_the_payload_is_the_devices() -> None:
    """What was measured has its own time; the envelope's is when the platform got it."""
    decoded = decode(TOPIC, aep({"time": 1714560000000, "temperature": 20}), RECEIVED)
    assert [item.time for item in decoded if isinstance(item, Reading)] == [datetime.fromtimestamp(1714560000, UTC)]


def test_several_services() -> None:
    """A list of services is read one by one."""
    services = [
        {"serviceId": "a", "serviceData": {"temperature": 20}},
        {"serviceId": "b", "serviceData": {"smoke_state": 0}},
    ]
    for payload in (services, {"services": services}):
        decoded = decode(TOPIC, aep(payload), RECEIVED)
        assert _values(decoded) == {"temperature": (20.0, "Cel")}
        assert _facts(decoded) == [(Fact.FIRE, False)]


@pytest.mark.parametrize("spell", ["base64", "unpadded", "urlsafe", "hex", "HEX"])
def test_transparent_bytes_in_every_spelling(spell: str) -> None:
    """Bytes nobody knows are enclosed for a codec, whatever they are written in."""
    data = bytes.fromhex("5055003c1000000601000300270327bbffef")
    text = {
        "base64": base64.b64encode(data).decode(),
        "unpadded": base64.b64encode(data + b"1").decode().rstrip("="),
        "urlsafe": base64.urlsafe_b64encode(data).decode(),
        "hex": data.hex(),
        "HEX": data.hex().upper(),
    }[spell]
    (item,) = decode(TOPIC, aep({"APPdata": text}), RECEIVED)
    assert isinstance(item, Enclosed)
    assert item.payload == (data + b"1" if spell == "unpadded" else data)
    assert (item.device, item.time, item.hint, item.port) == (DEVICE, SENT, "15014772", None)


def test_a_frame_of_a_transmission_device_inside() -> None:
    """A GB/T 26875.3 frame is read, and its source is who speaks; a wrong checksum is no codec's bytes."""
    frame = gb26875_frames.frame(components(component(2)))
    decoded = decode(TOPIC, transparent(frame), RECEIVED)
    assert (Fact.FIRE, True) in _facts(decoded)
    assert _devices(decoded) == {"B22396604001-1.1-02000700"}
    assert decode(TOPIC, transparent(frame.hex().encode()), RECEIVED) == decoded
    bad = frame[:-3] + bytes([frame[-3] ^ 1]) + frame[-2:]
    assert _reasons(decode(TOPIC, transparent(bad), RECEIVED)) == [Reason.CHECKSUM]
    assert isinstance(decode(TOPIC, transparent(b"@@" + b"x" * 60 + b"##"), RECEIVED)[0], Enclosed)


def test_a_frame_of_a_meter_inside() -> None:
    """A MEOKON frame is read, as bytes and as hex text."""
    frame = meokon(1, [b"\x02\x5d"])
    for data in (frame, frame.hex().encode()):
        assert _values(decode(TOPIC, transparent(data), RECEIVED))["pressure"] == (0.605, "MPa")


LAST = datetime.fromtimestamp(1714564740, UTC)


def test_a_smoke_detector_of_hikvision() -> None:
    """Its frame comes as hex of one value: quantities of its channels, and the alarm of a channel, true and false."""
    for word, active in ((1, True), (0, False)):
        frame = isnb((0x64, word, 0x17, 12), (0x62, 0, 0x04, 0xFFF6), (0x62, 0, 0x1A, 3442), (0x62, 0, 0x04, 258))
        decoded = decode(TOPIC, aep({"msg": frame.hex()}), RECEIVED)
        assert decoded == decode(TOPIC, transparent(frame), RECEIVED)
        assert _facts(decoded) == [(Fact.FIRE, active)]
        assert _values(decoded) == {
            "rsrp": (-102.0, "dBm"), "smoke_density": (12.0, "1"), "temperature": (-1.0, "Cel"), "humidity": (34.42, "%RH"),
            "temperature_2": (25.8, "Cel"),
        }  # fmt: skip
        assert _devices(decoded) == {DEVICE}
        assert {item.time for item in decoded if isinstance(item, Reading | DeviceState)} == {LAST}


@pytest.mark.parametrize(
    ("event", "word", "quantity", "facts"),
    [
        (0x64, 1 << 3, 0x04, [(Fact.HEAT, True)]),
        (0x64, 0, 0x04, [(Fact.HEAT, False)]),
        (0x64, 1 << 9, 0x00, [(Fact.WATER, True), (Fact.WATER, False)]),
        (0x64, 1 << 10, 0x17, [(Fact.FIRE, True)]),
        (0x64, 1 << 4, 0x23, [(Fact.OTHER, True), (Fact.OTHER, False)]),
        (0x63, 1 << 3, 0x15, [(Fact.BATTERY_LOW, True)]),
        (0x63, 1 << 4 | 1, 0x00, [(Fact.FAULT, True), (Fact.TAMPER, True)]),
        (0x63, 0, 0x00, [(Fact.FAULT, False), (Fact.BATTERY_LOW, False), (Fact.TAMPER, False)]),
        (0x62, 1, 0x17, []),
    ],
)
def test_alarms_and_faults_of_hikvision(event: int, word: int, quantity: int, facts: list[tuple[Fact, bool]]) -> None:
    """What a channel can take back is stated; what it cannot is over a second later. A change of state is neither."""
    assert sorted(_facts(decode(TOPIC, transparent(isnb((event, word, quantity, 0))), RECEIVED))) == sorted(facts)


def test_a_test_of_a_hikvision_detector_is_no_alarm() -> None:
    """Self-tests and tests from afar say that there was one."""
    for kind in (6, 16, 17, 18):
        decoded = decode(TOPIC, transparent(isnb((0x64, 1, 0x17, 0), kind=kind)), RECEIVED)
        assert _facts(decoded) == [(Fact.TEST, True), (Fact.TEST, False)]


def test_what_follows_a_channel_of_hikvision_is_passed_over() -> None:
    """A value of FFFF announces bytes; the time of the platform stands in for one that was never set."""
    frame = isnb((0x62, 0, 0x23, 0xFFFF), more=b"\x00\x04\x00\x2a\x00\x2b", epoch=0)
    assert _values(decode(TOPIC, transparent(frame), RECEIVED)) == {"rsrp": (-102.0, "dBm")}
    assert {item.time for item in decode(TOPIC, transparent(frame), RECEIVED) if isinstance(item, Reading)} == {SENT}


def test_bytes_that_are_no_frame_of_hikvision_are_for_a_codec() -> None:
    """A wrong sum, a wrong length, another mark: nothing of it is read."""
    good = isnb((0x64, 1, 0x17, 0))
    for bad in (good[:-1] + bytes([good[-1] ^ 1]), good[:-3], good[:1] + b"\x02" + good[2:], good[:60]):
        (item,) = decode(TOPIC, transparent(bad), RECEIVED)
        assert isinstance(item, Enclosed)
        assert item.payload == bad


def test_a_smoke_detector_of_huaqiang() -> None:
    """All bits are stated; a fault code is a fault as well."""
    tail = bytes(13)
    for alarms, fault, active in (
        (1, 0, Fact.FIRE),
        (4, 0, Fact.BATTERY_LOW),
        (0x80, 0, Fact.FAULT),
        (0, 1, Fact.FAULT),
        (0, 0, None),
    ):
        decoded = decode(TOPIC, transparent(huaqiang(8, alarms, tail, fault=fault)), RECEIVED)
        assert dict(_facts(decoded)) == {fact: fact is active for fact in (Fact.FIRE, Fact.BATTERY_LOW, Fact.FAULT)}
        assert {item.time for item in decoded if isinstance(item, Reading | DeviceState)} == {LAST}
    assert _values(decoded) == {
        "voltage": (3.644, "V"), "battery": (100.0, "%EL"), "temperature": (19.0, "Cel"), "cell_id": (39154002.0, "1"),
        "rsrp": (-89.0, "dBm"),
    }  # fmt: skip
    assert _devices(decoded) == {DEVICE}


def test_a_hydrant_meter_of_huaqiang() -> None:
    """Its limits are facts, and each record has its own time."""
    records = (
        b"\x02" + (178_055_880).to_bytes(4, "big") + bytes(3) + b"\x46" + (178_055_940).to_bytes(4, "big") + bytes(4)
    )
    decoded = decode(TOPIC, transparent(huaqiang(6, 0x21, bytes(16) + records)), RECEIVED)
    assert dict(_facts(decoded)) == {
        Fact.VALUE_LOW: True, Fact.VALUE_HIGH: False, Fact.BATTERY_LOW: True, Fact.FAULT: False,
    }  # fmt: skip
    assert [(item.value, item.time) for item in decoded if isinstance(item, Reading) and item.metric == "pressure"] == [
        (70.0, LAST - timedelta(minutes=1)),
        (0.0, LAST),
    ]


def test_bytes_that_are_no_packet_of_huaqiang_are_for_a_codec() -> None:
    """Another IMEI than the platform's, a wrong length, encrypted data, a kind that nobody described: nothing is read."""
    good = huaqiang(8, 1, bytes(13))
    encrypted = good[:11] + bytes([good[11] | 4]) + good[12:]
    for bad in (
        huaqiang(8, 1, bytes(13), "860374051096203"),
        good + b"\x00",
        good[:-1],
        encrypted,
        huaqiang(2, 1, bytes(13)),
    ):
        (item,) = decode(TOPIC, transparent(bad), RECEIVED)
        assert isinstance(item, Enclosed)
        assert item.payload == bad


def test_values_as_text_of_json() -> None:
    """Relays write the payload, the data of a service, or both as text; a service's data has a shorter name with some."""
    data = {"smoke_state": 1}
    for payload in (
        {"serviceId": "x", "serviceData": json.dumps(data)},
        json.dumps({"serviceId": "x", "serviceData": json.dumps(data)}),
        json.dumps(data),
        {"services": [{"serviceId": "x", "data": data}]},
    ):
        assert _facts(decode(TOPIC, aep(payload), RECEIVED)) == [(Fact.FIRE, True)]


def test_the_only_value_of_a_product_without_a_plug_in_is_for_a_codec() -> None:
    """Hex, base64 by its name, or text: it is kept as the device's bytes, not dropped as a description."""
    for payload, kept in (
        ({"Data": "N311V31I8658150402448"}, b"N311V31I8658150402448"),
        ({"msg": "00112233445566778899AABB"}, bytes.fromhex("00112233445566778899AABB")),
        ({"rawData": "AAECAwQFBgcICQoLDA0ODxAR"}, bytes(range(18))),
    ):
        (item,) = decode(TOPIC, aep(payload), RECEIVED)
        assert isinstance(item, Enclosed)
        assert item.payload == kept
    assert decode(TOPIC, aep({"note": "text"}), RECEIVED) == []
    assert [type(item) for item in decode(TOPIC, aep({"ownerName": "x" * 30}), RECEIVED)] == [Dropped]


def test_a_struct_that_is_the_whole_of_a_service() -> None:
    """What is in it keeps its meaning: a fault of a meter is a fault, its number is none."""
    meter = {"faultStatus": 1, "temperature": 22, "meterCode": "10012190005493", "monthAmount": None}
    decoded = decode(TOPIC, aep({"serviceId": "Raw", "serviceData": {"MeterData": meter}}), RECEIVED)
    assert _facts(decoded) == [(Fact.FAULT, True)]
    assert _values(decoded) == {"temperature": (22.0, "Cel")}


def test_what_the_platform_before_aep_pushes() -> None:
    """One service, its data and its time; the device is the platform's."""
    message = {
        "notifyType": "deviceDataChanged", "deviceId": "10c60373-7a77", "gatewayId": "10c60373-7a77", "requestId": None,
        "service": {"serviceId": "Smoke", "serviceType": "Smoke", "data": {"smoke_state": 1}, "eventTime": "20240501T115958Z"},
    }  # fmt: skip
    (state,) = decode("aep", json.dumps(message).encode(), RECEIVED)
    assert isinstance(state, DeviceState)
    assert (state.device, state.fact, state.active) == ("10c60373-7a77", Fact.FIRE, True)
    assert state.time == SENT.replace(microsecond=0)


@pytest.mark.parametrize(
    ("name", "fact"),
    [
        ("manhole_cover_open_state", Fact.OPEN),
        ("manhole_cover_position_state", Fact.TAMPER),
        ("water_level_state", Fact.LEVEL_HIGH),
    ],
)
def test_a_manhole_says_what_happened_to_it(name: str, fact: Fact) -> None:
    """An event of it is that fact, not some warning, and a report takes it back."""
    event = aep(messageType="eventReport", eventType=2, serviceId=1004, eventContent={name: 1})
    assert _facts(decode(TOPIC, event, RECEIVED)) == [(fact, True)]
    assert _facts(decode(TOPIC, aep({name: 0, "lean_angle": 3}), RECEIVED)) == [(fact, False)]


def test_a_radio_that_counts_in_tenths() -> None:
    """Some modules tell signal and noise so; what cannot be otherwise is read with doubt."""
    decoded = decode(TOPIC, aep({"sinr": 300, "rsrp": -818, "utc": 1714564798250, "SignalPower": -792}), RECEIVED)
    assert [(item.metric, item.value, item.quality) for item in decoded if isinstance(item, Reading)] == [
        ("sinr", 30.0, Quality.UNCERTAIN), ("rsrp", -81.8, Quality.UNCERTAIN), ("rsrp", -79.2, Quality.UNCERTAIN),
    ]  # fmt: skip


def test_states_of_components() -> None:
    """`c` 27 has state words of GB/T 26875.3; the device is the connection's and the component's id; it is not gone."""
    decoded = decode(
        TOPIC, transparent(components_27(("01000917010374010000010101003901", "2"), ("222", "4"))), RECEIVED
    )
    said = {(item.device, item.fact): item.active for item in decoded if isinstance(item, DeviceState)}
    assert said[f"{DEVICE}-01000917010374010000010101003901", Fact.FIRE] is True
    assert said[f"{DEVICE}-222", Fact.FAULT] is True
    assert said[f"{DEVICE}-222", Fact.FIRE] is False
    assert said[f"{DEVICE}-01000917010374", Fact.OFFLINE] is False
    assert {item.time for item in decoded if isinstance(item, DeviceState)} == {
        datetime.fromtimestamp(1714564700.5, UTC)
    }


def test_a_device_that_is_gone() -> None:
    """`c` 92 is a transmission device without connection; other numbers are not taken."""
    decoded = decode(TOPIC, transparent(components_27(("01000917010374", "1"), c=92)), RECEIVED)
    assert _facts(decoded) == [(Fact.OFFLINE, True)]
    assert _devices(decoded) == {f"{DEVICE}-01000917010374"}
    assert _reasons(decode(TOPIC, transparent(components_27(("1", "1"), c=5)), RECEIVED)) == [Reason.UNSUPPORTED]
    broken = decode(TOPIC, transparent(components_27(("a/b", "1"), ("c", "x"), ("d", 70000), ("e", 2))), RECEIVED)
    assert _reasons(broken) == [Reason.MALFORMED] * 3
    assert (Fact.FIRE, True) in _facts(broken)


@pytest.mark.parametrize(("event", "facts"), [(1, [(Fact.OFFLINE, False)]), ("0", [(Fact.OFFLINE, True)]), (7, [])])
def test_availability(event: object, facts: list[tuple[Fact, bool]]) -> None:
    """An eventType of 1 is online, 0 is offline, and there is no other."""
    message = {key: value for key, value in ENVELOPE.items() if key not in ("IMEI", "IMSI")}
    payload = json.dumps(message | {"messageType": "deviceOnlineOfflineReport", "eventType": event}).encode()
    decoded = decode(TOPIC, payload, RECEIVED)
    assert _facts(decoded) == facts
    assert _reasons(decoded) == ([] if facts else [Reason.MALFORMED])


def test_events() -> None:
    """An event's content is read; a fault or a warning whose content states no fact is told for a moment."""
    low = decode(
        TOPIC,
        aep(messageType="eventReport", eventType=2, eventContent={"battery_voltage": 1, "battery_state": 1}),
        RECEIVED,
    )
    assert _facts(low) == [(Fact.BATTERY_LOW, True)]
    assert _values(low) == {"voltage": (1.0, "V")}
    for grade, fact in ((3, Fact.FAULT), (2, Fact.OTHER)):
        vague = decode(
            TOPIC, aep(messageType="eventReport", eventType=grade, serviceId=1007, eventContent={"x": 1}), RECEIVED
        )
        assert [(item.fact, item.active, item.time, item.code) for item in vague if isinstance(item, DeviceState)] == [
            (fact, True, SENT, "event 1007"),
            (fact, False, SENT + timedelta(seconds=1), "event 1007"),
        ]
    assert _facts(decode(TOPIC, aep(messageType="eventReport", eventType=1, eventContent={"x": 1}), RECEIVED)) == []


def test_answers_to_commands_say_nothing() -> None:
    """They are the platform's, not the field's."""
    assert decode(TOPIC, aep(messageType="commandResponse", result={"resultCode": "DELIVERED"}), RECEIVED) == []


def test_the_device_is_the_platforms_id_or_the_imei() -> None:
    """deviceId, whatever its type; without one the IMEI; without both there is no device."""
    for device, expected in ((1501708501, "1501708501"), ("", "860374051096202"), ("undefined", "860374051096202")):
        assert _devices(decode("aep", aep({"temperature": 1}, deviceId=device), RECEIVED)) == {expected}
    nobody = aep({"temperature": 1}, deviceId="", IMEI="undefined")
    assert _reasons(decode("aep", nobody, RECEIVED)) == [Reason.MALFORMED]
    assert _reasons(decode("aep", aep({"temperature": 1}, deviceId="a/b", IMEI=""), RECEIVED)) == [Reason.MALFORMED]


@pytest.mark.parametrize("topic", [TOPIC, "ctwing/4401/860374051096202", "ctwing", "aep/x/y", ""])
def test_a_topic_may_name_the_device_by_either(topic: str) -> None:
    """Who is named lets nobody else speak."""
    assert _reasons(decode(topic, aep({"temperature": 1}), RECEIVED)) == []
    other = decode(topic, aep({"temperature": 1}, deviceId="other", IMEI=""), RECEIVED)
    assert _reasons(other) == ([Reason.FOREIGN_DEVICE] if topic.startswith("ctwing/") else [])


def test_personal_names_are_dropped() -> None:
    """Their names are counted, never their contents, and they are not kept raw."""
    payload = aep({"temperature": 1, "ownerName": "x", "phone": 13800138000, "user": {"mobile_phone": "1"}})
    decoded = decode(TOPIC, payload, RECEIVED)
    assert [item.fields for item in decoded if isinstance(item, Dropped)] == [("ownerName", "phone", "mobile_phone")]
    assert _values(decoded) == {"temperature": (1.0, "Cel")}
    assert b"138" not in STORABLE(payload)
    assert b"temperature" in STORABLE(payload)
    assert STORABLE(b"\x00{") == b"\x00{"


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"hello", Reason.MALFORMED),
        (b"1", Reason.MALFORMED),
        (aep(7), Reason.MALFORMED),
        (aep({"APPdata": "§§§"}), Reason.MALFORMED),
        (aep(messageType="deviceInfoChanged"), Reason.UNSUPPORTED),
        (aep({"smoke_state": "perhaps"}), Reason.MALFORMED),
    ],
)
def test_what_is_refused(payload: bytes, reason: Reason) -> None:
    """What is no message, or says what cannot be read, is told."""
    assert _reasons(decode(TOPIC, payload, RECEIVED)) == [reason]


def test_a_list_of_messages() -> None:
    """Each is read for itself, and a bad one does not take the others with it."""
    payload = b"[" + aep({"temperature": 1}) + b",7," + aep({"temperature": 2}) + b"]"
    decoded = decode("aep", payload, RECEIVED)
    assert [item.value for item in decoded if isinstance(item, Reading)] == [1.0, 2.0]
    assert _reasons(decoded) == [Reason.MALFORMED]


def test_a_message_is_read_alike_whichever_way_it_is_parsed() -> None:
    """In ASCII only what is named is read, anything else is parsed whole, alone and in a list: they say the same."""
    message = json.loads(aep({"smoke_state": 1, "temperature": 21.5}))
    for fields in ({}, {"assocAssetId": "楼道"}, {"messageType": None}, {"deviceId": None}, {"payload": None}):
        said = [
            decode("aep", json.dumps(message | fields, ensure_ascii=ascii_only).encode(), RECEIVED)
            for ascii_only in (True, False)
        ]
        listed = decode("aep", json.dumps([message | fields]).encode(), RECEIVED)
        spaced = decode("aep", b"\n" + json.dumps(message | fields).encode(), RECEIVED)
        assert said[0] == said[1] == listed == spaced


def test_what_is_passed_over_must_be_text() -> None:
    """A damaged byte in a field nobody reads still makes the message malformed."""
    whole = aep({"smoke_state": 1})
    assert _reasons(decode("aep", whole.replace(b'"tenantId": "2', b'"tenantId": "\xff'), RECEIVED)) == [
        Reason.MALFORMED
    ]
