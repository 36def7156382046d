"""Events of ChirpStack v4 and v3, of LoRa App Server before them, and of Milesight gateways. Pure and total.

They differ in names and spellings, not in what is said; the topic says which event it is and who speaks.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec
from msgspec import UNSET

from ingest.instants import settle_instant
from ingest.lorawan.chirpstack_event import Event, Info, Modulation, Radio, read_event_json
from ingest.lorawan.chirpstack_protobuf import read_event
from ingest.lorawan.fields import EUI_CHARS, enclosed_bytes, eui, hex_bytes, instant, strongest
from ingest.lorawan.uplink import Uplink, told
from ingest.readings import Decoded, DeviceId, Discovered, Quality, Reading, Reason, Rejection
from ingest.wire import RefusedError, number, read_json, text

_KINDS: Final = {"rx": "up", "error": "log", "command": "down", "tx": "down"}
_SIGNS: Final = (
    ("status", ("margin", "batteryLevel")),
    ("up", ("data", "payloadBase64", "payloadHex", "rxInfo", "object", "objectJSON", "fCnt", "fPort")),
    ("ack", ("acknowledged", "queueItemId")),
    ("log", ("description", "error")),
    ("location", ("location",)),
    ("join", ("devAddr",)),
)
GATEWAYS: Final = 256  # no frame is heard by more; a list that goes on is not looked through
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
_FULL: Final = 254.0  # LoRaWAN 1.0.4 §5.5: 1 to 254 is the battery's charge
_UNKNOWN_CHARGE: Final = 255.0


def decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:
    """Decode an event that arrived on `topic` at `received` (aware UTC).

    Acknowledgements, solved locations and integrations are proof of the link at most: []. A location moves no device.
    """
    speaker, kind = address(topic)
    if kind == "down":
        return [Rejection(reason=Reason.DOWNLINK, detail="a command to a device")]
    try:
        event = _read(kind, payload)
        device = _device(speaker, event)
        if not speaker and event.data is UNSET and event.payloadHex is UNSET and (flat := _flattened(event, payload)):
            event.object = flat
            kind = "up"
        tell = _TELL.get(kind or _kind_of(event))
        return [] if tell is None else tell(device, event, received)
    except RefusedError as refused:
        return [refused.rejection]


def address(topic: str) -> tuple[str, str]:
    """Give who speaks and the kind of event that `…/device/{EUI}/event/{kind}` or `…/device/{EUI}/{kind}` names.

    "" and "" where the topic does not say so: whoever set the topics up then wants the message itself to be believed.
    """
    _, found, rest = topic.rpartition("/device/")
    if not found:
        _, found, rest = topic.rpartition("/node/")  # before LoRa App Server 1.0
    speaker, _, kind = rest.partition("/")
    if not found or (len(speaker) != EUI_CHARS and eui(speaker) is None):
        return "", ""
    kind = kind.removeprefix("event/").partition("/")[0]
    return speaker, _KINDS.get(kind, kind)


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


def _device(speaker: str, event: Event) -> DeviceId:
    info = event.deviceInfo
    raw = info.devEui if info is not None else event.devEUI or event.devEui
    if not raw and not speaker:
        raise RefusedError(Reason.MALFORMED, "no event of ChirpStack's: no DevEUI")
    device = eui(raw or speaker)
    if device is None:
        raise RefusedError(Reason.MALFORMED, f"no DevEUI: {raw!r}")
    if speaker and device != speaker.upper() and device != (eui(speaker) or device):
        raise RefusedError(Reason.FOREIGN_DEVICE, f"{speaker} speaks for {device}")
    return DeviceId(device)


def _flattened(event: Event, payload: bytes) -> dict[str, object] | None:
    """Give what a Milesight gateway measured, which puts its own codec's output beside its words about the packet."""
    if event.object is not UNSET or event.objectJSON is not UNSET or event.deviceInfo is not None or not event.devEUI:
        return None
    report = read_json(payload) if payload[:1] == b"{" else None
    if not isinstance(report, dict) or any(key in report for key in _EVENTS):
        return None
    return {key: value for key, value in report.items() if key not in _ABOUT}


