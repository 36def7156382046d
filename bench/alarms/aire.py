"""River Aire as a poller saw it for 16 months: readings served again and again, absent stations, outages of the poller."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from alerts.rule import RuleSet
from alerts.trial import TrialStep, try_out
from bench.alarms.result import (
    DAY,
    HOUR,
    SECOND,
    Result,
    TrialRow,
    Window,
    a_tag,
    at_us,
    declare,
    p,
    raised,
    score,
    span_days,
    table,
)

FOLDER = "data/flood_uk_aire_polls"
STATIONS = ("L1602", "L1705A", "L1707A")
# Readings are old by 28 min at the median and 81 at p95 when they are polled: three missed are six hours.
INTERVAL_S = 7200.0
POLLER_AWAY = 3 * HOUR


def readings(folder: Path) -> list[TrialRow]:
    """Give what arrived, in order of arrival; the station's time is the reading's."""
    rows = [
        TrialRow(
            _us(row["reading_time_utc"]), row["station_id"], "stage", float(row["level_m"]), _us(row["poll_time_utc"])
        )
        for row in table(folder / FOLDER / "polls.csv.gz")
    ]
    return sorted(rows, key=lambda row: row.received_us or 0)


def trial(folder: Path, rules: RuleSet) -> tuple[list[TrialRow], list[TrialStep]]:
    """Run the rules over the three stations."""
    rows = readings(folder)
    tags = declare(a_tag(station, "stage", "m", interval_s=INTERVAL_S) for station in STATIONS)
    return rows, try_out(rules, tags, rows)[0]


def stale(folder: Path) -> dict[str, list[Window]]:
    """Give by station the times in which only an old reading was served, from that reading on."""
    windows: dict[str, list[Window]] = {station: [] for station in STATIONS}
    for row in table(folder / FOLDER / "derived_stale_episodes.csv"):
        windows[row["station_id"]].append(
            Window(start=_us(row["frozen_reading_time"]), end=_us(row["last_stale_poll"]), name=row["station_id"])
        )
    return windows


def while_away(folder: Path, times: Sequence[int]) -> list[int]:
    """Give those times at which the poller itself had not polled for three hours."""
    polls = sorted(_us(row["poll_time_utc"]) for row in table(folder / FOLDER / "poll_index.csv.gz"))
    return [at for at in times if at - polls[max(bisect_right(polls, at) - 1, 0)] > POLLER_AWAY]


def run(folder: Path, rules: RuleSet) -> list[Result]:
    """Score stale episodes by station, and what was raised while nobody polled."""
    rows, steps = trial(folder, rules)
    quiet = raised(steps, "no-data", "stuck")
    feed = [at_us(step) for step in raised(steps, "outage")]  # all stations at once
    found = raises = events = 0
    delays: list[int] = []
    for station, windows in stale(folder).items():
        fit = score([*feed, *(at_us(step) for step in quiet if step.device == station)], windows)
        events, found, raises = events + len(windows), found + fit.found, raises + fit.raises
        delays += fit.delays
    false = len(while_away(folder, [at_us(step) for step in quiet]))
    return [
        Result(
            recording="Aire stale, frozen, absent",
            sensor_days=len(STATIONS) * span_days(rows),
            events=events,
            found=found,
            raises=raises,
            delay=f"{p(delays, 0.5) / HOUR:.1f} / {p(delays, 0.95) / HOUR:.1f} h",
            false_alarms=false,
            target="each within a day; no station blamed for the poller",
            met=found == events and max(delays, default=0) <= DAY and false == 0,
        )
    ]


def _us(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp()) * SECOND
