"""What the identifiers of Chinese platforms' thing models mean: metrics and facts by name. Pure tables.

Aliyun, OneNET and CTWing let every maker name the properties of its products. The names repeat: SmokeSensorState,
smoke_sensor_state and smokeState are written by different hands and mean one thing. They are compared without case and
separators. What is not in the tables keeps its name, in snake case, and its unit is the registered one. Refuses nothing.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import msgspec
from msgspec import Struct

from ingest.readings import Fact
from ingest.wire import RefusedError, read_json

LONGEST_NAME: Final = 64  # a longer key is no identifier
_METRIC_CHARS: Final = 40  # what the registry takes as the name of a metric
_NOT_WORD: Final = re.compile(r"[^0-9A-Za-z]+")
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class Quantity(Struct, frozen=True):
    """A number: our metric, its unit ("" is the registered one) and the closed range outside of which it is "no value"."""

    metric: str
    unit: str = ""
    low: float = -1e300
    high: float = 1e300
    void: tuple[float, ...] = ()  # marks of "no value" within the range
    is_written_oddly: bool = False  # makers differ in scale or sign: `ingest.thing_values` undoes it


class Flag(Struct, frozen=True):
    """A yes or no. `codes` are a maker's numbers or words for it, beside 0 and 1; others are `rest`, None is unreadable.

    `measured` is what other numbers are, where makers use one name for a state and for a quantity.
    """

    fact: Fact
    codes: Mapping[str, bool] = {}
    rest: bool | None = None
    is_inverted: bool = False
    measured: Quantity | None = None


class Ignored(Struct, frozen=True):
    """A name of the device, a version, a time: nothing that is measured."""


class Personal(Struct, frozen=True):
    """What names a person or a household. It is dropped."""


Meaning = Quantity | Flag | Ignored | Personal

_QUANTITIES: Final = {
    "temperature temp tdata currenttemperature temperaturevalue tempvalue envtemperature ambienttemperature "
    "indoortemperature": Quantity("temperature", "Cel", -100.0, 1000.0),
    "humidity humi currenthumidity relativehumidity humidityvalue": Quantity("humidity", "%RH", 0.0, 100.0),
    "battery batterylevel batteryvalue batterypercentage batterypercent remainingbattery batteryremaining "
    "electricquantity": Quantity("battery", "%EL", 0.0, 100.0),
    "batteryvoltage batvoltage vbat batteryvol": Quantity("voltage", "V", 0.0, 1e300, (), True),
    "smokevalue smokeconcentration smokedensity smokelevel smokesensorvalue": Quantity("smoke_density", "1", 0.0),
    "co covalue coconcentration cosensorvalue": Quantity("co", "ppm", 0.0),
    "co2 co2value": Quantity("co2", "ppm", 0.0),
    "pm25 pm25value": Quantity("pm25", "ug/m3", 0.0),
    "pm10 pm10value": Quantity("pm10", "ug/m3", 0.0),
    "illuminance lightlux": Quantity("illuminance", "lux", 0.0),
    "tilt tiltangle tiltvalue inclination": Quantity("tilt", "deg", -360.0, 360.0),
    "rsrp": Quantity("rsrp", "dBm", -156.0, -30.0, (), True),
    "rssi": Quantity("rssi", "dBm", -200.0, 30.0),
    "rsrq": Quantity("rsrq", "dB", -50.0, 20.0),
    "sinr": Quantity("sinr", "dB", -50.0, 60.0),
    "snr": Quantity("snr", "dB", -50.0, 60.0),
    "csq": Quantity("csq", "1", 0.0, 31.0),
    "ecl": Quantity("ecl", "1", 0.0, 255.0),
    "pci": Quantity("pci", "1", 0.0, 1007.0),
    "cellid": Quantity("cell_id", "1", 0.0),
    "longitude lon lng": Quantity("longitude", "deg", -180.0, 180.0, (0.0, -1.0), True),
    "latitude lat": Quantity("latitude", "deg", -90.0, 90.0, (0.0, -1.0), True),
}
_LOW: Final = {"low": True, "middle": False, "high": False}
_FLAGS: Final = {
    "smokestate smokesensorstate smokesensorstatus smokealarm smokealarmstate smokedetected smokedetectstate "
    "firealarm firealarmstate firestate firesensorstate": Flag(Fact.FIRE),
    "gassensorstate gasstate gasalarmstate gassensorstatus": Flag(Fact.GAS_ALARM, {"2": True}),
    "gasdetected combustiblegasalarm coalarm coalarmstate cosensorstate cosensorstatus": Flag(Fact.GAS_ALARM),
    "temperaturealarm temperaturestate hightemperaturealarm hightempalarm tempalarm overtemperaturealarm overheat "
    "temperaturealarmstate": Flag(Fact.HEAT),
    "lowbattery batterystate batterystatus lowbatteryalarm lowbatterystate batterylowalarm batteryalarm lowvoltage "
    "lowvoltagealarm batteryvoltagelow batteryvoltagelowalarm lowpower lowpoweralarm": Flag(Fact.BATTERY_LOW, _LOW),
    "tamperstate tamperstatus tamperalarm temperalarm tamperswitch dismantle dismantlestate dismantlealarm "
    "disassemblealarm removealarm": Flag(Fact.TAMPER),
    "faultstate faultstatus faultalarm devicefault sensorfault smokesensorfault malfunction": Flag(Fact.FAULT),
    "errorcode faultcode fault": Flag(Fact.FAULT, rest=True),
    "smoke": Flag(Fact.FIRE, measured=Quantity("smoke_density", "1", 0.0)),
    "teststate testalarm selfcheckstate selftesting simulatedalarm": Flag(Fact.TEST),
    "mute mutestate mutestatus silence silencestate muffling": Flag(Fact.SILENCED),
    "watersensorstate watersensorstatus waterleak waterleakstate waterimmersion waterimmersionstate flooded "
    "floodalarm leakstate": Flag(Fact.WATER),
    "doorstate doorstatus contactstate doorcontactstate coverstate openstate lidstate opened": Flag(Fact.OPEN),
    "motionstate motionalarmstate motiondetected pir pirstate infraredstate": Flag(Fact.MOTION),
    "powerfailure powerfailurealarm poweroffalarm powerlost outage": Flag(Fact.MAINS_LOST),
    "online onlinestate onlinestatus": Flag(Fact.OFFLINE, is_inverted=True),
    "highpressurealarm pressurehighalarm overpressure highlevelalarm levelhighalarm": Flag(Fact.VALUE_HIGH),
    "lowpressurealarm pressurelowalarm underpressure lowlevelalarm levellowalarm": Flag(Fact.VALUE_LOW),
    "shieldstate shieldstatus": Flag(Fact.SHIELDED),
    "alarm alarmstate alarmflag": Flag(Fact.OTHER, rest=True),
}
_IGNORED: Final = (
    "imei imei2 imsi iccid meid eid mac macaddress sn serialnumber serialno deviceid devicecode deviceno devicesn "
    "devicetype devicename productid productkey serviceid softwareversion hardwareversion firmwareversion version "
    "manufacturername manufacturer terminaltype moduletype modulename cellidlength time timestamp ts eventtime reporttime "
    "collecttime datatime messageid msgid id ip ipaddress port apn heartbeattime"
)
_PERSONAL: Final = (
    "phone phonenumber phoneno mobile mobilephone tel telephone owner ownername username contact contacts contactname "
    "linkman idcard idcardno identitycard plate platenumber plateno licenseplate facefeature faceid personname personid "
    "household householdname residentname"
)

_PERSONAL_PARTS: Final = ("phone", "idcard", "idnumber", "licenseplate")

_NAME: Final = re.compile(r"[^/+#\s\x00-\x1f\x7f]{1,64}")


def is_name(value: str) -> bool:
    """Tell whether text can be the name of a device: at most 64 characters without blanks, `/`, `+` and `#`."""
    return _NAME.fullmatch(value) is not None and value.isprintable()


def spelled(identifier: str) -> str:
    """Give an identifier without case and separators, and without the module before its colon (`power:Switch`)."""
    return _NOT_WORD.sub("", identifier.rpartition(":")[2]).lower()


def metric_name(identifier: str) -> str:
    """Make a metric's name of an identifier: snake case, at most 40 characters; "" where nothing is left of it."""
    words = _NOT_WORD.sub("_", _HUMP.sub("_", identifier.rpartition(":")[2])).strip("_").lower()
    if words and not words[0].isalpha():
        words = f"x_{words}"
    return words[:_METRIC_CHARS].rstrip("_")


