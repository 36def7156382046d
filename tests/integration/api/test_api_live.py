"""The live feed over a real uvicorn, a real WebSocket client and a real database: nothing missed, nothing out of order."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from dashboard.app import create_app
from dashboard.auth.credentials import Tokens, claim
from dashboard.auth.permissions import Account, Role
from dashboard.settings import WebSettings
from database import Change, ChangeKind, append_changes, migrate
from database import connect as connect_database
from gridwatch.embedded import PostgresServer, free_port

SECRET = "a secret of at least thirty-two characters"


class Server(uvicorn.Server):
    """A uvicorn that says when it is ready."""

    def __init__(self, app: FastAPI) -> None:
        super().__init__(uvicorn.Config(app, log_config=None, ws="websockets-sansio", timeout_graceful_shutdown=1))
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start and say so."""
        await super().startup(sockets)
        self.ready.set()


@asynccontextmanager
async def serving(app: FastAPI) -> AsyncIterator[str]:
    """Serve on a free port of this machine and give host:port."""
    # Named as TCP: of a socket that is not, asyncio does not switch off Nagle's delay.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)  # a slow screen is felt early
    server = Server(app)
    task = asyncio.create_task(server.serve([listener]))
    await server.ready.wait()
    try:
        yield "{}:{}".format(*listener.getsockname())
    finally:
        server.should_exit = True
        await task
        listener.close()


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> WebSettings:
    """A quick beat, and a backlog small enough to fall behind it."""
    return WebSettings.model_validate(
        {"database_url": database_url, "secret": SECRET, "data_dir": tmp_path, "beat_s": 0.2, "live_backlog": 2000}
    )


@pytest.fixture
async def address(settings: WebSettings, clock: Any, county: Any) -> AsyncIterator[str]:
    """Where the server listens."""
    async with serving(create_app(settings, clock=clock)) as where:
        yield where


def token(name: str, clock: Any) -> dict[str, str]:
    """Sign a token for an account."""
    account = Account(name=name, role=Role.SCREEN, areas=frozenset(), epoch=1)
    signed = Tokens(SECRET).sign(claim(account, lifetime=timedelta(hours=1), now=clock()))
    return {"Authorization": f"Bearer {signed}"}


@pytest.fixture
def screen(clock: Any) -> Callable[..., connect]:
    """Open a feed as the account `screen`."""

    def opened(address: str, query: str = "", **options: Any) -> connect:
        headers = token("screen", clock)
        return connect(f"ws://{address}/api/v1/live{query}", additional_headers=headers, **options)

    return opened


async def hear(feed: ClientConnection, kind: str | None = None) -> dict[str, Any]:
    """Wait for the next frame, or for the next of a kind."""
    async with asyncio.timeout(20):
        while True:
            frame: dict[str, Any] = json.loads(await feed.recv())
            if kind in (None, frame["type"]):
                return frame


async def changes_until(feed: ClientConnection, seq: int) -> list[dict[str, Any]]:
    """Collect change frames up to a number."""
    frames = [await hear(feed, "change")]
    while frames[-1]["seq"] < seq:
        frames.append(await hear(feed, "change"))
    return frames


async def test_a_burst_of_a_thousand_changes_arrives_whole_and_in_order(
    address: str, county: Any, screen: Callable[..., connect]
) -> None:
    """1,000 alarms in 20 transactions are 1,000 frames with consecutive numbers, and the last one counts them."""
    county.devices(1000)
    async with screen(address) as one, screen(address) as two:
        start = (await hear(one))["seq"]
        assert (await hear(two))["type"] == "snapshot"
        ids = await asyncio.to_thread(burst, county, 1000, 20)
        for feed in (one, two):
            frames = await changes_until(feed, start + 1000)
            assert [frame["seq"] for frame in frames] == list(range(start + 1, start + 1001))
            assert [frame["id"] for frame in frames] == ids
            assert all(frame["item"]["id"] == frame["id"] for frame in frames)
            assert frames[-1]["counters"]["alarms"] == {"1": 0, "2": 1000, "3": 0, "4": 0}


