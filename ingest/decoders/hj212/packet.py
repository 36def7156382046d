"""Find HJ 212 packets in bytes and part their fields. Pure; refuses what its checksum does not vouch for."""

import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from ingest.hex_text import unhex
from ingest.readings import Reason, Rejection

_START: Final = re.compile(rb"##[0-9]{4}")
_HEAD, _CRC = 6, 4
_LONGEST: Final = 10_011  # bytes of one packet, CR LF included
COUNTED_IN: Final = (12, 10, 6, 4)
"""What some makers count into the length: the whole packet, without its end, checksum and end, the checksum."""
_BUDGET: Final = 4
"""How many times the payload's length may be checksummed: hostile starts inside of one packet cannot make it quadratic."""


class Packet(Struct, frozen=True, kw_only=True):
    """One packet whose checksum is right: its head's fields by name, and the text between the && of CP."""

    head: dict[str, str]
    content: str


def checksum(segment: bytes) -> int:
    """Compute the checksum of annex A. It is not CRC-16/MODBUS: each byte meets the register's high half, the low one is lost.

    What a byte does to the high half is linear, and done eight times it is nothing: so bytes that stand eight apart can be
    added (exclusive or) before, all at once, and eight are left to be looked up.
    """
    if not segment:
        return 0xFFFF
    bits = 8 * len(segment)
    folded = int.from_bytes(segment, "big") ^ (0xFF << (bits - 8))  # the register begins with FF in its high half
    apart = 64
    while apart < bits:
        folded ^= folded >> apart
        apart *= 2
    *seven, last = (folded & _EIGHT_BYTES).to_bytes(8, "big")
    high = 0
    for byte in seven:
        high = _HIGH[high ^ byte]
    return _TABLE[high ^ last]


def _rest(register: int) -> int:
    for _ in range(8):
        register = (register >> 1) ^ 0xA001 if register & 1 else register >> 1
    return register


_EIGHT_BYTES: Final = (1 << 64) - 1
_TABLE: Final = tuple(_rest(register) for register in range(256))
_HIGH: Final = bytes(register >> 8 for register in _TABLE)


def packets(payload: bytes) -> Iterator[Packet | Rejection]:
    """Yield the packets of a payload in order, and a rejection for each that is damaged. Always yields something.

    A payload may be hex text of packets. Bytes between them are passed over. A length in characters of a segment that holds
    Chinese text, or of more than the segment, is forgiven where the checksum stands right before the end.
    """
    if b"##" not in payload:
        payload = unhex(payload, "2323") or payload
    at, budget = 0, _BUDGET * len(payload) + 64
    while budget > 0 and (match := _START.search(payload, at)):
        outcome, at, cost = _read(payload, match.start())
        budget -= cost
        yield outcome
    if not at:
        yield _nothing(payload)


def _nothing(payload: bytes) -> Rejection:
    if payload[:2] == b"##" and len(payload) < _HEAD and payload[2:].isdigit() | (len(payload) == 2):  # noqa: PLR2004
        return Rejection(reason=Reason.TRUNCATED, detail="the beginning of a packet")
    return Rejection(reason=Reason.MALFORMED, detail="no packet in it")


def _read(payload: bytes, start: int) -> tuple[Packet | Rejection, int, int]:
    """Read a packet at `start`; the offset after it, or after what was wrong, and the bytes checksummed come with it."""
    length = int(payload[start + 2 : start + _HEAD])
    stop = start + _HEAD + length
    if _is_right(payload, start + _HEAD, stop):
        return _part(payload[start + _HEAD : stop]), stop + _CRC, length
    following = payload.find(b"##", start + 2)
    limit = start + _HEAD + 3 * length + _CRC
    end = _end(payload, start, limit, following)
    segment = payload[start + _HEAD : end - _CRC]
    if end <= limit and _may_count(segment, length) and _is_right(payload, start + _HEAD, end - _CRC):
        return _part(segment), end, 4 * length
    if stop + _CRC > len(payload) and following < 0:
        detail = f"{stop + _CRC - len(payload)} bytes missing"
        return Rejection(reason=Reason.TRUNCATED, detail=detail), len(payload), length
    # A half packet is often followed by a whole one.
    after = stop + _CRC if following < 0 else following
    detail = f"packet of {length} bytes"
    if start == 0 and len(payload) <= _LONGEST:
        detail += _kind(payload, start + _HEAD, stop)
    return Rejection(reason=Reason.CHECKSUM, detail=detail), after, 4 * length


def _is_right(payload: bytes, start: int, stop: int) -> bool:
    stated = payload[stop : stop + _CRC]
    return len(stated) == _CRC and stated.upper() == b"%04X" % checksum(payload[start:stop])


def _may_count(segment: bytes, told: int) -> bool:
    """Tell whether a length may be a maker's own count. The checksum alone is weak: it has 256 values, and bytes get lost."""
    return told - len(segment) in COUNTED_IN or told == len(segment.decode("gb18030", "replace"))


def _end(payload: bytes, start: int, limit: int, following: int) -> int:
    """Find where a packet ends whose length is wrong: before CR LF, the next packet, or at the end of the payload."""
    end = payload.find(b"\r\n", start, limit + 2)
    if end < 0 or 0 <= following < end:
        end = following
    return len(payload) if end < 0 else end


def _kind(payload: bytes, start: int, stop: int) -> str:
    """Name the wrong checksum some makers take, in either order of its bytes: the data are whole then, and a word to him helps."""
    register = 0xFFFF
    for byte in payload[start:stop]:
        register = register >> 8 ^ _TABLE[(register ^ byte) & 0xFF]
    stated = payload[stop : stop + _CRC].upper()
    right = checksum(payload[start:stop])
    if stated == b"%02X%02X" % (right & 0xFF, right >> 8):
        return ", whose checksum stands low byte first"
    if stated in (b"%04X" % register, b"%02X%02X" % (register & 0xFF, register >> 8)):
        return ", whose checksum is CRC-16/MODBUS and not that of annex A"
    return ""


def _part(segment: bytes) -> Packet:
    """Part the fields of the head from the content of CP. GB 18030, with replacement."""
    text = segment.decode("ascii") if segment.isascii() else segment.decode("gb18030", "replace")
    before, _, content = text.partition("CP=&")
    has_blanks = " " in before or not before.isprintable()
    head: dict[str, str] = {}
    for field in before.replace(",", ";").split(";"):
        name, equals, value = field.partition("=")
        if has_blanks:
            name, value = name.strip(), value.strip()
        if equals and name not in head:
            head[name] = value
    return Packet(head=head, content=content.lstrip("&").partition("&&")[0])
