"""Read what the feed tells: the changes since a number and the records as they are, all in one picture of the database.

Everything here is read in one REPEATABLE READ transaction, so the number and the records belong together; that is why
nothing is missed between a snapshot and the changes after it (decision 0007). Writes nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from psycopg import sql
from psycopg_pool import ConnectionPool
from pydantic import BaseModel, ConfigDict

from dashboard.live.frames import change_frame, grid_changes, snapshot_frame
from dashboard.queries.alarms import alarms_by_id, worst_active_alarms
from dashboard.queries.counters import Counters, Counting, Standing, Worker, read_standing, read_worker
from dashboard.queries.devices import devices_by_id
from dashboard.queries.grids import GridNames, GridTable
from dashboard.queries.incidents import incidents_by_id, open_incidents
from dashboard.queries.rows import rows_as_dicts
from database import ChangeKind, ChangeRow, changes_after, newest_change
from database.connection import Connection, Cursor

SNAPSHOT_ALARMS = 500
SNAPSHOT_INCIDENTS = 500


class OverrideItem(BaseModel):
    """What overrides the alarms of a device for a time."""

    model_config = ConfigDict(frozen=True)

    id: str
    kind: str
    device: str
    condition: str | None
    metric: str | None  # empty: the device as a whole; None: all
    priority: int | None  # and lesser ones; None: all
    starts_at: datetime
    ends_at: datetime
    ended_at: datetime | None
    reason: str
    actor: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Advance:
    """How far the log is and what was new. `frames` is None where too much was new to tell one by one."""

    seq: int
    frames: list[str] | None
    grids: dict[str, int]
    snapshot: str | None
    signs: "Signs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What a beat says. `seq` is the newest change of the same picture."""

    seq: int
    worker: Worker
    counters: Counters | None


class Pictures:
    """Reads pictures of the database. Its methods wait for the database: call them in a thread."""

    def __init__(
        self,
        pool: ConnectionPool[Connection],
        *,
        grids: GridNames,
        counting: Counting,
        clock: Callable[[], datetime],
        most: int,
    ) -> None:
        self._pool = pool
        self._grids = grids
        self._counting = counting
        self._clock = clock
        self._most = most

    def advance(self, after: int | None, grids_before: dict[str, int], *, with_snapshot: bool) -> Advance:
        """Read what changed after a number; with None only where the log is.

        Raises:
            psycopg.OperationalError, psycopg_pool.PoolTimeout: the database cannot be asked now.
        """
        now = self._clock()
        with self._picture() as cur:
            seq = newest_change(cur)
            grids = self._grids.table(cur)
            standing = read_standing(cur, grids, now=now)
            counters = self._counting.read(cur, standing, now=now)
            signs = Signs(seq=seq, worker=read_worker(cur, now=now), counters=counters)
            rows = None
            if after is not None and after <= seq <= after + self._most:
                rows = changes_after(cur, after, limit=self._most)
            # Rows that were cleaned away leave a hole that can only be bridged by a snapshot.
            is_whole = rows is not None and after is not None and len(rows) == seq - after
            frames = self._frames(cur, rows or [], grids, standing, counters, grids_before, now) if is_whole else None
            snapshot = self._snapshot(cur, seq, grids, standing, signs, now) if with_snapshot else None
        return Advance(seq=seq, frames=frames, grids=standing.grids, snapshot=snapshot, signs=signs)

    def signs(self) -> Signs:
        """Read what a beat says.

        Raises:
            psycopg.OperationalError, psycopg_pool.PoolTimeout: the database cannot be asked now.
        """
        now = self._clock()
        with self._picture() as cur:
            standing = read_standing(cur, self._grids.table(cur), now=now)
            counters = self._counting.read(cur, standing, now=now)
            return Signs(seq=newest_change(cur), worker=read_worker(cur, now=now), counters=counters)

    @contextmanager
    def _picture(self) -> Iterator[Cursor]:
        with self._pool.connection() as connection, connection.cursor() as cur:
            cur.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield cur

    def _frames(
        self,
        cur: Cursor,
        rows: Sequence[ChangeRow],
        grids: GridTable,
        standing: Standing,
        counters: Counters,
        grids_before: dict[str, int],
        now: datetime,
    ) -> list[str]:
        items: dict[tuple[ChangeKind, str], BaseModel] = {}
        for kind in {row.kind for row in rows}:
            ids = sorted({row.id for row in rows if row.kind is kind})
            items |= {(kind, item_id): item for item_id, item in _items(cur, kind, ids, grids, now)}
        return [
            change_frame(
                row,
                items.get((row.kind, row.id)),
                counters=counters if row is rows[-1] else None,
                grids=grid_changes(grids_before, standing.grids) if row is rows[-1] else None,
            )
            for row in rows
        ]

    def _snapshot(
        self,
        cur: Cursor,
        seq: int,
        grids: GridTable,
        standing: Standing,
        signs: Signs,
        now: datetime,
    ) -> str:
        return snapshot_frame(
            seq=seq,
            at=now,
            alarms=list(worst_active_alarms(cur, grids, now=now, limit=SNAPSHOT_ALARMS)),
            incidents=list(open_incidents(cur, grids, limit=SNAPSHOT_INCIDENTS)),
            counters=signs.counters,
            grids=standing.grids,
            worker=signs.worker,
        )


def _items(
    cur: Cursor, kind: ChangeKind, ids: Sequence[str], grids: GridTable, now: datetime
) -> list[tuple[str, BaseModel]]:
    """Read the records of one kind with one query; what is gone is left out."""
    match kind:
        case ChangeKind.ALARM:
            return [(item.id, item) for item in alarms_by_id(cur, grids, [int(i) for i in ids], now=now)]
        case ChangeKind.INCIDENT:
            return [(item.id, item) for item in incidents_by_id(cur, grids, [int(i) for i in ids])]
        case ChangeKind.DEVICE:
            return [(item.id, item) for item in devices_by_id(cur, grids, ids, now=now)]
        case ChangeKind.OVERRIDE:
            return [(item.id, item) for item in _overrides(cur, [int(i) for i in ids])]
        case ChangeKind.GRIDS | ChangeKind.RULES | ChangeKind.WEATHER:
            return []  # the number is the message: what they hold is fetched by whoever shows it


def _overrides(cur: Cursor, ids: Sequence[int]) -> list[OverrideItem]:
    rows = rows_as_dicts(
        cur,
        sql.SQL("""
            SELECT o.id::text AS id, o.kind, d.id AS device, o.condition,
                   CASE WHEN o.metric = 0 THEN '' ELSE m.name END AS metric, o.priority, o.starts_at, o.ends_at,
                   o.ended_at, o.reason, o.actor, o.version
            FROM overrides o JOIN devices d ON d.key = o.device LEFT JOIN metrics m ON m.key = o.metric
            WHERE o.id = ANY(%(ids)s)
        """),
        {"ids": list(ids)},
    )
    return [OverrideItem.model_validate(row) for row in rows]
