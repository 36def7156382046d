"""Try rules out on the readings a database holds, and ask it why there was or was not an alarm. Writes nothing.

A reading counts as received when the database says so, unless that is more than a day after it was measured: then it
was imported, and arrived in the order of its own time.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from alerts.answer import instant, microseconds
from alerts.comparison import Comparison, Seen, compare
from alerts.errors import UnknownAlarmError
from alerts.explain import REACH, explain
from alerts.explained import Explanation, HeldOverride
from alerts.points import Tag
from alerts.rule import RuleSet
from alerts.trial import Trial, TrialRow, TrialStep, TrialTag
from database.connection import Connection, Cursor

_DAY = timedelta(days=1)
# One query reads a day of a few devices or an hour of a county: some hundred thousand rows.
_MANY_TAGS = 1000


def trial_over_history(
    connection: Connection,
    rules: RuleSet,
    start: datetime,
    end: datetime,
    *,
    in_force: RuleSet,
    grid: str | None = None,
) -> Comparison:
    """Judge the stored readings of device times [start, end) by two rule sets and compare the alarms.

    Args:
        connection: a session; it is only read from.
        rules: the rules proposed.
        start: aware; nothing before it is known to either trial.
        end: aware.
        in_force: the rules they are compared with.
        grid: only devices in the grid of this code and those below it.
    """
    with connection.cursor() as cur:
        tags = _tags(cur, grid)
        after, before = Trial(rules, tags), Trial(in_force, tags)
        steps: list[TrialStep] = []
        had: list[TrialStep] = []
        for part in _parts(cur, tags, start, end):
            steps += after.run(part)
            had += before.run(part)
    steps.sort(key=lambda step: step.time)
    had.sort(key=lambda step: step.time)
    told = after.told
    seen = Seen(
        start=None if told.first_us is None else instant(told.first_us),
        end=None if told.last_us is None else instant(told.last_us),
        rows=told.rows,
        devices=len({named.device for named in tags}),
    )
    return compare(had, steps, seen=seen, tags=tags)


def explain_stored(
    connection: Connection, rules: RuleSet, device: str, at: datetime, *, metric: str | None = None
) -> Explanation:
    """Tell how each rule stood on a device at a time (aware), from stored readings and the overrides of that time.

    Raises:
        UnknownAlarmError: no device has this id, or it measures nothing.
    """
    with connection.cursor() as cur:
        tags = _tags(cur, None, device=device)
        if not tags:
            raise UnknownAlarmError(f"there is no device {device!r} that measures anything")
        rows = [row for part in _parts(cur, tags, at - REACH, at + timedelta(microseconds=1)) for row in part]
        overrides = _overrides(cur, device, at)
    return explain(rules, tags, rows, device=device, at=at, metric=metric, overrides=overrides)


def _tags(cur: Cursor, grid: str | None, *, device: str | None = None) -> list[TrialTag]:
    """Read the tags of all devices, of those in a grid, or of one device and what is heard through the same gateway."""
    cur.execute(
        """
        WITH RECURSIVE inside AS (
            SELECT key, version, code FROM grids WHERE code = %(grid)s
            UNION SELECT g.key, g.version, g.code FROM grids g JOIN inside i ON g.version = i.version AND g.parent = i.code
        )
        SELECT d.key, d.id, d.kind, coalesce(g.code, ''), coalesce(d.grid, 0), dm.metric, m.name, dm.unit, dm.interval_s,
               limit_1, limit_2, limit_3, limit_4
        FROM devices d JOIN device_metrics dm ON dm.device = d.key JOIN metrics m ON m.key = dm.metric
        LEFT JOIN grids g ON g.key = d.grid
        WHERE d.retired_at IS NULL AND NOT d.is_carrier AND (%(device)s::text IS NULL OR d.id = %(device)s)
          AND (%(grid)s::text IS NULL OR d.grid IN (SELECT key FROM inside))
        ORDER BY d.key, dm.metric
        """,
        {"grid": grid, "device": device},
    )
    rows = cur.fetchall()
    paths = _grid_paths(cur)
    return [
        TrialTag(
            tag=Tag(
                device=key,
                kind=kind,
                metric=metric,
                metric_name=name,
                unit=unit,
                limits=(l1, l2, l3, l4),
                interval_s=interval,
                grids=paths.get(lies_in, ()),
            ),
            device=device_id,
            place=place,
        )
        for key, device_id, kind, place, lies_in, metric, name, unit, interval, l1, l2, l3, l4 in rows
    ]


def _grid_paths(cur: Cursor) -> dict[int, tuple[str, ...]]:
    """Give the codes of each grid and of all above it, finest first, by grid key."""
    rows = cur.execute("SELECT key, version, code, parent FROM grids").fetchall()
    above = {(version, code): parent for _, version, code, parent in rows}
    paths = {}
    for key, version, code, parent in rows:
        path = [code]
        while parent is not None and parent not in path:
            path.append(parent)
            parent = above.get((version, parent))  # noqa: PLW2901 -- one step up
        paths[key] = tuple(path)
    return paths


def _parts(cur: Cursor, tags: list[TrialTag], start: datetime, end: datetime) -> Iterator[list[TrialRow]]:
    """Yield the readings in order of arrival, a stretch at a time; what arrived after a stretch comes with a later one."""
    names = {(named.tag.device, named.tag.metric): (named.device, named.tag.metric_name) for named in tags}
    devices = sorted({named.tag.device for named in tags})
    step = _DAY if len(tags) < _MANY_TAGS else timedelta(hours=1)
    waiting: list[tuple[int, TrialRow]] = []
    start, end = _narrowed(cur, devices, start, end)
    while start < end:
        until = min(start + step, end)
        waiting += _rows(cur, devices, names, start, until)
        waiting.sort(key=lambda arrived: arrived[0])
        last = microseconds(until) if until < end else 2**62
        yield [row for arrived, row in waiting if arrived < last]
        waiting = [(arrived, row) for arrived, row in waiting if arrived >= last]
        start = until


def _narrowed(cur: Cursor, devices: list[int], start: datetime, end: datetime) -> tuple[datetime, datetime]:
    """Leave out what lies before the first and after the last reading there is."""
    row = cur.execute(
        "SELECT min(time), max(time) FROM readings WHERE device = ANY(%s) AND time >= %s AND time < %s",
        (devices, start, end),
    ).fetchone()
    if row is None or row[0] is None:
        return end, end
    return row[0], row[1] + timedelta(microseconds=1)


def _rows(
    cur: Cursor, devices: list[int], names: dict[tuple[int, int], tuple[str, str]], start: datetime, end: datetime
) -> Iterator[tuple[int, TrialRow]]:
    cur.execute(
        "SELECT device, metric, time, value, quality, received FROM readings"
        " WHERE device = ANY(%s) AND time >= %s AND time < %s ORDER BY received, time, device, metric",
        (devices, start, end),
    )
    for device, metric, time, value, quality, received in cur:
        name = names.get((device, metric))
        if name is not None:
            time_us = microseconds(time)
            arrived = microseconds(received) if received - time < _DAY else None
            yield (
                time_us if arrived is None else arrived,
                TrialRow(time_us, *name, value, received_us=arrived, quality=quality),
            )


def _overrides(cur: Cursor, device: str, at: datetime) -> list[HeldOverride]:
    cur.execute(
        """
        SELECT o.kind, o.condition, CASE o.metric WHEN 0 THEN '' ELSE m.name END, o.priority, o.ends_at, o.reason, o.actor
        FROM overrides o JOIN devices d ON d.key = o.device LEFT JOIN metrics m ON m.key = o.metric
        WHERE d.id = %(device)s AND o.starts_at <= %(at)s AND o.ends_at > %(at)s
          AND (o.ended_at IS NULL OR o.ended_at > %(at)s)
        ORDER BY o.id
        """,
        {"device": device, "at": at},
    )
    return [
        HeldOverride(
            kind=kind,
            condition=condition,
            metric=metric,
            priority=priority,
            ends_at=ends_at,
            reason=reason,
            actor=actor,
        )
        for kind, condition, metric, priority, ends_at, reason, actor in cur.fetchall()
    ]
