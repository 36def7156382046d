"""Zigbee2MQTT: smoke sensors and their bridge, on `{base}/{friendly name}`. Pure. Refuses what is no report of a device.

The friendly name of the topic is the device; it may hold `/`, blanks and accents. The base is one level
(`zigbee2mqtt`, wherever it stands, otherwise the first level); its bridge is the device `{base}/bridge`.

What a message does not mention it says nothing about: a battery report clears no alarm. The bridge repeats the last
known state with every report and keeps messages for whoever subscribes later, so old news carries `last_seen`: that is
the time of everything in the message, and the engine does not judge what is older than what it knows. A test is told
beside the smoke, never instead of it. A bridge that is offline makes its devices unknown, not alarmed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ingest.instants import settle, to_us
from ingest.readings import Decoded, Decoder, DeviceId, DeviceState, Fact, Quality, Reading, Reason, Rejection
from ingest.wire import RefusedError, is_picture, number, plain_text, read_json, text

BASE: Final = "zigbee2mqtt"

FACTS: Final = {
    "smoke": Fact.FIRE,
    "battery_low": Fact.BATTERY_LOW,
    "tamper": Fact.TAMPER,
    "test": Fact.TEST,
    "water_leak": Fact.WATER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Quantity:
    """A numeric property: our metric, its unit, and the closed range outside which it is a "no value" mark."""

    metric: str
    unit: str
    low: float = float("-inf")
    high: float = float("inf")


QUANTITIES: Final = {
    "battery": _Quantity(metric="battery", unit="%EL", low=0.0, high=100.0),
    "voltage": _Quantity(metric="voltage", unit="V", low=0.0),
    "linkquality": _Quantity(metric="linkquality", unit="1", low=0.0, high=255.0),
    "smoke_density": _Quantity(metric="smoke_density", unit="1", low=0.0),
    "temperature": _Quantity(metric="temperature", unit="Cel", low=-100.0, high=1000.0),
    "device_temperature": _Quantity(metric="device_temperature", unit="Cel", low=-100.0, high=1000.0),
    "humidity": _Quantity(metric="humidity", unit="%RH", low=0.0, high=100.0),
    "co": _Quantity(metric="co", unit="ppm", low=0.0),
}

_WORDS: Final = {"true": True, "on": True, "yes": True, "false": False, "off": False, "no": False}
_OFFLINE_WORDS: Final = {"online": False, "offline": True}
_MILLIVOLTS_FROM: Final = 1000.0
"""No radio runs on a cell below one volt, and no mains reaches a thousand: above are millivolts, below are volts."""
_MILLISECONDS_FROM: Final = 1e11  # as seconds this were the year 5138


def decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:
    """Decode a message of a Zigbee2MQTT bridge that arrived on `topic` at `received` (aware UTC).

    Commands (`/set`, `/get`), lists, logs and events of the bridge, and deleted retained messages say nothing: [].
    """
    base, levels = _split(topic)
    try:
        return list(_decode(base, levels, payload, received))
    except RefusedError as refused:
        return [refused.rejection]


TOPICS: Final = ("zigbee2mqtt/#",)
DECODER: Final[Decoder] = decode


def _split(topic: str) -> tuple[str, list[str]]:
    levels = topic.split("/")
    at = levels.index(BASE) if BASE in levels else 0
    return levels[at], levels[at + 1 :]


def _decode(base: str, levels: list[str], payload: bytes, received: datetime) -> Iterator[Decoded]:
    if not payload.strip() or _is_command(levels):
        return
    if levels[:1] == ["bridge"]:
        if levels[1:] == ["state"]:
            yield _availability(DeviceId(f"{base}/bridge"), payload, received)
        return
    if len(levels) > 1 and levels[-1] == "availability":
        yield _availability(DeviceId("/".join(levels[:-1])), payload, received)
        return
    if is_picture(payload):
        raise RefusedError(Reason.UNSUPPORTED, "a picture")
    report = read_json(payload)
    if not isinstance(report, dict) and len(levels) > 1 and levels[-1] in FACTS | QUANTITIES:
        levels, report = levels[:-1], {levels[-1]: report}  # the bridge's `output: attribute`
    if not isinstance(report, dict):
        raise RefusedError(Reason.UNSUPPORTED, "neither a report nor a known property")
    device = DeviceId("/".join(levels) or _legacy_name(report))
    if not device:
        raise RefusedError(Reason.TOPIC, "no friendly name")
    yield from _report(device, report, received)


def _is_command(levels: list[str]) -> bool:
    """Tell whether it is for a device: `…/set`, `…/get`, `…/set/{property}`. A device may be called `set`."""
    return len(levels) > 1 and (levels[-1] in ("set", "get") or (len(levels) > 2 and levels[-2] in ("set", "get")))  # noqa: PLR2004


def _legacy_name(report: dict[str, object]) -> str:
    """Give the name in the nested `device` of old versions, which matters only where there is no topic."""
    nested = report.get("device")
    name = nested.get("friendlyName") if isinstance(nested, dict) else None
    return text(name) if isinstance(name, str) else ""


def _availability(device: DeviceId, payload: bytes, received: datetime) -> DeviceState:
    word = plain_text(payload)
    if payload.lstrip()[:1] == b"{":
        answer = read_json(payload)
        state = answer.get("state") if isinstance(answer, dict) else None
        word = state.lower() if isinstance(state, str) else ""
    if word not in _OFFLINE_WORDS:
        raise RefusedError(Reason.MALFORMED, "neither online nor offline")
    return DeviceState(
        device=device, fact=Fact.OFFLINE, active=_OFFLINE_WORDS[word], time=received, code="availability"
    )


def _report(device: DeviceId, report: dict[str, object], received: datetime) -> Iterator[Decoded]:
    time, quality = settle(_last_seen(report.get("last_seen")), received)
    unreadable = []
    for key, fact in FACTS.items():
        value = report.get(key)
        if value is None:
            continue
        active = _truth(value)
        if active is None:
            unreadable.append(key)
            continue
        yield DeviceState(device=device, fact=fact, active=active, time=time, quality=quality, code=key)
    for key, quantity in QUANTITIES.items():
        if report.get(key) is not None:
            yield _reading(device, key, quantity, report[key], time, quality)
    if unreadable:
        yield Rejection(reason=Reason.MALFORMED, detail=f"neither true nor false: {', '.join(unreadable)}")


def _reading(device: DeviceId, key: str, quantity: _Quantity, raw: object, time: datetime, quality: Quality) -> Reading:
    value = number(raw)
    if value is None or not quantity.low <= value <= quantity.high:
        value, quality = None, Quality.MISSING
    elif key == "voltage" and value >= _MILLIVOLTS_FROM:
        value /= 1000.0
    elif key == "voltage":
        quality = max(quality, Quality.UNCERTAIN)
    return Reading(
        device=device, metric=quantity.metric, time=time, value=value, unit=quantity.unit, quality=quality, code=key
    )


def _truth(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float) and value in (0, 1):
        return bool(value)
    return _WORDS.get(value.strip().lower()) if isinstance(value, str) else None


def _last_seen(value: object) -> float | None:
    """Read `last_seen` as seconds since 1970 UTC: ISO 8601 with a zone, or epoch milliseconds; None where there is none.

    What is there and cannot be read, or has no zone, becomes 0: a clock that was never set.
    """
    if value is None:
        return None
    stamp = number(value)
    if stamp is not None:
        return stamp / 1000.0 if stamp >= _MILLISECONDS_FROM else 0.0
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        return 0.0 if moment is None or moment.tzinfo is None else to_us(moment) / 1e6
    except (ValueError, OverflowError):
        return 0.0