def burst(county: Any, alarms: int, transactions: int, *, after: int = 0) -> list[str]:
    """Raise an alarm on so many devices, `after` others, in so many transactions; return their ids in the order of the log."""
    ids = []
    with county.connection.transaction():
        devices = [row[0] for row in county.connection.execute("SELECT key FROM devices ORDER BY key").fetchall()]
    per = alarms // transactions
    for first in range(after, after + alarms, per):
        with county.connection.transaction(), county.connection.cursor() as cur:
            cur.execute(
                """
                INSERT INTO alarms (device, rule, condition, priority, state, grid, raised_at, recorded_at)
                SELECT key, 'r', 'level-high', 2, 'unack', grid, now(), now() FROM devices WHERE key = ANY(%s)
                ORDER BY key RETURNING id
                """,
                (devices[first : first + per],),
            )
            new = [str(row[0]) for row in cur.fetchall()]
            append_changes(cur, [Change(kind=ChangeKind.ALARM, id=alarm, version=1) for alarm in new])
            ids += new
    return ids


async def test_a_screen_that_comes_back_hears_only_what_it_missed(
    address: str, county: Any, screen: Callable[..., connect]
) -> None:
    """With ?from= the first frame is the change after it, without a snapshot."""
    county.devices(4)
    async with screen(address) as feed:
        seq = (await hear(feed))["seq"]
        county.alarm("g0")
        assert (await hear(feed, "change"))["seq"] == seq + 1
    missed = [str(county.alarm("g1")), str(county.alarm("g2"))]
    async with screen(address) as feed:
        await hear(feed, "snapshot")  # the hub has both now
    async with screen(address, f"?from={seq + 1}") as feed:
        frames = [await hear(feed) for _ in range(2)]
        assert [(frame["type"], frame["seq"]) for frame in frames] == [("change", seq + 2), ("change", seq + 3)]
        assert [frame["id"] for frame in frames] == missed


@pytest.mark.parametrize("number", ["99999999", "-1", "x", "1e3", ""])
async def test_a_number_we_never_told_gets_a_snapshot(
    address: str, screen: Callable[..., connect], number: str
) -> None:
    """A number from another life of the database, or none at all, is answered with everything."""
    async with screen(address, f"?from={number}") as feed:
        assert (await hear(feed))["type"] == "snapshot"


async def test_a_screen_too_far_behind_gets_a_snapshot_and_goes_on(
    address: str, county: Any, screen: Callable[..., connect]
) -> None:
    """A screen that reads nothing during 6,000 changes hears some, then a snapshot, then every change after it."""
    county.devices(3000)
    tight = socket.socket()
    tight.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    tight.connect(("127.0.0.1", int(address.rpartition(":")[2])))
    async with screen(address, sock=tight, max_queue=1, compression=None) as slow, screen(address) as quick:
        before = (await hear(slow))["seq"]
        await hear(quick, "snapshot")
        await asyncio.to_thread(burst, county, 3000, 30)
        await come_to(quick, before + 3000)  # others are not held up
        again = [Change(kind=ChangeKind.ALARM, id=str(number), version=2) for number in range(1, 3001)]
        await asyncio.to_thread(tell, county, again)
        await come_to(quick, before + 6000)
        expected, had_snapshot = before, False
        while expected < before + 6000:
            frame = await hear(slow)
            if frame["type"] == "snapshot":
                had_snapshot, expected = True, frame["seq"]
            elif frame["type"] == "change":
                expected += 1
                assert frame["seq"] == expected
        assert had_snapshot


async def come_to(feed: ClientConnection, seq: int) -> None:
    """Listen until a screen knows of a change, by itself or by a snapshot, where this machine was slow."""
    while (frame := await hear(feed))["type"] not in ("change", "snapshot") or frame["seq"] < seq:
        pass


def tell(county: Any, changes: list[Change]) -> None:
    """Append changes in transactions of a hundred."""
    for first in range(0, len(changes), 100):
        with county.connection.transaction(), county.connection.cursor() as cur:
            append_changes(cur, changes[first : first + 100])


