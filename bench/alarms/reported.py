"""Recordings without a target: what the default rules find and miss in them, told as it is."""

import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from alerts.points import Tag
from alerts.rule import RuleSet
from alerts.trial import try_out
from bench.alarms.result import (
    DAY,
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

NAB = "data/anomaly_nab"
PYRONEAR = "data/camera_pyronear_smoke/sequences.csv.gz"
FIGLIB = "data/camera_figlib_timeline/frames.csv.gz"
SURE = 0.5  # what a camera sends as "smoke seen"


def run(folder: Path, rules: RuleSet) -> list[Result]:
    """Tell of all of them."""
    return [*_nab(folder, rules), _pyronear(folder, rules), _figlib(folder, rules)]


def _nab(folder: Path, rules: RuleSet) -> Iterator[Result]:
    """Servers, taxis, road traffic and two thermometers: only the thermometers have rules of their own."""
    windows = json.loads((folder / NAB / "windows.json").read_text())
    totals = {"thermometers": [0.0, 0, 0, 0], "others": [0.0, 0, 0, 0]}
    for path in sorted((folder / NAB / "data").glob("*/*.csv.gz")):
        name = f"{path.parent.name}/{path.name.removesuffix('.gz')}"
        is_warm = "temperature" in name
        rows = [
            TrialRow(_us(row["timestamp"]), "nab", "temperature" if is_warm else "value", float(row["value"]))
            for row in table(path)
        ]
        found = score(
            [at_us(step) for step in raised(try_out(rules, declare([_nab_tag(is_warm, rows)]), rows)[0])],
            [Window(start=_us(start), end=_us(end)) for start, end in windows.get(name, [])],
        )
        of = totals["thermometers" if is_warm else "others"]
        of[0], of[1] = of[0] + span_days(rows), of[1] + len(found.hits)
        of[2], of[3] = of[2] + found.found, of[3] + len(found.strays)
    for group, (days, events, hits, false) in totals.items():
        yield Result(
            recording=f"NAB {group}",
            sensor_days=days,
            events=int(events),
            found=int(hits),
            false_alarms=int(false),
            note="no limit of theirs is known; holes are no-data",
        )


def _nab_tag(is_warm: bool, rows: list[TrialRow]) -> tuple[str, Tag]:  # noqa: FBT001
    steps = sorted(other.time_us - one.time_us for one, other in itertools.pairwise(rows))
    interval = steps[len(steps) // 2] / SECOND
    return a_tag(
        "nab", "temperature" if is_warm else "value", "[degF]" if is_warm else "1", kind="other", interval_s=interval
    )


def _pyronear(folder: Path, rules: RuleSet) -> Result:
    """A camera sends what one model calls smoke; one camera's alarms of a watch are one."""
    rows, truth = [], {}
    for row in table(folder / PYRONEAR):
        at = _us(row["time"])
        camera = f"{row['site']}-{row['azimuth']}".replace(" ", "_")
        is_seen = float(row["prob_mean_pool"]) >= SURE
        truth[camera, at] = row["truth"] == "1"
        rows += [
            TrialRow(at, camera, "smoke_seen", float(is_seen)),
            TrialRow(at + 300 * SECOND, camera, "smoke_seen", 0.0),
        ]
    rows.sort(key=lambda row: row.time_us)
    cameras = sorted({camera for camera, _ in truth})
    tags = declare(a_tag(camera, "smoke_seen", "1", kind="camera") for camera in cameras)
    steps = raised(try_out(rules, tags, rows)[0], "smoke-seen")
    hits = sum(truth.get((step.device, at_us(step)), False) for step in steps)
    return Result(
        recording="pyronear wildfire cameras",
        sensor_days=0.0,
        events=sum(truth.values()),
        found=hits,
        raises=hits,
        false_alarms=len(steps) - hits,
        note=f"{len(truth)} candidates of {len(cameras)} cameras; the model was trained on them",
    )


def _figlib(folder: Path, rules: RuleSet) -> Result:
    """Boxes that people drew stand for a perfect camera: how soon it alarms, and that it alarms once."""
    rows, starts = [], {}
    for row in table(folder / FIGLIB):
        at = round(float(row["unix_ts"])) * SECOND
        rows.append(TrialRow(at, row["fire"].replace(" ", "_"), "smoke_seen", float(bool(row["x0"]))))
        if row["fire_has_labels"] == "1":
            starts[row["fire"].replace(" ", "_")] = at - round(float(row["offset_s"])) * SECOND
    rows.sort(key=lambda row: row.time_us)
    tags = declare(a_tag(fire, "smoke_seen", "1", kind="camera") for fire in sorted({row.device for row in rows}))
    steps = raised(try_out(rules, tags, rows)[0], "smoke-seen")
    first: dict[str, int] = {}
    for step in steps:
        first.setdefault(step.device, at_us(step))
    delays = [(at - starts[fire]) / SECOND / 60 for fire, at in first.items() if fire in starts]
    return Result(
        recording="figlib wildfire cameras",
        sensor_days=len(starts) * 80 / 1440,
        events=len(starts),
        found=len(delays),
        raises=len(steps),
        delay=f"{p(delays, 0.5):.0f} / {p(delays, 0.95):.0f} min after first smoke",
        false_alarms=sum(delay < 0 for delay in delays),
        note="boxes are drawn by people; one before the nominal start counts as false",
    )


def _us(text: str) -> int:
    at = datetime.fromisoformat(text)
    return round(at.replace(tzinfo=at.tzinfo or UTC).timestamp() * 1e6)


__all__ = ["DAY", "run"]
