"""Decode what China Mobile's OneNET platform pushes, old and new, and its MQTT topics. Pure and total.

Pushed JSON is published again on `onenet/{area}/{device}` for one device, on any other topic below `onenet` for all; OneNET's own topics
begin with `$sys/{product}/{device}/`. The device id is `{product}.{name}` where a message has them, otherwise `dev_id`, otherwise
the IMEI.

The signature of a push is not checked here: its token is a secret of the site, and a decoder holds none. Whoever receives
the push has to check it before publishing again.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Final

from ingest.decoders.onenet.lwm2m import ERRORS, Resource, is_error_code, resource
from ingest.enclosed_frames import frames_in, from_hex
from ingest.instants import settle
from ingest.readings import (
    Decoded,
    Decoder,
    DeviceId,
    DeviceState,
    Enclosed,
    Fact,
    Quality,
    Reading,
    Reason,
    Rejection,
)
from ingest.speaker import speaker
from ingest.thing_identity import identity, is_name
from ingest.thing_packs import read_events, read_packs
from ingest.thing_personal import without_personal
from ingest.thing_report import Report, read_properties
from ingest.thing_values import stamp
from ingest.wire import RefusedError, number, read_json, text

__all__ = ["DECODER", "decode"]

_DATA, _STATUS, _ANSWER = 1, 2, 7
_OFFLINE_WORDS: Final = {"online": False, "offline": True, "1": False, "0": True}
_SYS: Final = "$sys"
_TEXT: Final = "_5750"  # the resource of text: makers put hex in it, at times of digits only
_LONG: Final = 20  # characters; a longer number is hex of digits, too
_NAMES: Final = 2
_MANY: Final = 4096  # no platform pushes a thousand at once, and a megabyte of empty ones would take seconds

_Moment = tuple[datetime, Quality]


def decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:
    """Decode a push or a message of a device that arrived on `topic` at `received` (aware UTC); answers say nothing: []."""
    try:
        if _SYS in topic:
            return _own_topic(*_address(topic), payload, received)
        return _pushed(_unwrapped(read_json(payload)), speaker(topic, "onenet"), received)
    except RefusedError as refused:
        return [refused.rejection]


TOPICS: Final = ("onenet/#", "$sys/+/+/thing/#", "$sys/+/+/dp/#")
DECODER: Final[Decoder] = decode
STORABLE: Final = without_personal


def _unwrapped(message: object) -> object:
    """Give what is in the envelope of nonce and signature: an object, a list, or JSON text of them."""
    if isinstance(message, dict) and "msg" in message:
        message = message["msg"]
    if isinstance(message, str):
        if message.lstrip()[:1] not in ("{", "["):
            raise RefusedError(Reason.UNSUPPORTED, "the message is encrypted (secure mode), or a test of the address")
        message = read_json(message.encode())
    return message


def _pushed(message: object, allowed: str | None, received: datetime) -> list[Decoded]:
    if not isinstance(message, list):
        return _push(message, allowed, received)
    said: list[Decoded] = []
    for one in message[:_MANY]:
        try:
            said += _push(one, allowed, received)
        except RefusedError as refused:
            said.append(refused.rejection)
    if len(message) > _MANY:
        said.append(Rejection(reason=Reason.TOO_LARGE, detail=f"{len(message)} messages, {_MANY} are taken"))
    return said


def _push(message: object, allowed: str | None, received: datetime) -> list[Decoded]:
    if not isinstance(message, dict):
        raise RefusedError(Reason.MALFORMED, "a push is an object or a list of them")
    device = _device(message)
    if allowed is not None and allowed not in (device.upper(), str(message.get("imei", "")).upper()):
        raise RefusedError(Reason.FOREIGN_DEVICE, f"device {device} on the topic of {allowed}")
    if "messageType" in message or "notifyType" in message:
        return _notified(device, message, received)
    kind = number(message.get("type"))
    moment = settle(stamp(message.get("at")), received)
    if kind == _STATUS:
        return [_availability(device, message.get("status"), moment)]
    if kind == _ANSWER:
        return []
    if kind not in (_DATA, None) or "ds_id" not in message:
        raise RefusedError(Reason.UNSUPPORTED, text(f"type {message.get('type')}"[:40]))
    stream = message["ds_id"]
    if not isinstance(stream, str):
        raise RefusedError(Reason.MALFORMED, "ds_id is no text")
    return _point(device, stream, message.get("value"), moment, received)


def _device(message: Mapping[str, object]) -> DeviceId:
    product = message.get("pid", message.get("productId"))
    name = message.get("dev_name", message.get("deviceName"))
    if isinstance(product, str | int) and isinstance(name, str) and is_name(str(product)) and is_name(name):
        return DeviceId(f"{product}.{name}")
    for key in ("dev_id", "deviceId", "imei"):
        bare = message.get(key)
        if isinstance(bare, str | int) and not isinstance(bare, bool) and is_name(str(bare)):
            return DeviceId(str(bare))
    raise RefusedError(Reason.MALFORMED, "neither product and name nor dev_id nor IMEI")


def _availability(device: DeviceId, status: object, moment: _Moment) -> DeviceState:
    is_offline = _OFFLINE_WORDS.get(str(status).lower()) if isinstance(status, str | int) else None
    if is_offline is None:
        raise RefusedError(Reason.MALFORMED, "the status is neither online nor offline")
    return DeviceState(
        device=device, fact=Fact.OFFLINE, active=is_offline, time=moment[0], quality=moment[1], code="status"
    )


def _notified(device: DeviceId, message: Mapping[str, object], received: datetime) -> list[Decoded]:
    """Read a push of the thing model: properties, events, or the life of a device."""
    kind = str(message.get("notifyType", message.get("messageType"))).lower()[:40]
    data = message.get("data")
    if not isinstance(data, dict):
        raise RefusedError(Reason.MALFORMED, "no data")
    moment = settle(stamp(data.get("time", message.get("time"))), received)
    if "lifecycle" in (kind, str(message.get("messageType")).lower()[:40]) or "status" in data:
        return [_availability(device, data.get("status"), moment)]
    params = data.get("params", data)
    if kind.startswith("repl"):
        return []
    if not isinstance(params, dict):
        return read_packs(params, device, moment, received)
    if "event" in kind:
        return _events(device, params, moment, received)
    if "property" in kind:
        return read_properties(params, device, moment, received)
    raise RefusedError(Reason.UNSUPPORTED, text(kind) or "no notifyType")


def _events(device: DeviceId, params: Mapping[str, object], moment: _Moment, received: datetime) -> list[Decoded]:
    report = Report(device, moment, received, [])
    read_events(report, params)
    return report.close()


def _point(device: DeviceId, stream: str, value: object, moment: _Moment, received: datetime) -> list[Decoded]:
    """Read one data point: by LwM2M's numbers, else by the name of its stream."""
    if is_error_code(stream):
        return _errors(device, number(value), stream, moment)
    if isinstance(value, str) and (stream.endswith(_TEXT) or len(value) >= _LONG or number(value) is None):
        return _opaque(device, stream, value, moment, received)
    known = resource(stream)
    if known is not None:
        return _reading(device, known, stream, value, moment)
    return read_properties(value if isinstance(value, dict) else {stream: value}, device, moment, received)


