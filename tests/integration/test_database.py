"""The database room against a real PostgreSQL."""

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import numpy as np
import psycopg
import pytest

from database import Change, ChangeKind, CopyLayout, append_changes, changes_after, connect, copy_rows, follow, migrate

READINGS = CopyLayout(
    "readings",
    (
        ("device", ">i4"),
        ("metric", ">i2"),
        ("time", "time"),
        ("value", ">f8"),
        ("quality", ">i2"),
        ("grid", ">i4"),
        ("received", "time"),
    ),
)
MONDAY = datetime(2026, 11, 16, tzinfo=UTC)


def _columns(count: int) -> dict[str, np.ndarray]:
    start = int(MONDAY.timestamp() * 1e6)
    return {
        "device": np.arange(count, dtype=np.int32),
        "metric": np.ones(count, np.int16),
        "time": start + np.arange(count, dtype=np.int64) * 1_000_000,
        "value": np.arange(count) / 3,
        "quality": np.zeros(count, np.int16),
        "grid": np.zeros(count, np.int32),
        "received": np.full(count, start, np.int64),
    }


def test_migrating_twice_applies_nothing_the_second_time(database_url: str) -> None:
    """A database at the newest migration is left as it is."""
    assert migrate(database_url) == []


def test_binary_copy_writes_every_value_exactly(database_url: str) -> None:
    """What NumPy columns hold is what the table gives back, to the bit and the microsecond."""
    columns = _columns(1000)
    with connect(database_url) as connection, connection.cursor() as cur:
        cur.execute("SELECT ensure_readings_week(%s)", (MONDAY,))
        copy_rows(cur, READINGS, columns)
        rows = cur.execute("SELECT device, time, value FROM readings ORDER BY device").fetchall()
    assert [row[0] for row in rows] == columns["device"].tolist()
    assert [row[1] for row in rows] == [MONDAY + timedelta(seconds=i) for i in range(1000)]
    assert [row[2] for row in rows] == columns["value"].tolist()


def test_a_reading_cannot_be_stored_twice(database_url: str) -> None:
    """Device, metric and time are the key of a reading."""
    with connect(database_url) as connection, connection.cursor() as cur:
        cur.execute("SELECT ensure_readings_week(%s)", (MONDAY,))
        copy_rows(cur, READINGS, _columns(1))
        with pytest.raises(psycopg.errors.UniqueViolation):
            copy_rows(cur, READINGS, _columns(1))


def test_retention_drops_old_weeks_but_keeps_history_that_came_lately(database_url: str) -> None:
    """A week goes when its readings are old and were received long ago; an import of old readings stays."""
    with connect(database_url) as connection, connection.cursor() as cur:
        for week in (MONDAY, MONDAY - timedelta(days=700)):
            cur.execute("SELECT ensure_readings_week(%s)", (week,))
            cur.execute("INSERT INTO readings VALUES (1, 1, %s, 1, 0, 0, %s)", (week, MONDAY))
        old = MONDAY - timedelta(days=1400)
        cur.execute("SELECT ensure_readings_week(%s)", (old,))
        cur.execute("INSERT INTO readings VALUES (1, 1, %s, 1, 0, 0, %s)", (old, old))
        dropped = cur.execute("SELECT drop_old_readings(%s)", (MONDAY - timedelta(days=365),)).fetchone()
        kept = cur.execute("SELECT time FROM readings ORDER BY time").fetchall()
    assert dropped == (1,)
    assert kept == [(MONDAY - timedelta(days=700),), (MONDAY,)]


def test_readings_of_any_time_fill_no_table_of_weeks(database_url: str) -> None:
    """Readings of long ago share one partition, whatever the clocks say: no query over readings takes thousands of locks. Old ones go, too."""
    with connect(database_url) as connection, connection.cursor() as cur:
        weeks = [datetime(1970, 1, 5, tzinfo=UTC) + timedelta(weeks=week) for week in range(0, 2900, 10)]
        for week in weeks:
            cur.execute("SELECT ensure_readings_week(%s)", (week,))
            cur.execute(
                "INSERT INTO readings VALUES (1, 1, %s, 1, 0, 0, %s), (2, 1, %s, 1, 0, 0, now())", (week, week, week)
            )
        parts = cur.execute("SELECT count(*) FROM pg_inherits WHERE inhparent = 'readings'::regclass").fetchone()
        assert parts is not None
        assert parts[0] < 40
        cur.execute("SELECT drop_old_readings('2010-01-01')")
        left = cur.execute("SELECT device, count(*), min(time) FROM readings GROUP BY 1 ORDER BY 1").fetchall()
    kept = [week for week in weeks if week.year >= 2010]
    assert left == [(1, len(kept), kept[0]), (2, len(weeks), weeks[0])]


def _append(url: str, name: str) -> None:
    with connect(url) as connection, connection.cursor() as cur:
        append_changes(cur, [Change(kind=ChangeKind.ALARM, id=name, version=i) for i in range(3)])


async def test_changes_of_many_writers_are_numbered_without_a_gap(database_url: str) -> None:
    """Twenty transactions at once give sixty consecutive numbers, each transaction's in one run."""
    await asyncio.gather(*(asyncio.to_thread(_append, database_url, str(i)) for i in range(20)))
    with connect(database_url) as connection, connection.cursor() as cur:
        rows = changes_after(cur, 0)
    assert [row.seq for row in rows] == list(range(1, 61))
    assert all(rows[i].id == rows[i + 1].id == rows[i + 2].id for i in range(0, 60, 3))


async def test_a_follower_hears_what_was_and_what_comes(database_url: str) -> None:
    """Following from zero yields the stored change and then the one committed later, in order."""
    _append(database_url, "before")
    async with aclosing(follow(database_url, after=0)) as feed:
        assert {row.id for row in await anext(feed)} == {"before"}
        writing = asyncio.create_task(asyncio.to_thread(_append, database_url, "after"))
        rows = await anext(feed)
        await writing
    assert [(row.seq, row.id) for row in rows] == [(4, "after"), (5, "after"), (6, "after")]
