"""Finds alarm floods in counts by the minute. Pure: reads no clock."""

from collections.abc import Mapping
from dataclasses import dataclass

from alerts.performance.bounds import FLOOD_BEGINS_ABOVE, FLOOD_ENDS_BELOW, PERIOD

_WIDTH = PERIOD.seconds // 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Flood:
    """A time in which more alarms came than an officer can take. Minutes from the start of the range, end exclusive.

    `peak` is the most alarms of ten minutes, of the whole room; `alarms` is all of them.
    """

    start: int
    end: int
    peak: int
    alarms: int


def find_floods(counts: Mapping[int, int], *, minutes: int, seats: int) -> list[Flood]:
    """Find the floods of a range of so many minutes, from the alarms in each of its minutes (missing: none).

    ISA-18.2: it begins with more than ten alarms an officer in ten minutes, and ends when there are fewer than five. The
    ten minutes slide by the minute, so a flood that lies across two periods is one. One that runs at the end of the
    range ends there.
    """
    floods: list[Flood] = []
    window = 0
    start: int | None = None
    peak = 0
    for minute in range(minutes):
        window += counts.get(minute, 0) - counts.get(minute - _WIDTH, 0)
        if start is None and window > FLOOD_BEGINS_ABOVE * seats:
            start = next(m for m in range(max(minute - _WIDTH + 1, 0), minute + 1) if counts.get(m))
            peak = window
        elif start is not None and window < FLOOD_ENDS_BELOW * seats:
            floods.append(_flood(counts, start, minute, peak))
            start = None
        peak = max(peak, window) if start is not None else 0
    if start is not None:
        floods.append(_flood(counts, start, minutes, peak))
    return floods


def _flood(counts: Mapping[int, int], start: int, end: int, peak: int) -> Flood:
    return Flood(start=start, end=end, peak=peak, alarms=sum(counts.get(minute, 0) for minute in range(start, end)))
