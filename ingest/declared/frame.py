"""From a payload to the bytes of one whole frame: hex or base64 text, marks, size and checksum. Pure. Refuses by RefusedError."""

import base64
from collections.abc import Callable
from typing import Final

from ingest.declared.model import Amount, Checksum, Endian, Format, Input
from ingest.declared.places import Context, compile_place, order_of
from ingest.declared.sums import SUMS
from ingest.hex_text import unhex as unhex_frame
from ingest.readings import Reason
from ingest.wire import RefusedError, number, unhex

MOST_BYTES: Final = 64 << 10
"""No fixed layout is longer; a checksum over more would hold everybody else up."""
_URL_SAFE: Final = bytes.maketrans(b"-_", b"+/")

Unwrap = Callable[[bytes], bytes]


def compile_unwrap(given: Input, start: str) -> Unwrap:
    """Make the function that turns a payload into bytes. A frame with a start mark may also come as hex text."""
    if given is Input.BASE64:
        return _from_base64
    if given is Input.HEX:
        return _from_hex
    mark = bytes.fromhex(start)

    def unwrap(payload: bytes) -> bytes:
        if not payload.startswith(mark) and (frame := unhex_frame(payload, start.upper())) is not None:
            return frame
        return payload

    return unwrap if mark else bytes


def compile_check(declared: Format) -> Callable[[bytes], None]:
    """Make the function that refuses what is no whole frame of the format."""
    start, end = bytes.fromhex(declared.start), bytes.fromhex(declared.end)
    least, exact = max(declared.size or 0, declared.min_size or 0, len(start) + len(end), 1), declared.size
    check_length = None if declared.length is None else _compile_length(declared.length, declared.endian)
    is_right = None if declared.checksum is None else _compile_sum(declared.checksum, len(end), declared.endian)

    def check(data: bytes) -> None:
        size = len(data)
        if size > MOST_BYTES:
            raise RefusedError(Reason.TOO_LARGE, f"{size} bytes, {MOST_BYTES} are taken")
        if start and not data.startswith(start):
            raise RefusedError(Reason.MALFORMED, f"does not begin with {declared.start}")
        if size < least:
            raise RefusedError(Reason.TRUNCATED, f"{size} bytes, {least} at least")
        if exact is not None and size != exact:
            raise RefusedError(Reason.MALFORMED, f"{size} bytes, {exact} are declared")
        if check_length is not None:
            check_length(data)
        if end and not data.endswith(end):
            raise RefusedError(Reason.TRUNCATED, f"does not end with {declared.end}")
        if is_right is not None and not is_right(data):
            raise RefusedError(Reason.CHECKSUM, "the checksum does not match")

    return check


def _compile_length(length: Amount, endian: Endian) -> Callable[[bytes], None]:
    """Make the function that refuses a frame of another length than it says."""
    get, plus = compile_place(length, endian), length.plus

    def check_length(data: bytes) -> None:
        claimed = get(Context(None, None, None, data))
        if type(claimed) is not int:
            claimed = number(claimed)
        wanted = None if claimed is None else int(claimed) + plus
        if wanted is None or wanted > len(data):
            raise RefusedError(Reason.TRUNCATED, f"{len(data)} bytes of {wanted}")
        if wanted < len(data):
            raise RefusedError(Reason.MALFORMED, f"{len(data)} bytes, the frame says {wanted}")

    return check_length


def _compile_sum(checksum: Checksum, end: int, endian: Endian) -> Callable[[bytes], bool]:
    size, add = SUMS[checksum.kind]
    order = order_of(checksum.endian or endian)
    begin, at, to = checksum.from_, checksum.at if checksum.at is not None else -size - end, checksum.to
    if not size:
        return lambda data: add(data[begin:to]) == 0

    def is_right(data: bytes) -> bool:
        place = at if at >= 0 else at + len(data)
        if not 0 <= place <= len(data) - size:
            return False
        until = place if to is None else to
        return add(data[begin:until]) == int.from_bytes(data[place : place + size], order)

    return is_right


def _from_hex(payload: bytes) -> bytes:
    data = unhex(payload)
    if data is None:
        raise RefusedError(Reason.MALFORMED, "no hex text")
    return data


def _from_base64(payload: bytes) -> bytes:
    stripped = payload.strip().rstrip(b"=").translate(_URL_SAFE)
    try:
        return base64.b64decode(stripped + b"=" * (-len(stripped) % 4), validate=True)
    except ValueError as error:
        raise RefusedError(Reason.MALFORMED, f"no base64: {error}") from error


def unwrap_text(value: object, unwrap: Unwrap) -> bytes:
    """Turn what a JSON report holds as text into bytes; nothing there is no bytes."""
    if value is None:
        return b""
    if not isinstance(value, str):
        raise RefusedError(Reason.MALFORMED, "the bytes inside are no text")
    return unwrap(value.encode("utf-8", "replace"))
