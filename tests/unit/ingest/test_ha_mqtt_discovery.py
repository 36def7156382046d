"""Home Assistant's discovery messages: spellings, identities, channels, and what is not read back."""

import json
from datetime import UTC, datetime

import pytest

from ingest.decoders.ha_mqtt_discovery import DiscoveryMemory, decode
from ingest.readings import Decoded, Discovered, Reason, Rejection

RECEIVED = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
TOPIC = "homeassistant/binary_sensor/node/object/config"


def _announced(message: object, topic: str = TOPIC) -> Discovered:
    (said,) = decode(topic, json.dumps(message).encode(), RECEIVED)
    assert isinstance(said, Discovered)
    return said


def test_entity_written_out() -> None:
    """Identifier, names, make, kind and channel."""
    message = {
        "name": "Smoke", "unique_id": "u1", "state_topic": "a/b", "device_class": "smoke",
        "device": {"identifiers": ["dev/1", "x"], "name": "Hall", "manufacturer": "Acme", "model": "S1", "via_device": "hub+1"},
    }  # fmt: skip
    assert _announced(message) == Discovered(
        device="dev.1", kind="smoke", name="Hall", model="Acme S1", gateway="hub.1", channels=(("fire", "1"),)
    )


def test_entity_abbreviated_with_a_base_topic() -> None:
    """The same, in short; `~` stands at the beginning or the end of a topic."""
    message = {
        "~": "zigbee2mqtt/hall", "stat_t": "~", "avty": [{"t": "zigbee2mqtt/bridge/state"}], "dev_cla": "temperature",
        "unit_of_meas": "°C", "val_tpl": "{{ value_json.device_temperature }}", "dev": {"ids": "z1", "mf": "A", "mdl": "B"},
    }  # fmt: skip
    assert _announced(message, "homeassistant/sensor/hall/config") == Discovered(
        device="hall", name="", model="A B", gateway="zigbee2mqtt/bridge", channels=(("device_temperature", "Cel"),)
    )


@pytest.mark.parametrize(
    ("message", "device", "gateway"),
    [
        ({"stat_t": "mybase/Küche/1", "avty_t": "mybase/bridge/state"}, "Küche/1", "mybase/bridge"),
        ({"stat_t": "tele/airsensor/SENSOR", "dev": {"ids": ["9229FE"]}}, "airsensor", None),
        ({"stat_t": "airsensor/tele/SENSOR"}, "airsensor", None),
        ({"stat_t": "tele/tasmota_ble/ATC52680f", "dev": {"ids": ["b"]}}, "tasmota_ble.ATC52680f", None),
        (
            {"stat_t": "tele/b/SENSOR", "val_tpl": "{{ value_json['ZbReceived']['0x2916'].Humidity }}"},
            "b.0x2916",
            "b",
        ),
        (
            {"stat_t": "tele/b/SENSOR/A840", "val_tpl": "{{value_json['LwDecoded']['Gate']['BattV']}}"},
            "b.Gate",
            "b",
        ),
        ({"stat_t": "zigbee2mqtt/bridge/info", "dev": {"ids": ["zigbee2mqtt_bridge_1"]}}, "zigbee2mqtt/bridge", None),
        ({"stat_t": "x/bridge/state", "avty_t": "x/bridge/state"}, "x/bridge", None),
        ({"t": "zigbee2mqtt/remote/action", "dev": {"ids": ["zigbee2mqtt_1"]}}, "remote", "zigbee2mqtt/bridge"),
        ({"stat_t": "x/y", "dev": {"identifiers": [["domain", "id7"]]}}, "id7", None),
        ({"stat_t": "x/y", "dev": {"cns": [["mac", "02:5b:26"]]}}, "02:5b:26", None),
        ({"stat_t": "x/y", "uniq_id": "u"}, "u", None),
        ({"stat_t": "x/y"}, "node_object", None),
    ],
)
def test_device_is_who_speaks(message: dict[str, object], device: str, gateway: str | None) -> None:
    """An announced device has the id under which its readings will come."""
    said = _announced(message)
    assert (said.device, said.gateway) == (device, gateway)


def test_bundle_of_a_device() -> None:
    """One message with all components; one that is only a platform is taken away."""
    message = {
        "dev": {"ids": "ea33", "name": "Kitchen"},
        "o": {"name": "bla2mqtt"},
        "cmps": {
            "a": {"p": "binary_sensor", "device_class": "gas"},
            "b": {"p": "sensor", "dev_cla": "battery", "unit_of_meas": "%"},
            "c": {"p": "sensor", "val_tpl": "{{ value_json['PMS']['CF2.5'] }}", "unit_of_meas": "µg/m³"},
            "gone": {"p": "sensor"},
        },
        "stat_t": "kitchen/state",
    }
    assert _announced(message, "homeassistant/device/0AFF/config") == Discovered(
        device="ea33",
        kind="gas",
        name="Kitchen",
        channels=(("gas_alarm", "1"), ("battery", "%EL"), ("cf2.5", "ug/m3")),
    )


