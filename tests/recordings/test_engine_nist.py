"""Real house fires: the smoke meters of four NIST burns against the detectors that sounded beside them."""

import csv
import gzip
from collections import defaultdict

import pytest

from alerts.engine import Engine
from alerts.rules import default_rules
from tests.engine_feed import SECOND, T0, batch, tag

FOLDER = "data/smoke_nist_home_alarms"
# Where no smoke meter saw what the detectors did, so that no limit on smoke can find it in time (README.md):
# in SDC38 A both meters stay below 1.3 %/m while three ionisation chambers sound 18 to 24 s before the recording
# ends; in SDC05 D the room stands at 4-5 %/m for 100 s after the alarms, beneath the offsets of the other meters.
BLIND = {("SDC38", "A")}
SLOW = {("SDC05", "D")}


def read_alarms(folder):
    """Read the seconds at which the real alarms sounded, by (test, room)."""
    sounded = defaultdict(list)
    with (folder / "alarm_activations.csv").open() as lines:
        for row in csv.DictReader(lines):
            sounded[row["test"], row["location"]].append(float(row["activation_s"]))
    return sounded


def smoke_alarm_at(path, room):
    """Replay a room's meters, one detector each; gives the second of the first smoke alarm, None without one."""
    with gzip.open(path, "rt") as lines:
        rows = list(csv.DictReader(lines))
    meters = [name for name in rows[0] if name.startswith(f"SM{room}_")]
    step_s = float(rows[1]["TIME"]) - float(rows[0]["TIME"])
    tags = [
        tag(device, kind="smoke", metric_name="smoke", unit="1/m", interval_s=step_s)
        for device, _ in enumerate(meters, start=1)
    ]
    readings = [
        (device, 1, T0 + round(float(row["TIME"]) * SECOND), float(row[meter]), 0)
        for row in rows
        for device, meter in enumerate(meters, start=1)
        if row[meter]
    ]
    raised = [c for c in Engine(default_rules(), tags).detect(batch(readings)).changes if c.active]
    return (raised[0].time - T0) / SECOND if raised else None


@pytest.mark.parametrize("test", ["SDC02", "SDC05", "SDC33", "SDC38"])
def test_each_room_where_alarms_sounded_has_a_smoke_alarm(recordings, test):
    """A smoke alarm in every room, none before the first real alarm less 10 s, in time by the last and 30 s."""
    folder = recordings / FOLDER
    rooms = {room: times for (name, room), times in read_alarms(folder).items() if name == test}
    assert rooms
    for room, times in rooms.items():
        at = smoke_alarm_at(folder / f"{test}.csv.gz", room)
        if (test, room) in BLIND:
            assert at is None, f"{test} {room} is found now: take it out of BLIND"
            continue
        assert at is not None, f"{test} {room}: nothing"
        assert at >= min(times) - 10, f"{test} {room}: too early"
        if (test, room) in SLOW:
            assert at > max(times) + 30, f"{test} {room} is in time now: take it out of SLOW"
        else:
            assert at <= max(times) + 30, f"{test} {room}: too late"
