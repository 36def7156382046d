"""Write an intake into the database, inside the caller's transaction. Written twice is harmless."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg import sql
from psycopg.types.json import Jsonb

from database.connection import Cursor
from database.copying import CopyLayout, copy_rows
from ingest.batch import Batch
from ingest.foreign import foreigners
from ingest.foreign_store import note_foreign
from ingest.readings import CameraEvent, DeviceId, Discovered, Phase
from ingest.rows import Intake, RejectedMessage, Unregistered

COLUMNS = (
    ("device", ">i4"),
    ("metric", ">i2"),
    ("time", "time"),
    ("value", ">f8"),
    ("quality", ">i2"),
    ("grid", ">i4"),
    ("received", "time"),
)
READINGS = CopyLayout("readings", COLUMNS)
STAGING = CopyLayout("readings_staging", COLUMNS)
WEEK_US = 7 * 86_400_000_000
MONDAY_US = 4 * 86_400_000_000  # 1970-01-05 was a Monday
KEPT_PAYLOAD = 65_536  # bytes of a rejected or unregistered message that are kept


class ReadingsWriter:
    """Writes readings; remembers which weeks of the table exist."""

    def __init__(self) -> None:
        self._weeks: set[int] = set()

    def write(self, cur: Cursor, batch: Batch) -> int:
        """Write the readings that are not there yet and return how many there were of those.

        The common case pays only for the key: COPY straight into the table. A batch that meets a duplicate is taken
        back to a savepoint and goes through a staging table.
        """
        if not len(batch):
            return 0
        self._make_room(cur, batch.time)
        columns = {name: getattr(batch, name) for name, _ in COLUMNS}
        cur.execute("SAVEPOINT readings")
        try:
            copy_rows(cur, READINGS, columns)
        except psycopg.errors.UniqueViolation:
            cur.execute("ROLLBACK TO SAVEPOINT readings")
            return _write_missing(cur, columns)
        return len(batch)

    def forget(self) -> None:
        """Forget which weeks exist, after a transaction that may have made some was rolled back."""
        self._weeks.clear()

    def _make_room(self, cur: Cursor, times: NDArray[np.int64]) -> None:
        for week in np.unique((times - MONDAY_US) // WEEK_US).tolist():
            if week not in self._weeks:
                start = datetime(1970, 1, 5, tzinfo=UTC) + timedelta(weeks=week)
                cur.execute("SELECT ensure_readings_week(%s)", (start,))
                self._weeks.add(week)


def _write_missing(cur: Cursor, columns: dict[str, NDArray[np.generic]]) -> int:
    cur.execute("CREATE TEMP TABLE IF NOT EXISTS readings_staging (LIKE readings) ON COMMIT DELETE ROWS")
    copy_rows(cur, STAGING, columns)
    row = cur.execute(
        """
        WITH new AS (INSERT INTO readings SELECT * FROM readings_staging ON CONFLICT DO NOTHING RETURNING device),
        told AS (SELECT device, count(*) AS n FROM readings_staging GROUP BY device),
        put AS (SELECT device, count(*) AS n FROM new GROUP BY device),
        counted AS (
            INSERT INTO device_clocks AS c (device, duplicates)
            SELECT t.device, t.n - coalesce(p.n, 0) FROM told t LEFT JOIN put p ON p.device = t.device
            WHERE t.n > coalesce(p.n, 0) AND EXISTS (SELECT FROM devices d WHERE d.key = t.device)
            ON CONFLICT (device) DO UPDATE SET duplicates = c.duplicates + excluded.duplicates
        )
        SELECT count(*) FROM new
        """
    ).fetchone()
    assert row is not None
    cur.execute("DELETE FROM readings_staging")
    return int(row[0])


def write_intake(cur: Cursor, intake: Intake, *, received: datetime) -> None:
    """Write what an intake holds beside readings: camera events, rejected messages, devices that wait."""
    _write_events(cur, intake.events)
    write_rejected(cur, intake.rejected, received)
    note_foreign(cur, foreigners(intake.rejected), now=received)
    _write_waiting(cur, intake.waiting, received)


def _write_events(cur: Cursor, events: Sequence[tuple[int, int, CameraEvent]]) -> None:
    """Upsert by (device, event): an end, once known, is never taken back, and an alert never becomes less."""
    cur.executemany(
        """
        INSERT INTO camera_events (device, event, label, severity, started, updated, ended, score, zones, grid)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, nullif(%s, 0))
        ON CONFLICT (device, event) DO UPDATE SET
            label = excluded.label, updated = greatest(camera_events.updated, excluded.updated),
            severity = CASE WHEN camera_events.severity = 'alert' THEN 'alert' ELSE excluded.severity END,
            ended = coalesce(camera_events.ended, excluded.ended),
            score = greatest(camera_events.score, excluded.score), zones = excluded.zones
        """,
        [
            (device, e.event, e.label, e.severity, e.started, e.time, e.ended, e.score, list(e.zones), grid)
            for device, grid, e in events
        ],
    )


def events_running_behind(cur: Cursor, recorder: str) -> list[CameraEvent]:
    """Read the events that have no end yet, of cameras that report through a recorder (its device id)."""
    cur.execute(
        """
        SELECT d.id, e.event, e.label, e.severity, e.started, e.updated, e.score, e.zones
        FROM camera_events e JOIN devices d ON d.key = e.device WHERE e.ended IS NULL AND d.gateway = %s
        """,
        (recorder,),
    )
    return [
        CameraEvent(
            device=DeviceId(device),
            event=event,
            phase=Phase.UPDATE,
            label=label,
            severity=severity,
            started=started,
            time=updated,
            score=score,
            zones=tuple(zones),
        )
        for device, event, label, severity, started, updated, score, zones in cur.fetchall()
    ]


def write_rejected(cur: Cursor, rejected: Sequence[RejectedMessage], received: datetime) -> None:
    """Keep what was not taken in, with the reason."""
    cur.executemany(
        "INSERT INTO rejected_messages (received, topic, source, reason, detail, payload)"
        " VALUES (%s, %s, %s, %s, %s, %s)",
        [(received, _text(r.topic), r.source, r.reason, _text(r.detail), r.payload[:KEPT_PAYLOAD]) for r in rejected],
    )


def _write_waiting(cur: Cursor, waiting: dict[str, Unregistered], received: datetime) -> None:
    cur.executemany(
        """
        INSERT INTO waiting_devices AS w (id, source, area, first_seen, last_seen, messages, topic, payload, announced)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (id) DO UPDATE SET source = excluded.source, area = excluded.area, topic = excluded.topic,
            last_seen = excluded.last_seen, messages = w.messages + excluded.messages, payload = excluded.payload,
            announced = coalesce(excluded.announced, w.announced)
        """,
        [
            (
                _text(i),
                u.source,
                _text(u.area),
                received,
                received,
                u.messages,
                _text(u.topic),
                u.payload[:KEPT_PAYLOAD],
                None if u.announced is None else Jsonb(_described(u.announced)),
            )
            for i, u in sorted(waiting.items())
        ],
    )


def _described(device: Discovered) -> dict[str, object]:
    return {
        "kind": _text(device.kind),
        "name": _text(device.name),
        "model": _text(device.model),
        "gateway": None if device.gateway is None else _text(device.gateway),
        "channels": [{"metric": _text(metric), "unit": _text(unit)} for metric, unit in device.channels],
    }


def forget_registered(cur: Cursor) -> None:
    """Take registered devices off the waiting list: one may have spoken between its registration and our hearing of it."""
    cur.execute(
        "DELETE FROM waiting_devices w USING devices d WHERE d.id = w.id AND d.retired_at IS NULL AND NOT d.is_carrier"
    )


def _text(text: str) -> str:
    """Replace what PostgreSQL's text cannot hold."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


