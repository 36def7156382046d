"""The numbers on the wall, cheap enough to ask every two seconds of a county with 170,000 devices. Writes nothing."""

import threading
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg import sql
from pydantic import BaseModel, ConfigDict, Field

from alerts.deadlines import overdue
from dashboard.queries.alarms import NOT_OVERRIDDEN
from dashboard.queries.devices import OFFLINE_CONDITIONS
from dashboard.queries.grids import GridTable
from dashboard.queries.rows import rows_as_dicts
from database.connection import Cursor

HEARD_WITHIN = timedelta(hours=24)
DEVICES_FRESH = timedelta(seconds=5)  # counting 170,000 devices takes some 20 ms
BROKER_PINGS = timedelta(seconds=4)  # two of the worker's pings through the broker
RATE_OVER = timedelta(seconds=60)


class Counters(BaseModel):
    """Counts over the whole county. Shelved, suppressed and out-of-service alarms do not count."""

    model_config = ConfigDict(frozen=True)

    alarms: dict[str, int] = Field(description="Active alarms by priority, keys 1 to 4.")
    unacked: int = Field(description="Active alarms nobody has acknowledged.")
    incidents: dict[str, int] = Field(description="Open incidents by dispatch: awaiting, sent, on_scene, done.")
    devices: int = Field(description="Registered devices.")
    heard: int = Field(description="Devices heard within 24 h.")
    offline: int = Field(description="Devices with an active no-data or offline alarm.")
    waiting: int = Field(description="Devices that were heard but are not registered, less those somebody hid.")
    readings_per_min: int = Field(description="Readings stored in the last minute.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the active alarms amount to: counts, and the worst priority by grid code, for a grid and all above it."""

    alarms: dict[str, int]
    unacked: int
    offline: int
    grids: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """When a worker last gave a sign, the device time of its newest reading, None: never; and what it left undone."""

    alive_at: datetime | None
    newest_reading: datetime | None
    overdue: int = 0  # deadlines that nobody looked after for a minute, and the oldest's time
    overdue_since: datetime | None = None
    faults: int = 0  # follow-ups of alarms that failed since the workers began


_STANDING = (
    sql.SQL("""
    SELECT a.grid, a.priority, count(*) AS alarms, count(*) FILTER (WHERE a.state <> 'acked') AS unacked
    FROM alarms a WHERE a.state <> 'norm' AND
    """)
    + NOT_OVERRIDDEN
    + sql.SQL(" GROUP BY a.grid, a.priority")
)
_OFFLINE = (
    sql.SQL("""
    SELECT count(DISTINCT a.device) AS devices FROM alarms a
    WHERE a.state <> 'norm' AND a.state <> 'rtnun' AND a.condition = ANY(%(offline)s) AND
    """)
    + NOT_OVERRIDDEN
)


def read_standing(cur: Cursor, grids: GridTable, *, now: datetime) -> Standing:
    """Count the active alarms and find the worst of every grid."""
    by_priority = {"1": 0, "2": 0, "3": 0, "4": 0}
    worst: dict[str, int] = {}
    unacked = 0
    for grid, priority, alarms, not_acked in cur.execute(_STANDING, {"now": now}).fetchall():
        by_priority[str(priority)] += alarms
        unacked += not_acked
        for code in grids.codes(grid):
            worst[code] = min(priority, worst.get(code, priority))
    offline = rows_as_dicts(cur, _OFFLINE, {"now": now, "offline": list(OFFLINE_CONDITIONS)})
    return Standing(alarms=by_priority, unacked=unacked, offline=offline[0]["devices"], grids=worst)


def read_worker(cur: Cursor, *, now: datetime) -> Worker:
    """Read the newest sign of any worker. One that has lost the broker is as good as gone: nothing new can come.

    And audit it: the web server looks for deadlines that the worker has left lying, whatever the worker says of itself.
    """
    row = cur.execute(
        """
        SELECT max(least(alive_at, broker_heard_at + %s)), max(newest_reading),
               coalesce(sum((counters ->> 'faults')::bigint), 0)
        FROM worker_progress
        """,
        (BROKER_PINGS,),
    ).fetchone()
    assert row is not None
    left_lying, since = overdue(cur, now)
    return Worker(alive_at=row[0], newest_reading=row[1], overdue=left_lying, overdue_since=since, faults=int(row[2]))


class Counting:
    """Reads `Counters`; what is dear to count is kept for five seconds. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._devices: tuple[datetime, tuple[int, int]] | None = None
        self._stored: deque[tuple[datetime, int]] = deque(maxlen=120)

    def read(self, cur: Cursor, standing: Standing, *, now: datetime) -> Counters:
        """Count; `standing` was read in the same transaction."""
        with self._lock:
            devices, heard = self._count_devices(cur, now)
            rate = self._rate(cur, now)
        incidents = {"awaiting": 0, "sent": 0, "on_scene": 0, "done": 0}
        incidents |= dict(
            cur.execute("SELECT dispatch, count(*) FROM incidents WHERE state = 'open' GROUP BY dispatch").fetchall()
        )
        waiting = cur.execute("SELECT count(*) FROM waiting_devices WHERE hidden_at IS NULL").fetchone()
        assert waiting is not None
        return Counters(
            alarms=standing.alarms,
            unacked=standing.unacked,
            incidents=incidents,
            devices=devices,
            heard=heard,
            offline=standing.offline,
            waiting=waiting[0],
            readings_per_min=rate,
        )

    def _count_devices(self, cur: Cursor, now: datetime) -> tuple[int, int]:
        if self._devices is None or now - self._devices[0] > DEVICES_FRESH:
            row = cur.execute(
                "SELECT count(*), count(*) FILTER (WHERE last_seen > %s) FROM devices"
                " WHERE retired_at IS NULL AND NOT is_carrier",
                (now - HEARD_WITHIN,),
            ).fetchone()
            assert row is not None
            self._devices = (now, (row[0], row[1]))
        return self._devices[1]

    def _rate(self, cur: Cursor, now: datetime) -> int:
        """Readings stored per minute, from PostgreSQL's own counters: counting rows would cost millions of them."""
        stored = readings_stored(cur)
        if self._stored and stored < self._stored[-1][1]:  # the counters begin anew after a crash of the database
            self._stored.clear()
        if not self._stored or now - self._stored[-1][0] > timedelta(seconds=1):
            self._stored.append((now, stored))
        while len(self._stored) > 1 and now - self._stored[1][0] >= RATE_OVER:
            self._stored.popleft()
        since, first = self._stored[0]
        elapsed = max((now - since).total_seconds(), 0.0)
        return round((stored - first) * 60 / elapsed) if elapsed > 0 else 0


def readings_stored(cur: Cursor) -> int:
    """Tell how many readings PostgreSQL has counted as inserted, over every partition; about a second behind.

    It begins anew when the database crashes and counts rows of rolled-back batches: a gauge of the flow, not a ledger.
    """
    row = cur.execute(
        "SELECT coalesce(sum(pg_stat_get_tuples_inserted(inhrelid)), 0) FROM pg_inherits"
        " WHERE inhparent = 'readings'::regclass"
    ).fetchone()
    assert row is not None
    return int(row[0])
