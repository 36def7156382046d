"""A weather warning lowers limits in its grids while it holds, and disturbs no alarm and no delay beside it."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import shapely

from alerts import load_rules, rule_of
from alerts.weather import WeatherConflictError, WeatherStatus, WeatherWarning, end, fire_weather, receive
from database import append_changes, connect
from gridwatch.housekeeping import tidy
from gridwatch.pipeline import Pipeline
from ingest.publish import Message
from ingest.registration import NewChannel, NewDevice, register
from ingest.sources import DEFAULT_SOURCES
from tests.alarm_county import alarms, session
from tests.engine_feed import GUIDANCE

START = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
RULES = f"""
rules:
  - {{name: rain, kind: level, for: {{metric: rain_1h}}, unit: mm, limits: {{3: 30}}, deadband: 2,
     warned: {{events: [rainstorm], factor: 0.8}}, {GUIDANCE}}}
  - {{name: smoke, kind: level, for: {{metric: smoke}}, unit: "%/m", limits: {{2: 6.5}}, on_delay: 5min, {GUIDANCE}}}
"""


class Centre:
    """One worker's pipeline on a clock of our own."""

    def __init__(self, url):
        self.url, self.now = url, START
        self.pipeline = Pipeline(url, worker="w", rules=load_rules(RULES), sources=DEFAULT_SOURCES)
        self.pipeline.open(now=self.now)

    def hear(self, device, metric, unit, value, *, minutes=1):
        """Let a device say something, and some time pass before it."""
        self.now += timedelta(minutes=minutes)
        body = json.dumps([{"n": metric, "u": unit, "v": value, "t": self.now.timestamp()}]).encode()
        message = Message(f"gridwatch/v1/T/{device}/senml", body, 0, retained=False)
        self._work([message])

    def _work(self, messages):
        work = self.pipeline.judge(messages, received=self.now.timestamp(), now=self.now, tick=True, flush=False)
        self.pipeline.commit(work)

    def tick(self, *, minutes=0):
        """Look at what is due, and take over what has changed."""
        self.now += timedelta(minutes=minutes)
        self._work([])
        self.pipeline.reload(now=self.now)


@pytest.fixture
def centre(database_url):
    """Two rain gauges in two grids and a smoke detector in the first."""
    with connect(database_url) as connection, connection.cursor() as cur:
        cur.execute("INSERT INTO grid_versions (valid_from, source) VALUES ('2020-01-01Z', 'test')")
        for code, level, parent, box in (
            ("T", "town", None, (120, 30, 120.2, 30.1)),
            ("A", "grid", "T", (120, 30, 120.1, 30.1)),
            ("B", "grid", "T", (120.1, 30, 120.2, 30.1)),
        ):
            cur.execute(
                "INSERT INTO grids (version, code, name, level, parent, shape) VALUES (1, %s, %s, %s, %s, %s)",
                (code, code, level, parent, shapely.to_wkb(shapely.box(*box))),
            )
        rain = (NewChannel(metric="rain_1h", unit="mm", interval_s=300),)
        smoke = (NewChannel(metric="smoke", unit="%/m", interval_s=60),)
        places = {"r-a": ("rain", 120.05, rain), "r-b": ("rain", 120.15, rain), "s-a": ("smoke", 120.05, smoke)}
        register(
            cur,
            [
                NewDevice(id=id_, kind=kind, name=id_, lon=lon, lat=30.05, area="T", channels=channels)
                for id_, (kind, lon, channels) in places.items()
            ],
            now=START,
        )
    made = Centre(database_url)
    yield made
    made.pipeline.close()


