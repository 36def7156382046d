"""What registration means for what is judged: gateways and their children, moves, swaps, retirement; in the real pipeline."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import shapely
from psycopg.errors import CheckViolation
from structlog.testing import capture_logs

from alerts import DEFAULT_RULES, load_rules
from alerts.commands import retire as end_alarms
from database import append_changes, connect
from gridwatch.pipeline import Pipeline
from ingest.publish import Message
from ingest.registration import GatewayCircleError, NewChannel, NewDevice, Way, register, retire, write
from ingest.registry import LONGEST_INTERVAL_S, METRICS_PER_DEVICE
from ingest.replacement import TakenIdError, chain, swap
from ingest.sources import DEFAULT_SOURCES
from tests.alarm_county import session

START = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
RULES = """
rules:
  - {name: silent, kind: no-data, for: {}, priority: 4, intervals: 3, guidance: {zh: {means: 是, do: 做}, en: {means: a, do: b}}}
  - {name: out, kind: outage, for: {}, priority: 2, guidance: {zh: {means: 是, do: 做}, en: {means: a, do: b}}}
  - {name: high, kind: level, for: {metric: stage}, unit: m, limits: {2: 5}, guidance: {zh: {means: 是, do: 做}, en: {means: a, do: b}}}
"""
STAGE = NewChannel(metric="stage", unit="m", interval_s=60)


def device(id_: str, *, lon: float = 120.05, gateway: str | None = None, kind: str = "gauge") -> NewDevice:
    """Make a gauge in grid A, or in B from 120.1 on."""
    channels = (STAGE,) if kind == "gauge" else ()
    return NewDevice(id=id_, kind=kind, name=id_, lon=lon, lat=30.05, gateway=gateway, channels=channels)


class Centre:
    """A worker's pipeline, told what its loop tells it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.now = START
        self.pipeline = Pipeline(url, worker="w", rules=load_rules(RULES), sources=DEFAULT_SOURCES)
        self.pipeline.open(now=self.now)

    def hear(self, *devices: str, value: float = 1.0) -> None:
        """Let devices say their stage."""
        pack = [{"n": "stage", "u": "m", "v": value, "t": self.now.timestamp()}]
        self._run([_message(id_, pack) for id_ in devices], tick=False)

    def take(self, message: Message) -> None:
        """Hear one message."""
        self._run([message], tick=False)

    def say(self, id_: str, pack: list[dict[str, object]]) -> None:
        """Let a device say anything."""
        self.take(_message(id_, pack))

    def look(self, seconds: int) -> None:
        """Let time pass with the broker alive, and look for silence."""
        for _ in range(seconds // 4):
            self.now += timedelta(seconds=4)
            self._run([Message("gridwatch/self/w", b"", 1, retained=False)], tick=True)

    def reload(self) -> None:
        """Hear of a changed registry."""
        self.pipeline.reload(now=self.now)

    def _run(self, messages: list[Message], *, tick: bool) -> None:
        work = self.pipeline.judge(messages, received=self.now.timestamp(), now=self.now, tick=tick, flush=False)
        self.pipeline.commit(work)

    def alarms(self) -> list[tuple[str, str, str]]:
        """List device, condition and state of every alarm."""
        with session(self.url) as cur:
            cur.execute(
                "SELECT d.id, a.condition, a.state FROM alarms a JOIN devices d ON d.key = a.device ORDER BY a.id"
            )
            return list(cur.fetchall())


def _message(id_: str, pack: list[dict[str, object]]) -> Message:
    return Message(f"gridwatch/v1/T/{id_}/senml", json.dumps(pack).encode(), 1, retained=False)


@pytest.fixture
def county(database_url: str) -> str:
    """Two grids of a town."""
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
        register(cur, [device("gw", kind="gateway"), *(device(f"g{n}", gateway="gw") for n in (1, 2, 3))], now=START)
    return database_url


@pytest.fixture
def centre(county: str) -> Iterator[Centre]:
    """A pipeline over the county."""
    made = Centre(county)
    yield made
    made.pipeline.close()


def history(url: str, id_: str) -> list[tuple[str, str, str]]:
    """List what became of a device, oldest first."""
    with session(url) as cur:
        cur.execute(
            "SELECT what, way, h.note FROM device_history h JOIN devices d ON d.key = h.device WHERE d.id = %s ORDER BY h.id",
            (id_,),
        )
        return list(cur.fetchall())


def test_children_of_one_gateway_that_fall_silent_are_one_outage_of_the_gateway(centre: Centre) -> None:
    """One alarm hangs on the registered gateway, none on the three behind it; the first that speaks ends it."""
    centre.hear("g1", "g2", "g3")
    centre.look(240)
    assert centre.alarms() == [("gw", "outage", "unack")]
    centre.hear("g2")
    assert centre.alarms() == [("gw", "outage", "rtnun")]


def test_a_device_placed_in_another_town_is_still_heard(county: str) -> None:
    """Its topic names the town it was registered under; whoever moves it over the boundary changes no topic."""
    with session(county) as cur:
        cur.execute(
            "INSERT INTO grids (version, code, name, level, shape) VALUES (1, 'U', 'U', 'town', %s)",
            (shapely.to_wkb(shapely.box(121, 30, 121.2, 30.1)),),
        )
        register(cur, [device("g1", lon=121.05)], now=START)
        assert cur.execute("SELECT area FROM devices WHERE id = 'g1'").fetchone() == ("T",)
    centre = Centre(county)
    centre.hear("g1", value=6)
    centre.now += timedelta(seconds=10)
    pack = [{"n": "stage", "u": "m", "v": 1.0, "t": centre.now.timestamp()}]
    centre.take(_message("g1", pack)._replace(topic="gridwatch/v1/U/g1/senml"))
    assert centre.alarms() == [("g1", "level-high", "rtnun")]
    centre.pipeline.close()


def test_alarms_are_raised_while_a_county_is_registered(centre: Centre, county: str) -> None:
    """A file of known devices takes half a minute: what they say meanwhile is judged meanwhile."""
    with connect(county) as registering:
        write(registering.cursor(), [replace(device("g1", gateway="gw"), name="new")], now=START)
        centre.hear("g1", value=6)
        centre.look(8)
        assert ("g1", "level-high", "unack") in centre.alarms()


def test_no_interval_that_is_registered_stops_the_worker(county: str) -> None:
    """The longest there may be is judged by every rule; a longer one is held by no table."""
    last = device("g9")
    with session(county) as cur:
        register(cur, [_expected(last, LONGEST_INTERVAL_S), _expected(device("g8"), 1e-300)], now=START)
    with pytest.raises(CheckViolation), session(county) as cur:
        register(cur, [_expected(last, 1e300)], now=START)
    pipeline = Pipeline(county, worker="w", rules=load_rules(DEFAULT_RULES), sources=DEFAULT_SOURCES)
    pipeline.open(now=START)
    pipeline.close()


def _expected(device: NewDevice, interval_s: float) -> NewDevice:
    return replace(device, channels=(replace(STAGE, interval_s=interval_s),))


def test_one_child_among_others_that_speak_is_silent_itself(centre: Centre) -> None:
    """The relation is not an excuse for one that died alone."""
    centre.hear("g1", "g2", "g3")
    for _ in range(4):
        centre.look(56)
        centre.hear("g2", "g3")
    centre.look(8)
    assert centre.alarms() == [("g1", "no-data", "unack")]


def test_a_swapped_gateway_takes_its_children_along(centre: Centre) -> None:
    """After the swap the silence of the children is an outage of the new gateway; what stood at the old one has ended."""
    centre.hear("g1", "g2", "g3")
    centre.look(240)
    with connect(centre.url) as connection, connection.cursor() as cur:
        changes = swap(cur, "gw", "gw-2", now=centre.now, actor="admin", note="雷击")
        (key,) = cur.execute("SELECT key FROM devices WHERE id = 'gw'").fetchone() or (0,)
        append_changes(cur, changes + end_alarms(cur, key, actor="admin", now=centre.now, replaced_by="gw-2"))
        assert chain(cur, "gw") == chain(cur, "gw-2") == ["gw", "gw-2"]
    centre.reload()
    centre.look(4)
    assert ("gw", "outage", "rtnun") in centre.alarms()
    centre.hear("g1", "g2", "g3")
    centre.look(240)
    assert ("gw-2", "outage", "unack") in centre.alarms()
    assert [what for what, _, _ in history(centre.url, "g1")] == ["registered", "changed"]


def test_an_alarm_of_a_retired_device_ends_and_does_not_come_back(centre: Centre) -> None:
    """It ends with the retirement; what the device still says waits for registration and is not judged."""
    centre.hear("g1", value=6.0)
    assert centre.alarms() == [("g1", "level-high", "unack")]
    with connect(centre.url) as connection, connection.cursor() as cur:
        (key,) = cur.execute("SELECT key FROM devices WHERE id = 'g1'").fetchone() or (0,)
        changes = end_alarms(cur, key, actor="admin", now=centre.now)
        append_changes(cur, [*changes, retire(cur, "g1", now=centre.now, actor="admin", note="拆除")])
    centre.reload()
    centre.now += timedelta(minutes=1)
    centre.hear("g1", value=7.0)
    centre.look(4)
    assert centre.alarms() == [("g1", "level-high", "rtnun")]
    with session(centre.url) as cur:
        assert cur.execute("SELECT id FROM waiting_devices").fetchall() == [("g1",)]
    assert history(centre.url, "g1")[-1] == ("retired", "hand", "拆除")


def test_an_alarm_raised_before_the_worker_heard_of_the_retirement_ends_when_it_does(centre: Centre) -> None:
    """Between the officer's word and the worker's hearing of it a reading may still raise; it does not stand for ever."""
    with connect(centre.url) as connection, connection.cursor() as cur:
        retire(cur, "g1", now=centre.now)
    centre.hear("g1", value=6.0)
    assert centre.alarms() == [("g1", "level-high", "unack")]
    centre.reload()
    centre.look(4)
    assert centre.alarms() == [("g1", "level-high", "rtnun")]


def test_what_a_device_says_the_moment_it_is_registered_is_judged(centre: Centre) -> None:
    """Its first reading may be quicker than the news of its registration; it is not put on the waiting list for that."""
    with session(centre.url) as cur:
        register(cur, [device("g4")], now=centre.now)
    centre.hear("g4", value=6.0)
    assert centre.alarms() == [("g4", "level-high", "unack")]
    with session(centre.url) as cur:
        assert cur.execute("SELECT count(*) FROM waiting_devices").fetchone() == (0,)


def test_strangers_are_asked_for_without_reading_the_registry_anew(centre: Centre) -> None:
    """Who is not registered waits, as often as he speaks, and costs one question a batch."""
    with capture_logs() as logged:
        centre.hear("x1", "x2")
        centre.hear("x1")
    assert logged == []
    with session(centre.url) as cur:
        assert cur.execute("SELECT id, messages FROM waiting_devices ORDER BY id").fetchall() == [("x1", 2), ("x2", 1)]


def test_metrics_beyond_what_one_device_may_have_are_refused_and_said(centre: Centre) -> None:
    """A device that names ever new metrics gets 64; the rest is counted and kept raw, and costs no reading of the registry."""
    names = [f"m{n}" for n in range(70)]
    centre.say("g1", [{"n": name, "v": 1, "t": centre.now.timestamp()} for name in names])
    with session(centre.url) as cur:
        assert cur.execute("SELECT count(*) FROM readings").fetchone() == (METRICS_PER_DEVICE - 1,)  # stage is one
        assert cur.execute("SELECT reason, count(*) FROM rejected_messages GROUP BY reason").fetchall() == [
            ("metric", 7)
        ]
    with capture_logs() as logged:
        centre.say("g1", [{"n": "m69", "v": 1, "t": centre.now.timestamp()}])
    assert logged == []


def test_a_name_made_like_a_path_can_be_registered(centre: Centre) -> None:
    """Friendly names of a Zigbee bridge hold slashes, which no address of ours can: they wait, and are judged, with dots."""
    topic, alarm = "zigbee2mqtt/east/hall 1", b'{"smoke":true,"battery":98}'
    centre.take(Message(topic, alarm, 1, retained=False))
    with session(centre.url) as cur:
        assert cur.execute("SELECT id, topic FROM waiting_devices").fetchall() == [("east.hall 1", topic)]
        register(cur, [device("east.hall 1", kind="smoke")], now=centre.now)
    centre.take(Message(topic, alarm, 1, retained=False))
    with session(centre.url) as cur:
        assert cur.execute("SELECT count(*) FROM waiting_devices").fetchone() == (0,)
        assert cur.execute("SELECT count(*) FROM readings").fetchone() == (2,)


@pytest.mark.parametrize("id_", ["x" * 129, "y" * 60_000, "\x01", "a\0b"])
def test_a_name_that_no_table_can_hold_is_refused(centre: Centre, id_: str) -> None:
    """It would be refused at its registration, too; the worker goes on, and so do the others of the batch."""
    centre.hear("g1", id_, "g2")
    with session(centre.url) as cur:
        assert cur.execute("SELECT reason FROM rejected_messages").fetchall() == [("malformed",)]
        assert cur.execute("SELECT count(*) FROM readings").fetchone() == (2,)
        assert cur.execute("SELECT count(*) FROM waiting_devices").fetchone() == (0,)


@pytest.mark.parametrize("unit", ["\0", "m\0", "\ud800", "x" * 100_000])
def test_no_unit_a_device_may_name_stops_the_worker(centre: Centre, unit: str) -> None:
    """A metric with a unit that no table can hold is refused; what else was heard with it is taken in."""
    now = centre.now.timestamp()
    centre.say("g1", [{"n": "stage", "u": "m", "v": 1, "t": now}, {"n": "odd", "u": unit, "v": 1, "t": now}])
    centre.hear("g2")
    with session(centre.url) as cur:
        assert cur.execute("SELECT count(*) FROM rejected_messages").fetchone() == (1,)
        assert cur.execute("SELECT count(*) FROM readings WHERE value = 1").fetchone() in {(1,), (2,)}


def test_readings_keep_the_grid_they_were_stored_with(centre: Centre) -> None:
    """A device that moves takes its future along, not its past."""
    centre.hear("g1")
    with connect(centre.url) as connection, connection.cursor() as cur:
        register(cur, [device("g1", lon=120.15, gateway="gw")], now=centre.now)
    centre.reload()
    centre.now += timedelta(minutes=1)
    centre.hear("g1")
    with session(centre.url) as cur:
        cur.execute("SELECT g.code FROM readings r JOIN grids g ON g.key = r.grid ORDER BY r.time")
        assert cur.fetchall() == [("A",), ("B",)]
    assert [what for what, _, _ in history(centre.url, "g1")] == ["registered", "moved"]


def test_what_is_the_same_is_not_written_again(county: str) -> None:
    """A second registration of the same records makes no version, no history and no change for the screens."""
    with session(county) as cur:
        same = [device("gw", kind="gateway"), *(device(f"g{n}", gateway="gw") for n in (1, 2, 3))]
        assert write(cur, same, now=START, actor="admin", way=Way.FILE) == []
        changed = write(
            cur, [*same[:3], device("g3", lon=120.15, gateway="gw")], now=START, actor="admin", way=Way.FILE
        )
        assert [(change.id, change.version) for change in changed] == [("g3", 2)]
    assert [len(history(county, id_)) for id_ in ("gw", "g1", "g3")] == [1, 1, 2]


def test_circles_and_taken_ids_are_refused(county: str) -> None:
    """Gateways do not go round, and nobody is swapped for a device that is there; nothing of it is left."""
    with connect(county) as connection, connection.cursor() as cur:
        with pytest.raises(GatewayCircleError, match="gw"):
            write(cur, [device("gw", kind="gateway", gateway="g1")], now=START)
        connection.rollback()
        for taken in ("g1", "gw"):
            with pytest.raises(TakenIdError):
                swap(cur, "gw", taken, now=START, actor="admin", note="x")
            connection.rollback()
        with pytest.raises(LookupError):
            swap(cur, "nobody", "x", now=START, actor="admin", note="x")
        connection.rollback()
        assert cur.execute("SELECT count(*) FROM devices WHERE NOT is_carrier").fetchone() == (4,)
