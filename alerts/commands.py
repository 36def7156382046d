"""What officers do to alarms, and what falls due: each in the caller's transaction, with the version the officer saw.

Every command gives the changes it made; the caller appends them last. Nothing here reads the clock or judges a right.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from alerts.errors import StaleVersionError, UnknownAlarmError
from alerts.ledger import COLUMNS, AlarmRow, Move, read_row, record
from alerts.life_cycle import Cause, State, is_active
from alerts.overrides import (
    LONGEST_SHELVING,
    Override,
    OverrideKind,
    check_span,
    covers_still,
    end_overrides,
    start_override,
)
from alerts.rule_store import rule_of
from database import Change
from database.connection import Cursor

# One look at what is due; the next look, a second later, takes the rest.
_AT_ONCE = 500
_UNDER_OVERRIDES = """EXISTS (
    SELECT FROM overrides o
    WHERE o.id = ANY(%s) AND o.ended_at IS NULL AND o.device = a.device
      AND (o.condition IS NULL OR o.condition = a.condition)
) AND a.state = ANY(%s)"""


def acknowledge(
    cur: Cursor, alarm_id: int, *, version: int, actor: str, now: datetime, comment: str = ""
) -> list[Change]:
    """Take note of an alarm; one that has passed already is then normal. It never brings a passed alarm back.

    Raises:
        UnknownAlarmError, StaleVersionError: there is no such alarm, or it has changed since the officer saw it.
        IllegalTransitionError: it needs no acknowledgement.
    """
    alarm = _lock(cur, alarm_id, version)
    (transition,) = record(cur, [_by(alarm, Cause.ACKNOWLEDGED, actor, now, comment)], now=now)
    if transition.to_state is State.ACKED:
        rule = rule_of(cur, alarm_id)
        if rule is not None and rule.realarm_after_us is not None:
            _set_deadline(cur, "realarm", alarm_id, now + timedelta(microseconds=rule.realarm_after_us))
    return [transition.change]


def comment(
    cur: Cursor, alarm_id: int, *, text: str, actor: str, now: datetime, version: int | None = None
) -> list[Change]:
    """Write a remark into the history of an alarm, in any state; without a version it cannot be stale.

    Raises:
        UnknownAlarmError, StaleVersionError: as for `acknowledge`.
    """
    alarm = _lock(cur, alarm_id, version)
    return [t.change for t in record(cur, [_by(alarm, Cause.COMMENTED, actor, now, text)], now=now)]


def shelve(  # noqa: PLR0913 - as above
    cur: Cursor,
    alarm_id: int,
    *,
    version: int,
    until: datetime,
    reason: str,
    actor: str,
    now: datetime,
    longest: timedelta = LONGEST_SHELVING,
) -> list[Change]:
    """Put an alarm aside until an end; a later shelving replaces the one in force.

    Raises:
        OverrideRefusedError: no reason, an end that is past, or one later than `longest` from now.
        UnknownAlarmError, StaleVersionError, IllegalTransitionError: as for `acknowledge`; a normal alarm is not
            shelved.
    """
    check_span(until=until, reason=reason, now=now, longest=longest)
    alarm = _lock(cur, alarm_id, version)
    (transition,) = record(cur, [_by(alarm, Cause.SHELVED, actor, now, reason)], now=now)
    ended = end_overrides(cur, kind=OverrideKind.SHELVED, device=alarm.device, condition=alarm.condition, now=now)
    started = start_override(
        cur,
        Override(
            kind=OverrideKind.SHELVED,
            device=alarm.device,
            condition=alarm.condition,
            starts_at=now,
            ends_at=until,
            reason=reason,
            actor=actor,
        ),
    )
    _set_deadline(cur, "override-ends", int(started.id), until)
    return [transition.change, *(override.change for override in ended), started]


def unshelve(cur: Cursor, alarm_id: int, *, version: int, actor: str, now: datetime) -> list[Change]:
    """Take an alarm back from the shelf; while its condition holds it sounds again.

    Raises:
        UnknownAlarmError, StaleVersionError: as for `acknowledge`.
    """
    alarm = _lock(cur, alarm_id, version)
    ended = end_overrides(cur, kind=OverrideKind.SHELVED, device=alarm.device, condition=alarm.condition, now=now)
    (transition,) = record(cur, [_by(alarm, Cause.UNSHELVED, actor, now, "")], now=now)
    changes = [transition.change, *(override.change for override in ended)]
    if ended and is_active(transition.to_state):
        changes += _sound_again(cur, [_lock(cur, alarm_id, None)], now)
    return changes


def out_of_service(
    cur: Cursor, device: int, *, until: datetime, reason: str, actor: str, now: datetime, condition: str | None = None
) -> list[Change]:
    """Take a device (by registry key), or one condition of it, out of service for maintenance that has an end.

    Raises:
        OverrideRefusedError: no reason, or an end that is past.
        UnknownAlarmError: there is no such device.
    """
    return _override(
        cur, OverrideKind.OUT_OF_SERVICE, device, condition, until=until, reason=reason, actor=actor, now=now
    )


def suppress(
    cur: Cursor, device: int, *, until: datetime, reason: str, actor: str, now: datetime, condition: str | None = None
) -> list[Change]:
    """Suppress a device, or one condition of it, by design: a rule or a plan says that it means nothing now.

    Raises:
        OverrideRefusedError, UnknownAlarmError: as for `out_of_service`.
    """
    return _override(cur, OverrideKind.SUPPRESSED, device, condition, until=until, reason=reason, actor=actor, now=now)


def end_override(cur: Cursor, override: int, *, now: datetime) -> list[Change]:
    """End an override before its time; alarms whose condition still holds sound again.

    Raises:
        UnknownAlarmError: there is no such override in force.
    """
    changes = _end(cur, [override], now)
    if not changes:
        raise UnknownAlarmError(f"no override {override} is in force")
    return changes


def fire_deadlines(cur: Cursor, now: datetime) -> list[Change]:
    """Do what has fallen due, oldest first and at most 500 at once; an alarm somebody works on waits for the next look.

    Acknowledgements run out where the condition still holds, and overrides end.
    """
    cur.execute(
        "SELECT kind, subject FROM deadlines WHERE done_at IS NULL AND due_at <= %s ORDER BY due_at, id LIMIT %s",
        (now, _AT_ONCE),
    )
    due = cur.fetchall()
    changes: list[Change] = []
    acknowledged = [subject for kind, subject in due if kind == "realarm"]
    if acknowledged:
        alarms = _lock_all(cur, "a.id = ANY(%s)", (acknowledged,), skip=True)
        # The alarm first and then its deadline, as everywhere: two who take both never wait in a circle.
        _done(cur, "realarm", [alarm.id for alarm in alarms], now)
        changes += _sound_again(cur, [alarm for alarm in alarms if alarm.now.state is State.ACKED], now)
    ending = [subject for kind, subject in due if kind == "override-ends"]
    if ending:
        changes += _end(cur, ending, now)
    return changes


def _override(  # noqa: PLR0913 - as above
    cur: Cursor,
    kind: OverrideKind,
    device: int,
    condition: str | None,
    *,
    until: datetime,
    reason: str,
    actor: str,
    now: datetime,
) -> list[Change]:
    check_span(until=until, reason=reason, now=now, longest=None)
    if cur.execute("SELECT FROM devices WHERE key = %s", (device,)).fetchone() is None:
        raise UnknownAlarmError(f"no device {device}")
    started = start_override(
        cur,
        Override(
            kind=kind,
            device=device,
            condition=condition,
            starts_at=now,
            ends_at=until,
            reason=reason,
            actor=actor,
        ),
    )
    _set_deadline(cur, "override-ends", int(started.id), until)
    return [started]


def _end(cur: Cursor, overrides: Sequence[int], now: datetime) -> list[Change]:
    """End overrides and let the alarms under them sound, but those that another override still covers."""
    # Alarms are locked before what hangs on them, here as everywhere.
    alarms = _lock_all(cur, _UNDER_OVERRIDES, (list(overrides), [state.value for state in State if is_active(state)]))
    ended = end_overrides(cur, ids=overrides, now=now)
    _done(cur, "override-ends", overrides, now)
    bare = [alarm for alarm in alarms if not covers_still(cur, alarm.device, alarm.condition, now)]
    return [*(override.change for override in ended), *_sound_again(cur, bare, now)]


def _sound_again(cur: Cursor, alarms: Sequence[AlarmRow], now: datetime) -> list[Change]:
    moves = [Move(alarm=alarm, cause=Cause.REALARMED, at=now) for alarm in alarms]
    transitions = record(cur, moves, now=now)
    _done(cur, "realarm", [t.alarm for t in transitions], now)
    return [transition.change for transition in transitions]


def _by(alarm: AlarmRow, cause: Cause, actor: str, now: datetime, text: str) -> Move:
    return Move(alarm=alarm, cause=cause, at=now, actor=actor, comment=text)


def _lock(cur: Cursor, alarm_id: int, version: int | None) -> AlarmRow:
    """Lock an alarm and hold it against the version the officer saw."""
    row = cur.execute(f"SELECT {COLUMNS} FROM alarms a WHERE a.id = %s FOR UPDATE", (alarm_id,)).fetchone()  # noqa: S608
    if row is None:
        raise UnknownAlarmError(f"no alarm {alarm_id}")
    alarm = read_row(row)
    if version is not None and alarm.now.version != version:
        raise StaleVersionError(alarm.now.version)
    return alarm


def _lock_all(cur: Cursor, where: str, parameters: Sequence[object], *, skip: bool = False) -> list[AlarmRow]:
    query = f"SELECT {COLUMNS} FROM alarms a WHERE {where} ORDER BY a.id FOR UPDATE OF a"  # noqa: S608 - all ours
    cur.execute((query + " SKIP LOCKED" * skip).encode(), parameters)
    return [read_row(row) for row in cur.fetchall()]


def _set_deadline(cur: Cursor, kind: str, subject: int, due_at: datetime) -> None:
    cur.execute(
        """
        INSERT INTO deadlines (kind, subject, due_at) VALUES (%s, %s, %s)
        ON CONFLICT (kind, subject) WHERE done_at IS NULL DO UPDATE SET due_at = excluded.due_at
        """,
        (kind, subject, due_at),
    )


def _done(cur: Cursor, kind: str, subjects: Sequence[int], now: datetime) -> None:
    if subjects:
        cur.execute(
            "UPDATE deadlines SET done_at = %s WHERE kind = %s AND subject = ANY(%s) AND done_at IS NULL",
            (now, kind, list(subjects)),
        )
