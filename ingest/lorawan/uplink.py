"""From an uplink to what it says: the radio, and the payload by a codec of ours, of the network, or of the registry. Pure."""

from datetime import datetime

from msgspec import Struct

from ingest import codecs
from ingest.lorawan.output import leaves
from ingest.readings import Decoded, DeviceId, Enclosed, Quality, Reading, Reason, Rejection

MAC_ONLY = 0  # LoRaWAN 1.0.4 §4.3.2: fPort 0 carries MAC commands, none of them from the application


class Uplink(Struct, frozen=True, kw_only=True, gc=False):
    """An uplink of any network server. `time` is aware UTC, `rssi` in dBm, `snr` in dB.

    `output` is what the network's own codec made of the payload. `hint` is what the network calls the kind of device.
    `is_sealed`: the network has no key of the payload, which is still encrypted.
    """

    device: DeviceId
    time: datetime
    quality: Quality
    payload: bytes | None = None
    port: int | None = None
    output: dict[str, object] | None = None
    hint: str = ""
    rssi: float | None = None
    snr: float | None = None
    is_sealed: bool = False


def told(uplink: Uplink) -> list[Decoded]:
    """Tell what an uplink says.

    A codec of ours that `hint` leads to is believed before the network's, which knows neither units nor which word is an
    alarm. Where neither is there the payload is `Enclosed`, for the registry to say how it is read. On port 0 there is no
    payload, and what a network's codec makes of nothing is nothing.
    """
    device, time, quality = uplink.device, uplink.time, uplink.quality
    items: list[Decoded] = []
    if uplink.rssi is not None:
        items.append(
            Reading(
                device=device, metric="rssi", time=time, value=uplink.rssi, unit="dBm", quality=quality, code="rssi"
            )
        )
    if uplink.snr is not None:
        items.append(
            Reading(device=device, metric="snr", time=time, value=uplink.snr, unit="dB", quality=quality, code="snr")
        )
    if uplink.port == MAC_ONLY:
        return items
    if uplink.is_sealed:
        items.append(Rejection(reason=Reason.UNSUPPORTED, detail=f"{device}: the payload is encrypted end to end"))
    elif uplink.payload:
        items += _payload(uplink, uplink.payload, _output(uplink.output))
    elif uplink.output:
        items += leaves(device, uplink.output, time, quality)
    return items


def _output(output: dict[str, object] | None) -> dict[str, object] | None:
    """Give what a codec made of a payload; the payload again, which the one that networks begin with gives, is nothing."""
    return None if output is not None and len(output) == 1 and type(output.get("bytes")) is list else output


def _payload(uplink: Uplink, payload: bytes, output: dict[str, object] | None) -> list[Decoded]:
    reader = codecs.hinted(uplink.hint)
    item = Enclosed(
        device=uplink.device,
        payload=payload,
        time=uplink.time,
        port=uplink.port,
        quality=uplink.quality,
        hint=uplink.hint,
    )
    if reader is None:
        return leaves(uplink.device, output, uplink.time, uplink.quality) if output else [item]
    read = reader.read(item)
    if output and read and all(isinstance(found, Rejection) for found in read):
        return leaves(uplink.device, output, uplink.time, uplink.quality)
    return read
