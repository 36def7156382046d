"""What is told of a point that comes and goes thousands of times in one batch."""

from itertools import pairwise

import pytest

from alerts.chatter import STEPS, calmed
from alerts.detection import PointChange
from alerts.life_cycle import Cause

HOUR = 3_600_000_000


def change(nth: int, *, device: int = 1, every: int = 1_000_000, cause: Cause | None = None) -> PointChange:
    """Make the n-th change of a point that is raised first."""
    cause = cause or (Cause.RETURNED if nth % 2 else Cause.RAISED)
    return PointChange(
        device=device,
        metric=1,
        rule="r",
        condition="c",
        priority=2,
        active=cause is Cause.RAISED,
        time=nth * every,
        value=float(nth),
        cause=cause,
    )


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("count", [STEPS + 1, STEPS + 2, 10_000, 10_001])
def test_its_beginning_and_its_end_are_told_and_they_fit(first, count):
    """The first and the last steps stay, raises and returns still take turns, and it ends as it ended."""
    changes = [change(nth) for nth in range(first, first + count)]
    kept = calmed(changes)
    half = STEPS // 2
    assert len(kept) <= STEPS + 3
    assert kept[:half] == changes[:half]
    assert kept[-half:] == changes[-half:]
    assert all(before.active is not after.active for before, after in pairwise(kept))


def test_others_are_told_in_full_and_in_order():
    """Who does not chatter loses nothing for one that does."""
    calm = [change(nth, device=2) for nth in range(STEPS)]
    changes = [x for nth in range(STEPS) for x in (*(change(100 * nth + i) for i in range(100)), calm[nth])]
    kept = calmed(changes)
    assert [x for x in kept if x.device == 2] == calm
    assert [x.time for x in kept if x.device == 1] == sorted(x.time for x in kept if x.device == 1)


def test_no_alarm_is_lost():
    """What comes back after more than twelve hours is another alarm; what a changed rule ended stays ended."""
    apart = [change(nth, every=13 * HOUR) for nth in range(1000)]
    assert list(calmed(apart)) == apart
    removed = [change(nth, cause=Cause.RULE_REMOVED if nth % 2 else None) for nth in range(1000)]
    assert list(calmed(removed)) == removed
