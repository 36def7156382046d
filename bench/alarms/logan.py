"""Logan River: 15-minute stream sensors whose faults technicians have labelled; what they sent, not what was corrected."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from alerts.rule import RuleSet
from alerts.trial import TrialStep, try_out
from bench.alarms.result import HOUR, Result, TrialRow, Window, a_tag, at_us, declare, raised, score, table

FOLDER = "data/qc_logan_river"
FILE = "MainStreet2019.csv.gz"
UNITS = {"stage": "cm", "temp": "Cel", "cond": "uS/cm", "ph": "[pH]", "do": "mg/L", "turb": "NTU"}
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 -- the file states no zone


def time_of(row: dict[str, str]) -> int:
    """Give a row's time as if it were UTC, in microseconds."""
    return (datetime.fromisoformat(row["datetime"]) - _EPOCH) // timedelta(microseconds=1)


def labelled(rows: list[dict[str, str]], metric: str) -> list[Window]:
    """Give the labelled runs of one sensor, row by row."""
    windows: list[Window] = []
    goes_on = False
    for row in rows:
        is_labelled = row[f"{metric}_qual"] not in ("", "nan")
        at = time_of(row)
        if is_labelled and goes_on:
            windows[-1] = Window(start=windows[-1].start, end=at, name=metric)
        elif is_labelled:
            windows.append(Window(start=at, end=at, name=metric))
        goes_on = is_labelled
    return windows


def readings(rows: list[dict[str, str]]) -> Iterator[TrialRow]:
    """Give what the sensors sent."""
    for row in rows:
        at = time_of(row)
        for metric in UNITS:
            if row[metric] not in ("", "nan"):
                yield TrialRow(at, "main-street", metric, float(row[metric]))


def trial(folder: Path, rules: RuleSet) -> tuple[list[dict[str, str]], list[TrialStep]]:
    """Run the rules over the raw columns."""
    rows = list(table(folder / FOLDER / FILE))
    tags = declare(a_tag("main-street", metric, unit, interval_s=900.0) for metric, unit in UNITS.items())
    return rows, try_out(rules, tags, readings(rows))[0]


def run(folder: Path, rules: RuleSet) -> list[Result]:
    """Score each sensor against its labels, an hour on either side belonging to them."""
    rows, steps = trial(folder, rules)
    days = (time_of(rows[-1]) - time_of(rows[0])) / (24 * HOUR)
    results = []
    for metric in UNITS:
        windows = labelled(rows, metric)
        found = score([at_us(step) for step in raised(steps, metric=metric)], windows, before=HOUR, after=HOUR)
        results.append(
            Result(
                recording=f"Logan {metric}",
                sensor_days=days,
                events=len(windows),
                found=found.found,
                raises=found.raises,
                false_alarms=len(found.strays),
                target="≤ 1 false per 20 sensor-days",
                met=len(found.strays) <= days / 20,
            )
        )
    return results