def _kind_of(event: Event) -> str:
    for kind, keys in _SIGNS:
        if any(getattr(event, key) is not UNSET for key in keys):
            return kind
    raise RefusedError(Reason.UNSUPPORTED, "no event that is known")


def _up(device: DeviceId, event: Event, received: datetime) -> list[Decoded]:
    radios = event.rxInfo[:GATEWAYS] if event.rxInfo else ()
    time, quality = settle_instant(instant(event.time or _time_of(event, radios)), received)
    payload, fault = _payload(event)
    port = number(event.fPort)
    rssi, snr = _radio(event, radios)
    items = told(
        Uplink(
            device=device,
            time=time,
            quality=quality,
            payload=payload,
            port=None if port is None else int(port),
            output=_output(event),
            hint=_hint(event),
            rssi=rssi,
            snr=snr,
        )
    )
    if fault:
        items.append(Rejection(reason=Reason.MALFORMED, detail=f"{device}: {fault}"))
    return items


def _time_of(event: Event, radios: Sequence[Radio]) -> object:
    """Choose the time nearest to the radio that a redelivery repeats: a gateway's, or when it was published."""
    of_radio = (rx.time or rx.nsTime or rx.gwTime for rx in radios)
    return next((found for found in of_radio if found), None) or event.publishedAt


def _payload(event: Event) -> tuple[bytes | None, str]:
    raw = event.data or event.payloadBase64
    if isinstance(raw, bytes):
        return raw, ""
    payload = enclosed_bytes(raw) if raw else hex_bytes(event.payloadHex)
    return payload, "the payload is no base64" if raw and payload is None else ""


def _radio(event: Event, radios: Sequence[Radio]) -> tuple[float | None, float | None]:
    """Give RSSI and SNR of the gateway that heard it best."""
    if not radios:
        return number(event.rssi), number(event.loRaSNR if event.loRaSNR is not UNSET else event.loraSNR)
    # JSON made of Protocol Buffers leaves a zero out, and 0 dB is an SNR like any other. Only LoRa has one.
    absent = 0.0 if event.deviceInfo is not None and _is_lora(event) else None
    heard = []
    for rx in radios:
        snr = rx.snr if rx.snr is not UNSET else rx.loRaSNR
        heard.append((rx.rssi, absent if snr is UNSET and rx.rssi is not None else snr))
    return strongest(heard)


def _is_lora(event: Event) -> bool:
    modulation = None if event.txInfo is None else event.txInfo.modulation
    return isinstance(modulation, Modulation) and modulation.lora is not UNSET


def _output(event: Event) -> dict[str, object] | None:
    output = event.object
    if not isinstance(output, dict):
        raw = event.objectJSON
        if not isinstance(raw, str) or not raw.strip():
            return None
        try:
            output = read_json(raw.encode("utf-8", "replace"))
        except RefusedError:
            return None  # the network's codec is broken; the payload itself is still there
    return output if isinstance(output, dict) else None


def _hint(event: Event) -> str:
    """Give the network's words for the kind of device: a tag that says it, the device profile, in v3 the device's name."""
    who: Info | Event = event.deviceInfo or event
    if tags := who.tags:
        for key in ("codec", "model"):
            if isinstance(tags, dict) and isinstance(word := tags.get(key), str) and word:
                return text(word)
    word = who.deviceProfileName or (event.deviceName if who is event else "")
    return text(word) if isinstance(word, str) else ""


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
    return [Discovered(device=device, name=text(name) if isinstance(name, str) else "", model=_hint(event))]


def _log(device: DeviceId, event: Event, _received: datetime) -> list[Decoded]:
    """Count an error of the network's as a message that was not taken in; it is no fault of the device."""
    level = event.level or ("INFO" if event.deviceInfo is not None else "ERROR")  # v3 has no level: all are errors
    if level != "ERROR":
        return []
    code, words = event.code or event.type, event.description or event.error
    return [Rejection(reason=Reason.UNSUPPORTED, detail=text(f"{device}: the network reports {code}: {words}"))]


_TELL: Final[Mapping[str, Callable[[DeviceId, Event, datetime], list[Decoded]]]] = {
    "up": _up,
    "status": _status,
    "join": _join,
    "log": _log,
}
