"""Device clocks: microseconds, and whether a time can be right. Pure: reads no clock; naive times are refused."""

from datetime import UTC, datetime, timedelta
from typing import Final

from ingest.readings import Quality

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
OLDEST_US: Final = 946_684_800_000_000
"""2000-01-01: an earlier time is a clock that was never set (0, 1970, 1980), not history."""
AHEAD_US: Final = 86_400_000_000
"""One day: room for a zone written wrongly; a clock further ahead would hide every later reading behind itself."""
_MICROSECOND: Final = timedelta(microseconds=1)


def to_us(instant: datetime) -> int:
    """Count microseconds since 1970-01-01 UTC of an aware instant."""
    return (instant - EPOCH) // _MICROSECOND


def from_us(time_us: int) -> datetime:
    """Give the aware UTC instant of microseconds since 1970-01-01 UTC."""
    return EPOCH + timedelta(microseconds=time_us)


def is_plausible(time_us: float, received_us: int) -> bool:
    """Tell whether a device may have measured at `time_us` what we received at `received_us`; years ago is history."""
    return OLDEST_US <= time_us <= received_us + AHEAD_US


def settle(seconds: float | None, received: datetime) -> tuple[datetime, Quality]:
    """Choose between a device's time (seconds since 1970 UTC) and ours: ours, and flagged, where its own cannot be.

    None is a device that sent no time: then ours is as good as any, and is not flagged.
    """
    if seconds is None:
        return received, Quality.GOOD
    if not is_plausible(seconds * 1e6, to_us(received)):
        return received, Quality.UNCERTAIN_TIME
    return from_us(round(seconds * 1e6)), Quality.GOOD
