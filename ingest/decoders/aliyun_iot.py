"""Decode the Alink protocol of Alibaba Cloud's IoT platform (物模型), of its clones, and what its rules forward. Pure and total.

The device id is `{ProductKey}.{DeviceName}`: names are unique within a product only. Both stand in the topic, and a payload
that names others is refused; a gateway may speak for the devices it packs. What identifiers mean is in `ingest.usual_words`.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Final

from ingest.enclosed_frames import frames_in
from ingest.instants import settle
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
from ingest.thing_packs import identity, is_name, read_events, read_packs
from ingest.thing_personal import without_personal
from ingest.thing_report import Report, read_properties
from ingest.thing_values import stamp
from ingest.wire import RefusedError, read_json, text, unhex

_PACKED: Final = frozenset({"pack", "batch", "history"})
_PROPERTIES: Final = frozenset({"prop", "props", "property", "properties"})
_STATUS: Final = {"online": False, "offline": True}
_SESSIONS: Final = {"login": False, "batch_login": False, "logout": True, "batch_logout": True}
_PROPERTY_POST: Final = ("thing", "event", "property", "post")
_SPELLED_FROM: Final = 8  # bytes; shorter ones may be what they are


def decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:
    """Decode a message that arrived on `topic` at `received` (aware UTC); answers of the platform say nothing: []."""
    try:
        device, rest = _address(topic)
        if rest == _PROPERTY_POST:
            return _decode(device, rest, read_json(payload), received)
        if rest and rest[-1].endswith("reply"):
            return []
        if rest[:2] == ("thing", "model"):
            return _raw(device, rest, payload, received)
        if rest[:2] in (("thing", "service"), ("service", "property")):
            return [Rejection(reason=Reason.DOWNLINK, detail="a command")]
        return _decode(device, rest, read_json(payload), received)
    except RefusedError as refused:
        return [refused.rejection]


TOPICS: Final = ("/sys/#", "/ext/session/#", "/as/mqtt/status/#", "/+/+/thing/#")
DECODER: Final[Decoder] = decode
STORABLE: Final = without_personal

_BY_HAND: Final = DeviceId("unknown")
"""Who speaks in a file that is decoded without a topic and names nobody."""


@lru_cache(maxsize=8192)
def _address(topic: str) -> tuple[DeviceId | None, tuple[str, ...]]:
    """Give who speaks and what follows in the topic; other levels may stand before. None where the topic names nobody."""
    if not topic:
        return _BY_HAND, ()
    levels = topic.split("/")
    if "sys" in levels:
        at = levels.index("sys") + 1
    elif "session" in levels:
        at = levels.index("session") + 1
    elif "status" in levels:
        at = levels.index("status") + 1
    else:
        at = levels.index("thing") - 2 if "thing" in levels else len(levels)
    names = levels[at : at + 2] if at >= 0 else []
    if len(names) == 2 and is_name(names[0]) and is_name(names[1]):  # noqa: PLR2004 -- product and name
        return DeviceId(f"{names[0]}.{names[1]}"), tuple(levels[at + 2 :])
    return None, ()


def _raw(device: DeviceId | None, rest: tuple[str, ...], payload: bytes, received: datetime) -> list[Decoded]:
    if rest[-1] != "up_raw":
        return [Rejection(reason=Reason.DOWNLINK, detail="raw bytes for a device")]
    assert device is not None  # the topic goes on after it
    data = (unhex(payload) if len(payload) >= _SPELLED_FROM else None) or payload
    opened = frames_in(data, received)
    if opened is not None:
        return opened
    product = device.partition(".")[0]
    return [Enclosed(device=device, payload=data, time=received, hint=product)]


def _decode(device: DeviceId | None, rest: tuple[str, ...], message: object, received: datetime) -> list[Decoded]:
    if type(message) is not dict:
        raise RefusedError(Reason.MALFORMED, "a message is an object")
    if "productKey" in message or device is None:
        device = _checked(device, identity(message))
    if "params" not in message and "items" not in message and ("code" in message and "status" not in message):
        return []
    own = stamp(message.get("gmtCreate", message.get("timestamp")))
    moment = (received, Quality.GOOD) if own is None else settle(own, received)
    params = message.get("params")
    if rest == _PROPERTY_POST and type(params) is dict:
        return read_properties(params, device, moment, received)
    said: list[Decoded]
    match rest:
        case ["combine", session] if session in _SESSIONS:
            said = list(_sessions(message, is_offline=_SESSIONS[session], moment=moment))
        case ["thing", "topo", "add"] | ["thing", "list", "found"]:
            said = list(_announced(params, device))
        case _ if "status" in message and "params" not in message:
            said = [_availability(device, message, received)]
        case _:
            said = _posted(device, _subject(rest, message), message, moment, received)
    return said


def _checked(device: DeviceId | None, named: DeviceId | None) -> DeviceId:
    if device is None and named is None:
        raise RefusedError(Reason.TOPIC, "neither the topic nor the message names product and device")
    if device not in (None, _BY_HAND) and named is not None and device != named:
        raise RefusedError(Reason.FOREIGN_DEVICE, f"device {named} on the topic of {device}")
    return named or device or _BY_HAND


def _subject(rest: tuple[str, ...], message: Mapping[str, object]) -> list[str]:
    """Tell what is posted: ["property"], ["property", "pack"] or an event's identifier, by topic, else by method."""
    if rest[:2] == ("thing", "event"):
        return list(rest[2:-1])
    method = message.get("method")
    if isinstance(method, str) and method.startswith("thing.event."):
        return method[:200].split(".")[2:-1]
    if not _PROPERTIES.isdisjoint(rest) or "items" in message or not rest:
        return ["property"]
    if "event" in rest:
        return [level for level in rest[rest.index("event") + 1 :] if level != "post"]
    return []


