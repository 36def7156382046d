"""A web application over a real database, accounts of every role, and a small county to look at."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import shapely
from fastapi import FastAPI

from dashboard.app import create_app
from dashboard.auth.credentials import Tokens, claim
from dashboard.auth.passwords import hash_password
from dashboard.auth.permissions import Account, Role
from dashboard.settings import WebSettings
from database import Change, ChangeKind, append_changes, connect
from database.connection import Connection

PASSWORD = "correct horse battery"
SECRET = "a secret of at least thirty-two characters"
START = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.instant = START

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.instant

    def move(self, by: timedelta) -> None:
        """Let time pass."""
        self.instant += by


@pytest.fixture(scope="session")
def password_hash() -> str:
    """Hash the one password of the tests once: it takes 0.1 s on purpose."""
    return hash_password(PASSWORD)


@pytest.fixture
def clock() -> Clock:
    """The clock of the application."""
    return Clock()


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> WebSettings:
    """What the application is told."""
    return WebSettings.model_validate({"database_url": database_url, "secret": SECRET, "data_dir": tmp_path})


@dataclass(frozen=True, slots=True)
class County:
    """Writes what the tests look at straight into the tables. Two towns, T1 and T2, of two grids each."""

    connection: Connection

    def device(self, device: str, *, grid: str | None = "T1-1", kind: str = "gauge", area: str = "T1") -> int:
        """Register a device with a metric `stage` in metres; return its key."""
        row = self.connection.execute(
            """
            INSERT INTO devices (id, kind, area, name, lon, lat, grid)
            VALUES (%s, %s, %s, %s, 119.5, 30.5, (SELECT key FROM grids WHERE code = %s)) RETURNING key
            """,
            (device, kind, area, f"设备 {device}", grid),
        ).fetchone()
        assert row is not None
        self.connection.execute(
            "INSERT INTO metrics (name, unit) VALUES ('stage', 'm') ON CONFLICT DO NOTHING",
        )
        self.connection.execute(
            "INSERT INTO device_metrics (device, metric, unit, limit_2)"
            " SELECT %s, key, 'm', 5 FROM metrics WHERE name = 'stage'",
            (row[0],),
        )
        self.connection.commit()
        return int(row[0])

    def devices(self, count: int) -> None:
        """Register the devices g0, g1, … in grid T1-1, with no metric."""
        self.connection.execute(
            """
            INSERT INTO devices (id, kind, area, lon, lat, grid)
            SELECT 'g' || n, 'smoke', 'T1', 119.5, 30.5, (SELECT key FROM grids WHERE code = 'T1-1')
            FROM generate_series(0, %s - 1) AS n
            """,
            (count,),
        )
        self.connection.commit()

    def alarm(self, device: str, *, priority: int = 2, state: str = "unack", raised: datetime = START) -> int:
        """Write an alarm and the change that tells of it; return its id."""
        with self.connection.transaction(), self.connection.cursor() as cur:
            row = cur.execute(
                """
                INSERT INTO alarms (device, metric, rule, condition, priority, state, value, unit, grid, lon, lat,
                                    raised_at, recorded_at)
                SELECT d.key, (SELECT key FROM metrics WHERE name = 'stage'), 'stage-high', 'level-high', %s, %s, 5.5,
                       'm', d.grid, d.lon, d.lat, %s, %s FROM devices d WHERE d.id = %s RETURNING id
                """,
                (priority, state, raised, raised, device),
            ).fetchone()
            assert row is not None
            cur.execute(
                "INSERT INTO alarm_transitions (alarm, version, at, recorded_at, cause, from_state, to_state, value)"
                " VALUES (%s, 1, %s, %s, 'raised', 'norm', 'unack', 5.5)",
                (row[0], raised, raised),
            )
            append_changes(cur, [Change(kind=ChangeKind.ALARM, id=str(row[0]), version=1)])
        return int(row[0])

    def incident(self, *, grid: str = "T1-1", kind: str = "flood", priority: int = 2) -> int:
        """Write an open incident; return its id."""
        row = self.connection.execute(
            """
            INSERT INTO incidents (kind, title, priority, place, grid, lon, lat, opened_at)
            SELECT %s, '汛情', %s, code, key, 119.5, 30.5, %s FROM grids WHERE code = %s RETURNING id
            """,
            (kind, priority, START, grid),
        ).fetchone()
        assert row is not None
        self.connection.commit()
        return int(row[0])

    def alive(self, at: datetime) -> None:
        """Let the worker give a sign."""
        self.connection.execute(
            "INSERT INTO worker_progress (worker, alive_at) VALUES ('w', %s)"
            " ON CONFLICT (worker) DO UPDATE SET alive_at = excluded.alive_at",
            (at,),
        )
        self.connection.commit()


GRIDS = (
    ("C", "county", None, (119, 30, 121, 32)),
    ("T1", "town", "C", (119, 30, 120, 32)),
    ("T2", "town", "C", (120, 30, 121, 32)),
    ("T1-1", "grid", "T1", (119, 30, 120, 31)),
    ("T1-2", "grid", "T1", (119, 31, 120, 32)),
    ("T2-1", "grid", "T2", (120, 30, 121, 31)),
    ("T2-2", "grid", "T2", (120, 31, 121, 32)),
)


@pytest.fixture
def county(database_url: str, password_hash: str) -> Iterator[County]:
    """A county of seven grids, an account of every role, and `limited`, an officer of town T1."""
    connection = connect(database_url)
    connection.execute(
        "INSERT INTO grid_versions (valid_from, source) VALUES ('2020-01-01', 'test')",
    )
    for code, level, parent, box in GRIDS:
        connection.execute(
            "INSERT INTO grids (version, code, name, level, parent, shape) VALUES (1, %s, %s, %s, %s, %s)",
            (code, f"名{code}", level, parent, shapely.to_wkb(shapely.box(*box))),
        )
    people = [(role.value, role.value, []) for role in Role] + [("limited", "dispatcher", ["T1"])]
    for name, role, areas in people:
        connection.execute("INSERT INTO users VALUES (%s, %s, %s, %s)", (name, password_hash, role, areas))
    connection.commit()
    yield County(connection)
    connection.close()


@pytest.fixture
async def app(settings: WebSettings, clock: Clock, county: County) -> AsyncIterator[FastAPI]:
    """The application, started."""
    application = create_app(settings, clock=clock)
    async with application.router.lifespan_context(application):
        yield application


def bearer(name: str, clock: Clock) -> dict[str, str]:
    """Sign a token for an account without asking for its password."""
    account = Account(name=name, role=Role.OFFICER, areas=frozenset(), epoch=1)
    signed = Tokens(SECRET).sign(claim(account, lifetime=timedelta(hours=1), now=clock()))
    return {"Authorization": f"Bearer {signed}"}


@pytest.fixture
async def client(app: FastAPI, clock: Clock) -> AsyncIterator[Callable[[str | None], httpx.AsyncClient]]:
    """Makes clients that act as an account, or as nobody."""
    async with AsyncExitStack() as stack:
        clients: dict[str | None, httpx.AsyncClient] = {}

        def of(name: str | None) -> httpx.AsyncClient:
            if name not in clients:
                clients[name] = httpx.AsyncClient(
                    transport=httpx.ASGITransport(app),
                    base_url="http://gridwatch.test",
                    headers={} if name is None else bearer(name, clock),
                )
                stack.push_async_callback(clients[name].aclose)
            return clients[name]

        yield of
