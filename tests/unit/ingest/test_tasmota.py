"""Tasmota: topics in any order, clocks without zones, sensors, relays, and what is heard behind a board."""

from datetime import UTC, datetime

import pytest

from ingest.decoders.tasmota import decode
from ingest.readings import Decoded, DeviceState, Discovered, Fact, Quality, Reading, Reason, Rejection

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
    payload = '{"温度":{"温":[1,2],"湿":3},"X":{"温":4}}'.encode()
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
