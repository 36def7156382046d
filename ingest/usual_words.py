"""What makers' free field names usually mean: metrics and facts by name, one table for every format whose names are everybody's own. Pure.

The names repeat: SmokeSensorState, smoke_sensor_state and smokeState are written by different hands and mean one thing. They
are compared without case and separators (`ingest.usual_names`). What is not here is a metric of its own name: nothing is guessed
from its number.

Two kinds of formats ask, and differ where the field does:

- *Thing models* (Aliyun, OneNET, CTWing, codecs behind a network server): numbers have the table's unit and range; a truth is
  often a bare 0 or 1, and 1 in a state is the alarm, as the platforms' standard functions have it.
- *Plain names* (ThingsBoard, Sparkplug B): the metric keeps its own name, and its unit is told or the registered one: a
  `temp` may be in Fahrenheit. JSON has true and false there, so a bare 0 or 1 of `smoke` is an amount, and a "state" or
  "status" is nobody's convention: true may be the good one.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from ingest.readings import Fact


class Quantity(Struct, frozen=True):
    """A number: our metric, its unit and the closed range outside of which it is "no value".

    "" as metric is the name itself, "" as unit the registered one.
    """

    metric: str = ""
    unit: str = ""
    low: float = -1e300
    high: float = 1e300
    void: tuple[float, ...] = ()  # marks of "no value" within the range
    is_written_oddly: bool = False  # makers differ in scale or sign: `ingest.thing_values` undoes it
    if_true: Fact | None = None  # what true or a word for it says


class Flag(Struct, frozen=True):
    """A yes or no. `codes` are a maker's numbers or words for it, beside 0 and 1; others are `rest`, None is unreadable.

    `measured` is what other numbers are, where makers use one name for a state and for a quantity.
    """

    fact: Fact
    codes: Mapping[str, bool] = {}
    rest: bool | None = None
    is_inverted: bool = False
    measured: Quantity | None = None
    is_amount: bool = False  # with a plain name 0 and 1 are amounts, too


class Ignored(Struct, frozen=True):
    """A name of the device, a version, a time: nothing that is measured."""


class Personal(Struct, frozen=True):
    """What names a person or a household. It is dropped."""


Meaning = Quantity | Flag | Ignored | Personal

OWN: Final = Quantity()
"""A number under its own name."""
_QUANTITIES: Final = {
    "temperature temp tdata currenttemperature temperaturevalue tempvalue envtemperature ambienttemperature "
    "indoortemperature": Quantity("temperature", "Cel", -100.0, 1000.0),
    "humidity humi currenthumidity relativehumidity humidityvalue": Quantity("humidity", "%RH", 0.0, 100.0),
    "batterylevel batteryvalue batterypercentage batterypercent remainingbattery batteryremaining "
    "electricquantity": Quantity("battery", "%EL", 0.0, 100.0),
    "battery": Quantity("battery", "%EL", 0.0, 100.0, if_true=Fact.BATTERY_LOW),
    "batteryvoltage batvoltage vbat batteryvol": Quantity("voltage", "V", 0.0, 1e300, (), True),
    "smokevalue smokeconcentration smokedensity smokelevel smokesensorvalue": Quantity("smoke_density", "1", 0.0),
    "gas carbonmonoxide": Quantity(if_true=Fact.GAS_ALARM),
    "moisture": Quantity(if_true=Fact.WATER),
    "co covalue coconcentration cosensorvalue": Quantity("co", "ppm", 0.0),
    "co2 co2value": Quantity("co2", "ppm", 0.0),
    "pm25 pm25value": Quantity("pm2_5", "ug/m3", 0.0),
    "pm10 pm10value": Quantity("pm10", "ug/m3", 0.0),
    "illuminance lightlux": Quantity("illuminance", "lux", 0.0),
    "tilt tiltangle tiltvalue inclination leanangle": Quantity("tilt", "deg", -360.0, 360.0),
    "rsrp signalpower": Quantity("rsrp", "dBm", -156.0, -30.0, (), True),
    "rssi": Quantity("rssi", "dBm", -200.0, 30.0),
    "rsrq": Quantity("rsrq", "dB", -50.0, 20.0),
    "sinr": Quantity("sinr", "dB", -50.0, 60.0, (), True),
    "snr": Quantity("snr", "dB", -50.0, 60.0, (), True),
    "csq": Quantity("csq", "1", 0.0, 31.0),
    "ecl": Quantity("ecl", "1", 0.0, 255.0),
    "pci": Quantity("pci", "1", 0.0, 1007.0),
    "cellid": Quantity("cell_id", "1", 0.0),
    "longitude lon lng": Quantity("longitude", "deg", -180.0, 180.0, (0.0, -1.0), True),
    "latitude lat": Quantity("latitude", "deg", -90.0, 90.0, (0.0, -1.0), True),
}
_LOW: Final = {"low": True, "middle": False, "high": False}
_HIGH: Final = {"low": False, "middle": False, "high": True}
_FLAGS: Final = {
    "smokealarm smokedetected firealarm firedetected flamealarm flamedetected": Flag(Fact.FIRE),
    "flame": Flag(Fact.FIRE, measured=OWN),
    "smoke": Flag(Fact.FIRE, measured=Quantity("smoke_density", "1", 0.0), is_amount=True),
    "gasalarm gasdetected gasleak gasleakalarm combustiblegasalarm lpgalarm coalarm codetected": Flag(Fact.GAS_ALARM),
    "hightemperaturealarm hightempalarm overtemperaturealarm heatalarm overheat overheating": Flag(Fact.HEAT),
    "heat": Flag(Fact.HEAT, measured=OWN, is_amount=True),
    "lowbattery lowbatteryalarm batterylowalarm batteryalarm lowvoltage lowvoltagealarm batteryvoltagelow "
    "batteryvoltagelowalarm lowpower lowpoweralarm lowbat batlow": Flag(Fact.BATTERY_LOW, _LOW),
    "tampered tampering tamperdetected tamperalarm temperalarm dismantle dismantlealarm disassemblealarm removed removealarm": Flag(
        Fact.TAMPER
    ),
    "fault": Flag(Fact.FAULT, rest=True),
    "failure trouble malfunction faultalarm devicefault sensorfault smokesensorfault": Flag(Fact.FAULT),
    "testalarm testmode selftest selftesting simulatedalarm": Flag(Fact.TEST),
    "mute muted silence muffling": Flag(Fact.SILENCED),
    "waterleak waterleakalarm waterleakage wateralarm waterdetected waterimmersion floodalarm flooddetected flooded leakalarm "
    "leakdetected": Flag(Fact.WATER),
    "leak immersion": Flag(Fact.WATER, measured=OWN),
    "water flood": Flag(Fact.WATER, measured=OWN, is_amount=True),
    "opened dooropen windowopen lidopen boxopen coveropen": Flag(Fact.OPEN),
    "motiondetected pir": Flag(Fact.MOTION),
    "occupancy presence": Flag(Fact.MOTION, measured=OWN),  # people are counted under these, too
    "powerfailure powerfailurealarm powerfail poweroff poweroffalarm powerlost powerloss poweroutage mainsfailure mainsfail "
    "aclost acfail acfailure outage": Flag(Fact.MAINS_LOST),
    "sos sosalarm panic panicalarm": Flag(Fact.OTHER),
    "online": Flag(Fact.OFFLINE, {"online": True, "offline": False}, is_inverted=True),
    "highpressurealarm pressurehighalarm highlevelalarm levelhighalarm": Flag(Fact.VALUE_HIGH),
    "lowpressurealarm pressurelowalarm lowlevelalarm levellowalarm": Flag(Fact.VALUE_LOW),
    "levelalarm waterlevelalarm highlevel": Flag(
        Fact.LEVEL_HIGH, _HIGH, measured=OWN
    ),  # a limit may be told under these, too
}
"""Facts in every format, beside the names of the facts themselves."""
_STATES: Final = {
    "smokestate smokesensorstate smokesensorstatus smokealarmstate smokedetectstate firealarmstate firestate "
    "firesensorstate": Flag(Fact.FIRE),
    "gassensorstate gasstate gasalarmstate gassensorstatus": Flag(Fact.GAS_ALARM, {"2": True}),
    "coalarmstate cosensorstate cosensorstatus": Flag(Fact.GAS_ALARM),
    "temperaturealarm temperaturestate tempalarm temperaturealarmstate": Flag(Fact.HEAT),
    "batterystate batterystatus lowbatterystate": Flag(Fact.BATTERY_LOW, _LOW),
    "tamperstate tamperstatus tamperswitch dismantlestate manholecoverpositionstate": Flag(Fact.TAMPER),
    "faultstate faultstatus": Flag(Fact.FAULT),
    "errorcode faultcode": Flag(Fact.FAULT, rest=True),
    "teststate selfcheckstate": Flag(Fact.TEST),
    "mutestate mutestatus silencestate": Flag(Fact.SILENCED),
    "watersensorstate watersensorstatus waterleakstate waterimmersionstate leakstate": Flag(Fact.WATER),
    "doorstate doorstatus contactstate doorcontactstate coverstate openstate lidstate manholecoveropenstate": Flag(
        Fact.OPEN
    ),
    "motionstate motionalarmstate pirstate infraredstate": Flag(Fact.MOTION),
    "onlinestate onlinestatus": Flag(Fact.OFFLINE, {"online": True, "offline": False}, is_inverted=True),
    "valuehigh overpressure": Flag(Fact.VALUE_HIGH),
    "waterlevelstate": Flag(Fact.LEVEL_HIGH, _HIGH, measured=OWN),
    "valuelow underpressure": Flag(Fact.VALUE_LOW),
    "shieldstate shieldstatus": Flag(Fact.SHIELDED),
    "other": Flag(Fact.OTHER),
    "alarm alarmstate alarmflag": Flag(Fact.OTHER, rest=True),
}
"""Facts in thing models only. With a plain name nobody says which state is the bad one, or whether any temperature is of a fire."""
ONLY_PLAIN: Final = {"leakage": Flag(Fact.WATER)}
"""Facts with a plain name only: in thing models it is 漏电, the milliamperes of a circuit."""
CHINESE: Final = {
    "温度": "temperature", "湿度": "humidity", "水位": "stage", "液位": "level", "雨量": "rain", "流量": "flow",
    "流速": "velocity", "压力": "pressure", "电压": "voltage", "电流": "current", "电量": "battery", "烟雾": "smoke",
    "一氧化碳": "co", "二氧化碳": "co2", "烟雾报警": "smokeAlarm", "烟感报警": "smokeAlarm", "火警": "fire",
    "燃气报警": "gasAlarm", "可燃气体报警": "gasAlarm", "水浸": "waterLeak", "水浸报警": "waterAlarm",
    "漏水": "waterLeak", "故障": "fault", "防拆": "tamper", "低电量": "lowBattery", "断电": "powerFailure",
}  # fmt: skip
"""What the plain names that say it in Chinese are called among ours."""
_IGNORED: Final = (
    "metercode meterno meternumber "
    "imei imei2 imsi iccid meid eid mac macaddress sn serialnumber serialno deviceid devicecode deviceno devicesn "
    "devicetype devicename productid productkey serviceid softwareversion hardwareversion firmwareversion version "
    "manufacturername manufacturer terminaltype moduletype modulename cellidlength time timestamp ts utc eventtime reporttime "
    "collecttime datatime messageid msgid id ip ipaddress port apn heartbeattime"
)
_PERSONAL: Final = (
    "phone phonenumber phoneno mobile mobilephone tel telephone owner ownername username contact contacts contactname "
    "linkman idcard idcardno identitycard plate platenumber plateno licenseplate facefeature faceid personname personid "
    "household householdname residentname"
)
PERSONAL_PARTS: Final = ("phone", "idcard", "idnumber", "licenseplate")
"""Within a name of no table, these are personal."""


def _words() -> dict[str, Meaning]:
    words: dict[str, Meaning] = {fact.replace("_", ""): Flag(fact) for fact in Fact}
    words |= dict.fromkeys(_IGNORED.split(), Ignored()) | dict.fromkeys(_PERSONAL.split(), Personal())
    for table in (_QUANTITIES, _FLAGS, _STATES):
        for names, known in table.items():
            words |= dict.fromkeys(names.split(), known)
    return words


WORDS: Final = _words()
ONLY_THINGS: Final = frozenset(name for names in _STATES for name in names.split())
