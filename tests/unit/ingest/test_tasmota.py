"""Tasmota: topics in any order, clocks without zones, sensors, relays, and what is heard behind a board."""

from datetime import UTC, datetime

import pytest

from ingest.decoders.tasmota import decode
from ingest.readings import Decoded, DeviceState, Discovered, Enclosed, Fact, Quality, Reading, Reason, Rejection

RECEIVED = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
NOW_IN_BEIJING = b'"Time":"2024-05-01T19:59:58"'
SAID = datetime(2024, 5, 1, 11, 59, 58, tzinfo=UTC)


def _values(decoded: list[Decoded]) -> dict[str, tuple[float | None, str]]:
    return {item.metric: (item.value, item.unit) for item in decoded if isinstance(item, Reading)}


def _facts(decoded: list[Decoded]) -> dict[Fact, bool]:
    return {item.fact: item.active for item in decoded if isinstance(item, DeviceState)}


@pytest.mark.parametrize(
    ("topic", "device"),
    [
        ("tele/kitchen/SENSOR", "kitchen"),
        ("kitchen/tele/SENSOR", "kitchen"),
        ("home/tele/kitchen/SENSOR", "home.kitchen"),
        ("tele/floor 1/kitchen/SENSOR", "floor 1.kitchen"),
        ("MQT: tele/kitchen/SENSOR", "kitchen"),
        ("stat/kitchen/STATUS8", "kitchen"),
        ("", "tasmota"),
    ],
)
def test_board_is_the_topic_without_its_prefix(topic: str, device: str) -> None:
    """`FullTopic` may put the prefix anywhere."""
    inner = b'{%s,"SR04":{"Distance":118.5}}' % NOW_IN_BEIJING
    said = decode(topic, b'{"StatusSNS":%s}' % inner if topic.endswith("8") else inner, RECEIVED)
    assert said == [Reading(device=device, metric="distance", time=SAID, value=118.5, unit="cm", code="SR04.Distance")]


@pytest.mark.parametrize(
    ("time", "instant", "quality"),
    [
        ('"Time":"2024-05-01T19:59:58"', SAID, Quality.GOOD),
        ('"Time":"2024-04-30T19:59:58"', datetime(2024, 4, 30, 11, 59, 58, tzinfo=UTC), Quality.GOOD),
        ('"Time":"2024-05-01T13:59:58+02:00"', SAID, Quality.GOOD),
        ('"Time":"2024-05-01T11:59:58Z"', SAID, Quality.GOOD),
        ('"Time":"2024.05.01 19:59:58"', SAID, Quality.GOOD),
        ('"Time":"2024-05-01T09:00:00","Epoch":1714564798', SAID, Quality.GOOD),
        ('"Time":"2024-05-01T11:59:58"', SAID, Quality.GOOD),
        ('"Time":"2024-05-01T12:59:58"', SAID, Quality.GOOD),
        ('"Time":"1970-01-01T00:00:09"', RECEIVED, Quality.UNCERTAIN_TIME),
        ('"Time":"soon"', RECEIVED, Quality.UNCERTAIN_TIME),
        ('"Time":5', RECEIVED, Quality.UNCERTAIN_TIME),
        ('"x":5', RECEIVED, Quality.GOOD),
    ],
)
def test_clock_of_a_board(time: str, instant: datetime, quality: Quality) -> None:
    """Epoch wins, a zone is believed, none is Beijing's, unless the board is live in a zone that nobody set."""
    (said,) = decode("tele/a/SENSOR", b'{%s,"ANALOG":{"A0":8}}' % time.encode(), RECEIVED)
    assert isinstance(said, Reading)
    assert (said.time, said.quality) == (instant, quality)


def test_units_are_the_messages() -> None:
    """Fahrenheit is said, and millimetres of mercury become hPa."""
    payload = b'{"BME280":{"Temperature":70.5,"Humidity":40,"Pressure":750.0},"PressureUnit":"mmHg","TempUnit":"F"}'
    values = _values(decode("tele/a/SENSOR", payload, RECEIVED))
    assert values["temperature"] == (70.5, "[degF]")
    assert values["humidity"] == (40.0, "%RH")
    assert values["pressure"] == (pytest.approx(999.918, abs=0.001), "hPa")


