"""The keys of a discovery message: abbreviated or not, with a base topic or not. Pure: a table.

Source: Home Assistant, MQTT integration, "Discovery payload" and its list of abbreviations. Only what we read is named.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from ingest.wire import text

_KEYS: Final = {
    "avty": "availability", "avty_t": "availability_topic", "cmps": "components", "dev": "device",
    "dev_cla": "device_class", "json_attr_t": "json_attributes_topic", "o": "origin", "p": "platform",
    "pl_off": "payload_off", "pl_on": "payload_on", "stat_t": "state_topic", "t": "topic", "uniq_id": "unique_id",
    "unit_of_meas": "unit_of_measurement", "val_tpl": "value_template", "ent_cat": "entity_category",
}  # fmt: skip
_DEVICE_KEYS: Final = {
    "ids": "identifiers", "cns": "connections", "mf": "manufacturer", "mdl": "model", "mdl_id": "model_id",
    "sa": "suggested_area", "sn": "serial_number", "sw": "sw_version",
}  # fmt: skip
_BASE: Final = "~"


class Entity(msgspec.Struct, frozen=True, kw_only=True):
    """One entity: `component` is its platform (`sensor`, `binary_sensor`), `told` what is said of it, keys written out."""

    component: str
    object_id: str
    device_class: str
    told: Mapping[str, object]

    @classmethod
    def of(cls, component: str, object_id: str, told: Mapping[str, object]) -> "Entity":
        """Describe the entity that says `told`."""
        return cls(component=component, object_id=object_id, device_class=word(told.get("device_class")), told=told)


def full(message: dict[str, object]) -> dict[str, object]:
    """Write out abbreviations and put the base topic `~` in, at the beginning or the end of a topic."""
    told = message if _KEYS.keys().isdisjoint(message) else {_KEYS.get(key, key): told for key, told in message.items()}
    if _BASE in told:
        base = told.pop(_BASE)
        if isinstance(base, str):
            told = {
                key: value if isinstance(value, str) and _BASE not in value else _based(key, value, base)
                for key, value in told.items()
            }
    device = told.get("device")
    if isinstance(device, dict) and not _DEVICE_KEYS.keys().isdisjoint(device):
        told["device"] = {_DEVICE_KEYS.get(key, key): value for key, value in device.items()}
    return told


def availability_topics(told: Mapping[str, object]) -> list[str]:
    """Name the topics that say whether the entity is there: one, or a list of objects."""
    found = [told.get("availability_topic")]
    listed = told.get("availability")
    for item in listed[:16] if isinstance(listed, list) else [listed]:
        found += [item.get("topic", item.get("t"))] if isinstance(item, dict) else []
    return [topic for topic in found if isinstance(topic, str)]


def word(value: object) -> str:
    """Take text fit to be stored, "" for anything else."""
    return text(value) if isinstance(value, str) else ""


def _based(key: str, value: object, base: str) -> object:
    if isinstance(value, str) and (key == "topic" or key.endswith("_topic")) and len(value) + len(base) < 1000:  # noqa: PLR2004 -- no topic is longer
        if value.startswith(_BASE):
            return base + value[1:]
        return value[:-1] + base if value.endswith(_BASE) else value
    if key == "availability" and isinstance(value, list):
        return [
            {inner: _based("topic" if inner == "t" else inner, told, base) for inner, told in item.items()}
            if isinstance(item, dict)
            else item
            for item in value[:16]
        ]
    return value
