"""How far a worker has come: the number of its last batch, which settles whether a commit whose answer was lost was done."""

from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from psycopg.types.json import Jsonb

from database.connection import Cursor
from ingest.instants import from_us, to_us


class Progress:
    """One worker's row."""

    def __init__(self, worker: str) -> None:
        self._worker = worker

    def read(self, cur: Cursor, now: datetime) -> tuple[int, datetime]:
        """Read the number of the last batch, and when the broker was last heard."""
        cur.execute(
            "SELECT batch, coalesce(broker_heard_at, alive_at) FROM worker_progress WHERE worker = %s", (self._worker,)
        )
        row = cur.fetchone()
        return (0, now) if row is None else (int(row[0]), min(row[1], now))

    def has(self, cur: Cursor, number: int) -> bool:
        """Tell whether a batch is committed."""
        # A commit whose answer was lost may still be under way: the lock waits for how it ends.
        cur.execute("SELECT batch >= %s FROM worker_progress WHERE worker = %s FOR UPDATE", (number, self._worker))
        return cur.fetchone() == (True,)

    def note(
        self,
        cur: Cursor,
        number: int,
        times_us: NDArray[np.int64],
        *,
        now: datetime,
        heard: datetime | None,
        counters: dict[str, int],
    ) -> None:
        """Write the number of a batch and the newest time it has, leaving out times that are not yet."""
        past = times_us[times_us <= to_us(now)]
        newest = from_us(int(past.max())) if len(past) else None
        cur.execute(
            """
            INSERT INTO worker_progress AS w (worker, batch, alive_at, broker_heard_at, counters, newest_reading)
            VALUES (%s, %s, %s, %s, %s, %s)
            ON CONFLICT (worker) DO UPDATE SET batch = excluded.batch, alive_at = excluded.alive_at,
                broker_heard_at = coalesce(excluded.broker_heard_at, w.broker_heard_at), counters = excluded.counters,
                newest_reading = greatest(w.newest_reading, excluded.newest_reading)
            """,
            (self._worker, number, now, heard, Jsonb(counters), newest),
        )
