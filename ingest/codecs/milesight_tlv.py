"""Milesight's channels: a channel, a type, a value, one after the other. Pure.

Which pair of channel and type means what is a codec's table. What devices tell of themselves beside their measurements
(versions, answers) is skipped by its length. An unknown pair ends the reading: what was before it is kept.
"""

from collections.abc import Callable, Mapping
from typing import Final

from ingest.codecs.milesight_readers import Number, Plain, Tell
from ingest.codecs.told import Told
from ingest.readings import Reading, Reason

_ATTRIBUTES: Final = {
    0x01: 1, 0x08: 6, 0x09: 2, 0x0A: 2, 0x0B: 1, 0x0F: 1, 0x16: 8, 0xFE: 1, 0xFF: 2,
}  # fmt: skip
_ANSWERS: Final = {
    0x02: 2, 0x03: 2, 0x06: 9, 0x10: 1, 0x11: 4, 0x12: 2, 0x13: 1, 0x17: 2, 0x18: 2, 0x1B: 5, 0x1C: 2, 0x27: 1, 0x28: 1,
    0x2A: 1, 0x2F: 1, 0x35: 8, 0x39: 5, 0x3B: 1, 0x3E: 1, 0x4A: 1, 0x4E: 2, 0x56: 1, 0x61: 2, 0x62: 1, 0x63: 8, 0x66: 2,
    0x68: 1, 0x69: 1, 0x6A: 3, 0x6D: 1, 0x70: 2, 0x71: 1, 0x77: 2, 0x7D: 1, 0x7E: 5, 0x84: 1, 0x87: 3, 0x8E: 3, 0x92: 5,
    0x96: 8, 0xA1: 7, 0xA2: 9, 0xA3: 2, 0xA4: 2, 0xAB: 3, 0xBB: 3, 0xBD: 2, 0xBE: 1, 0xBF: 9, 0xC0: 2, 0xC3: 1, 0xEA: 3,
    0xF1: 4, 0xF2: 2, 0xF5: 1,
}  # fmt: skip
_ATTRIBUTE_CHANNELS: Final = (0xFE, 0xFF)

Channel = tuple[int, Tell | None, Plain | None]
"""The length of a value, and what tells it or what number it is; neither for what is skipped."""
Own = Mapping[int, tuple[int, Tell | Number]]
"""The lengths of a codec's values and what tells them, by channel and type as one number."""
Table = Mapping[bytes, Channel]
Records = Callable[[bytes, int, str], Channel | None]
"""Finds what a pair that is in no table means, from the payload, where it is in it, and the words for the device."""


def table(channels: Own) -> Table:
    """Make a codec's table of its channels and types, two bytes each, and of what all Milesight devices tell of themselves."""
    attributes = _ANSWERS | _ATTRIBUTES
    own: dict[bytes, Channel] = {
        bytes((channel, kind)): (length, None, None)
        for channel in _ATTRIBUTE_CHANNELS
        for kind, length in attributes.items()
    }
    return own | {pair.to_bytes(2, "big"): _channel(length, tell) for pair, (length, tell) in channels.items()}


def _channel(length: int, tell: Tell | Number) -> Channel:
    return (length, None, tell.plain(length)) if isinstance(tell, Number) else (length, tell, None)


def no_records(_payload: bytes, _at: int, _hint: str) -> None:
    """Find nothing: a codec whose table is all there is."""


def walk(said: Told, payload: bytes, known: Table, records: Records = no_records) -> None:
    """Tell all channels of a payload, numbers without a call: they are nearly all there is."""
    item, items = said.item, said.items
    device, time, quality = item.device, item.time, item.quality
    at, end = 0, len(payload)
    while at < end:
        channel = known.get(payload[at : at + 2]) or records(payload, at, item.hint)
        if channel is None:
            said.reject(Reason.UNSUPPORTED, f"{_named(payload, at)} at byte {at}; it and what follows is left out")
            return
        length, tell, plain = channel
        start = at + 2
        at = start + length
        if at > end:
            said.reject(Reason.TRUNCATED, f"{_named(payload, start - 2)} is cut off")
            return
        if plain is not None:
            read, metric, unit, divide, void = plain
            (raw,) = read(payload, start)
            if raw in void:
                said.value(metric, None, unit, metric)
            else:
                items.append(
                    Reading(
                        device=device,
                        metric=metric,
                        time=time,
                        value=raw / divide,
                        unit=unit,
                        quality=quality,
                        code=metric,
                    )
                )
        elif tell is not None:
            tell(said, payload[start:at])


def _named(payload: bytes, at: int) -> str:
    pair = payload[at : at + 2]
    return f"channel {pair.hex(' ').upper()}" if len(pair) > 1 else "part of a channel"
