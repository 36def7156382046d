"""Milesight's EM and GS series, by the maker's public documentation."""

from datetime import UTC, datetime

import pytest

from ingest import codecs
from ingest.readings import Decoded, DeviceId, DeviceState, Enclosed, Fact, Quality, Reading, Reason
from tests.lorawan_said import facts, reasons, values

RECEIVED = datetime(2024, 5, 1, 12, 30, tzinfo=UTC)


def _read(model: str, payload: str) -> list[Decoded]:
    return codecs.read(model, Enclosed(device=DeviceId("x"), payload=bytes.fromhex(payload), time=RECEIVED, port=85))


@pytest.mark.parametrize(
    ("model", "payload", "expected"),
    [
        ("EM300-TH", "017564 0367EA00 04684F", {"battery": (100, "%EL"), "temperature": (23.4, "Cel"), "humidity": (39.5, "%RH")}),
        ("EM300-DI", "05C806000000", {"pulse": (6.0, "1")}),
        ("EM300-DI", "05E10A000A000000803F", {"water": (1.0, "")}),
        ("EM300-DI", "05E10A000A00FFFFFFFF", {"water": (None, "")}),
        ("EM310-TILT", "03CF00000000282307", {"angle_x": (0.0, "deg"), "angle_y": (0.0, "deg"), "angle_z": (90.0, "deg")}),
        ("EM400-MUD", "8367e80001 8482410601", {"temperature": (23.2, "Cel"), "distance": (1601.0, "mm")}),
        ("EM500-SWL", "03770200", {"depth": (2.0, "cm")}),
        ("EM500-PP", "037BF6FF", {"pressure": (-10.0, "kPa")}),
        ("EM500-CO2", "057D6704 06736827", {"co2": (1127.0, "ppm"), "air_pressure": (1008.8, "hPa")}),
        ("EM500-SMTC", "03671901 046873 057FF000", {"temperature": (28.1, "Cel"), "soil_moisture": (57.5, "%"), "conductivity": (240.0, "uS/cm")}),
        ("EM500-LGT", "039450000000", {"illuminance": (80.0, "lux")}),
        ("EM320-TH", "049AF401", {"humidity": (50.0, "%RH")}),
        ("EM410-RDL", "0482FEFF 06C72EE0", {"distance": (None, "mm"), "radar_rssi": (-81.46, "dBm")}),
    ],
)  # fmt: skip
def test_channels_of_the_models(model: str, payload: str, expected: dict[str, tuple[float | None, str]]) -> None:
    """Values little-endian, with the maker's scale and unit."""
    said = _read(model, payload)
    assert values(said) == expected
    assert reasons(said) == []


@pytest.mark.parametrize(
    ("model", "payload", "fact", "active"),
    [
        ("EM310-UDL", "040000", Fact.TAMPER, False),
        ("EM310-UDL", "040001", Fact.TAMPER, True),
        ("EM310-TILT", "03CF00000000282301", Fact.VALUE_HIGH, True),
        ("EM310-TILT", "03CF00000000282300", Fact.VALUE_HIGH, False),
        ("EM300-SLD", "050001", Fact.WATER, True),
        ("EM300-MLD", "050000", Fact.WATER, False),
        ("EM300-MCS", "060001", Fact.OPEN, True),
        ("EM400-TLD", "8482410601", Fact.LEVEL_HIGH, True),
        ("EM400-TLD", "8482410600", Fact.LEVEL_HIGH, False),
        ("EM400-TLD", "8367220101", Fact.OTHER, True),
        ("EM400-TLD", "8367220100", Fact.OTHER, False),
        ("EM500-UDL", "83E90A00000001", Fact.LEVEL_HIGH, True),
        ("EM500-UDL", "83E90A00000000", Fact.LEVEL_HIGH, False),
        ("EM500-PT100", "83D71901000000", Fact.OTHER, True),
        ("EM500-PT100", "83D71901000001", Fact.OTHER, False),
        ("EM500-SMTC", "83D71901000001", Fact.OTHER, True),
        ("EM410-RDL", "B482320001", Fact.FAULT, True),
        ("EM410-RDL", "B482FDFF02", Fact.FAULT, True),
        ("EM410-RDL", "B482FFFF03", Fact.FAULT, True),
        ("EM410-RDL", "B482640000", Fact.FAULT, False),
        ("EM410-RDL", "04826400", Fact.FAULT, False),
        ("EM320-TH", "83670A0102", Fact.VALUE_HIGH, True),
        ("EM320-TH", "83670A0107", Fact.VALUE_HIGH, False),
        ("EM300-CL", "03ED02", Fact.VALUE_LOW, True),
    ],
)
def test_alarms_and_words(model: str, payload: str, fact: Fact, *, active: bool) -> None:
    """Alarms and their ends are told apart; what a number means is the model's."""
    assert facts(_read(model, payload))[fact] is active


