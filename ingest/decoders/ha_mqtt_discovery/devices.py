"""From the entities of a discovery message to a device: who it is, what it is, what it will say. Pure."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from ingest.decoders.ha_mqtt_discovery.config import Entity, availability_topics, word
from ingest.readings import DeviceId, Discovered, Fact, Reason
from ingest.usual_names import metric_of
from ingest.wire import RefusedError, text

_SEPARATORS: Final = str.maketrans(dict.fromkeys("/+#", "."))
_ONE_KEY: Final = (
    r"\.get\(['\"][^'\"]{1,60}['\"](?:,[^()]{0,30})?\)|\.\w{1,60}|\[['\"][^'\"\]]{1,60}['\"]\]|\[\d{1,3}\]"
)
_KEY_IN_TEMPLATE: Final = re.compile(rf"value_json((?:{_ONE_KEY}){{1,4}})")
_KEY: Final = re.compile(r"\.get\(['\"]([^'\"]+)['\"][^()]*\)|\.(\w+)|\[['\"]([^'\"\]]+)['\"]\]|\[(\d+)\]")
_NO_NAMES: Final = frozenset({"value", "state"})
"""Keys that do not say what is measured: of bridges that have a topic for each value."""
_TEMPLATE_LOOKED_AT: Final = 500
_TASMOTA: Final = ("tele", "stat")

_CLASSES: Final = {
    "smoke": Fact.FIRE, "moisture": Fact.WATER, "tamper": Fact.TAMPER, "battery": Fact.BATTERY_LOW,
    "problem": Fact.FAULT, "gas": Fact.GAS_ALARM, "carbon_monoxide": Fact.GAS_ALARM, "heat": Fact.HEAT,
    "motion": Fact.MOTION, "occupancy": Fact.MOTION, "presence": Fact.MOTION, "door": Fact.OPEN, "window": Fact.OPEN,
    "opening": Fact.OPEN, "garage_door": Fact.OPEN, "connectivity": Fact.OFFLINE, "power": Fact.MAINS_LOST,
    "safety": Fact.OTHER, "vibration": Fact.OTHER,
}  # fmt: skip
"""Home Assistant's classes of binary sensors."""
_FACTS: Final = {of: fact.value for of, fact in _CLASSES.items()}
_FIRE: Final = Fact.FIRE.value
_CAMERA: Final = "camera"
_KINDS: Final = (
    ("binary_sensor", "smoke", "smoke"), ("binary_sensor", "gas", "gas"), ("binary_sensor", "carbon_monoxide", "gas"),
    ("binary_sensor", "heat", "heat"), ("sensor", "precipitation", "rain"), (_CAMERA, "", "camera"),
    ("sensor", "volume_flow_rate", "flow"), ("sensor", "precipitation_intensity", "rain"),
    ("sensor", "wind_speed", "weather"), ("sensor", "moisture", "soil"),
)  # fmt: skip
"""Component and class (of a camera, any), and the kind of device of ours that has it; the first that is found decides."""
_RANKS: Final = {(component, of): rank for rank, (component, of, _) in enumerate(_KINDS)}
_TOPICS: Final = ("state_topic", "json_attributes_topic", "topic")
_TOPIC_LONGEST: Final = 1000
_BRIDGE_STATE: Final = "/bridge/state"
_ACTION: Final = "/action"
_BLUETOOTH: Final = "tasmota_ble"
_HEARD: Final = frozenset({"ZbReceived", "LwReceived", "LwDecoded"})
_UNITS: Final = {
    "°C": "Cel", "°F": "[degF]", "lqi": "1", "µg/m³": "ug/m3", "μg/m³": "ug/m3", "mg/m³": "mg/m3", "m³/h": "m3/h",
    "m³/s": "m3/s", "L/s": "l/s", "lx": "lux", "mph": "[mi_i]/h", "in": "[in_i]", "in/h": "[in_i]/h", "ft": "[ft_i]",
    "°": "deg", "µS/cm": "uS/cm", "μS/cm": "uS/cm", "mbar": "hPa",
}  # fmt: skip
_PER_CENT: Final = {"battery": "%EL", "humidity": "%RH"}


def is_ours(root: Mapping[str, object]) -> bool:
    """Tell whether we published it ourselves."""
    origin = root.get("origin")
    return isinstance(origin, dict) and origin.get("name") == "Gridwatch"


def announced(root: Mapping[str, object], entities: Sequence[Entity], node: str) -> Discovered:
    """Describe the device of `entities`; `node` is how the topic names it, for want of anything better.

    Raises:
        RefusedError: nothing says which device it is.
    """
    device = root.get("device")
    described: Mapping[str, object] = device if isinstance(device, dict) else {}
    identifier, gateway = _speaker([entity.told for entity in entities] or [root])
    if not identifier:
        identifier = _identifier(described) or word(root.get("unique_id")) or text(node)
        identifier = identifier.translate(_SEPARATORS)
    if not identifier:
        raise RefusedError(Reason.TOPIC, "nothing names the device")
    maker, model = word(described.get("manufacturer")), word(described.get("model"))
    if not gateway and "via_device" in described:
        gateway = word(described["via_device"]).translate(_SEPARATORS)
    return Discovered(
        device=DeviceId(identifier),
        kind=_kind(entities),
        name=word(described.get("name")) or word(root.get("name")),
        model=(f"{maker} {model}" if maker and model else maker or model)[:100],
        gateway=gateway or None,
        channels=_channels(entities),
    )


