"""USGS creeks at 5 minutes with the flood stages of the weather service: crossings, fast rises, outages."""

import itertools
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from alerts.rule import RuleSet
from alerts.trial import TrialStep, try_out
from bench.alarms.result import (
    HOUR,
    MINUTE,
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

FOLDER = "data/flood_usgs_flashy_5min"
# Priorities 1 to 4 are the major, moderate, minor and action stages, in feet.
CREEKS = {
    "usgs_01581752_plumtree_run_2016-2018.csv.gz": (10.0, 7.0, 6.0, 5.0),
    "usgs_01650800_sligo_creek_2019-05.csv.gz": (11.0, 8.0, 5.5, 4.0),
    "usgs_01589330_dead_run_2018-06.csv.gz": (14.0, 12.0, 10.0, 8.0),
    "usgs_01589330_dead_run_2019-05.csv.gz": (14.0, 12.0, 10.0, 8.0),
}
PRIORITY = {"major": 1, "moderate": 2, "minor": 3, "action": 4}
PLUMTREE = next(iter(CREEKS))


def readings(path: Path) -> list[TrialRow]:
    """Read the stage in feet; interpolated rows were never measured."""
    return [
        TrialRow(_us(row["time_utc"]), "creek", "stage", float(row["gage_height_ft"]))
        for row in table(path)
        if row["gage_height_ft"] and "hf.missing" not in row["gage_height_ft_qual"]
    ]


def trial(folder: Path, name: str, rules: RuleSet) -> tuple[list[TrialRow], list[TrialStep]]:
    """Run the rules over one creek."""
    rows = readings(folder / FOLDER / name)
    tags = declare([a_tag("creek", "stage", "[ft_i]", interval_s=300.0, limits=CREEKS[name])])
    return rows, try_out(rules, tags, rows)[0]


def truth(folder: Path, name: str) -> list[dict[str, str]]:
    """Read what happened at one creek."""
    return [row for row in table(folder / FOLDER / "derived_events.csv") if row["file"] == name]


def crossings(name: str, rows: Sequence[TrialRow], steps: Sequence[TrialStep], events: list[dict[str, str]]) -> Result:
    """Each crossing is to be raised once, at its first sample."""
    wanted = sorted((PRIORITY[row["kind"]], _us(row["first_sample_utc"])) for row in events if row["kind"] in PRIORITY)
    levels = raised(steps, "level-high")
    got = sorted((step.priority, at_us(step)) for step in levels)
    found = sum(one in got for one in wanted)
    return Result(
        recording=f"USGS {_short(name)} crossings",
        sensor_days=span_days(rows),
        events=len(wanted),
        found=found,
        raises=sum(one in wanted for one in got),
        delay="0 samples" if found else "",
        false_alarms=sum(one not in wanted for one in got),
        target="every crossing once, nothing else",
        met=got == wanted,
    )


def rises(name: str, rows: Sequence[TrialRow], steps: Sequence[TrialStep], events: list[dict[str, str]]) -> Result:
    """Rises of a foot in half an hour; two that begin within half an hour are one."""
    windows = [
        Window(start=_us(row["first_sample_utc"]), end=_us(row["last_sample_utc"]))
        for row in events
        if row["kind"].startswith("rise")
    ]
    least = max((step.priority for step in raised(steps, "rate-high")), default=0)
    rates = [at_us(step) for step in raised(steps, "rate-high") if step.priority == least]
    found = score(rates, windows, before=30 * MINUTE, after=30 * MINUTE)
    drops = len(raised(steps, "rate-low"))
    days = span_days(rows)
    false = len(found.strays) + drops
    return Result(
        recording=f"USGS {_short(name)} rises",
        sensor_days=days,
        events=len(windows),
        found=found.found,
        raises=found.raises,
        delay=f"{p(found.delays, 0.5) / MINUTE:.0f} / {p(found.delays, 0.95) / MINUTE:.0f} min; {_lead(rates, events)}",
        false_alarms=false,
        target="≤ 1 false per 100 sensor-days" if name == PLUMTREE else "",
        met=found.found == len(windows) and false <= days / 100 if name == PLUMTREE else None,
    )


def outages(name: str, rows: Sequence[TrialRow], steps: Sequence[TrialStep]) -> Result:
    """Holes of more than an hour are to be called no-data, within them."""
    holes = [
        Window(start=one.time_us, end=other.time_us)
        for one, other in itertools.pairwise(rows)
        if other.time_us - one.time_us > HOUR
    ]
    quiet = [at_us(step) for step in raised(steps, "no-data")]
    found = score(quiet, holes)
    shorter = sum(
        any(one.time_us < at < other.time_us for one, other in itertools.pairwise(rows)) for at in found.strays
    )
    return Result(
        recording=f"USGS {_short(name)} outages > 1 h",
        sensor_days=span_days(rows),
        events=len(holes),
        found=found.found,
        raises=found.raises,
        delay=f"{p(found.delays, 0.5) / MINUTE:.0f} / {p(found.delays, 0.95) / MINUTE:.0f} min",
        false_alarms=len(found.strays) - shorter,
        target="every outage",
        met=found.found == len(holes) and len(found.strays) == shorter,
    )


def run(folder: Path, rules: RuleSet) -> list[Result]:
    """Score all creeks."""
    results = []
    for name in CREEKS:
        rows, steps = trial(folder, name, rules)
        events = truth(folder, name)
        results += [crossings(name, rows, steps, events), rises(name, rows, steps, events)]
        if name == PLUMTREE:
            results.append(outages(name, rows, steps))
    return results


def _lead(rates: Sequence[int], events: list[dict[str, str]]) -> str:
    """Say how long before each action stage the rise was told."""
    leads = []
    for row in events:
        if row["kind"] == "action":
            at = _us(row["first_sample_utc"])
            before = [rate for rate in rates if at - 6 * HOUR <= rate <= at]
            if before:
                leads.append((at - before[0]) / MINUTE)
    return f"lead {', '.join(f'{lead:.0f}' for lead in leads)} min" if leads else "no crossing"


def _us(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp()) * SECOND


def _short(name: str) -> str:
    return name.removeprefix("usgs_").split("_", 1)[1].removesuffix(".csv.gz").replace("_", " ")