def test_five_degrees_of_sun_are_no_heat_alarm() -> None:
    """An EM400 reports 83 67 where its temperature changed by 5 °C, up or down: nothing is hot."""
    assert Fact.HEAT not in facts(_read("EM400-MUD", "8367E80001"))


def test_exception_tells_no_distance() -> None:
    """No target and a broken sensor have no value; in the blind zone there is one."""
    assert values(_read("EM410-RDL", "B482FDFF02")) == {"distance": (None, "mm")}
    assert values(_read("EM410-RDL", "B482320001")) == {"distance": (50.0, "mm")}


def test_sudden_change_is_over_at_once() -> None:
    """Nothing would ever say that a jump ended."""
    said = [item for item in _read("EM500-UDL", "83E90A00000002") if isinstance(item, DeviceState)]
    assert [(item.fact, item.active, (item.time - RECEIVED).total_seconds()) for item in said] == [
        (Fact.OTHER, True, 0.0),
        (Fact.OTHER, False, 1.0),
    ]


@pytest.mark.parametrize(
    ("model", "payload", "expected"),
    [
        ("EM500-SWL", "20CE9E7446633200", {"depth": 50.0}),
        ("EM500-UDL", "20CE9E7446631E00", {"distance": 30.0}),
        ("EM300-SLD", "20CE9E744663EA004F01", {"temperature": 23.4, "humidity": 39.5}),
        (
            "EM500-SMTC",
            "20CE9E744663F00019010010",
            {"conductivity": 240.0, "temperature": 28.1, "soil_moisture": 40.96},
        ),
        ("EM410-RDL", "20CE9E74466344080101000001", {"distance": 2116.0, "temperature": 25.7}),
    ],
)
def test_stored_records_are_history(model: str, payload: str, expected: dict[str, float]) -> None:
    """What a device stored has its own time and is never judged as if it were now."""
    said = _read(model, payload)
    readings = [item for item in said if isinstance(item, Reading)]
    assert {item.metric: item.value for item in readings} == expected
    assert {(item.time, item.quality) for item in readings} == {
        (datetime(2022, 10, 12, 8, 2, 38, tzinfo=UTC), Quality.HISTORY)
    }
    assert all(item.quality is Quality.HISTORY for item in said if isinstance(item, DeviceState))


@pytest.mark.parametrize(
    ("model", "payload", "expected"),
    [
        ("EM300-DI", "20CE9E744663EA004F 02 00 0E000000", {"temperature": 23.4, "humidity": 39.5, "pulse": 14.0}),
        ("EM300-DI", "20CE9E744663EA004F 01 01 00000000", {"temperature": 23.4, "humidity": 39.5, "gpio": 1.0}),
        (
            "EM300-DI",
            "21CE9E744663EA004F 01 02 00 0A000A00 0000803F",
            {"temperature": 23.4, "humidity": 39.5, "water": 1.0},
        ),
        ("EM300-DI-HALL", "21CE9E744663000000 01 02 00 0A000A00 0000803F", {"water": 1.0}),
        ("EM300_DI", "20CE9E744663EA004F 01 01 00000000", {"temperature": 23.4, "humidity": 39.5, "gpio": 1.0}),
        ("EM320-TH", "20CE9E744663EA00F40101", {"temperature": 23.4, "humidity": 50.0}),
        ("EM320-TH-V2", "20CE9E744663EA004F", {"temperature": 23.4, "humidity": 39.5}),
        ("Milesight EM500 SWL radio", "20CE9E7446633200", {"depth": 50.0}),
    ],
)
def test_stored_records_of_models_that_vary(model: str, payload: str, expected: dict[str, float]) -> None:
    """An input has a mode, an EM320-TH a version that its name may leave out; words between are no model."""
    said = _read(model, payload)
    assert {item.metric: item.value for item in said if isinstance(item, Reading)} == expected
    assert {item.quality for item in said if isinstance(item, Reading)} == {Quality.HISTORY}
    assert reasons(said) == []


