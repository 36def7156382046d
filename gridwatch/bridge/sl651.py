"""SL 651-2014 for a bridge: frames (6.4, 6.5) and the centre's answers (6.3.1.2). Pure.

Modes M1 and M2 cannot be told apart in a frame, so every report is confirmed; a station in M1 does not listen. The packets of
M3 get one answer when all are acknowledged; where the last came and one is missing, NAK with its number (tables 19 and 23).
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from gridwatch.bridge.frames import Cut, Frame, More, Skip
from ingest.decoders.sl651.frame import crc16
from ingest.device_clock import BEIJING

_STX, _ETX, _EOT, _NAK, _SYN, _ETB, _ESC = 0x02, 0x03, 0x04, 0x15, 0x16, 0x17, 0x1B
_ENDS: Final = frozenset({0x03, 0x17, 0x04, 0x05, 0x06, 0x15, 0x1B})
_START: Final = re.compile(rb"\x7e(?=\x7e|\Z)|\x01(?=[0-9A-Fa-f]|\Z)")
_HEX_PART: Final = re.compile(rb"\x01[0-9A-Fa-f]{0,22}\Z")
_HEX_HEAD: Final = re.compile(rb"\x01[0-9A-Fa-f]{22}[\x02\x16]")
_HEX, _ASCII = 14, 24  # bytes of the header, start mark and STX or SYN included
_HEARTBEAT = 0x2F
_CONFIRMED: Final = frozenset({*range(0x30, 0x37), *range(0xE0, 0x100)})  # reports, and those of users' own (table 25)
_LENGTH_BITS = 0x0FFF
REPORTS_KEPT = 16  # unfinished multi-packet reports of one connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Sl651:
    """The dialect. `stays_online`: confirmations end with ESC and not with EOT, so the station does not hang up.

    `answers_heartbeats`: for provincial platforms that confirm them, too.
    """

    stays_online: bool = False
    answers_heartbeats: bool = False
    root: str = "sl651"

    def cut(self, data: bytes, *, is_last: bool) -> Cut:
        """Find a frame in front of `data`."""
        match = _START.search(data)
        if match is None or match.start():
            return Skip(size=len(data) if match is None else match.start())
        is_ascii = data[0] == 1
        head = _ASCII if is_ascii else _HEX
        if len(data) < head:
            may_be = _HEX_PART.match(data) if is_ascii else True
            return Skip(size=1) if is_last or not may_be else More(size=head)
        if not (_HEX_HEAD.match(data) if is_ascii else _is_head(data)):
            return Skip(size=1)
        return self._whole(data, head, is_last=is_last)

    def talk(self) -> "Conversation":
        """Begin a conversation."""
        return Conversation(self)

    def _whole(self, data: bytes, head: int, *, is_last: bool) -> Cut:
        damaged: Frame | None = None
        for size in _sizes(data, head):
            if len(data) < size:
                return Skip(size=1, found=damaged) if is_last else More(size=size)
            end = size - (5 if data[0] == 1 else 3)
            if data[end] not in _ENDS:
                continue
            raw = data[:size]
            if _crc_is_right(raw, end):
                parts = Parts.of(raw)
                return Frame(raw=raw, device=parts.station, is_up=parts.is_up)
            damaged = damaged or Frame(raw=raw, device=Parts.of(raw).station, is_right=False)
        return Skip(size=1, found=damaged)


def _is_head(data: bytes) -> bool:
    """Tell whether a HEX header is one: a stray 7E before a frame makes a false one, a byte early, with a length of anything.

    Where no packets are numbered, the high bits of the length are the direction, 0 or 8 (table 20).
    """
    return data[_HEX - 1] == _SYN or (data[_HEX - 1] == _STX and data[11] >> 4 in (0, 8))


def _sizes(data: bytes, head: int) -> list[int]:
    """Say how long the frame may be: by 12 bits of length, for packets also by 16 (table 22)."""
    is_ascii = data[0] == 1
    length = int(data[19:23], 16) if is_ascii else int.from_bytes(data[11:13], "big")
    rest = 5 if is_ascii else 3  # end mark and checksum
    sizes = [head + (length & _LENGTH_BITS) + rest]
    if data[head - 1] == _SYN and length >> 12 not in (0, 8):
        sizes.append(head + length + rest)
    return sizes


def _crc_is_right(raw: bytes, end: int) -> bool:
    computed, stated = crc16(raw[: end + 1]), raw[end + 1 :]
    return stated.upper() == f"{computed:04X}".encode() if raw[0] == 1 else stated == computed.to_bytes(2, "big")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The header of a frame as hex characters, and what an answer needs of the rest."""

    centre: str
    station: str
    password: str
    function: int
    is_up: bool
    is_ascii: bool
    is_packet: bool
    serial: int
    total: int
    number: int
    end: int

    @classmethod
    def of(cls, raw: bytes) -> "Parts":
        """Read the header of a whole frame."""
        is_ascii = raw[0] == 1
        head = _ASCII if is_ascii else _HEX
        text = raw[1:23].decode("ascii").upper() if is_ascii else raw[2:13].hex().upper()
        end = raw[-5] if is_ascii else raw[-3]
        body = raw[head : -5 if is_ascii else -3]
        is_packet = raw[head - 1] == _SYN
        numbers, serial_at = 0x001001, 0
        if is_packet:
            numbers, serial_at = _number(body, 0, 3, is_ascii=is_ascii), 3
        names_itself = body[8:15] == b"\xf1\xf1" + raw[3:8]  # a report may end like a question
        is_up = (end in (_ETX, _ETB) or names_itself) and (text[18] != "8" or len(body) > _LENGTH_BITS)
        return cls(
            centre=text[:2] if is_up else text[10:12],
            station=text[2:12] if is_up else text[:10],
            password=text[12:16],
            function=int(text[16:18], 16),
            is_up=is_up,
            is_ascii=is_ascii,
            is_packet=is_packet,
            serial=_number(body, serial_at, 2, is_ascii=is_ascii),
            total=numbers >> 12,
            number=numbers & 0xFFF,
            end=end,
        )


