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
from typing import Final

from ingest.decoders.zigbee2mqtt.properties import FACTS, QUANTITIES
from ingest.decoders.zigbee2mqtt.report import read_report
from ingest.readings import Decoded, Decoder, DeviceId, DeviceState, Fact, Reason
from ingest.wire import RefusedError, is_picture, plain_text, read_json, text

BASE: Final = "zigbee2mqtt"
_OFFLINE_WORDS: Final = {"online": False, "offline": True}

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
    report = read_json(payload) if is_object or not attribute else _attribute(payload)
    if not isinstance(report, dict):
        if not attribute:
            raise RefusedError(Reason.UNSUPPORTED, "neither a report nor a known property")
        device, report = DeviceId(device.removesuffix(f"/{attribute}")), {attribute: report}
    device = device or _legacy_name(report)
    if not device:
        raise RefusedError(Reason.TOPIC, "no friendly name")
    return read_report(device, report, len(payload), received)


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
    return DeviceState(
        device=device, fact=Fact.OFFLINE, active=_OFFLINE_WORDS[word], time=received, code="availability"
    )


def _attribute(payload: bytes) -> object:
    """Read the value of one property: JSON, or a bare word."""
    try:
        return read_json(payload)
    except RefusedError:
        return plain_text(payload)
