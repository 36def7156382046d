"""What the properties of Zigbee devices mean, by their names. Tables, nothing else."""

from sys import float_info
from typing import Final

from ingest.readings import Fact

_LARGEST: Final = float_info.max

FACTS: Final = {
    "smoke": Fact.FIRE, "smoke_state": Fact.FIRE, "smoke_alarm_1": Fact.FIRE, "smoke_alarm_2": Fact.FIRE,
    "battery_low": Fact.BATTERY_LOW, "battery_state": Fact.BATTERY_LOW, "battery_level": Fact.BATTERY_LOW,
    "tamper": Fact.TAMPER,
    "test": Fact.TEST, "self_test": Fact.TEST, "self_test_result": Fact.TEST, "checking_result": Fact.TEST,
    "self_checking": Fact.TEST, "testing": Fact.TEST, "test_in_progress": Fact.TEST, "test_mode": Fact.TEST,
    "water_leak": Fact.WATER, "water_leak_alarm_1": Fact.WATER, "water_leak_alarm_2": Fact.WATER,
    "water_leakage_state": Fact.WATER,
    "gas": Fact.GAS_ALARM, "gas_alarm_1": Fact.GAS_ALARM, "gas_alarm_2": Fact.GAS_ALARM, "gas_sensor_state": Fact.GAS_ALARM,
    "carbon_monoxide": Fact.GAS_ALARM, "carbon_monoxide_alarm_1": Fact.GAS_ALARM, "carbon_monoxide_alarm_2": Fact.GAS_ALARM,
    "co_state": Fact.GAS_ALARM,
    "heat": Fact.HEAT,
    "fault": Fact.FAULT, "fault_alarm": Fact.FAULT, "device_fault": Fact.FAULT, "trouble": Fact.FAULT,
    "reliability": Fact.FAULT,
    "silence": Fact.SILENCED, "silence_siren": Fact.SILENCED, "hush": Fact.SILENCED, "hush_active": Fact.SILENCED,
    "temporary_mute": Fact.SILENCED, "smoke_alarm_silenced": Fact.SILENCED, "buzzer_manual_mute": Fact.SILENCED,
    "mains_power_connected": Fact.MAINS_LOST,
    "contact": Fact.OPEN,
    "occupancy": Fact.MOTION, "presence": Fact.MOTION,
    "alarm": Fact.OTHER, "alarm_1": Fact.OTHER, "alarm_2": Fact.OTHER, "alarm_status": Fact.OTHER,
}  # fmt: skip
"""What the properties of devices say. Several of one fact are one: it holds where any of them says so."""
INVERTED: Final = frozenset({"contact", "mains_power_connected"})
CLEAR: Final = frozenset({"smoke", "battery_low", "tamper", "water_leak", "carbon_monoxide"})
"""What is never anything but yes or no: another word is refused. The others are texts, numbers or commands on some devices."""
QUANTITIES: Final = {
    "battery": ("battery", "%EL", 0.0, 100.0),
    "voltage": ("voltage", "V", 0.0, _LARGEST),
    "linkquality": ("linkquality", "1", 0.0, 255.0),
    "smoke_density": ("smoke_density", "1", 0.0, _LARGEST),
    "smoke_concentration": ("smoke_density", "1", 0.0, _LARGEST),
    "smoke_value": ("smoke_density", "1", 0.0, _LARGEST),
    "smoke_level": ("smoke_density", "1", 0.0, _LARGEST),
    "temperature": ("temperature", "Cel", -100.0, 1000.0),
    "temperature_38": ("temperature", "Cel", -100.0, 1000.0),  # of Develco's detectors, whose endpoint 38 measures it
    "device_temperature": ("device_temperature", "Cel", -100.0, 1000.0),
    "humidity": ("humidity", "%RH", 0.0, 100.0),
    "pressure": ("pressure", "hPa", 0.0, 2000.0),
    "co": ("co", "ppm", 0.0, _LARGEST),
    "co_ppm": ("co", "ppm", 0.0, _LARGEST),
    "carbon_monoxide_value": ("co", "ppm", 0.0, _LARGEST),
    "co2": ("co2", "ppm", 0.0, _LARGEST),
    "pm25": ("pm2_5", "ug/m3", 0.0, _LARGEST),
    "soil_moisture": ("soil_moisture", "%", 0.0, 100.0),
}
"""Numeric properties: the metric, its unit, and the closed range outside which a number is a "no value" mark."""

WORDS: Final = {"true": True, "on": True, "yes": True, "false": False, "off": False, "no": False}
_ALARM_WORDS: Final = {"alarm": True, "normal": False, "none": False}
_CHARGE_WORDS: Final = {"low": True, "medium": False, "middle": False, "high": False}
_CHECK_WORDS: Final = WORDS | {
    "checking": True, "check_success": False, "check_failure": False, "success": False, "failure": False, "others": False,
    "check success": False, "check failure": False,
}  # fmt: skip
WORDS_OF: Final = {
    "smoke_state": _ALARM_WORDS,
    "gas_sensor_state": _ALARM_WORDS,
    "co_state": _ALARM_WORDS,
    "water_leakage_state": {"water_leakage_yes": True, "water_leakage_no": False},
    "battery_state": _CHARGE_WORDS,
    "battery_level": _CHARGE_WORDS,
    "self_test": _CHECK_WORDS,
    "self_test_result": _CHECK_WORDS,
    "checking_result": _CHECK_WORDS,
    "alarm": {},  # ON is a switch for the buzzer
    "alarm_status": _ALARM_WORDS,
    "reliability": {"no_fault_detected": False, "unreliable_other": True, "process_error": True},
}
"""Properties that tell a state by a word of their own. Of any other word, as "detecting" or "unknown", nothing is told."""
COUNTERS: Final = frozenset({"gas", "battery_level"})
"""What is a number on a meter is no alarm when the number happens to be 1."""
