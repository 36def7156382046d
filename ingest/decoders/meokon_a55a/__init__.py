"""Decode reports of MEOKON (上海铭控) wireless meters: hydrant pressure, tank level, immersion, tilt. Pure and total.

The device id is the meter's own, 12 characters (`SHMK19060013`). The topics `GIOT-GW/UL/{id}` and `meokon/{area}/{id}` name
the only meter that may speak on them.

A frame holds what was recorded since the last one that was answered, oldest first, an interval apart back from the time of the
last; each has its own time. The current value is of the same instant or a little later: where it differs from the last record it
is told a second after it. How late is too late to judge is not decided here.
"""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from ingest.decoders.meokon_a55a.frame import frames
from ingest.decoders.meokon_a55a.kinds import Kind, claims_of, kind_of
from ingest.instants import settle
from ingest.readings import Decoded, Decoder, DeviceId, DeviceState, Quality, Reading, Reason, Rejection
from ingest.speaker import speaker

__all__ = ["DECODER", "decode"]

_UPLOAD, _REPLY, _ACK = 0x00, 0x04, 0xFF
_HEAD: Final = 25  # start mark to alarm byte
_FULL: Final = 20  # steps of 5 %
_ON_MAINS_ONLY: Final = 0b10
_SECOND: Final = timedelta(seconds=1)
_GOOD, _MISSING = Quality.GOOD, Quality.MISSING
_MOST: Final = 1024  # records; a meter stores 600
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


@lru_cache(maxsize=4096)  # a meter says all its messages on one topic
def _on_giot(topic: str) -> str | None:
    """Give the meter of `GIOT-GW/UL/{id}`; other levels may stand before it."""
    levels = topic.split("/")
    at = levels.index("GIOT-GW") + 2 if "GIOT-GW" in levels else len(levels)
    return levels[at].upper() if at < len(levels) else None


def _frame(frame: bytes, allowed: str | None, received: datetime) -> list[Decoded]:
    command, name = frame[2], frame[5:17].decode("ascii", "replace").strip("\x00 ")
    if command == _UPLOAD and len(frame) >= _HEAD + 4 and name.isascii() and name.isalnum():
        if allowed is None or name.upper() == allowed:
            return _report(DeviceId(name), frame, received)
        return [Rejection(reason=Reason.FOREIGN_DEVICE, detail=f"meter {name} on the topic of {allowed}")]
    if command == _ACK:
        return [Rejection(reason=Reason.DOWNLINK, detail="acknowledgement")]
    if command == _UPLOAD:
        return [Rejection(reason=Reason.MALFORMED, detail="no id of letters and digits, or no time")]
    what = "answer to a setting" if command == _REPLY else f"command {command}"
    return [Rejection(reason=Reason.UNSUPPORTED, detail=what)]


def _report(device: DeviceId, frame: bytes, received: datetime) -> list[Decoded]:
    kind = kind_of(frame[23])
    count = frame[21] << 8 | frame[22]
    width = kind.layout.size if kind else 0
    limits = len(frame) - _HEAD - 4 - width * (count + 1)
    if kind is None or limits not in _LIMITS or count > _MOST:
        # The record's layout is unknown, and with it where the time stands: the state in front of it is told as it is.
        refused = Rejection(reason=Reason.UNSUPPORTED, detail=f"type {frame[23]} with {count} records")
        return [*_state(device, frame, received, _GOOD), refused]
    at = _HEAD + limits
    time, quality = settle(float(int.from_bytes(frame[at + width : at + width + 4], "big")), received)
    interval = (frame[19] << 8 | frame[20]) * _SECOND
    current, records = frame[at : at + width], frame[at + width + 4 :]
    if count and not interval:
        records = records[-width:]  # taken without a pause: only of the last is the time known
    said = _state(device, frame, time, quality)
    first = time - (len(records) // width - 1) * interval
    said += _records(device, kind, records, (first, quality), interval)
    if records[-width:] != current:
        after = time + _SECOND if count else time
        said += _records(device, kind, current, (after, quality), interval)
    return said


def _records(
    device: DeviceId, kind: Kind, raw: bytes, first: tuple[datetime, Quality], interval: timedelta
) -> list[Decoded]:
    """Say every channel of records, an interval apart; the ends of the range and what is no number are missing."""
    said: list[Decoded] = []
    time, quality = first
    for values in kind.layout.iter_unpack(raw):
        for (metric, unit, scale, factor, void), counts in zip(kind.channels, values, strict=True):
            value: float | None = counts / scale * factor
            if counts in void or counts - counts != 0:  # infinite, or not a number
                value = None
            trust = _MISSING if value is None else quality
            said.append(Reading(device=device, metric=metric, time=time, value=value, unit=unit, quality=trust))
        time += interval
    return said


def _state(device: DeviceId, frame: bytes, time: datetime, quality: Quality) -> list[Decoded]:
    """State what is in front of the records: the alarm bits, all of them, charge and signal."""
    power, signal = frame[17], frame[18]
    said: list[Decoded] = [
        DeviceState(device=device, fact=fact, active=active, time=time, quality=quality, code=code)
        for fact, active, code in claims_of(frame[23], frame[24])
    ]
    steps = power & 0x1F
    if power >> 5 & 0b11 != _ON_MAINS_ONLY:
        charge = None if steps > _FULL else steps * 5.0
        known = _MISSING if charge is None else quality
        said.append(Reading(device=device, metric="battery", time=time, value=charge, unit="%EL", quality=known))
    level = signal - 256.0 if signal > 127 else None  # noqa: PLR2004 -- signed; zero and above is no reception
    known = _MISSING if level is None else quality
    said.append(Reading(device=device, metric="rssi", time=time, value=level, unit="dBm", quality=known))
    return said