def _posted(
    device: DeviceId,
    subject: list[str],
    message: Mapping[str, object],
    moment: tuple[datetime, Quality],
    received: datetime,
) -> list[Decoded]:
    params = message.get("params", message.get("items", message.get("value")))
    if not subject or not isinstance(params, dict | list):
        what = f"{message.get('method', '')} {'.'.join(subject)}"
        raise RefusedError(Reason.UNSUPPORTED if not subject else Reason.MALFORMED, text(what[:80]) or "no params")
    if subject[0] in _PROPERTIES and len(subject) > 1 and subject[1] in _PACKED:
        time, quality = moment
        told_later = Quality.HISTORY if subject[1] == "history" else quality
        return list(read_packs(params, device, (time, told_later), received))
    if not isinstance(params, dict):
        raise RefusedError(Reason.MALFORMED, "params are an object")
    report = Report(device, *moment, received)
    if subject[0] in _PROPERTIES:
        report.take(params)
    elif "value" in params and params.keys() <= {"value", "time"}:
        read_events(report, {subject[0]: params})
    else:
        report.event(subject[0], params, moment)
    return report.close()


def _availability(device: DeviceId, message: Mapping[str, object], received: datetime) -> DeviceState:
    """Read what the platform tells of a device's connection: {"status": "online", "utcTime": …}."""
    word = message["status"]
    is_offline = _STATUS.get(word.lower()) if isinstance(word, str) else None
    if is_offline is None:
        raise RefusedError(Reason.MALFORMED, "the status is neither online nor offline")
    time, quality = settle(stamp(message.get("utcTime", message.get("time"))), received)
    return DeviceState(device=device, fact=Fact.OFFLINE, active=is_offline, time=time, quality=quality, code="status")


def _sessions(
    message: Mapping[str, object], *, is_offline: bool, moment: tuple[datetime, Quality]
) -> Iterator[Decoded]:
    """State who came or went behind a gateway: one device, or a `deviceList` of them."""
    params = message.get("params")
    listed = params.get("deviceList") if isinstance(params, dict) else params
    for item in listed if isinstance(listed, list) else [params]:
        device = identity(item)
        if device is None:
            yield Rejection(reason=Reason.MALFORMED, detail="a device without product and name")
            continue
        yield DeviceState(
            device=device, fact=Fact.OFFLINE, active=is_offline, time=moment[0], quality=moment[1], code="session"
        )


def _announced(params: object, gateway: DeviceId | None) -> Iterator[Decoded]:
    """Announce the devices that a gateway found or took in."""
    for item in params if isinstance(params, list) else [params]:
        device = identity(item)
        if device is None:
            yield Rejection(reason=Reason.MALFORMED, detail="a device without product and name")
        else:
            product, _, name = device.partition(".")
            yield Discovered(device=device, name=name, model=product, gateway=gateway)