def warn(centre, *, hours=3, after=timedelta(0), grids=("A",), **words):
    """Take a warning in, as the API does."""
    begins = centre.now + after
    warning = WeatherWarning(
        **{
            "id": "w-1", "event": "rainstorm", "priority": 2, "headline": "暴雨橙色预警", "source": "县气象台",
            "from_at": begins, "until_at": begins + timedelta(hours=hours), "grids": grids,
        }
        | words
    )  # fmt: skip
    with session(centre.url) as cur:
        changes = receive(cur, warning, actor="dispatcher", now=centre.now)
        append_changes(cur, changes)
    centre.pipeline.reload(now=centre.now)
    return changes


def raised(centre):
    """Name the devices in alarm, in the order of their alarms."""
    rows = alarms(centre.url, "(SELECT id FROM devices WHERE key = device), state, value")
    return [(device, state) for device, state, _ in rows]


def test_the_limits_of_its_grids_are_lower_while_it_holds(centre):
    """25 mm is over eight tenths of 30 in the grid that is warned, and under 30 in the other."""
    centre.hear("r-a", "rain_1h", "mm", 25)
    assert raised(centre) == []
    assert len(warn(centre)) == 1
    centre.hear("r-a", "rain_1h", "mm", 25)
    centre.hear("r-b", "rain_1h", "mm", 25)
    assert raised(centre) == [("r-a", "unack")]


def test_the_alarm_names_the_limit_that_held_then(centre):
    """Opened after the warning has ended, the alarm still says that it was 24 mm."""
    warn(centre, hours=1)
    centre.hear("r-a", "rain_1h", "mm", 25)
    centre.tick(minutes=120)
    with session(centre.url) as cur:
        rule = rule_of(cur, 1)
    assert rule is not None
    assert rule.limit == 24.0


def test_a_warning_for_the_town_is_one_for_its_grids(centre):
    """What covers the town covers every grid below it."""
    warn(centre, grids=("T",))
    centre.hear("r-a", "rain_1h", "mm", 25)
    centre.hear("r-b", "rain_1h", "mm", 25)
    assert raised(centre) == [("r-a", "unack"), ("r-b", "unack")]


def test_when_it_ends_the_limits_are_what_they_were(centre):
    """Its time is a row: the limits come back by themselves, and the next normal reading returns what they raised."""
    warn(centre, hours=1)
    centre.hear("r-a", "rain_1h", "mm", 25)
    centre.tick(minutes=60)
    with session(centre.url) as cur:
        cur.execute("SELECT ended_by, end_reason, ended_at = until_at FROM weather_warnings")
        assert cur.fetchall() == [("engine", "ran out", True)]
    assert raised(centre) == [("r-a", "unack")], "the end of a warning is no evidence of normal"
    centre.hear("r-a", "rain_1h", "mm", 25)
    assert raised(centre) == [("r-a", "rtnun")]


def test_a_warning_of_tomorrow_begins_tomorrow(centre):
    """Until it begins nothing is lowered; that it begins is a row too."""
    warn(centre, after=timedelta(hours=1))
    centre.hear("r-a", "rain_1h", "mm", 25)
    assert raised(centre) == []
    centre.tick(minutes=60)
    centre.hear("r-a", "rain_1h", "mm", 25)
    assert raised(centre) == [("r-a", "unack")]


def test_it_disturbs_no_other_alarm_and_no_delay(centre):
    """Lessons row 8: a delay that runs beside it runs on, an alarm that stands stands, over begin and end."""
    centre.hear("r-b", "rain_1h", "mm", 50)
    centre.hear("s-a", "smoke", "%/m", 10)
    before = alarms(centre.url, "id, state, version, raised_at")
    for _ in range(2):
        centre.hear("s-a", "smoke", "%/m", 10)
    warn(centre)
    centre.hear("s-a", "smoke", "%/m", 10)
    with session(centre.url) as cur:
        append_changes(cur, end(cur, "w-1", by="dispatcher", reason="解除", now=centre.now))
    centre.pipeline.reload(now=centre.now)
    centre.hear("s-a", "smoke", "%/m", 10)
    assert raised(centre) == [("r-b", "unack")]
    centre.hear("s-a", "smoke", "%/m", 10)
    assert raised(centre) == [("r-b", "unack"), ("s-a", "unack")], "five minutes after the first, as without a warning"
    assert alarms(centre.url, "id, state, version, raised_at")[:1] == before


