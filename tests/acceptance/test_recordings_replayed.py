"""Real floods and real fires, through the commands a user has: import the devices, replay, look at the alarms."""

import csv
import gzip
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from tests.living import Item, Living, eventually, living

COLUMNS = "id,kind,name,lon,lat,datum,metric,unit,interval_s,limit_4,limit_3,limit_2,limit_1\n"
FLOODS = "data/flood_usgs_flashy_5min"
FIRES = "data/smoke_nist_home_alarms"
SLIGO = "usgs_01650800_sligo_creek_2019-05"
PLUMTREE = "usgs_01581752_plumtree_run_2016-2018"
DEAD_RUN = ("usgs_01589330_dead_run_2018-06", "usgs_01589330_dead_run_2019-05")
STAGES = ("action stage", "flood stage", "moderate flood stage", "major flood stage")
PRIORITY = {"action": 4, "minor": 3, "moderate": 2, "major": 1}
# The two meters of this room stay below 1.3 %/m: no limit on smoke can find this fire (tests/recordings).
BLIND = {"sdc38-a"}
BURNT = datetime(2026, 1, 1, tzinfo=UTC)
PLUMTREE_S = 120.0  # three years; alone on two cores it is some 12 s


@pytest.fixture(scope="module")
def instance(recordings: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    """An instance without a demo, in which the creeks are registered with their flood stages, in feet."""
    folder = tmp_path_factory.mktemp("replayed")
    with living(folder / "data") as running:
        (folder / "gauges.csv").write_text(COLUMNS + gauges(recordings))
        assert "registered" in running.does("import", "devices", folder / "gauges.csv")
        yield running


def gauges(recordings: Path) -> str:
    """Write the gauges of the weather service's table: its stages become the limits of priorities 4 to 1."""
    with (recordings / FLOODS / "nws_flood_stages.csv").open() as file:
        return "".join(
            f"usgs-{row['usgs id']:0>8},gauge,{row['location name']},{row['longitude']},{row['latitude']},wgs84,stage,ft,300,"
            f"{','.join(row[stage] for stage in STAGES)}\n"
            for row in csv.DictReader(file)
        )


def creek(recordings: Path, name: str, folder: Path) -> Path:
    """Turn a recording into ours; what its package interpolated was never measured."""
    path = folder / f"{name}.csv.gz"
    device = f"usgs-{name.split('_')[1]}"
    with gzip.open(recordings / FLOODS / f"{name}.csv.gz", "rt") as source, gzip.open(path, "wt") as file:
        file.write("time,device,metric,value\n")
        for row in csv.DictReader(source):
            if row["gage_height_ft"] and "hf.missing" not in row["gage_height_ft_qual"]:
                file.write(f"{row['time_utc']},{device},stage,{row['gage_height_ft']}\n")
    return path


def crossings(recordings: Path, name: str) -> list[tuple[str, int, datetime, datetime]]:
    """Read the crossings that are listed: device, priority, first and last sample beyond the stage."""
    with (recordings / FLOODS / "derived_events.csv").open() as file:
        return sorted(
            (
                f"usgs-{row['site']}",
                PRIORITY[row["kind"]],
                datetime.fromisoformat(row["first_sample_utc"]),
                datetime.fromisoformat(row["last_sample_utc"]),
            )
            for row in csv.DictReader(file)
            if row["file"] == f"{name}.csv.gz" and row["kind"] in PRIORITY
        )


def stored(instance: Living, devices: str) -> int:
    """Count the readings that are stored of devices whose id is like this."""
    with psycopg.connect(instance.run["database_url"]) as connection:
        row = connection.execute(
            "SELECT count(*) FROM readings r JOIN devices d ON d.key = r.device WHERE d.id LIKE %s", (devices,)
        ).fetchone()
    assert row is not None
    return int(row[0])


def replay(instance: Living, file: Path, devices: str, *options: str) -> list[Item]:
    """Replay a file, wait until the worker has taken it in, and give the alarms of its devices."""
    before = stored(instance, devices)
    told = instance.does("replay", file, *options)
    rows = int(told.partition(" readings of")[0].split()[-1])
    assert f"sent {rows} readings" in told
    eventually(lambda: stored(instance, devices) >= before + rows, f"{rows} readings", seconds=PLUMTREE_S)
    return alarms(instance, devices)


def alarms(instance: Living, devices: str) -> list[Item]:
    """List the alarms of devices whose id begins like this."""
    return [alarm for alarm in instance.every("alarms") if alarm["device"].startswith(devices.rstrip("%"))]


def of_stages(found: list[Item]) -> list[Item]:
    """Leave out what the rules of rises and of the gauge itself say."""
    return [alarm for alarm in found if alarm["condition"] == "level-high"]


def judge(every: list[Item], expected: list[tuple[str, int, datetime, datetime]]) -> None:
    """Hold stage alarms against crossings: device, priority, time, value, unit, end, and no other."""
    found = of_stages(every)
    assert sorted((a["device"], a["priority"], datetime.fromisoformat(a["raised_at"])) for a in found) == [
        crossing[:3] for crossing in expected
    ]
    ends = {crossing[:3]: crossing[3] for crossing in expected}
    for alarm in found:
        raised = datetime.fromisoformat(alarm["raised_at"])
        assert (alarm["condition"], alarm["metric"], alarm["unit"]) == ("level-high", "stage", "ft")
        last = ends[alarm["device"], alarm["priority"], raised]
        assert timedelta(0) < datetime.fromisoformat(alarm["cleared_at"]) - last <= timedelta(minutes=15)
        assert alarm["state"] == "rtnun"  # over, and nobody has taken note yet


def test_the_sligo_creek_flood_is_raised_at_its_device_time(instance, recordings, tmp_path):
    """One action stage, at 4.0 ft on 2019-05-23 20:20Z; replayed again nothing is new, neither alarm nor reading."""
    file, expected = creek(recordings, SLIGO, tmp_path), crossings(recordings, SLIGO)
    found = replay(instance, file, "usgs-01650800", "--speed", "0")
    judge(found, expected)
    assert [alarm["value"] for alarm in of_stages(found)] == [4.0]
    count = stored(instance, "usgs-01650800")
    instance.does("replay", file, "--speed", "0")
    settled(instance)
    assert alarms(instance, "usgs-01650800") == found
    assert stored(instance, "usgs-01650800") == count


def test_three_years_of_plumtree_run_raise_three_alarms(instance, recordings, tmp_path):
    """305,958 readings raise two action stages and one flood stage, each an alarm of its own."""
    file = creek(recordings, PLUMTREE, tmp_path)
    found = replay(instance, file, "usgs-01581752", "--speed", "0")
    judge(found, crossings(recordings, PLUMTREE))
    assert {alarm["priority"]: alarm["value"] for alarm in of_stages(found)} == {4: 5.01, 3: 6.18}
    assert stored(instance, "usgs-01581752") == 305_958


@pytest.mark.parametrize("speed", ["0", "1e9"])
def test_dead_run_stays_quiet(instance, recordings, tmp_path, speed):
    """Two months of floods below the action stage raise no stage alarm, as fast as possible and at a huge speed."""
    name = DEAD_RUN[speed == "1e9"]
    found = replay(instance, creek(recordings, name, tmp_path), "usgs-01589330", "--speed", speed)
    assert of_stages(found) == []
    assert [alarm for alarm in found if alarm["condition"] == "rate-high"]  # the rises are told all the same


def settled(instance: Living) -> None:
    """Wait until all that was sent is judged: a device of our own speaks last and is heard."""
    name = f"end-{time.monotonic_ns()}"
    with instance.mqtt() as publish:
        publish(f"gridwatch/v1/none/{name}/senml", [{"n": "stage", "u": "m", "v": 1}])
    eventually(lambda: [w for w in instance.every("waiting") if w["id"] == name], "the last message")


def house(recordings: Path, test: str, unit: str) -> Iterator[tuple[datetime, str, float]]:
    """Read the smoke of each room of a burning house: the denser of its two meters, in a unit of smoke."""
    begins = BURNT + timedelta(hours=int(test[3:]))
    with gzip.open(recordings / FIRES / f"{test}.csv.gz", "rt") as file:
        for row in csv.DictReader(file):
            rooms: dict[str, float] = defaultdict(float)
            for name, value in row.items():
                if name.startswith("SM") and name[3:4] == "_" and value:
                    rooms[name[2]] = max(rooms[name[2]], float(value))
            for room, density in rooms.items():
                value = {"%/m": 100 * (1 - 10**-density), "1/m": density, "dB/m": 10 * density}[unit]
                yield begins + timedelta(seconds=float(row["TIME"])), f"{test.lower()}-{room.lower()}", value


def sounded(recordings: Path) -> dict[str, list[datetime]]:
    """Read when the real alarms of each room sounded."""
    found: dict[str, list[datetime]] = defaultdict(list)
    with (recordings / FIRES / "alarm_activations.csv").open() as file:
        for row in csv.DictReader(file):
            at = BURNT + timedelta(hours=int(row["test"][3:]), seconds=float(row["activation_s"]))
            found[f"{row['test']}-{row['location']}".lower()].append(at)
    return found


@pytest.mark.parametrize("unit", ["%/m", "1/m", "dB/m"])
def test_four_house_fires_are_found_in_each_room(instance, recordings, tmp_path, unit):
    """Every room whose detectors sounded has a smoke alarm, none before the first of them less 10 s, in an incident."""
    prefix = {"%/m": "a", "1/m": "b", "dB/m": "c"}[unit]
    rows = sorted(row for test in ("SDC02", "SDC05", "SDC33", "SDC38") for row in house(recordings, test, unit))
    rooms = sorted({room for _, room, _ in rows})
    (tmp_path / "rooms.csv").write_text(
        COLUMNS + "".join(f"{prefix}-{room},smoke,{room},119.9,28.1,wgs84,smoke,{unit},,,,,\n" for room in rooms)
    )
    recording = tmp_path / "fires.csv"
    recording.write_text(
        "time,device,metric,value\n"
        + "".join(f"{at.isoformat()},{prefix}-{room},smoke,{value:.6f}\n" for at, room, value in rows)
    )
    instance.does("import", "devices", tmp_path / "rooms.csv")
    found = replay(instance, recording, f"{prefix}-sdc%", "--speed", "0")
    first: dict[str, datetime] = {}
    for alarm in sorted(found, key=lambda alarm: alarm["raised_at"]):
        assert (alarm["kind"], alarm["metric"], alarm["unit"]) == ("smoke", "smoke", unit)
        assert alarm["priority"] in (1, 2)
        first.setdefault(alarm["device"][2:], datetime.fromisoformat(alarm["raised_at"]))
    real = sounded(recordings)
    assert real.keys() - first.keys() == BLIND
    assert [room for room in real.keys() & first.keys() if first[room] < min(real[room]) - timedelta(seconds=10)] == []
    incidents = {incident["id"]: incident for incident in instance.every("incidents")}
    assert {incidents[alarm["incident"]]["kind"] for alarm in found} == {"fire"}
