"""Rules change under a running worker: a file edited, a proposal admitted. What was not changed is not disturbed."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiomqtt
import psycopg
import pytest

import alerts
from alerts import admission
from alerts.admission import AdmissionMode, FileMeans, Reviewer, RuleFile, RulesOrigin, take_file
from alerts.rules import load_rules
from database import append_changes, connect
from database.connection import Cursor
from gridwatch.worker import Worker
from ingest.collector import BrokerAddress
from ingest.registration import NewChannel, NewDevice, register
from ingest.sources import DEFAULT_SOURCES, EVERYTHING
from tests.conftest import Broker
from tests.engine_feed import GUIDANCE

T0 = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
WITHIN_S = 30
STAGE = "name: stage, kind: level, for: {metric: stage}, unit: m, limits: {3: %s}"
RAIN = "name: rain, kind: level, for: {metric: rain_1h}, unit: mm, limits: {4: 5, 2: {at: 20, on_delay: 30min}}"
ALARMS = "SELECT rule, priority, state, rule_set, version FROM alarms ORDER BY id"
PENDING = "SELECT rule, priority, wanted, since FROM pending_delays ORDER BY 1, 2"


def _text(stage_limit: float) -> str:
    return "rules:\n" + "".join(f"  - {{{body}, {GUIDANCE}}}\n" for body in (STAGE % stage_limit, RAIN))


@pytest.fixture
def station(database_url: str) -> str:
    """URL of a database in which station g1 measures stage and rain."""
    channels = (
        NewChannel(metric="stage", unit="m", interval_s=300),
        NewChannel(metric="rain_1h", unit="mm", interval_s=300),
    )
    with connect(database_url) as connection, connection.cursor() as cur:
        device = NewDevice(id="g1", kind="gauge", name="水尺", lon=120.0, lat=30.0, area="3301", channels=channels)
        register(cur, [device], now=T0)
    return database_url


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A rule file: stage at 3 m, rain at 5 mm and, for half an hour, at 20 mm."""
    file = tmp_path / "rules.yaml"
    file.write_text(_text(3.0), encoding="utf-8")
    return file


@asynccontextmanager
async def _working(
    url: str, broker: Broker, rules: Path, mode: AdmissionMode = AdmissionMode.FILE
) -> AsyncIterator[None]:
    address = BrokerAddress(host=broker.host, port=broker.port, user=broker.user, password=broker.password)
    worker = Worker(
        database_url=url,
        broker=address,
        sources=DEFAULT_SOURCES,
        subscriptions=EVERYTHING,
        rules=rules,
        admission=mode,
        name="worker-1",
    )
    before = await _pings(url)
    task = asyncio.create_task(worker.run())
    try:

        async def listens() -> bool:
            return await _pings(url) != before

        await _until(listens)
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _pings(url: str) -> list[tuple[object, ...]]:
    """Tell when our own ping last came through the broker: then the subscriptions stand."""
    return await _rows(url, "SELECT broker_heard_at FROM worker_progress")


async def _until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Ask until it holds, at most 30 s: the condition decides, not the clock."""
    async with asyncio.timeout(WITHIN_S):
        while not await holds():  # noqa: ASYNC110 -- what is waited for lies in another process
            await asyncio.sleep(0.02)


async def _rows(url: str, query: str) -> list[tuple[object, ...]]:
    def read() -> list[tuple[object, ...]]:
        with psycopg.connect(url) as connection:
            return connection.execute(query).fetchall()

    return await asyncio.to_thread(read)


async def _until_rows(url: str, query: str, expected: list[tuple[object, ...]]) -> None:
    async def same() -> bool:
        return await _rows(url, query) == expected

    with suppress(TimeoutError):
        await _until(same)
    assert await _rows(url, query) == expected


async def _publish(broker: Broker, minute: float, **values: float) -> None:
    """Let the station report at a minute after T0."""
    at = (T0 + timedelta(minutes=minute)).timestamp()
    units = {"stage": "m", "rain_1h": "mm"}
    pack = [{"n": name, "u": units[name], "v": value, "t": at} for name, value in values.items()]
    async with aiomqtt.Client(broker.host, broker.port, username=broker.user, password=broker.password) as client:
        await client.publish("gridwatch/v1/3301/g1/senml", json.dumps(pack).encode(), qos=1)


async def _do(url: str, command: Callable[[Cursor], object]) -> object:
    def run() -> object:
        with connect(url) as connection, connection.cursor() as cur:
            return command(cur)

    return await asyncio.to_thread(run)


def _shelve_rain(cur: Cursor) -> None:
    (alarm,) = cur.execute("SELECT id FROM alarms WHERE rule = 'rain'").fetchone() or (0,)
    now = datetime.now(UTC)
    until = now + timedelta(hours=1)
    append_changes(cur, alerts.shelve(cur, alarm, version=1, until=until, reason="检修", actor="officer", now=now))


def _admit_the_newest(cur: Cursor) -> None:
    """Try a proposal with a table of no alarms, and admit it as a second officer would."""
    now = datetime.now(UTC)
    (number,) = cur.execute("SELECT max(id) FROM rule_proposals").fetchone() or (0,)
    admission.ask_trial(cur, number, version=1, start=T0, end=now, now=now)
    wanted = admission.wanted_trial(cur)
    assert wanted is not None
    admission.save_trial(cur, wanted, {"new": 0}, now=now)
    found = admission.find(cur, number)
    reviewer = Reviewer(name="commander", keeps_files=False)
    _, changes = admission.admit(
        cur, number, version=3, seen=found.comparison_hash or "", reviewer=reviewer, reason="", now=now
    )
    append_changes(cur, changes)


async def _rain_before_the_change(url: str, broker: Broker) -> None:
    """Let it rain: the blue alarm is shelved, the orange one's delay runs since minute 0."""
    await _publish(broker, 0, rain_1h=25, stage=1)
    await _until_rows(url, ALARMS, [("rain", 4, "unack", 1, 1)])
    await _do(url, _shelve_rain)
    await _until_rows(url, PENDING, [("rain", 2, True, T0)])


