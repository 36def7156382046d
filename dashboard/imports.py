"""Runs the imports of devices that were handed in, one at a time in the whole installation, each in a process of its own.

What is wanted is a row of `device_imports`, so one that a restart cut short begins again. Registering is one transaction:
begun again it finds either all of it there or nothing.
"""

import asyncio
import contextlib
import json
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

import structlog

from dashboard.outage import DATABASE_AWAY
from dashboard.queries.device_imports import Wanted, move, wanted_import
from database import connect
from database.connection import Connection

log = structlog.get_logger()

LOCK = 0x696D706F  # "impo": held for the length of an import
LOOK_S = 5.0
LONGEST = timedelta(minutes=30)
SAID = 500

Found = TypeVar("Found")


class Imports:
    """Start `run` once in the event loop; `wake` may be called from any thread."""

    def __init__(self, url: str, *, clock: Callable[[], datetime]) -> None:
        self._url = url
        self._clock = clock
        self._asked = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def wake(self) -> None:
        """Look for a wanted import now."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._asked.set)

    async def run(self) -> None:
        """Work on what is wanted, until cancelled."""
        self._loop = asyncio.get_running_loop()
        while True:
            try:
                while await self._one():
                    pass
            except DATABASE_AWAY:
                pass  # what is wanted stays wanted
            except Exception:
                log.exception("import_failed")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), LOOK_S)
            self._asked.clear()

    async def _one(self) -> bool:
        """Work on the import that waits longest; False where none does, or another process is at it."""
        connection = await self._connect()
        try:
            wanted = await _to_its_end(lambda: _take(connection))
            if wanted is None:
                return False
            log.info("import_begins", id=wanted.id, state=wanted.state)
            fault = await self._in_a_process(wanted)
            if fault:
                log.warning("import_came_to_nothing", id=wanted.id, fault=fault)
                await _to_its_end(lambda: _fail(connection, wanted, fault))
            return True
        finally:
            await asyncio.to_thread(connection.close)  # gives the lock back

    async def _connect(self) -> Connection:
        """Open a session; one that opens while we are told to stop is closed and not forgotten."""
        opening = asyncio.ensure_future(asyncio.to_thread(connect, self._url, name="gridwatch imports"))
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            with contextlib.suppress(*DATABASE_AWAY):
                (await opening).close()
            raise

    async def _in_a_process(self, wanted: Wanted) -> str:
        """Work on one import; gives why it failed, nothing where it did not. It ends with us."""
        task = {"database_url": self._url, "wanted": wanted.model_dump(), "now": self._clock().isoformat()}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "dashboard.import_process"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(LONGEST.total_seconds()):
                # On standard input: arguments are there for everybody to see.
                _, said = await process.communicate(json.dumps(task).encode())
        except TimeoutError:
            return f"the import took longer than {LONGEST}"
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode == 0:
            return ""
        lines = said.decode(errors="replace").strip().splitlines() or [f"exit code {process.returncode}"]
        return lines[-1][:SAID]


async def _to_its_end(work: Callable[[], Found]) -> Found:
    """Do something in a thread. Who is told to stop waits for it all the same: its connection is closed next."""
    working = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        with contextlib.suppress(*DATABASE_AWAY):
            await working
        raise


def _take(connection: Connection) -> Wanted | None:
    with connection.cursor() as cur:
        # Looked at first: nearly always there is nothing, and nothing to be locked.
        if wanted_import(cur) is None:
            return None
        (is_ours,) = cur.execute("SELECT pg_try_advisory_lock(%s)", (LOCK,)).fetchone() or (False,)
        wanted = wanted_import(cur) if is_ours else None
        connection.commit()
        return wanted


def _fail(connection: Connection, wanted: Wanted, fault: str) -> None:
    with connection.transaction(), connection.cursor() as cur:
        move(cur, wanted.id, "failed", fault=fault)
