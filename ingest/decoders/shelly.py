"""Shelly devices: smoke, flood and gas sensors, climate, batteries. Pure.

A component's state comes on `{prefix}/status/{component}:{number}`, whole; what changed of several comes as a notification on
`{prefix}/events/rpc`; whether the device is there, as `{prefix}/online`. The last level of the prefix is the device: it may
have been renamed, so the `src` of a notification is no other speaker. Commands and their answers say nothing. A sensor of the
first generation says each of its values on a topic of its own, `shellies/{device}/sensor/{key}`, as text.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
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
_SHOWS_FAULTS_ONLY: Final = "flood"  # "Flood", Status: `errors` is shown if at least one error is present
_FAULT: Final = Fact.FAULT
_GOOD, _MISSING = Quality.GOOD, Quality.MISSING
_WORDS: Final = {"true": False, "false": True}  # online; the fact is that it is not
_NOTIFICATIONS: Final = (
    "NotifyStatus",
    "NotifyFullStatus",
    "NotifyEvent",
)  # compared, not hashed: there may be anything
_SECOND: Final = timedelta(seconds=1)
_TRUTHS: Final = {"true": True, "false": False, "1": True, "0": False}
_FIRST_FACTS: Final[Mapping[str, tuple[Fact, Mapping[str, bool]]]] = {
    "smoke": (Fact.FIRE, _TRUTHS),
    "flood": (Fact.WATER, _TRUTHS),
    "motion": (Fact.MOTION, _TRUTHS),
    "state": (Fact.OPEN, {"open": True, "close": False}),
    "gas": (Fact.GAS_ALARM, {"mild": True, "heavy": True, "none": False}),
    "operation": (Fact.FAULT, {"fault": True, "normal": False}),
    "self_test": (Fact.TEST, {"running": True, "completed": False}),
}
_UNDECIDED: Final = frozenset(("unknown", "warmup", "pending", "not_completed", "-1"))
_FIRST_QUANTITIES: Final[Mapping[str, tuple[str, str]]] = {
    "temperature": ("temperature", ""),  # in the unit that is set on the device
    "humidity": ("humidity", "%RH"),
    "battery": ("battery", "%EL"),
    "lux": ("illuminance", "lux"),
    "tilt": ("tilt", "deg"),
    "concentration": ("gas_concentration", "ppm"),
}
_FIRST_VOID: Final[Mapping[str, float]] = {"temperature": 999.0, "humidity": 999.0}  # the others' is -1
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
        if what is not None and what.startswith("sensor/"):
            return _first(device, what.removeprefix("sensor/"), payload, received)
        if what is not None:
            return _told(device, what, payload, received)
    except RefusedError as refused:
        return [refused.rejection]
    return [
        Rejection(reason=Reason.TOPIC, detail="not {device}/status/{component}, /events/rpc, /online or /sensor/{key}")
    ]


TOPICS: Final = (
    "+/status/+",
    "+/events/rpc",
    "+/online",
    "shelly/+/status/+",
    "shelly/+/events/rpc",
    "shelly/+/online",
    "shellies/+/sensor/+",
    "shellies/+/online",
)
DECODER: Final[Decoder] = decode


@lru_cache(maxsize=8192)
def _address(topic: str) -> tuple[DeviceId, str | None]:
    """Give who speaks and what of: a component, "rpc", "online", "sensor/{key}", or None where the topic is none of Shelly's."""
    match topic.split("/"):
        case [""]:
            return DeviceId("shelly"), "rpc"
        case [*_, device, "status", what] if device:
            return DeviceId(device), what
        case [*_, device, "events", "rpc"] if device:
            return DeviceId(device), "rpc"
        case [*_, device, "online"] if device:
            return DeviceId(device), "online"
        case [*_, "shellies", device, "sensor", key] if device:
            return DeviceId(device), f"sensor/{key}"
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
        return _read(device, what, message, received, _GOOD, is_whole=True)
    params = message.get("params")
    method = message.get("method")
    if method not in _NOTIFICATIONS or type(params) is not dict:
        return []
    if len(params) > _COMPONENTS:
        raise RefusedError(Reason.TOO_LARGE, f"{len(params)} components, {_COMPONENTS} are read")
    time, quality = settle(number(params.get("ts")), received)
    if method == "NotifyEvent":
        return _happened(device, params.get("events"), time, quality)
    said: list[Decoded] = []
    for name, state in params.items():
        if type(state) is dict:
            said += _read(device, name, state, time, quality, is_whole=method == "NotifyFullStatus")
    return said


def _happened(device: DeviceId, events: object, time: datetime, quality: Quality) -> list[Decoded]:
    """Tell of a trial alarm, which is over a second later. States are told as such, events of them say no more."""
    for event in events[:_COMPONENTS] if type(events) is list else ():
        if type(event) is dict and event.get("event") == "alarm_test":
            return _test(device, time, quality, "alarm_test")
    return []


def _test(device: DeviceId, time: datetime, quality: Quality, code: str) -> list[Decoded]:
    return [
        DeviceState(device=device, fact=Fact.TEST, active=active, time=at, quality=quality, code=code)
        for active, at in ((True, time), (False, time + _SECOND))
    ]


def _first(device: DeviceId, key: str, payload: bytes, received: datetime) -> list[Decoded]:
    """Read one value of a sensor of the first generation; what has no meaning here says nothing."""
    if key in _FIRST_FACTS:
        word = plain_text(payload)
        fact, words = _FIRST_FACTS[key]
        if word in words:
            return [DeviceState(device=device, fact=fact, active=words[word], time=received, code=key)]
        if key == "gas" and word == "test":
            return _test(device, received, _GOOD, key)
        if word not in _UNDECIDED:
            raise RefusedError(Reason.MALFORMED, f"no state of {key}")
    elif key in _FIRST_QUANTITIES:
        metric, unit = _FIRST_QUANTITIES[key]
        value = number(plain_text(payload))
        if value is None:
            raise RefusedError(Reason.MALFORMED, f"{key} is no number")
        quality = _GOOD
        if value == _FIRST_VOID.get(key, -1.0):
            value, quality = None, _MISSING
        return [Reading(device=device, metric=metric, time=received, value=value, unit=unit, quality=quality, code=key)]
    return []


def _read(
    device: DeviceId, name: str, state: Mapping[str, object], time: datetime, quality: Quality, *, is_whole: bool
) -> list[Decoded]:
    """Read the state of one component, `smoke:0`: all of it, or what changed."""
    said: list[Decoded] = []
    facts, quantities, errors = (_component if len(name) <= _LONGEST_KEPT else _component.__wrapped__)(name)
    values = state
    if "battery" in state and isinstance(battery := state["battery"], dict):
        if isinstance(external := state.get("external"), dict) and external.get("present") is True:
            return said  # fed from outside: there may be no battery, which is then told as 0 %
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
    is_told = "errors" in state or (is_whole and name.startswith(_SHOWS_FAULTS_ONLY))
    if errors and is_told and ((faults := state.get("errors")) is None or type(faults) is list):
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
