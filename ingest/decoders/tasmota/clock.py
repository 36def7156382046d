"""When a Tasmota board says something happened. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from ingest.instants import AHEAD_US, EPOCH, OLDEST_US, settle
from ingest.readings import Quality
from ingest.wire import number

_OLDEST: Final = timedelta(microseconds=OLDEST_US)
_AHEAD: Final = timedelta(microseconds=AHEAD_US)
_BEIJING: Final = timedelta(hours=8)
_UNSET_ZONES: Final = tuple(timedelta(hours=hours) for hours in (0, 1, 2))
"""What a board counts in whose zone nobody set: UTC, and the maker's default of central Europe, winter and summer."""
_LIVE: Final = timedelta(minutes=2)
"""A board tells what is now: read in its zone, a live message is at most two minutes from ours."""
_UNSET_FROM: Final = min(_UNSET_ZONES) - _LIVE
_UNSET_TO: Final = max(_UNSET_ZONES) + _LIVE
_NAIVE_EPOCH: Final = EPOCH.replace(tzinfo=None)
_GOOD, _UNCERTAIN_TIME = Quality.GOOD, Quality.UNCERTAIN_TIME


def instant(message: Mapping[str, object], received: datetime) -> tuple[datetime, Quality]:
    """Give the instant of a message: `Epoch`, otherwise `Time`, otherwise ours.

    `Time` without a zone is Beijing's, unless it is now in one of the zones a board has that nobody set.
    """
    if "Epoch" in message and (epoch := number(message["Epoch"])) is not None:
        return settle(epoch, received)
    told = message.get("Time")
    if told is None:
        return received, _GOOD
    now = _now(received)
    counted = _counted(told, now) if isinstance(told, str) else None
    if counted is None or not _OLDEST <= counted <= now + _AHEAD:
        return received, _UNCERTAIN_TIME  # what cannot be read is a clock that was never set, too
    return EPOCH + counted, _GOOD


def _counted(told: str, now: timedelta) -> timedelta | None:
    """Count the time since 1970 UTC. As a timedelta, because to give a datetime another zone costs ten times as much."""
    clean = told.strip()
    try:
        moment = datetime.fromisoformat(clean.replace(".", "-", 2) if told[4:5] == "." else clean)
    except ValueError:
        return None
    if moment.tzinfo is not None:
        return moment - EPOCH
    local = moment - _NAIVE_EPOCH
    ahead = local - now
    if _UNSET_FROM <= ahead <= _UNSET_TO:
        return local - next((zone for zone in _UNSET_ZONES if abs(ahead - zone) <= _LIVE), _BEIJING)
    return local - _BEIJING


@lru_cache(maxsize=16)
def _now(received: datetime) -> timedelta:
    """Count the time since 1970 UTC; all messages of a batch ask with the same instant."""
    return received - EPOCH