@lru_cache(maxsize=8192)
def meaning(identifier: str) -> Meaning:
    """Say what an identifier of at most LONGEST_NAME characters means; unknown ones are quantities of their own name."""
    key = spelled(identifier)
    known = _WORDS.get(key)
    if known is not None:
        return known
    if any(part in key for part in _PERSONAL_PARTS):
        return Personal()
    metric = metric_name(identifier)
    return Quantity(metric) if metric else Ignored()


def is_personal(identifier: str) -> bool:
    """Tell whether what stands under an identifier names a person or a household."""
    return len(identifier) <= LONGEST_NAME and isinstance(meaning(identifier), Personal)


@lru_cache(maxsize=2)
def without_personal(payload: bytes) -> bytes:
    """Give what may be kept of a raw JSON message: all of it but what stands under the names of persons and households.

    It is asked once for each unknown device of a message, and a gateway may pack thousands: the answer is remembered.
    """
    try:
        value = read_json(payload)
    except RefusedError:
        return payload
    removed: list[str] = []
    kept = _cleaned(value, removed)
    return msgspec.json.encode(kept) if removed else payload


def _cleaned(value: object, removed: list[str]) -> object:
    """Copy a value without what is personal in it; it is no deeper than `read_json` lets through."""
    if isinstance(value, list):
        return [_cleaned(item, removed) for item in value]
    if not isinstance(value, dict):
        return value
    personal = {name for name in value if is_personal(name)}
    removed.extend(personal)
    return {name: _cleaned(item, removed) for name, item in value.items() if name not in personal}


def _words() -> dict[str, Meaning]:
    words: dict[str, Meaning] = {fact.replace("_", ""): Flag(fact) for fact in Fact}
    words |= dict.fromkeys(_IGNORED.split(), Ignored()) | dict.fromkeys(_PERSONAL.split(), Personal())
    for names, quantity in _QUANTITIES.items():
        words |= dict.fromkeys(names.split(), quantity)
    for names, flag in _FLAGS.items():
        words |= dict.fromkeys(names.split(), flag)
    return words


_WORDS: Final = _words()
