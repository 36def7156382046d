"""Find SL 651-2014 frames in bytes: HEX/BCD (6.5) and ASCII (6.4). Pure; refuses what its checksum does not vouch for."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ingest.hex_text import unhex
from ingest.readings import Reason, Rejection

_STX, _SYN = 0x02, 0x16
_UP_ENDS = frozenset({0x03, 0x17})  # ETX, ETB
_DOWN_ENDS = frozenset({0x04, 0x05, 0x06, 0x15, 0x1B})  # EOT, ENQ, ACK, NAK, ESC
_ENDS = _UP_ENDS | _DOWN_ENDS
_HEX_HEAD = 14  # bytes before the body of a HEX frame, start mark included
_ASCII_HEAD = 24
# A start is only one where the mark before the body follows at its place, or the payload ends before that.
_START = re.compile(rb"\x7e(?=\x7e(?s:.){11}[\x02\x16])|\x7e(?=\x7e(?s:.){0,11}\Z)|\x01(?=[0-9A-Fa-f]{22}[\x02\x16])")
_ASCII_BEGUN = re.compile(rb"\x01[0-9A-Fa-f]{0,22}\Z")
_CRC_BUDGET = 8  # bytes of checksum work a payload byte may cost: a hostile payload cannot make the search quadratic


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One frame whose checksum is right. `body` is without the packet numbers of a multi-packet frame.

    `number` and `total` are 1 where the report is one frame. Packets of one report share station and function.
    """

    station: str
    function: int
    is_up: bool
    is_ascii: bool
    body: bytes
    total: int = 1
    number: int = 1


def crc16(data: bytes) -> int:
    """Compute CRC-16/MODBUS (A001 reflected, initial FFFF)."""
    crc = 0xFFFF
    for byte in data:
        crc = (crc >> 8) ^ _CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc


def _crc_entry(byte: int) -> int:
    for _ in range(8):
        byte = (byte >> 1) ^ 0xA001 if byte & 1 else byte >> 1
    return byte


_CRC_TABLE = tuple(_crc_entry(byte) for byte in range(256))


def head_of_first(payload: bytes, functions: frozenset[int]) -> bytes | None:
    """Give a payload's bytes up to the body of its first frame of one of `functions`; None where it has no such frame.

    Checksums are not asked: of a damaged picture no more is given than of a whole one.
    """
    data = _binary(payload)
    for match in _START.finditer(data):
        start = match.start()
        if data[start] == 1:
            if int(data[start + 17 : start + 19], 16) in functions:
                return data[: start + _ASCII_HEAD]
        elif len(data) > start + 10 and data[start + 10] in functions:
            return data[: start + _HEX_HEAD]
    return None


def frames(payload: bytes) -> Iterator[Frame | Rejection]:
    """Yield the frames of a payload, binary or hex text, in order, and a rejection for each damaged stretch.

    Bytes before a start mark and a stray 7E after a checksum are passed over. Always yields something.
    """
    yield from _Search(_binary(payload)).run()


def _binary(payload: bytes) -> bytes:
    if b"\x7e\x7e" in payload or _START.search(payload):
        return payload
    text = unhex(payload, "7E7E")
    # In text the marks are digits: an ASCII-coded frame starts 01 and the two characters of a centre address (3x, 4x, 6x).
    if text is None and re.match(rb"\s*01\s*[346]", payload):
        text = unhex(payload, "01")
    return payload if text is None else text


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """Where things are in one candidate: all offsets are into the payload; `end` is of the end mark."""

    start: int
    body: int
    end: int
    crc_size: int
    is_ascii: bool

    @property
    def stop(self) -> int:
        return self.end + 1 + self.crc_size


