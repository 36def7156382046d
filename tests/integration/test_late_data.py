"""What is told late: stored as history, alarmed as such, and sounded only where it is known to stand (decision 0030)."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from alerts import load_rules
from database import connect
from gridwatch.pipeline import Pipeline
from ingest.publish import Message
from ingest.readings import Quality
from ingest.registration import NewChannel, NewDevice, register
from ingest.sources import DEFAULT_SOURCES
from tests.alarm_county import alarms, session
from tests.engine_feed import GUIDANCE

START = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
RULES = f"""
rules:
  - {{name: smoke, kind: level, for: {{metric: smoke}}, unit: "%/m", limits: {{2: 6.5}}, deadband: 1, {GUIDANCE}}}
"""
QUIET, THICK = 0.5, 20.0
NETWORK = timedelta(milliseconds=200)


class Centre:
    """One worker's pipeline on a clock of our own, and a detector that can be away."""

    def __init__(self, url, rules=RULES):
        self.url, self.now, self.rules = url, START, load_rules(rules)
        self.open()

    def open(self):
        """Start the worker, anew where it ran before."""
        self.pipeline = Pipeline(self.url, worker="w", rules=self.rules, sources=DEFAULT_SOURCES)
        self.pipeline.open(now=self.now)

    def restart(self, **span):
        """End the worker, and start another one a while later."""
        self.pipeline.close()
        self.now += timedelta(**span)
        self.open()

    def hear(self, *values, behind=NETWORK, step=timedelta(minutes=1), device="s-1", flush=True):
        """Let a detector send values in one pack, the last of them measured `behind` before now."""
        last = self.now - behind
        times = [(last - step * (len(values) - 1 - i)).timestamp() for i in range(len(values))]
        pack = [{"n": "smoke", "u": "%/m", "v": v, "t": t} for v, t in zip(values, times, strict=True)]
        message = Message(f"gridwatch/v1/T/{device}/senml", json.dumps(pack).encode(), 0, retained=False)
        self.work([message], flush=flush)

    def work(self, messages, *, flush=True):
        """Judge and commit."""
        work = self.pipeline.judge(messages, received=self.now.timestamp(), now=self.now, tick=True, flush=flush)
        self.pipeline.commit(work)

    def wait(self, **span):
        """Let time pass and look at what is due."""
        self.now += timedelta(**span)
        self.work([])

    def alarms(self):
        """Give state, mark and incident of each alarm, oldest first."""
        return [(s, b, i is not None) for s, b, i in alarms(self.url, "state, backfilled, incident")]

    def told(self):
        """Give cause and silence of every step that the notifier hears of."""
        with session(self.url) as cur:
            rows = cur.execute("SELECT cause, covered FROM outbox WHERE subject = 'alarm' ORDER BY id")
            return rows.fetchall()


@pytest.fixture
def centre(database_url):
    """A worker and two smoke detectors without a place."""
    with connect(database_url) as connection, connection.cursor() as cur:
        channels = (NewChannel(metric="smoke", unit="%/m"),)
        register(
            cur,
            [
                NewDevice(id=i, kind="smoke", name=i, area="T", lon=120.05, lat=30.05, channels=channels)
                for i in ("s-1", "s-2")
            ],
            now=START,
        )
    made = Centre(database_url)
    yield made
    made.pipeline.close()


def stored(centre):
    """Count the readings."""
    with session(centre.url) as cur:
        return cur.execute("SELECT count(*) FROM readings").fetchone()[0]


def test_a_fire_that_was_over_before_we_heard_of_it_is_marked_and_disturbs_nobody(centre):
    """A detector that was away tells of smoke two hours ago: stored, in the list as told late, no incident, no message."""
    centre.hear(QUIET)
    centre.wait(hours=3)
    centre.hear(QUIET, THICK, THICK, QUIET, behind=timedelta(hours=2))
    assert centre.alarms() == [("rtnun", True, False)]
    assert stored(centre) == 5
    centre.wait(minutes=30)
    assert centre.alarms() == [("rtnun", True, False)]
    assert centre.told() == [("raised", True), ("returned", True)]


def test_what_still_stands_when_the_device_has_caught_up_sounds(centre):
    """Smoke since an hour, told now, and no word of its end: seconds later it is an alarm like any other."""
    centre.hear(QUIET)
    centre.wait(hours=3)
    centre.hear(THICK, THICK, behind=timedelta(hours=1))
    assert centre.alarms() == [("unack", True, False)]
    centre.wait(seconds=5)
    centre.hear(THICK)  # the device speaks of now again, and it still burns
    centre.wait(seconds=6)
    assert centre.alarms() == [("unack", False, True)]
    assert centre.told() == [("raised", True), ("realarmed", False)]


def test_while_stored_readings_still_come_it_waits_and_not_for_ever(centre):
    """A slow history keeps its alarm quiet while it is under way, a quarter of an hour at most."""
    centre.hear(QUIET)
    centre.wait(hours=24)
    for _ in range(10):
        centre.hear(THICK, behind=timedelta(hours=20))
        centre.wait(seconds=8)
    assert centre.alarms() == [("unack", True, False)]
    centre.wait(seconds=11)
    assert centre.alarms() == [("unack", False, True)]


def test_a_clock_that_was_always_wrong_hides_no_fire(centre):
    """A detector whose clock is three years behind alarms at once, and so does one heard for the first time."""
    years = timedelta(days=1100)
    centre.hear(QUIET, behind=years)
    centre.wait(minutes=1)
    centre.hear(THICK, behind=years)
    centre.hear(THICK, behind=years, device="s-2")
    assert centre.alarms() == [("unack", False, True), ("unack", False, True)]


