"""Events of ChirpStack v4 and v3, of LoRa App Server before them, and of Milesight gateways. Pure and total.

They differ in names and spellings, not in what is said; the topic says which event it is and who speaks.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Final

import msgspec
from msgspec import UNSET, Struct

from ingest.instants import settle_instant
from ingest.lorawan.chirpstack_event import Event, read_event_json
from ingest.lorawan.chirpstack_protobuf import read_event
from ingest.lorawan.chirpstack_uplink import hint_of, tell_uplink
from ingest.lorawan.fields import EUI_CHARS, eui, instant
from ingest.readings import Decoded, DeviceId, DeviceState, Discovered, Fact, Quality, Reading, Reason, Rejection
from ingest.wire import RefusedError, number, read_json, text

TOPICS_KEPT: Final = 8192
LONGEST_KEPT: Final = 256  # a longer topic is read anew each time: what comes from outside fills no memory
_KINDS: Final = {"rx": "up", "error": "log", "command": "down", "tx": "down"}
_SIGNS: Final = (
    ("status", ("margin", "batteryLevel")),
    ("up", ("data", "payloadBase64", "payloadHex", "rxInfo", "object", "objectJSON", "fCnt", "fPort")),
    ("ack", ("acknowledged", "queueItemId")),
    ("log", ("description", "error")),
    ("location", ("location",)),
    ("join", ("devAddr",)),
)
_ABOUT: Final = frozenset(
    [
        "adr",
        "applicationID",
        "applicationName",
        "classType",
        "codeRate",
        "confirmed",
        "confirmedUplink",
        "data",
        "dataRate",
        "devAddr",
        "devEUI",
        "devEui",
        "deviceID",
        "deviceName",
        "deviceProfileID",
        "deviceProfileName",
        "dr",
        "fCnt",
        "fPort",
        "frequency",
        "gatewayMac",
        "gatewaySN",
        "gatewayTime",
        "loRaSNR",
        "loraSNR",
        "metadata",
        "objectID",
        "objectName",
        "publishedAt",
        "rssi",
        "rxInfo",
        "size",
        "tags",
        "time",
        "timestamp",
        "txInfo",
        "type",
    ]
)
_EVENTS: Final = ("margin", "batteryLevel", "acknowledged", "error", "result", "location", "deduplicationId")
_PRESENCE: Final = ("online", "offline")  # compared, not hashed: there may be anything
_FULL: Final = 254.0  # LoRaWAN 1.0.4 §5.5: 1 to 254 is the battery's charge
_UNKNOWN_CHARGE: Final = 255.0


class _Speaker(Struct, frozen=True):
    """Who a topic says speaks, as it is spelled there and as a DevEUI ("" for none), and the kind of event."""

    spelled: str = ""
    device: str = ""
    kind: str = ""


def decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:
    """Decode an event that arrived on `topic` at `received` (aware UTC).

    Acknowledgements, solved locations and integrations are proof of the link at most: []. A location moves no device.
    """
    speaker = _speaker(topic) if len(topic) <= LONGEST_KEPT else _speaker.__wrapped__(topic)
    kind = speaker.kind
    if kind == "down":
        return [Rejection(reason=Reason.DOWNLINK, detail="a command to a device")]
    try:
        event = _read(kind, payload)
        device = _device(speaker, event)
        if not speaker.spelled and event.data is UNSET and event.payloadHex is UNSET:
            if event.fCnt is UNSET and event.status in _PRESENCE:
                return [_presence(device, event, received)]
            flat = _flattened(event, payload)
            if flat:
                event.object = flat
                kind = "up"
        tell = _TELL.get(kind or _kind_of(event))
        return [] if tell is None else tell(device, event, received)
    except RefusedError as refused:
        return [refused.rejection]


@lru_cache(maxsize=TOPICS_KEPT)
def _speaker(topic: str) -> _Speaker:
    """Read `…/device/{EUI}/event/{kind}` or `…/device/{EUI}/{kind}`.

    Nobody where the topic does not say so: whoever set the topics up then wants the message itself to be believed.
    """
    _, found, rest = topic.rpartition("/device/")
    if not found:
        _, found, rest = topic.rpartition("/node/")  # before LoRa App Server 1.0
    spelled, _, kind = rest.partition("/")
    device = eui(spelled)
    if not found or (len(spelled) != EUI_CHARS and device is None):
        return _Speaker()
    kind = kind.removeprefix("event/").partition("/")[0]
    return _Speaker(spelled, device or "", _KINDS.get(kind, kind))


def _read(kind: str, payload: bytes) -> Event:
    if payload[:1] == b"{" or payload.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        event = read_event_json(payload)
        # The stream of a Milesight gateway wraps each packet.
        return _as_event(event.result) if isinstance(event.result, dict) else event
    if not payload:
        raise RefusedError(Reason.MALFORMED, "an empty message")
    event = read_event(kind or "up", payload)
    if not (event.devEUI if event.deviceInfo is None else event.deviceInfo.devEui):
        raise RefusedError(Reason.MALFORMED, "no event in Protocol Buffers: no DevEUI")  # many bytes parse as something
    return event


def _as_event(fields: dict[str, object]) -> Event:
    try:
        return msgspec.convert(fields, Event)
    except msgspec.ValidationError as error:
        raise RefusedError(Reason.MALFORMED, f"no event: {error}") from error


def _device(speaker: _Speaker, event: Event) -> DeviceId:
    info = event.deviceInfo
    raw = info.devEui if info is not None else event.devEUI or event.devEui
    if speaker.device and raw == speaker.spelled:
        return DeviceId(speaker.device)
    if not raw and not speaker.spelled:
        raise RefusedError(Reason.MALFORMED, "no event of ChirpStack's: no DevEUI")
    device = eui(raw or speaker.spelled)
    if device is None:
        raise RefusedError(Reason.MALFORMED, f"no DevEUI: {raw!r}")
    if speaker.spelled and device != speaker.spelled.upper() and device != (speaker.device or device):
        raise RefusedError(Reason.FOREIGN_DEVICE, f"{speaker.spelled} speaks for {device}")
    return DeviceId(device)


def _flattened(event: Event, payload: bytes) -> dict[str, object] | None:
    """Give what a Milesight gateway measured, which puts its own codec's output beside its words about the packet."""
    if event.object is not UNSET or event.objectJSON is not UNSET or event.deviceInfo is not None or not event.devEUI:
        return None
    report = read_json(payload) if payload[:1] == b"{" else None
    if not isinstance(report, dict) or any(key in report for key in _EVENTS):
        return None
    return {key: value for key, value in report.items() if key not in _ABOUT}


