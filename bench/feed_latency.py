"""Milliseconds from publishing a reading above its limit to its alarm on an open WebSocket, at 1,000 messages/s.

The limit: in the same run and under the same load, a bare subscriber that commits one row a message and then knows it.
"""

import asyncio
import json
import time
import urllib.parse
import urllib.request
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import aiomqtt
import numpy as np
import psycopg
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_socket

from bench.end_to_end import wait_subscribed
from bench.instance import Bench, bench_instance, part
from dashboard.auth.accounts import create_user
from dashboard.auth.permissions import Role
from database import connect
from gridwatch.parts import answers
from gridwatch.runtime import read_runtime

RATE = 1_000  # messages a second
SAMPLES = 200
EVERY = 50  # each so many messages one is a sample
DEVICES = 20_000
LIMIT = 50.0  # of the bench rules
PROBE_TOPIC = "bench/probe"


def _percentiles(seconds: list[float]) -> dict[str, float]:
    p50, p99 = np.percentile(np.array(seconds) * 1000, [50, 99])
    return {"p50_ms": float(p50), "p99_ms": float(p99)}


def _client(bench: Bench, name: str) -> aiomqtt.Client:
    where = bench.where
    return aiomqtt.Client(
        "127.0.0.1",
        where.port,
        username=where.user,
        password=where.password,
        identifier=name,
        max_inflight_messages=1000,
    )


class Load:
    """Publishes at a steady rate; every so many messages calls for a sample, and notes when it was sent."""

    def __init__(self, bench: Bench, client: aiomqtt.Client) -> None:
        self._bench = bench
        self._client = client
        self.sent: dict[str, float] = {}

    async def run(self, samples: int, *, probe: bool) -> None:
        """Publish until `samples` samples were sent: alarms of fresh devices, or probes for the bare subscriber."""
        begun = time.perf_counter()
        for i in range(samples * EVERY):
            await asyncio.sleep(max(0.0, begun + i / RATE - time.perf_counter()))
            if i % EVERY:
                await self._publish(self._bench.topic(10_000 + i % 10_000), 1.0)
            elif probe:
                self.sent[str(i)] = time.perf_counter()
                await self._client.publish(PROBE_TOPIC, str(i).encode(), qos=1)
            else:
                number = i // EVERY
                self.sent[f"d{number}"] = time.perf_counter()
                await self._publish(self._bench.topic(number), LIMIT + 0.5)

    async def _publish(self, topic: str, value: float) -> None:
        payload = b'[{"n":"smoke","u":"%%/m","t":%.6f,"v":%.1f}]' % (time.time(), value)
        await self._client.publish(topic, payload, qos=1)


async def feed(bench: Bench, url: str, token: str) -> list[float]:
    """Measure publication to WebSocket message."""
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(_client(bench, "bench-load"))
        socket = await stack.enter_async_context(
            open_socket(
                url.replace("http", "ws") + "/api/v1/live",
                additional_headers={"Authorization": f"Bearer {token}"},
                max_size=None,
            )
        )
        assert json.loads(await socket.recv())["type"] == "snapshot"
        load = Load(bench, client)
        heard = asyncio.create_task(_hear(socket, SAMPLES))
        await load.run(SAMPLES, probe=False)
        came = await asyncio.wait_for(heard, 60)
    return [came[device] - at for device, at in load.sent.items()]


async def _hear(socket: ClientConnection, count: int) -> dict[str, float]:
    came: dict[str, float] = {}
    while len(came) < count:
        frame = json.loads(await socket.recv())
        if frame["type"] == "change" and frame["kind"] == "alarm":
            came.setdefault(frame["item"]["device"], time.perf_counter())
    return came


async def bare(bench: Bench) -> list[float]:
    """Measure publication to the commit of one row, by a subscriber that does nothing else."""
    came: dict[str, float] = {}

    async def listen(client: aiomqtt.Client, connection: psycopg.AsyncConnection[tuple[object, ...]]) -> None:
        async for message in client.messages:
            number = bytes(message.payload).decode() if isinstance(message.payload, bytes) else ""
            await connection.execute("INSERT INTO bench_probe VALUES (%s)", (number,))
            await connection.commit()
            came[number] = time.perf_counter()
            if len(came) == SAMPLES:
                return

    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(_client(bench, "bench-load"))
        other = await stack.enter_async_context(_client(bench, "bench-bare"))
        connection = await stack.enter_async_context(await psycopg.AsyncConnection.connect(bench.database_url))
        await connection.execute("CREATE TABLE IF NOT EXISTS bench_probe (number text)")
        await connection.commit()
        await other.subscribe(PROBE_TOPIC, qos=1)
        load = Load(bench, client)
        listening = asyncio.create_task(listen(other, connection))
        await load.run(SAMPLES, probe=True)
        await asyncio.wait_for(listening, 60)
    return [came[number] - at for number, at in load.sent.items()]


def _token(bench: Bench, url: str) -> str:
    with connect(bench.database_url) as connection, connection.cursor() as cur:
        create_user(cur, "bench", bench.where.password, Role.SCREEN, actor="bench", now=datetime.now(UTC))
    form = urllib.parse.urlencode({"username": "bench", "password": bench.where.password, "grant_type": "password"})
    with urllib.request.urlopen(f"{url}/api/v1/token", form.encode(), timeout=10) as answer:  # noqa: S310 -- our own
        return str(json.load(answer)["access_token"])


def run() -> dict[str, float]:
    """Measure both, bare first and last, and give the ratios of the percentiles."""
    with (
        bench_instance(devices=DEVICES, rules=1) as bench,
        part(bench, "gridwatch.worker_process"),
        part(bench, "gridwatch.web"),
    ):
        url = read_runtime(bench.runtime).http.url
        wait_subscribed(bench)
        deadline = time.monotonic() + 60
        while answers(f"{url}/readyz") is not None:
            assert time.monotonic() < deadline, "the web server is not ready"
            time.sleep(0.1)
        token = _token(bench, url)
        before = asyncio.run(bare(bench))
        ours = _percentiles(asyncio.run(feed(bench, url, token)))
        limit = _percentiles(before + asyncio.run(bare(bench)))
    return {
        **{f"bare_{name}": value for name, value in limit.items()},
        **{f"feed_{name}": value for name, value in ours.items()},
        **{f"ratio_{name[:3]}": ours[name] / limit[name] for name in ours},
    }


if __name__ == "__main__":
    for name, value in run().items():
        print(f"{name:>14} {value:>10.2f}")
