"""A worker that starts while PostgreSQL is away, or still recovering, waits for it instead of dying in turn."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import stamina.instrumentation

from alerts import DEFAULT_RULES, load_rules
from database import migrate
from gridwatch.embedded import PostgresServer, free_port
from gridwatch.pipeline import Pipeline
from ingest.sources import DEFAULT_SOURCES
from tests.faults.running import until

pytestmark = pytest.mark.faults

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PostgresServer]:
    """A migrated PostgreSQL of the test's own, running."""
    postgres = PostgresServer(tmp_path / "postgres", port=free_port())
    postgres.start()
    migrate(postgres.url)
    yield postgres
    postgres.stop()


@pytest.fixture
def attempts() -> Iterator[list[str]]:
    """The names of what was tried in vain so far."""
    failed: list[str] = []
    stamina.instrumentation.set_on_retry_hooks([lambda details: failed.append(details.name)])
    yield failed
    stamina.instrumentation.set_on_retry_hooks(None)


async def test_the_pipeline_opens_and_reloads_when_the_database_is_back(server: PostgresServer, attempts: list[str]):
    """Opening, and taking over a changed registry, are tried until PostgreSQL answers; nothing is raised meanwhile."""
    pipeline = Pipeline(server.url, worker="w", rules=load_rules(DEFAULT_RULES), sources=DEFAULT_SOURCES)
    for step in (pipeline.open, pipeline.reload):
        server.stop()
        attempts.clear()
        under_way = asyncio.create_task(asyncio.to_thread(step, now=NOW))
        await until(lambda: len(attempts) > 2, "three attempts in vain")
        await asyncio.to_thread(server.start)
        await under_way
    pipeline.close()
