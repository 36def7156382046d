"""What `gridwatch decode` prints: one JSON object a line for everything a payload says. Pure. Refuses unknown decoders."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import msgspec

from ingest.decoders import decoder
from ingest.identifiers import with_plain_ids
from ingest.readings import (
    CameraEvent,
    Decoded,
    DeviceState,
    Discovered,
    Dropped,
    Enclosed,
    OfficialWarning,
    Reading,
    Rejection,
    Request,
)


def lines(name: str, payload: bytes, topic: str, received: datetime) -> Iterator[str]:
    """Decode `payload` by the decoder called `name` and describe each result as one line of JSON, without a newline.

    `topic` may be "" where the format names its device itself. `received` is aware. The payload may be a frame, hex
    text of one, JSON or text: decoders classify what they are given, here as on the wire. A payload that says nothing
    gives no line. Instants are RFC 3339 in UTC; a value the device did not have is null.

    Raises:
        UnknownDecoderError: there is no such decoder; the message names the nearest.
    """
    decode = decoder(name)
    return (_line(item, received) for item in with_plain_ids(decode(topic, payload, received)))


def _line(item: Decoded, received: datetime) -> str:
    return msgspec.json.encode(_described(item, received)).decode()


def _described(  # noqa: PLR0911 -- one case a noun
    item: Decoded, received: datetime
) -> Mapping[str, object]:
    match item:
        case Reading():
            return {
                "type": "reading",
                "device": item.device,
                "metric": item.metric,
                "value": item.value,
                "unit": item.unit,
                "time": _rfc3339(item.time),
                "received_at": _rfc3339(received),
                "quality": item.quality.name.lower(),
                "code": item.code,
            }
        case DeviceState():
            return {
                "type": "state",
                "device": item.device,
                "state": item.fact.value,
                "active": item.active,
                "time": _rfc3339(item.time),
                "received_at": _rfc3339(received),
                "quality": item.quality.name.lower(),
                "code": item.code,
                "text": item.text,
            }
        case CameraEvent():
            return {
                "type": "camera_event",
                "device": item.device,
                "event": item.event,
                "phase": item.phase.value,
                "label": item.label,
                "severity": item.severity,
                "started": _rfc3339(item.started),
                "time": _rfc3339(item.time),
                "ended": None if item.ended is None else _rfc3339(item.ended),
                "received_at": _rfc3339(received),
                "score": item.score,
                "zones": item.zones,
            }
        case Enclosed():
            return {
                "type": "payload",
                "device": item.device,
                "port": item.port,
                "hex": item.payload.hex().upper(),
                "hint": item.hint,
                "time": _rfc3339(item.time),
                "received_at": _rfc3339(received),
                "quality": item.quality.name.lower(),
            }
        case Discovered():
            channels = [{"metric": metric, "unit": unit} for metric, unit in item.channels]
            return {
                "type": "discovered",
                "device": item.device,
                "kind": item.kind,
                "name": item.name,
                "model": item.model,
                "gateway": item.gateway,
                "channels": channels,
            }
        case OfficialWarning():
            return _described_official(item)
        case Request():
            return {"type": "request", "topic": item.topic, "hex": item.payload.hex().upper()}
        case Rejection():
            return {"type": "rejection", "reason": item.reason.value, "detail": item.detail}
        case Dropped():
            return {"type": "dropped", "fields": item.fields}


def _described_official(item: OfficialWarning) -> Mapping[str, object]:
    return {
        "type": "official_warning",
        "id": item.id,
        "sender": item.sender,
        "issuer": item.issuer,
        "kind": item.kind.value,
        "meaning": item.meaning.value,
        "event": item.event,
        "event_text": item.event_text,
        "priority": item.priority,
        "headline": item.headline,
        "sent": _rfc3339(item.sent),
        "from": _rfc3339(item.from_at),
        "until": None if item.until_at is None else _rfc3339(item.until_at),
        "references": [{"sender": sender, "id": id_} for sender, id_ in item.references],
        "thread": item.thread,
        "description": item.description,
        "areas": [
            {"name": area.name, "polygons": area.polygons, "circles": area.circles, "codes": area.codes}
            for area in item.areas
        ],
    }


def _rfc3339(instant: datetime) -> str:
    """Write an instant in UTC with milliseconds, or microseconds where it has them."""
    precision = "microseconds" if instant.microsecond % 1000 else "milliseconds"
    return instant.astimezone(UTC).isoformat(timespec=precision).replace("+00:00", "Z")
