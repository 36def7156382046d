"""A broker that goes and comes back, with its memory or without, between real devices and a real worker."""

import json
import shutil
import threading
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from database import connect
from gridwatch.embedded import BrokerAccount, NatsServer, free_port
from ingest.registration import NewChannel, NewDevice, register
from simulators.publisher import BrokerUrl, Publisher
from tests.working import counted, rows, until, working

T0 = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
STAGE = NewChannel(metric="stage", unit="m", interval_s=300, limits=(4.0, 3.0, 2.0, 1.0))
TOPIC = "gridwatch/v1/3301/g1/senml"
PINGS = "SELECT (counters->>'pings')::int FROM worker_progress"


def stage(level: float, minutes: float) -> bytes:
    """Write a level that was measured so many minutes after the first."""
    at = (T0 + timedelta(minutes=minutes)).timestamp()
    return json.dumps([{"n": "stage", "u": "m", "v": level, "t": at}]).encode()


@pytest.fixture
def gauge(database_url: str) -> str:
    """URL of a database in which one gauge g1 of area 3301 is registered, limits 1 to 4 m."""
    with connect(database_url) as connection, connection.cursor() as cur:
        device = NewDevice(id="g1", kind="gauge", name="水尺", lon=120.0, lat=30.0, area="3301", channels=(STAGE,))
        register(cur, [device], now=T0)
    return database_url


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[NatsServer]:
    """A broker that the test stops and starts again on the same port."""
    account = BrokerAccount(user="test", password="secret")
    broker = NatsServer(tmp_path / "nats", host="127.0.0.1", port=free_port(), accounts=(account,), sync_always=False)
    broker.start()
    yield broker
    broker.stop()


def field(server: NatsServer) -> Publisher:
    """Make a gateway that keeps what the broker has not acknowledged, and sends it when it is back."""
    (account,) = server.accounts
    url = BrokerUrl(host=server.host, port=server.port, user=account.user, password=account.password)
    return Publisher(url, client_id="gateway", window=50)


@pytest.mark.parametrize("is_forgotten", [False, True], ids=["session kept", "session lost"])
async def test_a_worker_hears_devices_again_after_the_broker_was_away(
    gauge: str, server: NatsServer, *, is_forgotten: bool
) -> None:
    """Row 7 of lessons: after a restart of the broker, even one that lost every session, the subscriptions stand anew."""
    async with working(gauge, server.host, server.port, *account(server)):
        with field(server) as gateway:
            gateway.send(TOPIC, stage(0.5, 0))
            await counted(gauge, "SELECT FROM readings", 1)
        server.stop()
        if is_forgotten:
            shutil.rmtree(server.directory)
        ((before,),) = await rows(gauge, PINGS)
        server.start()

        async def hears_itself() -> bool:
            return bool(await rows(gauge, f"{PINGS} WHERE (counters->>'pings')::int > {before}"))

        await until(hears_itself)
        with field(server) as gateway:
            gateway.send(TOPIC, stage(1.5, 5))
            await counted(gauge, "SELECT FROM alarms WHERE condition = 'level-high' AND state = 'unack'", 1)


async def test_a_return_from_the_time_of_a_cut_is_delivered_after_it(gauge: str, server: NatsServer) -> None:
    """Row 11 of lessons: the water fell while nobody could be reached; the alarm does not stick, and knows when it fell."""
    async with working(gauge, server.host, server.port, *account(server)):
        with field(server) as gateway:
            gateway.send(TOPIC, stage(1.5, 0))
            await counted(gauge, "SELECT FROM alarms WHERE condition = 'level-high' AND state = 'unack'", 1)
            server.stop()
            meanwhile = threading.Thread(target=lambda: [gateway.send(TOPIC, stage(0.2, n)) for n in (5, 10, 15)])
            meanwhile.start()
            meanwhile.join()
            server.start()
            await counted(gauge, "SELECT FROM alarms WHERE condition = 'level-high' AND state = 'rtnun'", 1)
            cleared = await rows(
                gauge, "SELECT cleared_at, count(*) OVER () FROM alarms WHERE condition = 'level-high'"
            )
    assert cleared == [(T0 + timedelta(minutes=5), 1)]


async def test_a_return_from_before_the_worker_came_back_is_heard_by_the_next_one(
    gauge: str, server: NatsServer
) -> None:
    """Row 11 of lessons: the broker keeps what was measured while no worker ran; the next one returns the alarm."""
    with field(server) as gateway:
        async with working(gauge, server.host, server.port, *account(server)):
            gateway.send(TOPIC, stage(1.5, 0))
            await counted(gauge, "SELECT FROM alarms WHERE condition = 'level-high' AND state = 'unack'", 1)
        gateway.send(TOPIC, stage(0.2, 5))
        assert gateway.flush()
        async with working(gauge, server.host, server.port, *account(server)):
            await counted(gauge, "SELECT FROM alarms WHERE condition = 'level-high' AND state = 'rtnun'", 1)
            assert await rows(gauge, "SELECT cleared_at FROM alarms WHERE condition = 'level-high'") == [
                (T0 + timedelta(minutes=5),)
            ]


def account(server: NatsServer) -> tuple[str, str]:
    """Give name and password of the broker's one account."""
    (one,) = server.accounts
    return one.user, one.password
