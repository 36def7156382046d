"""Find SL 651-2014 frames in bytes: HEX/BCD (6.5) and ASCII (6.4). Pure; refuses what its checksum does not vouch for."""

import re
import struct

from msgspec import Struct
from msgspec.structs import replace

from ingest.hex_text import unhex
from ingest.readings import Reason, Rejection

_STX, _SYN = 0x02, 0x16
_UP_ENDS = frozenset({0x03, 0x17})  # ETX, ETB
_DOWN_ENDS = frozenset({0x04, 0x05, 0x06, 0x15, 0x1B})  # EOT, ENQ, ACK, NAK, ESC
_ENDS = _UP_ENDS | _DOWN_ENDS
_HEX_HEAD = 14  # bytes before the body of a HEX frame, start mark included
_ASCII_HEAD = 24
_HEX_TAIL, _ASCII_TAIL = 3, 5  # end mark and checksum
_LENGTH = 0x0FFF  # the bits above are the direction
_DOWN = 8  # in those bits
# A start is only one where the mark before the body follows at its place, or the payload ends before that.
_START = re.compile(rb"\x7e(?=\x7e(?s:.){11}[\x02\x16])|\x7e(?=\x7e(?s:.){0,11}\Z)|\x01(?=[0-9A-Fa-f]{22}[\x02\x16])")
_NUMBERS = re.compile(rb"[0-9A-Fa-f]{6}")
_ASCII_BEGUN = re.compile(rb"\x01[0-9A-Fa-f]{0,22}\Z")
_CRC_BUDGET = 8  # bytes of checksum work a payload byte may cost: a hostile payload cannot make the search quadratic


class Frame(Struct, frozen=True, kw_only=True, gc=False):
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
    for pair in struct.unpack_from(f"<{len(data) >> 1}H", data):
        crc = _CRC_OF_PAIR[crc ^ pair]
    if len(data) & 1:
        crc = crc >> 8 ^ _CRC_OF_PAIR[(crc ^ data[-1]) << 8 & 0xFF00]
    return crc


def _crc_of_pairs() -> tuple[int, ...]:
    """Tabulate what each pair of bytes makes of the register: the steps of the loop are the cost, and pairs halve them.

    What two registers make, combined by exclusive or, is what their combination makes: so each bit doubles the table.
    """
    table = [0]
    for bit in range(16):
        made = 1 << bit
        for _ in range(16):
            made = made >> 1 ^ 0xA001 if made & 1 else made >> 1
        table += [crc ^ made for crc in table]
    return tuple(table)


_CRC_OF_PAIR = _crc_of_pairs()


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


def frames(payload: bytes) -> list[Frame | Rejection]:
    """Give the frames of a payload, binary or hex text, in order, and a rejection for each damaged stretch.

    Bytes before a start mark and a stray 7E after a checksum are passed over. Always gives something.
    """
    data = _binary(payload)
    said: list[Frame | Rejection] = []
    damage: Rejection | None = None
    at = damaged_at = reported = 0  # up to `reported` damage has been told already
    is_malformed = False
    budget = _CRC_BUDGET * len(data) + 64
    while at < len(data) and (match := _START.search(data, at)):
        start = match.start()
        outcome, stop, cost = _try(data, start)
        budget -= cost
        if isinstance(outcome, Frame):
            # A stray 7E before a frame makes a false start one byte early.
            if damage is not None and damaged_at + 1 != start:
                said.append(damage)
            said.append(outcome)
            damage, is_malformed, at = None, False, stop
            continue
        # A stretch of nonsense is told once, however many bytes in it look like a start.
        if start >= reported and not (is_malformed and outcome.reason is Reason.MALFORMED):
            if damage is not None:
                said.append(damage)
            damage, damaged_at, reported = outcome, start, stop
            is_malformed = is_malformed or outcome.reason is Reason.MALFORMED
        at = stop if budget <= 0 else start + 1
    if damage is not None:
        said.append(damage)
    return said or [_nothing(data, at)]