def test_stored_records_of_an_unnamed_model() -> None:
    """Six bytes may be four quantities: refused. Seven bytes are one model's."""
    assert reasons(_read("milesight_em", "20CE9E7446633200")) == [Reason.UNSUPPORTED]
    said = _read("milesight_em", "20CE9E744663EA004F")
    assert {item.metric: item.value for item in said if isinstance(item, Reading)} == {
        "temperature": 23.4,
        "humidity": 39.5,
    }


def test_stored_record_without_a_time_is_refused() -> None:
    """A clock that was never set cannot place a value in the past."""
    assert reasons(_read("EM500-SWL", "20CE000000003200")) == [Reason.TIME]


def test_versions_are_skipped_and_an_unknown_channel_ends_the_reading() -> None:
    """What was decoded before is kept; the rest is said to be left out."""
    said = _read("EM310-UDL", "FF0BFF FF0101 FF166329C42503920003 FF090100 FF0A0101 FF0F00 01755C 9911 03824408")
    assert values(said) == {"battery": (92, "%EL")}
    assert reasons(said) == [Reason.UNSUPPORTED]
    assert values(_read("EM310-UDL", "FE02803C 01755C")) == {"battery": (92, "%EL")}


def _frame(channels: str, csq: int = 9) -> str:
    """Make the frame of an NB-IoT model: versions, serial number, the names of modem and card, signal, length, channels."""
    data = bytes.fromhex(channels)
    body = bytes(3) + b"\x01" + b"01010110" + b"6" * 16 + b"8" * 15 + b"4" * 15 + b"9" * 20
    body += bytes([csq]) + len(data).to_bytes(2, "big") + data
    return (b"\x02\x00\x01" + len(body).to_bytes(2, "big") + body).hex()


@pytest.mark.parametrize("model", ["EM400-TLD", "EM410-RDL", "milesight_em"])
def test_frame_of_an_nb_iot_model_holds_the_same_channels(model: str) -> None:
    """What names the modem and its card is not told; 99 is no signal known."""
    said = _read(model, _frame("017564 03670B01 04823B01 050001"))
    assert values(said) == {
        "csq": (9.0, "1"),
        "battery": (100, "%EL"),
        "temperature": (26.7, "Cel"),
        "distance": (315.0, "mm"),
    }
    assert facts(said)[Fact.TAMPER] is True
    assert reasons(said) == []
    assert values(_read(model, _frame("017564", csq=99)))["csq"] == (None, "1")


def test_frame_of_an_nb_iot_model_that_is_cut_off_is_none() -> None:
    """Its length says so; nothing in the head is taken for a channel."""
    said = _read("EM400-TLD", _frame("017564 03670B01")[:-2])
    assert values(said) == {}
    assert reasons(said) == [Reason.UNSUPPORTED]


