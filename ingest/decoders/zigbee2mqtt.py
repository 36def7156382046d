"""Zigbee2MQTT: sensors of smoke, gas and water, and their bridge, on `{base}/{friendly name}`. Pure. Refuses what is no report of a device.

The friendly name of the topic is the device; it may hold `/`, blanks and accents. The base is one level
(`zigbee2mqtt`, wherever it stands, otherwise the first level); its bridge is the device `{base}/bridge`.

What a message does not mention it says nothing about: a battery report clears no alarm. The bridge repeats the last
known state with every report and keeps messages for whoever subscribes later, so old news carries `last_seen`: that is
the time of everything in the message, and the engine does not judge what is older than what it knows. A test is told
beside the smoke, never instead of it. A bridge that is offline makes its devices unknown, not alarmed.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from sys import float_info
from typing import Final

from ingest.instants import settle, settle_instant
from ingest.readings import Decoded, Decoder, DeviceId, DeviceState, Fact, Quality, Reading, Reason, Rejection
from ingest.wire import RefusedError, is_picture, number, plain_text, read_json, text

BASE: Final = "zigbee2mqtt"

FACTS: Final = {
    "smoke": Fact.FIRE,
    "battery_low": Fact.BATTERY_LOW,
    "tamper": Fact.TAMPER,
    "test": Fact.TEST,
    "water_leak": Fact.WATER,
    "gas": Fact.GAS_ALARM,
    "carbon_monoxide": Fact.GAS_ALARM,
}
_LARGEST: Final = float_info.max
QUANTITIES: Final = {
    "battery": ("%EL", 0.0, 100.0),
    "voltage": ("V", 0.0, _LARGEST),
    "linkquality": ("1", 0.0, 255.0),
    "smoke_density": ("1", 0.0, _LARGEST),
    "temperature": ("Cel", -100.0, 1000.0),
    "device_temperature": ("Cel", -100.0, 1000.0),
    "humidity": ("%RH", 0.0, 100.0),
    "co": ("ppm", 0.0, _LARGEST),
}
"""Numeric properties, which are metrics of ours: unit, and the closed range outside which it is a "no value" mark."""

_WORDS: Final = {"true": True, "on": True, "yes": True, "false": False, "off": False, "no": False}
_OFFLINE_WORDS: Final = {"online": False, "offline": True}
_MILLIVOLTS_FROM: Final = 1000.0
"""No radio runs on a cell below one volt, and no mains reaches a thousand: above are millivolts, below are volts."""
_MILLISECONDS_FROM: Final = 1e11  # as seconds this were the year 5138
_LONGEST_KEPT: Final = 2048  # bytes of a report whose keys are remembered; 1,024 of them are 2 MB
_GOOD, _MISSING = Quality.GOOD, Quality.MISSING
_UNCERTAIN, _UNCERTAIN_TIME = Quality.UNCERTAIN, Quality.UNCERTAIN_TIME
_OFFLINE: Final = Fact.OFFLINE


_Address = tuple[DeviceId | None, DeviceId, str]
"""Whose availability a topic tells; or else which device reports there, and of which property (`output: attribute`)."""


def decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:
    """Decode a message of a Zigbee2MQTT bridge that arrived on `topic` at `received` (aware UTC).

    Commands (`/set`, `/get`), lists, logs and events of the bridge, and deleted retained messages say nothing: [].
    """
    try:
        return _decode(topic, payload, received)
    except RefusedError as refused:
        return [refused.rejection]


TOPICS: Final = ("zigbee2mqtt/#",)
DECODER: Final[Decoder] = decode


@lru_cache(maxsize=4096)
def _address(topic: str) -> _Address | None:
    """Tell what a topic is for; None where it says nothing to us."""
    levels = topic.split("/")
    at = levels.index(BASE) if BASE in levels else 0
    base, levels = levels[at], levels[at + 1 :]
    if levels == ["bridge", "state"]:
        return DeviceId(f"{base}/bridge"), DeviceId(""), ""
    if levels[:1] == ["bridge"] or _is_command(levels):
        return None
    if len(levels) > 1 and levels[-1] == "availability":
        return DeviceId("/".join(levels[:-1])), DeviceId(""), ""
    attribute = levels[-1] if len(levels) > 1 and levels[-1] in FACTS | QUANTITIES else ""
    return None, DeviceId("/".join(levels)), attribute


def _is_command(levels: list[str]) -> bool:
    """Tell whether it is for a device: `…/set`, `…/get`, `…/set/{property}`. A device may be called `set`."""
    return len(levels) > 1 and (levels[-1] in ("set", "get") or (len(levels) > 2 and levels[-2] in ("set", "get")))  # noqa: PLR2004


def _decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:
    address = _address(topic)
    is_object = payload.startswith(b"{")
    if address is None or not (is_object or payload.strip()):
        return []
    available, device, attribute = address
    if available is not None:
        return [_availability(available, payload, received)]
    if not is_object and is_picture(payload):
        raise RefusedError(Reason.UNSUPPORTED, "a picture")
    report = read_json(payload)
    if not isinstance(report, dict):
        if not attribute:
            raise RefusedError(Reason.UNSUPPORTED, "neither a report nor a known property")
        device, report = DeviceId(device.removesuffix(f"/{attribute}")), {attribute: report}
    device = device or _legacy_name(report)
    if not device:
        raise RefusedError(Reason.TOPIC, "no friendly name")
    return _report(device, report, len(payload), received)


def _legacy_name(report: Mapping[str, object]) -> DeviceId:
    """Give the name in the nested `device` of old versions, which matters only where there is no topic."""
    nested = report.get("device")
    name = nested.get("friendlyName") if isinstance(nested, dict) else None
    return DeviceId(text(name) if isinstance(name, str) else "")


def _availability(device: DeviceId, payload: bytes, received: datetime) -> DeviceState:
    if payload.lstrip()[:1] == b"{":
        answer = read_json(payload)
        state = answer.get("state") if isinstance(answer, dict) else None
        word = state.lower() if isinstance(state, str) else ""
    else:
        word = plain_text(payload)
    if word not in _OFFLINE_WORDS:
        raise RefusedError(Reason.MALFORMED, "neither online nor offline")
    return DeviceState(device=device, fact=_OFFLINE, active=_OFFLINE_WORDS[word], time=received, code="availability")


def _report(device: DeviceId, report: Mapping[str, object], length: int, received: datetime) -> list[Decoded]:
    said: list[Decoded] = []
    unreadable = []
    if "carbon_monoxide" in report and "gas" in report:
        report = _one_gas_alarm(report)
    time, quality = _seen(report["last_seen"], received) if "last_seen" in report else (received, _GOOD)
    known = _known if length <= _LONGEST_KEPT else _known.__wrapped__
    facts, quantities = known(tuple(report))
    for key, fact in facts:
        value = report[key]
        active = value if isinstance(value, bool) else _truth(value)
        if active is not None:
            said.append(DeviceState(device=device, fact=fact, active=active, time=time, quality=quality, code=key))
        elif value is not None:
            unreadable.append(key)
    for key, unit, low, high in quantities:
        if (raw := report[key]) is None:
            continue
        value = raw if type(raw) is float or type(raw) is int else number(raw)
        told_as = quality
        if value is None or not low <= value <= high:
            value, told_as = None, _MISSING
        elif key == "voltage":
            value, told_as = _volts(value, quality)
        else:
            value = float(value)
        said.append(Reading(device=device, metric=key, time=time, value=value, unit=unit, quality=told_as, code=key))
    if unreadable:
        said.append(Rejection(reason=Reason.MALFORMED, detail=f"neither true nor false: {', '.join(unreadable)}"))
    return said


def _one_gas_alarm(report: Mapping[str, object]) -> Mapping[str, object]:
    """Leave out one of two keys that are one fact: it holds where either says so."""
    other = "gas" if _truth(report["carbon_monoxide"]) else "carbon_monoxide"
    return {key: value for key, value in report.items() if key != other}


@lru_cache(maxsize=1024)
def _known(keys: tuple[str, ...]) -> tuple[list[tuple[str, Fact]], list[tuple[str, str, float, float]]]:
    """Choose what we know of a report's keys, in our order. A device reports the same few keys again and again."""
    there = frozenset(keys)
    facts = [(key, fact) for key, fact in FACTS.items() if key in there]
    return facts, [(key, *limits) for key, limits in QUANTITIES.items() if key in there]


def _volts(value: float, quality: Quality) -> tuple[float, Quality]:
    """Read a voltage; without a unit on the wire, volts are a guess."""
    return (value / 1000.0, quality) if value >= _MILLIVOLTS_FROM else (float(value), max(quality, _UNCERTAIN))


def _truth(value: object) -> bool | None:
    if isinstance(value, int | float) and value in (0, 1):
        return bool(value)
    return _WORDS.get(value.strip().lower()) if isinstance(value, str) else None


def _seen(value: object, received: datetime) -> tuple[datetime, Quality]:
    """Read `last_seen`: ISO 8601 with a zone, or epoch milliseconds; ours where there is none.

    What is there and cannot be read, or has no zone, is a clock that was never set.
    """
    if value is None:
        return received, _GOOD
    # `2024-` is no number; to learn it from a failed conversion costs more than the rest.
    stamp = None if isinstance(value, str) and value[4:5] == "-" else number(value)
    if stamp is not None:
        return settle(stamp / 1000.0, received) if stamp >= _MILLISECONDS_FROM else (received, _UNCERTAIN_TIME)
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        return received, _UNCERTAIN_TIME
    return settle_instant(moment, received)
