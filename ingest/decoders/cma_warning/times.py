"""Times as the sources spell them. Pure. A local time is China's; what cannot be read is None."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from ingest.decoders.cma_warning.names import Item
from ingest.wire import number

_AHEAD: Final = timedelta(hours=8)
_YEARS: Final = (1970, 2100)
_SECONDS_FROM: Final = 1e9  # 2001; a smaller number is no time
_SECONDS_TO: Final = 4_102_444_800.0  # 2100
_MILLISECONDS: Final = 1_000.0
_STAMP: Final = re.compile(r"(20\d{2})[-/年]?(\d{1,2})[-/月]?(\d{1,2})日?[ T]?(\d{1,2})[:时]?(\d{2})(?:[:分]?(\d{2}))?")
_KEPT: Final = 40
_DIGITS: Final = 14  # of a time to the second


def instant(item: Item, keys: Sequence[str]) -> datetime | None:
    """Give the first of the times under these keys that can be read, in UTC."""
    for key in keys:
        value = item[key]
        found = _spelt(value) if isinstance(value, str) else _counted(value)
        if found is not None:
            return found
    return None


def stamp(words: str) -> datetime | None:
    """Read "2026/10/06 21:29", "20261006212927" and their like."""
    if len(words) == _DIGITS and words[:2] == "20" and words.isascii() and words.isdecimal():
        words = f"{words[:8]}T{words[8:]}Z"
        try:
            return datetime.fromisoformat(words) - _AHEAD
        except ValueError:
            return None
    parts = _STAMP.match(words)
    if parts is None:
        return None
    year, month, day, hour, minute, second = parts.groups("0")
    try:
        return datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), tzinfo=UTC) - _AHEAD
    except ValueError:
        return None


def _spelt(value: str) -> datetime | None:
    # What has a dash or stroke after four characters is no number that could be a time.
    if value[4:5] not in ("-", "/") and (found := _counted(value)) is not None:
        return found
    words = value.strip()[:_KEPT]
    try:
        found = datetime.fromisoformat(words)
    except ValueError:
        return stamp(words)
    if not _YEARS[0] < found.year < _YEARS[1]:
        return None
    return found.replace(tzinfo=UTC) - _AHEAD if found.tzinfo is None else found.astimezone(UTC)


def _counted(value: object) -> datetime | None:
    """Read seconds or milliseconds since 1970 UTC; 202606011600 is neither."""
    seconds = number(value)
    if seconds is None:
        return None
    if seconds > _SECONDS_FROM * _MILLISECONDS:
        seconds /= _MILLISECONDS
    return datetime.fromtimestamp(seconds, UTC) if _SECONDS_FROM < seconds < _SECONDS_TO else None
