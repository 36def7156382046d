"""Milesight EM300, EM310, EM320, EM400, EM410 and EM500: channel, type, value, little-endian, fPort 85. Pure.

What each pair of channel and type means is a table (`channels`); versions and configuration answers (channels FE, FF) are
skipped by their lengths. An unknown pair ends the reading: what was before it is kept, the rest is rejected. Stored records
(20 CE, 21 CE) are told at their own times as history. The public documentation is that of Milesight's SensorDecoders.
"""

from collections.abc import Callable
from typing import Final

from ingest.codecs.milesight_em.channels import CHANNELS
from ingest.codecs.milesight_em.history import HISTORIES, length_of
from ingest.codecs.milesight_tlv import ATTRIBUTE_CHANNELS, attribute_length
from ingest.codecs.told import Told
from ingest.readings import Decoded, Enclosed, Reason

HINTS: Final = (
    r"milesight[-_ ]?em",
    r"(?<![a-z0-9])EM(?:3[012]0|4[01][01]|500)(?![0-9])",
    "^em$",
)
_GAS_PAIRS: Final = frozenset((0x0267, 0x0368, 0x047D, 0x067D, 0x07EA, 0x058E, 0x0601, 0x0701, 0x0890))
_PORTS: Final = (None, 85)


def _codec(item: Enclosed) -> list[Decoded]:
    said = Told(item, [])
    _walk(item, said)
    return said.items


def _walk(item: Enclosed, said: Told) -> None:
    payload = item.payload
    at, end = 0, len(payload)
    while at < end:
        pair = int.from_bytes(payload[at : at + 2], "big") if at + 2 <= end else -1
        length, tell = _part(pair, payload, at, item.hint)
        if length is None:
            found = "part of a channel" if pair < 0 else f"channel {pair >> 8:02X} {pair & 0xFF:02X}"
            said.reject(Reason.UNSUPPORTED, f"{found} at byte {at}; it and what follows is left out")
            return
        at += 2 + length
        if at > end:
            said.reject(Reason.TRUNCATED, f"channel {pair >> 8:02X} {pair & 0xFF:02X} is cut off")
            return
        if tell is not None:
            tell(said, payload[at - length : at])


def _part(pair: int, payload: bytes, at: int, hint: str) -> tuple[int | None, Callable[[Told, bytes], None] | None]:
    """Give the length of a channel's value and what it tells; None for a length nobody knows."""
    known = CHANNELS.get(pair)
    if known is not None:
        return known
    if pair in HISTORIES:
        return length_of(pair, payload, at, hint)
    return (attribute_length(pair), None) if pair >> 8 in ATTRIBUTE_CHANNELS else (None, None)


def _is_likely(payload: bytes, port: int | None) -> bool:
    if port not in _PORTS or len(payload) < 3:  # noqa: PLR2004 -- a channel, a type, a byte
        return False
    at, measured = 0, 0
    while at + 2 <= len(payload):
        pair = int.from_bytes(payload[at : at + 2], "big")
        if pair in _GAS_PAIRS:
            return False
        length, tell = _part(pair, payload, at, "")
        if length is None and pair in HISTORIES:
            return True
        if length is None:
            return False
        measured += tell is not None
        at += 2 + length
    return at == len(payload) and measured > 0


CODEC: Final = _codec
LIKELY: Final = _is_likely
