"""LoRaWAN devices that a Tasmota bridge hears: `LwReceived`, and `LwDecoded`, what a script of the board made of it. Pure.

A device's name is its short address or the name it was given. What the bridge reads itself (LDS01, DW10) has its battery in volts.
"""

from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import Final

from ingest.decoders.tasmota.zigbee import who
from ingest.lorawan import Uplink, told
from ingest.readings import Decoded, Discovered, Quality
from ingest.wire import TEXT_KEPT, number, text

_DEVICES_MOST: Final = 16  # of one message; a bridge has at most so many
_BYTES_MOST: Final = 242
_BYTE: Final = range(256)
_ENVELOPE: Final = frozenset({
    "Node", "Device", "Name", "RSSI", "SNR", "Decoder", "DevEUIh", "DevEUIl", "FPort", "Payload", "Events", "LastEvent",
})  # fmt: skip


def devices(bridge: str, heard: Mapping[str, object], at: tuple[datetime, Quality]) -> list[Decoded]:
    """Read what each device said through `bridge`."""
    said: list[Decoded] = []
    alone = heard.get("Device")  # SetOption119: the device is not named in front
    for key, message in islice(heard.items(), _DEVICES_MOST) if not isinstance(alone, str) else ((alone, heard),):
        if not isinstance(message, dict):
            continue
        is_received = "Node" in message
        named = _word(message.get("Name"))
        device, name, gateway = who(bridge, key[: TEXT_KEPT + 1], named)
        hint = _word(message.get("Decoder" if is_received else "Device"))
        said.append(Discovered(device=device, name=named or name, model=hint, gateway=gateway))
        output: dict[str, object] = {word: value for word, value in message.items() if word not in _ENVELOPE}
        if is_received and "Battery" in output:
            output["battery_v"] = output.pop("Battery")
        port = number(message.get("FPort"))
        said += told(
            Uplink(
                device=device,
                time=at[0],
                quality=at[1],
                payload=_bytes(message.get("Payload")),
                port=None if port is None else int(port),
                output=output,
                hint=hint,
                rssi=number(message.get("RSSI")),
                snr=number(message.get("SNR")),
            )
        )
    return said


def _word(value: object) -> str:
    return text(value) if isinstance(value, str) else ""


def _bytes(listed: object) -> bytes | None:
    if not isinstance(listed, list) or not 0 < len(listed) <= _BYTES_MOST:
        return None
    return bytes(listed) if all(type(one) is int and one in _BYTE for one in listed) else None
