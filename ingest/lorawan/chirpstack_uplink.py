"""What an uplink event of ChirpStack and its relatives says, in all their spellings. Pure and total."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from msgspec import UNSET

from ingest.instants import EPOCH, settle_instant
from ingest.lorawan.chirpstack_event import Event, Info, Modulation, Radio
from ingest.lorawan.fields import enclosed_bytes, hex_bytes, instant, port_of
from ingest.lorawan.uplink import MAC_ONLY, Uplink, told
from ingest.readings import Decoded, DeviceId, Reason, Rejection
from ingest.wire import RefusedError, number, read_json, text

LATEST_S: Final = 32_503_680_000  # the year 3000: larger numbers count something else
GATEWAYS: Final = 256  # no frame is heard by more; a list that goes on is not looked through


def tell_uplink(device: DeviceId, event: Event, received: datetime) -> list[Decoded]:
    """Tell the radio, and what the payload or the network's own codec says."""
    radios = event.rxInfo[:GATEWAYS] if event.rxInfo else ()
    time, quality = settle_instant(instant(event.time or _time_of(event, radios)), received)
    raw = event.data or event.payloadBase64
    if type(raw) is bytes:
        payload: bytes | None = raw
    elif event.data_encode == "hexstring":
        payload = hex_bytes(raw)
    else:
        payload = enclosed_bytes(raw) if raw else hex_bytes(event.payloadHex)
    rssi, snr = _radio(event, radios)
    items = told(
        Uplink(
            device=device,
            time=time,
            quality=quality,
            payload=payload,
            port=_port(event),
            output=_output(event),
            hint=hint_of(event),
            rssi=rssi,
            snr=snr,
            is_sealed=bool(event.joinServerContext),
        )
    )
    if raw and payload is None:
        items.append(
            Rejection(
                reason=Reason.MALFORMED, detail=f"{device}: the payload is neither base64 nor the hex it is said to be"
            )
        )
    return items


def _time_of(event: Event, radios: Sequence[Radio]) -> object:
    """Choose the time nearest to the radio that a redelivery repeats: a gateway's, or when it was published."""
    for rx in radios:
        if found := rx.time or rx.nsTime or rx.gwTime:
            return found
    return event.publishedAt or event.gatewayTime or _of_epoch(event.timestamp)


def _of_epoch(seconds: object) -> datetime | None:
    """Give the instant of seconds since 1970 UTC; None where there is none that a calendar has."""
    return EPOCH + timedelta(0, seconds) if type(seconds) is int and 0 < seconds < LATEST_S else None


def _port(event: Event) -> int | None:
    """Read the fPort; v4 leaves a zero out of its JSON, and says how everything it heard was sent."""
    if event.fPort is not UNSET:
        return port_of(event.fPort)
    is_whole = event.deviceInfo is not None and event.txInfo is not None
    return MAC_ONLY if is_whole and event.data is UNSET else None


def _radio(event: Event, radios: Sequence[Radio]) -> tuple[float | None, float | None]:
    """Give RSSI and SNR of the relay that heard the device, else of the gateway that heard it best."""
    if (relay := event.relayRxInfo) is not None:
        return number(relay.rssi), 0.0 if relay.snr is UNSET else number(relay.snr)
    if not radios:
        return number(event.rssi), number(event.loRaSNR if event.loRaSNR is not UNSET else event.loraSNR)
    best, strongest = radios[0], number(radios[0].rssi)
    for rx in radios[1:]:
        rssi = number(rx.rssi)
        if strongest is None or (rssi is not None and rssi > strongest):
            best, strongest = rx, rssi
    snr = best.snr if best.snr is not UNSET else best.loRaSNR
    if snr is UNSET and best.rssi is not None and event.deviceInfo is not None and _is_lora(event):
        return strongest, 0.0  # JSON made of Protocol Buffers leaves a zero out, and 0 dB is an SNR. Only LoRa has one
    return strongest, number(snr)


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


def hint_of(event: Event) -> str:
    """Give the network's words for the kind of device: a tag that says it, the device profile, in v3 the device's name."""
    who: Info | Event = event.deviceInfo or event
    if (tags := who.tags) and isinstance(tags, dict):
        for key in ("codec", "model"):
            if isinstance(word := tags.get(key), str) and word:
                return text(word)
    word = who.deviceProfileName or (event.deviceName if who is event else "")
    return text(word) if isinstance(word, str) else ""
