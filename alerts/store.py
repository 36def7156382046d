"""Turns what the engine detected into alarms, in the transaction of its readings; a second telling changes nothing.

That an alarm is raised once is promised by the unique indexes `alarms_active_once` and `alarms_opened_once`, not by a
lock: a worker that loses the race finds the alarm there and leaves it. Alarms are locked in the order of their points,
so two workers wait for each other and never in a circle.
"""

import math
from collections.abc import Iterable, Sequence
from datetime import datetime

from alerts.answer import Answer, answer, instant, microseconds
from alerts.chatter import calmed
from alerts.detection import DelayChange, Detection, PointChange
from alerts.ledger import COLUMNS, AlarmRow, Move, Transition, append, read_row, record
from alerts.life_cycle import Cause, Projection, State
from database.connection import Cursor

# Each further try answers a worker that opened the same alarm between our look and our insert.
_TRIES = 4
_Key = tuple[int, str, int, int]


def save(cur: Cursor, detection: Detection, *, now: datetime, rule_set: int | None = None) -> list[Transition]:
    """Write what was detected, set by set: some eight statements, whether it is one alarm or five thousand.

    Args:
        cur: a cursor inside the transaction that also writes the readings.
        detection: what the engine said.
        now: our time, aware UTC.
        rule_set: version of the rules in force, as `save_rule_set` gave it.

    Returns:
        The steps that alarms took, which leaves out all that was known before.
    """
    transitions: list[Transition] = []
    for changes in _rounds(calmed(_stored(cur, detection.changes))):
        transitions += _save_round(cur, changes, now=now, rule_set=rule_set)
    _drop_deadlines(cur, [t.alarm for t in transitions if t.from_state is State.ACKED], now)
    _save_delays(cur, detection.delays)
    return transitions


def _stored(cur: Cursor, changes: Sequence[PointChange]) -> list[PointChange]:
    """Leave out what rests on a late reading that is not the one stored for its instant."""
    late = [(c.device, c.metric, *c.late) for c in changes if c.late is not None]
    if not late:
        return list(changes)
    device, metric, time, value = zip(*late, strict=True)
    cur.execute(
        """
        SELECT r.device, r.metric, r.time, r.value
        FROM unnest(%s::int[], %s::int[], %s::timestamptz[], %s::float8[]) AS w (device, metric, time, value)
        JOIN readings r ON r.device = w.device AND r.metric = w.metric AND r.time = w.time AND r.value = w.value
        """,
        (list(device), list(metric), [instant(t) for t in time], list(value)),
    )
    stored = {(d, m, microseconds(at), v) for d, m, at, v in cur.fetchall()}
    return [c for c in changes if c.late is None or (c.device, c.metric, *c.late) in stored]


def _key(change: PointChange) -> _Key:
    return (change.device, change.condition, change.priority, change.metric)


def _rounds(changes: Iterable[PointChange]) -> list[list[PointChange]]:
    """Put the n-th change of each point into the n-th round, sorted by point: a set has each alarm once."""
    rounds: list[list[PointChange]] = []
    seen: dict[_Key, int] = {}
    for change in changes:
        nth = seen.get(_key(change), 0)
        seen[_key(change)] = nth + 1
        if nth == len(rounds):
            rounds.append([])
        rounds[nth].append(change)
    return [sorted(changes, key=_key) for changes in rounds]


def _save_round(
    cur: Cursor, changes: Sequence[PointChange], *, now: datetime, rule_set: int | None
) -> list[Transition]:
    transitions: list[Transition] = []
    for _ in range(_TRIES):
        newest = _lock_newest(cur, changes)
        fresh: list[PointChange] = []
        moves: list[Move] = []
        for change in changes:
            alarm = newest.get(_key(change))
            match answer(alarm.now if alarm else None, change, now=now):
                case Answer.OPEN:
                    fresh.append(change)
                case Answer.MOVE:
                    assert alarm is not None
                    moves.append(_move(alarm, change, rule_set))
                case Answer.KNOWN:
                    pass
        transitions += record(cur, moves, now=now)
        opened = _open(cur, fresh, now=now, rule_set=rule_set)
        transitions += append(cur, list(opened.values()), now=now) if opened else []
        changes = [change for change in fresh if _key(change) not in opened]
        if not changes:
            break
    return transitions


def _lock_newest(cur: Cursor, changes: Sequence[PointChange]) -> dict[_Key, AlarmRow]:
    """Lock the newest alarm of each point, whatever its state."""
    cur.execute(
        f"""
        SELECT {COLUMNS}
        FROM unnest(%s::int[], %s::text[], %s::int[], %s::int[]) WITH ORDINALITY
             AS w (device, condition, priority, metric, nth)
        CROSS JOIN LATERAL (
            SELECT * FROM alarms x
            WHERE x.device = w.device AND x.condition = w.condition AND x.priority = w.priority
              AND coalesce(x.metric, 0) = w.metric
            ORDER BY x.id DESC LIMIT 1 FOR UPDATE
        ) a
        ORDER BY w.nth
        """,  # noqa: S608 - COLUMNS is ours
        _columns(changes),
    )
    rows = [read_row(row) for row in cur.fetchall()]
    return {(row.device, row.condition, row.priority, row.metric): row for row in rows}


