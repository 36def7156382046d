"""The payload of a LoRaWAN device alone, without a network's envelope, on `lorawan/{codec}/{device}/{fPort}`. Pure.

Binary, hex text or base64 text. `codec` is a codec's name or a model's (`EM300-SLD`); `fPort` may be left out. Where the topic
names no codec, the payload must look like those of exactly one; otherwise it is rejected, with those it may be of.
"""

import re
from datetime import datetime
from functools import lru_cache
from typing import Final

from ingest import codecs
from ingest.installed import current
from ingest.lorawan.fields import enclosed_bytes, eui
from ingest.readings import Decoded, Decoder, DeviceId, Enclosed, Reason, Rejection
from ingest.wire import text, unhex

ROOT: Final = "lorawan"
NAMELESS: Final = DeviceId("unknown")
"""The device of a payload that came on no topic at all, as with `gridwatch decode`."""
_PORT: Final = re.compile(r"\d{1,3}", re.ASCII)
_LAST_PORT: Final = 255
TOPICS_KEPT: Final = 8192
LONGEST_KEPT: Final = 256  # a longer topic is read anew each time: what comes from outside fills no memory
_TEXT: Final = re.compile(
    rb"([0-9A-Fa-f \r\n\t]+)|((?:[0-9A-Fa-f]{2}[-:])+[0-9A-Fa-f]{2}\s*)|([ \r\n\t]*0[xX])?[0-9A-Za-z+/=_\- \r\n\t]+"
)
"""What may be hex text (1), what is that with its bytes apart (2), what may be that with 0x before (3), or base64."""


def decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:
    """Decode a payload that arrived on `topic` at `received` (aware UTC), which is the time of all it says."""
    find = _speaker if len(topic) <= LONGEST_KEPT else _speaker.__wrapped__
    device, port, reader = find(topic, current())
    if not device:
        return [Rejection(reason=Reason.TOPIC, detail="the topic names no device")]
    if not payload.strip():
        return []
    if len(payload) > 3 * codecs.LONGEST:
        return [Rejection(reason=Reason.TOO_LARGE, detail=f"{device}: {len(payload)} bytes in one payload")]
    payload = _unpacked(payload)
    if reader is None:
        found = codecs.likely(payload, port)
        if len(found) != 1:
            return [_unnamed(device, found)]
        return codecs.read(found[0], Enclosed(device=device, payload=payload, time=received, port=port))
    return reader.read(Enclosed(device=device, payload=payload, time=received, port=port, hint=reader.hint))


TOPICS: Final = ("lorawan/+/+/+", "lorawan/+/+")
DECODER: Final[Decoder] = decode


@lru_cache(maxsize=TOPICS_KEPT)
def _speaker(topic: str, _installed: object) -> tuple[DeviceId, int | None, codecs.Reader | None]:
    """Give the device and the fPort that a topic names, and what reads it, if that is named; an EUI is put in upper case."""
    levels = topic.split("/")
    codec, port = "", None
    if ROOT in levels:
        rest = levels[levels.index(ROOT) + 1 :]
        codec, device = (rest[0], rest[1]) if len(rest) > 1 else ("", "".join(rest))
        last = rest[2] if len(rest) > 2 else ""  # noqa: PLR2004 -- codec, device, port
        port = int(last) if _PORT.fullmatch(last) and int(last) <= _LAST_PORT else None
    else:
        device = levels[-1] if topic else NAMELESS
    return DeviceId(eui(device) or text(device)), port, codecs.reader(text(codec))


def _unnamed(device: DeviceId, found: tuple[str, ...]) -> Rejection:
    which = f"may be of {', '.join(found)}" if found else "looks like none"
    return Rejection(reason=Reason.UNSUPPORTED, detail=f"{device}: the topic names no codec, and the payload {which}")


def _unpacked(payload: bytes) -> bytes:
    """Give the bytes themselves: of hex text, of base64 text, or as they are."""
    found = _TEXT.fullmatch(payload) if payload.isascii() else None
    if found is None:
        return payload
    if found[2]:
        return bytes.fromhex(payload.translate(None, b"-:").decode("ascii"))
    raw = unhex(payload) if found[1] or found[3] else None
    if raw is None:
        raw = enclosed_bytes(payload.decode("ascii").strip())
    return payload if raw is None else raw