def test_an_exercise_lowers_nothing(centre):
    """Only an actual warning is meant."""
    warn(centre, status=WeatherStatus.EXERCISE)
    centre.hear("r-a", "rain_1h", "mm", 25)
    assert raised(centre) == []


def test_an_update_ends_what_it_supersedes(centre):
    """The newer warning holds alone, and each names the other."""
    warn(centre, grids=("A",))
    warn(centre, id="w-2", grids=("B",), supersedes="w-1")
    centre.hear("r-a", "rain_1h", "mm", 25)
    centre.hear("r-b", "rain_1h", "mm", 25)
    assert raised(centre) == [("r-b", "unack")]
    with session(centre.url) as cur:
        cur.execute("SELECT id, end_reason, supersedes FROM weather_warnings ORDER BY id")
        assert cur.fetchall() == [("w-1", "updated by w-2", None), ("w-2", "", "w-1")]


def test_the_same_identifier_is_the_same_warning(centre):
    """Sent twice it is taken in once; with another content it is refused, and so is an update of what is unknown."""
    begins = centre.now
    assert len(warn(centre, from_at=begins)) == 1
    assert warn(centre, from_at=begins) == []
    with pytest.raises(WeatherConflictError):
        warn(centre, priority=1)
    with pytest.raises(WeatherConflictError):
        warn(centre, id="w-9", supersedes="w-8")


def test_a_warning_elsewhere_that_one_by_hand_updates_stops_no_housekeeping(database_url):
    """It is kept as long as what goes on from it; what nothing goes on from is dropped."""
    common = {"event": "flood", "priority": 2, "headline": "", "from_at": START, "source": "s"}
    with connect(database_url) as connection, connection.cursor() as cur:
        for id_, supersedes in (("a", None), ("b", "a"), ("c", None)):
            one = WeatherWarning(
                id=id_, grids=("T",), until_at=START + timedelta(hours=1), supersedes=supersedes, **common
            )
            receive(cur, one, actor="x", now=START)
            end(cur, id_, by="x", reason="x", now=START)
        cur.execute("UPDATE weather_warnings SET placed = 'elsewhere' WHERE id <> 'b'")
    tidy(database_url, now=START + timedelta(days=400), readings_kept=timedelta(days=4000))
    with connect(database_url) as connection:
        assert connection.execute("SELECT id FROM weather_warnings ORDER BY 1").fetchall() == [("a",), ("b",)]


def test_what_an_officer_ends_as_it_runs_out_holds_nobody_up(database_url):
    """The tick neither waits for the officer nor blocks them; each warning ends once, by one of the two."""
    common = {"event": "flood", "priority": 2, "headline": "", "from_at": START, "source": "s"}
    over = START + timedelta(hours=1)
    with connect(database_url) as connection, connection.cursor() as cur:
        for id_ in ("a", "b"):
            receive(cur, WeatherWarning(id=id_, grids=("T",), until_at=over, **common), actor="x", now=START)
        fire_weather(cur, START)
    with connect(database_url) as officer, connect(database_url) as worker:
        assert len(end(officer.cursor(), "a", by="officer", reason="x", now=over)) == 1
        assert [change.id for change in fire_weather(worker.cursor(), over)] == ["b"]
        officer.commit()
        assert fire_weather(worker.cursor(), over) == []
        worker.commit()
        found = worker.execute("SELECT id, ended_by FROM weather_warnings ORDER BY 1").fetchall()
        assert found == [("a", "officer"), ("b", "engine")]
        assert worker.execute("SELECT count(*) FROM deadlines WHERE done_at IS NULL").fetchone() == (0,)