class _Search:
    """One pass over one payload."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._budget = _CRC_BUDGET * len(data) + 64
        self._reported = 0  # up to here damage has been told already

    def run(self) -> Iterator[Frame | Rejection]:
        at, found, is_malformed = 0, False, False
        damage: Rejection | None = None
        damaged_at = 0
        while match := _START.search(self._data, at):
            start = match.start()
            outcome, stop = self._try(start)
            if isinstance(outcome, Frame):
                # A stray 7E before a frame makes a false start one byte early.
                if damage is not None and damaged_at + 1 != start:
                    yield damage
                yield outcome
                damage, found, is_malformed, at = None, True, False, stop
                continue
            # A stretch of nonsense is told once, however many bytes in it look like a start.
            if start >= self._reported and not (is_malformed and outcome.reason is Reason.MALFORMED):
                if damage is not None:
                    yield damage
                damage, damaged_at, found, self._reported = outcome, start, True, stop
                is_malformed = is_malformed or outcome.reason is Reason.MALFORMED
            at = stop if self._budget <= 0 else start + 1
        if damage is None and not found:
            damage = self._nothing(at)
        if damage is not None:
            yield damage

    def _nothing(self, at: int) -> Rejection:
        tail = self._data[max(at, len(self._data) - _ASCII_HEAD) :]
        if tail[-1:] == b"\x7e" or (b"\x01" in tail and _ASCII_BEGUN.search(tail)):
            return Rejection(reason=Reason.TRUNCATED, detail="the beginning of a frame")
        return Rejection(reason=Reason.MALFORMED, detail="no frame in it")

    def _try(self, start: int) -> tuple[Frame | Rejection, int]:
        """Read a frame at `start`; the offset after it, or after what was wrong, comes with it."""
        size = len(self._data)
        layouts = self._layouts(start)
        if layouts is None:
            return Rejection(reason=Reason.TRUNCATED, detail=f"{size - start} bytes of a frame"), size
        whole = [layout for layout in layouts if layout.stop <= size and self._data[layout.end] in _ENDS]
        for layout in whole:
            self._budget -= layout.stop - start
            if self._crc_is_right(layout):
                return self._read(layout), layout.stop
        if whole:
            stop = whole[0].stop
            return Rejection(reason=Reason.CHECKSUM, detail=f"frame of {stop - start} bytes"), stop
        if layouts[0].stop > size:
            missing = layouts[0].stop - size
            return Rejection(reason=Reason.TRUNCATED, detail=f"{missing} bytes missing"), size
        return Rejection(reason=Reason.MALFORMED, detail="no end mark where the length says"), start + 2

    def _layouts(self, start: int) -> list[_Layout] | None:
        """List where the frame may end: by 12 bits of length, for multi-packet frames also by 16 (table 22).

        None where the header itself is cut off.
        """
        data = self._data
        is_ascii = data[start] == 1
        head = _ASCII_HEAD if is_ascii else _HEX_HEAD
        if start + head > len(data):
            return None
        mark = data[start + head - 1]
        field = (
            int(data[start + 19 : start + 23], 16) if is_ascii else int.from_bytes(data[start + 11 : start + 13], "big")
        )
        lengths = [field & 0x0FFF]
        if mark == _SYN and field > 0x0FFF:  # noqa: PLR2004
            lengths.append(field)
        return [
            _Layout(
                start=start,
                body=start + head,
                end=start + head + length,
                crc_size=4 if is_ascii else 2,
                is_ascii=is_ascii,
            )
            for length in lengths
        ]

    def _crc_is_right(self, layout: _Layout) -> bool:
        stated = self._data[layout.end + 1 : layout.stop]
        computed = crc16(self._data[layout.start : layout.end + 1])
        if layout.is_ascii:
            return stated.upper() == f"{computed:04X}".encode()
        return int.from_bytes(stated, "big") == computed

    def _read(self, layout: _Layout) -> Frame:
        data, start = self._data, layout.start
        head = (
            data[start + 1 : layout.body - 1] if layout.is_ascii else data[start + 2 : layout.body - 1].hex().encode()
        )
        text = head.decode("ascii").upper()
        # A 16-bit length leaves no room for the direction: then the end mark tells it.
        is_up = data[layout.end] in _UP_ENDS and (text[18] != "8" or layout.end - layout.body > 0x0FFF)  # noqa: PLR2004
        body = data[layout.body : layout.end]
        frame = Frame(
            station=text[2:12] if is_up else text[0:10],
            function=int(text[16:18], 16),
            is_up=is_up,
            is_ascii=layout.is_ascii,
            body=body,
        )
        if data[layout.body - 1] == _STX:
            return frame
        size = 6 if layout.is_ascii else 3
        numbers = _packet_numbers(body[:size], is_ascii=layout.is_ascii)
        if numbers is None:
            return replace(frame, body=b"", total=0, number=0)
        return replace(frame, body=body[size:], total=numbers >> 12, number=numbers & 0xFFF)


def _packet_numbers(raw: bytes, *, is_ascii: bool) -> int | None:
    if not is_ascii:
        return int.from_bytes(raw, "big") if len(raw) == 3 else None  # noqa: PLR2004
    return int(raw, 16) if re.fullmatch(rb"[0-9A-Fa-f]{6}", raw) else None