def test_two_sensors_of_one_kind_are_told_apart() -> None:
    """The same quantity twice has the sensor's name in front; null is a sensor that could not be read."""
    payload = (
        b'{"DS18B20-1":{"Id":"0114","Temperature":20.1},"DS18B20-2":{"Id":"0115","Temperature":null},"TempUnit":"C"}'
    )
    assert _values(decode("tele/a/SENSOR", payload, RECEIVED)) == {
        "ds18b20_1.temperature": (20.1, "Cel"),
        "ds18b20_2.temperature": (None, "Cel"),
    }


def test_energy_counters_and_nested_sensors() -> None:
    """Meters have names of their own, channels of a list are numbered."""
    payload = (
        b'{"ENERGY":{"TotalStartTime":"2023-01-01T00:00:00","Total":3.185,"Power":[3,5],"Factor":0.9,"Voltage":228},'
        b'"COUNTER":{"C1":17},"X":{"Y":{"Z":4}}}'
    )
    assert _values(decode("tele/a/SENSOR", payload, RECEIVED)) == {
        "energy_total": (3.185, "kWh"),
        "power_1": (3.0, "W"),
        "power_2": (5.0, "W"),
        "power_factor": (0.9, "1"),
        "voltage": (228.0, "V"),
        "counter.c1": (17.0, ""),
        "x.y.z": (4.0, ""),
    }


def test_what_no_metric_can_be_named_after_says_nothing() -> None:
    """A key in Chinese gives no metric, neither as one number nor as channels."""
    payload = '{"温度":{"温":[1,2],"湿":3},"X":{"温":4},"":{"A0":5}}'.encode()
    assert _values(decode("tele/a/SENSOR", payload, RECEIVED)) == {"x": (4.0, "")}


def test_units_and_repetitions_are_of_each_message() -> None:
    """What a shape of message means is remembered; its units and its values are not."""
    first = b'{"A":{"Temperature":1.5,"Pressure":1000},"TempUnit":"C"}'
    assert _values(decode("tele/a/SENSOR", first, RECEIVED))["temperature"] == (1.5, "Cel")
    second = b'{"A":{"Temperature":2,"Pressure":"?"},"TempUnit":"F"}'
    assert _values(decode("tele/a/SENSOR", second, RECEIVED)) == {"temperature": (2.0, "[degF]")}
    third = b'{"A":{"Temperature":null,"Pressure":100},"TempUnit":"C","PressureUnit":"kPa","B":{"Pressure":1e3}}'
    assert _values(decode("tele/b/SENSOR", third, RECEIVED)) == {
        "temperature": (None, "Cel"), "a.pressure": (1000.0, "hPa"), "b.pressure": (10000.0, "hPa"),
    }  # fmt: skip


def test_long_message_is_read_like_a_short_one() -> None:
    """Beyond what is remembered, shapes are worked out anew; a name as long as the message costs no more than it is long."""
    few = b'"A":{"Temperature":1.5},"DS-1":{"Humidity":40}'
    many = b",".join(b'"%d":{}' % i for i in range(1000))
    assert decode("tele/a/SENSOR", b"{%s,%s}" % (few, many), RECEIVED) == decode(
        "tele/a/SENSOR", b"{%s}" % few, RECEIVED
    )
    long = b"n" * 400_000
    keys = b",".join(b'"k%d":1' % i for i in range(40_000))
    said = decode("tele/a/SENSOR", b'{"%s":{%s}}' % (long, keys), RECEIVED)
    assert len(said) == 40_000
    assert {len(item.code) for item in said if isinstance(item, Reading)} == {200}


@pytest.mark.parametrize(
    ("topic", "payload", "values"),
    [
        ("stat/a/POWER", b"ON", {"relay": (1.0, "1")}),
        ("stat/a/POWER2", b"off", {"relay2": (0.0, "1")}),
        ("stat/a/SWITCH1", b"ON", {"switch1": (1.0, "1")}),
        ("stat/a/RESULT", b'{"POWER1":"ON"}', {"relay1": (1.0, "1")}),
        ("stat/a/RESULT", b'{"Switch1":{"Action":"ON"}}', {"switch1": (1.0, "1")}),
        ("stat/a/RESULT", b'{"TelePeriod":300}', {}),
        (
            "tele/a/STATE",
            b'{"Vcc":3.4,"POWER":"ON","UptimeSec":9,"Wifi":{"SSId":"net","RSSI":60,"Signal":-70}}',
            {"relay": (1.0, "1"), "voltage": (3.4, "V"), "wifi_signal": (-70.0, "dBm"), "uptime": (9.0, "s")},
        ),
    ],
)
def test_relays_inputs_and_the_board_itself(topic: str, payload: bytes, values: dict[str, tuple[float, str]]) -> None:
    """A switch is a reading; settings and names of networks are none."""
    assert _values(decode(topic, payload, RECEIVED)) == values