def _reading(device: DeviceId, known: Resource, stream: str, raw: object, moment: _Moment) -> list[Decoded]:
    time, quality = moment
    if known.fact is not None:
        if raw not in (0, 1, "0", "1"):
            return [Rejection(reason=Reason.MALFORMED, detail=text(f"{stream} is neither 0 nor 1"[:80]))]
        active = str(int(raw)) == "1" if isinstance(raw, int | float) else raw == "1"
        return [DeviceState(device=device, fact=known.fact, active=active, time=time, quality=quality, code=stream)]
    value = float(raw) if isinstance(raw, bool) else number(raw)
    if value is not None:
        value = value * known.factor if known.factor != 1.0 else value
        value = value if known.low <= value <= known.high else None
    if value is None:
        quality = Quality.MISSING
    return [
        Reading(
            device=device, metric=known.metric, time=time, value=value, unit=known.unit, quality=quality, code=stream
        )
    ]


def _errors(device: DeviceId, code: float | None, stream: str, moment: _Moment) -> list[Decoded]:
    """Read the error code of the device object: 0 says that there is none."""
    if code is None:
        return [Rejection(reason=Reason.MALFORMED, detail="the error code is no number")]
    facts = (Fact.BATTERY_LOW, Fact.MAINS_LOST, Fact.FAULT) if code == 0 else (ERRORS.get(int(code), Fact.FAULT),)
    return [
        DeviceState(device=device, fact=fact, active=code != 0, time=moment[0], quality=moment[1], code=stream)
        for fact in facts
    ]


