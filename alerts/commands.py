"""What officers do to alarms, each in the caller's transaction, with the version the officer saw.

Every command gives the changes it made; the caller appends them last. Nothing here reads the clock or judges a right.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from alerts.deadlines import Due, finish, set_deadlines
from alerts.due import end
from alerts.errors import ShelvingTooLongError
from alerts.ledger import AlarmRow, Move, lock_alarm, lock_alarms, record
from alerts.life_cycle import Cause, State, is_active
from alerts.overrides import (
    LONGEST_SHELVING,
    Override,
    OverrideKind,
    check_span,
    end_overrides,
    shelvings_over,
    start_overrides,
)
from alerts.plans import Plan, begin_plan, end_by_hand
from alerts.reasons import Why, because
from alerts.rule_store import rule_of
from database import Change
from database.connection import Cursor

_BESIDE = "a.device = (SELECT device FROM alarms WHERE id = %s) AND (a.state <> 'norm' OR a.id = %s)"


def acknowledge(
    cur: Cursor, alarm_id: int, *, version: int, actor: str, now: datetime, comment: str = ""
) -> list[Change]:
    """Take note of an alarm; one that has passed already is then normal. It never brings a passed alarm back.

    Raises:
        UnknownAlarmError, StaleVersionError: there is no such alarm, or it has changed since the officer saw it.
        IllegalTransitionError: it needs no acknowledgement.
    """
    alarm = lock_alarm(cur, alarm_id, version)
    (transition,) = record(cur, [_by(alarm, Cause.ACKNOWLEDGED, actor, now, comment)], now=now)
    if transition.to_state is State.ACKED:
        rule = rule_of(cur, alarm_id)
        if rule is not None and rule.realarm_after_us is not None:
            after = timedelta(microseconds=rule.realarm_after_us)
            set_deadlines(cur, Due.REALARM, [alarm_id], now + after, after=after)
    return [transition.change]


def comment(
    cur: Cursor, alarm_id: int, *, text: str, actor: str, now: datetime, version: int | None = None
) -> list[Change]:
    """Write a remark into the history of an alarm, in any state; without a version it cannot be stale.

    Raises:
        UnknownAlarmError, StaleVersionError: as for `acknowledge`.
    """
    alarm = lock_alarm(cur, alarm_id, version)
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
    longest: Mapping[int, timedelta] = LONGEST_SHELVING,
) -> list[Change]:
    """Put an alarm aside until an end; a later shelving replaces the one in force.

    It covers the alarm's condition and metric at this priority and lesser ones: when it gets worse, that sounds.

    `longest` says how long an alarm may be shelved, by its priority; one that is missing may not be.

    Raises:
        OverrideRefusedError: no reason, or an end that is past.
        ShelvingTooLongError: an end that is later than `longest` from now.
        UnknownAlarmError, StaleVersionError, IllegalTransitionError: as for `acknowledge`; a normal alarm is not
            shelved.
    """
    check_span(until=until, reason=reason, now=now, longest=None)
    alarm = lock_alarm(cur, alarm_id, version)
    if until - now > (most := longest.get(alarm.priority, timedelta(0))):
        raise ShelvingTooLongError(alarm.priority, most)
    (transition,) = record(cur, [_by(alarm, Cause.SHELVED, actor, now, reason)], now=now)
    ended = end_overrides(cur, shelvings_over(cur, alarm, exactly=True), now=now, by=actor)
    finish(cur, Due.OVERRIDE_ENDS, [override.id for override in ended], now)
    shelving = Override(
        kind=OverrideKind.SHELVED,
        device=alarm.device,
        condition=alarm.condition,
        metric=alarm.metric,
        priority=alarm.priority,
        starts_at=now,
        ends_at=until,
        reason=reason,
        actor=actor,
    )
    (started,) = start_overrides(cur, [shelving])
    set_deadlines(cur, Due.OVERRIDE_ENDS, [started.id], until)
    return [transition.change, *(override.change for override in ended), started.change]


def unshelve(cur: Cursor, alarm_id: int, *, version: int, actor: str, now: datetime) -> list[Change]:
    """Take an alarm back from the shelf; while its condition holds it sounds again, as does what lay there with it.

    Raises:
        UnknownAlarmError, StaleVersionError: as for `acknowledge`.
    """
    # All that may sound again, in the order in which everybody locks, before the one it is about.
    lock_alarms(cur, _BESIDE, (alarm_id, alarm_id))
    alarm = lock_alarm(cur, alarm_id, version)
    (transition,) = record(cur, [_by(alarm, Cause.UNSHELVED, actor, now, "")], now=now)
    shelvings = shelvings_over(cur, alarm, exactly=False)
    return [transition.change, *(end(cur, shelvings, now=now, by=actor) if shelvings else [])]


def out_of_service(
    cur: Cursor, device: int, *, until: datetime, reason: str, actor: str, now: datetime, condition: str | None = None
) -> list[Change]:
    """Take a device (by registry key), or one condition of it, out of service for maintenance that has an end.

    Raises:
        OverrideRefusedError: no reason, or an end that is past or more than 90 days away.
        UnknownAlarmError: there is no such device.
    """
    kind = OverrideKind.OUT_OF_SERVICE
    plan = Plan(kind=kind, devices=[device], condition=condition, until=until, reason=reason, actor=actor)
    return begin_plan(cur, plan, now=now)[1]


def suppress(
    cur: Cursor, device: int, *, until: datetime, reason: str, actor: str, now: datetime, condition: str | None = None
) -> list[Change]:
    """Suppress a device, or one condition of it, by design: a plan says that it means nothing now.

    Raises:
        OverrideRefusedError, UnknownAlarmError: as for `out_of_service`.
    """
    kind = OverrideKind.SUPPRESSED
    plan = Plan(kind=kind, devices=[device], condition=condition, until=until, reason=reason, actor=actor)
    return begin_plan(cur, plan, now=now)[1]


def end_override(cur: Cursor, override: int, *, now: datetime, actor: str = "engine") -> list[Change]:
    """End an override before its time, whatever its version; alarms whose condition still holds sound again.

    Raises:
        UnknownAlarmError: there is no such override in force.
    """
    return end_by_hand(cur, override, version=None, actor=actor, now=now)


def retire(cur: Cursor, device: int, *, actor: str, now: datetime, replaced_by: str | None = None) -> list[Change]:
    """Let the alarms and overrides of a device (by registry key) that is taken off the registry, or replaced, be over.

    An alarm nobody took note of still wants its officer; one that was acknowledged is normal.
    """
    cur.execute("SELECT id FROM overrides WHERE device = %s AND ended_at IS NULL ORDER BY id", (device,))
    overrides = [override for (override,) in cur.fetchall()]
    active = [state.value for state in State if is_active(state)]
    alarms = lock_alarms(cur, "a.device = %s AND a.state = ANY(%s)", (device, active))
    why = because(Why.DEVICE_SWAPPED, replaced_by) if replaced_by else because(Why.DEVICE_RETIRED, actor)
    moves = [Move(alarm=alarm, cause=Cause.RULE_REMOVED, at=now, actor=actor, comment=why) for alarm in alarms]
    changes = [transition.change for transition in record(cur, moves, now=now)]
    finish(cur, Due.REALARM, [alarm.id for alarm in alarms], now)
    return changes + (end(cur, overrides, now=now, by=actor) if overrides else [])


def _by(alarm: AlarmRow, cause: Cause, actor: str, now: datetime, text: str) -> Move:
    return Move(alarm=alarm, cause=cause, at=now, actor=actor, comment=text)
