"""What the tests run against: a real PostgreSQL, a real nats-server, a real Mosquitto, and the recordings."""

import asyncio
import os
import shutil
import signal
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from database import migrate
from gridwatch.embedded import BrokerAccount, NatsServer, PostgresServer, free_port
from gridwatch.embedded.process import end, is_listening, start, wait_until

# How long an example takes is the machine's to say, never a failure.
hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any machine")

# A test database lives for minutes: what it loses in a power cut nobody misses.
QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "128MB"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """A running MQTT broker and an account that may do everything."""

    host: str
    port: int
    user: str
    password: str


@pytest.fixture(scope="session")
def database_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a PostgreSQL server: the one GRIDWATCH_TEST_DATABASE_URL names, or an embedded one."""
    outside = os.environ.get("GRIDWATCH_TEST_DATABASE_URL")
    if outside:
        yield outside
        return
    server = PostgresServer(tmp_path_factory.mktemp("postgres"), port=free_port(), tuning=QUICK)
    server.start()
    yield server.url
    server.stop()


@pytest.fixture(scope="session")
def migrated_template(database_server: str) -> Iterator[str]:
    """Name of a migrated database that every test's own is copied from."""
    name = f"gridwatch_template_{uuid.uuid4().hex[:8]}"
    _run(database_server, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    migrate(make_conninfo(database_server, dbname=name))
    yield name
    _drop(database_server, name)


@pytest.fixture
def database_url(database_server: str, migrated_template: str) -> Iterator[str]:
    """URL of a fresh, migrated database of the test's own."""
    name = f"gridwatch_test_{uuid.uuid4().hex[:12]}"
    _run(
        database_server,
        sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(migrated_template)),
    )
    yield make_conninfo(database_server, dbname=name)
    _drop(database_server, name)


def _run(url: str, statement: sql.Composed) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def _drop(url: str, name: str) -> None:
    _run(url, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """A nats-server of the test's own."""
    account = BrokerAccount(user="test", password=uuid.uuid4().hex)
    server = NatsServer(tmp_path / "nats", host="127.0.0.1", port=free_port(), accounts=(account,), sync_always=False)
    server.start()
    yield Broker(host=server.host, port=server.port, user=account.user, password=account.password)
    server.stop()


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Broker]:
    """A Mosquitto of the test's own, with the queue settings our documentation asks for."""
    program = shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin")
    assert program is not None, "Mosquitto is missing: `make test` installs it (tests/debian_packages.sh)."
    port = free_port()
    settings = tmp_path / "mosquitto.conf"
    settings.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_inflight_messages 0\nmax_queued_messages 0\n"
    )
    log = tmp_path / "mosquitto.log"
    with log.open("wb") as output:
        process = start([program, "-c", settings], output)
    wait_until(lambda: is_listening("127.0.0.1", port), process, what="Mosquitto", seconds=10, log=log)
    yield Broker(host="127.0.0.1", port=port, user="", password="")
    end(process, gently=signal.SIGTERM, seconds=5)


@pytest.fixture(scope="session")
def recordings() -> Path:
    """The folder of real recordings and samples, beside the project unless GRIDWATCH_RECORDINGS names another."""
    folder = Path(os.environ.get("GRIDWATCH_RECORDINGS", Path(__file__).parents[1] / ".." / "shared")).resolve()
    if not (folder / "samples").is_dir():
        pytest.skip(f"no recordings at {folder}: set GRIDWATCH_RECORDINGS to the folder that holds samples/ and data/")
    return folder


@pytest.fixture
async def _no_task_left() -> AsyncIterator[None]:
    """Fail a test that leaves an asyncio task pending."""
    yield
    left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task() and not task.done()]
    assert not left, f"tasks left pending: {left}"
