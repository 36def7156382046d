"""Counts the room's own figures in the database, set-wise. Reads only; every instant is passed in.

Time is ours, when the officer heard it, but for chattering, which is the sensor's own. A million steps of alarms take a
few seconds, read from `alarm_transitions_by_cause` alone and joined with their alarms once.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from alerts.life_cycle import Cause, State, is_active
from alerts.overrides import COVERS, COVERS_NOW, OverrideKind
from alerts.performance.bounds import CHATTERS_WITH, CHATTERS_WITHIN, STALE_AFTER, WORST_TAGS
from alerts.performance.figures import Answer, Figures, Now, Tag
from database.connection import Cursor

_ACTIVE = [state.value for state in State if is_active(state)]
# Sorting half a million rows in memory takes a third of what it takes on disk.
_MEMORY = "SET LOCAL work_mem = '64MB'"

_ANNOUNCED = f"""
WITH announced AS MATERIALIZED (
    SELECT floor(extract(epoch FROM t.recorded_at - %(start)s) / 60)::int AS minute, t.alarm, t.version, t.cause, t.at,
           a.device, a.condition, coalesce(a.metric, 0) AS metric, a.priority
    FROM alarm_transitions t JOIN alarms a ON a.id = t.alarm
    WHERE t.cause = ANY(%(causes)s) AND t.recorded_at >= %(start)s AND t.recorded_at < %(end)s
      AND NOT EXISTS (SELECT FROM overrides o WHERE {COVERS} AND o.starts_at <= t.recorded_at
                      AND coalesce(o.ended_at, o.ends_at) > t.recorded_at)
), often AS (
    SELECT device, condition, metric, count(*) AS alarms FROM announced GROUP BY 1, 2, 3
), chattering AS (
    SELECT DISTINCT device, condition, metric FROM (
        SELECT device, condition, metric,
               at - lag(at, %(with)s - 1) OVER (PARTITION BY device, condition, metric, priority ORDER BY at) AS span
        FROM announced JOIN often USING (device, condition, metric)
        WHERE often.alarms >= %(with)s AND cause = %(raised)s
    ) AS raises WHERE span <= %(within)s
), worst AS (
    SELECT d.id AS device, d.name, o.condition, m.name AS metric, o.alarms, c.device IS NOT NULL AS chatters
    FROM (SELECT * FROM often ORDER BY alarms DESC, device, condition, metric LIMIT %(worst)s) AS o
    JOIN devices d ON d.key = o.device LEFT JOIN metrics m ON m.key = o.metric
    LEFT JOIN chattering c USING (device, condition, metric)
    ORDER BY o.alarms DESC, d.id, o.condition
)
SELECT (SELECT json_agg(json_build_array(minute, n)) FROM (SELECT minute, count(*) AS n FROM announced GROUP BY 1) x),
       (SELECT json_agg(json_build_array(priority, n)) FROM (SELECT priority, count(*) AS n FROM announced GROUP BY 1) x),
       (SELECT json_agg(json_build_array(why, n)) FROM (
            SELECT split_part(s.comment, ' ', 1) AS why, count(*) AS n
            FROM announced r JOIN alarm_transitions s USING (alarm, version) WHERE r.cause = %(again)s GROUP BY 1) x),
       (SELECT json_agg(worst) FROM worst),
       (SELECT count(*) FROM chattering)
"""  # noqa: S608 - COVERS is ours

_ANSWERS = """
SELECT a.priority, count(*), percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (
           ORDER BY extract(epoch FROM t.recorded_at - p.recorded_at)::float8)
FROM alarm_transitions t JOIN alarms a ON a.id = t.alarm
CROSS JOIN LATERAL (
    SELECT recorded_at FROM alarm_transitions p
    WHERE p.alarm = t.alarm AND p.version < t.version AND p.cause = ANY(%(causes)s) ORDER BY p.version DESC LIMIT 1
) AS p
WHERE t.cause = %(acknowledged)s AND t.recorded_at >= %(start)s AND t.recorded_at < %(end)s
GROUP BY 1 ORDER BY 1
"""

_NOW = f"""
SELECT count(*), count(*) FILTER (WHERE a.raised_at < %(stale)s) FROM alarms a
WHERE a.state = ANY(%(active)s) AND NOT EXISTS (SELECT FROM overrides o WHERE {COVERS_NOW})
"""  # noqa: S608 - COVERS_NOW is ours


def measure(cur: Cursor, *, start: datetime, end: datetime) -> Figures:
    """Count what was announced and acknowledged in [start, end), by our time."""
    causes = [Cause.RAISED.value, Cause.REALARMED.value]
    given: dict[str, Any] = {
        "start": start,
        "end": end,
        "causes": causes,
        "raised": Cause.RAISED.value,
        "again": Cause.REALARMED.value,
        "acknowledged": Cause.ACKNOWLEDGED.value,
        "with": CHATTERS_WITH,
        "within": CHATTERS_WITHIN,
        "worst": WORST_TAGS,
    }
    cur.execute(_MEMORY)
    row = cur.execute(_ANNOUNCED, given).fetchone()
    assert row is not None
    minutes, priorities, again, worst, chattering = row
    return Figures(
        start=start,
        end=end,
        minutes=dict(minutes or ()),
        by_priority=dict.fromkeys((1, 2, 3, 4), 0) | dict(priorities or ()),
        again=dict(again or ()),
        tags=[Tag(**tag) for tag in worst or ()],
        chattering=chattering,
        answers=_answers(cur.execute(_ANSWERS, given).fetchall()),
    )


def _answers(rows: Sequence[tuple[Any, ...]]) -> list[Answer]:
    return [Answer(priority=p, alarms=n, p50_s=spans[0], p95_s=spans[1]) for p, n, spans in rows]


def measure_now(cur: Cursor, now: datetime) -> Now:
    """Count what stands at this moment."""
    row = cur.execute(_NOW, {"now": now, "active": _ACTIVE, "stale": now - STALE_AFTER}).fetchone()
    assert row is not None
    cur.execute(
        "SELECT kind, count(*) FROM overrides WHERE ended_at IS NULL AND starts_at <= %s AND ends_at > %s GROUP BY 1",
        (now, now),
    )
    overrides = {kind.value: 0 for kind in OverrideKind} | dict(cur.fetchall())
    return Now(standing=row[0], stale=row[1], overrides=overrides)
