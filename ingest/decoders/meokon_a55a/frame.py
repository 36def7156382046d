"""Find MEOKON frames (A55A … 55AA) in bytes. Pure; refuses what its checksum does not vouch for."""

from collections.abc import Iterator
from typing import Final

from ingest.decoders.sl651.frame import crc16
from ingest.hex_text import unhex
from ingest.readings import Reason, Rejection

START: Final = b"\xa5\x5a"
_END: Final = b"\x55\xaa"
_SHORTEST: Final = 27  # an acknowledgement: start, command, length, id, eight bytes, checksum, end
_LONGEST: Final = 1 << 15  # 600 records of the widest kind are half of it
_AFTER: Final = 4  # checksum and end mark


def frames(payload: bytes) -> Iterator[bytes | Rejection]:
    """Yield the frames of a payload, binary or hex text, without checksum and end mark, and a rejection for each damage.

    Bytes between frames are passed over. Always yields something.
    """
    data = payload
    if START not in payload:
        text = unhex(payload, "A55A")
        data = payload if text is None else text
    at, told = data.find(START), set[Reason]()
    is_empty = at < 0
    while at >= 0:
        outcome, stop = _try(data, at)
        if isinstance(outcome, bytes):
            yield outcome
        elif outcome.reason is Reason.CHECKSUM or outcome.reason not in told:
            yield outcome  # nonsense is told once, however many bytes in it look like a start
            told.add(outcome.reason)
        at = data.find(START, stop)
    if is_empty:
        reason = Reason.TRUNCATED if data.endswith(START[:1]) else Reason.MALFORMED
        yield Rejection(reason=reason, detail="no frame in it")


def _try(data: bytes, start: int) -> tuple[bytes | Rejection, int]:
    """Read a frame at `start`; the offset where to look on comes with it."""
    size = int.from_bytes(data[start + 3 : start + 5], "big")
    if len(data) - start < 5:  # noqa: PLR2004 -- up to the length itself
        return Rejection(reason=Reason.TRUNCATED, detail="the beginning of a frame"), len(data)
    if not _SHORTEST <= size <= _LONGEST:
        return Rejection(reason=Reason.MALFORMED, detail=f"a frame of {size} bytes"), start + 2
    stop = start + size
    if stop > len(data):
        return Rejection(reason=Reason.TRUNCATED, detail=f"{stop - len(data)} bytes missing"), start + 2
    if data[stop - 2 : stop] != _END:
        return Rejection(reason=Reason.MALFORMED, detail="no end mark where the length says"), start + 2
    body = data[start : stop - _AFTER]
    if crc16(body) != int.from_bytes(data[stop - _AFTER : stop - 2], "big"):
        return Rejection(reason=Reason.CHECKSUM, detail=f"frame of {size} bytes"), stop
    return body, stop
