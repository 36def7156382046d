"""Rain of a real flood storm: rolling sums against the 2-year and 10-year amounts of NOAA Atlas 14, to the hour."""

from datetime import UTC, datetime
from pathlib import Path

from alerts.rule import RuleSet
from alerts.rules import load_rules
from alerts.trial import TrialStep, try_out
from bench.alarms.result import HOUR, SECOND, Result, TrialRow, a_tag, at_us, declare, p, raised, span_days, table

FOLDER = "data/rain_sanjacinto_atlas14"
PRIORITIES = {"ari_2y": 3, "ari_10y": 2}
FIRSTS = {3: "first_ge_2y", 2: "first_ge_10y"}


def readings(folder: Path) -> list[TrialRow]:
    """Give the rain of each hour at its end, in inches; the local times are taken as they stand."""
    return [
        TrialRow(_us(row["to_local"]), "gauge-790", "rain_amount", float(row["rain_in"]))
        for row in table(folder / FOLDER / "hcfcd_gauge790_hourly.csv")
    ]


def atlas_rules(folder: Path) -> RuleSet:
    """Write a rule a duration, with the amounts of the atlas as its limits: what a county would do for its grids."""
    wanted = {row["window_h"] for row in table(folder / FOLDER / "derived_rolling_maxima.csv")}
    text = "rules:\n"
    for row in table(folder / FOLDER / "atlas14_pds_inches.csv"):
        hours = int(row["duration_min"]) / 60
        if hours.is_integer() and str(int(hours)) in wanted:
            limits = ", ".join(f"{priority}: {row[ari]}" for ari, priority in PRIORITIES.items())
            text += (
                f"  - {{name: rain-{int(hours)}h, kind: accumulation, for: {{metric: rain_amount}}, unit: '[in_i]', "
                f"condition: rain-{int(hours)}h, windows: {{{int(hours)}h: {{{limits}}}}}, "
                "guidance: {zh: {means: 雨, do: 看}, en: {means: rain, do: look}}}\n"
            )
    return load_rules(text, source="atlas 14")


def trial(folder: Path, rules: RuleSet) -> tuple[list[TrialRow], list[TrialStep]]:
    """Run rules over the storm."""
    rows = readings(folder)
    tags = declare([a_tag("gauge-790", "rain_amount", "[in_i]", kind="rain", interval_s=3600.0)])
    return rows, try_out(rules, tags, rows)[0]


def firsts(steps: list[TrialStep]) -> dict[tuple[str, int], int]:
    """Give when each duration and priority was raised first, in microseconds."""
    first: dict[tuple[str, int], int] = {}
    for step in raised(steps):
        first.setdefault((step.condition, step.priority), at_us(step))
    return first


def wanted(folder: Path) -> dict[tuple[str, int], int]:
    """Read when each duration first reached the 2-year and 10-year amounts."""
    return {
        (f"rain-{row['window_h']}h", priority): _us(row[column])
        for row in table(folder / FOLDER / "derived_rolling_maxima.csv")
        for priority, column in FIRSTS.items()
        if row[column]
    }


def run(folder: Path, rules: RuleSet) -> list[Result]:
    """Score the atlas's limits, and tell what the default rules said."""
    rows, steps = trial(folder, atlas_rules(folder))
    got, truth = firsts(steps), wanted(folder)
    off = [abs(got[key] - at) for key, at in truth.items() if key in got]
    ours = raised(trial(folder, rules)[1])
    firsts_of_ours = {step.priority: f"{step.time:%m-%d %H}h" for step in reversed(ours)}
    said = ", ".join(f"P{priority} {at}" for priority, at in sorted(firsts_of_ours.items(), reverse=True))
    return [
        Result(
            recording="San Jacinto rain, Atlas 14",
            sensor_days=span_days(rows),
            events=len(truth),
            found=sum(got.get(key) == at for key, at in truth.items()),
            raises=len([key for key in got if key in truth]),
            delay=f"{p(off, 0.5) / HOUR:.0f} / {p(off, 0.95) / HOUR:.0f} h",
            false_alarms=len(set(got) - set(truth)),
            target="first times to the hour",
            met=got == truth,
            note=f"default rules: {said}",
        )
    ]


def _us(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * SECOND
