"""Find GB/T 26875.3-2011 frames in bytes. Pure; refuses what its checksum does not vouch for."""

import re

from msgspec import Struct

from ingest.hex_text import unhex
from ingest.readings import Reason, Rejection

_END = b"##"
# A start is only one where a length of at most 1279 bytes follows, or the payload ends before that.
_START = re.compile(rb"@(?=@(?s:.){23}[\x00-\x04])|@(?=@(?s:.){0,23}\Z)")
_HEAD = 27  # start mark to command byte
_AROUND = 30  # a frame without application data
_SHORT = 12  # start mark, source, two bytes, end mark: where a frame has its month and year, which are never 35
_LONGEST = 1024  # bytes of application data (clause 6: more is a checking error)


class Frame(Struct, frozen=True, kw_only=True, gc=False):
    """One frame whose checksum is right. `source` is 12 hex characters in wire order, upper case.

    `version` is the main version and the maker's. `time` is the six bytes of the send time, undecoded: their coding differs from maker to maker.
    """

    version: bytes
    time: bytes
    source: str
    command: int
    data: bytes


def frames(payload: bytes) -> list[Frame | Rejection]:
    """Give the frames of a payload, binary or hex text, in order, and a rejection for each damaged stretch.

    Bytes between frames that hold no start mark are passed over, and so are the short heartbeats of some makers. Always gives
    something, but for those.
    """
    data = payload
    if b"@@" not in payload:
        text = unhex(payload, "4040")
        data = payload if text is None else text
    said: list[Frame | Rejection] = []
    at, reported, is_malformed, is_alive = 0, 0, False, False
    while at < len(data) and (match := _START.search(data, at)):
        start = match.start()
        outcome, stop = _try(data, start)
        if isinstance(outcome, Frame):
            said.append(outcome)
            is_malformed, at = False, stop
            continue
        if data[start + _SHORT - 2 : start + _SHORT] == _END:
            is_alive, at = True, start + _SHORT
            continue
        # After damage every later start is tried too: a half frame is often followed by a whole one. A stretch of nonsense is
        # told once, however many bytes in it look like a start.
        if start >= reported and not (is_malformed and outcome.reason is Reason.MALFORMED):
            said.append(outcome)
            reported = stop
            is_malformed = is_malformed or outcome.reason is Reason.MALFORMED
        at = stop if outcome.reason is Reason.CHECKSUM else start + 1
    return said if said or is_alive else [_nothing(data)]


def _nothing(data: bytes) -> Rejection:
    if data.endswith(b"@"):
        return Rejection(reason=Reason.TRUNCATED, detail="the beginning of a frame")
    if data[:1] == b"\x68" and data[-1:] == b"\x16":
        return Rejection(reason=Reason.MALFORMED, detail="a 68..16 frame of another protocol")
    return Rejection(reason=Reason.MALFORMED, detail="no frame in it")


def _try(data: bytes, start: int) -> tuple[Frame | Rejection, int]:
    """Read a frame at `start`; the offset after it, or after what was wrong, comes with it."""
    size = len(data) - start
    if size < _HEAD:
        return Rejection(reason=Reason.TRUNCATED, detail=f"{size} bytes of a frame"), len(data)
    length = data[start + 24] | data[start + 25] << 8
    if length > _LONGEST:
        return Rejection(reason=Reason.MALFORMED, detail=f"{length} bytes of application data"), start + 2
    stop = start + _AROUND + length
    if stop > len(data):
        return Rejection(reason=Reason.TRUNCATED, detail=f"{stop - len(data)} bytes missing"), len(data)
    if data[stop - 2 : stop] != _END:
        return Rejection(reason=Reason.MALFORMED, detail="no end mark where the length says"), start + 2
    if sum(data[start + 2 : stop - 3]) & 0xFF != data[stop - 3]:
        return Rejection(reason=Reason.CHECKSUM, detail=f"frame of {stop - start} bytes"), stop
    frame = Frame(
        version=data[start + 4 : start + 6],
        time=data[start + 6 : start + 12],
        source=data[start + 12 : start + 18].hex().upper(),
        command=data[start + 26],
        data=data[start + _HEAD : stop - 3],
    )
    return frame, stop
