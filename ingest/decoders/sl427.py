"""Decode SL/T 427-2021 reports of water resource stations. Pure and total; a wrong checksum never becomes a reading.

The device id is the address field, ten hex characters in wire order. The topic `sl427/{area}/{station}` names the only station that
may speak on it. Numbers are BCD, low byte first.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Final

from msgspec import Struct

from ingest.device_clock import is_believable
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
_TIME, _STATUS = 7, 2  # bytes of the time mark (the last is a delay that was allowed for), and of each status word
_NOT_TAKEN: Final = {0x61: "picture", 0x83: "picture", 0xB0: "answer to a question"}


class _Kind(Struct, frozen=True, kw_only=True, gc=False):
    """What a function number of the control byte means: a quantity in `size` bytes, `scale` counts to the unit.

    `is_level`: above the station's own base. `is_flow`: the highest byte holds sign, unit and one digit (table 35).
    """

    metric: str
    unit: str
    size: int
    scale: int
    is_signed: bool = False
    is_level: bool = False
    is_flow: bool = False


_KINDS: Final = {
    1: _Kind(metric="rain", unit="mm", size=3, scale=10),
    2: _Kind(metric="stage", unit="m", size=4, scale=1_000, is_signed=True, is_level=True),
    3: _Kind(metric="flow", unit="m3/s", size=5, scale=1_000, is_flow=True),
    4: _Kind(metric="velocity", unit="m/s", size=3, scale=1_000, is_signed=True),
    5: _Kind(metric="gate_opening", unit="m", size=3, scale=100),
    13: _Kind(metric="voltage", unit="V", size=2, scale=100),
}
_GOOD, _MISSING = Quality.GOOD, Quality.MISSING
_BEIJING_AHEAD: Final = timedelta(hours=8)
# Alarm word: the bits that make a fact true. Bits 6 (pump) and 10 (card) are states and no alarms.
_FACTS: Final[Mapping[Fact, Mapping[int, str]]] = {
    Fact.MAINS_LOST: {0: "mains"},
    Fact.BATTERY_LOW: {1: "battery"},
    Fact.LEVEL_HIGH: {2: "level"},
    Fact.FAULT: {5: "flow meter", 7: "level meter"},
    Fact.OTHER: {3: "flow limit", 4: "quality limit", 8: "pressure limit", 11: "set value", 12: "water left"},
    Fact.TAMPER: {13: "door"},
}


def decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:
    """Decode every frame in `payload`, binary or hex text; heartbeats add nothing to the list."""
    allowed = speaker(topic, "sl427")
    data = payload
    if not payload.startswith(b"\x68"):
        text = unhex(payload, "68")
        data = payload if text is None else text
    decoded: list[Decoded] = []
    for found in _frames(data):
        if isinstance(found, Rejection):
            decoded.append(found)
        else:
            decoded += _frame(found, allowed, received)
    return decoded


TOPICS: Final = ("sl427/+/+",)
DECODER: Final[Decoder] = decode


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
    if control & _DIVIDED:
        return [Rejection(reason=Reason.UNSUPPORTED, detail="one part of several")]
    report = _Report(DeviceId(station), function, control & 0x0F)
    if function in _REPORTS:
        report.read(data, received)
    elif function == _VOLTAGE:
        report.values(_KINDS[13], data[:2], received, _GOOD)
    else:
        detail = _NOT_TAKEN.get(function, f"function {function:02X}")
        report.said.append(Rejection(reason=Reason.UNSUPPORTED, detail=detail))
    return report.said


class _Report:
    """What one frame says of its station. `kind` is the number of the quantity in it."""

    def __init__(self, device: DeviceId, function: int, kind: int) -> None:
        self._device = device
        self._function = function
        self._kind = kind
        self.said: list[Decoded] = []

    def read(self, data: bytes, received: datetime) -> None:
        """Read values, alarm word, terminal word and time mark; in an alarm report the alarm word comes first."""
        if len(data) < _TIME + 2 * _STATUS:
            self.said.append(Rejection(reason=Reason.MALFORMED, detail="no status and time"))
            return
        time, trust = _time(data[-_TIME:-1], received)
        if self._function == _ALARM:
            word, values = data[:_STATUS], data[_STATUS : -_TIME - _STATUS]
        else:
            word, values = data[-_TIME - 2 * _STATUS : -_TIME - _STATUS], data[: -_TIME - 2 * _STATUS]
        kind = _KINDS.get(self._kind)
        if kind is not None:
            self.values(kind, values, time, trust)
        elif values:
            self.said.append(Rejection(reason=Reason.UNSUPPORTED, detail=f"quantity {self._kind}"))
        device = self._device
        self.said += [
            DeviceState(device=device, fact=fact, active=active, time=time, quality=trust, code="alarm", text=text)
            for fact, active, text in _claims(word[0], word[1])
        ]

    def values(self, kind: _Kind, data: bytes, time: datetime, trust: Quality) -> None:
        """Read the values in turn: the first has the plain name, the others a number after it."""
        code = _code(self._function, self._kind)
        for at in range(0, len(data) - kind.size + 1, kind.size):
            value, unit = _value(kind, data[at : at + kind.size])
            self.said.append(
                Reading(
                    device=self._device,
                    metric=f"{kind.metric}_{at // kind.size + 1}" if at else kind.metric,
                    time=time,
                    value=value,
                    unit=unit,
                    quality=_MISSING if value is None else trust,
                    code=code,
                    relative=kind.is_level,
                )
            )
        if len(data) % kind.size:
            detail = f"{len(data) % kind.size} bytes are no whole value"
            self.said.append(Rejection(reason=Reason.MALFORMED, detail=detail))


@cache
def _code(function: int, kind: int) -> str:
    return f"{function:02X}.{kind:X}"


def _value(kind: _Kind, raw: bytes) -> tuple[float | None, str]:
    """Read one value and its unit; None for AA and FF filling, and for what is no BCD."""
    digits, unit, is_negative = raw[::-1].hex(), kind.unit, False
    if not digits.isdecimal() and (raw.count(0xAA) == len(raw) or raw.count(0xFF) == len(raw)):
        return None, unit
    if kind.is_flow:
        is_negative = raw[-1] >> 6 == 3  # noqa: PLR2004 -- both bits
        unit = "m3/h" if raw[-1] >> 4 & 3 == 3 else unit  # noqa: PLR2004
        digits = digits[1:]
    elif kind.is_signed and digits[0] == "f":
        is_negative, digits = True, digits[1:]
    if not digits.isdecimal():
        return None, unit
    value = int(digits) / kind.scale
    return -value if is_negative else value, unit


@lru_cache(maxsize=1024)  # of 65,536 words the same few come
def _claims(low: int, high: int) -> tuple[tuple[Fact, bool, str], ...]:
    """Read every fact of the alarm word as true or false, with what makes it true: a 0 is evidence of recovery."""
    word = high << 8 | low
    found = [(fact, [name for bit, name in bits.items() if word >> bit & 1]) for fact, bits in _FACTS.items()]
    return tuple((fact, bool(names), ", ".join(names)) for fact, names in found)


def _time(raw: bytes, received: datetime) -> tuple[datetime, Quality]:
    """Read second, minute, hour, day, month, year in BCD (Beijing time)."""
    digits = raw[::-1].hex()
    if digits.isdecimal():
        try:
            time = datetime.fromisoformat(f"20{digits[:6]}T{digits[6:]}Z") - _BEIJING_AHEAD
        except ValueError:
            return received, Quality.UNCERTAIN_TIME
        if is_believable(time, received, EARLIEST):
            return time, _GOOD
    return received, Quality.UNCERTAIN_TIME
