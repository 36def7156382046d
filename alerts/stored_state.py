"""Reads back what an engine goes on from after a restart. Judges nothing."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from alerts.answer import microseconds
from alerts.detection import ActivePoint, DelayChange, StoredState
from alerts.life_cycle import State, is_active
from database.connection import Cursor
from ingest.readings import Quality

_RAISES_KEPT = timedelta(days=1)  # flap control looks no further back


def load_state(cur: Cursor, *, now: datetime) -> StoredState:
    """Read what an engine is restored from: the active points, the running delays, and what was raised within a day."""
    cur.execute(
        "SELECT device, coalesce(metric, 0), rule, condition, priority, raised_at FROM alarms"
        # What rests on other alarms is stage 2's, which remembers nothing that is not a row.
        " WHERE state = ANY(%s) AND NOT EXISTS (SELECT FROM alarm_evidence e WHERE e.alarm = alarms.id) ORDER BY id",
        ([state.value for state in State if is_active(state)],),
    )
    active = _read_points(cur)
    cur.execute(
        """
        SELECT a.device, coalesce(a.metric, 0), a.rule, a.condition, a.priority, t.at
        FROM alarm_transitions t JOIN alarms a ON a.id = t.alarm
        WHERE t.cause = 'raised' AND t.recorded_at > %s AND a.metric IS NOT NULL ORDER BY t.at
        """,
        (now - _RAISES_KEPT,),
    )
    raises = _read_points(cur)
    cur.execute("SELECT device, metric, rule, priority, wanted, since FROM pending_delays ORDER BY 1, 2, 3, 4")
    delays = tuple(
        DelayChange(device=d, metric=m, rule=r, priority=p, wanted=w, since=microseconds(since))
        for d, m, r, p, w, since in cur.fetchall()
    )
    cur.execute(
        """
        SELECT a.device, a.metric, r.time
        FROM alarms a CROSS JOIN LATERAL (
            SELECT time FROM readings
            WHERE device = a.device AND metric = a.metric AND time >= a.raised_at AND quality = %s
            ORDER BY time DESC LIMIT 1
        ) r
        WHERE a.condition = 'out-of-range' AND a.state = ANY(%s)
        """,
        (Quality.IMPLAUSIBLE, [state.value for state in State if is_active(state)]),
    )
    odd = tuple((device, metric, microseconds(at)) for device, metric, at in cur.fetchall())
    return StoredState(active=active, delays=delays, raises=raises, odd=odd)


def _read_points(cur: Cursor) -> tuple[ActivePoint, ...]:
    return tuple(
        ActivePoint(device=d, metric=m, rule=r, condition=c, priority=p, raised_at=microseconds(at))
        for d, m, r, c, p, at in cur.fetchall()
    )


def load_history(cur: Cursor, wanted: Mapping[tuple[int, int], int]) -> dict[str, NDArray[np.generic]]:
    """Read the stored readings that measures need, as `Engine.recall` takes them.

    `wanted` is by (device, metric) how far back from the newest reading, in microseconds.
    """
    rows: list[tuple[int, int, datetime, float]] = []
    if wanted:
        keys, spans = list(wanted), [timedelta(microseconds=span) for span in wanted.values()]
        cur.execute(
            """
            SELECT w.device, w.metric, r.time, r.value
            FROM unnest(%s::int[], %s::int[], %s::interval[]) AS w (device, metric, span)
            CROSS JOIN LATERAL (SELECT max(time) AS time FROM readings
                                WHERE device = w.device AND metric = w.metric) l
            JOIN readings r ON r.device = w.device AND r.metric = w.metric AND r.time >= l.time - w.span
            WHERE r.quality < %s
            ORDER BY r.time
            """,
            ([device for device, _ in keys], [metric for _, metric in keys], spans, Quality.MISSING),
        )
        rows = cur.fetchall()
    return {
        "device": np.array([row[0] for row in rows], np.int32),
        "metric": np.array([row[1] for row in rows], np.int16),
        "time": np.array([microseconds(row[2]) for row in rows], np.int64),
        "value": np.array([row[3] for row in rows], np.float64),
    }
