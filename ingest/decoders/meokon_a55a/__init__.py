"""Decode reports of MEOKON (上海铭控) wireless meters: hydrant pressure, tank level, immersion, tilt. Pure and total.

The device id is the meter's own, 12 characters (`SHMK19060013`). The topics `GIOT-GW/UL/{id}` and `meokon/{area}/{id}` name
the only meter that may speak on them.

A frame holds what was recorded since the last one that was answered, oldest first, an interval apart back from the time of the
last; each has its own time. The current value is of the same instant or a little later: where it differs from the last record it
is told a second after it. How late is too late to judge is not decided here.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from ingest.decoders.meokon_a55a.frame import frames
from ingest.decoders.meokon_a55a.kinds import Channel, Kind, bits_of, kind_of
from ingest.instants import settle
from ingest.readings import Decoded, Decoder, DeviceId, DeviceState, Quality, Reading, Reason, Rejection
from ingest.speaker import speaker

__all__ = ["DECODER", "decode"]

_UPLOAD, _REPLY, _ACK = 0x00, 0x04, 0xFF
_HEAD: Final = 25  # start mark to alarm byte
_FULL: Final = 20  # steps of 5 %
_ON_MAINS_ONLY: Final = 0b10
_SECOND: Final = timedelta(seconds=1)
_LIMITS: Final = frozenset({0, 4, 8, 12, 16})  # bytes of limits: pairs of two or four bytes


def decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:
    """Decode every frame in `payload`, bytes or hex text, that arrived on `topic` at `received` (aware UTC)."""
    allowed = speaker(topic, "meokon") or _on_giot(topic)
    decoded: list[Decoded] = []
    for found in frames(payload):
        if isinstance(found, Rejection):
            decoded.append(found)
        else:
            decoded += _frame(found, allowed, received)
    return decoded


TOPICS: Final = ("GIOT-GW/UL/+", "meokon/+/+")
DECODER: Final[Decoder] = decode


def _on_giot(topic: str) -> str | None:
    """Give the meter of `GIOT-GW/UL/{id}`; other levels may stand before it."""
    levels = topic.split("/")
    at = levels.index("GIOT-GW") + 2 if "GIOT-GW" in levels else len(levels)
    return levels[at].upper() if at < len(levels) else None


def _frame(frame: bytes, allowed: str | None, received: datetime) -> Iterator[Decoded]:
    command, name = frame[2], frame[5:17].decode("ascii", "replace").strip("\x00 ")
    if command == _ACK:
        yield Rejection(reason=Reason.DOWNLINK, detail="acknowledgement")
    elif not (name.isascii() and name.isalnum()):
        yield Rejection(reason=Reason.MALFORMED, detail="the meter's id is no text")
    elif allowed is not None and name.upper() != allowed:
        yield Rejection(reason=Reason.FOREIGN_DEVICE, detail=f"meter {name} on the topic of {allowed}")
    elif command != _UPLOAD:
        what = "answer to a setting" if command == _REPLY else f"command {command}"
        yield Rejection(reason=Reason.UNSUPPORTED, detail=what)
    elif len(frame) < _HEAD + 4:
        yield Rejection(reason=Reason.MALFORMED, detail="no time in the report")
    else:
        yield from _report(DeviceId(name), frame, received)


def _report(device: DeviceId, frame: bytes, received: datetime) -> Iterator[Decoded]:
    kind = kind_of(frame[23])
    count = int.from_bytes(frame[21:23], "big")
    width = kind.layout.size if kind else 0
    limits = len(frame) - _HEAD - 4 - width * (count + 1)
    if kind is None or limits not in _LIMITS:
        # The record's layout is unknown, and with it where the time stands: the state in front of it is told as it is.
        yield from _state(device, frame, received, Quality.GOOD)
        yield Rejection(reason=Reason.UNSUPPORTED, detail=f"type {frame[23]} with {count} records")
        return
    at = _HEAD + limits
    seconds = int.from_bytes(frame[at + width : at + width + 4], "big")
    time, quality = settle(float(seconds), received)
    yield from _state(device, frame, time, quality)
    interval = int.from_bytes(frame[19:21], "big")
    current, records = frame[at : at + width], frame[at + width + 4 :]
    if count and interval == 0:
        records = records[-width:]  # taken without a pause: only of the last is the time known
    yield from _records(device, kind, records, _Clock(time, quality, interval))
    if records[-width:] != current:
        yield from _record(
            device, kind, kind.layout.unpack(current), time + (_SECOND if count else timedelta()), quality
        )


class _Clock:
    """The times of a frame's records: the last one's, and what lies between two."""

    def __init__(self, last: datetime, quality: Quality, interval_s: int) -> None:
        self.last = last
        self.quality = quality
        self.interval_s = interval_s


def _records(device: DeviceId, kind: Kind, records: bytes, clock: _Clock) -> Iterator[Reading]:
    behind = len(records) // kind.layout.size - 1
    for values in kind.layout.iter_unpack(records):
        time = clock.last - timedelta(seconds=behind * clock.interval_s) if behind else clock.last
        yield from _record(device, kind, values, time, clock.quality)
        behind -= 1


def _record(
    device: DeviceId, kind: Kind, values: tuple[float, ...], time: datetime, quality: Quality
) -> Iterator[Reading]:
    for channel, counts in zip(kind.channels, values, strict=True):
        value = _value(channel, counts)
        yield Reading(
            device=device,
            metric=channel.metric,
            time=time,
            value=value,
            unit=channel.unit,
            quality=Quality.MISSING if value is None else quality,
        )


def _value(channel: Channel, counts: float) -> float | None:
    """Give a channel's value in its unit; None for the ends of the range and for what is no number."""
    if counts in channel.void or counts - counts != 0:  # infinite, or not a number
        return None
    value = counts / channel.counts
    return value if channel.factor == 1.0 else value * channel.factor


def _state(device: DeviceId, frame: bytes, time: datetime, quality: Quality) -> Iterator[Decoded]:
    """State what is in front of the records: the alarm bits, all of them, charge and signal."""
    power, signal, word = frame[17], frame[18], frame[24]
    for fact, bits in bits_of(frame[23]).items():
        set_bits = [bit for bit in bits if word >> bit & 1]
        code = "+".join(f"bit {bit}" for bit in set_bits) or "normal"
        yield DeviceState(device=device, fact=fact, active=bool(set_bits), time=time, quality=quality, code=code)
    steps = power & 0x1F
    if power >> 5 & 0b11 != _ON_MAINS_ONLY:
        charge = None if steps > _FULL else steps * 5.0
        said = Quality.MISSING if charge is None else quality
        yield Reading(device=device, metric="battery", time=time, value=charge, unit="%EL", quality=said)
    level = signal - 256.0 if signal > 127 else None  # noqa: PLR2004 -- signed; zero and above is no reception
    said = Quality.MISSING if level is None else quality
    yield Reading(device=device, metric="rssi", time=time, value=level, unit="dBm", quality=said)
