"""How much of what is wrong with one payload is told. Pure."""

from typing import Final

from ingest.readings import Decoded, Rejection

_MOST: Final = 16
"""Rejections of one payload. Each of them keeps the whole payload raw: a megabyte of damaged packets must not become gigabytes."""


def told_once(decoded: list[Decoded]) -> list[Decoded]:
    """Give what was decoded with at most the first 16 rejections; readings and facts are all there, in order."""
    if sum(isinstance(item, Rejection) for item in decoded) <= _MOST:
        return decoded
    kept: list[Decoded] = []
    rejections = 0
    for item in decoded:
        rejections += isinstance(item, Rejection)
        if not isinstance(item, Rejection) or rejections <= _MOST:
            kept.append(item)
    return kept
