"""ThingsBoard's device and gateway topics, `v1/devices/…`, `v1/gateway/…` and the short `v2/…`, re-published by a tunnel. Pure.

ThingsBoard itself tells by the connection's token who speaks; a topic `v1/devices/me/telemetry` or `v2/t` names nobody, and whoever uses
it is the one device `me`. A tunnel tells: `v1/devices/{device}/telemetry`, or `{prefix}/{device}/v1/devices/me/telemetry`. A gateway speaks for the devices in its
payload, and may be named in front of `v1` likewise. Keys are the device's own: a key with a meaning of ours is a fact, one that
is a number is a reading in the registered unit, text says nothing.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Final

from msgspec import Struct

from ingest.instants import settle
from ingest.readings import (
    Decoded,
    Decoder,
    DeviceId,
    DeviceState,
    Discovered,
    Fact,
    Quality,
    Reading,
    Reason,
    Rejection,
)
from ingest.usual_names import PLAIN_NAME, named, truth, truth_of
from ingest.wire import RefusedError, number, read_json, text

_ME: Final = "me"
_NOBODY: Final = DeviceId("")
_CONNECTIONS: Final = (["connect"], ["disconnect"])
_COMES_AND_GOES: Final = frozenset({"connect", "disconnect", "hand"})
_GOOD: Final = Quality.GOOD
_OFFLINE: Final = Fact.OFFLINE
_SEPARATORS: Final = str.maketrans(dict.fromkeys("/+#", "."))
_DEPTH: Final = 4
"""Nested objects are read this deep, under `outer.inner`; ThingsBoard keeps such a value as one text."""
_ROOTS: Final = (["devices"], ["gateway"])
_SHORT: Final = {"t": "telemetry", "a": "attributes", "r": "rpc", "req": "request", "res": "response"}
"""The words of the short topics `v2/…`."""
_PROTOBUF: Final = "p"
_BOXES: Final = (dict, list)
_SURELY_FINITE: Final = 1 << 62
_Moment = tuple[datetime, Quality]


class _Place(Struct, frozen=True, gc=False):
    """What a topic says: who speaks ("" is nobody), and of what: "points", "devices" of a gateway, "connect", "disconnect", ""."""

    who: DeviceId
    what: str
    refusal: Rejection | None = None


def decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:
    """Decode a message that arrived on `topic` at `received` (aware UTC); claims and requests for attributes: []."""
    place = _place(topic)
    what = place.what
    if place.refusal is not None:
        return [place.refusal]
    if not what or not (payload or what in _COMES_AND_GOES):
        return []
    if what == "points" and not place.who:
        return [Rejection(reason=Reason.TOPIC, detail="v1/devices names no device")]
    said: list[Decoded] = []
    try:
        if what == "points":
            _points(place.who, read_json(payload), received, said)
        elif what == "devices":
            _devices(read_json(payload), received, said)
        elif what == "hand":
            _by_hand(read_json(payload), received, said)
        else:
            _connected(place, read_json(payload), received, said)
    except RefusedError as refused:
        said.append(refused.rejection)
    return said


TOPICS: Final = (
    "v1/devices/#", "v1/gateway/#", "+/v1/devices/#", "+/v1/gateway/#", "+/+/v1/devices/me/#", "+/+/v1/gateway/#",
    "v2/t/#", "v2/a/#", "+/v2/t/#", "+/v2/a/#", "+/+/v2/t/#", "+/+/v2/a/#",
)  # fmt: skip
DECODER: Final[Decoder] = decode


@lru_cache(maxsize=4096)
def _place(topic: str) -> _Place:
    """Read a topic; None of it is in the payload."""
    if not topic:
        return _Place(_NOBODY, "hand")
    levels = topic.split("/")
    at = next((i for i, level in enumerate(levels) if level == "v1" and levels[i + 1 : i + 2] in _ROOTS), -1)
    if at < 0:
        return _short_place(levels)
    before = _id(levels[at - 1]) if at else ""
    if levels[at + 1] == "gateway":
        rest = levels[at + 2 :]
        if rest in _CONNECTIONS:
            return _Place(DeviceId(before), rest[0])
        return _of(DeviceId(before), "devices", rest)
    named_in = levels[at + 2 : at + 3]
    device = before or _ME if named_in == [_ME] else _id(named_in[0]) if named_in else ""
    return _of(DeviceId(device), "points", levels[at + 3 :])


def _short_place(levels: list[str]) -> _Place:
    """Read a short topic, `v2/t`; what is marked as Protocol Buffers has a schema that the device's profile holds."""
    at = levels.index("v2") if "v2" in levels else -1
    rest = [_SHORT.get(level, level) for level in levels[at + 1 :]]
    if at < 0 or not rest:
        return _refusal(Reason.TOPIC, "neither v1/devices/… nor v1/gateway/… nor v2/…")
    if rest[1:] == [_PROTOBUF]:
        return _refusal(Reason.UNSUPPORTED, "Protocol Buffers of a device's own schema")
    device = _id(levels[at - 1]) if at else _ME
    return _of(DeviceId(device), "points", rest[:1] if rest[1:] == ["j"] else rest)


