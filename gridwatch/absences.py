"""Times in which a worker could hear nobody, kept for as long as a device may be expected: no restart takes them for its silence."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from database.connection import Cursor
from ingest.instants import to_us

KEPT: Final = timedelta(days=366)
AT_MOST: Final = 10_000  # a broker that flaps must not fill a table
COMING_BACK: Final = timedelta(minutes=1)

Absence = tuple[datetime, datetime]  # when anybody was heard last, and when again


def excused_us(away: timedelta) -> int:
    """Say by how much a time without hearing postpones every silence, in microseconds.

    Devices wait longer after each attempt in vain, so they may take as long again to come back, up to a minute.
    """
    return (away + min(away, COMING_BACK)) // timedelta(microseconds=1)


def put_off(received: NDArray[np.int64], absences: Sequence[Absence]) -> NDArray[np.int64]:
    """Move the times at which devices were heard, µs, by all absences that came after them."""
    moved = received.copy()
    for since, until in absences:
        moved[received <= to_us(since)] += excused_us(until - since)
    return moved


def load_absences(cur: Cursor, worker: str, *, before: datetime) -> list[Absence]:
    """Read the absences that began before an instant."""
    cur.execute("SELECT since, until FROM worker_absences WHERE worker = %s AND since < %s", (worker, before))
    return cur.fetchall()


def write_absence(cur: Cursor, worker: str, absence: Absence) -> None:
    """Write an absence, or its new end, and forget those of long ago."""
    cur.execute(
        """
        INSERT INTO worker_absences AS a (worker, since, until) VALUES (%s, %s, %s)
        ON CONFLICT (worker, since) DO UPDATE SET until = greatest(a.until, excluded.until)
        """,
        (worker, *absence),
    )
    cur.execute(
        """
        DELETE FROM worker_absences WHERE worker = %s AND (until < %s OR since <= (
            SELECT since FROM worker_absences WHERE worker = %s ORDER BY since DESC OFFSET %s LIMIT 1))
        """,
        (worker, absence[1] - KEPT, worker, AT_MOST),
    )
