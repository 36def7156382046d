"""Topics as platforms write them, with a leading slash or a dollar sign, through real brokers to the collector."""

import asyncio
import uuid
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import aiomqtt
import pytest

from gridwatch.embedded.nats import BrokerAccount, NatsServer
from ingest.collector import BrokerAddress, Collector
from ingest.decoders import usual_topics
from ingest.sources import DEFAULT_SOURCES, source_of
from tests.conftest import Broker, free_port
from tests.platform_payloads import PLATFORM_PAYLOADS

SENT = [
    (name, topic, payload)
    for name, seeds in PLATFORM_PAYLOADS.items()
    for topic, payload in seeds
    if topic and "+" not in topic
]


@pytest.fixture
def county_broker(tmp_path: Path) -> Iterator[tuple[Broker, str, str]]:
    """A nats-server whose gateway may publish to the usual topics of these formats and to nothing else."""
    worker = BrokerAccount(user="worker", password=uuid.uuid4().hex)
    filters = tuple(topic for name in PLATFORM_PAYLOADS for topic in usual_topics(name))
    gateway = BrokerAccount(user="gateway", password=uuid.uuid4().hex, publish=filters)
    server = NatsServer(
        tmp_path / "nats", host="127.0.0.1", port=free_port(), accounts=(worker, gateway), sync_always=False
    )
    server.start()
    yield (
        Broker(host=server.host, port=server.port, user="worker", password=worker.password),
        "gateway",
        gateway.password,
    )
    server.stop()


async def _heard(broker: Broker, user: str, password: str) -> list[tuple[str, bytes]]:
    """Publish everything as `user` and give what a collector that listens to all hears of it."""
    address = BrokerAddress(host=broker.host, port=broker.port, user=broker.user, password=broker.password)
    collector = Collector(
        address, client_id="worker-1", filters=("#", "$sys/#"), clock=lambda: datetime.now(UTC).timestamp()
    )
    task = asyncio.create_task(collector.run())
    heard: list[tuple[str, bytes]] = []
    try:
        async with asyncio.timeout(60):
            while not any(m.topic.startswith("gridwatch/self/") for m in (await collector.take(wait_s=1)).messages):
                pass
            async with aiomqtt.Client(broker.host, broker.port, username=user or None, password=password) as client:
                for _, topic, payload in SENT:
                    await client.publish(topic, payload, qos=1)
            while len(heard) < len(SENT):
                run = await collector.take(wait_s=1)
                heard += [(m.topic, m.payload) for m in run.messages if not m.topic.startswith("gridwatch/self/")]
                collector.acknowledge(run)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    return heard


async def test_a_gateway_of_the_embedded_broker_is_heard_on_all_of_them(
    county_broker: tuple[Broker, str, str],
) -> None:
    """The account's rules let every usual topic through, and each leads to its decoder."""
    heard = await _heard(*county_broker)
    assert sorted(heard) == sorted((topic, payload) for _, topic, payload in SENT)
    found = {topic: source_of(DEFAULT_SOURCES, topic) for topic, _ in heard}
    assert {topic: source.decoder if source else None for topic, source in found.items()} == {
        topic: name for name, topic, _ in SENT
    }


async def test_mosquitto_carries_them_too(mosquitto: Broker) -> None:
    """MQTT 5 and another broker hear the same."""
    heard = await _heard(mosquitto, mosquitto.user, mosquitto.password)
    assert sorted(heard) == sorted((topic, payload) for _, topic, payload in SENT)
