"""Street floods of New York: the published depth profile of each event against the official minutes above 4, 12, 24 in."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from alerts.life_cycle import State
from alerts.rule import RuleSet
from alerts.trial import TrialStep, try_out
from bench.alarms.result import MINUTE, SECOND, Result, TrialRow, a_tag, at_us, declare, p, table

FOLDER = "data/flood_nyc_floodnet"
THRESHOLDS = {4: 4, 12: 3, 24: 2}  # inches -> priority
LIMITS = (None, 24.0, 12.0, 4.0)
BROKEN = "E0433"  # no drain time, 0 official minutes though its profile passes 4 in (README.md)
DRY_MINUTES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Flood:
    """One event: its profile as (µs, inches), and the official minutes above each threshold."""

    id: str
    sensor: str
    profile: tuple[tuple[int, float], ...]
    minutes: dict[int, float]


def floods(folder: Path) -> list[Flood]:
    """Read all events that can be scored, in order of time."""
    profiles = defaultdict(list)
    for row in table(folder / FOLDER / "telemetry.csv.gz"):
        profiles[row["event_id"]].append((round(float(row["ts_utc"])) * SECOND, float(row["depth_in"])))
    found = [
        Flood(
            id=row["event_id"],
            sensor=row["sensor_id"].lower(),
            profile=tuple(sorted(profiles[row["event_id"]])),
            minutes={inches: float(row[f"duration_above_{inches}_inches_mins"] or 0) for inches in THRESHOLDS},
        )
        for row in table(folder / FOLDER / "events.csv")
        if row["event_id"] != BROKEN and profiles[row["event_id"]]
    ]
    return sorted(found, key=lambda flood: flood.profile[0][0])


def readings(found: list[Flood]) -> list[TrialRow]:
    """Give the profiles in order of time; the street is dry for some minutes after each, which nobody recorded."""
    rows: list[TrialRow] = []
    begins = defaultdict(list)
    for flood in found:
        begins[flood.sensor].append(flood.profile[0][0])
    for flood in found:
        rows += [TrialRow(at, flood.sensor, "depth", depth) for at, depth in flood.profile]
        rows += _dry(flood, begins[flood.sensor])
    return sorted(rows, key=lambda row: row.time_us)


def _dry(flood: Flood, begins: list[int]) -> Iterator[TrialRow]:
    end = flood.profile[-1][0]
    for minute in range(1, DRY_MINUTES + 1):
        at = end + minute * MINUTE
        if not any(end < begin <= at for begin in begins):
            yield TrialRow(at, flood.sensor, "depth", 0.0)


def trial(folder: Path, rules: RuleSet) -> tuple[list[Flood], list[TrialStep]]:
    """Run the rules over all sensors at once."""
    found = floods(folder)
    tags = declare(a_tag(s, "depth", "[in_i]", limits=LIMITS) for s in sorted({flood.sensor for flood in found}))
    return found, try_out(rules, tags, readings(found))[0]


def run(folder: Path, rules: RuleSet) -> list[Result]:
    """Score each threshold."""
    found, steps = trial(folder, rules)
    days = sum((flood.profile[-1][0] - flood.profile[0][0]) / (86_400 * SECOND) for flood in found)
    return [_result(found, steps, inches, days) for inches in THRESHOLDS]


def _result(found: list[Flood], steps: list[TrialStep], inches: int, days: float) -> Result:
    spells = _spells(steps, THRESHOLDS[inches])
    official = [flood for flood in found if flood.minutes[inches] > 0]
    late: list[float] = []
    wrong: list[float] = []
    hits = raises = false = 0
    for flood in found:
        own = [s for s in spells[flood.sensor] if flood.profile[0][0] <= s[0] <= flood.profile[-1][0]]
        if not flood.minutes[inches]:
            false += len(own)
            continue
        raises += len(own)
        hits += bool(own)
        if own:
            late.append(_samples_late(flood, inches, own[0][0]))
            end = flood.profile[-1][0] + MINUTE
            minutes = sum(min(until, end) - since for since, until in own) / MINUTE
            wrong.append(abs(minutes - flood.minutes[inches]))
    per_event = raises / hits if hits else 0.0
    # Nothing that sees only the published samples, and no later ones when it speaks, can do better than this.
    straight = [abs(interpolated_minutes(flood, inches) - flood.minutes[inches]) for flood in official]
    return Result(
        recording=f"NYC street floods ≥ {inches} in",
        sensor_days=days,
        events=len(official),
        found=hits,
        raises=raises,
        delay=f"{p(late, 0.5):.0f} / {p(late, 0.95):.0f} samples",
        minutes_p95=p(wrong, 0.95),
        false_alarms=false,
        target="all within 1 sample, ≤ 1.03 raises, ± 5 min at p95",
        met=hits == len(official) and max(late, default=0) <= 1 and per_event <= 1.03 and p(wrong, 0.95) <= 5,
        note=f"minutes: a straight line through the published samples is off by {p(straight, 0.95):.1f} at p95",
    )


def _spells(steps: list[TrialStep], priority: int) -> dict[str, list[tuple[int, int]]]:
    """Give the spans from raise to return of one priority, by sensor."""
    spells: dict[str, list[tuple[int, int]]] = defaultdict(list)
    since: dict[str, int] = {}
    for step in steps:
        if step.condition != "level-high" or step.priority != priority:
            continue
        if step.to_state is State.UNACK:
            since[step.device] = at_us(step)
        else:
            spells[step.device].append((since.pop(step.device), at_us(step)))
    for sensor, begun in since.items():
        spells[sensor].append((begun, 2**62))
    return spells


def interpolated_minutes(flood: Flood, inches: float) -> float:
    """Give the minutes above a threshold by a straight line through the samples."""
    minutes = 0.0
    for (begin, low), (end, high) in pairwise(flood.profile):
        if low >= inches and high >= inches:
            minutes += (end - begin) / MINUTE
        elif max(low, high) >= inches:
            minutes += (end - begin) / MINUTE * (max(low, high) - inches) / abs(high - low)
    return minutes


def _samples_late(flood: Flood, inches: int, raised_at: int) -> float:
    """Count the samples between the first at or above the threshold and the raise."""
    first = next((at for at, depth in flood.profile if depth >= inches), raised_at)
    return float(sum(first < at <= raised_at for at, _ in flood.profile))


def day_of(flood: Flood) -> datetime:
    """Give when an event began."""
    return datetime.fromtimestamp(flood.profile[0][0] / SECOND, UTC)
