"""The collector against real brokers: NATS (MQTT 3.1.1) and Mosquitto (MQTT 5)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

import aiomqtt
import pytest

from ingest.collector import BrokerAddress, Collector, Taken
from tests.conftest import Broker

TOPIC = "gridwatch/v1/a/d/senml"


@pytest.fixture(params=["broker", "mosquitto"])
def any_broker(request: pytest.FixtureRequest) -> Broker:
    """Each broker in turn."""
    return request.getfixturevalue(request.param)


def _collector(broker: Broker, *, limit_bytes: int = 64 << 20) -> Collector:
    address = BrokerAddress(host=broker.host, port=broker.port, user=broker.user, password=broker.password)
    return Collector(
        address,
        client_id="worker-1",
        filters=("gridwatch/v1/+/+/senml",),
        clock=lambda: datetime.now(UTC).timestamp(),
        limit_bytes=limit_bytes,
    )


@asynccontextmanager
async def _running(collector: Collector) -> AsyncIterator[None]:
    task = asyncio.create_task(collector.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _publish(broker: Broker, payloads: list[bytes], topic: str = TOPIC) -> None:
    async with aiomqtt.Client(
        broker.host, broker.port, username=broker.user or None, password=broker.password
    ) as client:
        for payload in payloads:
            await client.publish(topic, payload, qos=1)


async def _until_subscribed(collector: Collector) -> None:
    """Wait for our own ping: what comes back through the broker proves that the subscription stands."""
    async with asyncio.timeout(30):
        while not any(
            message.topic.startswith("gridwatch/self/") for message in (await collector.take(wait_s=1)).messages
        ):
            pass


async def _take(collector: Collector, count: int) -> list[Taken]:
    runs: list[Taken] = []
    async with asyncio.timeout(30):
        while sum(len(_payloads(run)) for run in runs) < count:
            runs.append(await collector.take(wait_s=1))
    return runs


def _payloads(run: Taken) -> list[bytes]:
    return [message.payload for message in run.messages if message.topic == TOPIC]


async def test_messages_arrive_in_order_on_either_broker(any_broker: Broker) -> None:
    """Five hundred messages of one publisher are taken in the order they were sent."""
    collector = _collector(any_broker)
    sent = [str(i).encode() for i in range(500)]
    async with _running(collector):
        await _until_subscribed(collector)
        await _publish(any_broker, sent)
        runs = await _take(collector, 500)
    assert [payload for run in runs for payload in _payloads(run)] == sent


async def test_what_was_not_acknowledged_comes_again(any_broker: Broker) -> None:
    """After a restart of the collector the broker delivers what had been taken but not acknowledged, and only that."""
    first = _collector(any_broker)
    async with _running(first):
        await _until_subscribed(first)
        await _publish(any_broker, [b"stored"])
        for run in await _take(first, 1):
            first.acknowledge(run)
        await _publish(any_broker, [b"lost"])
        await _take(first, 1)
    second = _collector(any_broker)
    async with _running(second):
        runs = await _take(second, 1)
        await _publish(any_broker, [b"new"])
        runs += await _take(second, 1)
    assert [payload for run in runs for payload in _payloads(run)] == [b"lost", b"new"]


async def test_large_messages_wait_at_the_broker_not_here(any_broker: Broker) -> None:
    """Whoever sends pictures instead of readings fills no memory: little is held until it was taken, and nothing is lost."""
    size, count = 500_000, 40
    collector = _collector(any_broker, limit_bytes=4 * size)
    async with _running(collector):
        await _until_subscribed(collector)
        publishing = asyncio.create_task(_publish(any_broker, [bytes([n]) * size for n in range(count)]))
        heard: list[int] = []
        async with asyncio.timeout(30):
            while len(heard) < count:
                while collector._wanted.is_set() and len(heard) < count - 10:  # noqa: ASYNC110 -- nobody takes anything meanwhile
                    await asyncio.sleep(0.01)
                taken = await collector.take(wait_s=1)
                large = [message.payload for message in taken.messages if message.payload]
                assert sum(map(len, large)) < 8 * size
                heard += [payload[0] for payload in large]
                collector.acknowledge(taken)
        await publishing
    assert heard == list(range(count))
