"""Shelly devices of the second generation and later: smoke and flood sensors, climate, batteries. Pure.

A component's state comes on `{prefix}/status/{component}:{number}`, whole; what changed of several comes as a notification on
`{prefix}/events/rpc`; whether the device is there, as `{prefix}/online`. The last level of the prefix is the device: it may
have been renamed, so the `src` of a notification is no other speaker. Commands and their answers say nothing.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Final, NamedTuple

from ingest.instants import settle
from ingest.readings import Decoded, Decoder, DeviceId, DeviceState, Fact, Quality, Reading, Reason, Rejection
from ingest.wire import RefusedError, number, plain_text, read_json

_FACTS: Final[Mapping[tuple[str, str], Fact]] = {
    ("smoke", "alarm"): Fact.FIRE,
    ("smoke", "mute"): Fact.SILENCED,
    ("flood", "alarm"): Fact.WATER,
    ("flood", "mute"): Fact.SILENCED,
    ("motion", "motion"): Fact.MOTION,
}
_QUANTITIES: Final[Mapping[tuple[str, str], tuple[str, str]]] = {
    ("temperature", "tC"): ("temperature", "Cel"),
    ("humidity", "rh"): ("humidity", "%RH"),
    ("illuminance", "lux"): ("illuminance", "lux"),
    ("voltmeter", "voltage"): ("voltage", "V"),
    ("devicepower", "percent"): ("battery", "%EL"),
    ("devicepower", "V"): ("voltage", "V"),
}
_WORDS: Final = {"true": False, "false": True}  # online; the fact is that it is not
_NOTIFICATIONS: Final = ("NotifyStatus", "NotifyFullStatus")  # compared, not hashed: what stands there may be anything
_COMPONENTS: Final = 64
"""A notification with more components is refused: the largest device has a dozen."""


class _Moment(NamedTuple):
    device: DeviceId
    time: datetime
    quality: Quality


def decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:
    """Decode a message that arrived on `topic` at `received` (aware UTC); without a topic only notifications can be read."""
    device, what = _address(topic)
    try:
        if what == "online":
            return [_availability(device, payload, received)]
        if what is not None:
            return list(_told(device, what, payload, received))
    except RefusedError as refused:
        return [refused.rejection]
    return [Rejection(reason=Reason.TOPIC, detail="not {device}/status/{component}, /events/rpc or /online")]


TOPICS: Final = (
    "+/status/+",
    "+/events/rpc",
    "+/online",
    "shelly/+/status/+",
    "shelly/+/events/rpc",
    "shelly/+/online",
)
DECODER: Final[Decoder] = decode


@lru_cache(maxsize=8192)
def _address(topic: str) -> tuple[DeviceId, str | None]:
    """Give who speaks and what of: a component, "rpc", "online", or None where the topic is none of Shelly's."""
    match topic.split("/"):
        case [""]:
            return DeviceId("shelly"), "rpc"
        case [*_, device, "status", what] if device:
            return DeviceId(device), what
        case [*_, device, "events", "rpc"] if device:
            return DeviceId(device), "rpc"
        case [*_, device, "online"] if device:
            return DeviceId(device), "online"
    return DeviceId(""), None


def _availability(device: DeviceId, payload: bytes, received: datetime) -> DeviceState:
    word = plain_text(payload)
    if word not in _WORDS:
        raise RefusedError(Reason.MALFORMED, "neither true nor false")
    return DeviceState(device=device, fact=Fact.OFFLINE, active=_WORDS[word], time=received, code="online")


def _told(device: DeviceId, what: str, payload: bytes, received: datetime) -> Iterator[Decoded]:
    message = read_json(payload)
    if type(message) is not dict:
        raise RefusedError(Reason.MALFORMED, "a state is an object")
    if what != "rpc":
        yield from _component(_Moment(device, received, Quality.GOOD), what, message)
        return
    params = message.get("params")
    if message.get("method") not in _NOTIFICATIONS or type(params) is not dict:
        return
    if len(params) > _COMPONENTS:
        raise RefusedError(Reason.TOO_LARGE, f"{len(params)} components, {_COMPONENTS} are read")
    time, quality = settle(number(params.get("ts")), received)
    for name, state in params.items():
        if type(state) is dict:
            yield from _component(_Moment(device, time, quality), name, state)


def _component(moment: _Moment, name: str, state: Mapping[str, object]) -> Iterator[Decoded]:
    """Read one component, `smoke:0`. A second one of a kind is a metric of its own, `temperature_1`; facts are the device's."""
    kind, _, instance = name.partition(":")
    device, time, quality = moment
    battery = state.get("battery")
    values = {**state, **battery} if type(battery) is dict else state
    for (of, key), fact in _FACTS.items():
        if of == kind and type(value := values.get(key)) is bool:
            yield DeviceState(
                device=device, fact=fact, active=value, time=time, quality=quality, code=f"{name}.{key}"[:80]
            )
    suffix = "" if instance in ("", "0") or not instance.isascii() or not instance.isdecimal() else f"_{instance[:3]}"
    for (of, key), (metric, unit) in _QUANTITIES.items():
        if of == kind and key in values:
            value = number(values[key])  # null: the sensor has none
            told = Quality.MISSING if value is None else quality
            yield Reading(
                device=device,
                metric=metric + suffix,
                time=time,
                value=value,
                unit=unit,
                quality=told,
                code=f"{name}.{key}"[:80],
            )
    if type(errors := state.get("errors")) is list and kind in ("smoke", "flood"):
        yield DeviceState(
            device=device, fact=Fact.FAULT, active=bool(errors), time=time, quality=quality, code=f"{name}.errors"[:80]
        )
