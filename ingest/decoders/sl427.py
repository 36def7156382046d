"""Decode SL/T 427-2021 reports of water resource stations. Pure and total; a wrong checksum never becomes a reading.

The device id is the address field, ten hex characters in wire order. The topic `sl427/{area}/{station}` names the only station that
may speak on it. Numbers are BCD, low byte first.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from ingest.device_clock import beijing_time, is_believable
from ingest.hex_text import unhex
from ingest.readings import Decoded, Decoder, DeviceId, DeviceState, Fact, Quality, Reading, Reason, Rejection
from ingest.speaker import speaker

__all__ = ["DECODER", "decode"]

EARLIEST: Final = datetime(2012, 1, 1, tzinfo=UTC)  # the protocol's first edition: an earlier clock was never set
_START: Final = re.compile(rb"\x68(?=(?s:.)\x68)|\x68(?=(?s:.)?\Z)")
_HEAD, _LEAST = 3, 7  # 68 L 68; control, address, function code
_END, _UP, _DIVIDED = 0x16, 0x80, 0x40
_HEARTBEAT, _REALTIME, _ALARM, _BY_HAND, _VOLTAGE = 0x02, 0xC0, 0x81, 0x82, 0x84
_REPORTS: Final = frozenset({_REALTIME, _ALARM, _BY_HAND})
_FALSE_STARTS: Final = 5_000
_TIME, _STATUS = 7, 2  # bytes of the time mark, and of each of the two status words
_NOT_TAKEN: Final = {0x61: "picture", 0x83: "picture", 0xB0: "answer to a question"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """What a function number of the control byte means: a quantity in `size` bytes with implied decimals."""

    metric: str
    unit: str
    size: int
    decimals: int
    is_signed: bool = False


_KINDS: Final = {
    1: _Kind(metric="rain", unit="mm", size=3, decimals=1),
    2: _Kind(metric="stage", unit="m", size=4, decimals=3, is_signed=True),
    3: _Kind(metric="flow", unit="m3/s", size=5, decimals=3, is_signed=True),
    4: _Kind(metric="velocity", unit="m/s", size=3, decimals=3, is_signed=True),
    5: _Kind(metric="gate_opening", unit="m", size=3, decimals=2),
    13: _Kind(metric="voltage", unit="V", size=2, decimals=2),
}
_FLOW: Final = 3
# Alarm word: the bits that make a fact true. Bits 6 (pump) and 10 (card) are states and no alarms.
_FACTS: Final[Mapping[Fact, Mapping[int, str]]] = {
    Fact.MAINS_LOST: {0: "mains"},
    Fact.BATTERY_LOW: {1: "battery"},
    Fact.LEVEL_HIGH: {2: "level"},
    Fact.FAULT: {5: "flow meter", 7: "level meter"},
    Fact.OTHER: {3: "flow limit", 4: "quality limit", 8: "pressure limit", 11: "set value", 12: "water left"},
    Fact.TAMPER: {13: "door"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """One frame whose checksum is right."""

    control: int
    station: str
    function: int
    data: bytes


def decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:
    """Decode every frame in `payload`, binary or hex text; heartbeats add nothing to the list."""
    allowed = speaker(topic, "sl427")
    data = payload
    if not payload.startswith(b"\x68"):
        text = unhex(payload, "68")
        data = payload if text is None else text
    decoded: list[Decoded] = []
    for found in _frames(data):
        decoded += [found] if isinstance(found, Rejection) else _frame(found, allowed, received)
    return decoded


TOPICS: Final = ("sl427/+/+",)
DECODER: Final[Decoder] = decode


def checksum(data: bytes) -> int:
    """Compute CRC-8 with the polynomial E5 and initial 0, over control to data."""
    register = 0
    for byte in data:
        register = _TABLE[register ^ byte]
    return register


def _entry(register: int) -> int:
    for _ in range(8):
        register = (register << 1 ^ 0xE5 if register & 0x80 else register << 1) & 0xFF
    return register


_TABLE: Final = tuple(_entry(register) for register in range(256))


def _frames(data: bytes) -> Iterator[_Frame | Rejection]:
    """Yield the frames in order, and one rejection for each damaged stretch; after 5,000 false starts nothing more is looked for."""
    at, told, found, false_starts = 0, False, False, 0
    while false_starts < _FALSE_STARTS and (match := _START.search(data, at)):
        outcome, at = _try(data, match.start())
        if isinstance(outcome, _Frame):
            found, told = True, False
            yield outcome
            continue
        false_starts += 1
        if not told:
            found = told = True
            yield outcome
    if not found:
        yield Rejection(reason=Reason.MALFORMED, detail="no frame in it")


def _try(data: bytes, start: int) -> tuple[_Frame | Rejection, int]:
    """Read a frame at `start`; the offset after it, or after its first byte, comes with it."""
    if start + _HEAD > len(data):
        return Rejection(reason=Reason.TRUNCATED, detail="the beginning of a frame"), len(data)
    length = data[start + 1]
    stop = start + _HEAD + length
    if stop + 2 > len(data):
        return Rejection(reason=Reason.TRUNCATED, detail=f"{stop + 2 - len(data)} bytes missing"), start + 1
    user = data[start + _HEAD : stop]
    if data[stop + 1] != _END or length < _LEAST:
        return Rejection(reason=Reason.MALFORMED, detail="no end mark where the length says"), start + 1
    if checksum(user) != data[stop]:
        return Rejection(reason=Reason.CHECKSUM, detail=f"frame of {length + 5} bytes"), start + 1
    shift = 1 if user[0] & _DIVIDED else 0  # the number of a part follows the control byte
    frame = _Frame(
        control=user[0],
        station=user[1 + shift : 6 + shift].hex().upper(),
        function=user[6 + shift] if len(user) > 6 + shift else 0,
        data=user[7 + shift :],
    )
    return frame, stop + 2


def _frame(frame: _Frame, allowed: str | None, received: datetime) -> Iterator[Decoded]:
    if allowed is not None and frame.station != allowed:
        detail = f"station {frame.station} on the topic of {allowed[:40]}"
        yield Rejection(reason=Reason.FOREIGN_DEVICE, detail=detail)
    elif not frame.control & _UP:
        yield Rejection(reason=Reason.DOWNLINK, detail=f"function {frame.function:02X}")
    elif frame.function == _HEARTBEAT:
        return
    elif frame.control & _DIVIDED:
        yield Rejection(reason=Reason.UNSUPPORTED, detail="one part of several")
    elif frame.function == _VOLTAGE:
        yield from _values(_KINDS[13], frame, frame.data[:2], received, Quality.GOOD)
    elif frame.function in _REPORTS:
        yield from _report(frame, received)
    else:
        detail = _NOT_TAKEN.get(frame.function, f"function {frame.function:02X}")
        yield Rejection(reason=Reason.UNSUPPORTED, detail=detail)


def _report(frame: _Frame, received: datetime) -> Iterator[Decoded]:
    """Read values, alarm word, terminal word and time mark; in an alarm report the alarm word comes first."""
    data = frame.data
    if len(data) < _TIME + 2 * _STATUS:
        yield Rejection(reason=Reason.MALFORMED, detail="no status and time")
        return
    time, trust = _time(data[-_TIME:], received)
    if frame.function == _ALARM:
        word, values = data[:_STATUS], data[_STATUS : -_TIME - _STATUS]
    else:
        word, values = data[-_TIME - 2 * _STATUS : -_TIME - _STATUS], data[: -_TIME - 2 * _STATUS]
    kind = _KINDS.get(frame.control & 0x0F)
    if kind is not None:
        yield from _values(kind, frame, values, time, trust)
    elif values:
        yield Rejection(reason=Reason.UNSUPPORTED, detail=f"quantity {frame.control & 0x0F}")
    yield from _facts(frame, int.from_bytes(word, "little"), time, trust)


def _values(kind: _Kind, frame: _Frame, data: bytes, time: datetime, trust: Quality) -> Iterator[Decoded]:
    """Read the values in turn: the first has the plain name, the others a number after it."""
    for number in range(len(data) // kind.size):
        raw = data[number * kind.size : (number + 1) * kind.size]
        value, unit = _value(kind, raw)
        yield Reading(
            device=DeviceId(frame.station),
            metric=kind.metric if number == 0 else f"{kind.metric}_{number + 1}",
            time=time,
            value=value,
            unit=unit,
            quality=Quality.MISSING if value is None else trust,
            code=f"{frame.function:02X}.{frame.control & 0x0F:X}",
            relative=kind.metric == "stage",
        )
    if len(data) % kind.size:
        yield Rejection(reason=Reason.MALFORMED, detail=f"{len(data) % kind.size} bytes are no whole value")


def _value(kind: _Kind, raw: bytes) -> tuple[float | None, str]:
    """Read one value and its unit; None for AA and FF filling, and for what is no BCD."""
    if raw.count(0xAA) == len(raw) or raw.count(0xFF) == len(raw):
        return None, kind.unit
    digits, unit, is_negative = raw[::-1].hex(), kind.unit, False
    if kind is _KINDS[_FLOW]:  # the highest byte holds sign, unit and one digit (table 35)
        is_negative = raw[-1] >> 6 == 3  # noqa: PLR2004 -- both bits
        unit = "m3/h" if raw[-1] >> 4 & 3 == 3 else kind.unit  # noqa: PLR2004
        digits = digits[1:]
    elif kind.is_signed and digits[0] == "f":
        is_negative, digits = True, digits[1:]
    if not digits.isdecimal():
        return None, unit
    value = int(digits) / 10**kind.decimals
    return -value if is_negative else value, unit


def _facts(frame: _Frame, word: int, time: datetime, trust: Quality) -> Iterator[DeviceState]:
    """State every fact of the alarm word true or false: the word is complete, so a 0 is evidence of recovery."""
    for fact, bits in _FACTS.items():
        names = [name for bit, name in bits.items() if word >> bit & 1]
        yield DeviceState(
            device=DeviceId(frame.station),
            fact=fact,
            active=bool(names),
            time=time,
            quality=trust,
            code="alarm",
            text=", ".join(names),
        )


def _time(raw: bytes, received: datetime) -> tuple[datetime, Quality]:
    """Read second, minute, hour, day, month, year in BCD (Beijing time); the seventh byte is a delay that was allowed for."""
    digits = raw[:6].hex()
    if digits.isdecimal():
        second, minute, hour, day, month, year = (int(digits[at : at + 2]) for at in range(0, 12, 2))
        time = beijing_time(2000 + year, month, day, hour, minute, second)
        if time is not None and is_believable(time, received, EARLIEST):
            return time, Quality.GOOD
    return received, Quality.UNCERTAIN_TIME
