"""Find MEOKON frames (A55A … 55AA) in bytes. Pure; refuses what its checksum does not vouch for."""

import re
from typing import Final

from ingest.decoders.sl651.frame import crc16
from ingest.hex_text import unhex
from ingest.readings import Reason, Rejection

START: Final = b"\xa5\x5a"
# A start is only one where a command of this protocol and a length of at most 33023 follow, or the payload ends before that.
_PLAUSIBLE: Final = re.compile(rb"\xa5\x5a(?=[\x00-\x1f\xff][\x00-\x80]|(?s:.)?\Z)")
_END: Final = b"\x55\xaa"
_SHORTEST: Final = 27  # an acknowledgement: start, command, length, id, eight bytes, checksum, end
_LONGEST: Final = 1 << 15  # 600 records of the widest kind are half of it
_MOST: Final = 64  # frames of one payload
_AFTER: Final = 4  # checksum and end mark
_DETAILS: Final = {
    Reason.TRUNCATED: "a frame that goes on after the payload",
    Reason.MALFORMED: "no frame where a start mark is",
    Reason.CHECKSUM: "a frame that was damaged",
}


def frames(payload: bytes) -> list[bytes | Rejection]:
    """Give the frames of a payload, binary or hex text, without checksum and end mark, and a rejection for each damage.

    Bytes between frames are passed over. Always gives something; of more than 64 the rest is one rejection.
    """
    data = payload
    if START not in payload:
        text = unhex(payload, "A55A")
        data = payload if text is None else text
    said: list[bytes | Rejection] = []
    told: set[bytes | Reason] = set()
    at = 0
    while at < len(data) and (found := _PLAUSIBLE.search(data, at)):
        outcome, at = _try(data, found.start())
        if outcome in told:
            continue  # nonsense is told once, however many bytes in it look like a start
        if len(said) == _MOST:
            said.append(Rejection(reason=Reason.TOO_LARGE, detail=f"more than {_MOST} frames"))
            break
        if isinstance(outcome, bytes):
            said.append(outcome)
        else:
            said.append(Rejection(reason=outcome, detail=_DETAILS[outcome]))
            if outcome is not Reason.CHECKSUM:
                told.add(outcome)
    if not said:
        reason = Reason.TRUNCATED if data.endswith(START[:1]) else Reason.MALFORMED
        said.append(Rejection(reason=reason, detail="no frame in it"))
    return said


def _try(data: bytes, start: int) -> tuple[bytes | Reason, int]:
    """Read a frame at `start`; the offset where to look on comes with it."""
    if len(data) - start < 5:  # noqa: PLR2004 -- up to the length itself
        return Reason.TRUNCATED, len(data)
    size = data[start + 3] << 8 | data[start + 4]
    if not _SHORTEST <= size <= _LONGEST:
        return Reason.MALFORMED, start + 2
    stop = start + size
    if stop > len(data):
        return Reason.TRUNCATED, start + 2
    if data[stop - 2 : stop] != _END:
        return Reason.MALFORMED, start + 2
    body = data[start : stop - _AFTER]
    if crc16(body) != data[stop - 4] << 8 | data[stop - 3]:
        return Reason.CHECKSUM, stop
    return body, stop
