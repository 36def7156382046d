"""Records an EM stored and tells later (20 CE, 21 CE): four bytes of time, seconds since 1970 UTC, and values. Pure.

Neither length nor content is in the record: they are the model's. Where nothing names the model, the length decides if only
one model has it; otherwise what follows is rejected. An EM320-TH has two lengths under one name: there it decides too.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from ingest.codecs.milesight_em import channels
from ingest.codecs.milesight_em.model import HINTS_KEPT
from ingest.codecs.milesight_readers import Number, Tell, flag, humidity
from ingest.codecs.milesight_tlv import Channel
from ingest.codecs.told import Told, stored
from ingest.readings import Fact, Reason

_Fields = tuple[tuple[int, int, Tell | Number], ...]
FIRST: Final = b"\x20\xce"
SECOND: Final = b"\x21\xce"

_TH: Final[_Fields] = ((4, 6, channels.temperature), (6, 7, humidity))
_SIGNED_DISTANCE: Final = Number("distance", "mm", 1, frozenset((0xFFFF, 0xFFFD, 0xFFFE)), is_signed=True)
_GPIO, _COUNTER = 1, 2


def _count(said: Told, data: bytes) -> None:
    """Read the mode of an EM300-DI, its input, and a count."""
    if data[0] == _GPIO:
        said.value("gpio", data[1], "1", "gpio")
    elif data[0] == _COUNTER:
        said.value("pulse", float(int.from_bytes(data[2:6], "little")), "1", "pulse")


def _meter(said: Told, data: bytes) -> None:
    """Read the mode, the input, two conversions, and an amount in a unit that is configured."""
    if data[0] == _GPIO:
        said.value("gpio", data[1], "1", "gpio")
    elif data[0] == _COUNTER:
        channels.water_meter(said, data[2:10])


# model: length, (from, to, what it tells)
_MODELS: Final[Mapping[str, tuple[int, _Fields]]] = {
    "SWL": (6, ((4, 6, channels.depth),)),
    "500[-_ ]?UDL": (6, ((4, 6, channels.distance),)),
    "500[-_ ]?PP": (6, ((4, 6, channels.pressure),)),
    "PT100": (6, ((4, 6, channels.temperature),)),
    "LGT": (8, ((4, 8, channels.illuminance),)),
    "SMTC": (10, ((4, 6, channels.conductivity), (6, 8, channels.temperature), (8, 10, channels.moisture))),
    "CO2": (11, ((4, 6, channels.co2), (6, 8, channels.air_pressure), (8, 10, channels.temperature), (10, 11, humidity))),
    "RDL": (11, ((4, 6, _SIGNED_DISTANCE), (6, 8, channels.temperature))),
    "MCS": (8, (*_TH, (7, 8, flag(Fact.OPEN, "magnet_status")))),
    "MLD": (8, ((7, 8, flag(Fact.WATER, "leakage_status")),)),
    "[SZ]LD": (8, (*_TH, (7, 8, flag(Fact.WATER, "leakage_status")))),
    "320[-_ ]?TH[-_ ]?V2": (9, ((4, 6, channels.temperature), (6, 8, channels.humidity_fine))),
    "320[-_ ]?TH": (7, _TH),
    "300[-_ ]?TH": (8, _TH),
    "300[-_ ]?DI": (13, (*_TH, (7, 13, _count))),
}  # fmt: skip


def _channel(length: int, fields: _Fields) -> Channel:
    parts = [(slice(start, stop), part.tell if isinstance(part, Number) else part) for start, stop, part in fields]

    def tell(said: Told, data: bytes) -> None:
        past = stored(said.item, int.from_bytes(data[:4], "little"))
        if past is None:
            said.reject(Reason.TIME, "a stored record of a time that cannot be")
            return
        for where, part in parts:
            part(past, data[where])
        said.extend(past.items)

    return length, tell, None


_BY_NAME: Final = tuple((re.compile(name, re.IGNORECASE), _channel(*model)) for name, model in _MODELS.items())
_ONLY: Final = {length: _channel(length, fields) for length, fields in _MODELS.values() if length in (7, 9, 10, 13)}
_320_LENGTHS: Final = (7, 9)
_DI_SECOND: Final = _channel(18, (*_TH, (8, 18, _meter)))  # 21 CE of EM300-DI
_HALL_SECOND: Final = _channel(
    18, ((8, 18, _meter),)
)  # EM300-DI-HALL leaves the bytes of temperature and humidity unused


def records(payload: bytes, at: int, hint: str) -> Channel | None:
    """Give what the record at `at` is, by the model's name or by the length of all records; None for no record."""
    pair = payload[at : at + 2]
    if pair == SECOND:
        return _HALL_SECOND if "HALL" in hint.upper() else _DI_SECOND
    if pair != FIRST:
        return None
    named = _named(hint)
    if named is None:
        return _ONLY.get(_period(payload, at, _LENGTHS))
    return _ONLY.get(_period(payload, at, _320_LENGTHS), named) if named[0] in _320_LENGTHS else named


@lru_cache(maxsize=HINTS_KEPT)
def _named(hint: str) -> Channel | None:
    return next((model for pattern, model in _BY_NAME if pattern.search(hint)), None) if hint else None


def _period(payload: bytes, at: int, lengths: tuple[int, ...]) -> int:
    """Find the only one of `lengths` by which records of 20 CE fill the payload from `at` on; 0 for none."""
    rest = payload[at:]
    fitting = [
        length
        for length in lengths
        if len(rest) % (length + 2) == 0 and all(rest[i : i + 2] == FIRST for i in range(0, len(rest), length + 2))
    ]
    return fitting[0] if len(fitting) == 1 else 0


_LENGTHS: Final = tuple(sorted({length for length, _ in _MODELS.values()}))
