"""Reads alarms and incidents as they are now, with place and overrides, for those who are to be told. Writes nothing."""

from collections.abc import Callable, Sequence
from datetime import datetime

from alerts.notification.happening import Happening, Subject
from alerts.overrides import COVERS_NOW
from database.connection import Cursor

KindOf = Callable[[str, str | None], str]
"""Tells what happened (fire, flood, device, other) from an alarm's condition and metric."""

_PATHS = """
    WITH RECURSIVE way (key, version, parent, code, name, height) AS (
        SELECT key, version, parent, code, name, 0 FROM grids WHERE key = ANY(%s)
        UNION ALL
        SELECT w.key, w.version, g.parent, g.code, g.name, w.height + 1
        FROM way w JOIN grids g ON g.version = w.version AND g.code = w.parent
        WHERE w.height < 12
    )
    SELECT key, array_agg(code ORDER BY height DESC), array_agg(name ORDER BY height DESC) FROM way GROUP BY key
"""
_ALARMS = f"""
    SELECT a.id, a.priority, a.condition, m.name, d.kind, d.id, coalesce(nullif(d.name, ''), d.id), a.state,
           nullif(a.value, 'NaN'), a.unit, a.grid, a.incident, a.raised_at, a.cleared_at, a.acked_by,
           EXISTS (SELECT FROM overrides o WHERE {COVERS_NOW}),
           (SELECT max(t.version) FROM alarm_transitions t
            WHERE t.alarm = a.id AND t.cause IN ('raised', 'realarmed', 'acknowledged'))
    FROM alarms a JOIN devices d ON d.key = a.device LEFT JOIN metrics m ON m.key = a.metric
    WHERE a.id = ANY(%(ids)s)
"""  # noqa: S608 - COVERS_NOW is ours
_INCIDENTS = """
    SELECT i.id, i.priority, i.kind, i.title, i.state, i.grid, i.opened_at, i.closed_at,
           (SELECT count(*) FROM alarms a WHERE a.incident = i.id)
    FROM incidents i WHERE i.id = ANY(%s)
"""
_Way = tuple[tuple[str, ...], tuple[str, ...]]


def read_happenings(
    cur: Cursor, wanted: Sequence[tuple[Subject, int]], *, now: datetime, kind_of: KindOf
) -> dict[tuple[Subject, int], Happening]:
    """Read records by subject and id; those that do not exist are left out."""
    alarms = cur.execute(_ALARMS, {"ids": [n for s, n in wanted if s is Subject.ALARM], "now": now}).fetchall()
    incidents = cur.execute(_INCIDENTS, ([n for s, n in wanted if s is Subject.INCIDENT],)).fetchall()
    grids = {row[10] for row in alarms} | {row[5] for row in incidents}
    cur.execute(_PATHS, (sorted(key for key in grids if key is not None),))
    ways: dict[int | None, _Way] = {key: (tuple(codes), tuple(names)) for key, codes, names in cur.fetchall()}
    found = [_alarm(row, ways.get(row[10], ((), ())), kind_of) for row in alarms]
    found += [_incident(row, ways.get(row[5], ((), ()))) for row in incidents]
    return {(happening.subject, happening.number): happening for happening in found}


def _alarm(row: tuple[object, ...], way: _Way, kind_of: KindOf) -> Happening:
    number, priority, condition, metric, kind, device, name, state, value, unit, _, incident, *rest = row
    raised_at, cleared_at, acked_by, covered, sounding = rest
    return Happening(
        subject=Subject.ALARM,
        number=int(str(number)),
        priority=int(str(priority)),
        kind=str(kind),
        what=kind_of(str(condition), None if metric is None else str(metric)),
        condition=str(condition),
        metric=None if metric is None else str(metric),
        device=str(device),
        device_name=str(name),
        state=str(state),
        value=value if isinstance(value, float) else None,
        unit=str(unit),
        codes=way[0],
        path=way[1],
        incident=incident if isinstance(incident, int) else None,
        since=raised_at if isinstance(raised_at, datetime) else None,
        until=cleared_at if isinstance(cleared_at, datetime) else None,
        acked_by=None if acked_by is None else str(acked_by),
        covered=bool(covered),
        sounding=sounding if isinstance(sounding, int) else 0,
    )


def _incident(row: tuple[object, ...], way: _Way) -> Happening:
    number, priority, kind, title, state, _, opened_at, closed_at, alarms = row
    return Happening(
        subject=Subject.INCIDENT,
        number=int(str(number)),
        priority=int(str(priority)),
        kind=str(kind),
        what=str(kind),
        title=str(title),
        state=str(state),
        codes=way[0],
        path=way[1],
        incident=int(str(number)),
        alarms=int(str(alarms)),
        since=opened_at if isinstance(opened_at, datetime) else None,
        until=closed_at if isinstance(closed_at, datetime) else None,
    )
