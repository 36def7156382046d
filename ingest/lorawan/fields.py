"""Fields that every network server spells a little differently. Pure and total."""

import binascii
import re
from datetime import datetime
from typing import Final

from ingest.instants import EPOCH
from ingest.wire import number

EUI_BYTES: Final = 8
EUI_CHARS: Final = 16
_HEX_EUI: Final = re.compile(r"[0-9A-Fa-f]{16}")
_HEX: Final = re.compile(r"(?:[0-9A-Fa-f]{2})*+")
_SEPARATORS: Final = str.maketrans("", "", "-: ")
_URL_SAFE: Final = str.maketrans("-_", "+/")


def eui(value: object) -> str | None:
    """Read an EUI-64 as 16 upper-case hex characters: hex in either case, separated or not, base64, or its bytes.

    Anything else, the all-zero EUI of an unset device included, is None.
    """
    if isinstance(value, str):
        found = _eui_of_text(value)
    else:
        found = value.hex().upper() if isinstance(value, bytes) and len(value) == EUI_BYTES else None
    return None if found == "0000000000000000" else found


def _eui_of_text(value: str) -> str | None:
    if len(value) == EUI_CHARS:
        try:
            if len(bytes.fromhex(value)) == EUI_BYTES:  # it passes over blanks: then it is less
                return value.upper()
        except ValueError:
            return None
    if len(value) in (11, 12) and (raw := enclosed_bytes(value)) is not None:
        return raw.hex().upper() if len(raw) == EUI_BYTES else None
    bare = value.translate(_SEPARATORS) if len(value) <= 3 * EUI_BYTES else ""
    return bare.upper() if _HEX_EUI.fullmatch(bare) else None


def enclosed_bytes(value: object) -> bytes | None:
    """Read base64, of either alphabet, padded or not; None for what is none. No bytes are b""."""
    if not isinstance(value, str):
        return None
    try:
        return binascii.a2b_base64(value, strict_mode=True)
    except (binascii.Error, ValueError):
        pass
    bare = value.strip().rstrip("=").translate(_URL_SAFE)
    try:
        return binascii.a2b_base64(bare + "=" * (-len(bare) % 4), strict_mode=True)
    except (binascii.Error, ValueError):
        return None


def hex_bytes(value: object) -> bytes | None:
    """Read hex text; None for what is none."""
    return bytes.fromhex(value) if isinstance(value, str) and _HEX.fullmatch(value) else None


def port_of(value: object) -> int | None:
    """Read an fPort, which may be text; None for what is none."""
    if type(value) is int and 0 <= value <= 255:  # noqa: PLR2004 -- a byte, as nearly all are
        return value
    port = number(value)
    return None if port is None else int(port)


def instant(value: object) -> datetime | None:
    """Read RFC 3339 with a zone (nanoseconds are cut off), or take an aware instant; None where there is nothing.

    What is there and cannot be read, or has no zone, is 1970: a clock that was never set, for `settle_instant` to refuse.
    """
    if type(value) is not str:
        return value if value is None or isinstance(value, datetime) else EPOCH
    if not value:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return EPOCH
    return EPOCH if moment.tzinfo is None else moment
