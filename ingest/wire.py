"""From bytes to JSON, CBOR, hex or text, within limits. Pure. Refuses by RefusedError what is none of these."""

import io
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from math import isfinite
from typing import Final, NoReturn, TypeVar, overload

import cbor2
import msgspec

from ingest.decoders import MAX_DEPTH
from ingest.readings import Reason, Rejection

_TOKENS: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)
"""Strings (an unclosed one to the end, so that the scan stays linear) and brackets."""
_HEX: Final = re.compile(rb"(?:0[xX])?(?:[0-9A-Fa-f]{2}\s*+)++")
T = TypeVar("T")
_parse: Final = msgspec.json.Decoder().decode
_PICTURES: Final = (b"\xff\xd8\xff", b"\x89PNG", b"RIFF", b"GIF8")
BOM: Final = b"\xef\xbb\xbf"
_ENDS: Final = (b"\x00", b"\x1a")
TEXT_KEPT: Final = 200
BIG_INTEGER_BYTES: Final = 16
_CBOR_END: Final = b"\x58\xff" + bytes(255)
"""A byte string no shorter payload can hold: where it stands as written, the payload before it was one item."""
EXPONENT_LIMIT: Final = 400  # a double reaches 308

# Tags cbor2 would build objects of (dates, patterns, fractions, shared references). No format of ours carries them, and
# some cost far more than the bytes that ask for them.
_TAGS_REFUSED: Final = (0, 1, 5, 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 1004, 43000)


