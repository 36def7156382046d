"""Decide what a change of a point means for its newest alarm. Pure: reads no clock, knows no database.

The store and a trial of rules both ask here, so that a trial tells of the alarms a control room would have had.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import Enum, auto

from alerts.detection import PointChange
from alerts.life_cycle import Projection, State, is_active
from ingest.clocks import NOT_YET_US

_NOT_YET = timedelta(microseconds=NOT_YET_US)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# One watch. What comes back sooner is the same happening and the same alarm; later it is another one, and the first
# still wants its officer (docs/decisions/0013).
SAME_HAPPENING = timedelta(hours=12)


class Answer(Enum):
    """What a change of a point means for its newest alarm."""

    OPEN = auto()  # a new alarm
    MOVE = auto()  # the newest one takes the step
    KNOWN = auto()  # it was told before, or is past already: nothing


def answer(newest: Projection | None, change: PointChange, *, now: datetime | None = None) -> Answer:
    """Decide what to do with a change, given the newest alarm of its point, and our time where it is judged live.

    The same reading delivered again, or judged by two workers, has the same device time: an alarm that has seen a
    time does not go back behind it.
    """
    at = instant(change.time)
    if now is not None and newest is not None and at <= now + _NOT_YET:
        newest = _by_now(newest, now + _NOT_YET)
    if not change.active:
        holds = newest is not None and is_active(newest.state)
        return (
            Answer.MOVE
            if holds and newest is not None and _is_after(at, newest.raised_at, or_at=True)
            else Answer.KNOWN
        )
    if newest is None:
        return Answer.OPEN
    if is_active(newest.state) or not (_is_after(at, newest.raised_at) and _is_after(at, newest.cleared_at)):
        return Answer.KNOWN
    is_over = newest.state is State.NORM or _is_long_past(at, newest.cleared_at)
    return Answer.OPEN if is_over else Answer.MOVE


def instant(time: int) -> datetime:
    """Give the aware UTC instant of microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=time)


def microseconds(at: datetime) -> int:
    """Give the microseconds since 1970 of an aware instant."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def _by_now(newest: Projection, latest: datetime) -> Projection:
    """Leave out times that are not yet: our own clock was set back since."""
    raised, cleared = newest.raised_at, newest.cleared_at
    return replace(
        newest,
        raised_at=None if raised is not None and raised > latest else raised,
        cleared_at=None if cleared is not None and cleared > latest else cleared,
    )


def _is_after(at: datetime, other: datetime | None, *, or_at: bool = False) -> bool:
    return other is None or at > other or (or_at and at == other)


def _is_long_past(at: datetime, cleared_at: datetime | None) -> bool:
    return cleared_at is not None and at - cleared_at > SAME_HAPPENING
