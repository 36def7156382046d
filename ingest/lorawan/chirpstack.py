"""Events of ChirpStack v4 and v3, of LoRa App Server before them, and of Milesight gateways. Pure and total.

They differ in names and spellings, not in what is said; the topic says which event it is and who speaks.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Final

from ingest.instants import settle_instant
from ingest.lorawan.chirpstack_protobuf import read_event
from ingest.lorawan.fields import enclosed_bytes, eui, hex_bytes, instant, strongest
from ingest.lorawan.uplink import Uplink, told
from ingest.readings import Decoded, DeviceId, Discovered, Quality, Reading, Reason, Rejection
from ingest.wire import RefusedError, number, read_json, text

_KINDS: Final = {"rx": "up", "error": "log", "command": "down", "tx": "down"}
_QUIET: Final = frozenset(("ack", "txack", "location", "integration"))
"""Proof of the link or of the network, but no word of what the device measures; a solved location moves no device."""
_UP_KEYS: Final = ("data", "payloadBase64", "payloadHex", "rxInfo", "object", "objectJSON", "fCnt", "fPort")
_SIGNS: Final = (
    ("status", ("margin", "batteryLevel")),
    ("up", _UP_KEYS),
    ("ack", ("acknowledged", "queueItemId")),
    ("log", ("description", "error")),
    ("location", ("location",)),
    ("join", ("devAddr",)),
)
_FULL: Final = 254.0  # LoRaWAN 1.0.4 §5.5: 1 to 254 is the battery's charge
_UNKNOWN_CHARGE: Final = 255.0
_JSON: Final = ord("{")

Event = Mapping[str, object]


def decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:
    """Decode an event that arrived on `topic` at `received` (aware UTC)."""
    speaker, kind = address(topic)
    if kind == "down":
        return [Rejection(reason=Reason.DOWNLINK, detail="a command to a device")]
    try:
        event = _read(kind, payload)
        device = DeviceId(_device(speaker, event))
        return _TELL.get(kind or _kind_of(event), _nothing)(device, event, received)
    except RefusedError as refused:
        return [refused.rejection]


def address(topic: str) -> tuple[str | None, str]:
    """Give the EUI and the kind of event that `…/device/{EUI}/event/{kind}` or `…/device/{EUI}/{kind}` names.

    None and "" where the topic does not say so: whoever set the topics up then wants the message itself to be believed.
    """
    levels = topic.split("/")
    at = levels.index("device") if "device" in levels else levels.index("node") if "node" in levels else len(levels)
    speaker = eui(levels[at + 1]) if len(levels) > at + 1 else None
    if speaker is None:
        return None, ""
    rest = levels[at + 2 :]
    kind = rest[1] if rest[:1] == ["event"] and len(rest) > 1 else rest[0] if rest else ""
    return speaker, _KINDS.get(kind, kind)


def _read(kind: str, payload: bytes) -> Event:
    head = payload[:1]
    if head != b"{" and payload.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] != b"{":
        if not payload:
            raise RefusedError(Reason.MALFORMED, "an empty message")
        return read_event(kind or "up", payload)
    event = read_json(payload)
    if not isinstance(event, dict):
        raise RefusedError(Reason.MALFORMED, "an event is an object")
    inner = event.get("result")
    return inner if isinstance(inner, dict) else event  # the stream of a Milesight gateway wraps each packet


def _device(speaker: str | None, event: Event) -> str:
    info = event.get("deviceInfo")
    raw = info.get("devEui") if isinstance(info, dict) else event.get("devEUI") or event.get("devEui") or None
    if not raw:
        if speaker is None:
            raise RefusedError(Reason.MALFORMED, "no event of ChirpStack's: no DevEUI")
        return speaker
    device = eui(raw)
    if device is None:
        raise RefusedError(Reason.MALFORMED, f"no DevEUI: {raw!r}")
    if speaker is not None and device != speaker:
        raise RefusedError(Reason.FOREIGN_DEVICE, f"{speaker} speaks for {device}")
    return device


def _kind_of(event: Event) -> str:
    for kind, keys in _SIGNS:
        if any(key in event for key in keys):
            return kind
    raise RefusedError(Reason.UNSUPPORTED, "no event that is known")


def _up(device: DeviceId, event: Event, received: datetime) -> list[Decoded]:
    radios = [rx for rx in _list(event.get("rxInfo")) if isinstance(rx, dict)]
    time, quality = settle_instant(instant(_time_of(event, radios)), received)
    payload, fault = _payload(event)
    port = number(event.get("fPort"))
    rssi, snr = strongest(_radio(event, radios))
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


def _time_of(event: Event, radios: list[dict[str, object]]) -> object:
    """Choose the time nearest to the radio that a redelivery repeats: the event's, a gateway's, or when it was published."""
    time = event.get("time")
    if time:
        return time
    of_radio = (rx.get("time") or rx.get("nsTime") or rx.get("gwTime") for rx in radios)
    return next((found for found in of_radio if found), None) or event.get("publishedAt")


def _payload(event: Event) -> tuple[bytes | None, str]:
    raw = event.get("data") or event.get("payloadBase64")
    if isinstance(raw, bytes):
        return raw, ""
    payload = enclosed_bytes(raw) if raw else hex_bytes(event.get("payloadHex"))
    return payload, "the payload is no base64" if raw and payload is None else ""


def _radio(event: Event, radios: list[dict[str, object]]) -> Iterator[tuple[object, object]]:
    if not radios:
        yield event.get("rssi"), event.get("loRaSNR", event.get("loraSNR"))
    # JSON made of Protocol Buffers leaves a zero out, and 0 dB is an SNR like any other. Only LoRa has one.
    absent = 0.0 if "deviceInfo" in event and _is_lora(event.get("txInfo")) else None
    for rx in radios:
        rssi = rx.get("rssi")
        yield rssi, rx.get("snr", rx.get("loRaSNR", absent if rssi is not None else None))


def _is_lora(tx: object) -> bool:
    modulation = tx.get("modulation") if isinstance(tx, dict) else None
    return isinstance(modulation, dict) and "lora" in modulation


def _output(event: Event) -> dict[str, object] | None:
    output = event.get("object")
    if not isinstance(output, dict):
        raw = event.get("objectJSON")
        if not isinstance(raw, str) or not raw.strip():
            return None
        try:
            output = read_json(raw.encode("utf-8", "replace"))
        except RefusedError:
            return None  # the network's codec is broken; the payload itself is still there
    return output if isinstance(output, dict) else None


def _hint(event: Event) -> str:
    """Give the network's words for the kind of device: a tag that says it, the device profile, in v3 the device's name."""
    info = event.get("deviceInfo")
    if not isinstance(info, dict):
        info = event
    tags = info.get("tags")
    if isinstance(tags, dict):
        for key in ("codec", "model"):
            if isinstance(word := tags.get(key), str) and word:
                return text(word)
    word = info.get("deviceProfileName") or (event.get("deviceName") if info is event else "")
    return text(word) if isinstance(word, str) else ""


def _status(device: DeviceId, event: Event, received: datetime) -> list[Decoded]:
    time, quality = settle_instant(instant(event.get("time") or event.get("publishedAt")), received)
    margin = number(event.get("margin", 0 if "deviceInfo" in event else None))
    items: list[Decoded] = []
    if margin is not None:
        items.append(
            Reading(device=device, metric="margin", time=time, value=margin, unit="dB", quality=quality, code="margin")
        )
    if event.get("externalPowerSource") is True:
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
    if event.get("batteryLevelUnavailable") is True:
        return True, None
    if "batteryLevel" in event:
        level = number(event["batteryLevel"])
        return True, level if level is not None and 0.0 <= level <= 100.0 else None  # noqa: PLR2004
    raw = number(event.get("battery"))
    if raw is None or not 0.0 < raw <= _UNKNOWN_CHARGE:
        return False, None
    return True, None if raw == _UNKNOWN_CHARGE else raw / _FULL * 100.0


def _join(device: DeviceId, event: Event, _received: datetime) -> list[Decoded]:
    info = event.get("deviceInfo")
    name = (info if isinstance(info, dict) else event).get("deviceName")
    return [Discovered(device=device, name=text(name) if isinstance(name, str) else "", model=_hint(event))]


def _log(device: DeviceId, event: Event, _received: datetime) -> list[Decoded]:
    """Count an error of the network's as a message that was not taken in; it is no fault of the device."""
    level = event.get("level", "ERROR" if "deviceInfo" not in event else "INFO")
    if level != "ERROR":
        return []
    code, words = event.get("code") or event.get("type"), event.get("description") or event.get("error")
    return [Rejection(reason=Reason.UNSUPPORTED, detail=text(f"{device}: the network reports {code}: {words}"))]


def _nothing(_device: DeviceId, _event: Event, _received: datetime) -> list[Decoded]:
    return []


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


_TELL: Final[Mapping[str, Callable[[DeviceId, Event, datetime], list[Decoded]]]] = {
    "up": _up,
    "status": _status,
    "join": _join,
    "log": _log,
}