def test_a_clock_far_ahead_hides_no_fire(centre):
    """A clock an hour ahead is replaced by ours; what it says is of now."""
    ahead = timedelta(hours=-1)
    centre.hear(QUIET, behind=ahead)
    centre.wait(minutes=1)
    centre.hear(THICK, behind=ahead)
    assert centre.alarms() == [("unack", False, True)]


def test_a_clock_that_falls_back_hides_no_fire(centre):
    """A power cut sets a detector to the year 2000: from its second word on what it says is of now, over a restart, until its clock is right again."""
    centre.hear(QUIET)
    fallen = centre.now - datetime(2000, 1, 1, tzinfo=UTC)
    centre.wait(minutes=1)
    centre.hear(QUIET, behind=fallen)
    centre.wait(minutes=1)
    centre.hear(THICK, behind=fallen)
    assert centre.alarms() == [("unack", False, True)]
    centre.restart(minutes=1)
    centre.hear(QUIET, behind=fallen)
    assert centre.alarms() == [("rtnun", False, True)]
    centre.wait(minutes=1)
    centre.hear(THICK)
    assert centre.alarms() == [("unack", False, True)]


@pytest.mark.parametrize("is_restarted", [False, True])
def test_our_own_clock_set_back_hides_no_fire(centre, is_restarted):
    """A machine that took local time for UTC till it asked the net: detectors that tell no time are heard at once, and the screen shows what they say."""

    def say(value):
        for device in ("s-1", "s-2"):
            body = json.dumps([{"n": "smoke", "u": "%/m", "v": value}]).encode()
            centre.work([Message(f"gridwatch/v1/T/{device}/senml", body, 0, retained=False)])

    say(QUIET)
    centre.wait(minutes=1)
    centre.hear(THICK)  # an alarm of that time is no later word either
    centre.hear(QUIET, behind=timedelta(0))
    centre.wait(minutes=1)
    say(QUIET)
    centre.now -= timedelta(hours=8)
    if is_restarted:
        centre.restart()
    say(THICK)
    assert centre.alarms() == [("unack", False, True), ("unack", False, True)]
    assert centre.pipeline._newest.columns()["value"].tolist() == [THICK, THICK]
    centre.wait(minutes=1)
    say(QUIET)
    assert centre.alarms() == [("rtnun", False, True), ("rtnun", False, True)]


def test_what_is_known_of_clocks_survives_a_restart(centre):
    """A new worker knows by the database that the detector speaks late."""
    centre.hear(QUIET)
    centre.restart(hours=3)
    centre.hear(THICK, QUIET, behind=timedelta(hours=2))
    assert centre.alarms() == [("rtnun", True, False)]


def test_an_alarm_raised_again_now_loses_its_mark(centre):
    """The same unacknowledged alarm, raised by what is of now, sounds."""
    centre.hear(QUIET)
    centre.wait(hours=3)
    centre.hear(THICK, QUIET, behind=timedelta(hours=2))
    centre.hear(THICK)
    assert centre.alarms() == [("unack", False, True)]


def test_skew_is_stored_for_behind_and_ahead(centre):
    """192 s ahead and 45 s behind are seen as such; readings too far ahead are counted as of an uncertain time."""
    centre.hear(QUIET, behind=timedelta(seconds=-192))
    centre.hear(QUIET, behind=timedelta(seconds=45), device="s-2")
    with session(centre.url) as cur:
        rows = cur.execute(
            "SELECT d.id, c.skew_s, c.uncertain FROM device_clocks c JOIN devices d ON d.key = c.device ORDER BY d.id"
        ).fetchall()
    assert rows == [("s-1", -192.0, 1), ("s-2", 45.0, 0)]


def test_what_a_device_calls_history_is_never_judged_and_no_last_value(centre):
    """Readings of quality `history` are stored and shown, and neither raise, nor count as heard, nor become the last value."""
    centre.hear(QUIET)
    centre.wait(minutes=1)
    batch = centre.pipeline._desk.take_in  # the intake's own way in, with the quality that decoders of histories give
    message = Message(
        "gridwatch/v1/T/s-1/senml", json.dumps([{"n": "smoke", "u": "%/m", "v": THICK}]).encode(), 0, False
    )
    intake = batch([message], received_us=round(centre.now.timestamp() * 1e6), memories=centre.pipeline._memories)
    intake.batch.quality[:] = Quality.HISTORY
    screened = centre.pipeline._engine.screen(intake.batch)
    assert screened.quality.tolist() == [Quality.HISTORY]
    assert not centre.pipeline._engine.detect(screened)
    before = centre.pipeline._newest.columns()["value"].tolist()
    centre.pipeline._newest.note(intake.slots, screened)
    assert centre.pipeline._newest.columns()["value"].tolist() == before == [QUIET]


def test_a_device_gone_mad_holds_nobody_up(centre):
    """A pack in which it burns and does not, twelve thousand times: one alarm that ends as it ended, in steps that can be counted."""
    centre.hear(*[THICK, QUIET] * 6000, THICK, step=timedelta(seconds=1))
    assert centre.alarms() == [("unack", False, True)]
    with session(centre.url) as cur:
        assert cur.execute(
            "SELECT count(*), max(at) = %s FROM alarm_transitions", (centre.now - NETWORK,)
        ).fetchone() == (65, True)
    assert stored(centre) == 12_001