def _of(who: DeviceId, what: str, rest: list[str]) -> _Place:
    """Tell what is said; "" where it is nothing to us. What the server says to a device is refused."""
    match rest:
        case ["telemetry" | "attributes"]:
            return _Place(who, what)
        case ["rpc", *_] | ["attributes", "response", *_]:
            return _refusal(Reason.DOWNLINK, "/".join(rest[:2]))
        case ["attributes", "request", *_] | ["claim" | "provision", *_]:
            return _Place(who, "")
        case _:
            return _refusal(Reason.UNSUPPORTED, f"{'/'.join(rest[:2])} is no topic of a device")


def _refusal(reason: Reason, detail: str) -> _Place:
    return _Place(_NOBODY, "", RefusedError(reason, detail).rejection)


def _connected(place: _Place, message: object, received: datetime, said: list[Decoded]) -> None:
    name = message.get("device") if isinstance(message, dict) else None
    device = DeviceId(_id(name)) if isinstance(name, str) else _NOBODY
    if not device or not isinstance(message, dict):
        raise RefusedError(Reason.MALFORMED, "no device in a gateway's connect or disconnect")
    is_there = place.what == "connect"
    if is_there:
        kind = message.get("type")
        model = text(kind) if isinstance(kind, str) and kind != "default" else ""
        said.append(Discovered(device=device, name=text(str(name)), model=model, gateway=place.who or None))
    said.append(DeviceState(device=device, fact=_OFFLINE, active=not is_there, time=received, code=place.what))


def _by_hand(message: object, received: datetime, said: list[Decoded]) -> None:
    """Tell by its shape what a message without a topic is: a file looked at by hand."""
    if isinstance(message, dict) and message and all(isinstance(value, list) for value in message.values()):
        _devices(message, received, said)
    else:
        _points(DeviceId(_ME), message, received, said)


def _devices(message: object, received: datetime, said: list[Decoded]) -> None:
    if not isinstance(message, dict):
        raise RefusedError(Reason.MALFORMED, "a gateway's message is an object of devices")
    for name, points in message.items():
        device = _id(name)
        if device and isinstance(points, _BOXES):
            _points(DeviceId(device), points, received, said)
        else:
            said.append(Rejection(reason=Reason.MALFORMED, detail=f"{device or 'no name'}: no values"))


def _points(device: DeviceId, message: object, received: datetime, said: list[Decoded]) -> None:
    """Read values alone, `{"ts": ms, "values": {…}}`, or a list of either."""
    for point in message if type(message) is list else (message,):
        if type(point) is not dict:
            said.append(Rejection(reason=Reason.MALFORMED, detail="values are an object"))
            continue
        values: object = point.get("values")
        stamp = point.get("ts")
        if type(values) is not dict or not ("ts" in point or len(point) == 1):
            _values(device, point, (received, _GOOD), said)
        elif stamp is None:
            _values(device, values, (received, _GOOD), said)
        else:
            milliseconds = stamp if type(stamp) is int and 0 < stamp < _SURELY_FINITE else number(stamp)
            seconds = 0.0 if milliseconds is None else milliseconds / 1000.0
            _values(device, values, settle(seconds, received), said)


def _values(
    device: DeviceId, values: Mapping[str, object], at: _Moment, said: list[Decoded], outer: str = "", depth: int = 1
) -> None:
    time, quality = at
    for key, value in values.items():
        if type(value) is dict:
            if depth < _DEPTH:
                _values(device, value, at, said, f"{outer}{key[:40]}.", depth + 1)
            continue
        if type(value) is list:
            continue
        name = outer + key if outer else key
        is_short = len(name) <= PLAIN_NAME
        known = named(name if is_short else name[:PLAIN_NAME])
        code = known.code if is_short else text(name)
        flag = known.flag
        if flag is not None:
            active = value is not flag.is_inverted if type(value) is bool else truth_of(flag, value, is_plain=True)
            if active is not None:
                said.append(
                    DeviceState(device=device, fact=flag.fact, active=active, time=time, quality=quality, code=code)
                )
                continue
        if type(value) is float:
            amount: float | None = value
        elif type(value) is int and -_SURELY_FINITE < value < _SURELY_FINITE:
            amount = float(value)
        else:
            amount = _amount(value)
        if amount is not None and known.metric:
            said.append(
                Reading(
                    device=device, metric=known.metric, time=time, value=amount, unit="", quality=quality, code=code
                )
            )


def _amount(value: object) -> float | None:
    """Take a number, text of one, or a truth or word for it as 1 or 0."""
    if type(value) is bool:
        return 1.0 if value else 0.0
    if type(value) is not str:
        return number(value)
    # A word is asked for first where a letter begins: to have it refused by float() would cost as much as all the rest.
    written = None if value[:1].isalpha() else number(value)
    if written is not None:
        return written
    word = truth(value)
    return None if word is None else 1.0 if word else 0.0


def _id(name: str) -> str:
    return text(name).translate(_SEPARATORS)
