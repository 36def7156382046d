"""The Things Stack v3 on `v3/{application}@{tenant}/devices/{device}/…`, JSON. Pure. Refuses what is no message of an end device.

The device is its `dev_eui` in upper case; one that has none (some of LoRaWAN 1.0 by personalisation) is its `device_id`. An
uplink tells the radio and its payload as `chirpstack_v4` does. A simulated uplink is a test and nothing else. A join announces
the device; what goes down to it, solved locations and the data of services say nothing.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from msgspec import Struct

from ingest.instants import settle_instant
from ingest.lorawan.fields import enclosed_bytes, eui, instant, port_of
from ingest.lorawan.uplink import Uplink, told
from ingest.readings import (
    Decoded,
    Decoder,
    DeviceId,
    DeviceState,
    Discovered,
    Fact,
    Quality,
    Reading,
    Reason,
    Rejection,
)
from ingest.wire import RefusedError, number, read_json, text

_SECOND: Final = timedelta(seconds=1)
GATEWAYS: Final = 256  # no frame is heard by more; a list that goes on is not looked through
_QUIET: Final = frozenset((
    "downlink_ack", "downlink_nack", "downlink_sent", "downlink_failed", "downlink_queued",
    "downlink_queue_invalidated", "location_solved", "service_data", "uplink_normalized",
))  # fmt: skip
TOPICS_KEPT: Final = 8192
LONGEST_KEPT: Final = 256  # a longer topic is read anew each time: what comes from outside fills no memory
_NO_LEVELS: Final = frozenset("/+#")
_COMMANDS: Final = (["down", "push"], ["down", "replace"])

Part = Mapping[str, object]
_NO_PART: Final[Part] = {}


class _Speaker(Struct, frozen=True):
    """Whom a topic names: nobody where it has no `devices`. `application` is None where it does not say which."""

    is_command: bool = False
    spelled: str | None = None
    name: str | None = None
    application: str | None = None


def decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:
    """Decode a message that arrived on `topic` at `received` (aware UTC)."""
    speaker = _speaker(topic) if len(topic) <= LONGEST_KEPT else _speaker.__wrapped__(topic)
    if speaker.is_command:
        return [Rejection(reason=Reason.DOWNLINK, detail="a command to a device")]
    try:
        return _decode(speaker, read_json(payload), received)
    except RefusedError as refused:
        return [refused.rejection]


TOPICS: Final = ("v3/+/devices/+/#",)
DECODER: Final[Decoder] = decode


@lru_cache(maxsize=TOPICS_KEPT)
def _speaker(topic: str) -> _Speaker:
    levels = topic.split("/")
    if levels[-2:] in _COMMANDS:
        return _Speaker(is_command=True)
    if "devices" not in levels:
        return _Speaker()
    at = levels.index("devices")
    return _Speaker(
        spelled="/".join(levels[at - 1 : at + 2]),
        name=levels[at + 1] if len(levels) > at + 1 else None,
        application=levels[at - 1].partition("@")[0] if at else None,
    )


def _decode(speaker: _Speaker, message: object, received: datetime) -> list[Decoded]:
    if not isinstance(message, dict):
        raise RefusedError(Reason.MALFORMED, "a message is an object")
    if "end_device_ids" not in message:
        message = _part(message, "data") or _part(message, "result")  # an event of the console, a stored message
    ids = _part(message, "end_device_ids")
    device = _device(speaker, ids)
    uplink = message.get("uplink_message")
    if isinstance(uplink, dict):
        return _uplink(device, message, uplink, received)
    if "join_accept" in message:
        name = ids.get("device_id")
        return [Discovered(device=device, name=text(name) if isinstance(name, str) else "")]
    if not _QUIET.isdisjoint(message):
        return []
    raise RefusedError(Reason.UNSUPPORTED, f"{device}: neither an uplink nor an event that is known")


def _device(speaker: _Speaker, ids: Part) -> DeviceId:
    name = ids.get("device_id")
    if not isinstance(name, str) or not name or not _NO_LEVELS.isdisjoint(name):
        raise RefusedError(Reason.MALFORMED, "no end_device_ids.device_id")
    if speaker.spelled is not None:
        application = _part(ids, "application_ids").get("application_id")
        spoken = application if speaker.application is None else speaker.application
        if speaker.name != name or (application != spoken and isinstance(application, str)):
            raise RefusedError(Reason.FOREIGN_DEVICE, f"{speaker.spelled} speaks for {name}")
    return DeviceId(eui(ids.get("dev_eui")) or text(name))


def _uplink(device: DeviceId, message: Part, uplink: Part, received: datetime) -> list[Decoded]:
    time, quality = settle_instant(instant(uplink.get("received_at") or message.get("received_at")), received)
    if message.get("simulated") is True:
        return _test(device, time, quality)
    output = uplink.get("decoded_payload")
    raw = uplink.get("frm_payload")
    payload = enclosed_bytes(raw) if raw else None
    rssi, snr = _radio(uplink)
    items = told(
        Uplink(
            device=device,
            time=time,
            quality=quality,
            payload=payload,
            port=port_of(uplink.get("f_port")),
            output=output if isinstance(output, dict) else None,
            hint=_hint(uplink),
            rssi=rssi,
            snr=snr,
            is_sealed="app_s_key" in uplink,
        )
    )
    if "last_battery_percentage" in uplink:
        items.extend(_battery(device, uplink, received))
    if raw and payload is None:
        items.append(Rejection(reason=Reason.MALFORMED, detail=f"{device}: frm_payload is no base64"))
    return items


def _test(device: DeviceId, time: datetime, quality: Quality) -> list[Decoded]:
    """Tell of a simulated uplink: a test that is over a second later. What it pretends to measure is not told."""
    return [
        DeviceState(device=device, fact=Fact.TEST, active=active, time=at, quality=quality, code="simulated")
        for active, at in ((True, time), (False, time + _SECOND))
    ]


def _radio(uplink: Part) -> tuple[float | None, float | None]:
    """Give RSSI and SNR of the gateway that heard it best."""
    metadata = uplink.get("rx_metadata")
    best, strongest = _NO_PART, None
    for rx in metadata[:GATEWAYS] if isinstance(metadata, list) else ():
        if isinstance(rx, dict):
            rssi = number(rx.get("rssi", rx.get("channel_rssi")))
            if strongest is None or (rssi is not None and rssi > strongest):
                best, strongest = rx, rssi
    if "snr" in best:
        return strongest, number(best["snr"])
    # JSON made of Protocol Buffers leaves a zero out, and 0 dB is an SNR like any other. Only LoRa has one.
    is_heard = best.get("rssi", best.get("channel_rssi")) is not None
    return strongest, 0.0 if is_heard and "lora" in _part(_part(uplink, "settings"), "data_rate") else None


def _battery(device: DeviceId, uplink: Part, received: datetime) -> Iterator[Reading]:
    """Tell the charge of the last status the device sent, at the time of that status."""
    status = _part(uplink, "last_battery_percentage")
    charge = number(status.get("value"))
    told_at = instant(status.get("received_at"))
    if charge is None or told_at is None or not 0.0 <= charge <= 100.0:  # noqa: PLR2004 -- per cent
        return
    time, quality = settle_instant(told_at, received)
    yield Reading(
        device=device,
        metric="battery",
        time=time,
        value=charge,
        unit="%EL",
        quality=quality,
        code="last_battery_percentage",
    )


def _hint(uplink: Part) -> str:
    if attributes := _part(uplink, "attributes"):
        for key in ("codec", "model"):
            if isinstance(word := attributes.get(key), str) and word:
                return text(word)
    version = _part(uplink, "version_ids")
    if not version:
        return ""
    brand, model = version.get("brand_id"), version.get("model_id")
    if not isinstance(model, str):
        return text(brand) if isinstance(brand, str) else ""
    return text(f"{brand} {model}" if isinstance(brand, str) else model)


def _part(message: Part, key: str) -> Part:
    part = message.get(key)
    return part if isinstance(part, dict) else _NO_PART