async def test_whoever_joins_during_a_storm_misses_nothing(
    address: str, county: Any, screen: Callable[..., connect]
) -> None:
    """Screens that come at any moment of 400 transactions have every alarm: in the snapshot or in a change after it."""
    county.devices(400)
    async with screen(address) as feed:
        start = (await hear(feed))["seq"]

    async def join(told: asyncio.Event) -> tuple[int, set[str]]:
        async with screen(address) as late:
            snapshot = await hear(late, "snapshot")
            told.set()
            had = {alarm["id"] for alarm in snapshot["alarms"]}
            if snapshot["seq"] < start + 400:
                frames = await changes_until(late, start + 400)
                assert [frame["seq"] for frame in frames] == list(range(snapshot["seq"] + 1, start + 401))
                had |= {frame["id"] for frame in frames}
            return snapshot["seq"], had

    ids, joined, told = [], [], [asyncio.Event() for _ in range(20)]
    async with asyncio.TaskGroup() as group:
        for part in range(20):
            joined.append(group.create_task(join(told[part])))
            ids += await asyncio.to_thread(burst, county, 20, 20, after=20 * part)
            if part % 5 == 0:  # however slow this machine is, some have joined before others began
                await told[part].wait()
    assert all(task.result()[1] == set(ids) for task in joined)
    assert len({task.result()[0] for task in joined}) > 1


async def test_the_colour_of_a_grid_follows_its_worst_alarm(
    address: str, county: Any, screen: Callable[..., connect]
) -> None:
    """A change tells the worst priority of the grids it touches, up to the county, and null when all is quiet."""
    county.device("g1", grid="T1-1")
    county.device("g2", grid="T1-2")
    county.alarm("g2", priority=3)
    async with screen(address) as feed:
        assert (await hear(feed))["grids"] == {"T1-2": 3, "T1": 3, "C": 3}
        alarm = county.alarm("g1", priority=1)
        assert (await hear(feed, "change"))["grids"] == {"T1-1": 1, "T1": 1, "C": 1}
        with county.connection.transaction(), county.connection.cursor() as cur:
            cur.execute("UPDATE alarms SET state = 'norm', version = 2 WHERE id = %s", (alarm,))
            append_changes(cur, [Change(kind=ChangeKind.ALARM, id=str(alarm), version=2)])
        frame = await hear(feed, "change")
        assert frame["grids"] == {"T1-1": None, "T1": 3, "C": 3}
        assert frame["item"]["state"] == "norm"
        assert frame["counters"]["alarms"] == {"1": 0, "2": 0, "3": 1, "4": 0}


async def test_a_stranger_and_a_foreign_page_get_no_feed(address: str, screen: Callable[..., connect]) -> None:
    """Without a login, or from a page of another origin, the handshake is refused with 403."""
    refused = [
        connect(f"ws://{address}/api/v1/live"),
        connect(f"ws://{address}/api/v1/live", origin=f"http://{address}"),
        screen(address, origin="http://evil.test"),
        screen(address, origin="null"),
        connect(f"ws://{address}/_dash-ws-callback", origin=f"http://{address}"),
    ]
    for attempt in refused:
        with pytest.raises(InvalidStatus) as failure:
            async with attempt:
                pass
        assert failure.value.response.status_code == 403


async def test_a_browser_feeds_on_its_session(address: str) -> None:
    """The session cookie of a login opens the feed from a page of our own origin."""
    async with httpx.AsyncClient(base_url=f"http://{address}") as browser:
        form = {"username": "screen", "password": "correct horse battery"}
        assert (await browser.post("/login", data=form)).headers["location"] == "/wall"
        cookie = {"Cookie": f"gridwatch_session={browser.cookies['gridwatch_session']}"}
    url = f"ws://{address}/api/v1/live"
    async with connect(url, additional_headers=cookie, origin=f"http://{address}") as feed:
        assert (await hear(feed))["type"] == "snapshot"