async def _rain_was_not_disturbed(url: str, broker: Broker) -> None:
    """By the changed rule the stage is too high now; the rain goes on as if nothing had happened."""
    await _publish(broker, 5, rain_1h=25)
    seconds = iter(range(60))

    async def judged_by_the_new_rule() -> bool:
        # An admission is heard through the feed: until then a reading is judged by the old rule, which sees nothing.
        await _publish(broker, 5 + next(seconds) / 60, stage=2.5)
        return bool(await _rows(url, "SELECT FROM alarms WHERE rule = 'stage'"))

    await _until(judged_by_the_new_rule)
    await _until_rows(url, ALARMS, [("rain", 4, "unack", 1, 2), ("stage", 3, "unack", 2, 1)])
    assert await _rows(url, PENDING) == [("rain", 2, True, T0)]
    assert len(await _rows(url, "SELECT FROM overrides WHERE kind = 'shelved' AND ended_at IS NULL")) == 1
    for minute in range(10, 31, 5):
        await _publish(broker, minute, rain_1h=25)
    await _until_rows(
        url, "SELECT raised_at, rule_set FROM alarms WHERE priority = 2", [(T0 + timedelta(minutes=30), 2)]
    )


async def test_an_edited_file_disturbs_no_other_rule(station: str, broker: Broker, rules: Path) -> None:
    """Row 8 of lessons: delay, alarm and shelving of the rain stay when the stage's limit changes; the alarm has version 2."""
    async with _working(station, broker, rules):
        await _rain_before_the_change(station, broker)
        await asyncio.to_thread(rules.write_text, _text(2.0), encoding="utf-8")
        await _until_rows(
            station, "SELECT rule_set, origin FROM rules_in_force ORDER BY id", [(1, "file"), (2, "file")]
        )
        await _rain_was_not_disturbed(station, broker)


def test_what_a_command_proposed_is_not_undone_by_the_file_that_stayed(station: str) -> None:
    """Once admitted it holds over restarts: the rule file says nothing new. An edit of the file counts again."""
    file, edited = load_rules(_text(3.0)), load_rules(_text(4.0))
    with connect(station) as connection, connection.cursor() as cur:
        assert take_file(cur, RuleFile(rules=file), now=T0) is FileMeans.IN_FORCE
        admission.propose(cur, _text(2.0), author="root@cli", note="", now=T0, origin=RulesOrigin.FILE)
        _admit_the_newest(cur)
        assert take_file(cur, RuleFile(rules=file), now=datetime.now(UTC)) is FileMeans.NOTHING
        assert admission.load_in_force(cur, file) == (load_rules(_text(2.0), source="proposal 1"), 2)
        assert take_file(cur, RuleFile(rules=edited), now=datetime.now(UTC)) is FileMeans.IN_FORCE
        assert admission.load_in_force(cur, file)[1] == 3


async def test_an_admitted_proposal_disturbs_no_other_rule(station: str, broker: Broker, rules: Path) -> None:
    """In reviewed mode an edited file waits; admitted it judges, and nothing of the rain is lost. A restart keeps it."""
    reviewed = AdmissionMode.REVIEWED
    async with _working(station, broker, rules, reviewed):
        await _rain_before_the_change(station, broker)
        await asyncio.to_thread(rules.write_text, _text(2.0), encoding="utf-8")
        await _until_rows(station, "SELECT state, origin, author FROM rule_proposals", [("draft", "file", "file")])
        await _publish(broker, 2, stage=2.5)
        await _until_rows(station, "SELECT count(*) FROM readings", [(3,)])
        assert await _rows(station, "SELECT rule_set FROM rules_in_force") == [(1,)]
        assert await _rows(station, "SELECT FROM alarms WHERE rule = 'stage'") == []
        await _do(station, _admit_the_newest)
        await _publish(broker, 4, stage=1)
        await _rain_was_not_disturbed(station, broker)
    async with _working(station, broker, rules, reviewed):
        await _publish(broker, 40, stage=1)
        await _until_rows(station, "SELECT state FROM alarms WHERE rule = 'stage'", [("rtnun",)])
        await _publish(broker, 45, stage=2.5)
        await _until_rows(station, "SELECT state, rule_set FROM alarms WHERE rule = 'stage'", [("unack", 2)])
        assert await _rows(station, "SELECT rule_set, origin FROM rules_in_force ORDER BY id") == [
            (1, "file"),
            (2, "proposal"),
        ]
        assert await _rows(station, "SELECT count(*) FROM rule_proposals") == [(1,)]