def _speaker(told: Sequence[Mapping[str, object]]) -> tuple[str, str]:
    """Find the id a decoder of ours gives whoever speaks on these topics, and the bridge before it; "" where none does."""
    base = _base(told)
    for one in told:
        for key in _TOPICS:
            topic = one.get(key)
            if isinstance(topic, str):
                find = _speaks_on if len(topic) + len(base) < _TOPIC_LONGEST else _speaks_on.__wrapped__
                if (found := find(topic, base)) is not None:
                    behind = "" if found[1] else _behind(one.get("value_template"))
                    return (f"{found[0]}.{behind}", found[0]) if behind else found
    return "", ""


def _behind(template: object) -> str:
    """Name the device behind a Tasmota board whose value a template takes: `value_json['ZbReceived']['0x2916'].Humidity`."""
    found = _KEY_IN_TEMPLATE.search(template[:_TEMPLATE_LOOKED_AT]) if isinstance(template, str) else None
    keys = ["".join(key) for key in _KEY.findall(found[1])] if found else []
    return text(keys[1]).translate(_SEPARATORS) if len(keys) > 1 and keys[0] in _HEARD else ""


def _base(told: Sequence[Mapping[str, object]]) -> str:
    """Find the base topic of a bridge whose state says whether the device is there."""
    for one in told:
        for topic in availability_topics(one):
            if topic.endswith(_BRIDGE_STATE):
                return topic.removesuffix(_BRIDGE_STATE)
    return ""


@lru_cache(maxsize=4096)
def _speaks_on(topic: str, base: str) -> tuple[str, str] | None:
    if base and topic.startswith(f"{base}/"):
        return _of_bridge(topic[len(base) + 1 :], base.rpartition("/")[2])
    *levels, last = topic.split("/")
    if levels and levels[0] == "zigbee2mqtt":
        return _of_bridge("/".join([*levels[1:], last]), levels[0])
    if "SENSOR" in levels[2:]:  # behind it, what is heard has a level of its own
        levels = levels[: levels.index("SENSOR", 2)]
    elif levels[-1:] == [_BLUETOOTH]:
        levels.append(last)
    at = next((i for i, level in enumerate(levels) if level in _TASMOTA), -1)
    if at < 0:
        return None
    named = [text(level) for i, level in enumerate(levels) if i != at]
    return ".".join(filter(None, named)), ""


def _of_bridge(topic: str, base: str) -> tuple[str, str]:
    """Read a topic below that of a Zigbee2MQTT bridge: the bridge's own, or a device's, of whose actions triggers are told, too."""
    if topic.startswith("bridge/"):
        return text(f"{base}/bridge"), ""
    return text(topic.removesuffix(_ACTION)), text(f"{base}/bridge")


def _identifier(device: Mapping[str, object]) -> str:
    """Take the first identifier, text or the first of a list; otherwise the first connection (`["mac", "02:…"]`)."""
    told = device.get("identifiers")
    for item in told[:4] if isinstance(told, list) else [told]:
        if found := word(item[-1] if isinstance(item, list) and item else item):
            return found
    connections = device.get("connections")
    if isinstance(connections, list) and connections and isinstance(connections[0], list) and connections[0]:
        return word(connections[0][-1])
    return word(device.get("serial_number"))


def _kind(entities: Sequence[Entity]) -> str:
    found = len(_KINDS)
    for entity in entities:
        of = "" if entity.component == _CAMERA else entity.device_class
        found = min(found, _RANKS.get((entity.component, of), found))
    return _KINDS[found][2] if found < len(_KINDS) else ""


def _channels(entities: Sequence[Entity]) -> tuple[tuple[str, str], ...]:
    channels: dict[str, str] = {}
    for entity in entities:
        of = entity.device_class
        if entity.component == "binary_sensor":
            metric = _FACTS.get(of) or _key(entity)  # most facts are named as we name them
            channels.setdefault(_FIRE if metric == "smoke" else metric, "1")
        elif entity.component == "sensor":
            channels.setdefault(_key(entity) or of, _unit(word(entity.told.get("unit_of_measurement")), of))
    channels.pop("", None)
    return tuple(channels.items())


def _key(entity: Entity) -> str:
    """Give the metric's name: the last key of the value template, otherwise the class, otherwise the object's id."""
    template = entity.told.get("value_template")
    found = _key_in(template[:_TEMPLATE_LOOKED_AT]) if isinstance(template, str) else None
    return metric_of((entity.device_class or entity.object_id) if found is None or found in _NO_NAMES else found)


@lru_cache(maxsize=4096)
def _key_in(template: str) -> str | None:
    found = _KEY_IN_TEMPLATE.search(template)
    return "".join(_KEY.findall(found[1])[-1]) if found else None


def _unit(unit: str, of: str) -> str:
    return _PER_CENT.get(of, unit) if unit == "%" else _UNITS.get(unit, unit)[:20]
