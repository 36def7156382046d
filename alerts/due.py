"""What falls due, and what follows when an override begins or ends: alarms whose condition still holds sound again.

In the caller's transaction. Alarms are locked before what hangs on them, here as everywhere: two who take both never
wait in a circle. Nothing here reads the clock.
"""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta

from alerts.deadlines import Due, finish, put_off, read_due
from alerts.ledger import AlarmRow, Move, lock_alarms, record
from alerts.life_cycle import Cause, State, is_active
from alerts.overrides import COVERS, Stored, begin_overrides, covered, end_overrides
from alerts.reasons import Why, because, minutes
from database import Change, ChangeKind
from database.connection import Cursor

ENGINE = "engine"
Answered = Callable[[Cursor, Sequence[int]], AbstractSet[int]]
"""Tells which of some alarms somebody was sent for; the room that sends people knows."""

_ACTIVE = [state.value for state in State if is_active(state)]
_UNDER = f"""EXISTS (
    SELECT FROM overrides o WHERE o.id = ANY(%s) AND o.ended_at IS NULL AND o.starts_at <= %s AND {COVERS}
) AND a.state = ANY(%s)"""


def _nobody(_: Cursor, __: Sequence[int]) -> AbstractSet[int]:
    return frozenset()


def fire_deadlines(cur: Cursor, now: datetime, *, answered: Answered = _nobody) -> list[Change]:
    """Do what has fallen due, oldest first and at most 500 at once; an alarm somebody works on waits for the next look.

    An acknowledgement runs out where the condition still holds and nobody was sent (`answered`): the alarm sounds again,
    and after each further acknowledgement again, until somebody is. Overrides begin and end.
    """
    due = read_due(cur, now)
    changes = _expire(cur, due[Due.REALARM], now, answered)
    begun = list(due[Due.OVERRIDE_BEGINS])
    if begun:
        finish(cur, Due.OVERRIDE_BEGINS, begun, now)
        changes += [override.change for override in begin_overrides(cur, begun)]
    ending = _free(cur, list(due[Due.OVERRIDE_ENDS]), now)
    return changes + (end(cur, ending, now=now, by=ENGINE) if ending else [])


def _free(cur: Cursor, overrides: Sequence[int], now: datetime) -> list[int]:
    """Lock what lies under overrides that end, and leave those for the next look under which somebody works.

    Whoever looks at what is due holds alarms already, and may wait for no other.
    """
    if not overrides:
        return []
    cur.execute(
        f"""
        SELECT o.id, a.id FROM overrides o JOIN alarms a ON {COVERS}
        WHERE o.id = ANY(%s) AND o.ended_at IS NULL AND o.starts_at <= %s AND a.state = ANY(%s)
        """,  # noqa: S608 - COVERS is ours
        (list(overrides), now, _ACTIVE),
    )
    pairs = cur.fetchall()
    ours = {alarm.id for alarm in lock_alarms(cur, "a.id = ANY(%s)", ([alarm for _, alarm in pairs],), skip=True)}
    busy = {override for override, alarm in pairs if alarm not in ours}
    return [override for override in overrides if override not in busy]


def _expire(cur: Cursor, due: Mapping[int, timedelta | None], now: datetime, answered: Answered) -> list[Change]:
    if not due:
        return []
    alarms = lock_alarms(cur, "a.id = ANY(%s)", (list(due),), skip=True)
    holding = [alarm for alarm in alarms if alarm.now.state is State.ACKED]
    sent = answered(cur, [alarm.id for alarm in holding]) if holding else frozenset()
    # Put off, not closed: should the response be wanted again before anybody goes, the acknowledgement still runs out.
    put_off(cur, Due.REALARM, [alarm.id for alarm in holding if alarm.id in sent], now)
    finish(cur, Due.REALARM, [alarm.id for alarm in alarms if alarm.id not in sent], now)
    again = {alarm.id: _nobody_sent(due[alarm.id]) for alarm in holding if alarm.id not in sent}
    return sound_again(cur, [alarm for alarm in holding if alarm.id in again], again, now)


def _nobody_sent(after: timedelta | None) -> str:
    return because(Why.NOBODY_SENT, "" if after is None else minutes(after))


def end(cur: Cursor, overrides: Sequence[int], *, now: datetime, by: str) -> list[Change]:
    """End overrides and let the alarms under them sound, but those that another override still covers.

    What was planned and has not begun covers nothing yet: its end is silent.
    """
    under = lock_alarms(cur, _UNDER, (list(overrides), now, _ACTIVE))
    ended = end_overrides(cur, overrides, now=now, by=by)
    finish(cur, Due.OVERRIDE_ENDS, overrides, now)
    finish(cur, Due.OVERRIDE_BEGINS, overrides, now)
    still = covered(cur, [alarm.id for alarm in under], now) if under else set()
    why = {alarm.id: because(Why.OVERRIDE_ENDED, _kind(ended, alarm)) for alarm in under if alarm.id not in still}
    return [
        *(override.change for override in ended),
        *(_told(alarm) for alarm in under if alarm.id in still),
        *sound_again(cur, [alarm for alarm in under if alarm.id in why], why, now),
    ]


def sound_again(cur: Cursor, alarms: Sequence[AlarmRow], why: Mapping[int, str], now: datetime) -> list[Change]:
    """Let locked alarms sound again, each with the reason as its comment; their acknowledgements are over."""
    moves = [Move(alarm=alarm, cause=Cause.REALARMED, at=now, comment=why[alarm.id]) for alarm in alarms]
    transitions = record(cur, moves, now=now)
    finish(cur, Due.REALARM, [t.alarm for t in transitions], now)
    return [transition.change for transition in transitions]


def _kind(ended: Sequence[Stored], alarm: AlarmRow) -> str:
    return next((override.kind.value for override in ended if override.covers(alarm)), "")


def _told(alarm: AlarmRow) -> Change:
    """Tell an alarm anew that takes no step: another override covers it now, with another end."""
    return Change(kind=ChangeKind.ALARM, id=str(alarm.id), version=alarm.now.version)
