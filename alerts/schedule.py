"""When a rule judges: hours of the day, days of the week, and days that are left out. Pure: the time is passed in."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Local hours from `start` until `end` (over midnight where end is not later), beginning on `days` (0 is Monday).

    `without` are spans of dates, both ends included, on which no window begins.
    """

    zone: ZoneInfo
    start: time
    end: time
    days: frozenset[int]
    without: tuple[tuple[date, date], ...] = ()

    def covers(self, time_us: int) -> bool:
        """Say whether the rule judges at a time, in microseconds since 1970 UTC."""
        local = (_EPOCH + timedelta(microseconds=time_us)).astimezone(self.zone)
        clock, day = local.time(), local.date()
        if self.start < self.end:
            return self.start <= clock < self.end and self._begins_on(day)
        if clock >= self.start and self._begins_on(day):
            return True
        return clock < self.end and self._begins_on(day - timedelta(days=1))

    def _begins_on(self, day: date) -> bool:
        return day.weekday() in self.days and not any(first <= day <= last for first, last in self.without)
