"""Turn hex text of a binary frame back into bytes. Pure; refuses text that holds anything but hex and separators."""

import re

_SEPARATORS = b" \t\r\n\v\f,;:-\x00\"'"
_HEX = re.compile(rb"[0-9A-Fa-f]+")


def unhex(payload: bytes, marker: str) -> bytes | None:
    """Read `payload` as hex text (any case, blanks, line ends, commas) of a frame that starts with `marker`.

    `marker` is upper-case hex without blanks. A prefix such as `0x` or `data:` before the marker is dropped. None where
    this is not hex text, or no marker is in it.
    """
    try:
        data = bytes.fromhex(payload.decode("ascii"))  # takes blanks and line ends, and most text is nothing else
    except ValueError:
        data = b""
    if data.startswith(bytes.fromhex(marker)):
        return data
    text = payload.translate(None, _SEPARATORS).upper()
    start = text.find(marker.encode())
    if start < 0:
        return None
    if not _HEX.fullmatch(text, start):
        return None
    if start % 2 == 1 and _HEX.fullmatch(text) and (even := _find_even(text, marker.encode(), start)) >= 0:
        start = even  # whole bytes before the marker: the odd hit lies across two of them
    digits = text[start:]
    return bytes.fromhex(digits[: len(digits) // 2 * 2].decode())


def _find_even(text: bytes, marker: bytes, start: int) -> int:
    """Find the first occurrence of `marker` at an even offset at or after `start`; -1 where there is none."""
    while start >= 0 and start % 2:
        start = text.find(marker, start + 1)
    return start
