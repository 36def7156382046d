"""From the entities of a discovery message to a device: who it is, what it is, what it will say. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from ingest.decoders.ha_mqtt_discovery.config import Entity, availability_topics, word
from ingest.readings import DeviceId, Discovered, Fact, Reason
from ingest.usual_names import metric_of
from ingest.wire import RefusedError, text

_SEPARATORS: Final = str.maketrans(dict.fromkeys("/+#", "."))
_KEY_IN_TEMPLATE: Final = re.compile(r"value_json((?:\.\w{1,60}|\[['\"][^'\"\]]{1,60}['\"]\]){1,4})")
_KEY: Final = re.compile(r"\.(\w+)|\[['\"]([^'\"\]]+)['\"]\]")
_TEMPLATE_LOOKED_AT: Final = 500
_TASMOTA: Final = ("tele", "stat")

_FACTS: Final = {
    "smoke": Fact.FIRE, "moisture": Fact.WATER, "tamper": Fact.TAMPER, "battery": Fact.BATTERY_LOW,
    "problem": Fact.FAULT, "gas": Fact.GAS_ALARM, "carbon_monoxide": Fact.GAS_ALARM, "heat": Fact.HEAT,
    "motion": Fact.MOTION, "occupancy": Fact.MOTION, "presence": Fact.MOTION, "door": Fact.OPEN, "window": Fact.OPEN,
    "opening": Fact.OPEN, "garage_door": Fact.OPEN, "connectivity": Fact.OFFLINE, "power": Fact.MAINS_LOST,
    "safety": Fact.OTHER, "vibration": Fact.OTHER,
}  # fmt: skip
"""Home Assistant's classes of binary sensors."""
_FACT_KEYS: Final = {"smoke": Fact.FIRE, "test": Fact.TEST, "tamper": Fact.TAMPER, "battery_low": Fact.BATTERY_LOW}
_KINDS: Final = (
    ("binary_sensor", "smoke", "smoke"), ("binary_sensor", "gas", "gas"), ("binary_sensor", "carbon_monoxide", "gas"),
    ("binary_sensor", "heat", "heat"), ("sensor", "precipitation", "rain"), ("camera", "", "camera"),
    ("sensor", "volume_flow_rate", "flow"),
)  # fmt: skip
"""Component and class, and the kind of device of ours that has it; the first that is found decides."""
_UNITS: Final = {"°C": "Cel", "°F": "[degF]", "lqi": "1", "µg/m³": "ug/m3", "m³/h": "m3/h", "lx": "lux"}
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
    told = [entity.told for entity in entities] or [root]
    topics = [topic for one in told for topic in _topics(one)]
    speaks_as, gateway = _speaker(topics, [topic for one in told for topic in availability_topics(one)])
    identifier = speaks_as or _identifier(described) or word(root.get("unique_id")) or text(node)
    if not identifier:
        raise RefusedError(Reason.TOPIC, "nothing names the device")
    model = " ".join(filter(None, (word(described.get("manufacturer")), word(described.get("model")))))
    via = word(described.get("via_device"))
    return Discovered(
        device=DeviceId(identifier if speaks_as else identifier.translate(_SEPARATORS)),
        kind=_kind(entities),
        name=word(described.get("name")) or word(root.get("name")),
        model=model[:100],
        gateway=gateway or (via.translate(_SEPARATORS) if via else None),
        channels=_channels(entities),
    )


def _topics(told: Mapping[str, object]) -> list[str]:
    found = (told.get(key) for key in ("state_topic", "json_attributes_topic", "topic"))
    return [topic for topic in found if isinstance(topic, str)]


def _speaker(topics: Sequence[str], availability: Sequence[str]) -> tuple[str, str]:
    """Find the id a decoder of ours gives whoever speaks on these topics, and the bridge before it; "" where none does."""
    base = next((topic.removesuffix("/bridge/state") for topic in availability if topic.endswith("/bridge/state")), "")
    for topic in topics:
        levels = topic.split("/")
        if base and topic.startswith(f"{base}/"):
            return text(topic[len(base) + 1 :]), text(f"{base.rpartition('/')[2]}/bridge")
        if levels[0] == "zigbee2mqtt" and len(levels) > 1:
            return text("/".join(levels[1:])), "zigbee2mqtt/bridge"
        at = next((i for i, level in enumerate(levels[:-1]) if level in _TASMOTA), -1)
        if at >= 0:
            named = [text(level) for i, level in enumerate(levels[:-1]) if i != at]
            return ".".join(filter(None, named)), ""
    return "", ""


def _identifier(device: Mapping[str, object]) -> str:
    """Take the first identifier, text or the first of a list; otherwise the first connection (`["mac", "02:…"]`)."""
    told = device.get("identifiers")
    for item in told[:4] if isinstance(told, list) else [told]:
        found = item[-1] if isinstance(item, list) and item else item
        if word(found):
            return word(found)
    connections = device.get("connections")
    if isinstance(connections, list) and connections and isinstance(connections[0], list) and connections[0]:
        return word(connections[0][-1])
    return word(device.get("serial_number"))


def _kind(entities: Sequence[Entity]) -> str:
    seen = {(entity.component, word(entity.told.get("device_class"))) for entity in entities}
    components = {component for component, _ in seen}
    return next(
        (kind for component, of, kind in _KINDS if (component, of) in seen or (not of and component in components)), ""
    )


def _channels(entities: Sequence[Entity]) -> tuple[tuple[str, str], ...]:
    channels: dict[str, str] = {}
    for entity in entities:
        of = word(entity.told.get("device_class"))
        key = _key(entity)
        if entity.component == "binary_sensor":
            fact = _FACTS.get(of) or _FACT_KEYS.get(key)
            channels.setdefault(fact.value if fact else key, "1")
        elif entity.component == "sensor":
            channels.setdefault(key or of, _unit(word(entity.told.get("unit_of_measurement")), of))
    return tuple((name, unit) for name, unit in channels.items() if name)


def _key(entity: Entity) -> str:
    """Give the metric's name: the last key of the value template, otherwise the class, otherwise the object's id."""
    template = entity.told.get("value_template")
    found = _KEY_IN_TEMPLATE.search(template[:_TEMPLATE_LOOKED_AT]) if isinstance(template, str) else None
    if found:
        return metric_of("".join(_KEY.findall(found[1])[-1]))
    return metric_of(word(entity.told.get("device_class")) or entity.object_id)


def _unit(unit: str, of: str) -> str:
    return _PER_CENT.get(of, unit) if unit == "%" else _UNITS.get(unit, unit)[:20]
