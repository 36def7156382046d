"""A running site for the browser tests: a small county, accounts, the real web server, and readings judged for real."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uvicorn

from alerts import DEFAULT_RULES, load_rules
from dashboard.app import create_app
from dashboard.auth.accounts import create_user
from dashboard.auth.permissions import Role
from dashboard.settings import WebSettings
from database import connect
from gridwatch.demo import make
from gridwatch.embedded import free_port
from gridwatch.embedded.process import end, is_listening, start, wait_until
from gridwatch.pipeline import Pipeline
from gridwatch.settings import DemoSettings
from ingest.publish import Message
from ingest.sources import DEFAULT_SOURCES

HOST = "127.0.0.1"
PASSWORD = "correct horse battery"
SECRET = "a secret of at least thirty-two characters"
START_S = 60.0
# What the browser tests look at is the web server, not the worker: its heartbeat is written ahead.
ALIVE_FOR = timedelta(days=1)

WORKER = "test"


@dataclass(slots=True)
class Site:
    """One web server over one database. `detectors` are (area, id) of smoke detectors that speak SenML."""

    database_url: str
    folder: Path
    detectors: list[tuple[str, str]]
    pipeline: Pipeline
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where the pages are."""
        return f"http://{HOST}:{self.port}"

    def start(self) -> None:
        """Start the web server; a second start takes the same port, so that open pages find it again."""
        log = self.folder / "web.log"
        with log.open("ab") as output:
            command = [sys.executable, "-m", "tests.browser_site", self.database_url, self.port, self.folder]
            self.process = start(command, output)
        wait_until(lambda: is_listening(HOST, self.port), self.process, what="the web server", seconds=START_S, log=log)

    def stop(self) -> None:
        """Kill the web server: what a power cut does to it."""
        if self.process is not None:
            end(self.process, gently=signal.SIGKILL, seconds=5)
            self.process = None

    def smoke(self, nth: int, percent_per_m: float, *, at: datetime | None = None) -> str:
        """Let the nth detector report smoke, in %/m; 25 raises priority 1 at once. Gives the id of the detector."""
        area, device = self.detectors[nth]
        pack = [{"n": "smoke", "u": "%/m", "v": percent_per_m, "t": (at or datetime.now(UTC)).timestamp()}]
        self.publish([(f"gridwatch/v1/{area}/{device}/senml", json.dumps(pack).encode())])
        return device

    def smoke_all(self, percent_per_m: float) -> None:
        """Let every detector report smoke in the same second."""
        pack = [{"n": "smoke", "u": "%/m", "v": percent_per_m, "t": datetime.now(UTC).timestamp()}]
        body = json.dumps(pack).encode()
        self.publish([(f"gridwatch/v1/{area}/{device}/senml", body) for area, device in self.detectors])

    def publish(self, messages: list[tuple[str, bytes]]) -> None:
        """Take messages in, judge them and commit: what the worker does with what the broker brings."""
        now = datetime.now(UTC)
        batch = [Message(topic, payload, mid, retained=False) for mid, (topic, payload) in enumerate(messages, 1)]
        work = self.pipeline.judge(batch, received=now.timestamp(), now=now, tick=False, flush=True)
        self.pipeline.commit(work)
        self.beat(datetime.now(UTC) + ALIVE_FOR)

    def beat(self, alive_at: datetime) -> None:
        """Write when the worker was last alive and heard the broker."""
        with connect(self.database_url) as connection:
            connection.execute(
                "INSERT INTO worker_progress (worker, alive_at, broker_heard_at) VALUES (%s, %s, %s)"
                " ON CONFLICT (worker) DO UPDATE SET alive_at = excluded.alive_at, broker_heard_at = excluded.broker_heard_at",
                (WORKER, alive_at, alive_at),
            )


@contextmanager
def running_site(database_url: str, folder: Path) -> Iterator[Site]:
    """Found a small county with accounts of every role, named like the role, and serve it."""
    now = datetime.now(UTC)
    make(database_url, DemoSettings(seed=1, size="small"), now=now)
    with connect(database_url) as connection, connection.cursor() as cur:
        for role in Role:
            create_user(cur, role.value, PASSWORD, role, actor="test", now=now)
    pipeline = Pipeline(database_url, worker=WORKER, rules=load_rules(DEFAULT_RULES), sources=DEFAULT_SOURCES)
    site = Site(database_url=database_url, folder=folder, detectors=_detectors(database_url), pipeline=pipeline)
    try:
        pipeline.open(now=now)
        site.beat(now + ALIVE_FOR)
        site.start()
        yield site
    finally:
        site.stop()
        pipeline.close()


def many_alarms(site: Site, count: int) -> None:
    """Write alarms as a bad night would leave them: one of each number of conditions for every device."""
    with connect(site.database_url) as connection:
        connection.execute(
            """
            INSERT INTO alarms (device, rule, condition, priority, state, value, unit, grid, lon, lat, raised_at,
                                recorded_at)
            SELECT d.key, 'test', 'storm-' || n, 1 + n %% 4, 'unack', n, 'm', d.grid, d.lon, d.lat,
                   now() - n * interval '1 second', now()
            FROM generate_series(1, 1000) n CROSS JOIN LATERAL (SELECT * FROM devices ORDER BY key) d
            LIMIT %s
            """,
            (count,),
        )


def _detectors(url: str) -> list[tuple[str, str]]:
    with connect(url) as connection:
        rows = connection.execute(
            "SELECT d.area, d.id FROM devices d JOIN device_metrics c ON c.device = d.key"
            " JOIN metrics m ON m.key = c.metric WHERE d.kind = 'smoke' AND m.name = 'smoke'"
            # One of each house first: two of one house would raise an alarm of the house as well.
            " ORDER BY row_number() OVER (PARTITION BY d.building ORDER BY d.id), d.id"
        ).fetchall()
    return [(area, device) for area, device in rows]


def _serve(url: str, port: str, folder: str) -> None:
    settings = WebSettings.model_validate({"database_url": url, "secret": SECRET, "data_dir": folder, "beat_s": 0.5})
    app = create_app(settings, clock=lambda: datetime.now(UTC))
    uvicorn.run(app, host=HOST, port=int(port), ws="websockets-sansio", log_level="warning")


if __name__ == "__main__":
    _serve(*sys.argv[1:])
