"""A worker that runs beside a test, and what the test waits for in the database. The condition decides, not the clock."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psycopg

from gridwatch.declared_formats import DeclaredFormats
from gridwatch.identity_watch import IdentityWatch
from gridwatch.weather_sources import WeatherSources
from gridwatch.worker import Worker
from ingest.collector import BrokerAddress
from ingest.sources import DEFAULT_SOURCES, EVERYTHING

WITHIN_S = 30


@asynccontextmanager
async def working(
    url: str,
    host: str,
    port: int,
    user: str,
    password: str,
    formats: DeclaredFormats | None = None,
    *,
    rules: Path | None = None,
    weather: WeatherSources | None = None,
    identity: IdentityWatch | None = None,
) -> AsyncIterator[None]:
    """Run a worker from the moment it hears its own ping."""
    address = BrokerAddress(host=host, port=port, user=user, password=password)
    worker = Worker(
        database_url=url,
        broker=address,
        sources=DEFAULT_SOURCES if formats is None else formats.sources(),
        subscriptions=EVERYTHING,
        rules=rules,
        name="worker-1",
        formats=formats,
        weather=weather,
        identity=identity,
    )
    task = asyncio.create_task(worker.run())

    async def is_alive() -> bool:
        return bool(await rows(url, "SELECT FROM worker_progress WHERE (counters->>'pings')::int > 0"))

    try:
        await until(is_alive)
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Ask until it holds, at most 30 s."""
    async with asyncio.timeout(WITHIN_S):
        while not await holds():  # noqa: ASYNC110 -- what is waited for lies in another process
            await asyncio.sleep(0.02)


async def rows(url: str, query: str) -> list[tuple[object, ...]]:
    """Ask the database."""

    def read() -> list[tuple[object, ...]]:
        with psycopg.connect(url) as connection:
            return connection.execute(query).fetchall()

    return await asyncio.to_thread(read)


async def counted(url: str, query: str, count: int) -> None:
    """Wait until a query gives so many rows."""

    async def is_enough() -> bool:
        return len(await rows(url, query)) >= count

    await until(is_enough)
