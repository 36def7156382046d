"""What network servers' own codecs make of payloads: names, units, words."""

from datetime import UTC, datetime

import pytest

from ingest.lorawan.output import leaves
from ingest.readings import Decoded, DeviceId, Dropped, Fact, Quality
from tests.lorawan_said import facts, values

NOON = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)


def _read(**output: object) -> list[Decoded]:
    return leaves(DeviceId("x"), output, NOON, Quality.GOOD)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("temperature", 25.7, {"temperature": (25.7, "Cel")}),
        ("TempC_SHT", "25.30", {"temp_c_sht": (25.3, "Cel")}),
        ("Hum_SHT", 40, {"hum_sht": (40.0, "%RH")}),
        ("humidity", "55 %", {"humidity": (55.0, "%RH")}),
        ("battery", 92, {"battery": (92.0, "%EL")}),
        ("battery", 3.6, {"battery_raw": (3.6, "1")}),
        ("battery", 3600, {"battery_raw": (3600.0, "1")}),
        ("battery", "3.6V", {"battery_v": (3.6, "V")}),
        ("battery_percent", 96, {"battery": (96.0, "%EL")}),
        ("Bat", "3.281 V", {"bat": (3.281, "V")}),
        ("bat", 98, {"bat": (98.0, "")}),
        ("Bat_status", 3, {"bat_status": (3.0, "")}),
        ("temperature_f", 70, {"temperature_f": (70.0, "[degF]")}),
        ("TempF", 70, {"temp_f": (70.0, "[degF]")}),
        ("temperature_min", 18.5, {"temperature_min": (18.5, "Cel")}),
        ("uptime_min", 5, {"uptime_min": (5.0, "min")}),
        ("distance_mm", 1802, {"distance_mm": (1802.0, "mm")}),
        ("Distance", "1802 mm", {"distance": (1802.0, "mm")}),
        ("Distance", "Invalid Reading", {"distance": (None, "")}),
        ("depth", 12, {"depth": (12.0, "")}),
        ("waterLevelCm", 12, {"water_level_cm": (12.0, "cm")}),
        ("relay", True, {"relay": (1.0, "1")}),
        ("rssi", -90, {"payload_rssi": (-90.0, "dBm")}),
        ("Node_type", "LDDS75", {}),
        ("temperature", None, {}),
        ("history", [{"temperature": 1}], {}),
    ],
)
def test_names_and_units(name: str, value: object, expected: dict[str, tuple[float | None, str]]) -> None:
    """The unit is what the name or the text says, and otherwise nobody's guess."""
    assert values(_read(**{name: value})) == expected


@pytest.mark.parametrize(
    ("name", "value", "fact", "active"),
    [
        ("smoke", True, Fact.FIRE, True),
        ("smoke_status", "normal", Fact.FIRE, False),
        ("FireAlarm", "No Alarm", Fact.FIRE, False),
        ("HighTempAlarm", "Alarm", Fact.HEAT, True),
        ("leakage_status", "leak", Fact.WATER, True),
        ("WATER_LEAK_STATUS", 0, Fact.WATER, False),
        ("DOOR_OPEN_STATUS", 1, Fact.OPEN, True),
        ("magnet_status", "close", Fact.OPEN, False),
        ("position", "tilt", Fact.TAMPER, True),
        ("gas_status", "alarm", Fact.GAS_ALARM, True),
        ("low_battery", "yes", Fact.BATTERY_LOW, True),
        ("distance_alarm", "threshold alarm release", Fact.LEVEL_HIGH, False),
        ("test", True, Fact.TEST, True),
        ("tamper_status", "uninstalled", Fact.TAMPER, True),
        ("occupancy", "occupied", Fact.MOTION, True),
        ("leakDetected", True, Fact.WATER, True),
        ("WaterLeak1", "Leak", Fact.WATER, True),
        ("leak_status_2", "NoLeak", Fact.WATER, False),
        ("floodAlarm", {"value": True}, Fact.WATER, True),
        ("floodAlarm", {"value": 0}, Fact.WATER, False),
        ("alarm", {"fire": 1}, Fact.FIRE, True),
        ("status", {"smoke": True}, Fact.FIRE, True),
    ],
)
def test_words_and_bits_for_facts(name: str, value: object, fact: Fact, *, active: bool) -> None:
    """Everybody's words for the same yes and no."""
    assert facts(_read(**{name: value})) == {fact: active}


