"""The recent readings of one tag, in order of device time. Pure: device time only, reads no clock."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable


class History:
    """Readings not older than `span_us` before the newest; one a device time, the first that came."""

    __slots__ = ("flat_since", "span_us", "times", "values")

    def __init__(self, span_us: int) -> None:
        self.span_us = span_us
        self.times: list[int] = []
        self.values: list[float] = []
        self.flat_since: dict[object, tuple[int, int]] = {}  # see measures.Unchanged

    def add(self, time: int, value: float) -> None:
        """Take a reading in; a late one goes to its place, unless it is too old to matter."""
        times = self.times
        if not times or time > times[-1]:
            times.append(time)
            self.values.append(value)
            self._trim()
            return
        place = bisect_left(times, time)
        if times[place] != time and time >= times[-1] - self.span_us:
            times.insert(place, time)
            self.values.insert(place, value)
            self.flat_since.clear()

    def extend(self, readings: Iterable[tuple[int, float]]) -> None:
        """Take stored readings in, in any order."""
        for time, value in readings:
            self.add(time, value)

    def _trim(self) -> None:
        first = self.times[-1] - self.span_us
        if self.times[0] < first:
            gone = bisect_left(self.times, first)
            del self.times[:gone], self.values[:gone]

    def after(self, time: int) -> int:
        """Find the first reading later than `time`."""
        return bisect_right(self.times, time)

    def since(self, time: int) -> int:
        """Find the first reading at or after `time`."""
        return bisect_left(self.times, time)
