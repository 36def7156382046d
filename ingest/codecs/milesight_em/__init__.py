"""Milesight EM300, EM310, EM320, EM400, EM410 and EM500: channel, type, value, little-endian, fPort 85. Pure.

What each pair of channel and type means is a table (`channels`); versions and configuration answers (channels FE, FF) are
skipped by their lengths. An unknown pair ends the reading: what was before it is kept, the rest is rejected. Stored records
(20 CE, 21 CE) are told at their own times as history. Models for NB-IoT put the same channels into a frame, whose head names
the modem and its card: nobody is told of them. The public documentation is that of Milesight's SensorDecoders.
"""

from typing import Final

from ingest.codecs.milesight_em.channels import CHANNELS, channels_of
from ingest.codecs.milesight_em.history import FIRST, records
from ingest.codecs.milesight_tlv import walk
from ingest.codecs.told import Told
from ingest.readings import Decoded, Enclosed

HINTS: Final = (
    r"milesight[-_ ]?em",
    r"(?<![a-z0-9])EM(?:3[012]0|4[01][01]|500)(?![0-9])",
    "^em$",
)
_GAS: Final = frozenset(
    pair.to_bytes(2, "big") for pair in (0x0267, 0x0368, 0x047D, 0x067D, 0x07EA, 0x058E, 0x0601, 0x0701, 0x0890)
)
_PORTS: Final = (None, 85)
_START: Final = b"\x02"  # of a frame
_LENGTH_END: Final = 5
_CSQ: Final = 83
_HEAD: Final = 86
_NO_CSQ: Final = 99


def _codec(item: Enclosed) -> list[Decoded]:
    said = Told(item, [])
    payload = item.payload
    if payload[:1] == _START and _is_frame(payload):
        said.value("csq", float(payload[_CSQ]) if payload[_CSQ] != _NO_CSQ else None, "1", "csq")
        payload = payload[_HEAD:]
    walk(said, payload, channels_of(item.hint), records)
    return said.items


def _is_frame(payload: bytes) -> bool:
    """Tell whether this is the frame of an NB-IoT model: a start, an id, the length of what follows, and 81 bytes of a head."""
    return (
        len(payload) >= _HEAD
        and payload[:1] == _START
        and int.from_bytes(payload[_LENGTH_END - 2 : _LENGTH_END], "big") == len(payload) - _LENGTH_END
    )


def _is_likely(payload: bytes, port: int | None) -> bool:
    if port not in _PORTS or len(payload) < 3:  # noqa: PLR2004 -- a channel, a type, a byte
        return False
    if _is_frame(payload):
        return True
    at, measures = 0, False
    while at + 2 <= len(payload):
        pair = payload[at : at + 2]
        if pair in _GAS:
            return False
        channel = CHANNELS.get(pair) or records(payload, at, "")
        if channel is None:
            return pair == FIRST  # records, of a model that has no length of its own
        length, tell, plain = channel
        measures = measures or tell is not None or plain is not None
        at += 2 + length
    return at == len(payload) and measures


CODEC: Final = _codec
LIKELY: Final = _is_likely
