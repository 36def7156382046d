"""Tell whether a time a device states can be believed. Pure: reads no clock, the receive time is passed in.

Chinese field protocols send local Beijing time without a zone. An unset clock shows as a year long past or far ahead.
A time in the past is believed back to the publication of the protocol: stations send stored values after days without a
link, and a replayed recording must give the same device times again. A time in the future never is.
"""

from datetime import datetime, timedelta, timezone

BEIJING = timezone(timedelta(hours=8))
_AHEAD = timedelta(hours=8)
FUTURE_SLACK = timedelta(minutes=10)  # an honest clock drifts by minutes between two synchronisations


def is_believable(time: datetime, received: datetime, earliest: datetime) -> bool:
    """Tell whether `time` is not before `earliest` and at most 10 minutes after `received` (all aware)."""
    return earliest <= time <= received + FUTURE_SLACK


def bcd_time(raw: bytes) -> datetime | None:
    """Read six BCD bytes of Beijing time, second first and year last, as UTC; None where they are no BCD or no time."""
    digits = raw[::-1].hex()
    if not digits.isdecimal():
        return None
    try:
        return datetime.fromisoformat(f"20{digits[:6]}T{digits[6:]}Z") - _AHEAD
    except ValueError:
        return None
