"""ThingsBoard's device and gateway topics, `v1/devices/…` and `v1/gateway/…`, re-published by a tunnel. Pure.

ThingsBoard itself tells by the connection's token who speaks; a topic `v1/devices/me/telemetry` names nobody, and whoever uses
it is the one device `me`. A tunnel tells: `v1/devices/{device}/telemetry`, or `{prefix}/{device}/v1/devices/me/telemetry`. A gateway speaks for the devices in its
payload, and may be named in front of `v1` likewise. Keys are the device's own: a key with a meaning of ours is a fact, one that
is a number is a reading in the registered unit, text says nothing.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

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
from ingest.usual_names import fact_of, metric_of, truth
from ingest.wire import RefusedError, number, read_json, text

_ME: Final = "me"
_SEPARATORS: Final = str.maketrans(dict.fromkeys("/+#", "."))
_DEPTH: Final = 4
"""Nested objects are read this deep, under `outer.inner`; ThingsBoard keeps such a value as one text."""
_POINT: Final = frozenset({"ts", "values"})


def decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:
    """Decode a message that arrived on `topic` at `received` (aware UTC); claims and requests for attributes: []."""
    try:
        return list(_decode(topic, payload, received))
    except RefusedError as refused:
        return [refused.rejection]


TOPICS: Final = (
    "v1/devices/#", "v1/gateway/#", "+/v1/devices/#", "+/v1/gateway/#", "+/+/v1/devices/me/#", "+/+/v1/gateway/#",
)  # fmt: skip
DECODER: Final[Decoder] = decode


def _decode(topic: str, payload: bytes, received: datetime) -> Iterator[Decoded]:
    levels = topic.split("/")
    at = next((i for i, level in enumerate(levels) if level == "v1" and levels[i + 1 : i + 2] in _ROOTS), -1)
    if not topic:
        yield from _by_hand(read_json(payload), received)
        return
    if at < 0:
        raise RefusedError(Reason.TOPIC, "neither v1/devices/… nor v1/gateway/…")
    before = _id(levels[at - 1]) if at else ""
    if levels[at + 1] == "gateway":
        yield from _gateway(before, levels[at + 2 :], payload, received)
        return
    named, rest = levels[at + 2 : at + 3], levels[at + 3 :]
    device = before or _ME if named == [_ME] else _id(named[0]) if named else ""
    what = _what(rest)
    if not what or not payload:
        return
    if not device:
        raise RefusedError(Reason.TOPIC, "v1/devices names no device")
    yield from _points(DeviceId(device), read_json(payload), received)


_ROOTS: Final = (["devices"], ["gateway"])


def _what(rest: list[str]) -> str:
    """Tell what is said; "" where it is nothing to us. What the server says to a device is refused."""
    match rest:
        case ["telemetry" | "attributes" as said]:
            return said
        case ["rpc", *_] | ["attributes", "response", *_]:
            raise RefusedError(Reason.DOWNLINK, "/".join(rest[:2]))
        case ["attributes", "request", *_] | ["claim" | "provision", *_]:
            return ""
        case _:
            raise RefusedError(Reason.UNSUPPORTED, f"{'/'.join(rest[:2])} is no topic of a device")


def _gateway(gateway: str, rest: list[str], payload: bytes, received: datetime) -> Iterator[Decoded]:
    what = rest[0] if len(rest) == 1 else ""
    if what in {"connect", "disconnect"}:
        yield from _connected(gateway, read_json(payload), received, is_there=what == "connect")
    elif _what(rest) and payload:
        yield from _devices(read_json(payload), received)


def _connected(gateway: str, message: object, received: datetime, *, is_there: bool) -> Iterator[Decoded]:
    name = message.get("device") if isinstance(message, dict) else None
    device = DeviceId(_id(name)) if isinstance(name, str) else ""
    if not device or not isinstance(message, dict):
        raise RefusedError(Reason.MALFORMED, "no device in a gateway's connect or disconnect")
    if is_there:
        kind = message.get("type")
        model = text(kind) if isinstance(kind, str) and kind != "default" else ""
        yield Discovered(device=DeviceId(device), name=text(str(name)), model=model, gateway=gateway or None)
    yield DeviceState(
        device=DeviceId(device),
        fact=Fact.OFFLINE,
        active=not is_there,
        time=received,
        code="connect" if is_there else "disconnect",
    )


def _by_hand(message: object, received: datetime) -> Iterator[Decoded]:
    """Tell by its shape what a message without a topic is: a file looked at by hand."""
    if isinstance(message, dict) and message and all(isinstance(value, list) for value in message.values()):
        yield from _devices(message, received)
    else:
        yield from _points(DeviceId(_ME), message, received)


def _devices(message: object, received: datetime) -> Iterator[Decoded]:
    if not isinstance(message, dict):
        raise RefusedError(Reason.MALFORMED, "a gateway's message is an object of devices")
    for name, points in message.items():
        device = _id(name)
        if device and isinstance(points, dict | list):
            yield from _points(DeviceId(device), points, received)
        else:
            yield Rejection(reason=Reason.MALFORMED, detail=f"{device or 'no name'}: no values")


def _points(device: DeviceId, message: object, received: datetime) -> Iterator[Decoded]:
    """Read values alone, `{"ts": ms, "values": {…}}`, or a list of either."""
    for point in message if isinstance(message, list) else [message]:
        if not isinstance(point, dict):
            yield Rejection(reason=Reason.MALFORMED, detail="values are an object")
            continue
        values, seconds = point, None
        if isinstance(point.get("values"), dict) and point.keys() <= _POINT:
            values = point["values"]
            stamp = number(point.get("ts"))
            seconds = stamp / 1000.0 if stamp is not None else None if point.get("ts") is None else 0.0
        yield from _values(device, values, settle(seconds, received))


def _values(
    device: DeviceId, values: Mapping[str, object], at: tuple[datetime, Quality], outer: str = "", depth: int = 1
) -> Iterator[Reading | DeviceState]:
    time, quality = at
    for key, value in values.items():
        if isinstance(value, dict):
            if depth < _DEPTH:
                yield from _values(device, value, at, f"{outer}{key[:40]}.", depth + 1)
            continue
        name = metric_of(outer + key)
        stated = fact_of(name, value)
        if stated is not None:
            yield DeviceState(
                device=device, fact=stated[0], active=stated[1], time=time, quality=quality, code=text(outer + key)
            )
            continue
        numeric = float(value) if isinstance(value, bool) else number(value)
        if numeric is None and (word := truth(value)) is not None:
            numeric = float(word)
        if numeric is not None and name:
            yield Reading(
                device=device, metric=name, time=time, value=numeric, unit="", quality=quality, code=text(outer + key)
            )


def _id(name: str) -> str:
    return text(name).translate(_SEPARATORS)