def test_entities_of_one_device_are_gathered() -> None:
    """Entity by entity the picture of the device grows; a copy goes on alone."""
    memory = DiscoveryMemory()

    def told(kind: str, of: str, to: DiscoveryMemory = memory) -> list[Decoded]:
        message = {"dev_cla": of, "stat_t": "x/y", "unit_of_meas": "V" * (kind == "sensor"), "dev": {"ids": "d"}}
        return to(f"homeassistant/{kind}/d/{of}/config", json.dumps(message).encode(), RECEIVED)

    told("binary_sensor", "smoke")
    told("binary_sensor", "tamper", memory.copy())
    (said,) = told("sensor", "voltage")
    assert said == Discovered(device="d", kind="smoke", channels=(("fire", "1"), ("voltage", "V")))


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        (TOPIC, b""),
        (TOPIC, b'{"o":{"name":"Gridwatch"},"dev":{"ids":"x"}}'),
        (TOPIC, b'{"migrate_discovery":true}'),
        ("homeassistant/status", b"online"),
        ("gridwatch/ha/status", b"online"),
        ("gridwatch/ha/x/hazard", b"ON"),
    ],
)
def test_what_says_nothing(topic: str, payload: bytes) -> None:
    """Deleted entities, Home Assistant's own news, and what Gridwatch published."""
    assert decode(topic, payload, RECEIVED) == []


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [(TOPIC, b"x", Reason.MALFORMED), (TOPIC, b"[]", Reason.MALFORMED), ("", b"{}", Reason.TOPIC)],
)
def test_what_is_rejected(topic: str, payload: bytes, reason: Reason) -> None:
    """No object, and an entity that belongs to nobody."""
    (said,) = decode(topic, payload, RECEIVED)
    assert isinstance(said, Rejection)
    assert said.reason is reason


@pytest.mark.parametrize(
    ("template", "metric"),
    [
        ("{{ value_json.data.tempOut | float }}", "temp_out"),
        ("{{ value_json.get('level') }}", "level"),
        ("{{ value_json['tank'].get('level', 0) }}", "level"),
        ("{{ value_json.probes[1].level }}", "level"),
        ("{{ 1 if value_json['a b'] == 'x' else 0 }}", "a_b"),
        ("{{ value | float }}", "distance"),
        ("{{ value_json.value }}", "distance"),
    ],
)
def test_key_a_template_takes(template: str, metric: str) -> None:
    """The last key is the metric's name, however it is asked for; without one it is the class."""
    message = {"stat_t": "x/y", "dev_cla": "distance", "unit_of_meas": "m", "val_tpl": template, "dev": {"ids": "d"}}
    assert _announced(message, "homeassistant/sensor/d/config").channels == ((metric, "m"),)


def test_where_somebody_is_says_nothing() -> None:
    """A telephone that is tracked, and tags that persons carry, are no devices; a bundle is taken in without them."""
    message = {"name": "Phone", "state_topic": "phone/at", "source_type": "gps", "device": {"identifiers": ["p"]}}
    for component in ("device_tracker", "tag"):
        assert decode(f"homeassistant/{component}/p/config", json.dumps(message).encode(), RECEIVED) == []
    bundle = {
        "dev": {"ids": "d"},
        "cmps": {
            "a": {"p": "device_tracker", "stat_t": "x"},
            "b": {"p": "sensor", "dev_cla": "battery"},
            "c": {"p": [], "q": 1},
        },
    }
    assert _announced(bundle, "homeassistant/device/d/config").channels == (("battery", ""),)


@pytest.mark.parametrize(
    ("of", "told", "kind", "unit"),
    [
        ("precipitation_intensity", "mm/h", "rain", "mm/h"), ("wind_speed", "mph", "weather", "[mi_i]/h"),
        ("moisture", "%", "soil", "%"), ("conductivity", "µS/cm", "", "uS/cm"), ("distance", "ft", "", "[ft_i]"),
    ],
)  # fmt: skip
def test_class_says_kind_and_unit(of: str, told: str, kind: str, unit: str) -> None:
    """A gauge of wind or rain is one; units are spelled as they are converted."""
    said = _announced({"dev_cla": of, "unit_of_meas": told, "dev": {"ids": "d"}}, "homeassistant/sensor/d/config")
    assert (said.kind, said.channels) == (kind, ((of, unit),))
