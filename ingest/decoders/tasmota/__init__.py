"""Tasmota boards and the Zigbee, LoRaWAN and Bluetooth devices behind them, on `tele/{topic}/…` and `stat/{topic}/…`. Pure.

The board's topic is the device; where the prefix stands in it (`FullTopic`) does not matter, and levels are joined by dots. What a
bridge hears is a device of its own: `{board}.{address or name}`. A board tells its time as its own clock reads, mostly without a
zone: `clock` says how that is understood.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Final

from ingest.decoders.tasmota import lorawan, zigbee
from ingest.decoders.tasmota.clock import instant
from ingest.decoders.tasmota.sensors import readings, switch, switches
from ingest.decoders.tasmota.shape import shape_of
from ingest.readings import Decoded, Decoder, DeviceId, DeviceState, Discovered, Fact, Quality, Reading, Reason
from ingest.wire import RefusedError, number, plain_text, read_json, text

__all__ = ["DECODER", "decode"]

_PREFIXES: Final = ("tele", "stat", "cmnd")
_ANNOUNCEMENT: Final = "tasmota/discovery/"
_LOG_MARKS: Final = ("MQT: ", "RSL: ")  # before a topic in the board's own log
_SEPARATORS: Final = str.maketrans(dict.fromkeys("/+#", "."))
_BY_HAND: Final = DeviceId("tasmota")
_CONNECTED: Final = {"online": False, "offline": True}
_STATUSES: Final = {"StatusSNS": "SENSOR", "StatusSTS": "STATE"}
_HEARD: Final = {
    "ZbReceived": zigbee.devices, "ZbInfo": zigbee.devices, "LwReceived": lorawan.devices, "LwDecoded": lorawan.devices,
}  # fmt: skip
_OF_OTHERS: Final = frozenset({*_HEARD, "mac"})
_FEW: Final = 3  # keys of what a bridge hears, its time included
_OF_BOARD: Final = frozenset({"SENSOR", "STATE", "RESULT"})
_VCC, _SIGNAL, _UPTIME = ("Vcc", "voltage", "V"), ("Wifi.Signal", "wifi_signal", "dBm"), ("UptimeSec", "uptime", "s")


def decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:
    """Decode a message that arrived on `topic` at `received` (aware UTC); answers to settings say nothing: []."""
    try:
        return _decode(topic, payload, received)
    except RefusedError as refused:
        return [refused.rejection]


TOPICS: Final = ("tele/#", "stat/#", "+/tele/#", "+/stat/#", "tasmota/discovery/+/config")
DECODER: Final[Decoder] = decode


def _decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:
    device, what, is_command = _address(topic)
    if is_command:
        raise RefusedError(Reason.DOWNLINK, what)
    if payload[:1] != b"{":
        told = payload.strip()
        if not told:
            return []
        if told[:1] not in (b"{", b"["):
            return _word(device, what, payload, received)
    message = read_json(payload)
    if type(message) is not dict:
        raise RefusedError(Reason.MALFORMED, "a message is an object or a word")
    if what == "config" and topic.startswith(_ANNOUNCEMENT):
        return _announced(message)
    if "StatusSNS" in message or "StatusSTS" in message:
        message, what = _asked_for(message, what)
    said = _message(device, what or "SENSOR", message, payload, received)
    if said and not device:
        raise RefusedError(Reason.TOPIC, "the topic names no board")
    return said


def _asked_for(message: dict[str, object], what: str) -> tuple[dict[str, object], str]:
    """Take what a board tells when it is asked for its status, as it tells it by itself."""
    for status, named in _STATUSES.items():
        if isinstance(told := message.get(status), dict):
            return told, named
    return message, what


@lru_cache(maxsize=4096)
def _address(topic: str) -> tuple[DeviceId, str, bool]:
    """Split a topic into board, what is told (`SENSOR`, `STATE` …), and whether it is a command for the board."""
    for mark in _LOG_MARKS:
        topic = topic.removeprefix(mark)
    if not topic:
        return _BY_HAND, "", False
    *levels, what = topic.split("/")
    if "SENSOR" in levels[2:]:  # behind it, what is heard has a level of its own
        what = "SENSOR"
        levels = levels[: levels.index(what, 2)]
    at = next((i for i, level in enumerate(levels) if level in _PREFIXES), -1)
    if at < 0:
        return DeviceId(text(levels[-1]) if levels else ""), what, False
    named = [clean for i, level in enumerate(levels) if i != at and (clean := text(level).translate(_SEPARATORS))]
    return DeviceId(".".join(named)), what, levels[at] == "cmnd"


def _word(device: DeviceId, what: str, payload: bytes, received: datetime) -> list[Decoded]:
    word = plain_text(payload)
    if not device:
        raise RefusedError(Reason.TOPIC, "the topic names no board")
    if what == "LWT":
        if word not in _CONNECTED:
            raise RefusedError(Reason.MALFORMED, "neither Online nor Offline")
        return [DeviceState(device=device, fact=Fact.OFFLINE, active=_CONNECTED[word], time=received, code="LWT")]
    switched = switch(device, what, word, (received, Quality.GOOD)) if what.startswith(("POWER", "SWITCH")) else None
    return [] if switched is None else [switched]


def _message(
    device: DeviceId, what: str, message: dict[str, object], payload: bytes, received: datetime
) -> list[Decoded]:
    at = instant(message, received)
    said: list[Decoded] = []
    if what in _HEARD or b'"Device"' in payload or not _OF_OTHERS.isdisjoint(message):
        said = _heard(device, what, message, at)
        if "mac" in message and what not in _OF_BOARD:  # a Bluetooth device that has a topic
            device, what = DeviceId(f"{device}.{text(what).translate(_SEPARATORS)}"), "SENSOR"
            said.append(Discovered(device=device, name=device.rpartition(".")[2]))
    shape = shape_of(message, len(payload))
    if shape.switches:
        said += switches(device, shape, message, at)
    if what == "SENSOR":
        said += readings(device, shape, message, at)
    elif what == "STATE":
        said += _board(device, message, at)
    elif what.startswith("INFO"):
        inner = next((value for key, value in message.items() if key.startswith("Info")), message)
        module = inner.get("Module") if isinstance(inner, dict) else None
        if isinstance(module, str):
            said.append(Discovered(device=device, name=device, model=text(module)))
    return said


def _announced(message: Mapping[str, object]) -> list[Decoded]:
    """Read what a board says for Home Assistant: its name, its module, and where in its topics it stands itself."""
    full, board, host, mac, name, module = (
        text(told) if isinstance(told := message.get(key), str) else "" for key in ("ft", "t", "hn", "mac", "dn", "md")
    )
    topic = full.replace("%topic%", board).replace("%hostname%", host).replace("%id%", mac[-6:])
    levels = [level.translate(_SEPARATORS) for level in topic.split("/") if level and level != "%prefix%"]
    device = DeviceId(text(".".join(levels)))
    if not device:
        raise RefusedError(Reason.TOPIC, "the announcement names no board")
    return [Discovered(device=device, name=name or device, model=module)]


def _heard(device: DeviceId, what: str, message: dict[str, object], at: tuple[datetime, Quality]) -> list[Decoded]:
    """Take out and read what a bridge hears of others: there is a shape of message for each of them."""
    said: list[Decoded] = []
    if what in _HEARD:  # SetOption118: the topic says what it is
        said += _HEARD[what](device, message, at)
        message.clear()
    elif not _HEARD.keys().isdisjoint(message):
        for word in [word for word in _HEARD if word in message]:
            if isinstance(told := message.pop(word), dict):
                said += _HEARD[word](device, told, at)
    elif what == "SENSOR" and len(message) <= _FEW:  # SetOption100: nothing does
        for key, value in list(message.items()):
            if isinstance(value, dict) and "Device" in value and not key.startswith("Zb"):  # ZbResponse and its like
                devices = lorawan.devices if "Node" in value else zigbee.devices if "LinkQuality" in value else None
                if devices is not None:
                    said += devices(device, {key: message.pop(key)}, at)
    return said


def _board(device: DeviceId, message: Mapping[str, object], at: tuple[datetime, Quality]) -> list[Decoded]:
    """Read what a board says of itself: supply voltage and radio. Names of networks are left alone."""
    said: list[Decoded] = []
    wifi = message.get("Wifi")
    signal = wifi.get("Signal") if isinstance(wifi, dict) else None
    for raw, (code, metric, unit) in (
        (message.get("Vcc"), _VCC),
        (signal, _SIGNAL),
        (message.get("UptimeSec"), _UPTIME),
    ):
        if raw is not None and (value := number(raw)) is not None:
            said.append(
                Reading(device=device, metric=metric, time=at[0], value=value, unit=unit, quality=at[1], code=code)
            )
    return said