@pytest.mark.parametrize(("word", "is_offline"), [(b"Online", False), (b"Offline", True)])
def test_last_will(word: bytes, is_offline: bool) -> None:  # noqa: FBT001
    """The broker says so when the board is gone."""
    assert _facts(decode("tele/a/LWT", word, RECEIVED)) == {Fact.OFFLINE: is_offline}


def test_boot_message_announces() -> None:
    """What kind of board it is it says when it starts."""
    assert decode("tele/a/INFO1", b'{"Info1":{"Module":"Sonoff Basic","Version":"12.1"}}', RECEIVED) == [
        Discovered(device="a", name="a", model="Sonoff Basic")
    ]


@pytest.mark.parametrize(
    ("full", "device"),
    [
        ("%prefix%/%topic%/", "kitchen"), ("home/%topic%/%prefix%/", "home.kitchen"),
        ("%hostname%/%prefix%/%topic%/", "host.kitchen"), ("%prefix%/site/%id%/", "site.1A2B3C"),
    ],
)  # fmt: skip
def test_announcement_of_a_board(full: str, device: str) -> None:
    """A board announces itself under the id its messages have, however its topics are built."""
    payload = b'{"ip":"192.0.2.7","dn":"Kitchen","hn":"host","mac":"0011221A2B3C","md":"Sonoff Basic","t":"kitchen","ft":"%s"}'
    assert decode("tasmota/discovery/0011221A2B3C/config", payload % full.encode(), RECEIVED) == [
        Discovered(device=device, name="Kitchen", model="Sonoff Basic")
    ]
    (said,) = decode("tasmota/discovery/0011221A2B3C/config", b'{"ver":1}', RECEIVED)
    assert isinstance(said, Rejection)
    assert said.reason is Reason.TOPIC


def test_zigbee_devices_are_devices() -> None:
    """What a bridge hears has an id of its own and the bridge as its gateway; the zone's bits are facts."""
    payload = (
        b'{"ZbReceived":{"0x2916":{"Device":"0x2916","Name":"Hall","ZoneStatusChange":13,"Fire":1,"Temperature":19.04,'
        b'"BatteryPercentage":93,"Endpoint":1,"LinkQuality":76}}}'
    )
    said = decode("tele/bridge/SENSOR", payload, RECEIVED)
    assert said[0] == Discovered(device="bridge.0x2916", name="Hall", gateway="bridge")
    assert _values(said) == {"temperature": (19.04, "Cel"), "battery": (93.0, "%EL"), "linkquality": (76.0, "1")}
    assert _facts(said) == {
        Fact.FIRE: True, Fact.TAMPER: True, Fact.BATTERY_LOW: True, Fact.FAULT: False, Fact.MAINS_LOST: False,
        Fact.TEST: False,
    }  # fmt: skip


def test_zigbee_topic_of_its_own() -> None:
    """With a topic for each device, the device is not named twice."""
    payload = b'{"ZbReceived":{"0x5ADF":{"Water":0,"ZoneStatus":1}}}'
    said = decode("tele/bridge/5ADF/SENSOR", payload, RECEIVED)
    assert {item.device for item in said if isinstance(item, DeviceState | Discovered)} == {"bridge.0x5ADF"}
    assert _facts(said)[Fact.WATER] is False
    assert _facts(decode("tele/b/SENSOR", b'{"ZbReceived":{"Door":{"ZoneStatus":1}}}', RECEIVED))[Fact.OTHER] is True