async def test_a_feed_does_not_outlive_its_login(address: str, clock: Any, screen: Callable[..., connect]) -> None:
    """When the token has expired the feed ends with 4401, at the next beat."""
    async with screen(address) as feed:
        await hear(feed, "beat")
        clock.move(timedelta(hours=2))
        with pytest.raises(ConnectionClosed) as ended:
            await hear(feed, "the end")
        assert ended.value.rcvd is not None
        assert ended.value.rcvd.code == 4401


async def test_a_beat_tells_how_old_everything_is(
    address: str, clock: Any, county: Any, screen: Callable[..., connect]
) -> None:
    """A beat has our time, the last number, the worker's last sign and the counters."""
    county.alive(clock())
    county.device("g1")
    async with screen(address) as feed:
        frame = await hear(feed, "beat")
        while frame["counters"]["devices"] == 0:
            clock.move(timedelta(seconds=6))
            frame = await hear(feed, "beat")
    assert frame["worker_alive_at"] == "2026-06-01T08:00:00Z"
    assert frame.keys() == {"type", "at", "seq", "worker_alive_at", "newest_reading", "overdue_since", "counters"}


async def test_the_feed_survives_a_restart_of_the_database(
    tmp_path: Path, clock: Any, screen: Callable[..., connect], password_hash: str
) -> None:
    """While the database is away screens hear beats with the worker's old sign; afterwards they hear every change."""
    postgres = PostgresServer(tmp_path / "postgres", port=free_port(), tuning={"fsync": "off"})
    await asyncio.to_thread(postgres.start)
    try:
        await asyncio.to_thread(migrate, postgres.url)
        with connect_database(postgres.url) as session:
            session.execute("INSERT INTO users VALUES ('screen', %s, 'screen')", (password_hash,))
            session.execute("INSERT INTO worker_progress (worker, alive_at) VALUES ('w', %s)", (clock(),))
        settings = WebSettings.model_validate(
            {"database_url": postgres.url, "secret": SECRET, "data_dir": tmp_path, "beat_s": 0.2}
        )
        async with serving(create_app(settings, clock=clock)) as address, screen(address) as feed:
            seq = (await hear(feed, "snapshot"))["seq"]
            await hear(feed, "beat")
            await asyncio.to_thread(postgres.stop)
            clock.move(timedelta(minutes=1))
            beats = [await hear(feed) for _ in range(8)]
            assert {beat["type"] for beat in beats} == {"beat"}
            assert {beat["worker_alive_at"] for beat in beats} == {"2026-06-01T08:00:00Z"}
            assert beats[-1]["at"] == "2026-06-01T08:01:00Z"
            async with httpx.AsyncClient(base_url=f"http://{address}") as probe:
                assert (await probe.get("/healthz")).status_code == 200
                ready = await probe.get("/readyz")
                assert (ready.status_code, ready.json()["parts"]["database"]["ready"]) == (503, False)
                refused = await probe.get("/api/v1/alarms", headers=token("screen", clock))
                assert (refused.status_code, refused.json()["type"]) == (503, "urn:gridwatch:database-unreachable")
            await asyncio.to_thread(postgres.start)
            with connect_database(postgres.url) as session, session.cursor() as cur:
                append_changes(cur, [Change(kind=ChangeKind.RULES, id="1", version=1)])
            frame = await hear(feed, "change")
            assert (frame["seq"], frame["kind"], frame["item"]) == (seq + 1, "rules", None)
    finally:
        await asyncio.to_thread(postgres.stop)


async def test_a_database_restored_to_an_older_number_is_noticed(
    address: str, county: Any, screen: Callable[..., connect]
) -> None:
    """When the numbers go back screens get a snapshot within a beat, and every change after it."""
    county.devices(10)
    for n in range(5):
        county.alarm(f"g{n}")
    async with screen(address) as feed:
        assert (await hear(feed, "snapshot"))["seq"] == 5
        county.connection.execute("DELETE FROM changes WHERE seq > 2")
        county.connection.commit()
        assert (await hear(feed, "snapshot"))["seq"] == 2
        alarm = county.alarm("g7")
        frame = await hear(feed, "change")
        assert (frame["seq"], frame["id"]) == (3, str(alarm))
