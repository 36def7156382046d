"""GB/T 26875.3-2011 for a bridge: frames and the centre's acknowledgement (clause 6.3). Pure.

The header of an acknowledgement carries the centre's time, in the coding of the device's own: devices set their clocks by it. A
device's question for the time (request, type 90) has no answer in the standard and gets none.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from gridwatch.bridge.frames import Cut, Frame, More, Skip
from ingest.decoders.gb26875_3.times import binary_time
from ingest.device_clock import BEIJING, bcd_time

_HEAD, _AROUND, _LONGEST = 27, 30, 1024
_SHORT: Final = 12  # a short heartbeat; a frame has month and year where that ends
_SEND, _ACKNOWLEDGE, _DENY = 2, 3, 6
_ACKNOWLEDGED: Final = frozenset({0, _SEND, 7, 128, 254})  # beside data makers' registration (0) and keepalives
_FROM_CENTRE: Final = frozenset({1, _ACKNOWLEDGE, 4, _DENY})  # both sides say these; none carries data of a device


class OnBadChecksum(StrEnum):
    """What a frame with a wrong checksum is told."""

    DENY = "deny"
    SILENCE = "silence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gb26875:
    """The dialect, which is its own conversation: no answer depends on another."""

    on_bad_checksum: OnBadChecksum = OnBadChecksum.DENY
    root: str = "gb26875"

    def cut(self, data: bytes, *, is_last: bool) -> Cut:
        """Find a frame in front of `data`."""
        start = data.find(b"@@")
        if start < 0:
            start = len(data) - data.endswith(b"@")
        if start:
            return Skip(size=start)
        if data[_SHORT - 2 : _SHORT] == b"##":
            return Skip(size=_SHORT)
        length = int.from_bytes(data[24:26], "little")
        size = _HEAD if len(data) < _HEAD else _AROUND + length
        if len(data) < size and length <= _LONGEST:
            return Skip(size=1) if is_last else More(size=size)
        raw = data[:size]
        if length > _LONGEST or raw[-2:] != b"##":
            return Skip(size=1)
        device = raw[12:18].hex().upper()
        if sum(raw[2:-3]) & 0xFF != raw[-3]:
            return Skip(size=1, found=Frame(raw=raw, device=device, is_right=False))
        return Frame(raw=raw, device=device, is_up=raw[26] not in _FROM_CENTRE)

    def talk(self) -> "Gb26875":
        """Begin a conversation."""
        return self

    def answer(self, frame: Frame, now: datetime) -> bytes:
        """Acknowledge data, deny what is damaged."""
        command = frame.raw[26]
        if not frame.is_right:
            denies = self.on_bad_checksum is OnBadChecksum.DENY and command not in _FROM_CENTRE
            return _down(frame.raw, _DENY, now) if denies else b""
        return _down(frame.raw, _ACKNOWLEDGE, now) if command in _ACKNOWLEDGED else b""


def _down(raw: bytes, command: int, now: datetime) -> bytes:
    """Write a frame without data: same serial and version, the centre's time, source and destination exchanged."""
    control = raw[2:6] + _time(raw[6:12], now) + raw[18:24] + raw[12:18] + b"\x00\x00" + bytes([command])
    return b"@@" + control + bytes([sum(control) & 0xFF]) + b"##"


def _time(theirs: bytes, now: datetime) -> bytes:
    """Write the time as the device does: in BCD if its own is nearer to now that way, otherwise in binary."""
    binary, bcd = binary_time(theirs), bcd_time(theirs)
    is_bcd = bcd is not None and (binary is None or abs(bcd - now) < abs(binary - now))
    here = now.astimezone(BEIJING)
    parts = (here.second, here.minute, here.hour, here.day, here.month, here.year % 100)
    return bytes(part // 10 * 16 + part % 10 if is_bcd else part for part in parts)
