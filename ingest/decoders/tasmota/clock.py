"""When a Tasmota board says something happened. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from ingest.instants import settle, to_us
from ingest.readings import Quality
from ingest.wire import number

_BEIJING: Final = timezone(timedelta(hours=8))
_UNSET_ZONES: Final = tuple(timezone(timedelta(hours=hours)) for hours in (0, 1, 2))
"""What a board counts in whose zone nobody set: UTC, and the maker's default of central Europe, winter and summer."""
_LIVE_US: Final = 120_000_000
"""A board tells what is now: read in its zone, a live message is at most two minutes from ours."""


def instant(message: Mapping[str, object], received: datetime) -> tuple[datetime, Quality]:
    """Give the instant of a message: `Epoch`, otherwise `Time`, otherwise ours.

    `Time` without a zone is Beijing's, unless it is now in one of the zones a board has that nobody set.
    """
    epoch = number(message.get("Epoch"))
    if epoch is not None:
        return settle(epoch, received)
    told = message.get("Time")
    if told is None:
        return settle(None, received)
    moment = _read(told) if isinstance(told, str) else None
    if moment is None:
        return settle(0.0, received)  # what is there and cannot be read is a clock that was never set
    if moment.tzinfo is not None:
        return settle(to_us(moment) / 1e6, received)
    return settle(to_us(moment.replace(tzinfo=_zone(moment, received))) / 1e6, received)


def _zone(moment: datetime, received: datetime) -> timezone:
    now_us, local_us = to_us(received), to_us(moment.replace(tzinfo=UTC))
    for zone in _UNSET_ZONES:
        if abs(local_us - zone.utcoffset(None) // timedelta(microseconds=1) - now_us) <= _LIVE_US:
            return zone
    return _BEIJING


def _read(told: str) -> datetime | None:
    try:
        return datetime.fromisoformat(told.strip().replace(".", "-", 2) if told[4:5] == "." else told.strip())
    except ValueError:
        return None
