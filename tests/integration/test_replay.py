"""Replay through real brokers: every row arrives, in order, at its device's own time."""

import csv
import gzip
import threading
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from gridwatch.recording import RecordingError
from gridwatch.replay import AsOf, replay
from ingest.decoders.senml import decode
from ingest.readings import Reading
from simulators.publisher import BrokerError, BrokerUrl
from tests.conftest import Broker
from tests.listener import Listener

BEGINS = datetime(2019, 5, 23, 20, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
DIRECTORY = {("creek-1", "stage"): ("339900101", "[ft_i]"), ("creek-2", "stage"): ("339900102", "m")}


@pytest.fixture(params=["broker", "mosquitto"])
def any_broker(request: pytest.FixtureRequest) -> Broker:
    """Each broker in turn."""
    return request.getfixturevalue(request.param)


def url(broker: Broker) -> BrokerUrl:
    """Where the broker is, for the publisher."""
    return BrokerUrl(host=broker.host, port=broker.port, user=broker.user, password=broker.password)


def recording(folder: Path, rows: list[tuple[str, str, str, str]], name: str = "recording.csv") -> Path:
    """Write a recording of (time, device, metric, value)."""
    path = folder / name
    with gzip.open(path, "wt", newline="") if name.endswith(".gz") else path.open("w", newline="") as file:
        csv.writer(file).writerows([("time", "device", "metric", "value"), *rows])
    return path


def creeks(count: int) -> list[tuple[str, str, str, str]]:
    """Rows of two creeks, every five minutes, turn by turn."""
    return [
        ((BEGINS + timedelta(minutes=5 * (i // 2))).isoformat(), f"creek-{i % 2 + 1}", "stage", f"{i / 100:.2f}")
        for i in range(count)
    ]


def readings(heard: list[tuple[str, bytes]], received: datetime = NOW) -> list[Reading]:
    """Every reading in what was heard, in order of arrival."""
    found = [item for topic, payload in heard for item in decode(topic, payload, received)]
    assert all(isinstance(item, Reading) for item in found), found
    return [item for item in found if isinstance(item, Reading)]


def test_every_row_arrives_in_order_with_its_own_time_and_unit(any_broker, tmp_path):
    """Every row of a recording arrives once, in order for its device, with the recorded time and the registered unit."""
    rows = creeks(1_000)
    with Listener(any_broker) as listener:
        done = replay(recording(tmp_path, rows, "r.csv.gz"), url(any_broker), DIRECTORY, speed=0, now=lambda: NOW)
        assert (done.rows, done.is_whole) == (1_000, True)
        assert done.acknowledged == done.messages
        came = readings(listener.wait_for(done.messages))
    expected = {
        (device, datetime.fromisoformat(time), float(value), "[ft_i]" if device == "creek-1" else "m")
        for time, device, _, value in rows
    }
    assert {(item.device, item.time, item.value, item.unit) for item in came} == expected
    assert len(came) == len(rows)
    for device in ("creek-1", "creek-2"):
        assert all(one.time < two.time for one, two in pairwise(item for item in came if item.device == device))


def test_one_device_shares_packs_and_several_are_not_exchanged_far(any_broker, tmp_path):
    """A recording of one device goes out in packs; with several, none is sent before one more than a minute older."""
    alone = [row for row in creeks(400) if row[1] == "creek-1"]
    with Listener(any_broker) as listener:
        done = replay(recording(tmp_path, alone), url(any_broker), DIRECTORY, speed=0, now=lambda: NOW)
        assert done.messages == 4
        both = replay(recording(tmp_path, creeks(400)), url(any_broker), DIRECTORY, speed=0, now=lambda: NOW)
        came = readings(listener.wait_for(done.messages + both.messages)[done.messages :])
    newest = came[0].time
    for item in came:
        assert item.time >= newest - timedelta(minutes=1)
        newest = max(newest, item.time)


def test_speed_paces_by_device_time(broker, tmp_path):
    """At speed 300 ten minutes of a recording take two seconds: the readings of that time go out, and no later ones."""
    clock = FakeClock(NOW)
    stop = clock.stop_after(timedelta(seconds=2))
    with Listener(broker) as listener:
        path = recording(tmp_path, creeks(200))
        done = replay(path, url(broker), DIRECTORY, speed=300, now=clock.now, stop=stop)
        assert not done.is_whole
        assert done.rows == 6
        assert {item.time for item in readings(listener.wait_for(done.messages))} == {
            BEGINS + timedelta(minutes=minutes) for minutes in (0, 5, 10)
        }


def test_as_of_now_never_comes_from_the_future(broker, tmp_path):
    """With --as-of now and a speed the last reading is of the present, and the spans between readings stay."""
    with Listener(broker) as listener:
        path = recording(tmp_path, creeks(20))
        done = replay(path, url(broker), DIRECTORY, speed=0, now=lambda: NOW, as_of=AsOf.NOW)
        came = readings(listener.wait_for(done.messages))
    assert max(item.time for item in came) == NOW
    assert min(item.time for item in came) == NOW - timedelta(minutes=45)


def test_an_unknown_device_is_announced_and_still_sent(broker, tmp_path):
    """What is not registered is told before anything is sent, and is sent to wait for registration."""
    path = recording(tmp_path, [*creeks(2), ("1558641600.5", "creek-9", "stage", "1.5")])
    told = []
    with Listener(broker) as listener:
        done = replay(path, url(broker), DIRECTORY, speed=0, now=lambda: NOW, announce=told.append)
        heard = listener.wait_for(done.messages)
    assert told[0].unknown == {("creek-9", "stage"): 1}
    assert "gridwatch/v1/unregistered/creek-9/senml" in {topic for topic, _ in heard}


def test_a_faulty_line_refuses_the_whole_recording(broker, tmp_path):
    """A line that cannot be right is named and nothing at all is sent."""
    path = recording(tmp_path, [*creeks(600), ("2019-05-23T20:00:00Z", "creek-1", "stage", "high")])
    with Listener(broker) as listener:
        with pytest.raises(RecordingError, match=r"line 602: 'high' is no number\. Nothing was sent"):
            replay(path, url(broker), DIRECTORY, speed=0, now=lambda: NOW)
        assert listener.heard == []


def test_a_broker_that_does_not_let_us_in_is_said_so(broker, tmp_path):
    """A wrong password is one clear sentence, at once."""
    wrong = BrokerUrl(host=broker.host, port=broker.port, user=broker.user, password="wrong")
    with pytest.raises(BrokerError, match="does not let us in"):
        replay(recording(tmp_path, creeks(2)), wrong, DIRECTORY, speed=0, now=lambda: NOW)


def test_the_plumtree_years_stream_through(broker, tmp_path, recordings):
    """Three years of a real creek are read as a stream and every row arrives in time order."""
    source = recordings / "data/flood_usgs_flashy_5min/usgs_01581752_plumtree_run_2016-2018.csv.gz"
    with gzip.open(source, "rt") as file:
        rows = [
            (
                row["time_utc"],
                "creek-1",
                "stage",
                row["gage_height_ft"] if row["gage_height_ft_qual"] != "hf.missing" else "",
            )
            for row in csv.DictReader(file)
        ]
    path = recording(tmp_path, rows, "plumtree.csv.gz")
    with Listener(broker) as listener:
        done = replay(path, url(broker), DIRECTORY, speed=0, now=lambda: NOW)
        came = readings(listener.wait_for(done.messages))
    assert done.rows == len(came) == sum(1 for row in rows if row[3])
    assert all(one.time < two.time for one, two in pairwise(came))


class FakeClock:
    """A clock that moves only while somebody waits, and an event that knows when to stop."""

    def __init__(self, begins: datetime) -> None:
        """Begin at an instant."""
        self.time = begins

    def now(self) -> datetime:
        """Tell the time."""
        return self.time

    def stop_after(self, span: timedelta) -> threading.Event:
        """Make an event whose waiting moves this clock, and that is set when the span is over."""
        clock, ends = self, self.time + span

        class Waiting(threading.Event):
            def wait(self, timeout: float | None = None) -> bool:
                clock.time = min(clock.time + timedelta(seconds=timeout or 0), ends + timedelta(microseconds=1))
                if clock.time > ends:
                    self.set()
                return self.is_set()

        return Waiting()
