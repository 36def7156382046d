"""Dragino: distances, PS-LB depths, LDS and LWL doors and leaks, LHT65 and LLMS weather. Big-endian, by fPort. Pure.

A fPort that a model does not send on is an error, whatever the bytes look like. Where nothing names a model, port and length
decide if they can; another model's name is never guessed at, for many send as many bytes on the same port. The first two bytes are the battery in mV with flags above. "No sensor" and what lies in the blind zone are
no values. Sources: Dragino's user manuals and published decoders.
"""

import re
from functools import lru_cache
from typing import Final

from ingest.codecs.dragino.climate import lht65, llms01
from ingest.codecs.dragino.contacts import door_or_leak, stamped_contact
from ingest.codecs.dragino.distance import four_distances, lidar, one_distance
from ingest.codecs.dragino.loop import loop
from ingest.codecs.dragino.model import Model
from ingest.codecs.told import Told
from ingest.readings import Decoded, Enclosed, Reason

HINTS: Final = (
    r"dragino",
    r"(?<![a-z0-9])L?(?:DDS(?:04|20|45|75)|MDS120|LDS(?:12|25|40))(?![0-9])",
    r"(?<![a-z0-9])(?:LDS0[123]|LWL0[1234]|DS03A|WL03A|LHT65|LL?MS01|PS-L[BS](?![a-z]))",
)
_DISTANCE: Final = Model(frozenset((2, 3)), one_distance)
_CONTACT: Final = Model(frozenset((10,)), door_or_leak)
_CLIMATE: Final = Model(frozenset((2,)), lht65)
_MODELS: Final = (
    (re.compile(r"DDS04", re.IGNORECASE), Model(frozenset((2,)), four_distances)),
    (re.compile(r"DDS(?:20|45|75)|MDS120", re.IGNORECASE), _DISTANCE),
    (re.compile(r"LDS(?:12|25|40)", re.IGNORECASE), Model(frozenset((2, 3)), lidar)),
    (re.compile(r"PS-L[BS]", re.IGNORECASE), Model(frozenset((2,)), loop)),
    (re.compile(r"(?:LDS|DS|LWL|WL)03|LWL04", re.IGNORECASE), Model(frozenset((2, 3)), stamped_contact)),
    (re.compile(r"(?:LDS|LWL)0[12]", re.IGNORECASE), _CONTACT),
    (re.compile(r"LL?MS01", re.IGNORECASE), Model(frozenset((2,)), llms01)),
    (re.compile(r"LHT65(?!N?[-_ ]?VIB)", re.IGNORECASE), _CLIMATE),
)
_ANOTHER: Final = re.compile(
    r"(?<![a-z0-9])(?!(?:AS|AU|CN|EU|IN|KR|KZ|MA|RU|US)\d{3}|V\d)[a-z]{1,5}\d{1,3}|[a-z]-L[BNS](?![a-z])", re.IGNORECASE
)
"""Letters and digits that are no region and no version, or a model's end: another model."""
_STATUS_PORT: Final = 5
"""Model, firmware, band: every LB and LS device tells it once after joining."""
_OF_LENGTH: Final = {5: _DISTANCE, 8: _DISTANCE, 10: _CONTACT, 11: _CLIMATE}
_CLIMATE_KINDS: Final = (1, 2, 5, 6, 7)
_CLIMATE_END: Final = b"\x7f\xff"
_DATA_PORTS: Final = (2, 10)
_MILLIVOLTS: Final = range(2000, 4001)


def _codec(item: Enclosed) -> list[Decoded]:
    said = Told(item, [])
    model = _named(item.hint)
    if item.port == _STATUS_PORT:
        said.reject(Reason.UNSUPPORTED, "versions and configuration")
    elif item.port is not None and item.port not in (model.ports if model else _DATA_PORTS):
        said.reject(Reason.UNSUPPORTED, f"unknown fPort {item.port}")
    elif len(item.payload) < 2:  # noqa: PLR2004 -- the battery
        said.reject(Reason.TRUNCATED, f"{len(item.payload)} bytes")
    else:
        model = model or (None if _ANOTHER.search(item.hint) else _guessed(item.payload, item.port))
        if model is None:
            said.reject(Reason.UNSUPPORTED, f"{len(item.payload)} bytes on fPort {item.port} of an unnamed model")
        else:
            model.tell(said, item.payload)
    return said.items


@lru_cache(maxsize=4096)
def _named(hint: str) -> Model | None:
    return next((model for pattern, model in _MODELS if pattern.search(hint)), None) if hint else None


def _guessed(payload: bytes, port: int | None) -> Model | None:
    """Choose the model by length, and by port if there is one. Other lengths on fPort 2 may be an LDDS without its sensor.

    Eleven bytes are sent by a dozen models: an LHT65 is told by what is plugged in, and by the mark that ends it.
    """
    model = _OF_LENGTH.get(len(payload)) or (_DISTANCE if port == 2 and len(payload) == 4 else None)  # noqa: PLR2004
    if model is _CLIMATE and (payload[6] & 0x3F not in _CLIMATE_KINDS or payload[9:] != _CLIMATE_END):
        return None
    return model if model is not None and (port is None or port in model.ports) else None


def _is_likely(payload: bytes, port: int | None) -> bool:
    if _guessed(payload, port) is None:
        return False
    return int.from_bytes(payload[:2], "big") & 0x3FFF in _MILLIVOLTS


CODEC: Final = _codec
LIKELY: Final = _is_likely
