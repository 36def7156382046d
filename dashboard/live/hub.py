"""The live feed of one web process: follows the change log once and keeps the frames for every screen.

Refuses to guess: while the database is away it beats with what it last knew, and a screen sees the age of that.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import stamina
import structlog

from dashboard.live.backlog import Backlog
from dashboard.live.frames import beat_frame
from dashboard.live.picture import Pictures, Signs
from dashboard.outage import DATABASE_AWAY, DatabaseAwayError, Sessions
from dashboard.queries.counters import Worker
from database import follow

SNAPSHOT_FRESH_S = 0.5  # screens that all come back at once share one snapshot
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot frame, the last change in it, and when it was read (the event loop's seconds)."""

    seq: int
    text: str
    read_at: float


class Hub:
    """Start `run` once in the event loop; screens read with `after`, `snapshot`, `beat` and `wait`."""

    def __init__(
        self,
        url: str,
        pictures: Pictures,
        *,
        sessions: Sessions,
        clock: Callable[[], datetime],
        beat_s: float,
        capacity: int,
    ) -> None:
        self._url = url
        self._pictures = pictures
        self._sessions = sessions
        self._clock = clock
        self._beat_s = beat_s
        self._backlog = Backlog(capacity)
        self._grids: dict[str, int] = {}
        self._advancing = asyncio.Lock()
        self._snapshot: Snapshot | None = None
        self._news = asyncio.Event()
        self._signs = Signs(seq=0, worker=Worker(alive_at=None, newest_reading=None), counters=None)
        self._is_placed = False
        # Its own threads: requests that wait for the database must not hold up the feed.
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="live")
        self.beat = ""
        self.beats = 0
        self.clients = 0

    async def run(self) -> None:
        """Follow the log and beat, until cancelled."""
        while True:
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._follow())
                    tasks.create_task(self._beat())
            except* Exception as errors:
                log.exception("live_feed_failed", exc_info=errors)
            await asyncio.sleep(1)

    def close(self) -> None:
        """Let the threads go; `run` has been cancelled."""
        self._threads.shutdown(wait=False)

    def after(self, seq: int, *, limit: int) -> list[str] | None:
        """List the frames after `seq`, at most `limit`; None: only a snapshot can help."""
        return self._backlog.after(seq, limit=limit) if self._is_placed else None

    async def snapshot(self) -> Snapshot:
        """Read everything as it is now; `after(snapshot.seq)` goes on without a gap.

        Raises:
            DatabaseAwayError, psycopg.OperationalError, psycopg_pool.PoolTimeout: the database cannot be asked now.
        """
        async with self._advancing:
            if self._sessions.is_away:
                raise DatabaseAwayError
            kept = self._snapshot
            now = asyncio.get_running_loop().time()
            if kept is None or now - kept.read_at > SNAPSHOT_FRESH_S or self.after(kept.seq, limit=1) is None:
                kept = self._snapshot = Snapshot(*await self._advance(with_snapshot=True), now)
            return kept

    async def wait(self) -> None:
        """Wait for the next frame or beat."""
        await self._news.wait()

    async def _follow(self) -> None:
        await self._advance_until_done()
        # Closed at once when we are cancelled in between: else its session would stay open until it is collected.
        async with aclosing(follow(self._url, after=self._backlog.newest)) as log_rows:
            async for rows in log_rows:
                # A snapshot may have brought the backlog further already.
                if rows[-1].seq > self._backlog.newest:
                    await self._advance_until_done()

    @stamina.retry(on=DATABASE_AWAY, attempts=None, timeout=None, wait_initial=0.1, wait_max=2.0)
    async def _advance_until_done(self) -> None:
        async with self._advancing:
            await self._advance(with_snapshot=False)

    async def _advance(self, *, with_snapshot: bool) -> tuple[int, str]:
        """Bring the backlog to the newest change.

        Snapshots and changes go through here one at a time: a snapshot is always as new as the last frame, so what
        the next frame says of the grids is relative to it.
        """
        after = self._backlog.newest if self._is_placed else None
        read = partial(self._pictures.advance, after, self._grids, with_snapshot=with_snapshot)
        news = await asyncio.get_running_loop().run_in_executor(self._threads, read)
        if news.frames is None:
            self._backlog.restart(news.seq)
            self._is_placed = True
        else:
            self._backlog.append(news.frames)
        self._grids, self._signs = news.grids, news.signs
        self._tell()
        return news.seq, news.snapshot or ""

    async def _beat(self) -> None:
        reading: asyncio.Task[None] | None = None
        try:
            while True:
                if reading is None or reading.done():
                    reading = asyncio.create_task(self._read_signs())
                # The beat goes out in time even where the database makes us wait.
                await asyncio.wait({reading}, timeout=self._beat_s / 2)
                self.beat = beat_frame(
                    at=self._clock(), seq=self._backlog.newest, worker=self._signs.worker, counters=self._signs.counters
                )
                self.beats += 1
                self._tell()
                await asyncio.sleep(self._beat_s if reading.done() else self._beat_s / 2)
        finally:
            if reading is not None:
                reading.cancel()
                with suppress(asyncio.CancelledError):
                    await reading

    async def _read_signs(self) -> None:
        try:
            signs = await asyncio.get_running_loop().run_in_executor(self._threads, self._pictures.signs)
            # A wake-up that was lost, or a database that was restored to an older number, is made good here.
            if self._is_placed and signs.seq != self._backlog.newest:
                async with self._advancing:
                    await self._advance(with_snapshot=False)
        except DATABASE_AWAY as error:
            if not self._sessions.is_away:
                log.warning("live_feed_without_database", error=str(error).splitlines()[:1])
            self._sessions.is_away = True
            return
        self._sessions.is_away = False
        self._signs = signs

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()