@pytest.mark.parametrize("payload", ["01755C0382", "01755C03", "01755C038244"])
def test_cut_off_channel_keeps_what_came_before(payload: str) -> None:
    """A lost byte loses one value."""
    said = _read("EM310-UDL", payload)
    assert values(said) == {"battery": (92, "%EL")}
    assert reasons(said) in ([Reason.TRUNCATED], [Reason.UNSUPPORTED])


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (1, {Fact.FIRE: True}),
        (2, {Fact.SILENCED: True}),
        (4, {Fact.BATTERY_LOW: True}),
        (5, {Fact.FAULT: True}),
        (7, {Fact.FIRE: False, Fact.SILENCED: False, Fact.BATTERY_LOW: False, Fact.FAULT: False}),
        (10, {Fact.TAMPER: True}),
        (11, {Fact.TAMPER: False}),
        (14, {Fact.TEST: True, Fact.BATTERY_LOW: False}),
        (15, {Fact.TEST: True, Fact.BATTERY_LOW: True}),
    ],
)
def test_messages_of_a_smoke_detector(kind: int, expected: dict[Fact, bool]) -> None:
    """Each kind of message is its own fact; a test is never a fire; normal ends what it can end."""
    body = bytes([0x22, 0x10 | kind, 100, 12, 0xF6])
    said = _read("GS524N", (body + bytes([-sum(body) & 0xFF])).hex())
    assert facts(said) == expected
    assert values(said) == {"battery": (100, "%EL"), "concentration": (12, "%"), "temperature": (-10, "Cel")}


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ("221E64001C41", Reason.CHECKSUM),
        ("221164001C40", Reason.CHECKSUM),
        ("221E64001C", Reason.TRUNCATED),
        ("221E64001C4000", Reason.MALFORMED),
        ("222E64001C30", Reason.UNSUPPORTED),
    ],
)
def test_damaged_smoke_message_is_never_a_reading(payload: str, reason: Reason) -> None:
    """A wrong sum, a lost byte or another kind of sensor is refused whole."""
    said = _read("GS524N", payload)
    assert reasons(said) == [reason]
    assert len(said) == 1


def test_gas_detectors() -> None:
    """GS301: ppm, polarising is no value, an error of one sensor is one fault. GS101: alarm, mains, faults."""
    said = _read("GS301", "017564 02671C01 036864 047D0000 057D0100")
    assert values(said)["h2s"] == (0.01, "ppm")
    assert facts(said) == {Fact.FAULT: False}
    assert values(_read("GS301", "047DFEFF")) == {"nh3": (None, "ppm")}
    assert facts(_read("GS301", "047DFFFF 067D0100")) == {Fact.FAULT: True}
    assert facts(_read("GS301", "067D0100 047DFFFF")) == {Fact.FAULT: True}
    assert facts(_read("GS101", "058E01 060100 FF3F00")) == {Fact.GAS_ALARM: True, Fact.MAINS_LOST: True}
    assert facts(_read("GS101", "058E00 FF3F03")) == {Fact.GAS_ALARM: False, Fact.FAULT: False}


def test_gas_detector_that_names_its_sensors() -> None:
    """Forty-three letters of GS301 are skipped; what follows is read."""
    assert values(_read("GS301", "FF7C" + "41" * 43 + "02671C01")) == {"temperature": (28.4, "Cel")}


@pytest.mark.parametrize(
    ("model", "payload", "expected"),
    [
        ("WS301", "017564 030001 040001", {Fact.OPEN: True, Fact.TAMPER: True}),
        ("milesight-iot ws301", "030000 040000", {Fact.OPEN: False, Fact.TAMPER: False}),
        ("WS303", "017564 030001", {Fact.WATER: True}),
        ("WS303-868M", "FF0BFF FF0860123456789A 030000", {Fact.WATER: False}),
    ],
)
def test_doors_and_leaks_of_the_ws_series(model: str, payload: str, expected: dict[Fact, bool]) -> None:
    """One channel is a door or a leak, by the model."""
    said = _read(model, payload)
    assert facts(said) == expected
    assert reasons(said) == []


def test_ws_of_no_name_is_neither_a_door_nor_a_leak() -> None:
    """The battery is the same of both."""
    said = _read("milesight_ws", "017564 030001")
    assert values(said) == {"battery": (100, "%EL")}
    assert facts(said) == {}
    assert reasons(said) == [Reason.UNSUPPORTED]