def _presence(device: DeviceId, event: Event, received: datetime) -> DeviceState:
    """Tell whether a Milesight gateway has the device for there."""
    time, quality = settle_instant(instant(event.time or event.gatewayTime), received)
    is_away = event.status == "offline"
    return DeviceState(device=device, fact=Fact.OFFLINE, active=is_away, time=time, quality=quality, code="status")


def _kind_of(event: Event) -> str:
    for kind, keys in _SIGNS:
        for key in keys:
            if getattr(event, key) is not UNSET:
                return kind
    raise RefusedError(Reason.UNSUPPORTED, "no event that is known")


def _status(device: DeviceId, event: Event, received: datetime) -> list[Decoded]:
    time, quality = settle_instant(instant(event.time or event.publishedAt), received)
    margin = 0.0 if event.margin is UNSET and event.deviceInfo is not None else number(event.margin)
    items: list[Decoded] = []
    if margin is not None:
        items.append(
            Reading(device=device, metric="margin", time=time, value=margin, unit="dB", quality=quality, code="margin")
        )
    if event.externalPowerSource is True:
        return items
    known, charge = _charge(event)
    if known:
        quality = Quality.MISSING if charge is None else quality
        items.append(
            Reading(
                device=device, metric="battery", time=time, value=charge, unit="%EL", quality=quality, code="battery"
            )
        )
    return items


def _charge(event: Event) -> tuple[bool, float | None]:
    """Say whether the status speaks of the battery, and its charge in per cent, None where the device cannot tell."""
    if event.batteryLevelUnavailable is True:
        return True, None
    if event.batteryLevel is not UNSET:
        level = number(event.batteryLevel)
        return True, level if level is not None and 0.0 <= level <= 100.0 else None  # noqa: PLR2004
    raw = number(event.battery)
    if raw is None or not 0.0 < raw <= _UNKNOWN_CHARGE:
        return False, None
    return True, None if raw == _UNKNOWN_CHARGE else raw / _FULL * 100.0


def _join(device: DeviceId, event: Event, _received: datetime) -> list[Decoded]:
    name = (event.deviceInfo or event).deviceName
    return [Discovered(device=device, name=text(name) if isinstance(name, str) else "", model=hint_of(event))]


def _log(device: DeviceId, event: Event, _received: datetime) -> list[Decoded]:
    """Count an error of the network's as a message that was not taken in; it is no fault of the device."""
    level = event.level or ("INFO" if event.deviceInfo is not None else "ERROR")  # v3 has no level: all are errors
    if level != "ERROR":
        return []
    code, words = event.code or event.type or "UNKNOWN", event.description or event.error
    return [Rejection(reason=Reason.UNSUPPORTED, detail=text(f"{device}: the network reports {code}: {words}"))]


_TELL: Final[Mapping[str, Callable[[DeviceId, Event, datetime], list[Decoded]]]] = {
    "up": tell_uplink,
    "status": _status,
    "join": _join,
    "log": _log,
}
