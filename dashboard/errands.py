"""Long work that officers ask for, one errand of a kind at a time in the whole installation, in a process of its own.

What is wanted is a row, so what a restart cut short begins again. Whoever holds the advisory lock of the kind works; the other web
processes wait for their turn.
"""

import asyncio
import contextlib
import json
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import ClassVar, Generic, TypeVar

import structlog

from dashboard.outage import DATABASE_AWAY
from database import connect
from database.connection import Connection, Cursor

log = structlog.get_logger()

LOOK_S = 5.0  # what another process was asked for, or left behind, is found within this time
SAID = 500  # characters of a fault that are kept

W = TypeVar("W")
Found = TypeVar("Found")


class Errands(ABC, Generic[W]):
    """Start `run` once in the event loop; `wake` may be called from any thread."""

    name: ClassVar[str]  # of what is done, in the log and as the database session
    lock: ClassVar[int]  # advisory: held for the length of an errand

    def __init__(self, url: str, *, clock: Callable[[], datetime]) -> None:
        self._url = url
        self._clock = clock
        self._asked = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    @abstractmethod
    def wanted(self, cur: Cursor) -> W | None:
        """Read the errand that waits longest."""

    @abstractmethod
    async def do(self, connection: Connection, wanted: W) -> None:
        """Do it and write down what came of it."""

    def wake(self) -> None:
        """Look for a wanted errand now."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._asked.set)

    async def run(self) -> None:
        """Do what is wanted, until cancelled."""
        self._loop = asyncio.get_running_loop()
        while True:
            try:
                while await self._one():
                    pass
            except DATABASE_AWAY:
                pass  # the feed says so; what is wanted stays wanted
            except Exception:
                log.exception("errand_failed", kind=self.name)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):  # not wait_for, which may swallow that we are told to stop
                    await self._asked.wait()
            self._asked.clear()

    async def _one(self) -> bool:
        """Do what waits longest; False where nothing does, or another process is at it."""
        connection = await self._connect()
        try:
            wanted = await to_its_end(lambda: self._take(connection))
            if wanted is not None:
                await self.do(connection, wanted)
            return wanted is not None
        finally:
            # Here and not in a thread, where it could be cancelled before it began. It waits for nobody, and gives the lock back.
            connection.close()

    async def _connect(self) -> Connection:
        """Open a session; one that opens while we are told to stop is closed and not forgotten."""
        opening = asyncio.ensure_future(asyncio.to_thread(connect, self._url, name=f"gridwatch {self.name}"))
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            with contextlib.suppress(*DATABASE_AWAY):
                (await opening).close()
            raise

    def _take(self, connection: Connection) -> W | None:
        with connection.cursor() as cur:
            # Looked at first: nearly always there is nothing, and nothing to be locked.
            if self.wanted(cur) is None:
                return None
            (is_ours,) = cur.execute("SELECT pg_try_advisory_lock(%s)", (self.lock,)).fetchone() or (False,)
            wanted = self.wanted(cur) if is_ours else None
            connection.commit()
            return wanted


async def to_its_end(work: Callable[[], Found]) -> Found:
    """Do something in a thread. Who is told to stop waits for it all the same: its connection is closed next."""
    working = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        with contextlib.suppress(*DATABASE_AWAY):
            await working
        raise


async def in_a_process(module: str, task: Mapping[str, object], *, longest: timedelta) -> tuple[bytes, str]:
    """Run a module with `task` as JSON on its standard input; give what it printed, or why it failed. It ends with us.

    On standard input, because arguments are there for everybody to see.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(longest.total_seconds()):
            found, said = await process.communicate(json.dumps(task).encode())
    except TimeoutError:
        return b"", f"it took longer than {longest}"
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode == 0:
        return found, ""
    lines = said.decode(errors="replace").strip().splitlines() or [f"exit code {process.returncode}"]
    return b"", lines[-1][:SAID]