LAST = CopyLayout("device_last_staging", tuple(c for c in COLUMNS if c[0] != "grid"))


def write_last(cur: Cursor, columns: dict[str, NDArray[np.generic]]) -> None:
    """Write the newest reading of each channel given, and when its device was last heard, to the minute.

    `columns` has device, metric, time, value, quality, received as in a batch, one row a channel.
    """
    cur.execute(
        "CREATE TEMP TABLE IF NOT EXISTS device_last_staging (LIKE device_last INCLUDING DEFAULTS) ON COMMIT DELETE ROWS"
    )
    copy_rows(cur, LAST, columns)
    cur.execute(
        """
        INSERT INTO device_last AS l (device, metric, time, value, quality, received)
        SELECT device, metric, time, value, quality, received FROM device_last_staging s
        WHERE EXISTS (SELECT FROM devices d WHERE d.key = s.device)
        ON CONFLICT (device, metric) DO UPDATE
        SET time = excluded.time, value = excluded.value, quality = excluded.quality, received = excluded.received
        """
    )
    cur.execute(
        """
        UPDATE devices d SET last_seen = s.received
        FROM (SELECT device, max(received) AS received FROM device_last_staging GROUP BY device) s
        WHERE d.key = s.device AND (d.last_seen IS NULL OR d.last_seen < s.received - interval '1 minute')
        """
    )
    cur.execute(sql.SQL("DELETE FROM device_last_staging"))


def read_last(cur: Cursor) -> dict[str, NDArray[np.generic]]:
    """Read the newest reading of every channel: what was written by `write_last` and the readings received since.

    Columns device, metric, time, value, quality, received; times in microseconds since 1970 UTC. `unwritten` are those of `readings`.
    """
    cur.execute(
        """
        WITH written AS (SELECT coalesce(max(received), '-infinity') AS until FROM device_last),
        newest AS (
            SELECT device, metric, time, value, quality, received, false AS unwritten FROM device_last
            UNION ALL
            SELECT device, metric, time, value, quality, received, true FROM readings, written WHERE received >= until AND quality <> 5
        )
        SELECT DISTINCT ON (device, metric) device, metric,
               (extract(epoch FROM time) * 1000000)::bigint, value, quality,
               (extract(epoch FROM received) * 1000000)::bigint, unwritten
        FROM newest ORDER BY device, metric, time DESC, unwritten
        """
    )
    rows = cur.fetchall()
    names = ("device", "metric", "time", "value", "quality", "received", "unwritten")
    types = (np.int32, np.int16, np.int64, np.float64, np.int16, np.int64, np.bool_)
    return {n: np.array([row[i] for row in rows], t) for i, (n, t) in enumerate(zip(names, types, strict=True))}
