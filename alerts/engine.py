"""Stage 1 of the alarm engine: readings in, changes of points out. Pure: reads no clock, knows no database.

Nearly all readings change nothing. For every slot (device and metric) the engine keeps the closed interval of values
that change nothing on any of its points; a batch is compared with it in two operations. Only readings outside of it,
and the other readings of those slots in the same batch, are judged one by one. What comes out does not depend on how
the stream of readings was cut into batches.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from alerts.detection import ActivePoint, DelayChange, Detection, PointChange, StoredState
from alerts.judge import Standing, judge
from alerts.life_cycle import Cause
from alerts.point_table import NEVER, PointTable, lay_out
from alerts.points import Tag
from alerts.rule import RuleSet
from alerts.silence import SilenceWatch, removed
from ingest.batch import Batch
from ingest.readings import Quality

# A message that a dead worker had not acknowledged comes again within seconds; what is older is history.
LATE_US = 300_000_000


class Engine:
    """Judges readings. Not thread-safe: one engine has one caller, which feeds it in the order of arrival."""

    def __init__(self, rules: RuleSet, tags: Sequence[Tag]) -> None:
        self.rules = rules
        self._table: PointTable = lay_out(rules, tags)
        self._silence = SilenceWatch(self._table.silence)
        count = len(self._table.points)
        self._active: NDArray[np.bool_] = np.zeros(count, np.bool_)
        self._since: NDArray[np.int64] = np.full(count, NEVER, np.int64)
        slots = self._table.nowhere + 1
        self._last: NDArray[np.int64] = np.full(slots, NEVER, np.int64)
        self._low: NDArray[np.float64] = np.full(slots, -math.inf)
        self._high: NDArray[np.float64] = np.full(slots, math.inf)
        self._hot: NDArray[np.bool_] = np.zeros(slots, np.bool_)
        self._owed = Detection()  # what a restart or reload ended; told with the next batch or look
        self._open_windows()

    @property
    def unjudged(self) -> tuple[str, ...]:
        """Say which tags a rule covers but cannot judge, and why."""
        return self._table.unjudged

    # Judging ----------------------------------------------------------------------------------------------------------

    def detect(self, batch: Batch) -> Detection:
        """Judge a batch. The answer depends on the readings and their order only, not on how they are batched.

        Judged is a reading with a number, not MISSING, and newer than the last judged one of its device and metric; one
        that is late by less than five minutes can still tell of a condition that has passed meanwhile.
        After a restart or reload, the first answer begins with what that ended.
        """
        return self._settle() + self._detect(batch)

    def _settle(self) -> Detection:
        owed, self._owed = self._owed, Detection()
        return owed

    def _detect(self, batch: Batch) -> Detection:
        heard = self._silence.hear(batch.device, batch.received)
        slots = self._table.slots(batch.device, batch.metric)
        value, time = batch.value, batch.time
        quiet = value >= self._low.take(slots)
        quiet &= value <= self._high.take(slots)
        missing = batch.quality == Quality.MISSING
        if quiet.all() and not missing.any():
            self._advance(slots, time)
            return _told(heard, [], [])
        usable = ~missing & ~np.isnan(value)
        interesting = ~quiet & usable & (time > self._last.take(slots) - LATE_US)
        if not interesting.any():
            self._advance(slots[usable], time[usable])
            return _told(heard, [], [])
        # A slot that may change has all its readings of this batch judged, in order: each depends on the one before.
        touched = slots[interesting]
        self._hot[touched] = True
        exact = self._hot.take(slots) & usable
        self._hot[touched] = False
        rest = usable & ~exact
        self._advance(slots[rest], time[rest])
        changes, delays = self._judge_rows(np.flatnonzero(exact), slots, batch)
        return _told(heard, changes, delays)

    def _advance(self, slots: NDArray[np.int32], time: NDArray[np.int64]) -> None:
        """Move the time of the last judged reading forward, never back."""
        last = self._last.take(slots)
        np.maximum(last, time, out=last)
        self._last[slots] = last
        if (self._last.take(slots) < last).any():  # one slot several times, and not in order of time
            np.maximum.at(self._last, slots, time)

    def _judge_rows(
        self, rows: NDArray[np.intp], slots: NDArray[np.int32], batch: Batch
    ) -> tuple[list[tuple[int, PointChange]], list[DelayChange]]:
        changes: list[tuple[int, PointChange]] = []
        before: dict[int, int] = {}  # points whose delay this batch touched, and since when it ran
        columns = zip(
            rows.tolist(), slots[rows].tolist(), batch.time[rows].tolist(), batch.value[rows].tolist(), strict=True
        )
        seen: dict[int, None] = {}
        for row, slot, time, value in columns:
            previous = int(self._last[slot])
            if time <= previous:
                changes.extend((row, change) for change in self._late(slot, previous, time, value))
                continue
            self._last[slot] = time
            seen[slot] = None
            changes.extend(
                (row, self._change(number, slot, time, value))
                for number in self._table.of_slot(slot)
                if self._judge_point(number, previous, time, value, before)
            )
        for slot in seen:
            self._set_window(slot)
        slot_of = {number: slot for slot in seen for number in self._table.of_slot(slot)}
        delays = [
            self._delay(number, slot_of[number])
            for number, since in before.items()
            if since != int(self._since[number])
        ]
        return changes, delays

    def _judge_point(self, number: int, previous: int, time: int, value: float, before: dict[int, int]) -> bool:
        """Judge one reading on one point; True when the point changed."""
        stored = int(self._since[number])
        standing = Standing(bool(self._active[number]), None if stored == NEVER else stored)
        after = judge(self._table.points[number], standing, previous=previous, time=time, value=value)
        if after == standing:
            return False
        if after.since != standing.since:
            before.setdefault(number, stored)
            self._since[number] = NEVER if after.since is None else after.since
        self._active[number] = after.active
        return after.active != standing.active

    def _late(self, slot: int, previous: int, time: int, value: float) -> Iterable[PointChange]:
        """Tell of a condition that was there, but came to us after a newer reading: raised then, over by now.

        Such a reading was under way when a worker died. The store knows if it was told before. Only points without
        on-delay: one reading says nothing about a span.
        """
        if not 0 < previous - time < LATE_US:
            return
        for number in self._table.of_slot(slot):
            point = self._table.points[number]
            at_rest = not self._active[number] and self._since[number] == NEVER
            if at_rest and point.on_delay_us == 0 and point.is_beyond(value):
                late = (time, value)
                yield replace(self._change(number, slot, time, value, Cause.RAISED), late=late)
                yield replace(self._change(number, slot, previous, math.nan, Cause.RETURNED), late=late)

    def _change(self, number: int, slot: int, time: int, value: float, cause: Cause | None = None) -> PointChange:
        point, tag = self._table.points[number], self._table.tags[slot]
        cause = cause or (Cause.RAISED if self._active[number] else Cause.RETURNED)
        return PointChange(
            device=tag.device,
            metric=tag.metric,
            rule=point.rule,
            condition=point.condition,
            priority=point.priority,
            active=cause is Cause.RAISED,
            time=time,
            value=value,
            cause=cause,
        )

    def _delay(self, number: int, slot: int, *, gone: bool = False) -> DelayChange:
        point, tag = self._table.points[number], self._table.tags[slot]
        since = int(self._since[number])
        return DelayChange(
            device=tag.device,
            metric=tag.metric,
            rule=point.rule,
            priority=point.priority,
            wanted=not self._active[number],
            since=None if gone or since == NEVER else since,
        )

    # Quiet windows ----------------------------------------------------------------------------------------------------

    def _open_windows(self) -> None:
        """Work out every slot's quiet window while nothing is active and no delay runs."""
        points = self._table.points
        windows = {id(point): point.quiet_window(active=False) for point in points}
        counts = np.diff(self._table.first)
        slot = np.repeat(np.arange(len(counts)), counts)
        np.maximum.at(self._low, slot, np.array([windows[id(point)][0] for point in points], np.float64))
        np.minimum.at(self._high, slot, np.array([windows[id(point)][1] for point in points], np.float64))

    def _set_window(self, slot: int) -> None:
        """Narrow a slot's quiet window to where none of its points changes; a running delay leaves nothing quiet."""
        low, high = -math.inf, math.inf
        for number in self._table.of_slot(slot):
            if self._since[number] != NEVER:
                low, high = math.inf, -math.inf
                break
            point_low, point_high = self._table.points[number].quiet_window(active=bool(self._active[number]))
            low, high = max(low, point_low), min(high, point_high)
        self._low[slot], self._high[slot] = low, high

    # Silence ----------------------------------------------------------------------------------------------------------

    def check_silence(self, now: int) -> Detection:
        """Raise no-data for devices not heard for too long.

        `now` is microseconds of our clock, and everything received up to then must have been given to `detect`:
        a reading still in the queue is not a silence. The next reading of a device, whatever it says, clears.
        """
        return self._settle() + Detection(changes=tuple(self._silence.check(now)))

    def excuse(self, duration_us: int) -> None:
        """Leave a time in which we could hear nobody (the broker was away) out of every device's silence."""
        self._silence.excuse(duration_us)

    # Going on ---------------------------------------------------------------------------------------------------------

    def restore(self, state: StoredState, *, last: Mapping[str, NDArray[np.generic]], downtime_us: int) -> None:
        """Go on where an earlier engine stopped; call it once, before the first batch.

        `last` has columns device, metric, time (of the newest reading) and received (when any was last heard), in
        microseconds. `downtime_us` is how long nobody listened, so that our own absence is not the devices'. Alarms
        and delays whose rule or device is gone are ended with the next detection.
        """
        device, metric = last["device"].astype(np.int32), last["metric"].astype(np.int16)
        np.maximum.at(self._last, self._table.slots(device, metric), last["time"].astype(np.int64))
        self._last[-1] = NEVER
        self._silence.restore(device, last["received"].astype(np.int64), downtime_us=downtime_us)
        orphans = [_orphan(point, self._last_of(point)) for point in state.active if not self._restore_active(point)]
        lost = [delay for delay in state.delays if not self._restore_delay(delay)]
        touched = [(active.device, active.metric) for active in state.active]
        touched += [(delay.device, delay.metric) for delay in state.delays]
        for where in touched:
            self._set_window(self._table.slot(*where))
        self._owed += Detection(changes=tuple(orphans), delays=tuple(_ended(delay) for delay in lost))

    def _restore_active(self, active: ActivePoint) -> bool:
        if active.metric == 0:
            return self._silence.restore_silent(active)
        number = self._table.find(active.device, active.metric, active.condition, active.priority)
        if number is None:
            return False
        self._active[number] = True
        return True

    def _restore_delay(self, delay: DelayChange) -> bool:
        for number in self._table.of_slot(self._table.slot(delay.device, delay.metric)):
            point = self._table.points[number]
            if (point.rule, point.priority) == (delay.rule, delay.priority):
                if delay.since is None or bool(self._active[number]) == delay.wanted:
                    return False  # it was about to become what it is
                self._since[number] = delay.since
                return True
        return False

    def _last_of(self, point: ActivePoint) -> int:
        """Give a time on the point's own clock for an end nobody measured."""
        if point.metric == 0:
            return point.raised_at
        return max(point.raised_at, int(self._last[self._table.slot(point.device, point.metric)]))

    def with_rules(self, rules: RuleSet, tags: Sequence[Tag]) -> "Engine":
        """Make an engine for new rules or tags that knows what this one knows.

        A point that is still there stays active or normal; its delay runs on if nothing about the point changed, and
        starts anew otherwise. An active point that is gone returns, with the cause rule-removed, in the new engine's next
        detection. A new one is judged from the next reading. This engine is not to be used any more.
        """
        engine = Engine(rules, tags)
        device = np.fromiter((tag.device for tag in tags), np.int32, len(tags))
        metric = np.fromiter((tag.metric for tag in tags), np.int16, len(tags))
        earlier = self._table.slots(device, metric)
        engine._last[:-1] = np.where(earlier == self._table.nowhere, NEVER, self._last.take(earlier))
        engine._silence, dropped = self._silence.renewed(engine._table.silence)
        changes = [removed(gone, point, raised) for gone, point, raised in dropped]
        delays: list[DelayChange] = []
        touched = np.flatnonzero(self._active | (self._since != NEVER))
        slots = np.searchsorted(self._table.first, touched, side="right") - 1
        for number, slot in zip(touched.tolist(), slots.tolist(), strict=True):
            tag, point = self._table.tags[slot], self._table.points[number]
            new = engine._table.find(tag.device, tag.metric, point.condition, point.priority)
            has_delay = self._since[number] != NEVER
            if new is None:
                if self._active[number]:
                    time = int(self._last[slot])
                    changes.append(self._change(number, slot, time, math.nan, Cause.RULE_REMOVED))
            else:
                engine._active[new] = self._active[number]
                if has_delay and engine._table.points[new] == point:
                    engine._since[new] = self._since[number]
                    has_delay = False
                engine._set_window(engine._table.slot(tag.device, tag.metric))
            if has_delay:
                delays.append(self._delay(number, slot, gone=True))
        engine._owed = self._settle() + Detection(changes=tuple(changes), delays=tuple(delays))
        return engine


def _told(
    heard: Iterable[tuple[int, PointChange]], changes: Iterable[tuple[int, PointChange]], delays: list[DelayChange]
) -> Detection:
    """Put changes in the order of their readings; a device is heard before it is judged."""
    in_order = sorted((*heard, *changes), key=lambda pair: pair[0])
    return Detection(changes=tuple(change for _, change in in_order), delays=tuple(delays))


def _orphan(point: ActivePoint, time: int) -> PointChange:
    return PointChange(
        device=point.device,
        metric=point.metric,
        rule=point.rule,
        condition=point.condition,
        priority=point.priority,
        active=False,
        time=time,
        value=math.nan,
        cause=Cause.RULE_REMOVED,
    )


def _ended(delay: DelayChange) -> DelayChange:
    return DelayChange(
        device=delay.device,
        metric=delay.metric,
        rule=delay.rule,
        priority=delay.priority,
        wanted=delay.wanted,
        since=None,
    )