def _binary(payload: bytes) -> bytes:
    if _START.match(payload) or b"\x7e\x7e" in payload or (b"\x01" in payload and _START.search(payload)):
        return payload
    text = unhex(payload, "7E7E")
    # In text the marks are digits: an ASCII-coded frame starts 01 and the two characters of a centre address (3x, 4x, 6x).
    if text is None and re.match(rb"\s*01\s*[346]", payload):
        text = unhex(payload, "01")
    return payload if text is None else text


def _nothing(data: bytes, at: int) -> Rejection:
    tail = data[max(at, len(data) - _ASCII_HEAD) :]
    if tail[-1:] == b"\x7e" or (b"\x01" in tail and _ASCII_BEGUN.search(tail)):
        return Rejection(reason=Reason.TRUNCATED, detail="the beginning of a frame")
    return Rejection(reason=Reason.MALFORMED, detail="no frame in it")


def _try(data: bytes, start: int) -> tuple[Frame | Rejection, int, int]:
    """Read a frame at `start`; the offset after it, or after what was wrong, and the bytes of checksum work come with it."""
    size = len(data)
    is_ascii = data[start] == 1
    body = start + (_ASCII_HEAD if is_ascii else _HEX_HEAD)
    if body > size:
        return Rejection(reason=Reason.TRUNCATED, detail=f"{size - start} bytes of a frame"), size, 0
    head = bytes.fromhex(data[start + 1 : body - 1].decode("ascii")) if is_ascii else data[start + 2 : body - 1]
    tail = _ASCII_TAIL if is_ascii else _HEX_TAIL
    field = head[9] << 8 | head[10]
    # Twelve bits of length; in frames of a multi-packet report also sixteen (table 22).
    lengths = (field & _LENGTH, field) if data[body - 1] == _SYN and field > _LENGTH else (field & _LENGTH,)
    damaged = cost = 0
    for length in lengths:
        end = body + length
        stop = end + tail
        if stop <= size and data[end] in _ENDS:
            cost += stop - start
            if _is_right(crc16(data[start : end + 1]), data[end + 1 : stop]):
                return _read(head, data[body - 1 : end + 1], is_ascii=is_ascii), stop, cost
            damaged = damaged or stop
    if damaged:
        return Rejection(reason=Reason.CHECKSUM, detail=f"frame of {damaged - start} bytes"), damaged, cost
    missing = body + lengths[0] + tail - size
    if missing > 0:
        return Rejection(reason=Reason.TRUNCATED, detail=f"{missing} bytes missing"), size, 0
    return Rejection(reason=Reason.MALFORMED, detail="no end mark where the length says"), start + 2, 0


def _is_right(crc: int, stated: bytes) -> bool:
    """Tell whether a checksum is the stated one, of two bytes or four characters."""
    return stated == crc.to_bytes(2, "big") if len(stated) == 2 else stated.upper() == b"%04X" % crc  # noqa: PLR2004


def _read(head: bytes, marked: bytes, *, is_ascii: bool) -> Frame:
    """Read a frame of its head (centre, station, password, function, length; in bytes) and its body between its two marks."""
    # A 16-bit length leaves no room for the direction: then the end mark tells it. A frame marked as sent up that ends like one sent
    # down is of the station its own body names.
    is_up = marked[-1] in _UP_ENDS or marked[9:16] == b"\xf1\xf1" + head[1:6]
    is_up = is_up and (head[9] >> 4 != _DOWN or len(marked) - 2 > _LENGTH)
    frame = Frame(
        station=(head[1:6] if is_up else head[:5]).hex().upper(),
        function=head[8],
        is_up=is_up,
        is_ascii=is_ascii,
        body=marked[1:-1],
    )
    return frame if marked[0] == _STX else _packet(frame)


def _packet(frame: Frame) -> Frame:
    """Take the packet numbers out of the body; a frame without them has the number 0."""
    size = 6 if frame.is_ascii else 3
    raw, body = frame.body[:size], frame.body[size:]
    if len(raw) < size or (frame.is_ascii and not _NUMBERS.fullmatch(raw)):
        return replace(frame, body=b"", total=0, number=0)
    numbers = int(raw, 16) if frame.is_ascii else int.from_bytes(raw, "big")
    return replace(frame, body=body, total=numbers >> 12, number=numbers & 0xFFF)
