"""Open what a platform's envelope encloses: text that spells bytes, and frames that say themselves what they are. Pure.

A frame with a checksum of its own (GB/T 26875.3, MEOKON) needs nobody to say by which codec it is read, and the device in it
is the one that speaks. Everything else is for a codec. Refuses nothing: what cannot be opened is given as it is.
"""

import re
from binascii import a2b_base64
from datetime import datetime
from typing import Final

from ingest.decoders import gb26875_3, meokon_a55a
from ingest.readings import Decoded, Reason, Rejection

_HEX: Final = re.compile(r"(?:0[xX])?(?:[0-9A-Fa-f]{2})+")
_PADS_MOST: Final = 2
_MALFORMED: Final = Reason.MALFORMED
_SURELY_HEX: Final = 16  # digits; shorter text of these letters may as well be base64
_URL_SAFE: Final = str.maketrans("-_", "+/")
_OPENED: Final = {
    b"@@": gb26875_3.decode, b"4040": gb26875_3.decode,
    b"\xa5\x5a": meokon_a55a.decode, b"a55a": meokon_a55a.decode, b"A55A": meokon_a55a.decode,
}  # fmt: skip


def from_base64(text: str) -> bytes | None:
    """Give the bytes of base64 text, its padding present or not; or of hex text, which some send instead. None: neither."""
    packed = text.strip()
    opened = _opened(packed)
    return _opened("".join(packed.split()).translate(_URL_SAFE)) if opened is None else opened


def _opened(packed: str) -> bytes | None:
    bare = packed.rstrip("=")
    if (len(packed) >= _SURELY_HEX or len(bare) % 4 == 1) and (spelled := _unhexed(packed)) is not None:
        return spelled
    if not bare or len(packed) - len(bare) > _PADS_MOST:
        return None
    try:
        return a2b_base64(bare + "==="[: -len(bare) % 4], strict_mode=True)
    except ValueError:
        return None


def from_hex(text: str) -> bytes | None:
    """Give the bytes of hex text (blanks between them, 0x before), None for other text."""
    return _unhexed("".join(text.split()) if " " in text or "\n" in text else text)


def _unhexed(packed: str) -> bytes | None:
    return bytes.fromhex(packed[2:] if packed[1:2] in ("x", "X") else packed) if _HEX.fullmatch(packed) else None


def frames_in(payload: bytes, received: datetime) -> list[Decoded] | None:
    """Decode frames that vouch for themselves; None where the bytes are nothing of that kind.

    A frame with a wrong checksum is the rejection of one: such bytes are no codec's either.
    """
    decode = _OPENED.get(payload[:2]) or _OPENED.get(payload[:4])
    if decode is None:
        return None
    decoded = decode("", payload, received)
    for item in decoded:
        if type(item) is not Rejection or item.reason is not _MALFORMED:
            return decoded
    return None if decoded else decoded