def _number(body: bytes, at: int, size: int, *, is_ascii: bool) -> int:
    if not is_ascii:
        return int.from_bytes(body[at : at + size], "big")
    digits = body[2 * at : 2 * (at + size)]
    return int(digits, 16) if re.fullmatch(rb"[0-9A-Fa-f]+", digits) else 0


@dataclass(slots=True)
class _Report:
    """The packets of one multi-packet report that are acknowledged."""

    serial: int | None = None
    packets: set[int] = field(default_factory=set)

    def missing(self, total: int) -> int | None:
        return next((number for number in range(1, total + 1) if number not in self.packets), None)


class Conversation:
    """What one connection has said in packets: at most 16 reports, the oldest is forgotten."""

    def __init__(self, dialect: Sl651) -> None:
        self._dialect = dialect
        self._end = _ESC if dialect.stays_online else _EOT
        self._reports: dict[tuple[str, int, int], _Report] = {}

    def answer(self, frame: Frame, now: datetime) -> bytes:
        """Confirm a report, ask for a missing packet, or say nothing."""
        if not (frame.is_right and frame.is_up):
            return b""
        parts = Parts.of(frame.raw)
        is_heartbeat = parts.function == _HEARTBEAT and self._dialect.answers_heartbeats
        if parts.function not in _CONFIRMED and not is_heartbeat:
            return b""
        if parts.is_packet:
            return self._packet(parts, now)
        return _down(parts, end=self._end, content=_content(parts.serial, now))

    def _packet(self, parts: Parts, now: datetime) -> bytes:
        if not 1 <= parts.number <= parts.total:
            return b""
        key = (parts.station, parts.function, parts.total)
        report = self._reports.pop(key, None) or _Report()
        if parts.number == 1 and parts.serial != report.serial:
            # Another report of the same shape, or the first packet after later ones: those stay only while no other began.
            report = _Report(serial=parts.serial, packets=report.packets if report.serial is None else set())
        report.packets.add(parts.number)
        self._reports[key] = report
        if len(self._reports) > REPORTS_KEPT:
            del self._reports[next(iter(self._reports))]
        if parts.end != _ETX and parts.number != parts.total:
            return b""
        missing = report.missing(parts.total)
        if missing is not None:
            return _down(parts, end=_NAK, content=_content(report.serial or 0, now), number=missing)
        return _down(parts, end=self._end, content=_content(report.serial or 0, now), number=parts.total)


def _content(serial: int, now: datetime) -> str:
    return f"{serial:04X}{now.astimezone(BEIJING):%y%m%d%H%M%S}"


def _down(parts: Parts, *, end: int, content: str, number: int | None = None) -> bytes:
    """Write a frame of the centre: station before centre, the direction's bit, and the length in characters or bytes."""
    mark = _STX
    if number is not None:
        mark, content = _SYN, f"{parts.total:03X}{number:03X}" + content
    length = len(content) if parts.is_ascii else len(content) // 2
    head = f"{parts.station}{parts.centre}{parts.password}{parts.function:02X}{0x8000 | length:04X}"
    if parts.is_ascii:
        whole = b"\x01" + head.encode() + bytes([mark]) + content.encode() + bytes([end])
        return whole + f"{crc16(whole):04X}".encode()
    whole = b"\x7e\x7e" + bytes.fromhex(head) + bytes([mark]) + bytes.fromhex(content) + bytes([end])
    return whole + crc16(whole).to_bytes(2, "big")
