"""The worker between a real broker and a real database: from published bytes to rows."""

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiomqtt
import pytest

from alerts import DEFAULT_RULES
from database import Change, ChangeKind, append_changes, connect
from gridwatch.clock import now
from gridwatch.gateways import Gateways, load_gateways, make_account, save_gateways
from gridwatch.identity_watch import IdentityWatch
from gridwatch.worker import Worker
from ingest.collector import BrokerAddress, Taken
from ingest.publish import Message
from ingest.registration import NewChannel, NewDevice, Way, register, write
from ingest.sources import DEFAULT_SOURCES
from tests.conftest import Broker
from tests.working import rows, until, working

T0 = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
STAGE = NewChannel(metric="stage", unit="m", interval_s=300, limits=(4.0, 3.0, 2.0, 1.0))


@pytest.fixture(params=["broker", "mosquitto"])
def any_broker(request: pytest.FixtureRequest) -> Broker:
    """Each broker in turn."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def gauge(database_url: str) -> str:
    """URL of a database in which one gauge g1 of area 3301 is registered, limits 1 to 4 m."""
    with connect(database_url) as connection, connection.cursor() as cur:
        device = NewDevice(id="g1", kind="gauge", name="水尺", lon=120.0, lat=30.0, area="3301", channels=(STAGE,))
        register(cur, [device], now=T0)
    return database_url


async def _publish(broker: Broker, *messages: tuple[str, bytes]) -> None:
    async with aiomqtt.Client(
        broker.host, broker.port, username=broker.user or None, password=broker.password
    ) as client:
        for topic, payload in messages:
            await client.publish(topic, payload, qos=1)


def _stage(level: float, minutes: float, device: str = "g1") -> tuple[str, bytes]:
    at = (T0 + timedelta(minutes=minutes)).timestamp()
    return f"gridwatch/v1/3301/{device}/senml", json.dumps([{"n": "stage", "u": "m", "v": level, "t": at}]).encode()


async def _counted(url: str, query: str, count: int) -> None:
    async def enough() -> bool:
        return len(await rows(url, query)) >= count

    await until(enough)


ALARMS = "SELECT priority, state, raised_at, value FROM alarms WHERE condition = 'level-high' ORDER BY raised_at"


async def test_readings_above_limits_become_alarms_at_device_time(gauge: str, any_broker: Broker) -> None:
    """Each limit that a level crosses raises one alarm at the time of the reading that crossed it."""
    async with working(gauge, any_broker.host, any_broker.port, any_broker.user, any_broker.password):
        await _publish(any_broker, *(_stage(v, i * 5) for i, v in enumerate([0.5, 1.0, 1.2, 2.5, 2.4])))
        await _counted(gauge, "SELECT FROM readings", 5)
        alarms = await rows(gauge, ALARMS)
    assert alarms == [
        (4, "unack", T0 + timedelta(minutes=5), 1.0),
        (3, "unack", T0 + timedelta(minutes=15), 2.5),
    ]


async def test_a_restart_raises_nothing_again(gauge: str, broker: Broker) -> None:
    """Row 9 of lessons: after a restart the same alarm stands once, and a normal reading returns it."""
    async with working(gauge, broker.host, broker.port, broker.user, broker.password):
        await _publish(broker, _stage(1.5, 0))
        await _counted(gauge, ALARMS, 1)
    async with working(gauge, broker.host, broker.port, broker.user, broker.password):
        await _publish(broker, _stage(1.6, 5), _stage(0.2, 10))
        await _counted(gauge, "SELECT FROM readings", 3)
        alarms = await rows(gauge, "SELECT priority, state, cleared_at FROM alarms WHERE condition = 'level-high'")
    assert alarms == [(4, "rtnun", T0 + timedelta(minutes=10))]


async def test_the_same_message_twice_is_stored_once(gauge: str, broker: Broker) -> None:
    """A redelivery neither doubles a reading nor an alarm."""
    async with working(gauge, broker.host, broker.port, broker.user, broker.password):
        await _publish(broker, _stage(1.5, 0), _stage(1.5, 0), _stage(1.5, 0), _stage(0.1, 9))
        await _counted(gauge, "SELECT FROM readings", 2)
        readings = await rows(gauge, "SELECT FROM readings")
        alarms = await rows(gauge, ALARMS)
    assert (len(readings), len(alarms)) == (2, 1)


async def test_poison_is_kept_and_does_not_block(gauge: str, any_broker: Broker) -> None:
    """Row 6 of lessons: what cannot be decoded is stored raw and acknowledged; what comes behind it is taken in."""
    poison = ("gridwatch/v1/3301/g1/senml", b"\xff\x00 not senml")
    async with working(gauge, any_broker.host, any_broker.port, any_broker.user, any_broker.password):
        await _publish(any_broker, poison, _stage(0.5, 0))
        await _counted(gauge, "SELECT FROM readings", 1)
        rejected = await rows(gauge, "SELECT topic, payload, reason FROM rejected_messages")
    assert rejected == [(*poison, "malformed")]


async def test_what_only_the_database_refuses_is_found_and_refused(gauge: str, any_broker: Broker) -> None:
    """Row 6 of lessons: a message that decodes and cannot be stored is refused raw; its neighbours are stored and judged, and none comes again."""
    with connect(gauge) as connection:
        connection.execute("ALTER TABLE readings ADD CONSTRAINT odd CHECK (value <> 3.25)")
    levels = [0.5] * 20 + [3.25] + [0.5] * 20 + [3.25, 1.5]
    poison = [_stage(3.25, 20), _stage(3.25, 41)]
    async with working(gauge, any_broker.host, any_broker.port, any_broker.user, any_broker.password):
        await _publish(any_broker, *(_stage(level, minute) for minute, level in enumerate(levels)))
        await _counted(gauge, "SELECT FROM readings", len(levels) - len(poison))
        assert await rows(gauge, ALARMS) == [(4, "unack", T0 + timedelta(minutes=42), 1.5)]
    async with working(gauge, any_broker.host, any_broker.port, any_broker.user, any_broker.password):
        await _publish(any_broker, _stage(0.5, 50))
        await _counted(gauge, "SELECT FROM readings", len(levels) - len(poison) + 1)
    rejected = await rows(gauge, "SELECT topic, payload, reason, left(detail, 14) FROM rejected_messages ORDER BY id")
    assert rejected == [(*message, "fault", "CheckViolation") for message in poison]


async def test_messages_that_cannot_be_stored_in_every_batch_keep_nothing_from_being_looked_for(gauge: str) -> None:
    """With each batch that is taken apart comes the look at what is due, and newest readings are written, as with any other."""
    with connect(gauge) as connection:
        connection.execute("ALTER TABLE readings ADD CONSTRAINT odd CHECK (value <> 3.25)")
        connection.execute(
            "INSERT INTO waiting_devices (id, source, area, first_seen, last_seen, messages, topic, payload)"
            " VALUES ('g1', '', '', now(), now(), 1, '', '')"
        )
    worker = Worker(database_url=gauge, broker=BrokerAddress(host="", port=0), sources=DEFAULT_SOURCES, name="worker-1")
    worker._pipeline.open(now=now())
    messages = [Message(*_stage(level, minute), 0, retained=False) for minute, level in enumerate((0.5, 3.25))]
    await worker._one_by_one(Taken(messages=messages, connection=0, received=now().timestamp()))
    with connect(gauge) as connection:
        assert connection.execute("SELECT value FROM device_last").fetchall() == [(0.5,)]
        assert connection.execute("SELECT count(*) FROM waiting_devices").fetchone() == (0,)  # a look a second
    worker._pipeline.close()


async def test_an_unknown_device_waits_and_is_taken_in_once_registered(gauge: str, broker: Broker) -> None:
    """A stranger is listed with its last payload; after its registration its readings are stored, without a restart."""
    async with working(gauge, broker.host, broker.port, broker.user, broker.password):
        await _publish(broker, _stage(0.5, 0, device="g2"))
        await _counted(gauge, "SELECT FROM waiting_devices WHERE id = 'g2'", 1)
        device = NewDevice(id="g2", kind="gauge", name="", lon=None, lat=None, area="3301", channels=(STAGE,))
        with connect(gauge) as connection, connection.cursor() as cur:
            register(cur, [device], now=T0)

        async def taken_in() -> bool:
            await _publish(broker, _stage(0.5, time.monotonic() % 1e6, device="g2"))
            return bool(await rows(gauge, "SELECT FROM readings"))

        await until(taken_in)

        async def waits_no_longer() -> bool:
            return await rows(gauge, "SELECT FROM waiting_devices") == []

        await until(waits_no_longer)


async def test_a_metric_nobody_declared_is_learned(gauge: str, broker: Broker) -> None:
    """A registered device that reports something new has it stored with the unit on the wire."""
    async with working(gauge, broker.host, broker.port, broker.user, broker.password):
        await _publish(broker, ("gridwatch/v1/3301/g1/senml", b'[{"n":"battery","u":"%EL","v":81}]'))
        await _counted(gauge, "SELECT FROM readings", 1)
        learned = await rows(
            gauge,
            "SELECT m.name, dm.unit, r.value FROM readings r JOIN metrics m ON m.key = r.metric"
            " JOIN device_metrics dm USING (device, metric)",
        )
    assert learned == [("battery", "%EL", 81.0)]


class Broken(IdentityWatch):
    """A part of the worker with a fault of ours."""

    async def run(self) -> None:
        """Fail at once."""
        raise LookupError


async def test_a_part_that_fails_does_not_end_the_way_of_alarms(gauge: str, broker: Broker, tmp_path: Path) -> None:
    """Whatever goes on beside it in the same process, readings are taken in and judged."""
    broken = Broken(gauge, gateways=tmp_path, broker_log=None)
    async with working(gauge, broker.host, broker.port, broker.user, broker.password, identity=broken):
        await _publish(broker, _stage(1.5, 0))
        await _counted(gauge, ALARMS, 1)


async def test_a_rule_file_that_is_away_or_half_written_leaves_the_old_rules(
    gauge: str, broker: Broker, tmp_path: Path
) -> None:
    """Editors move files away and write them in pieces; meanwhile the county is watched by the rules that were whole."""
    path = tmp_path / "rules.yaml"
    path.write_text(DEFAULT_RULES.read_text())
    address = broker.host, broker.port, broker.user, broker.password
    async with working(gauge, *address, rules=path):
        for minute, level, spoil in ((0, 1.5, path.unlink), (10, 0.2, lambda: path.write_text("rules:\n  - {name: x"))):
            spoil()
            (spoilt_at,) = (await rows(gauge, "SELECT clock_timestamp()"))[0]
            await _counted(
                gauge, f"SELECT FROM worker_progress WHERE alive_at > '{spoilt_at + timedelta(seconds=3)}'", 1
            )
            await _publish(broker, _stage(level, minute))
            await _counted(gauge, f"SELECT FROM readings WHERE value = {level}", 1)
        alarms = await rows(gauge, "SELECT priority, state FROM alarms WHERE condition = 'level-high'")
    assert alarms == [(4, "rtnun")]


async def test_a_registry_that_cannot_be_judged_leaves_the_old_one(gauge: str, broker: Broker) -> None:
    """What somebody wrote past every check must not blind the county: it is judged by what was known before."""
    async with working(gauge, broker.host, broker.port, broker.user, broker.password):
        with connect(gauge) as connection, connection.cursor() as cur:
            cur.execute("ALTER TABLE device_metrics DROP CONSTRAINT device_metrics_interval_s_check")
            cur.execute("UPDATE device_metrics SET interval_s = 1e300")
            append_changes(cur, [Change(kind=ChangeKind.DEVICE, id="g1", version=2)])
            (spoilt_at,) = cur.execute("SELECT clock_timestamp()").fetchone() or (T0,)
        await _counted(gauge, f"SELECT FROM worker_progress WHERE alive_at > '{spoilt_at + timedelta(seconds=3)}'", 1)
        await _publish(broker, _stage(1.5, 0))
        await _counted(gauge, ALARMS, 1)


async def test_a_gateway_may_speak_for_a_device_registered_behind_it(
    gauge: str, broker: Broker, tmp_path: Path
) -> None:
    """Its right comes with the registration, not with the next look of the minute: what it says till then is refused."""
    path = tmp_path / "gateways.json"
    account, _ = make_account("gw", areas=(), topics=(), learnt=(), now=T0)
    save_gateways(path, Gateways().with_account(account))
    watch = IdentityWatch(gauge, gateways=path, broker_log=None)
    async with working(gauge, broker.host, broker.port, broker.user, broker.password, identity=watch):
        child = NewDevice(id="g7", kind="gauge", name="", lon=None, lat=None, area="3301", gateway="gw")
        with connect(gauge) as connection, connection.cursor() as cur:
            append_changes(cur, write(cur, [child], now=T0, actor="admin", way=Way.HAND))

        async def may_speak() -> bool:
            return load_gateways(path).accounts[0].learnt == ("gridwatch/v1/3301/g7/senml",)

        await until(may_speak)