@pytest.mark.parametrize(
    ("topic", "payload", "device"),
    [
        ("tele/b/SENSOR", b'{"0x5ADF":{"Device":"0x5ADF","Humidity":40,"LinkQuality":9}}', "b.0x5ADF"),
        ("tele/b/ZbReceived", b'{"0x5ADF":{"Device":"0x5ADF","Humidity":40,"LinkQuality":9}}', "b.0x5ADF"),
        ("tele/b/5ADF/SENSOR", b'{"ZbReceived":{"Device":"0x5ADF","Humidity":40,"LinkQuality":9}}', "b.0x5ADF"),
        ("tele/b/5ADF_1/ZbReceived", b'{"Device":"0x5ADF","Humidity":40,"LinkQuality":9}', "b.0x5ADF"),
        ("tele/b/Hall/SENSOR", b'{"ZbReceived":{"0x5ADF":{"Name":"Hall","Humidity":40,"LinkQuality":9}}}', "b.0x5ADF"),
        ("tele/5ADF/SENSOR", b'{"ZbReceived":{"0x5ADF":{"Humidity":40,"LinkQuality":9}}}', "0x5ADF"),
    ],
)
def test_options_of_a_bridge_name_the_same_device(topic: str, payload: bytes, device: str) -> None:
    """Options take `ZbReceived` or the address out of the message, or put them into the topic (SetOption89, 100, 112, 118 to 120, 125)."""
    said = decode(topic, payload, RECEIVED)
    assert {item.device for item in said if isinstance(item, Reading | Discovered)} == {device}
    assert _values(said) == {"humidity": (40.0, "%RH"), "linkquality": (9.0, "1")}


def test_what_a_bridge_remembers_is_of_when_it_heard_it() -> None:
    """`ZbInfo` is an old message: its values are of then, whether the device is reachable is of now."""
    info = b'{"ZbInfo":{"0x5ADF":{"Device":"0x5ADF","Reachable":false,"Fire":1,%s}}}'
    for last_seen in (b'"LastSeen":7200,"LastSeenEpoch":1714557600', b'"LastSeen":7200'):
        offline, fire = (
            item for item in decode("tele/b/SENSOR", info % last_seen, RECEIVED) if isinstance(item, DeviceState)
        )
        assert (offline.fact, offline.active, offline.time) == (Fact.OFFLINE, True, RECEIVED)
        assert (fire.fact, fire.active, fire.time) == (Fact.FIRE, True, datetime(2024, 5, 1, 10, 0, tzinfo=UTC))


@pytest.mark.parametrize("key", ["0500<00", "0500!00"])
def test_zone_of_an_older_bridge(key: str) -> None:
    """A change of a zone was told as it came; the alarm in it is one."""
    for raw, is_on, is_low in (("010000FF0000", True, False), ("080000FF0000", False, True)):
        payload = b'{"ZbReceived":{"0x898E":{"Device":"0x898E","%s":"%s","LinkQuality":110}}}'
        said = decode("/bridge/898E/tele/SENSOR", payload % (key.encode(), raw.encode()), RECEIVED)
        facts = _facts(said)
        assert (facts[Fact.OTHER], facts[Fact.BATTERY_LOW]) == (is_on, is_low)
        assert {item.device for item in said if isinstance(item, DeviceState)} == {"bridge.0x898E"}


@pytest.mark.parametrize(
    ("told", "facts"),
    [
        ('"CO":0,"ZoneStatusChange":34', {Fact.GAS_ALARM: False, Fact.OTHER: True}),
        ('"CO":1,"ZoneStatusChange":33', {Fact.GAS_ALARM: True, Fact.OTHER: False}),
        ('"Fire":0,"ZoneStatusChange":2', {Fact.FIRE: False}),
    ],
)
def test_second_alarm_of_a_zone(told: str, facts: dict[Fact, bool]) -> None:
    """Gas detectors may alarm by it alone; with smoke detectors it is the test button."""
    said = _facts(decode("tele/b/SENSOR", b'{"ZbReceived":{"0x898E":{%s}}}' % told.encode(), RECEIVED))
    assert {fact: said[fact] for fact in (Fact.FIRE, Fact.GAS_ALARM, Fact.OTHER) if fact in said} == facts


def test_answers_about_zigbee_are_no_device() -> None:
    """What a device answered to a command is told under words of its own."""
    assert not decode("tele/b/SENSOR", b'{"ZbResponse":{"Device":"0x5ADF","Status":0,"LinkQuality":80}}', RECEIVED)


