"""A point that comes and goes thousands of times in one batch is told as one that stood meanwhile. Pure: reads no clock.

Each step is several statements, and everybody waits for them: one pack of a device gone mad held the county up for minutes.
"""

from collections.abc import Sequence
from typing import Final

from alerts.answer import SAME_HAPPENING
from alerts.detection import PointChange
from alerts.life_cycle import Cause

STEPS: Final = 64  # of one point in one batch that are told one by one, half of them the first and half the last
_SAME_US: Final = SAME_HAPPENING // SAME_HAPPENING.resolution


def calmed(changes: Sequence[PointChange]) -> Sequence[PointChange]:
    """Leave out, of a point with too many changes, returns in their middle that were over within the same happening.

    No alarm is lost, and each ends where it ended; only its steps are fewer.
    """
    if len(changes) <= STEPS:
        return changes
    rows: dict[tuple[int, int, str, int], list[int]] = {}
    for row, change in enumerate(changes):
        rows.setdefault((change.device, change.metric, change.condition, change.priority), []).append(row)
    left_out = {row for its in rows.values() if len(its) > STEPS for row in _in_between(changes, its)}
    return [change for row, change in enumerate(changes) if row not in left_out] if left_out else changes


def _in_between(changes: Sequence[PointChange], rows: Sequence[int]) -> list[int]:
    found: list[int] = []
    middle = iter(rows[STEPS // 2 : -STEPS // 2])
    before = next(middle, None)
    for row in middle:
        if before is not None and _is_brief(changes[before], changes[row]):
            found += before, row
            before = None
        else:
            before = row
    return found


def _is_brief(end: PointChange, begin: PointChange) -> bool:
    is_return = end.cause is Cause.RETURNED and begin.cause is Cause.RAISED
    return is_return and begin.time - end.time <= _SAME_US
