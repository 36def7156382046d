"""Judge one reading on one point: the exact rule of delays and gaps. Pure: device time only, reads no clock."""

from typing import NamedTuple

from alerts.points import GapPolicy, JudgedPoint


class Standing(NamedTuple):
    """Where a point stands: confirmed active or not, and since when (device time, µs) a delay runs towards the other."""

    active: bool
    since: int | None


class Verdict(NamedTuple):
    """Where the point stands after a reading, and of what device time a change is."""

    standing: Standing
    at: int


def judge(
    point: JudgedPoint, standing: Standing, *, previous: int, time: int, value: float, off_delay_us: int
) -> Verdict:
    """Tell where the point stands after a reading.

    `previous` is the device time of the reading judged before, in microseconds like `time`, and is earlier.
    A condition is raised when readings that all are beyond the limit span the on-delay; the one that completes it
    decides, and the raise is of its time. It has passed when readings none of which is beyond the limit span the
    off-delay and the newest is on the far side of the deadband, or so far from the limit that it is sure; deadband and delay only confirm, so the return is of
    the time of the first of them. Only readings count: a silence is dealt with by the point's gap policy, never by
    waiting. A value that is not a number tells nothing.
    """
    if value != value:  # noqa: PLR0124 -- NaN
        return Verdict(standing, time)
    is_judged = point.schedule is None or point.schedule.covers(time)
    if (is_judged and point.is_beyond(value)) is standing.active:
        return Verdict(Standing(standing.active, None), time)
    since = standing.since
    if since is not None and time - max(previous, since) > point.gap_us:
        match point.gap_policy:
            case GapPolicy.HOLD:
                pass
            case GapPolicy.RESET:
                since = None
            case GapPolicy.UNKNOWN:
                return Verdict(Standing(standing.active, None), time)
    start = time if since is None else since
    if standing.active:
        is_confirmed = time - start >= off_delay_us or point.is_sure(value)
        has_passed = is_confirmed and (not is_judged or point.is_normal(value))
        return Verdict(Standing(False, None), start) if has_passed else Verdict(Standing(True, start), time)
    is_raised = time - start >= point.on_delay_us
    return Verdict(Standing(True, None) if is_raised else Standing(False, start), time)