def test_lorawan_devices_are_devices() -> None:
    """What a bridge reads itself are values, the battery in volts; another payload is for the codec of the device."""
    head = b'"Node":1,"Device":"0x4AD6","RSSI":-49.0,"SNR":9.5'
    said = decode(
        "tele/b/SENSOR", b'{"LwReceived":{"Gate":{%s,"Name":"Gate","DoorOpen":1,"Battery":3.0}}}' % head, RECEIVED
    )
    assert said[0] == Discovered(device="b.Gate", name="Gate", gateway="b")
    assert _values(said) == {"rssi": (-49.0, "dBm"), "snr": (9.5, "dB"), "battery_v": (3.0, "V")}
    assert _facts(said) == {Fact.OPEN: True}
    raw = b'{"LwReceived":{"0x4AD6":{%s,"Decoder":"XY7","FPort":10,"Payload":[11,196]}}}' % head
    assert decode("tele/b/SENSOR", raw, RECEIVED)[-1] == Enclosed(
        device="b.0x4AD6", payload=b"\x0b\xc4", time=RECEIVED, port=10, hint="XY7"
    )


def test_what_a_script_made_of_a_lorawan_payload() -> None:
    """`LwDecoded` comes on a topic of its own behind SENSOR, too."""
    decoded = b'{"LwDecoded":{"0xAE3D":{"Device":"Dragino LHT52","TempC_Internal":25.3,"BattV":3.1}}}'
    for topic in ("tele/b/SENSOR", "tele/b/SENSOR/A840410E71894AD6"):
        said = decode(topic, decoded, RECEIVED)
        assert said[0] == Discovered(device="b.0xAE3D", name="0xAE3D", model="Dragino LHT52", gateway="b")
        assert _values(said) == {"temp_c_internal": (25.3, "Cel"), "batt_v": (3.1, "V")}


@pytest.mark.parametrize(
    ("told", "value"),
    [(b"26.3", 26.3), (b"263", 26.3), (b"9999", None), (b"999.9", None), (b"null", None), (b"0", None)],
)
def test_laser_ranges(told: bytes, value: float | None) -> None:
    """Whole numbers are mm of older versions, with a decimal they are cm; nothing in sight is no distance."""
    (said,) = decode("tele/a/SENSOR", b'{"VL53L0X":{"Distance":%s}}' % told, RECEIVED)
    quality = Quality.GOOD if value is not None else Quality.MISSING
    assert said == Reading(
        device="a", metric="distance", time=RECEIVED, value=value, unit="cm", quality=quality, code="VL53L0X.Distance"
    )


def test_several_lasers_are_told_apart() -> None:
    """Each has its number in its name."""
    assert _values(
        decode("tele/a/SENSOR", b'{"VL53L1X_1":{"Distance":20.5},"VL53L1X_2":{"Distance":31.0}}', RECEIVED)
    ) == {"vl53l1x_1.distance": (20.5, "cm"), "vl53l1x_2.distance": (31.0, "cm")}


@pytest.mark.parametrize(
    ("payload", "values"),
    [
        (b'{"AS3935":{"Event":1,"Distance":12}}', {"as3935.event": (1.0, ""), "as3935.distance": (12.0, "km")}),
        (b'{"RG-15":{"Total":26.8,"FlowRate":0.3}}', {"rg_15.total": (26.8, "mm"), "rg_15.flow_rate": (0.3, "mm/h")}),
        (
            b'{"ANALOG":{"Temperature1":70.5,"MQ2_2":310.5,"pH3":7.2},"TempUnit":"F"}',
            {"analog.temperature1": (70.5, "[degF]"), "analog.mq2_2": (310.5, "ppm"), "analog.p_h3": (7.2, "pH")},
        ),
        (
            b'{"MAX31855":{"Temperature":70,"ReferenceTemperature":71},"TempUnit":"F"}',
            {"temperature": (70.0, "[degF]"), "max31855.reference_temperature": (71.0, "[degF]")},
        ),
        (
            b'{"TX23":{"Speed":{"Avg":9.5},"Dir":{"Deg":247.5}},"SpeedUnit":"km/h"}',
            {"tx23.speed.avg": (9.5, "km/h"), "tx23.dir.deg": (247.5, "deg")},
        ),
        (
            b'{"TX23":{"Speed":{"Avg":10}},"SpeedUnit":"kn"}',
            {"tx23.speed.avg": (pytest.approx(5.144, abs=1e-3), "m/s")},
        ),
        (
            b'{"INA219":{"Voltage":4.494,"Power":0.089},"PMS5003":{"CF2.5":2},"MtrReceived":{"Power":1},"IBEACON":{"RSSI":-9}}',
            {"ina219.voltage": (4.494, "V"), "ina219.power": (0.089, "W"), "pms5003.cf2.5": (2.0, "ug/m3")},
        ),
        (b'{"Temperature":25,"Noise":20,"TempUnit":"C"}', {"temperature": (25.0, "Cel")}),
    ],
)
def test_units_the_maker_states(payload: bytes, values: dict[str, tuple[float, str]]) -> None:
    """Lightning is kilometres away, rain is in mm, wind in the unit the message says, a second converter in that of the first."""
    assert _values(decode("tele/a/SENSOR", payload, RECEIVED)) == values


