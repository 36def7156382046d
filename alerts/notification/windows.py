"""Weekly windows of wall-clock time, such as a shift or quiet hours. Pure: the instant is passed in.

A window is half-open, [begin, end). One that ends before it begins goes over midnight and belongs to the day it began
on. Wall-clock times are the centre's; a day with a changed clock has the windows its wall clock shows.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import yaml

from alerts.rule_file import Entry

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_EVERY_DAY = frozenset(range(7))
_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d) ?- ?(?:([01]\d|2[0-3]):([0-5]\d)|24:00)")
_DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Hours of some days of the week. Minutes are counted from midnight; `end` is after `begin`, at most a day later."""

    days: frozenset[int]  # 0 is Monday
    begin: int
    end: int

    def end_of(self, now: datetime, zone: ZoneInfo) -> datetime | None:
        """Give the end (aware UTC) of the window that holds `now`; None where none does."""
        today = now.astimezone(zone).date()
        for day in (today - timedelta(days=1), today):
            if day.weekday() in self.days and _at(day, self.begin, zone) <= now < (end := _at(day, self.end, zone)):
                return end.astimezone(now.tzinfo)
        return None


def _at(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    day += timedelta(days=minutes // _DAY_MINUTES)
    hours, rest = divmod(minutes % _DAY_MINUTES, 60)
    return datetime.combine(day, time(hours, rest), zone)


def is_within(windows: tuple[Window, ...], now: datetime, zone: ZoneInfo) -> bool:
    """Say whether one of the windows holds the instant."""
    return any(window.end_of(now, zone) is not None for window in windows)


def end_of_all(windows: tuple[Window, ...], now: datetime, zone: ZoneInfo) -> datetime:
    """Give the first instant, from `now` on, that none of the windows holds; `now` where they never end."""
    instant = now
    for _ in range(8 * len(windows)):  # windows that follow each other for a week follow each other for ever
        ends = [end for window in windows if (end := window.end_of(instant, zone)) is not None]
        if not ends:
            return instant
        instant = max(ends)
    return now


def read_window(entry: Entry) -> Window:
    """Read a window such as `mon-fri 08:00-20:00`, `sat,sun 22:00-06:00` or, for every day, `22:00-07:00`."""
    *words, hours = entry.text().lower().replace(" - ", "-").split()
    match = _HOURS.fullmatch(hours)
    if match is None or len(words) > 1:
        entry.refuse(f"{entry.text()!r} is not a window: write it like 'mon-fri 08:00-20:00' or '22:00-07:00'")
    begin = int(match[1]) * 60 + int(match[2])
    end = int(match[3]) * 60 + int(match[4]) if match[3] else _DAY_MINUTES
    return Window(
        days=_read_days(entry, words[0]) if words else _EVERY_DAY,
        begin=begin,
        end=end if end > begin else end + _DAY_MINUTES,
    )


def read_windows(entry: Entry) -> tuple[Window, ...]:
    """Read one window, or a list of them."""
    is_list = isinstance(entry.node, yaml.SequenceNode)
    return tuple(map(read_window, entry.items())) if is_list else (read_window(entry),)


def _read_days(entry: Entry, text: str) -> frozenset[int]:
    days: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        if first not in DAYS or (last or first) not in DAYS:
            entry.refuse(f"{part!r} is not a day or a span of days: use {', '.join(DAYS)}, like mon-fri or sat,sun")
        begin, end = DAYS.index(first), DAYS.index(last or first)
        days |= {day % 7 for day in range(begin, (end if end >= begin else end + 7) + 1)}
    return frozenset(days)
