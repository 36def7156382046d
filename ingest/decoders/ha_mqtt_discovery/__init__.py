"""Home Assistant's MQTT discovery, on `homeassistant/{component}/[{node}/]{object}/config`: what devices there are. Pure.

A discovery message describes one entity of a device, or a whole device; it measures nothing. Each becomes `Discovered`, under the id
by which the device speaks on its state topic where that is a format of ours (Zigbee2MQTT, Tasmota), otherwise under its first
identifier. A memory gathers the entities of one device (`MEMORY`). What Gridwatch itself publishes is not read back.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import Final

from ingest.decoders.ha_mqtt_discovery import config
from ingest.decoders.ha_mqtt_discovery.config import Entity
from ingest.decoders.ha_mqtt_discovery.devices import announced, is_ours
from ingest.readings import Decoded, Decoder, Discovered, Reason
from ingest.wire import RefusedError, read_json

__all__ = ["DECODER", "OWN_STATES", "decode"]

OWN_STATES: Final = "gridwatch/ha/"
"""Below it stands what Gridwatch tells Home Assistant; it comes back to us and says nothing."""
_DEVICES_MOST: Final = 5_000  # gathered; at most 64 channels each, so some 50 MB
_CHANNELS_MOST: Final = 64
_OF_PERSONS: Final = frozenset({"device_tracker", "tag"})
"""Components that say where somebody is; what carries them is no device of ours."""


def decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:
    """Decode a discovery message; a deleted one, Home Assistant's own news and what is not discovery: []."""
    del received  # nothing is measured
    try:
        return _decode(topic, payload)
    except RefusedError as refused:
        return [refused.rejection]


class DiscoveryMemory:
    """Decodes and adds what earlier messages told of the same device."""

    def __init__(self, gathered: Mapping[str, Discovered] | None = None) -> None:
        self.kept = 0
        self._gathered = dict(gathered or {})

    def copy(self) -> "DiscoveryMemory":
        """Make one that goes on from here on its own."""
        return DiscoveryMemory(self._gathered)

    def __call__(self, topic: str, payload: bytes, received: datetime) -> list[Decoded]:
        """Decode a payload as `decode` does; each device with all that is known of it."""
        return [
            self._added(item) if isinstance(item, Discovered) else item for item in decode(topic, payload, received)
        ]

    def _added(self, item: Discovered) -> Discovered:
        before = self._gathered.pop(item.device, None)
        if before is not None:
            channels = dict(before.channels) | dict(item.channels)
            item = Discovered(
                device=item.device,
                kind=before.kind or item.kind,
                name=item.name or before.name,
                model=item.model or before.model,
                gateway=item.gateway or before.gateway,
                channels=tuple(channels.items())[:_CHANNELS_MOST],
            )
        elif len(self._gathered) >= _DEVICES_MOST:
            del self._gathered[next(iter(self._gathered))]
        self._gathered[item.device] = item
        return item


TOPICS: Final = ("homeassistant/#", f"{OWN_STATES}#")
DECODER: Final[Decoder] = decode
MEMORY: Final = DiscoveryMemory


def _decode(topic: str, payload: bytes) -> list[Decoded]:
    address = _address(topic)
    if address is None or not payload.strip():
        return []
    message = read_json(payload)
    if type(message) is not dict:
        raise RefusedError(Reason.MALFORMED, "a discovery message is an object")
    if message.get("migrate_discovery") is True:
        return []
    root = config.full(message)
    if is_ours(root):
        return []
    component, object_id, node = address
    if component in _OF_PERSONS:
        return []
    listed = root.get("components")
    entities = _components(root, listed) if isinstance(listed, dict) else [Entity.of(component, object_id, root)]
    return [announced(root, entities, node)]


@lru_cache(maxsize=4096)
def _address(topic: str) -> tuple[str, str, str] | None:
    """Give the component, the object's id and the node (otherwise the object) that a topic names; None: it is none of discovery's."""
    levels = topic.split("/")
    if topic.startswith(OWN_STATES) or (topic and levels[-1] != "config"):
        return None
    if len(levels) > 4:  # noqa: PLR2004 -- with a node
        return levels[-4], levels[-2], f"{levels[-3]}_{levels[-2]}"
    object_id = levels[-2] if len(levels) > 1 else ""
    return levels[-3] if len(levels) > 2 else "", object_id, object_id  # noqa: PLR2004


def _components(root: Mapping[str, object], listed: Mapping[str, object]) -> list[Entity]:
    """List the entities of a message about a whole device; what one does not say, the message says for all."""
    return [
        Entity.of(config.word(inner.get("platform")), key, {**root, **inner})
        for key, told in islice(listed.items(), _CHANNELS_MOST)
        if isinstance(told, dict) and len(inner := config.full(told)) > 1  # a platform alone takes it away
        if config.word(inner.get("platform")) not in _OF_PERSONS
    ]