def _opaque(device: DeviceId, stream: str, value: str, moment: _Moment, received: datetime) -> list[Decoded]:
    """Open the text of a maker: hex of a frame that says what it is, JSON, or bytes for a codec."""
    if value.lstrip()[:1] == "{":
        inner = read_json(value.encode())
        if isinstance(inner, dict):
            return read_properties(inner, device, moment, received)
    data = from_hex(value) or value.encode()
    opened = frames_in(data, received)
    if opened is not None:
        return opened
    return [Enclosed(device=device, payload=data, time=moment[0], quality=moment[1], hint=text(stream))]


@lru_cache(maxsize=8192)
def _address(topic: str) -> tuple[DeviceId, tuple[str, ...]]:
    """Give who speaks on one of OneNET's own topics, and what follows in it."""
    levels = topic.split("/")
    at = levels.index(_SYS) + 1 if _SYS in levels else 0
    names = levels[at : at + _NAMES]
    if not at or len(names) < _NAMES or not is_name(names[0]) or not is_name(names[1]):
        raise RefusedError(Reason.TOPIC, "no product and device in the topic")
    return DeviceId(f"{names[0]}.{names[1]}"), tuple(levels[at + _NAMES :])


def _own_topic(device: DeviceId, rest: tuple[str, ...], payload: bytes, received: datetime) -> list[Decoded]:
    last = rest[-1] if rest else ""
    if last.endswith("reply") or last in ("accepted", "rejected"):
        return []
    if last in ("set", "get") or rest[:2] == ("thing", "service"):
        return [Rejection(reason=Reason.DOWNLINK, detail="a command")]
    message = read_json(payload)
    if not isinstance(message, dict):
        raise RefusedError(Reason.MALFORMED, "a message is an object")
    if rest[:2] == ("dp", "post"):
        return _points(device, message.get("dp"), received)
    return _posted(device, rest, message.get("params"), received)


def _posted(device: DeviceId, rest: tuple[str, ...], params: object, received: datetime) -> list[Decoded]:
    """Read what a device posts to the thing model."""
    moment = received, Quality.GOOD
    match rest:
        case ("thing", "property", "post") if isinstance(params, dict):
            return read_properties(params, device, moment, received)
        case ("thing", "event", "post") if isinstance(params, dict):
            return _events(device, params, moment, received)
        case ("thing", "pack", "post"):
            return read_packs(params, device, moment, received)
        case ("thing", "history", "post"):
            return read_packs(params, device, (received, Quality.HISTORY), received)
        case ("thing", "sub", "login" | "logout" as what) if (behind := identity(params)) is not None:
            return [_availability(behind, "offline" if what == "logout" else "online", moment)]
        case _:
            raise RefusedError(Reason.UNSUPPORTED, text("/".join(rest)[:80]) or "nothing after the device")


def _points(device: DeviceId, points: object, received: datetime) -> list[Decoded]:
    """Read data points {"stream": [{"v": value, "t": seconds}]}."""
    if not isinstance(points, dict):
        raise RefusedError(Reason.MALFORMED, "no data points")
    said: list[Decoded] = []
    for stream, values in points.items():
        for one in values if isinstance(values, list) else [values]:
            value = one.get("v") if isinstance(one, dict) else one
            own = stamp(one.get("t")) if isinstance(one, dict) else None
            said += _point(device, stream, value, settle(own, received), received)
    return said
