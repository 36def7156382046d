"""The same thing told twice or thrice: one reading, one alarm, one event."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from alerts import DEFAULT_RULES, load_rules
from database import connect
from gridwatch.pipeline import Pipeline
from ingest.publish import Message, read_publish
from ingest.registration import NewChannel, NewDevice, register
from ingest.sources import DEFAULT_SOURCES
from tests import gb26875_frames, sl651_frames
from tests.alarm_county import alarms, session

START = datetime(2026, 8, 1, 8, 0, tzinfo=UTC)
STATION = "0012345678"


class Centre:
    """A worker that can die after its commit and before its acknowledgement."""

    def __init__(self, url):
        self.url, self.now = url, START
        self.begin()

    def begin(self):
        """Start the worker, anew where it ran before."""
        self.pipeline = Pipeline(self.url, worker="w", rules=load_rules(DEFAULT_RULES), sources=DEFAULT_SOURCES)
        self.pipeline.open(now=self.now)

    def take(self, *messages):
        """Judge and commit, a second later."""
        self.now += timedelta(seconds=1)
        work = self.pipeline.judge(messages, received=self.now.timestamp(), now=self.now, tick=True, flush=True)
        self.pipeline.commit(work)

    def one(self, query):
        """Ask for one number."""
        with session(self.url) as cur:
            return cur.execute(query).fetchone()[0]

    def readings(self):
        """Count the readings that are stored."""
        return self.one("SELECT count(*) FROM readings")


@pytest.fixture
def centre(database_url):
    """A detector, a gauge, a camera, each registered, and a worker."""
    things = (
        ("s-1", "smoke", (NewChannel(metric="smoke", unit="%/m"), NewChannel(metric="fire", unit="1"))),
        (STATION, "gauge", (NewChannel(metric="stage", unit="m"),)),
        ("yard", "camera", (NewChannel(metric="smoke_seen", unit="1"),)),
    )
    with connect(database_url) as connection, connection.cursor() as cur:
        register(
            cur,
            [NewDevice(id=i, kind=k, name=i, area="T", lon=120.0, lat=30.0, channels=c) for i, k, c in things],
            now=START,
        )
    made = Centre(database_url)
    yield made
    made.pipeline.close()


def untimed(mid, value=1, *, again=False, metric="fire"):
    """Make a SenML pack without a time."""
    body = json.dumps([{"n": metric, "vb": bool(value)}]).encode()
    return Message("gridwatch/v1/T/s-1/senml", body, mid, retained=False, again=again)


def test_the_dup_flag_is_read_off_the_wire():
    """Bit 3 of the first header byte, in both versions of MQTT."""
    body = b"\x00\x01a" + b"\x00\x07" + b"x"
    assert read_publish(0x02, body, version5=False) == Message("a", b"x", 7, retained=False)
    assert read_publish(0x0A, body, version5=False) == Message("a", b"x", 7, retained=False, again=True)


def test_an_untimed_message_that_was_committed_is_taken_once_after_a_crash(centre):
    """Fire, then its end; the worker dies before its acknowledgements; both come again and nothing sounds twice."""
    centre.take(untimed(1))
    centre.take(untimed(2, 0))
    before = alarms(centre.url, "state, raised_at, cleared_at, version")
    assert before
    centre.pipeline.close()
    centre.begin()
    centre.take(untimed(1, again=True), untimed(2, 0, again=True))
    assert centre.readings() == 2
    assert alarms(centre.url, "state, raised_at, cleared_at, version") == before
    assert centre.pipeline.counters["messages_redelivered"] == 2


def test_an_untimed_message_that_was_not_committed_is_taken(centre):
    """The same words under another packet id, or sent again without having been committed, are another reading."""
    centre.take(untimed(1))
    centre.take(untimed(2), untimed(3, again=True))
    assert centre.readings() == 3


def test_a_connection_that_was_lost_without_a_crash_is_no_second_reading(centre):
    """The broker sends again what we had judged when the connection went: the same process knows it, too."""
    centre.take(untimed(1))
    centre.take(untimed(1, again=True))
    assert centre.readings() == 1


def test_what_is_remembered_is_bounded(centre):
    """Rows of batches that can not come again are deleted."""
    from ingest import redelivered

    kept, redelivered.KEPT = redelivered.KEPT, 5
    try:
        for mid in range(1, 40):
            centre.take(untimed(mid))
        assert centre.one("SELECT count(*) FROM taken_in") <= 7
    finally:
        redelivered.KEPT = kept


def test_a_report_sent_three_times_is_one_reading(centre):
    """SL 651: same station, function, serial and observation time under three packet ids; counted as duplicates."""
    frame = sl651_frames.frame(0x32, sl651_frames.body("3923 00004280"))
    for mid in (1, 2, 3):
        centre.take(Message(f"sl651/T/{STATION}", frame, mid, retained=False))
    assert centre.readings() == 1
    assert (
        centre.one("SELECT duplicates FROM device_clocks c JOIN devices d ON d.key = c.device WHERE id = '0012345678'")
        == 2
    )
    assert centre.pipeline.counters["readings_duplicate"] == 2


def test_three_in_one_batch_are_one_reading_and_one_alarm(centre):
    """SenML with a time, thrice in one batch: one reading, one alarm of one raise."""
    at = centre.now.timestamp()
    body = json.dumps([{"n": "fire", "vb": True, "t": at}]).encode()
    centre.take(*(Message("gridwatch/v1/T/s-1/senml", body, mid, retained=False) for mid in (1, 2, 3)))
    assert centre.readings() == 1
    assert alarms(centre.url, "state, version") == [("unack", 1)]


def test_a_panel_that_repeats_itself_until_it_is_answered_alarms_once(centre):
    """GB/T 26875.3: the same frame three times is one fact of the component at its own time, and one alarm."""
    with session(centre.url) as cur:
        panel = NewDevice(
            id="B22396604001-1.1-02000700",
            kind="smoke",
            name="p",
            area="T",
            lon=120.0,
            lat=30.0,
            channels=(NewChannel(metric="fire", unit="1"),),
        )
        register(cur, [panel], now=START)
    centre.pipeline.reload(now=centre.now)
    frame = gb26875_frames.frame(gb26875_frames.components(gb26875_frames.component(0b11)))
    for mid in (1, 2, 3):
        centre.take(Message("gb26875/T/B22396604001", frame, mid, retained=False))
    assert centre.one("SELECT count(*) FROM readings JOIN metrics m ON m.key = metric WHERE m.name = 'fire'") == 1
    assert len(alarms(centre.url, "state")) == 1


def test_a_camera_event_told_three_times_is_one_event(centre):
    """Frigate tells each change of an event anew: one row, whatever comes twice."""
    event = {
        "id": "1780300800.1-abc",
        "camera": "yard",
        "label": "smoke",
        "start_time": START.timestamp(),
        "end_time": None,
    }
    body = json.dumps({"type": "new", "before": event, "after": event}).encode()
    for mid in (1, 2, 3):
        centre.take(Message("frigate/events", body, mid, retained=False))
    assert centre.one("SELECT count(*) FROM camera_events") == 1
