"""Decode SL/T 427-2021 and SZY 206 reports of water resource stations. Pure and total; a wrong checksum is never a reading.

The device id is the address field, ten hex characters in wire order. The topic `sl427/{area}/{station}` names the only station that
may speak on it. Numbers are BCD, low byte first.
"""

import re
from datetime import datetime
from typing import Final

from ingest.decoders.sl427.report import ALARM, ANSWER, BY_HAND, REALTIME, STATUS, Report
from ingest.hex_text import unhex
from ingest.readings import Decoded, Decoder, DeviceId, Reason, Rejection
from ingest.speaker import speaker

__all__ = ["DECODER", "STORABLE", "decode"]

_START: Final = re.compile(rb"\x68(?=(?s:.)\x68)|\x68(?=(?s:.)?\Z)")
_HEAD, _LEAST = 3, 7  # 68 L 68; control, address, function code
_END, _UP, _DIVIDED = 0x16, 0x80, 0x40
_HEARTBEAT, _VOLTAGE = 0x02, 0x84
_READ: Final = frozenset({REALTIME, ALARM, BY_HAND, ANSWER, STATUS})
_PICTURES: Final = frozenset({0x61, 0x83})
_FALSE_STARTS: Final = 5_000


def decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:
    """Decode every frame in `payload`, binary or hex text; heartbeats add nothing to the list."""
    allowed = speaker(topic, "sl427")
    decoded: list[Decoded] = []
    for found in _frames(_binary(payload)):
        if isinstance(found, Rejection):
            decoded.append(found)
        else:
            decoded += _frame(found, allowed, received)
    return decoded


TOPICS: Final = ("sl427/+/+",)
DECODER: Final[Decoder] = decode


def storable(payload: bytes) -> bytes:
    """Give what may be kept of a raw payload: of a picture, which can show people, no more than the frame's header.

    Checksums are not asked: of a damaged picture no more is kept than of a whole one.
    """
    data = _binary(payload)
    for match in _START.finditer(data):
        control = match.start() + _HEAD
        function = control + 6 + (len(data) > control and data[control] & _DIVIDED > 0)
        if len(data) > function and data[function] in _PICTURES:
            return data[: function + 1]
    return payload


STORABLE: Final = storable


def _binary(payload: bytes) -> bytes:
    if payload.startswith(b"\x68"):
        return payload
    text = unhex(payload, "68")
    return payload if text is None else text


def checksum(data: bytes) -> int:
    """Compute CRC-8 with the polynomial E5 and initial 0, over control to data."""
    register, table = 0, _TABLE
    for byte in data:
        register = table[register ^ byte]
    return register


def _entry(register: int) -> int:
    for _ in range(8):
        register = (register << 1 ^ 0xE5 if register & 0x80 else register << 1) & 0xFF
    return register


_TABLE: Final = tuple(_entry(register) for register in range(256))


def _frames(data: bytes) -> list[bytes | Rejection]:
    """Give what is in the frames, in order, and one rejection for each damaged stretch.

    What is in a frame is control to data: its checksum is right. After 5,000 false starts nothing more is looked for.
    """
    said: list[bytes | Rejection] = []
    at, is_told, false_starts = 0, False, 0
    while at < len(data) and false_starts < _FALSE_STARTS and (match := _START.search(data, at)):
        outcome, at = _try(data, match.start())
        if isinstance(outcome, Rejection):
            false_starts += 1
            if is_told:
                continue
        is_told = isinstance(outcome, Rejection)
        said.append(outcome)
    return said or [Rejection(reason=Reason.MALFORMED, detail="no frame in it")]


def _try(data: bytes, start: int) -> tuple[bytes | Rejection, int]:
    """Read a frame at `start`; the offset after it, or after its first byte, comes with it."""
    if start + _HEAD > len(data):
        return Rejection(reason=Reason.TRUNCATED, detail="the beginning of a frame"), len(data)
    length = data[start + 1]
    stop = start + _HEAD + length
    if stop + 2 > len(data):
        return Rejection(reason=Reason.TRUNCATED, detail=f"{stop + 2 - len(data)} bytes missing"), start + 1
    if data[stop + 1] != _END or length < _LEAST:
        return Rejection(reason=Reason.MALFORMED, detail="no end mark where the length says"), start + 1
    inner = data[start + _HEAD : stop]
    if checksum(inner) != data[stop]:
        return Rejection(reason=Reason.CHECKSUM, detail=f"frame of {length + 5} bytes"), start + 1
    return inner, stop + 2


def _frame(inner: bytes, allowed: str | None, received: datetime) -> list[Decoded]:
    control = inner[0]
    at = 2 if control & _DIVIDED else 1  # the number of a part follows the control byte
    station = inner[at : at + 5].hex().upper()
    function, data = inner[at + 5] if len(inner) > at + 5 else 0, inner[at + 6 :]
    if allowed is not None and station != allowed:
        detail = f"station {station} on the topic of {allowed[:40]}"
        return [Rejection(reason=Reason.FOREIGN_DEVICE, detail=detail)]
    if not control & _UP:
        return [Rejection(reason=Reason.DOWNLINK, detail=f"function {function:02X}")]
    if function == _HEARTBEAT:
        return []
    if control & _DIVIDED and function not in _PICTURES:
        return [Rejection(reason=Reason.UNSUPPORTED, detail="one part of several")]
    if function not in _READ and function != _VOLTAGE:
        detail = "picture" if function in _PICTURES else f"function {function:02X}"
        return [Rejection(reason=Reason.UNSUPPORTED, detail=detail)]
    report = Report(DeviceId(station), function, control & 0x0F, received)
    if function == _VOLTAGE:
        report.voltage(data)
    else:
        report.read(data)
    return report.said
