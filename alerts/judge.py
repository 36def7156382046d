"""Judge one reading on one point: the exact rule of delays and gaps. Pure: device time only, reads no clock."""

from typing import NamedTuple

from alerts.points import GapPolicy, ValuePoint


class Standing(NamedTuple):
    """Where a point stands: confirmed active or not, and since when (device time, µs) a delay runs towards the other."""

    active: bool
    since: int | None


def judge(point: ValuePoint, standing: Standing, *, previous: int, time: int, value: float) -> Standing:
    """Tell where the point stands after a reading.

    `previous` is the device time of the reading judged before, in microseconds like `time`, and is earlier.
    A delay has run out when readings that all speak for the change span it; the reading that completes it decides.
    Only readings count: a silence inside a delay is dealt with by the point's gap policy, never by waiting.
    """
    speaks_for_change = point.is_normal(value) if standing.active else point.is_beyond(value)
    if not speaks_for_change:
        return Standing(standing.active, None)
    since = standing.since
    if since is not None and time - max(previous, since) > point.gap_us:
        match point.gap_policy:
            case GapPolicy.HOLD:
                pass
            case GapPolicy.RESET:
                since = None
            case GapPolicy.UNKNOWN:
                return Standing(standing.active, None)
    start = time if since is None else since
    delay_us = point.off_delay_us if standing.active else point.on_delay_us
    if time - start >= delay_us:
        return Standing(not standing.active, None)
    return Standing(standing.active, start)
