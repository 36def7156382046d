"""Decode the Alink protocol of Alibaba Cloud's IoT platform (物模型), of its clones, and what its rules forward. Pure and total.

The device id is `{ProductKey}.{DeviceName}`: names are unique within a product only. Both stand in the topic, and a payload
that names others is refused; a gateway may speak for the devices it packs. What identifiers mean is in `ingest.usual_words`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from ingest.decoders.aliyun_iot.topics import BY_HAND, SESSIONS, Route, route_of
from ingest.instants import settle
from ingest.maker_packets import opened_in
from ingest.readings import (
    Decoded,
    Decoder,
    DeviceId,
    DeviceState,
    Discovered,
    Enclosed,
    Fact,
    Quality,
    Reason,
    Rejection,
)
from ingest.thing_identity import identity
from ingest.thing_packs import read_events, read_packs
from ingest.thing_personal import without_personal
from ingest.thing_report import Report, read_properties
from ingest.thing_values import stamp
from ingest.wire import RefusedError, read_json, text, unhex

_PACKED: Final = frozenset({"pack", "batch", "history"})
_PROPERTIES: Final = frozenset({"prop", "props", "property", "properties", "measurepoint"})
_HELD: Final = ("values", "measurepoints", "events")
_POSTED: Final = ("params", "items", "payload", "value")
_FRAME: Final = frozenset({*_POSTED, "method", "productKey", "code", "status"})
_PUSHED: Final = frozenset({"items", "identifier", "status"})
_STATUS: Final = {"online": False, "offline": True, 1: False, 3: True}
_WRAPPED: Final = frozenset({"value", "time"})
_NAMELESS: Final = Rejection(reason=Reason.MALFORMED, detail="a device without product and name")
_BOXES: Final = (dict, list)
_WORDS: Final = (str, int)
_GOOD: Final = Quality.GOOD
_SPELLED_FROM: Final = 8  # bytes; shorter ones may be what they are


def decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:
    """Decode a message that arrived on `topic` at `received` (aware UTC); answers of the platform say nothing: []."""
    route = route_of(topic)
    if route.what == "reply":
        return []
    if route.what == "downlink":
        return [Rejection(reason=Reason.DOWNLINK, detail="a command")]
    if route.what == "raw":
        return _raw(route, payload, received)
    try:
        return _decode(route, read_json(payload), received)
    except RefusedError as refused:
        return [refused.rejection]


TOPICS: Final = ("/sys/#", "/ext/session/#", "/as/mqtt/status/#", "/+/+/thing/#")
DECODER: Final[Decoder] = decode
STORABLE: Final = without_personal


def _raw(route: Route, payload: bytes, received: datetime) -> list[Decoded]:
    if route.rest[-1] != "up_raw":
        return [Rejection(reason=Reason.DOWNLINK, detail="raw bytes for a device")]
    assert route.device is not None  # the topic goes on after it
    data = (unhex(payload) if len(payload) >= _SPELLED_FROM else None) or payload
    opened = opened_in(route.device, data, (received, _GOOD), received)
    if opened is not None:
        return opened
    return [Enclosed(device=route.device, payload=data, time=received, hint=route.device.partition(".")[0])]


def _decode(route: Route, message: object, received: datetime) -> list[Decoded]:
    if type(message) is not dict:
        raise RefusedError(Reason.MALFORMED, "a message is an object")
    device, what = route.device, route.what
    if not what:
        message = _unwrapped(message, route.rest)
    if device is None or "productKey" in message:
        device = _checked(device, identity(message))
    if "params" not in message and "items" not in message and ("code" in message and "status" not in message):
        return []
    created = message["gmtCreate"] if "gmtCreate" in message else message.get("timestamp")
    if "value" in message and "time" in message:  # of an event: `gmtCreate` is when the platform heard of it
        created = message["time"]
    own = None if created is None else stamp(created)
    moment = (received, _GOOD) if own is None else settle(own, received)
    params = message.get("params")
    if what == "properties" and type(params) is dict:
        return read_properties(params, device, moment, received)
    if what == "session":
        return _sessions(params, is_offline=SESSIONS[route.rest[1]], moment=moment)
    if what == "announced":
        return _announced(message.get("devices", params), device) if message.get("action", "create") == "create" else []
    if "status" in message and "params" not in message:
        return [_availability(device, message, received)]
    return _posted(device, _subject(route, message), message, moment, received)


def _unwrapped(message: dict[str, object], rest: tuple[str, ...]) -> dict[str, object]:
    """Give a message in the usual frame.

    The platform for homes puts what rules forward into `params`, with product and name; clones with topics of their own leave
    the frame away, and values stand alone.
    """
    params = message.get("params")
    if isinstance(params, dict) and "productKey" in params and not _PUSHED.isdisjoint(params):
        return params
    if rest and rest[0] in _PROPERTIES and _FRAME.isdisjoint(message):
        return {"params": message}
    return message


def _checked(device: DeviceId | None, named: DeviceId | None) -> DeviceId:
    if device is None and named is None:
        raise RefusedError(Reason.TOPIC, "neither the topic nor the message names product and device")
    if device not in (None, BY_HAND) and named is not None and device != named:
        raise RefusedError(Reason.FOREIGN_DEVICE, f"device {named} on the topic of {device}")
    return named or device or BY_HAND


def _subject(route: Route, message: Mapping[str, object]) -> Sequence[str]:
    """Tell what is posted: ["property"], ["property", "pack"] or an event's identifier, by topic, else by method."""
    if route.subject is not None:
        return route.subject
    rest = route.rest
    method = message.get("method")
    if isinstance(method, str) and method.startswith("thing.event."):
        return method[:200].split(".")[2:-1]
    named = message.get("identifier")
    if isinstance(named, str) and "value" in message:
        return [named]
    if not _PROPERTIES.isdisjoint(rest) or "items" in message or not rest:
        return ["property", "history"] if "resume" in rest else ["property"]
    if "event" in rest:
        return [level for level in rest[rest.index("event") + 1 :] if level != "post"]
    return []


