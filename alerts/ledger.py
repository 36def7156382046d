"""Writes the steps of alarms: the append-only history and the row that is its projection. Decides nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.errors import StaleVersionError, UnknownAlarmError
from alerts.life_cycle import Cause, Projection, State, Step, next_state, project
from database import Change, ChangeKind
from database.connection import Cursor

COLUMNS = """a.id, a.device, coalesce(a.metric, 0), a.condition, a.priority, a.rule, a.state, a.version, a.value,
             a.raised_at, a.acked_at, a.acked_by, a.cleared_at"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRow:
    """An alarm that this transaction has locked. `metric` 0 is the device as a whole."""

    id: int
    device: int
    metric: int
    condition: str
    priority: int
    rule: str
    now: Projection


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A step that a locked alarm is to take. `at` is device time for the engine's, our time for an officer's."""

    alarm: AlarmRow
    cause: Cause
    at: datetime
    value: float | None = None
    actor: str = "engine"
    comment: str = ""
    rule: str | None = None  # the rule and the rule set that raised it anew
    rule_set: int | None = None
    backfilled: bool | None = None  # of a raise: whether what raised it was told late


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """A step that was taken and written."""

    alarm: int
    version: int
    cause: Cause
    from_state: State
    to_state: State
    device: int
    metric: int
    condition: str
    priority: int
    at: datetime
    value: float | None
    backfilled: bool = False  # it was raised by what was told late: no word of it outside of the list

    @property
    def change(self) -> Change:
        """Give what the live feed is told."""
        return Change(kind=ChangeKind.ALARM, id=str(self.alarm), version=self.version)


def read_row(row: Sequence[object]) -> AlarmRow:
    """Make an alarm of a row of COLUMNS."""
    (alarm, device, metric, condition, priority, rule, state, version, value, raised, acked, acked_by, cleared) = row
    return AlarmRow(
        id=int(str(alarm)),
        device=int(str(device)),
        metric=int(str(metric)),
        condition=str(condition),
        priority=int(str(priority)),
        rule=str(rule),
        now=Projection(
            state=State(str(state)),
            version=int(str(version)),
            value=value if isinstance(value, float) else None,
            raised_at=raised if isinstance(raised, datetime) else None,
            acked_at=acked if isinstance(acked, datetime) else None,
            acked_by=None if acked_by is None else str(acked_by),
            cleared_at=cleared if isinstance(cleared, datetime) else None,
        ),
    )


def lock_alarm(cur: Cursor, alarm_id: int, version: int | None) -> AlarmRow:
    """Lock an alarm and hold it against the version the officer saw; None is whatever it is now.

    Raises:
        UnknownAlarmError, StaleVersionError: there is no such alarm, or it has another version.
    """
    found = lock_alarms(cur, "a.id = %s", (alarm_id,))
    if not found:
        raise UnknownAlarmError(f"no alarm {alarm_id}")
    if version is not None and found[0].now.version != version:
        raise StaleVersionError(found[0].now.version)
    return found[0]


def lock_alarms(cur: Cursor, where: str, parameters: Sequence[object], *, skip: bool = False) -> list[AlarmRow]:
    """Lock alarms `a` by a condition of ours, in the order of their points; `skip` leaves out what others have locked.

    It is the order in which a worker that raises and returns alarms locks them, so nobody waits in a circle.
    """
    order = """ORDER BY a.device, a.condition COLLATE "C", a.priority, coalesce(a.metric, 0), a.id"""
    query = f"SELECT {COLUMNS} FROM alarms a WHERE {where} {order} FOR UPDATE OF a"  # noqa: S608 - all ours
    cur.execute((query + " SKIP LOCKED" * skip).encode(), parameters)
    return [read_row(row) for row in cur.fetchall()]


def record(cur: Cursor, moves: Sequence[Move], *, now: datetime) -> list[Transition]:
    """Write one step for each of some alarms, in two statements however many they are.

    Raises:
        IllegalTransitionError: an alarm is not in a state for its step; nothing was written.
    """
    if not moves:
        return []
    rows = [(move, project(move.alarm.now, _step(move))) for move in moves]
    cur.execute(
        """
        UPDATE alarms a
        SET state = m.state, version = m.version, value = m.value, raised_at = m.raised_at, acked_at = m.acked_at,
            acked_by = m.acked_by, cleared_at = m.cleared_at, rule = coalesce(m.rule, a.rule),
            rule_set = coalesce(m.rule_set, a.rule_set), backfilled = coalesce(m.backfilled, a.backfilled)
        FROM unnest(%s::bigint[], %s::text[], %s::int[], %s::float8[], %s::timestamptz[], %s::timestamptz[],
                    %s::text[], %s::timestamptz[], %s::text[], %s::int[], %s::bool[])
             AS m (id, state, version, value, raised_at, acked_at, acked_by, cleared_at, rule, rule_set, backfilled)
        WHERE a.id = m.id
        """,
        (
            [move.alarm.id for move, _ in rows],
            [after.state.value for _, after in rows],
            [after.version for _, after in rows],
            [after.value for _, after in rows],
            [after.raised_at for _, after in rows],
            [after.acked_at for _, after in rows],
            [after.acked_by for _, after in rows],
            [after.cleared_at for _, after in rows],
            [move.rule for move, _ in rows],
            [move.rule_set for move, _ in rows],
            [move.backfilled for move, _ in rows],
        ),
    )
    return append(cur, moves, now=now)


def append(cur: Cursor, moves: Sequence[Move], *, now: datetime) -> list[Transition]:
    """Write steps into the history alone; for alarms whose row was just made."""
    transitions = [_transition(move) for move in moves]
    cur.execute(
        """
        INSERT INTO alarm_transitions (alarm, version, at, recorded_at, cause, from_state, to_state, value, actor,
                                       comment)
        SELECT alarm, version, at, %s, cause, from_state, to_state, value, actor, comment
        FROM unnest(%s::bigint[], %s::int[], %s::timestamptz[], %s::text[], %s::text[], %s::text[], %s::float8[],
                    %s::text[], %s::text[])
             AS new (alarm, version, at, cause, from_state, to_state, value, actor, comment)
        """,
        (
            now,
            [t.alarm for t in transitions],
            [t.version for t in transitions],
            [t.at for t in transitions],
            [t.cause.value for t in transitions],
            [t.from_state.value for t in transitions],
            [t.to_state.value for t in transitions],
            [t.value for t in transitions],
            [move.actor for move in moves],
            [move.comment for move in moves],
        ),
    )
    return transitions


def _step(move: Move) -> Step:
    before = move.alarm.now
    return Step(
        version=before.version + 1,
        at=move.at,
        cause=move.cause,
        from_state=before.state,
        to_state=next_state(before.state, move.cause),
        value=move.value,
        actor=move.actor,
    )


def _transition(move: Move) -> Transition:
    step, alarm = _step(move), move.alarm
    return Transition(
        alarm=alarm.id,
        version=step.version,
        cause=step.cause,
        from_state=step.from_state,
        to_state=step.to_state,
        device=alarm.device,
        metric=alarm.metric,
        condition=alarm.condition,
        priority=alarm.priority,
        at=step.at,
        value=step.value,
        backfilled=bool(move.backfilled),
    )
