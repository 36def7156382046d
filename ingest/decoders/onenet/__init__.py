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

from msgspec import Struct

from ingest.decoders.onenet.lwm2m import is_numbered
from ingest.decoders.onenet.points import read_point
from ingest.instants import settle
from ingest.readings import (
    Decoded,
    Decoder,
    DeviceId,
    DeviceState,
    Discovered,
    Fact,
    Quality,
    Reason,
    Rejection,
)
from ingest.speaker import speaker
from ingest.thing_identity import device_of, identity, is_name
from ingest.thing_packs import read_events, read_packs
from ingest.thing_personal import without_personal
from ingest.thing_report import Report, read_properties
from ingest.thing_values import own_time, stamp
from ingest.wire import RefusedError, number, read_json, text

__all__ = ["DECODER", "decode"]

_DATA, _STATUS, _ANSWER = 1, 2, 7
_OFFLINE_WORDS: Final = {"online": False, "offline": True, "1": False, "0": True}
_SYS: Final = "$sys"
_SESSIONS: Final = {"thing/sub/login": "online", "thing/sub/logout": "offline"}
_OF_THE_PLATFORM: Final = ("sceneLog",)
_NAMES: Final = 2
_WORDS: Final = (str, int)
_OFFLINE: Final = Fact.OFFLINE
_GOOD: Final = Quality.GOOD
_MANY: Final = 4096  # no platform pushes a thousand at once, and a megabyte of empty ones would take seconds

_Moment = tuple[datetime, Quality]


def decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:
    """Decode a push or a message of a device that arrived on `topic` at `received` (aware UTC); answers say nothing: []."""
    try:
        if _SYS in topic:
            return _own_topic(topic, payload, received)
        message = read_json(payload)
        if type(message) is dict and "msg" in message:
            message = message["msg"]
        if type(message) is str:
            message = _inner(message)
        allowed = speaker(topic, "onenet")
        return _pushed(message, allowed, received) if type(message) is list else _push(message, allowed, received)
    except RefusedError as refused:
        return [refused.rejection]


TOPICS: Final = ("onenet/#", "$sys/+/+/thing/#", "$sys/+/+/dp/#")
DECODER: Final[Decoder] = decode
STORABLE: Final = without_personal


def _inner(message: str) -> object:
    """Read JSON text in the envelope of nonce and signature."""
    if message.lstrip()[:1] not in ("{", "["):
        raise RefusedError(Reason.UNSUPPORTED, "the message is encrypted (secure mode), or a test of the address")
    return read_json(message.encode())


def _pushed(messages: list[object], allowed: str | None, received: datetime) -> list[Decoded]:
    said: list[Decoded] = []
    for one in messages[:_MANY]:
        try:
            said += _push(one, allowed, received)
        except RefusedError as refused:
            said.append(refused.rejection)
    if len(messages) > _MANY:
        said.append(Rejection(reason=Reason.TOO_LARGE, detail=f"{len(messages)} messages, {_MANY} are taken"))
    return said


def _push(message: object, allowed: str | None, received: datetime) -> list[Decoded]:
    if type(message) is not dict:
        raise RefusedError(Reason.MALFORMED, "a push is an object or a list of them")
    if message.get("messageType") in _OF_THE_PLATFORM:
        raise RefusedError(Reason.UNSUPPORTED, "a log of the platform")
    device = _device(message)
    if allowed is not None and allowed != device.upper() and allowed != str(message.get("imei", "")).upper():
        raise RefusedError(Reason.FOREIGN_DEVICE, f"device {device} on the topic of {allowed}")
    if "messageType" in message or "notifyType" in message:
        return _notified(device, message, received)
    kind = message.get("type")
    if type(kind) is not int:
        kind = number(kind)
    moment = settle(stamp(message.get("at")), received)
    if kind == _STATUS:
        return [_availability(device, message.get("status"), moment)]
    if kind == _ANSWER:
        return []
    if kind not in (_DATA, None) or "ds_id" not in message:
        raise RefusedError(Reason.UNSUPPORTED, text(f"type {message.get('type')}"[:40]))
    stream = message["ds_id"]
    if type(stream) is not str:
        raise RefusedError(Reason.MALFORMED, "ds_id is no text")
    return read_point(device, stream, message.get("value"), moment, received)


def _device(message: Mapping[str, object]) -> DeviceId:
    product = message["pid"] if "pid" in message else message.get("productId")
    name = message["dev_name"] if "dev_name" in message else message.get("deviceName")
    if type(name) is str and isinstance(product, _WORDS):
        device = device_of(str(product), name)
        if device is not None:
            return device
    for key in ("dev_id", "deviceId", "imei"):
        bare = message.get(key)
        if type(bare) is int:
            bare = str(bare)
        if type(bare) is str and is_name(bare):
            return DeviceId(bare)
    raise RefusedError(Reason.MALFORMED, "neither product and name nor dev_id nor IMEI")


def _availability(device: DeviceId, status: object, moment: _Moment) -> DeviceState:
    is_offline = _OFFLINE_WORDS.get(str(status).lower()) if isinstance(status, _WORDS) else None
    if is_offline is None:
        raise RefusedError(Reason.MALFORMED, "the status is neither online nor offline")
    return DeviceState(
        device=device, fact=_OFFLINE, active=is_offline, time=moment[0], quality=moment[1], code="status"
    )