class RefusedError(Exception):
    """What a decoder's parts raise to its entrance, which answers with the rejection. It never leaves a decoder."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.rejection = Rejection(reason=reason, detail=text(detail))


@overload
def read_json(payload: bytes) -> object: ...
@overload
def read_json(payload: bytes, parse: Callable[[bytes], T]) -> T: ...
def read_json(payload: bytes, parse: Callable[[bytes], object] = _parse) -> object:
    """Read JSON text (UTF-8, a byte order mark tolerated), also by a typed decoder's `parse`: what it does not name is skipped, not made.

    Raises:
        RefusedError: it is not JSON, holds a number no double can, or nests deeper than MAX_DEPTH.
    """
    if len(payload) > 2 * MAX_DEPTH:  # what opens must close
        # Taking a few out costs a copy; counting all is a loop that costs a third of the parse. Most reports hold no list.
        rest = payload.replace(b"{", b"", MAX_DEPTH + 1)
        if b"[" in payload:
            rest = rest.replace(b"[", b"", MAX_DEPTH + 1)
        if len(payload) - len(rest) > MAX_DEPTH and _is_too_deep(payload):
            raise RefusedError(Reason.MALFORMED, f"JSON nested deeper than {MAX_DEPTH} levels")
    try:
        return parse(payload)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        if payload.startswith(BOM):
            return read_json(payload.removeprefix(BOM), parse)
        if payload.endswith(_ENDS):  # a firmware sent its buffer, or what ends a modem's command
            return read_json(payload.rstrip(b"\x00\x1a \t\r\n"), parse)
        raise RefusedError(Reason.MALFORMED, f"not JSON: {error}") from error


def read_cbor(payload: bytes) -> object:
    """Read one CBOR item that fills the payload.

    Raises:
        RefusedError: it is not CBOR, is followed by something, nests too deeply, repeats a key or uses a tag that
            measurements do not need. A payload that ends too early is TRUNCATED.
    """
    stream = io.BytesIO(payload)
    decoder = cbor2.CBORDecoder(
        stream, semantic_decoders=_TAGS, max_depth=MAX_DEPTH, allow_duplicate_keys=False, read_size=1
    )
    try:
        value: object = decoder.decode()
    except cbor2.CBORDecodeEOF as error:
        raise RefusedError(Reason.TRUNCATED, "the CBOR ends too early") from error
    except (cbor2.CBORError, ValueError, ArithmeticError, TypeError, RecursionError, MemoryError) as error:
        raise RefusedError(Reason.MALFORMED, f"not CBOR: {error}") from error
    if stream.tell() != len(payload):
        raise RefusedError(Reason.MALFORMED, f"{len(payload) - stream.tell()} bytes follow the CBOR item")
    return value


def read_short_cbor(payload: bytes) -> object:
    """Read as `read_cbor` does, for a third of the time where the payload is short and right.

    Raises:
        RefusedError: as `read_cbor`.
    """
    if len(payload) < 255:  # noqa: PLR2004 -- of `_CBOR_END`
        # What follows the item must be seen, and `loads` passes over it: so the item is read as the first of an array of two.
        try:
            value, end = cbor2.loads(
                b"\x82" + payload + _CBOR_END,
                semantic_decoders=_TAGS,
                max_depth=MAX_DEPTH + 1,
                allow_duplicate_keys=False,
            )
        except Exception:  # noqa: BLE001, S110 -- `read_cbor` says what is wrong
            pass
        else:
            if end == _CBOR_END[2:]:
                return value
    return read_cbor(payload)


def unhex(payload: bytes) -> bytes | None:
    """Give the bytes that hex text spells (either case, blanks between bytes, 0x before), None if it is no hex text."""
    try:
        return bytes.fromhex(payload.decode("ascii")) or None
    except ValueError:
        stripped = payload.strip()
        if not _HEX.fullmatch(stripped):
            return None
        return bytes.fromhex(stripped.removeprefix(b"0x").removeprefix(b"0X").decode("ascii"))


def is_picture(payload: bytes) -> bool:
    """Tell by the first bytes whether the payload is a JPEG, PNG, WebP or GIF."""
    return payload.startswith(_PICTURES)


def plain_text(payload: bytes) -> str:
    """Read a word such as `online`: decoded with replacement, stripped, lower case."""
    return text(payload[: 4 * TEXT_KEPT].decode("utf-8", "replace").strip().strip('"')).lower()


def text(value: str) -> str:
    """Make text fit to be stored: no control characters (PostgreSQL takes no NUL), at most 200 characters."""
    if len(value) <= TEXT_KEPT and value.isprintable():
        return value.strip()
    return "".join(c if c.isprintable() else " " for c in value[:TEXT_KEPT]).strip()


def number(value: object) -> float | None:
    """Take a finite number, or decimal text of one (`"97.50"`); anything else, NaN included, is None."""
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, str):
        # float() also takes digits of other scripts and 1_000, which are no measurements; nor is a longer text
        if len(value) >= 40 or not value.isascii() or "_" in value:  # noqa: PLR2004
            return None
    elif (not isinstance(value, int) or isinstance(value, bool)) and not isinstance(value, Decimal):
        return None
    try:
        finite = float(value)
    except (OverflowError, ValueError):
        return None
    return finite if isfinite(finite) else None


def _is_too_deep(payload: bytes) -> bool:
    depth = 0
    for token in _TOKENS.finditer(payload):
        mark = payload[token.start()]
        if mark in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif mark in b"]}":
            depth -= 1
    return False


def _refusal(tag: int) -> Callable[[object, bool], NoReturn]:
    def refuse(_value: object, _immutable: bool) -> NoReturn:  # noqa: FBT001 -- cbor2's signature
        raise ValueError(f"tag {tag}")

    return refuse


def _big_integer(value: object, _immutable: bool) -> int:  # noqa: FBT001 -- cbor2's signature
    if not isinstance(value, bytes) or len(value) > BIG_INTEGER_BYTES:
        raise ValueError("an integer beyond any measurement")
    return int.from_bytes(value, "big")


def _negative_big_integer(value: object, immutable: bool) -> int:  # noqa: FBT001 -- cbor2's signature
    return -1 - _big_integer(value, immutable)


def _decimal(value: object, _immutable: bool) -> Decimal:  # noqa: FBT001 -- cbor2's signature
    match value:
        case [int() as exponent, int() as mantissa] if abs(exponent) <= EXPONENT_LIMIT:
            return Decimal(mantissa).scaleb(exponent)
        case _:
            raise ValueError("no decimal fraction")


# RFC 8428 §6 has big integers and decimal fractions. Ours are bounded: cbor2's own take a minute for a megabyte of digits.
_TAGS: Final[Mapping[int, Callable[[object, bool], object]]] = {tag: _refusal(tag) for tag in _TAGS_REFUSED} | {
    2: _big_integer,
    3: _negative_big_integer,
    4: _decimal,
}
