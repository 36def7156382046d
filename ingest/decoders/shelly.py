"""Shelly devices of the second generation and later: smoke and flood sensors, climate, batteries. Pure.

A component's state comes on `{prefix}/status/{component}:{number}`, whole; what changed of several comes as a notification on
`{prefix}/events/rpc`; whether the device is there, as `{prefix}/online`. The last level of the prefix is the device: it may
have been renamed, so the `src` of a notification is no other speaker. Commands and their answers say nothing.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Final

from ingest.instants import settle
from ingest.readings import Decoded, Decoder, DeviceId, DeviceState, Fact, Quality, Reading, Reason, Rejection
from ingest.wire import RefusedError, number, plain_text, read_json

_FACTS: Final[Mapping[str, Mapping[str, Fact]]] = {
    "smoke": {"alarm": Fact.FIRE, "mute": Fact.SILENCED},
    "flood": {"alarm": Fact.WATER, "mute": Fact.SILENCED},
    "motion": {"motion": Fact.MOTION},
}
_QUANTITIES: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "temperature": {"tC": ("temperature", "Cel")},
    "humidity": {"rh": ("humidity", "%RH")},
    "illuminance": {"lux": ("illuminance", "lux")},
    "voltmeter": {"voltage": ("voltage", "V")},
    "devicepower": {"percent": ("battery", "%EL"), "V": ("voltage", "V")},
}
"""By the kind of component and the key in its state."""
_WITH_FAULTS: Final = ("smoke", "flood")
_FAULT: Final = Fact.FAULT
_GOOD, _MISSING = Quality.GOOD, Quality.MISSING
_WORDS: Final = {"true": False, "false": True}  # online; the fact is that it is not
_NOTIFICATIONS: Final = ("NotifyStatus", "NotifyFullStatus")  # compared, not hashed: what stands there may be anything
_COMPONENTS: Final = 64
"""A notification with more components is refused: the largest device has a dozen."""
_CODE_LENGTH: Final = 80
_LONGEST_KEPT: Final = 100  # of the name of a component whose reading is remembered


_Component = tuple[tuple[tuple[str, Fact, str], ...], tuple[tuple[str, str, str, str], ...], str]
"""What is read of one: (key, fact, code), (key, metric, unit, code), and the code of its faults, "" where they say nothing."""


def decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:
    """Decode a message that arrived on `topic` at `received` (aware UTC); without a topic only notifications can be read."""
    device, what = _address(topic)
    try:
        if what == "online":
            return [_availability(device, payload, received)]
        if what is not None:
            return _told(device, what, payload, received)
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


def _told(device: DeviceId, what: str, payload: bytes, received: datetime) -> list[Decoded]:
    message = read_json(payload)
    if type(message) is not dict:
        raise RefusedError(Reason.MALFORMED, "a state is an object")
    if what != "rpc":
        return _read(device, what, message, received, _GOOD)
    params = message.get("params")
    if message.get("method") not in _NOTIFICATIONS or type(params) is not dict:
        return []
    if len(params) > _COMPONENTS:
        raise RefusedError(Reason.TOO_LARGE, f"{len(params)} components, {_COMPONENTS} are read")
    time, quality = settle(number(params.get("ts")), received)
    said: list[Decoded] = []
    for name, state in params.items():
        if type(state) is dict:
            said += _read(device, name, state, time, quality)
    return said


def _read(device: DeviceId, name: str, state: Mapping[str, object], time: datetime, quality: Quality) -> list[Decoded]:
    """Read the state of one component, `smoke:0`."""
    said: list[Decoded] = []
    facts, quantities, errors = (_component if len(name) <= _LONGEST_KEPT else _component.__wrapped__)(name)
    values = state
    if "battery" in state and isinstance(battery := state["battery"], dict):
        values = {**state, **battery}
    for key, fact, code in facts:
        if type(active := values.get(key)) is bool:
            said.append(DeviceState(device=device, fact=fact, active=active, time=time, quality=quality, code=code))
    for key, metric, unit, code in quantities:
        if key in values:
            value = number(values[key])  # null: the sensor has none
            told_as = _MISSING if value is None else quality
            said.append(
                Reading(device=device, metric=metric, time=time, value=value, unit=unit, quality=told_as, code=code)
            )
    if errors and type(faults := state.get("errors")) is list:
        is_faulty = bool(faults)
        said.append(DeviceState(device=device, fact=_FAULT, active=is_faulty, time=time, quality=quality, code=errors))
    return said


@lru_cache(maxsize=4096)
def _component(name: str) -> _Component:
    """Tell what is read of a component. A second one of a kind is a metric of its own, `temperature_1`; facts are the device's."""
    kind, _, instance = name.partition(":")
    suffix = "" if instance in ("", "0") or not instance.isascii() or not instance.isdecimal() else f"_{instance[:3]}"
    facts = tuple((key, fact, _code(name, key)) for key, fact in _FACTS.get(kind, {}).items())
    quantities = tuple(
        (key, metric + suffix, unit, _code(name, key)) for key, (metric, unit) in _QUANTITIES.get(kind, {}).items()
    )
    return facts, quantities, _code(name, "errors") if kind in _WITH_FAULTS else ""


def _code(name: str, key: str) -> str:
    return f"{name}.{key}"[:_CODE_LENGTH]
