"""Alarms of data that were told late: marked when they are raised, sounded once they are known to stand still.

A device that was away sends what it has stored: what it raises there may be over by the next reading. It is an alarm in the
list, marked, of which nobody is told and no incident is opened. When the device has caught up, or has nothing more to
say, and the condition stands, it is an alarm like any other (docs/decisions/0030).
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from alerts.detection import Detection
from alerts.ledger import Move, Transition, lock_alarms, record
from alerts.life_cycle import Cause
from alerts.reasons import Why, because
from database.connection import Cursor

LATE = timedelta(minutes=15)  # as in ingest.clocks
SETTLED = timedelta(seconds=10)  # stored readings come in one go: who says nothing for so long has said all
LONGEST = timedelta(minutes=15)  # what is still under way then sounds all the same

_RAISED = "(SELECT max(t.recorded_at) FROM alarm_transitions t WHERE t.alarm = a.id AND t.cause = 'raised')"
_STANDS = f"""
    a.backfilled AND a.state = 'unack' AND {_RAISED} <= %s AND ({_RAISED} <= %s OR NOT EXISTS (
        SELECT FROM readings r LEFT JOIN device_clocks c ON c.device = r.device
        WHERE r.device = a.device AND r.metric = a.metric AND r.time >= a.raised_at AND r.received > %s
          AND r.received - r.time > %s + make_interval(secs => greatest(coalesce(c.skew_s, 0), 0))))
"""

IsLate = Callable[[int, int], bool]
"""Tells of a device and a device time whether a reading of it came too late to be of now."""


def mark(detection: Detection, is_late: IsLate) -> Detection:
    """Mark what was raised by readings that came late. Silence and outages are of our own clock, and never are."""
    if not any(change.cause is Cause.RAISED for change in detection.changes):
        return detection
    changes = tuple(
        replace(change, backfilled=True)
        if change.cause is Cause.RAISED and change.metric and is_late(change.device, change.time)
        else change
        for change in detection.changes
    )
    return replace(detection, changes=changes)


def sound_standing(cur: Cursor, *, now: datetime) -> list[Transition]:
    """Let marked alarms sound that still stand, once their device has caught up or has said all it had to say."""
    standing = lock_alarms(cur, _STANDS, (now - SETTLED, now - LONGEST, now - SETTLED, LATE), skip=True)
    if not standing:
        return []
    cur.execute("UPDATE alarms SET backfilled = false WHERE id = ANY(%s)", ([alarm.id for alarm in standing],))
    moves = [
        Move(alarm=alarm, cause=Cause.REALARMED, at=now, comment=because(Why.BACKFILL_STANDS)) for alarm in standing
    ]
    return record(cur, moves, now=now)
