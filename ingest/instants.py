"""Device clocks: microseconds, and whether a time can be right. Pure: reads no clock; naive times are refused."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from ingest.readings import Quality

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
OLDEST_US: Final = 946_684_800_000_000
"""2000-01-01: an earlier time is a clock that was never set (0, 1970, 1980), not history."""
AHEAD_US: Final = 86_400_000_000
"""One day: room for a zone written wrongly; a clock further ahead would hide every later reading behind itself."""
OLDEST_S: Final = OLDEST_US / 1e6
_OLDEST: Final = EPOCH + timedelta(seconds=OLDEST_S)
_AHEAD: Final = timedelta(microseconds=AHEAD_US)
_MICROSECOND: Final = timedelta(microseconds=1)
# Bound once: looking up a member of an enumeration, or a method, costs more than what is done with it.
_GOOD: Final = Quality.GOOD
_UNCERTAIN: Final = Quality.UNCERTAIN_TIME
_from_seconds: Final = datetime.fromtimestamp


def to_us(instant: datetime) -> int:
    """Count microseconds since 1970-01-01 UTC of an aware instant."""
    return (instant - EPOCH) // _MICROSECOND


def from_us(time_us: int) -> datetime:
    """Give the aware UTC instant of microseconds since 1970-01-01 UTC."""
    return EPOCH + timedelta(microseconds=time_us)


def settle(seconds: float | None, received: datetime) -> tuple[datetime, Quality]:
    """Choose between a device's time (seconds since 1970 UTC) and ours: ours, and flagged, where its own cannot be.

    None is a device that sent no time: then ours is as good as any, and is not flagged.
    """
    if seconds is None:
        return received, _GOOD
    if not OLDEST_S <= seconds <= _latest_s(received):
        return received, _UNCERTAIN
    return _from_seconds(seconds, UTC), _GOOD


def settle_instant(moment: datetime | None, received: datetime) -> tuple[datetime, Quality]:
    """Choose as `settle` does, for a device's time that was read as an aware instant; the answer is in UTC."""
    if moment is None:
        return received, _GOOD
    if not _OLDEST <= moment <= received + _AHEAD:
        return received, _UNCERTAIN
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC), _GOOD


@lru_cache(maxsize=16)
def received_us(received: datetime) -> int:
    """Count as `to_us` does; all messages of a batch ask with the same instant."""
    return to_us(received)


@lru_cache(maxsize=16)
def _latest_s(received: datetime) -> float:
    """Count the seconds up to which a time can be right; all messages of a batch ask with the same instant."""
    return (to_us(received) + AHEAD_US) / 1e6
