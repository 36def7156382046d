"""The words that hand-written codecs use: units, quantities, facts, yes and no. Pure: tables."""

from typing import Final

from ingest.readings import Fact

UNITS: Final = {
    "mv": "mV", "v": "V", "volt": "V", "volts": "V", "voltage": "V", "ma": "mA", "mm": "mm", "cm": "cm", "m": "m",
    "ms": "ms", "s": "s", "sec": "s", "seconds": "s", "min": "min", "minutes": "min", "pct": "%", "percent": "%",
    "pa": "Pa", "hpa": "hPa", "kpa": "kPa", "mpa": "MPa", "bar": "bar", "ppm": "ppm", "ppb": "ppb", "lux": "lux",
    "lx": "lux", "dbm": "dBm", "db": "dB", "deg": "deg", "degc": "Cel", "celsius": "Cel", "degf": "[degF]", "fahrenheit": "[degF]",
    "ntu": "NTU",
    "ph": "[pH]",
}  # fmt: skip
QUANTITIES: Final = {
    "temperature": "Cel", "temp": "Cel", "tempc": "Cel", "humidity": "%RH", "hum": "%RH", "co2": "ppm", "co": "ppm",
    "illuminance": "lux", "illumination": "lux", "batv": "V", "bat": "V", "ill": "lux",
}  # fmt: skip
DURATIONS: Final = frozenset(("uptime", "interval", "duration", "time", "period", "timeout", "runtime", "delay"))
"""Beside one of these words `min` is minutes; elsewhere it is the least of something."""
STATES: Final = frozenset(
    ("status", "state", "flag", "mode", "alarm", "count", "times", "type", "enable", "enabled", "id")
)
"""What ends in one of these is a number of a list, whatever else it speaks of."""
SPELLED: Final = {"v": "V", "mv": "mV", "%": "%", "°c": "Cel", "℃": "Cel", "c": "Cel", "°f": "[degF]", "℉": "[degF]", "f": "[degF]", "%rh": "%RH",
    "m/s": "m/s", "km/h": "km/h", "mm/h": "mm/h", "km": "km", "°": "deg", "m⋅s⁻¹": "m/s", "µs⋅cm⁻¹": "uS/cm", "ms⋅cm⁻¹": "mS/cm",
    "mg⋅l⁻¹": "mg/L", "µg⋅m⁻³": "ug/m3",
}  # fmt: skip
NAMES_OF_MEASURES: Final = {"value": ("variable", "parameter", "channelName", "name"), "measurementValue": ("type",)}
"""Where codecs write lists of measures: beside which value stands the name of what was measured."""
SENSECAP: Final = {
    "4097": "air_temperature", "4098": "air_humidity", "4099": "light_intensity", "4100": "co2", "4101": "barometric_pressure",
    "4102": "soil_temperature", "4103": "soil_moisture", "4104": "wind_direction", "4105": "wind_speed", "4106": "ph",
    "4108": "electrical_conductivity", "4109": "dissolved_oxygen", "4113": "rainfall_hourly", "4115": "distance",
    "4116": "water_leak", "4117": "liquid_level", "4120": "flow_rate", "4121": "total_flow", "4124": "water_temperature",
}  # fmt: skip
"""What Seeed's older codecs say only the number of (`measurementId`)."""
PAYLOADS: Final = frozenset(("payload", "raw", "raw_payload", "payload_hex", "hex", "raw_data", "data", "bytes"))
"""Text under these names is the payload in hex, not a number."""
UNIT_NAMES: Final = UNITS | SPELLED
METRICS: Final = {"temp": "temperature", "temp_c": "temperature", "temperature_c": "temperature", "hum": "humidity"}
CHARGES: Final = frozenset(
    ("battery_percent", "battery_pct", "bat_percent", "bat_pct", "battery_level_percent", "battery_level_in_percentage")
)
FACTS: Final = {
    "smokestatus": Fact.FIRE, "smokedetection": Fact.FIRE, "firestatus": Fact.FIRE, "firedetected": Fact.FIRE,
    "gasstatus": Fact.GAS_ALARM, "gasalarmstatus": Fact.GAS_ALARM, "leakage": Fact.WATER, "leakagestatus": Fact.WATER,
    "leak": Fact.WATER, "leakstatus": Fact.WATER, "waterleakstatus": Fact.WATER, "waterleakage": Fact.WATER,
    "waterleakagestatus": Fact.WATER, "waterstatus": Fact.WATER, "flood": Fact.WATER,
    "leakdetected": Fact.WATER, "flooding": Fact.WATER, "flooddetected": Fact.WATER, "floodstatus": Fact.WATER,
    "tamperdetected": Fact.TAMPER, "boxtamper": Fact.TAMPER, "door": Fact.OPEN,
    "dooropen": Fact.OPEN, "dooropenstatus": Fact.OPEN, "magnetstatus": Fact.OPEN, "magnet": Fact.OPEN,
    "position": Fact.TAMPER, "tiltstatus": Fact.TAMPER, "dismantled": Fact.TAMPER, "batterylow": Fact.BATTERY_LOW,
    "batlow": Fact.BATTERY_LOW, "pirstatus": Fact.MOTION, "occupancy": Fact.MOTION, "hightempalarm": Fact.HEAT,
    "temperaturealarm": Fact.HEAT, "leveralarm": Fact.LEVEL_HIGH, "levelalarm": Fact.LEVEL_HIGH,
    "smokesensorstatus": Fact.FAULT, "antiteardetectionstatus": Fact.TAMPER,
    "interconnectalarm": Fact.OTHER, "testbuttonpressed": Fact.TEST,
    "shocktamperalarm": Fact.TAMPER, "incensesmokealarm": Fact.OTHER,
    "waterevent": Fact.WATER, "tamperevent": Fact.TAMPER, "doorwindowevent": Fact.OPEN, "supervisorybatterylow": Fact.BATTERY_LOW,
    "distancealarm": Fact.LEVEL_HIGH, "event": Fact.OTHER, "alarmstatus": Fact.OTHER, "alarmtype": Fact.OTHER,
}  # fmt: skip
WORDS: Final[dict[str, dict[str, bool]]] = {
    "smokesensorstatus": {"smoke sensor fault": True, "smoke sensor ok": False},
    "antiteardetectionstatus": {
        "magnetic base not detected": True, "product removed from its based just now": True,
        "magnetic base detected": False, "product installed on its base just now": False,
    },
    "testbuttonpressed": {"pushed": True},
    "waterevent": {"water present": True, "water not present": False},
}  # fmt: skip
"""What the fact of this one name is told in: of the smoke detectors Origin and Guard of Nexelec, of Yobiiq, of Radio Bridge."""
EVENTS: Final = {"water_leak_alert": Fact.WATER}
"""Of what `event` names, one or more with commas between, as of Arwin; that it is over is not said."""
BATTERY_LOW: Final = {
    "low": True,
    "critical": True,
    "empty": True,
    "high": False,
    "medium": False,
    "normal": False,
    "ok": False,
    "good": False,
    "full": False,
}
"""What stands where the charge is expected."""
YES: Final = frozenset(
    [
        "local smoke alarm activated",
        "remote smoke alarm activated",
        "alarm",
        "alarmed",
        "on",
        "true",
        "yes",
        "open",
        "opened",
        "leak",
        "leaking",
        "leaked",
        "wet",
        "smoke",
        "fire",
        "triggered",
        "trigger",
        "detected",
        "tilt",
        "tilted",
        "removed",
        "uninstalled",
        "uninstall",
        "occupied",
        "low",
        "fault",
        "active",
        "motion",
        "threshold_alarm",
        "threshold-alarm",
        "immersed",
    ]
) | {"threshold alarm", "smoke alarm", "fire alarm", "low battery"}
NO: Final = frozenset(
    [
        "smoke alarm non-activated",
        "normal",
        "ok",
        "off",
        "false",
        "no",
        "close",
        "closed",
        "dry",
        "clear",
        "cleared",
        "installed",
        "install",
        "noalarm",
        "no_alarm",
        "noleak",
        "no_leak",
        "inactive",
        "none",
        "vacant",
        "idle",
        "good",
        "release",
        "released",
        "untriggered",
    ]
) | {
    "no alarm",
    "no leak",
    "not triggered",
    "threshold_alarm_release",
    "threshold alarm release",
    "no smoke",
    "no fire",
    "not detected",
}
MISSING: Final = frozenset(("", "null", "n/a", "na", "nan", "none", "-", "--", "invalid", "error", "unknown"))
MISSING_BEGIN: Final = ("no sensor", "no external", "invalid", "sensor no", "not connected", "no connect", "no data")
