"""Home Assistant's MQTT discovery, on `homeassistant/{component}/[{node}/]{object}/config`: what devices there are. Pure.

A discovery message describes one entity of a device, or a whole device; it measures nothing. Each becomes `Discovered`, under the id
by which the device speaks on its state topic where that is a format of ours (Zigbee2MQTT, Tasmota), otherwise under its first
identifier. A memory gathers the entities of one device (`MEMORY`). What Gridwatch itself publishes is not read back.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
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


def decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:
    """Decode a discovery message; a deleted one, Home Assistant's own news and what is not discovery: []."""
    del received  # nothing is measured
    try:
        return list(_decode(topic, payload))
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


def _decode(topic: str, payload: bytes) -> Iterator[Decoded]:
    levels = topic.split("/")
    if not payload.strip() or topic.startswith(OWN_STATES) or (topic and levels[-1] != "config"):
        return
    message = read_json(payload)
    if not isinstance(message, dict):
        raise RefusedError(Reason.MALFORMED, "a discovery message is an object")
    if message.get("migrate_discovery") is True:
        return
    root = config.full(message)
    if is_ours(root):
        return
    component = levels[-4] if len(levels) > 4 else levels[-3] if len(levels) > 2 else ""  # noqa: PLR2004
    listed = root.get("components")
    if isinstance(listed, dict):
        entities = [
            Entity(component=config.word(inner.get("platform")), object_id=key, told={**root, **inner})
            for key, told in list(listed.items())[:_CHANNELS_MOST]
            if isinstance(told, dict) and len(inner := config.full(told)) > 1  # a platform alone takes it away
        ]
    else:
        entities = [Entity(component=component, object_id=levels[-2] if len(levels) > 1 else "", told=root)]
    yield announced(root, entities, node="_".join(levels[-3:-1]) if len(levels) > 4 else "".join(levels[-2:-1]))  # noqa: PLR2004
