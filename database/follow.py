"""Follow the change log: everything after a number, for ever, across restarts of the database."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress

import psycopg
import stamina
from psycopg import AsyncConnection, sql

from database.changes import CHANNEL, ChangeKind, ChangeRow
from database.connection import OPTIONS

PAGE = 1000
POLL_S = 5.0  # a notification that was lost with a connection is made good within this


async def follow(url: str, *, after: int) -> AsyncGenerator[list[ChangeRow]]:
    """Yield the changes after number `after` in order and without a gap, at most 1,000 at a time.

    Waits while there is nothing new. When the database goes away it comes back with growing pauses (at most 5 s), for
    ever, and goes on after the last change it yielded.
    """
    seq = after
    while True:
        connection = await _listen(url)
        try:
            while True:
                rows = await _read(connection, seq)
                if rows:
                    seq = rows[-1].seq
                    yield rows
                if len(rows) < PAGE:
                    await _wait(connection)
        except psycopg.OperationalError:
            continue
        finally:
            await connection.close()


@stamina.retry(on=psycopg.OperationalError, attempts=None, timeout=None, wait_initial=0.1, wait_max=5.0)
async def _listen(url: str) -> AsyncConnection:
    connection = await _open(url)
    try:
        await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
    except BaseException:  # cancelled in between: nobody else knows of the session
        await connection.close()
        raise
    return connection


async def _open(url: str) -> AsyncConnection:
    """Open a session, whole or not at all: one left half-open holds up the server until its login times out."""
    opening = asyncio.ensure_future(
        AsyncConnection.connect(
            url, autocommit=True, options=OPTIONS, application_name="gridwatch follow", connect_timeout=5
        )
    )
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        with suppress(psycopg.Error):
            await (await opening).close()
        raise


async def _read(connection: AsyncConnection, seq: int) -> list[ChangeRow]:
    cursor = await connection.execute(
        "SELECT seq, kind, id, version FROM changes WHERE seq > %s ORDER BY seq LIMIT %s", (seq, PAGE)
    )
    return [ChangeRow(seq=s, kind=ChangeKind(k), id=i, version=v) for s, k, i, v in await cursor.fetchall()]


async def _wait(connection: AsyncConnection) -> None:
    async for _ in connection.notifies(timeout=POLL_S, stop_after=1):
        pass
    await asyncio.sleep(0)
