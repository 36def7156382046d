"""Events in JSON: Axis's own, and that of ONVIF's event broker. Pure. Refuses by RefusedError what holds no event."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from ingest.decoders.axis_onvif_mqtt.event import Event
from ingest.decoders.axis_onvif_mqtt.places import Address, plain_path
from ingest.instants import to_us
from ingest.readings import Reason
from ingest.wire import RefusedError, number, text

_NEVER: Final = 0.0  # what is there and cannot be read is a clock that was never set


def read(message: Mapping[str, object], address: Address) -> Event:
    """Read an event; what its own `topic` does not say, the MQTT topic does.

    Axis: `{"timestamp": ms, "topic": …, "message": {"source", "key", "data"}}`; ONVIF: `{"UtcTime", "Source", "Data"}`, where
    what crossed a line may have no data at all.
    """
    sensor = message.get("SensorData")
    if isinstance(sensor, dict):  # ONVIF Analytics Service Specification, JSON over MQTT
        source = _names({"SensorID": sensor.get("@SensorID")})
        return Event(path=address.path, source=source, data=sensor, seconds=seconds_of(sensor.get("@UtcTime")))
    own = message.get("topic", message.get("Topic"))
    path = plain_path(own) if isinstance(own, str) and own.strip() else address.path
    if not path:
        raise RefusedError(Reason.MALFORMED, "neither the message nor its topic names an event")
    if "message" in message or message.keys().isdisjoint(("UtcTime", "Source", "Data")):
        return _axis(message, path, address)
    operation = message.get("PropertyOperation")
    return Event(
        path=path,
        source=_names(message.get("Source")) | _names(message.get("Key")) or address.source,
        data=_items(message.get("Data")),
        seconds=seconds_of(message.get("UtcTime")),
        operation=operation.lower() if isinstance(operation, str) else "",
    )


def seconds_of(value: object) -> float | None:
    """Read a time as seconds since 1970 UTC: ISO 8601, UTC where it has no zone; None: there is none."""
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value.strip()) if isinstance(value, str) else None
        if moment is None:
            return _NEVER
        return to_us(moment if moment.tzinfo else moment.replace(tzinfo=UTC)) / 1e6
    except (ValueError, OverflowError):
        return _NEVER


def _axis(message: Mapping[str, object], path: str, address: Address) -> Event:
    inner = message.get("message")
    if not isinstance(inner, dict):
        raise RefusedError(Reason.MALFORMED, "no message in the event")
    stamp = message.get("timestamp")
    milliseconds = number(stamp)
    return Event(
        path=path,
        source=_names(inner.get("source")) | _names(inner.get("key")) or address.source,
        data=_items(inner.get("data")),
        seconds=None if stamp is None else _NEVER if milliseconds is None else milliseconds / 1000.0,
    )


def _items(section: object) -> dict[str, object]:
    """Give a section's items by name; some cameras write ONVIF's `SimpleItem` list out as it is in the XML."""
    if not isinstance(section, dict):
        return {}
    listed = section.get("SimpleItem")
    if listed is None:
        return section
    items = listed if isinstance(listed, list) else [listed]
    named = {
        item["Name"]: item.get("Value")
        for item in items
        if isinstance(item, dict) and isinstance(item.get("Name"), str)
    }
    return {name: value for name, value in section.items() if name != "SimpleItem"} | named


def _names(section: object) -> dict[str, str]:
    return {
        text(name): text(str(value))
        for name, value in list(_items(section).items())[:8]
        if isinstance(value, str | int | float)
    }