def _notified(device: DeviceId, message: Mapping[str, object], received: datetime) -> list[Decoded]:
    """Read a push of the thing model: properties, events, or the life of a device."""
    word = message.get("messageType")
    kind = _lower(message.get("notifyType", word))
    if kind.startswith("repl"):
        return []
    data = message.get("data")
    if type(data) is not dict:
        raise RefusedError(Reason.MALFORMED, "no data")
    moment = settle(stamp(data.get("time", message.get("time"))), received)
    if "status" in data or kind == "lifecycle" or _lower(word) == "lifecycle":
        return [_availability(device, data.get("status"), moment)]
    params = data.get("params", data)
    if not isinstance(params, dict):
        return read_packs(params, device, moment, received)
    if "event" in kind:
        return _events(device, params, moment, received)
    if "property" in kind:
        return _properties(device, params, moment, received)
    raise RefusedError(Reason.UNSUPPORTED, text(kind) or "no notifyType")


def _properties(device: DeviceId, params: dict[str, object], moment: _Moment, received: datetime) -> list[Decoded]:
    """Read properties by name; devices of LwM2M have streams among them, named by numbers."""
    streams = [name for name in params if is_numbered(name)]
    said: list[Decoded] = []
    for name in streams:
        one = params.pop(name)
        own, value = (one.get("time"), one.get("value")) if isinstance(one, dict) else (None, one)
        if value is not None:
            said += read_point(device, name, value, own_time(own, moment, received), received)
    return said + read_properties(params, device, moment, received)


def _lower(word: object) -> str:
    return (word if type(word) is str else str(word)).lower()[:40]


def _events(device: DeviceId, params: Mapping[str, object], moment: _Moment, received: datetime) -> list[Decoded]:
    report = Report(device, moment, received, [])
    read_events(report, params)
    return report.close()


class _Route(Struct, frozen=True, gc=False):
    """What one of OneNET's own topics says: who speaks, of what (the levels after the device, as in "thing/property/post")."""

    device: DeviceId
    what: str
    is_answer: bool
    is_command: bool


@lru_cache(maxsize=8192)
def _route(topic: str) -> _Route:
    levels = topic.split("/")
    at = levels.index(_SYS) + 1 if _SYS in levels else 0
    names = levels[at : at + _NAMES]
    device = device_of(*names) if at and len(names) == _NAMES else None
    if device is None:
        raise RefusedError(Reason.TOPIC, "no product and device in the topic")
    rest = levels[at + _NAMES :]
    last = rest[-1] if rest else ""
    return _Route(
        device,
        "dp/post" if rest[:2] == ["dp", "post"] else "/".join(rest),
        last.endswith("reply") or last in ("accepted", "rejected"),
        last in ("set", "get") or rest[:2] == ["thing", "service"],
    )


def _own_topic(topic: str, payload: bytes, received: datetime) -> list[Decoded]:
    route = _route(topic)
    if route.is_answer:
        return []
    if route.is_command:
        return [Rejection(reason=Reason.DOWNLINK, detail="a command")]
    message = read_json(payload)
    if type(message) is not dict:
        raise RefusedError(Reason.MALFORMED, "a message is an object")
    if "messageType" in message:  # what the platform says of the device, on a topic of the device
        named = _device(message)
        if named != route.device:
            raise RefusedError(Reason.FOREIGN_DEVICE, f"device {named} on the topic of {route.device}")
        return _notified(named, message, received)
    if route.what == "dp/post":
        return _points(route.device, message.get("dp"), received)
    return _posted(route.device, route.what, message.get("params"), received)


def _posted(device: DeviceId, what: str, params: object, received: datetime) -> list[Decoded]:
    """Read what a device posts to the thing model."""
    moment = received, _GOOD
    if type(params) is dict and what == "thing/property/post":
        return read_properties(params, device, moment, received)
    if type(params) is dict and what == "thing/event/post":
        return _events(device, params, moment, received)
    if what == "thing/pack/post":
        return read_packs(params, device, moment, received)
    if what == "thing/history/post":
        return read_packs(params, device, (received, Quality.HISTORY), received)
    behind = identity(params)
    if what in _SESSIONS and behind is not None:
        return [_availability(behind, _SESSIONS[what], moment)]
    if what == "thing/sub/topo/add" and behind is not None:
        product, _, name = behind.partition(".")
        return [Discovered(device=behind, name=name, model=product, gateway=device)]
    raise RefusedError(Reason.UNSUPPORTED, text(what[:80]) or "nothing after the device")


def _points(device: DeviceId, points: object, received: datetime) -> list[Decoded]:
    """Read data points {"stream": [{"v": value, "t": seconds}]}."""
    if type(points) is not dict:
        raise RefusedError(Reason.MALFORMED, "no data points")
    said: list[Decoded] = []
    for stream, values in points.items():
        for one in values if type(values) is list else (values,):
            if type(one) is dict:
                said += read_point(device, stream, one.get("v"), settle(stamp(one.get("t")), received), received)
            else:
                said += read_point(device, stream, one, (received, _GOOD), received)
    return said