def _posted(
    device: DeviceId,
    subject: Sequence[str],
    message: Mapping[str, object],
    moment: tuple[datetime, Quality],
    received: datetime,
) -> list[Decoded]:
    params = next((message[key] for key in _POSTED if key in message), None)
    if not subject or not isinstance(params, _BOXES):
        what = f"{message.get('method', '')} {'.'.join(subject)}"
        raise RefusedError(Reason.UNSUPPORTED if not subject else Reason.MALFORMED, text(what[:80]) or "no params")
    is_property, is_forwarded = subject[0] in _PROPERTIES, "params" not in message
    if subject[-1] == "history":
        moment = moment[0], Quality.HISTORY
    if is_property and not is_forwarded and (isinstance(params, list) or not _PACKED.isdisjoint(subject[1:2])):
        return read_packs(params, device, moment, received)
    if not isinstance(params, dict):
        raise RefusedError(Reason.MALFORMED, "params are an object")
    report = Report(device, moment, received, [])
    values = _held(params)
    if values is not params:
        moment = report.at(params.get("time"))
    if is_property:
        report.take(values, moment)
        _doubted(report, message.get("checkFailedData"))
    elif is_forwarded and subject[0] == "batch":
        read_events(report, values)
    elif "value" in params and params.keys() <= _WRAPPED:
        read_events(report, {subject[0]: params})
    else:
        report.event(subject[0], values, moment)
    return report.close()


def _held(params: dict[str, object]) -> Mapping[str, object]:
    """Give the values that an object holds beside their time and nothing else; otherwise the object."""
    for key in _HELD:
        held = params.get(key)
        if isinstance(held, dict) and params.keys() <= {key, "time"}:
            return held
    return params


def _doubted(report: Report, failed: object) -> None:
    """Read what the platform forwards although it is not as the thing's model has it."""
    if type(failed) is not dict:
        return
    values = {name: {"value": one["value"], "time": one.get("time")} for name, one in failed.items() if _is_value(one)}
    moment = report.moment[0], max(report.moment[1], Quality.UNCERTAIN)
    doubted = Report(report.device, moment, report.received, report.said)
    doubted.take(values, moment)
    doubted.close()


def _is_value(one: object) -> bool:
    return type(one) is dict and "value" in one


def _availability(device: DeviceId, message: Mapping[str, object], received: datetime) -> DeviceState:
    """Read what the platform tells of a device's connection: {"status": "online", "utcTime": …}."""
    status, own = message["status"], message.get("utcTime", message.get("time"))
    word = status
    if isinstance(status, dict):
        word, own = status.get("value"), status.get("time")
    is_offline = _STATUS.get(word.lower() if isinstance(word, str) else word) if isinstance(word, _WORDS) else None
    if is_offline is None:
        raise RefusedError(Reason.MALFORMED, "the status is neither online nor offline")
    time, quality = settle(stamp(own), received)
    return DeviceState(device=device, fact=Fact.OFFLINE, active=is_offline, time=time, quality=quality, code="status")


def _sessions(params: object, *, is_offline: bool, moment: tuple[datetime, Quality]) -> list[Decoded]:
    """State who came or went behind a gateway: one device, or a `deviceList` of them."""
    listed = params.get("deviceList") if type(params) is dict else params
    said: list[Decoded] = []
    for item in listed if type(listed) is list else (params,):
        device = identity(item)
        said.append(
            _NAMELESS
            if device is None
            else DeviceState(
                device=device, fact=Fact.OFFLINE, active=is_offline, time=moment[0], quality=moment[1], code="session"
            )
        )
    return said


def _announced(params: object, gateway: DeviceId | None) -> list[Decoded]:
    """Announce the devices that a gateway found or took in."""
    said: list[Decoded] = []
    for item in params if type(params) is list else (params,):
        device = identity(item)
        if device is None:
            said.append(_NAMELESS)
        else:
            product, _, name = device.partition(".")
            said.append(Discovered(device=device, name=name, model=product, gateway=gateway))
    return said