@pytest.mark.parametrize(
    ("topic", "payload", "device"),
    [
        ("tele/a/SENSOR", b'{"ATC52680f":{"mac":"a4c13852680f","Temperature":21.1},"TempUnit":"C"}', "a.ATC52680f"),
        ("tele/tasmota_ble/ATC52680f", b'{"mac":"a4c13852680f","Temperature":21.1}', "tasmota_ble.ATC52680f"),
    ],
)
def test_bluetooth_of_the_esp32(topic: str, payload: bytes, device: str) -> None:
    """Its names have no hyphen, and each device may have a topic."""
    announced, told = decode(topic, payload, RECEIVED)
    assert isinstance(announced, Discovered)
    assert announced.device == device
    assert told == Reading(device=device, metric="temperature", time=RECEIVED, value=21.1, unit="Cel", code=told.code)


@pytest.mark.parametrize(
    ("topic", "payload", "device", "facts"),
    [
        (
            "tele/a/SENSOR", b'{"SJWS01L52680f":{"mac":"a4c13852680f","Flooding":1}}', "a.SJWS01L52680f",
            {Fact.WATER: True},
        ),
        (
            "tele/a/SENSOR", b'{"Cellar":{"Door":0,"Events":3,"RSSI":-60,"MAC":"A4C13852680F"}}', "a.Cellar",
            {Fact.OPEN: False},
        ),
        (
            "tele/a/SENSOR", b'{"MJYD2S-52680f":{"Motion":1,"RSSI":-60,"MAC":"A4C13852680F"}}', "a.MJYD2S-52680f",
            {Fact.MOTION: True},
        ),
        (
            "tele/tasmota_ble/Cellar", b'{"mac":"a4c13852680f","Flooding":0,"Battery":80}', "tasmota_ble.Cellar",
            {Fact.WATER: False},
        ),
        ("tele/a/SENSOR", b'{"Gate":{"Door":1}}', "a", {}),
    ],
)  # fmt: skip
def test_facts_of_bluetooth(topic: str, payload: bytes, device: str, facts: dict[Fact, bool]) -> None:
    """Water, doors and motion are facts of the device that was heard, which may have a name; of another sensor they are numbers."""
    said = decode(topic, payload, RECEIVED)
    assert {item.device for item in said if isinstance(item, DeviceState | Reading | Discovered)} == {device}
    assert sum(isinstance(item, Discovered) for item in said) == (1 if facts else 0)
    assert _facts(said) == facts


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        ("cmnd/a/POWER", b"ON", Reason.DOWNLINK),
        ("tele/a/SENSOR", b"[1]", Reason.MALFORMED),
        ("tele/a/LWT", b"Perhaps", Reason.MALFORMED),
        ("SENSOR", b'{"ANALOG":{"A0":1}}', Reason.TOPIC),
        ("tele/a/SENSOR", b'{"ANALOG":{"A0":nan}}', Reason.MALFORMED),
    ],
)
def test_what_is_rejected(topic: str, payload: bytes, reason: Reason) -> None:
    """Commands are ours, and a topic must name the board."""
    (said,) = decode(topic, payload, RECEIVED)
    assert isinstance(said, Rejection)
    assert said.reason is reason
