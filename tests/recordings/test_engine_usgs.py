"""Real flash floods: two USGS creeks at 5 minutes, with the flood stages of the weather service as limits."""

import csv
import gzip
from datetime import UTC, datetime, timedelta

import pytest

from alerts.engine import Engine
from alerts.rules import default_rules
from tests.engine_feed import SECOND, batch, tag

FOLDER = "data/flood_usgs_flashy_5min"
# Priorities 1 to 4 are the major, moderate, minor and action stages, in feet.
CREEKS = {
    "usgs_01581752_plumtree_run_2016-2018.csv.gz": (10.0, 7.0, 6.0, 5.0),
    "usgs_01650800_sligo_creek_2019-05.csv.gz": (11.0, 8.0, 5.5, 4.0),
    "usgs_01589330_dead_run_2018-06.csv.gz": (14.0, 12.0, 10.0, 8.0),
    "usgs_01589330_dead_run_2019-05.csv.gz": (14.0, 12.0, 10.0, 8.0),
}
PRIORITY = {"major": 1, "moderate": 2, "minor": 3, "action": 4}


def read_stage(path):
    """Read the stage in feet with its time in microseconds; interpolated rows were never measured."""
    with gzip.open(path, "rt") as lines:
        return [
            (round(datetime.fromisoformat(row["time_utc"]).timestamp()) * SECOND, float(row["gage_height_ft"]))
            for row in csv.DictReader(lines)
            if row["gage_height_ft"] and "hf.missing" not in row["gage_height_ft_qual"]
        ]


@pytest.mark.parametrize("name", CREEKS)
@pytest.mark.parametrize("size", [5000, 17])
def test_exactly_the_crossings_are_raised(recordings, name, size):
    """The default rules raise each stage crossing once, at its first sample, and end it after its last one."""
    engine = Engine(default_rules(), [tag(unit="[ft_i]", limits=CREEKS[name], interval_s=300.0)])
    rows = [(1, 1, time, stage, 0) for time, stage in read_stage(recordings / FOLDER / name)]
    found = [c for n in range(0, len(rows), size) for c in engine.detect(batch(rows[n : n + size])).changes]
    changes = [c for c in found if c.condition == "level-high"]
    with (recordings / FOLDER / "derived_events.csv").open() as lines:
        crossings = [row for row in csv.DictReader(lines) if row["file"] == name and row["kind"] in PRIORITY]
    assert sorted((c.priority, _instant(c.time)) for c in changes if c.active) == sorted(
        (PRIORITY[row["kind"]], datetime.fromisoformat(row["first_sample_utc"])) for row in crossings
    )
    ends = sorted((c.priority, _instant(c.time)) for c in changes if not c.active)
    lasts = sorted((PRIORITY[row["kind"]], datetime.fromisoformat(row["last_sample_utc"])) for row in crossings)
    for (priority, end), (expected, last) in zip(ends, lasts, strict=True):
        assert priority == expected
        assert timedelta(0) < end - last <= timedelta(minutes=10)


def _instant(time):
    return datetime.fromtimestamp(time / SECOND, UTC)
