"""Read the keys that a rule of any kind may have: scope, guidance, gaps, schedule, flap control. No clock."""

import re
from datetime import date, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from alerts.points import Flap, GapPolicy
from alerts.rule import Common, Guidance, Scope
from alerts.rule_file import Entry, Fields
from alerts.schedule import Schedule

_LANGUAGES = ("zh", "en")
_HOURS = re.compile(r"(\d{2}):(\d{2})-(\d{2}):(\d{2})")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ZONE = "Asia/Shanghai"
_MOST_MINUTES = 59
_MOST_HOURS = 24


def read_common(entry: Entry, fields: Fields) -> Common:
    """Read what every rule has.

    Raises:
        RuleFileError: a key is missing or has a value that cannot be.
    """
    return Common(
        name=fields.need("name").name(),
        line=entry.line,
        scope=_read_scope(fields.need("for")),
        guidance=_read_guidance(fields.need("guidance")),
        realarm_after_us=fields.read("realarm_after", _read_optional_duration, None),
        gap_policy=fields.read("gap", lambda value: value.choice(GapPolicy), GapPolicy.RESET),
        gap_us=fields.read("gap_after", _read_optional_duration, None),
        schedule=fields.read("schedule", _read_schedule, None),
        flap=fields.read("flap", _read_flap, None),
        suppressed_by=fields.read("suppressed_by", _read_conditions, frozenset()),
    )


def _read_optional_duration(entry: Entry) -> int | None:
    return entry.duration_us()


def _read_conditions(entry: Entry) -> frozenset[str]:
    """Read names of conditions; whether any rule raises them the whole file is asked."""
    return frozenset(item.name() for item in entry.items())


def _read_scope(entry: Entry) -> Scope:
    fields = Fields(entry)
    kinds_entry = fields.find("kinds")
    scope = Scope(
        kinds=None if kinds_entry is None else frozenset(item.name() for item in kinds_entry.items()),
        metrics=fields.read("metric", read_metrics, None),
    )
    fields.finish()
    return scope


def read_metrics(entry: Entry) -> frozenset[str]:
    """Read one metric, or a list of the names one quantity goes by."""
    return frozenset(item.name() for item in ([entry] if entry.is_scalar() else entry.items()))


def _read_guidance(entry: Entry) -> dict[str, Guidance]:
    fields = Fields(entry)
    guidance = {}
    for language in _LANGUAGES:
        words = Fields(fields.need(language))
        guidance[language] = Guidance(
            means=words.need("means").text(),
            do=words.need("do").text(),
            title=words.read("title", Entry.text, ""),
        )
        words.finish()
    fields.finish()
    return guidance


def _read_flap(entry: Entry) -> Flap | None:
    """Read `{raises: 4, within: 1h, hold: 30min}`."""
    fields = Fields(entry)
    raises = fields.need("raises")
    if raises.number() < 2 or raises.number() != int(raises.number()):  # noqa: PLR2004 -- once is no flapping
        raises.refuse("'raises' is a whole number, 2 or more")
    flap = Flap(
        raises=int(raises.number()),
        within_us=fields.need("within").duration_us(),
        hold_us=fields.need("hold").duration_us(),
    )
    fields.finish()
    return flap


def _read_schedule(entry: Entry) -> Schedule | None:
    """Read `{hours: "22:00-06:00", days: [mon, …], without: ["2026-07-01/2026-08-31", …], zone: Asia/Shanghai}`."""
    fields = Fields(entry)
    start, end = fields.read("hours", _read_hours, (time(0), time(0)))
    days, without, zone = fields.find("days"), fields.find("without"), fields.find("zone")
    schedule = Schedule(
        zone=ZoneInfo(_ZONE) if zone is None else _read_zone(zone),
        start=start,
        end=end,
        days=frozenset(range(7)) if days is None else frozenset(_read_day(day) for day in days.items()),
        without=() if without is None else tuple(_read_dates(dates) for dates in without.items()),
    )
    fields.finish()
    return schedule


def _read_hours(entry: Entry) -> tuple[time, time]:
    match = _HOURS.fullmatch(entry.text())
    if match is None:
        entry.refuse(f"{entry.text()!r} are no hours: write them like 22:00-06:00")
    first, second, third, fourth = (int(group) for group in match.groups())
    if max(second, fourth) > _MOST_MINUTES or first >= _MOST_HOURS or third * 60 + fourth > _MOST_HOURS * 60:
        entry.refuse(f"{entry.text()!r} is not on a clock")
    return time(first, second), time(third % _MOST_HOURS, fourth)


def _read_day(entry: Entry) -> int:
    word = entry.text()
    if word not in _DAYS:
        entry.refuse(f"{word!r} is none of {', '.join(_DAYS)}")
    return _DAYS.index(word)


def _read_dates(entry: Entry) -> tuple[date, date]:
    """Read one day, or the first and the last with a stroke between."""
    first, _, last = entry.text().partition("/")
    try:
        span = date.fromisoformat(first), date.fromisoformat(last or first)
    except ValueError:
        entry.refuse(f"{entry.text()!r} is no date: write it like 2026-10-01 or 2026-07-01/2026-08-31")
    if span[0] > span[1]:
        entry.refuse("the last day is before the first")
    return span


def _read_zone(entry: Entry) -> ZoneInfo:
    try:
        return ZoneInfo(entry.text())
    except (ZoneInfoNotFoundError, ValueError):
        entry.refuse(f"unknown time zone {entry.text()!r}")
