"""Runs the trials that officers ask for, one at a time in the whole installation, each in a process of its own.

What is wanted is a row (`rule_proposals.trial_asked_at`), so a trial that a restart cut short begins again. Whoever holds
the advisory lock tries; the other web processes wait for their turn.
"""

import asyncio
import contextlib
import json
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog

from alerts.admission import WantedTrial, fail_trial, save_trial, wanted_trial
from dashboard.outage import DATABASE_AWAY
from database import Change, append_changes, connect
from database.connection import Connection, Cursor

log = structlog.get_logger()

LOCK = 0x74727920  # "try ": held for the length of a trial
LOOK_S = 5.0  # what another process was asked for, or left behind, is found within this time
LONGEST = timedelta(hours=1)
SAID = 500  # characters of a fault that are kept


class Trials:
    """Start `run` once in the event loop; `wake` may be called from any thread."""

    def __init__(self, url: str, *, clock: Callable[[], datetime]) -> None:
        self._url = url
        self._clock = clock
        self._asked = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def wake(self) -> None:
        """Look for a wanted trial now."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._asked.set)

    async def run(self) -> None:
        """Try what is wanted, until cancelled."""
        self._loop = asyncio.get_running_loop()
        while True:
            try:
                while await self._one():
                    pass
            except DATABASE_AWAY:
                pass  # the feed says so; what is wanted stays wanted
            except Exception:
                log.exception("trial_failed")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), LOOK_S)
            self._asked.clear()

    async def _one(self) -> bool:
        """Try the proposal that waits longest; False where none does, or another process is at it."""
        connection = await self._connect()
        try:
            wanted = await asyncio.to_thread(_take, connection)
            if wanted is None:
                return False
            log.info("trial_begins", proposal=wanted.proposal, start=wanted.start, end=wanted.end)
            outcome = await _in_a_process(self._url, wanted)
            await asyncio.to_thread(_keep, connection, wanted, outcome, self._clock())
            return True
        finally:
            await asyncio.to_thread(connection.close)  # gives the lock back

    async def _connect(self) -> Connection:
        """Open a session; one that opens while we are told to stop is closed and not forgotten."""
        opening = asyncio.ensure_future(asyncio.to_thread(connect, self._url, name="gridwatch trials"))
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            with contextlib.suppress(*DATABASE_AWAY):
                (await opening).close()
            raise


def _take(connection: Connection) -> WantedTrial | None:
    with connection.cursor() as cur:
        # Looked at first: nearly always there is nothing, and nothing to be locked.
        if wanted_trial(cur) is None:
            return None
        (is_ours,) = cur.execute("SELECT pg_try_advisory_lock(%s)", (LOCK,)).fetchone() or (False,)
        wanted = wanted_trial(cur) if is_ours else None
        connection.commit()
        return wanted


def _keep(connection: Connection, wanted: WantedTrial, outcome: dict[str, Any], now: datetime) -> None:
    with connection.transaction(), connection.cursor() as cur:
        append_changes(cur, _written(cur, wanted, outcome, now))


def _written(cur: Cursor, wanted: WantedTrial, outcome: dict[str, Any], now: datetime) -> list[Change]:
    if "comparison" in outcome:
        return save_trial(cur, wanted, outcome["comparison"], now=now)
    log.warning("trial_came_to_nothing", proposal=wanted.proposal, fault=outcome["fault"])
    return fail_trial(cur, wanted, outcome["fault"][:SAID])


async def _in_a_process(url: str, wanted: WantedTrial) -> dict[str, Any]:
    """Run one trial and read what it found; it ends with us."""
    task = {
        "database_url": url,  # on standard input: arguments are there for everybody to see
        "text": wanted.text,
        "against": wanted.against_text,
        "start": wanted.start.isoformat(),
        "end": wanted.end.isoformat(),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "alerts.admission.trial_process",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(LONGEST.total_seconds()):
            found, said = await process.communicate(json.dumps(task).encode())
    except TimeoutError:
        return {"fault": f"the trial took longer than {LONGEST}: choose a shorter span"}
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        lines = said.decode(errors="replace").strip().splitlines() or [f"exit code {process.returncode}"]
        return {"fault": lines[-1]}
    outcome: dict[str, Any] = json.loads(found)
    return outcome
