"""Whether somebody was sent for an alarm. Reads only."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from database.connection import Cursor
from incidents.dispatch import Dispatch


def answered(cur: Cursor, alarms: Sequence[int]) -> AbstractSet[int]:
    """Tell for which of some alarms somebody is, or was, on the way: their incident is sent, on scene or done."""
    cur.execute(
        "SELECT a.id FROM alarms a JOIN incidents i ON i.id = a.incident WHERE a.id = ANY(%s) AND i.dispatch <> %s",
        (list(alarms), Dispatch.AWAITING.value),
    )
    return {alarm for (alarm,) in cur.fetchall()}
