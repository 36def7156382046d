"""What the engine remembers of every point and slot between two batches. Pure: arrays, no clock, no I/O."""

import math
from collections import deque
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from alerts.detection import DelayChange, PointChange
from alerts.history import History
from alerts.judge import Standing, judge
from alerts.life_cycle import Cause
from alerts.point_table import NEVER, PointTable
from alerts.points import NOTHING_QUIET, JudgedPoint, RangePoint, ValuePoint
from ingest.clocks import NOT_YET_US

PointName = tuple[int, int, str, int]  # device, metric, condition, priority


class Standings:
    """Where every point stands; by slot the last judged time, the quiet window, and the readings that measures need."""

    def __init__(self, table: PointTable) -> None:
        self.table = table
        self.active: NDArray[np.bool_] = np.zeros(len(table.points), np.bool_)
        self.since: NDArray[np.int64] = np.full(len(table.points), NEVER, np.int64)
        slots = table.nowhere + 1
        self.last: NDArray[np.int64] = np.full(slots, NEVER, np.int64)
        self.low: NDArray[np.float64] = np.full(slots, -math.inf)
        self.high: NDArray[np.float64] = np.full(slots, math.inf)
        self.measured: NDArray[np.bool_] = table.span > 0
        self.histories: dict[int, History] = {}
        self.odd_last: dict[int, int] = {}  # by slot: the last implausible reading, which is none for anything else
        self.raises: dict[PointName, deque[int]] = {}  # of points with flap control
        self.said: NDArray[np.int64] = np.full(slots, NEVER, np.int64)  # the newest device time of any reading at all
        self._mark: NDArray[np.int64] = np.zeros(slots, np.int64)
        self._open_windows()

    # Readings ---------------------------------------------------------------------------------------------------------

    def fresh(self, slots: NDArray[np.int32], time: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Say which readings are newer than all of their slot that came before, in this batch or earlier."""
        # What was no number, or none that could be, was said all the same: told twice it is nothing new.
        said = self.said.take(slots)
        fresh = time > said
        rows = np.arange(len(slots))
        self._mark[slots] = rows
        if (self._mark.take(slots) == rows).all():
            self.said[slots] = np.maximum(said, time)
            return fresh
        np.maximum.at(self.said, slots, time)
        # Some slots come several times: the newest so far is held in the order of the rows, slot by slot.
        order = np.argsort(slots, kind="stable")
        newest: dict[int, int] = {}
        for row, slot, at in zip(order.tolist(), slots[order].tolist(), time[order].tolist(), strict=True):
            fresh[row] &= at > newest.get(slot, NEVER)
            newest[slot] = max(at, newest.get(slot, NEVER))
        return fresh

    def forget_what_is_not_yet(self, slots: NDArray[np.int32], received: NDArray[np.int64]) -> None:
        """Forget of some slots what our own clock, which was set back since, called later than now."""
        latest = received + NOT_YET_US
        ahead = np.maximum(self.last.take(slots), self.said.take(slots)) > latest
        if not ahead.any():
            return
        for slot in np.unique(slots[ahead]).tolist():
            self.last[slot] = self.said[slot] = NEVER
            self.odd_last.pop(slot, None)
            self.histories.pop(slot, None)
            points = self.table.of_slot(slot)
            self.since[points.start : points.stop] = NEVER
            for number in points:
                self.raises.pop(self.name(number), None)

    def advance(self, slots: NDArray[np.int32], time: NDArray[np.int64]) -> None:
        """Move the time of the last judged reading forward, never back."""
        last = self.last.take(slots)
        np.maximum(last, time, out=last)
        self.last[slots] = last
        if (self.last.take(slots) < last).any():  # one slot several times, and not in order of time
            np.maximum.at(self.last, slots, time)

    def remember(self, slot: int, time: int, value: float) -> None:
        """Keep a reading for the measures of its slot."""
        history = self.histories.get(slot)
        if history is None:
            history = self.histories[slot] = History(int(self.table.span[slot]))
        history.add(time, value)

    def of_slot(self, slot: int) -> dict[JudgedPoint, Standing]:
        """Tell where each point of a slot stands."""
        return {
            self.table.points[n]: Standing(bool(self.active[n]), None if self.since[n] == NEVER else int(self.since[n]))
            for n in self.table.of_slot(slot)
        }

    # Judging ----------------------------------------------------------------------------------------------------------

    def judge_plausible(
        self, slot: int, time: int, value: float, before: dict[int, int]
    ) -> list[tuple[int, int, float]]:
        """Judge a reading on all points of its slot; gives number, time and value of those that changed."""
        previous = int(self.last[slot])
        self.last[slot] = time
        odd = max(previous, self.odd_last.get(slot, NEVER)) if self.odd_last else previous
        changed = []
        for number in self.table.of_slot(slot):
            point = self.table.points[number]
            judged = shown = value
            if isinstance(point, ValuePoint) and point.measure is not None:
                judged, shown = point.measure.of(self.histories[slot])
            is_range = isinstance(point, RangePoint)
            if is_range and time <= odd:
                continue  # what was measured before the implausible reading does not speak against it
            at = self._judge(number, odd if is_range else previous, time, judged, before)
            if at is not None:
                changed.append((number, at, shown))
        return changed

    def judge_odd(self, slot: int, time: int, value: float, before: dict[int, int]) -> list[tuple[int, int, float]]:
        """Judge an implausible reading, which is evidence for the points that look for it and for no other."""
        previous = max(int(self.last[slot]), self.odd_last.get(slot, NEVER))
        if time <= previous:
            return []
        self.odd_last[slot] = time
        changed = []
        for number in self.table.of_slot(slot):
            if isinstance(self.table.points[number], RangePoint):
                at = self._judge(number, previous, time, value, before)
                if at is not None:
                    changed.append((number, at, value))
        return changed

    def _judge(self, number: int, previous: int, time: int, value: float, before: dict[int, int]) -> int | None:
        """Judge one number on one point; gives the time of the change, None when there was none."""
        stored = int(self.since[number])
        standing = Standing(bool(self.active[number]), None if stored == NEVER else stored)
        off_delay_us = self._off_delay(number, time) if standing.active else 0
        after, at = judge(
            self.table.points[number], standing, previous=previous, time=time, value=value, off_delay_us=off_delay_us
        )
        if after == standing:
            return None
        if after.since != standing.since:
            before.setdefault(number, stored)
            self.since[number] = NEVER if after.since is None else after.since
        self.active[number] = after.active
        return at if after.active != standing.active else None

    def _off_delay(self, number: int, time: int) -> int:
        """Give the off-delay of an active point, longer while it flaps."""
        point = self.table.points[number]
        if point.flap is None:
            return point.off_delay_us
        raises = self.raises.get(self.name(number), ())
        is_flapping = sum(time - at <= point.flap.within_us for at in raises) >= point.flap.raises
        return max(point.off_delay_us, point.flap.hold_us) if is_flapping else point.off_delay_us

    def note_raise(self, number: int, time: int) -> None:
        """Count a raise towards flapping."""
        flap = self.table.points[number].flap
        if flap is not None:
            self.raises.setdefault(self.name(number), deque(maxlen=flap.raises)).append(time)

    # Points -----------------------------------------------------------------------------------------------------------

    def slot_of(self, number: int) -> int:
        """Give the slot a point belongs to."""
        return int(self.table.first.searchsorted(number, side="right")) - 1

    def name(self, number: int) -> PointName:
        """Give what the alarm of a point is known by."""
        point, tag = self.table.points[number], self.table.tags[self.slot_of(number)]
        return (tag.device, tag.metric, point.condition, point.priority)

    def change(self, number: int, time: int, value: float, cause: Cause | None = None) -> PointChange:
        """Tell how a point changed; without a cause, to where it stands now."""
        point = self.table.points[number]
        device, metric, condition, priority = self.name(number)
        cause = cause or (Cause.RAISED if self.active[number] else Cause.RETURNED)
        return PointChange(
            device=device,
            metric=metric,
            rule=point.rule,
            condition=condition,
            priority=priority,
            active=cause is Cause.RAISED,
            time=time,
            value=value,
            cause=cause,
            unit=point.measure.unit if isinstance(point, ValuePoint) and point.measure is not None else None,
        )

    def delay(self, number: int, *, gone: bool = False) -> DelayChange:
        """Tell since when a point's delay runs, or that it does not."""
        point = self.table.points[number]
        device, metric, _, priority = self.name(number)
        since = int(self.since[number])
        return DelayChange(
            device=device,
            metric=metric,
            rule=point.rule,
            priority=priority,
            wanted=not self.active[number],
            since=None if gone or since == NEVER else since,
        )

    # Quiet windows ----------------------------------------------------------------------------------------------------

    def _open_windows(self) -> None:
        """Work out every slot's quiet window while nothing is active and no delay runs."""
        points = self.table.points
        windows = {id(point): point.quiet_window(active=False) for point in points}
        counts = np.diff(self.table.first)
        slot = np.repeat(np.arange(len(counts)), counts)
        np.maximum.at(self.low, slot, np.array([windows[id(point)][0] for point in points], np.float64))
        np.minimum.at(self.high, slot, np.array([windows[id(point)][1] for point in points], np.float64))

    def set_window(self, slot: int) -> None:
        """Narrow a slot's quiet window to where none of its points changes; a running delay leaves nothing quiet."""
        low, high = -math.inf, math.inf
        for number in self.table.of_slot(slot):
            if self.since[number] != NEVER:
                low, high = NOTHING_QUIET
                break
            point_low, point_high = self.table.points[number].quiet_window(active=bool(self.active[number]))
            low, high = max(low, point_low), min(high, point_high)
        self.low[slot], self.high[slot] = low, high

    def set_windows(self, slots: Iterable[int]) -> None:
        """Set the quiet windows of some slots."""
        for slot in slots:
            self.set_window(slot)
