"""Milesight WS301 doors and WS303 leaks: channel, type, value, little-endian, fPort 85. Pure.

03 00 is a door of the one and a leak of the other: of a device whose model is not named it is neither. The public
documentation is that of Milesight's SensorDecoders.
"""

from typing import Final

from ingest.codecs.milesight_readers import battery, flag
from ingest.codecs.milesight_tlv import Own, table, walk
from ingest.codecs.told import Told
from ingest.readings import Decoded, Enclosed, Fact

HINTS: Final = (r"(?<![a-z0-9])WS30[13](?![0-9])",)
_CHANNELS: Final[Own] = {0x0175: (1, battery), 0x0400: (1, flag(Fact.TAMPER, "tamper_status"))}
_NAMELESS: Final = table(_CHANNELS)
_DOOR: Final = table({**_CHANNELS, 0x0300: (1, flag(Fact.OPEN, "magnet_status"))})
_LEAK: Final = table({**_CHANNELS, 0x0300: (1, flag(Fact.WATER, "leakage_status"))})


def _codec(item: Enclosed) -> list[Decoded]:
    said = Told(item, [])
    hint = item.hint.upper()
    walk(said, item.payload, _DOOR if "WS301" in hint else _LEAK if "WS303" in hint else _NAMELESS)
    return said.items


def _is_likely(payload: bytes, port: int | None) -> bool:
    """Tell by a battery and a contact, which is how both report."""
    return port in (None, 85) and payload[:2] == b"\x01\x75" and payload[3:5] == b"\x03\x00"


CODEC: Final = _codec
LIKELY: Final = _is_likely
