"""Tasmota boards and the Zigbee and Bluetooth devices behind them, on `tele/{topic}/…` and `stat/{topic}/…`. Pure.

The board's topic is the device; where the prefix stands in it (`FullTopic`) does not matter, and levels are joined by dots. What a
bridge hears is a device of its own: `{board}.{address or name}`. A board tells its time as its own clock reads, mostly without a
zone: `clock` says how that is understood.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from ingest.decoders.tasmota import zigbee
from ingest.decoders.tasmota.clock import instant
from ingest.decoders.tasmota.sensors import Units, sensors
from ingest.readings import Decoded, Decoder, DeviceId, DeviceState, Discovered, Fact, Quality, Reading, Reason
from ingest.wire import RefusedError, number, plain_text, read_json, text

__all__ = ["DECODER", "decode"]

_PREFIXES: Final = ("tele", "stat", "cmnd")
_LOG_MARKS: Final = ("MQT: ", "RSL: ")  # before a topic in the board's own log
_SEPARATORS: Final = str.maketrans(dict.fromkeys("/+#", "."))
_BY_HAND: Final = "tasmota"
_SWITCHED: Final = {"on": 1.0, "off": 0.0, "1": 1.0, "0": 0.0}
_CONNECTED: Final = {"online": False, "offline": True}
_STATUSES: Final = {"StatusSNS": "SENSOR", "StatusSTS": "STATE"}
_ZIGBEE: Final = ("ZbReceived", "ZbInfo")


def decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:
    """Decode a message that arrived on `topic` at `received` (aware UTC); answers to settings say nothing: []."""
    try:
        return list(_decode(topic, payload, received))
    except RefusedError as refused:
        return [refused.rejection]


TOPICS: Final = ("tele/#", "stat/#", "+/tele/#", "+/stat/#")
DECODER: Final[Decoder] = decode


def _decode(topic: str, payload: bytes, received: datetime) -> Iterator[Decoded]:
    device, what, is_command = _address(topic)
    if is_command:
        raise RefusedError(Reason.DOWNLINK, what)
    if not payload.strip():
        return
    if payload.lstrip()[:1] not in {b"{", b"["}:
        yield from _word(device, what, payload, received)
        return
    message = read_json(payload)
    if not isinstance(message, dict):
        raise RefusedError(Reason.MALFORMED, "a message is an object or a word")
    for status, named in _STATUSES.items():
        if isinstance(message.get(status), dict):
            message, what = message[status], named
    items = list(_message(device, what or "SENSOR", message, received))
    if items and not device:
        raise RefusedError(Reason.TOPIC, "the topic names no board")
    yield from items


def _address(topic: str) -> tuple[str, str, bool]:
    """Split a topic into board, what is told (`SENSOR`, `STATE` …), and whether it is a command for the board."""
    for mark in _LOG_MARKS:
        topic = topic.removeprefix(mark)
    if not topic:
        return _BY_HAND, "", False
    *levels, what = topic.split("/")
    at = next((i for i, level in enumerate(levels) if level in _PREFIXES), -1)
    if at < 0:
        return text(levels[-1]) if levels else "", what, False
    named = [clean for i, level in enumerate(levels) if i != at and (clean := text(level).translate(_SEPARATORS))]
    return ".".join(named), what, levels[at] == "cmnd"


def _word(device: str, what: str, payload: bytes, received: datetime) -> Iterator[Decoded]:
    word = plain_text(payload)
    if not device:
        raise RefusedError(Reason.TOPIC, "the topic names no board")
    if what == "LWT":
        if word not in _CONNECTED:
            raise RefusedError(Reason.MALFORMED, "neither Online nor Offline")
        yield DeviceState(
            device=DeviceId(device), fact=Fact.OFFLINE, active=_CONNECTED[word], time=received, code="LWT"
        )
    elif what.startswith("POWER") and word in _SWITCHED:
        yield _switched(device, what, _SWITCHED[word], (received, Quality.GOOD))


def _message(device: str, what: str, message: Mapping[str, object], received: datetime) -> Iterator[Decoded]:
    at = instant(message, received)
    yield from _switches(device, message, at)
    for key in _ZIGBEE:
        heard = message.get(key)
        if isinstance(heard, dict):
            yield from zigbee.devices(device, heard, at)
    if what == "SENSOR":
        yield from _readings(device, message, at)
    elif what == "STATE":
        yield from _board(device, message, at)
    elif what.startswith("INFO"):
        inner = next((value for key, value in message.items() if key.startswith("Info")), message)
        module = inner.get("Module") if isinstance(inner, dict) else None
        if isinstance(module, str):
            yield Discovered(device=DeviceId(device), name=device, model=text(module))


def _switches(device: str, message: Mapping[str, object], at: tuple[datetime, Quality]) -> Iterator[Reading]:
    """Read relays (`POWER`, `POWER2`) and inputs (`Switch1`: a word, or `{"Action": word}`)."""
    for key, value in message.items():
        if key.startswith(("POWER", "Switch")) and len(key) <= len("SwitchNNN"):
            told = value.get("Action") if isinstance(value, dict) else value
            state = _SWITCHED.get(told.lower()) if isinstance(told, str) else None
            if state is not None:
                yield _switched(device, key, state, at)


def _switched(device: str, key: str, state: float, at: tuple[datetime, Quality]) -> Reading:
    name = f"relay{key.removeprefix('POWER')}" if key.startswith("POWER") else key.lower()
    clean = "".join(c for c in name if c.isascii() and c.isalnum())[:16]
    return Reading(
        device=DeviceId(device), metric=clean, time=at[0], value=state, unit="1", quality=at[1], code=text(key)
    )


def _readings(device: str, message: Mapping[str, object], at: tuple[datetime, Quality]) -> Iterator[Decoded]:
    for found in sensors(message, Units.of(message)):
        who = DeviceId(f"{device}.{found.part}" if found.part else device)
        if found.part and found.is_first:
            yield Discovered(device=who, name=found.part, model=found.part.rpartition("-")[0], gateway=device)
        yield Reading(
            device=who,
            metric=found.metric,
            time=at[0],
            value=found.value,
            unit=found.unit,
            quality=Quality.MISSING if found.value is None else at[1],
            code=found.code,
        )


def _board(device: str, message: Mapping[str, object], at: tuple[datetime, Quality]) -> Iterator[Reading]:
    """Read what a board says of itself: supply voltage and radio. Names of networks are left alone."""
    wifi = message.get("Wifi")
    signal = wifi.get("Signal") if isinstance(wifi, dict) else None
    for key, raw, metric, unit in (
        ("Vcc", message.get("Vcc"), "voltage", "V"),
        ("Wifi.Signal", signal, "wifi_signal", "dBm"),
        ("UptimeSec", message.get("UptimeSec"), "uptime", "s"),
    ):
        value = number(raw)
        if value is not None:
            yield Reading(
                device=DeviceId(device), metric=metric, time=at[0], value=value, unit=unit, quality=at[1], code=key
            )