def test_measures_in_a_list_have_their_own_names() -> None:
    """Some codecs write a list of what was measured: what it is stands beside the value, and so may its unit."""
    said = _read(
        messages=[
            [{"measurementId": "4097", "type": "Air Temperature", "measurementValue": 25.2}],
            [{"measurementId": "3000", "type": "Battery", "measurementValue": 98}],
        ],
        data=[{"variable": "level", "value": 3.5, "unit": "m"}, {"variable": "water_leak", "value": 1}],
        outside={"value": 70, "unit": "°F"},
        still=[{"variable": "x", "value": 1}, {"variable": "x", "value": 2}],
    )
    assert values(said) == {
        "air_temperature": (25.2, "Cel"), "battery": (98.0, "%EL"), "level": (3.5, "m"), "outside": (70.0, "[degF]"),
        "x": (1.0, ""), "still_2_value": (2.0, ""),
    }  # fmt: skip
    assert facts(said) == {Fact.WATER: True}


def test_measures_of_decentlab_have_unit_and_name_to_show() -> None:
    """Its codecs write each value with the unit it is in and the name to show; a count has no unit."""
    said = _read(
        distance={"displayName": "Distance", "unit": "mm", "value": 1234},
        pressure={"displayName": "Pressure", "unit": "bar", "value": 5e-05},
        wind_speed={"displayName": "Wind speed", "unit": "m⋅s⁻¹", "value": 1.2},
        number_of_valid_samples={"displayName": "Number of valid samples", "unit": None, "value": 1},
    )
    assert values(said) == {
        "distance": (1234.0, "mm"), "pressure": (5e-05, "bar"), "wind_speed": (1.2, "m/s"), "number_of_valid_samples": (1.0, ""),
    }  # fmt: skip


def test_measures_of_sensecap_are_known_by_their_numbers() -> None:
    """Seeed's older codecs say only the number of what was measured, and the charge in a message of its own."""
    said = _read(
        payload="00000001",
        messages=[
            {"type": "upload_battery", "battery": 100},
            {"type": "report_telemetry", "measurementId": 4097, "measurementValue": 21.4},
            {"type": "report_telemetry", "measurementId": 4098, "measurementValue": 31.4},
            {"type": "report_telemetry", "measurementId": 4116, "measurementValue": 1},
            {"type": "report_telemetry", "measurementId": 9999, "measurementValue": 7},
        ],
    )
    assert values(said) == {
        "battery": (100.0, "%EL"), "air_temperature": (21.4, "Cel"), "air_humidity": (31.4, "%RH"), "measurement_9999": (7.0, ""),
    }  # fmt: skip
    assert facts(said) == {Fact.WATER: True}


def test_bytes_of_the_payload_are_no_values() -> None:
    """The codec that networks begin with gives the payload again."""
    assert _read(bytes=[3, 103, 234]) == []
    assert _read(bytes="0367", level=1.5)[1:] == []


def test_smoke_detectors_of_nexelec_speak_in_sentences() -> None:
    """Its codec for Origin and Guard: an alarm, its own or of one it is connected to, and the state of the detector."""
    alarm = {"typeOfMessage": "Smoke Alarm", "smokeAlarmHush": "Smoke alarm stopped because no smoke anymore"}
    assert facts(_read(**alarm, smokeAlarm="Local smoke Alarm activated")) == {Fact.FIRE: True}
    assert facts(_read(**alarm, smokeAlarm="Remote smoke Alarm activated")) == {Fact.FIRE: True}
    assert facts(_read(**alarm, smokeAlarm="Smoke Alarm non-activated")) == {Fact.FIRE: False}
    status = _read(
        smokeSensorStatus="Smoke sensor fault",
        antiTearDetectionStatus="Magnetic base detected",
        batteryLevel="Critical",
        batteryVoltage={"value": 2500, "units": "mV"},
        humidity={"value": 45.5, "unit": "°C"},
    )
    assert facts(status) == {Fact.FAULT: True, Fact.TAMPER: False, Fact.BATTERY_LOW: True}
    assert values(status) == {"battery_voltage": (2500.0, "mV"), "humidity": (45.5, "%RH")}


def test_low_battery_of_netvox_stands_behind_its_volts() -> None:
    """Its codecs write 2.4 V as a text where it is low, else as a number."""
    low = _read(Device="RA02C", Volt="2.4(low battery)", COAlarm="Alarm")
    assert values(low) == {"volt": (2.4, "V")}
    assert facts(low) == {Fact.GAS_ALARM: True, Fact.BATTERY_LOW: True}
    assert facts(_read(Device="RA02C", Volt=3.1, COAlarm="No Alarm")) == {
        Fact.GAS_ALARM: False,
        Fact.BATTERY_LOW: False,
    }
    assert facts(_read(Volt=3.1)) == {}


