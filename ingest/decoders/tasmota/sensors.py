"""The numbers and switches of a Tasmota message. Pure."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from ingest.decoders.tasmota.shape import ADDRESS_DIGITS, Quantity, Shape, Units, is_bluetooth, is_reading, quantity
from ingest.readings import Decoded, DeviceId, DeviceState, Discovered, Quality, Reading
from ingest.wire import TEXT_KEPT, number, text

_DEEPEST: Final = 4
_CHANNELS: Final = 16
_NAMED: Final = 37  # of a channel's name, so that its number fits behind
_SWITCHED: Final = {"on": 1.0, "off": 0.0, "1": 1.0, "0": 0.0}
_WHOLE: Final = 1 << 53  # whole numbers below are doubles as they are
_MISSING: Final = Quality.MISSING
_OUT_OF_SIGHT_CM: Final = 999.9

Instant = tuple[datetime, Quality]


def switches(device: DeviceId, shape: Shape, message: Mapping[str, object], at: Instant) -> list[Decoded]:
    """Read every relay and input."""
    return [told for key in shape.switches if (told := switch(device, key, message[key], at)) is not None]


def switch(device: DeviceId, key: str, told: object, at: Instant) -> Reading | None:
    """Read a relay (`POWER`, `POWER2`) or an input (`Switch1`): a word, or `{"Action": word}`; others say nothing."""
    word = told.get("Action") if isinstance(told, dict) else told
    state = _SWITCHED.get(word.lower()) if isinstance(word, str) else None
    if state is None:
        return None
    metric, code = _switch_names(key)
    return Reading(device=device, metric=metric, time=at[0], value=state, unit="1", quality=at[1], code=code)


@lru_cache(maxsize=64)
def _switch_names(key: str) -> tuple[str, str]:
    name = f"relay{key.removeprefix('POWER')}" if key.startswith("POWER") else key.lower()
    return "".join(c for c in name if c.isascii() and c.isalnum())[:16], text(key)


def readings(device: DeviceId, shape: Shape, message: Mapping[str, Any], at: Instant) -> list[Decoded]:
    """Give every number of every sensor; null is a sensor that could not be read. A Bluetooth device is announced first."""
    said: list[Decoded] = []
    time, quality = at
    for name, part, quantities in shape.sensors:
        group, before = message[name] if name else message, len(said)
        who = _part(device, part).device if part else device
        for one in quantities:
            key, metric, unit, factor, code = one
            raw = group[key]
            if type(raw) is float or (type(raw) is int and -_WHOLE < raw < _WHOLE):
                value, told_as = raw * factor, quality
            elif raw is None:
                value, told_as = None, _MISSING
            else:
                if type(raw) is not str:
                    said += _unusual(who, one, raw, f"{name[:TEXT_KEPT]}.", shape.units, at)
                continue
            if metric:
                said.append(
                    Reading(device=who, metric=metric, time=time, value=value, unit=unit, quality=told_as, code=code)
                )
        if part and len(said) > before:
            said.insert(before, _part(device, part))
    if shape.ranges:
        said += [_range(device, one, message[name][one[0]], at) for name, one in shape.ranges]
    if shape.facts:
        _states(device, shape, message, at, said)
    return said


def _states(device: DeviceId, shape: Shape, message: Mapping[str, Any], at: Instant, said: list[Decoded]) -> None:
    """Add what Bluetooth devices say by 0 and 1."""
    announced = {item.device for item in said if type(item) is Discovered}
    for part, key, fact in shape.facts:
        raw = message[part][key] if part else message[key]
        if type(raw) is int and raw in (0, 1):
            heard = _part(device, part) if part else None
            who = device if heard is None else heard.device
            if heard is not None and who not in announced:
                announced.add(who)
                said.append(heard)
            said.append(DeviceState(device=who, fact=fact, active=raw == 1, time=at[0], quality=at[1], code=key))


@lru_cache(maxsize=4096)
def _part(device: DeviceId, part: str) -> Discovered:
    """Announce a Bluetooth device that a board hears; its id is the board's and its own."""
    model = part[:-ADDRESS_DIGITS].rstrip("-") if is_bluetooth(part) else ""
    return Discovered(device=DeviceId(f"{device}.{part}"), name=part, model=model, gateway=device)


def _range(device: DeviceId, one: Quantity, raw: object, at: Instant) -> Reading:
    """Read a laser's range: cm with a decimal, of older versions whole mm. 9999 mm is nothing in sight."""
    _, metric, unit, _, code = one
    cm = raw / 10 if type(raw) is int and raw < _WHOLE else raw if type(raw) is float else None
    value, quality = (cm, at[1]) if cm is not None and 0 < cm < _OUT_OF_SIGHT_CM else (None, _MISSING)
    return Reading(device=device, metric=metric, time=at[0], value=value, unit=unit, quality=quality, code=code)


def _unusual(
    who: DeviceId, one: Quantity, raw: object, front: str, units: Units, at: Instant, *, depth: int = 1
) -> list[Decoded]:
    """Read what is no plain number: the channels of a list, a sensor in a sensor."""
    said: list[Decoded] = []
    key, metric, unit, factor, code = one
    if isinstance(raw, dict):
        if depth < _DEEPEST:
            front = f"{front}{key}."[:TEXT_KEPT]
            for inner, value in raw.items():
                if is_reading(inner):
                    within = quantity(code, front, inner, units)
                    said += _unusual(who, within, value, front, units, at, depth=depth + 1)
        return said
    channels = [(metric, raw)]
    if isinstance(raw, list) and metric:
        channels = [(f"{metric[:_NAMED]}_{i}", told) for i, told in enumerate(raw[:_CHANNELS], 1) if told is not None]
    for name, told in channels:
        value = None if isinstance(told, str) else number(told)
        if name and (value is not None or told is None):
            scaled, told_as = (None, _MISSING) if value is None else (value * factor, at[1])
            said.append(
                Reading(device=who, metric=name, time=at[0], value=scaled, unit=unit, quality=told_as, code=code)
            )
    return said