def _open(cur: Cursor, changes: Sequence[PointChange], *, now: datetime, rule_set: int | None) -> dict[_Key, Move]:
    """Insert new alarms with place and unit of their devices; gives those that nobody else has open."""
    if not changes:
        return {}
    cur.execute(
        """
        INSERT INTO alarms (device, metric, rule, rule_set, condition, priority, state, value, unit, grid, lon, lat,
                            raised_at, opened_at, recorded_at, backfilled)
        SELECT w.device, nullif(w.metric, 0), w.rule, %s, w.condition, w.priority, %s, w.value,
               coalesce(w.unit, dm.unit, ''), d.grid, d.lon, d.lat, w.at, w.at, %s, w.backfilled
        FROM unnest(%s::int[], %s::text[], %s::int[], %s::int[], %s::text[], %s::float8[], %s::text[],
                    %s::timestamptz[], %s::bool[])
             WITH ORDINALITY AS w (device, condition, priority, metric, rule, value, unit, at, backfilled, nth)
        JOIN devices d ON d.key = w.device
        LEFT JOIN device_metrics dm ON dm.device = w.device AND dm.metric = w.metric
        ORDER BY w.nth
        ON CONFLICT DO NOTHING
        RETURNING id, device, condition, priority, coalesce(metric, 0)
        """,
        (
            rule_set,
            State.UNACK.value,
            now,
            *_columns(changes),
            [change.rule for change in changes],
            [_measured(change) for change in changes],
            [change.unit for change in changes],
            [instant(change.time) for change in changes],
            [change.backfilled for change in changes],
        ),
    )
    ids: dict[_Key, int] = {(device, c, p, metric): alarm for alarm, device, c, p, metric in cur.fetchall()}
    return {
        _key(change): _move(_unborn(ids[_key(change)], change), change, rule_set)
        for change in changes
        if _key(change) in ids
    }


def _unborn(alarm: int, change: PointChange) -> AlarmRow:
    """Give an alarm as it was before its first step."""
    return AlarmRow(
        id=alarm,
        device=change.device,
        metric=change.metric,
        condition=change.condition,
        priority=change.priority,
        rule=change.rule,
        now=Projection(),
    )


def _move(alarm: AlarmRow, change: PointChange, rule_set: int | None) -> Move:
    raised = change.cause is Cause.RAISED
    return Move(
        alarm=alarm,
        cause=change.cause,
        at=instant(change.time),
        value=_measured(change),
        rule=change.rule if raised else None,
        rule_set=rule_set if raised else None,
        backfilled=change.backfilled if raised else None,
    )


def _measured(change: PointChange) -> float | None:
    return None if math.isnan(change.value) else change.value


def _columns(changes: Sequence[PointChange]) -> tuple[list[int], list[str], list[int], list[int]]:
    return (
        [change.device for change in changes],
        [change.condition for change in changes],
        [change.priority for change in changes],
        [change.metric for change in changes],
    )


def _drop_deadlines(cur: Cursor, alarms: Sequence[int], now: datetime) -> None:
    """End the re-alarm of alarms that are not acknowledged any more."""
    if alarms:
        cur.execute(
            "UPDATE deadlines SET done_at = %s WHERE kind = 'realarm' AND subject = ANY(%s) AND done_at IS NULL",
            (now, list(alarms)),
        )


def _save_delays(cur: Cursor, delays: Iterable[DelayChange]) -> None:
    """Write which delays run; of several words on one delay the last holds."""
    final = {(delay.device, delay.metric, delay.rule, delay.priority): delay for delay in delays}
    gone = sorted(key for key, delay in final.items() if delay.since is None)
    if gone:
        cur.execute(
            """
            DELETE FROM pending_delays p
            USING unnest(%s::int[], %s::int[], %s::text[], %s::int[]) AS w (device, metric, rule, priority)
            WHERE (p.device, p.metric, p.rule, p.priority) = (w.device, w.metric, w.rule, w.priority)
            """,
            tuple(list(column) for column in zip(*gone, strict=True)),
        )
    running = [(*key, delay.wanted, delay.since) for key, delay in sorted(final.items()) if delay.since is not None]
    if running:
        *columns, since = (list(column) for column in zip(*running, strict=True))
        cur.execute(
            """
            INSERT INTO pending_delays (device, metric, rule, priority, wanted, since)
            SELECT * FROM unnest(%s::int[], %s::smallint[], %s::text[], %s::smallint[], %s::bool[], %s::timestamptz[])
            ON CONFLICT (device, metric, rule, priority) DO UPDATE SET wanted = excluded.wanted, since = excluded.since
            """,
            (*columns, [instant(time) for time in since]),
        )