def test_shock_and_cigarettes_of_netvox() -> None:
    """R900A03 tells of shocks, RA02G of cigarettes: no fire."""
    assert facts(_read(WaterLeak="noLeak", ShockTamperAlarm="Alarm")) == {Fact.WATER: False, Fact.TAMPER: True}
    assert facts(_read(IncenseSmokeAlarm="Alarm")) == {Fact.OTHER: True}


def test_smoke_detector_of_yobiiq() -> None:
    """An alarm of a detector it is connected to is no fire of its own: it would end with its own all-clear."""
    said = _read(
        smokeAlarm="Normal", interconnectAlarm="Alarm", testButtonPressed="Pushed", batteryLevelInPercentage=90
    )
    assert facts(said) == {Fact.FIRE: False, Fact.OTHER: True, Fact.TEST: True}
    assert values(said) == {"battery": (90.0, "%EL")}


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ({"Type": "WATER", "Water": {"Event": "Water Present"}}, {Fact.WATER: True}),
        ({"Type": "WATER", "Water": {"Event": "Water Not Present"}}, {Fact.WATER: False}),
        ({"Type": "TAMPER", "Tamper": {"Event": "Open"}}, {Fact.TAMPER: True}),
        ({"Type": "DOOR/WINDOW", "DoorWindow": {"Event": "Closed"}}, {Fact.OPEN: False}),
        ({"Type": "SUPERVISORY", "Supervisory": {"TamperState": 1, "BatteryLow": 1}}, {Fact.BATTERY_LOW: True}),
        ({"event": "heartbeat,water_leak_alert"}, {Fact.WATER: True}),
        ({"event": "heartbeat"}, {}),
    ],
)
def test_events_of_radio_bridge_and_arwin(output: dict[str, object], expected: dict[Fact, bool]) -> None:
    """Radio Bridge's tamper state is 1 where nobody has tampered, so it states nothing here."""
    assert facts(_read(**output)) == expected


def test_output_within_bytes_is_the_output() -> None:
    """Codecs of Adeunis give what they decoded as `bytes`."""
    said = _read(bytes={"type": "0x6d", "temperature": 20.5, "status": {"lowBattery": True}})
    assert values(said) == {"temperature": (20.5, "Cel")}
    assert facts(said) == {Fact.BATTERY_LOW: True}


def test_fact_of_one_part_is_not_ended_by_another() -> None:
    """A leak under one cable stands, whatever is dry; smoke is not ended by a heat detector that sees nothing."""
    assert facts(_read(WaterLeak1="Leak", WaterLeak2="NoLeak")) == {Fact.WATER: True}
    assert facts(_read(fire_alarm=False, smoke_alarm=True)) == {Fact.FIRE: True}
    assert facts(_read(WaterLeak1="NoLeak", WaterLeak2="NoLeak")) == {Fact.WATER: False}
    assert len(_read(WaterLeak1="Leak", WaterLeak2="NoLeak")) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("water_2", 1),
        ("status", {"heat": 1}),
        ("alarm1", 1),
        ("value", 1),
        ("flood", {"value": 1}),
        ("door", {"value": True}),
    ],
)
def test_number_that_may_be_an_amount_is_no_fact(name: str, value: object) -> None:
    """A counter of water, a heater that is on, a limit; of Sensative how wet it is, and a door whose true is closed."""
    assert facts(_read(**{name: value})) == {}


def test_word_that_is_unknown_is_neither_yes_nor_no() -> None:
    """A message that says "calibrating" ends no alarm and raises none."""
    assert _read(smoke_status="calibrating") == []


def test_alarm_of_what_calls_itself_a_smoke_sensor_is_a_fire() -> None:
    """The maker's decoder of GS524N says only `event: alarm`; a test of it is no fire."""
    assert facts(_read(type="smoke sensor", event="alarm")) == {Fact.FIRE: True}
    assert facts(_read(type="smoke sensor", event="testing alarm with normal battery")) == {}
    assert facts(_read(event="alarm")) == {Fact.OTHER: True}


def test_nested_output_is_flattened() -> None:
    """Paths become names; lists count from one; what is too deep is left out."""
    said = _read(air={"temperature": 21.5, "list": [1, {"b": 2}]}, a={"b": {"c": {"d": {"e": {"f": {"g": 1}}}}}})
    assert values(said) == {"air_temperature": (21.5, "Cel"), "air_list_1": (1.0, ""), "air_list_2_b": (2.0, "")}


def test_personal_names_are_dropped() -> None:
    """What names a person is not taken, and that it was there is counted."""
    (dropped,) = _read(phone=13_800_000_000)
    assert isinstance(dropped, Dropped)
    assert dropped.fields == ("phone",)
