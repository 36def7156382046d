"""Stage 1 of the alarm engine: readings in, changes of points out. Pure: reads no clock, knows no database.

Nearly all readings change nothing. For every slot (device and metric) the engine keeps the closed interval of values
that change nothing on any of its points; a batch is compared with it in two operations. Only readings outside of it,
the other readings of those slots in the same batch, and those of slots with a measure are judged one by one. What comes
out does not depend on how the stream of readings was cut into batches.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from alerts import carry_over
from alerts.detection import DelayChange, Detection, PointChange, StoredState
from alerts.judge import Standing
from alerts.life_cycle import Cause
from alerts.point_table import NEVER, lay_out
from alerts.points import JudgedPoint, OutagePoint, Tag, ValuePoint
from alerts.rule import RuleSet
from alerts.screen import screen
from alerts.silence import SilenceWatch
from alerts.standings import Standings
from ingest.batch import Batch
from ingest.readings import Quality

# A message that a dead worker had not acknowledged comes again within seconds; what is older is history.
LATE_US = 300_000_000


class Engine:
    """Judges readings. Not thread-safe: one engine has one caller, which feeds it in the order of arrival."""

    def __init__(self, rules: RuleSet, tags: Sequence[Tag]) -> None:
        self.rules = rules
        self._table = lay_out(rules, tags)
        self._standings = Standings(self._table)
        self._silence = SilenceWatch(self._table.silence, self._table.parent, self._table.outage)
        self._hot: NDArray[np.bool_] = np.zeros(self._table.nowhere + 1, np.bool_)
        self._owed = Detection()  # what a restart or reload ended; told with the next batch or look

    @property
    def unjudged(self) -> tuple[str, ...]:
        """Say which tags a rule covers but cannot judge, and why."""
        return self._table.unjudged

    def standing(self, device: int, metric: int) -> dict[JudgedPoint, Standing]:
        """Tell where each point of a tag stands: active or not, and since when a delay runs towards the other."""
        return self._standings.of_slot(self._table.slot(device, metric))

    @property
    def outage(self) -> OutagePoint | None:
        """Give the point by which a gateway, a link or a service of our own is out; None where no rule watches them."""
        return self._table.outage

    # Judging ----------------------------------------------------------------------------------------------------------

    def screen(self, batch: Batch) -> Batch:
        """Give the batch with the quality IMPLAUSIBLE on values that cannot be; `detect` wants it so."""
        return screen(self._table, self._table.slots(batch.device, batch.metric), batch)

    def forget_what_is_not_yet(self, batch: Batch) -> None:
        """Hold nothing against readings that is later than they were received: our own clock was set back since."""
        self._standings.forget_what_is_not_yet(self._table.slots(batch.device, batch.metric), batch.received)

    def detect(self, batch: Batch) -> Detection:
        """Judge a batch. The answer depends on the readings and their order only, not on how they are batched.

        Judged is a reading with a number, plausible, and newer than the last judged one of its device and metric; one
        that is late by less than five minutes can still tell of a condition that has passed meanwhile. A number that
        cannot be is evidence for nothing but that. After a restart or reload, the first answer begins with what that
        ended.
        """
        return self._settle() + self._detect(batch)

    def _settle(self) -> Detection:
        owed, self._owed = self._owed, Detection()
        return owed

    def _detect(self, batch: Batch) -> Detection:
        history = batch.quality == Quality.HISTORY
        if history.any():  # what is told of the past is no sign of life either
            batch = batch.only(~history)
        slots = self._table.slots(batch.device, batch.metric)
        batch = screen(self._table, slots, batch)
        standings, value, time = self._standings, batch.value, batch.time
        heard = self._silence.hear(batch.device, batch.received, standings.fresh(slots, time))
        quiet = value >= standings.low.take(slots)
        quiet &= value <= standings.high.take(slots)
        odd = batch.quality >= Quality.MISSING
        if quiet.all() and not odd.any():
            standings.advance(slots, time)
            return _told(heard, [], [])
        usable = ~odd & ~np.isnan(value)
        recent = time > standings.last.take(slots) - LATE_US
        interesting = usable & ((~quiet & recent) | standings.measured.take(slots))
        implausible = batch.quality == Quality.IMPLAUSIBLE
        if not interesting.any() and not implausible.any():
            standings.advance(slots[usable], time[usable])
            return _told(heard, [], [])
        # A slot that may change has all its readings of this batch judged, in order: each depends on the one before.
        touched = slots[interesting | implausible]
        self._hot[touched] = True
        exact = self._hot.take(slots) & (usable | implausible)
        self._hot[touched] = False
        rest = usable & ~exact
        standings.advance(slots[rest], time[rest])
        changes, delays = self._judge_rows(np.flatnonzero(exact), slots, batch, implausible)
        return _told(heard, changes, delays)

    def _judge_rows(
        self, rows: NDArray[np.intp], slots: NDArray[np.int32], batch: Batch, implausible: NDArray[np.bool_]
    ) -> tuple[list[tuple[int, PointChange]], list[DelayChange]]:
        standings = self._standings
        changes: list[tuple[int, PointChange]] = []
        before: dict[int, int] = {}  # points whose delay this batch touched, and since when it ran
        columns = zip(
            rows.tolist(),
            slots[rows].tolist(),
            batch.time[rows].tolist(),
            batch.value[rows].tolist(),
            implausible[rows].tolist(),
            strict=True,
        )
        seen: dict[int, None] = {}
        for row, slot, time, value, is_odd in columns:
            seen[slot] = None
            if is_odd:
                changed = standings.judge_odd(slot, time, value, before)
            else:
                if self._table.span[slot]:
                    standings.remember(slot, time, value)
                if time <= standings.last[slot]:
                    changes.extend((row, change) for change in self._late(slot, time, value))
                    continue
                changed = standings.judge_plausible(slot, time, value, before)
            for number, at, shown in changed:
                if standings.active[number]:
                    standings.note_raise(number, at)
                changes.append((row, standings.change(number, at, shown)))
        standings.set_windows(seen)
        delays = [standings.delay(number) for number, since in before.items() if since != int(standings.since[number])]
        return changes, delays

    def _late(self, slot: int, time: int, value: float) -> Iterable[PointChange]:
        """Tell of a condition that was there, but came to us after a newer reading: raised then, over by now.

        Such a reading was under way when a worker died. The store knows if it was told before. Only points on the bare
        value and without on-delay: one reading says nothing about a span.
        """
        standings = self._standings
        previous = int(standings.last[slot])
        if not 0 < previous - time < LATE_US:
            return
        for number in self._table.of_slot(slot):
            point = self._table.points[number]
            if not isinstance(point, ValuePoint) or point.measure is not None or point.on_delay_us:
                continue
            at_rest = not standings.active[number] and standings.since[number] == NEVER
            is_judged = point.schedule is None or point.schedule.covers(time)
            if at_rest and is_judged and point.is_beyond(value):
                late = (time, value)
                yield replace(standings.change(number, time, value, Cause.RAISED), late=late)
                yield replace(standings.change(number, previous, math.nan, Cause.RETURNED), late=late)

    # Silence ----------------------------------------------------------------------------------------------------------

    def silence_due_after(self, time: int) -> int | None:
        """Say when `check_silence` next has somebody to look at after `time`, µs of our clock, if nothing is heard."""
        return self._silence.due_after(time)

    def is_silence_waiting(self, now: int) -> bool:
        """Say whether a device is overdue whose fault it is depends on who is heard next."""
        return self._silence.is_waiting(now)

    def check_silence(self, now: int) -> Detection:
        """Raise no-data for devices not heard for too long, and an outage for what took all of its devices along.

        `now` is microseconds of our clock, and everything received up to then must have been given to `detect`:
        a reading still in the queue is not a silence. The next new reading of a device, whatever it says, clears.
        """
        return self._settle() + Detection(changes=tuple(self._silence.check(now)))

    def excuse(self, duration_us: int) -> None:
        """Leave a time in which we could hear nobody (the broker was away) out of every device's silence."""
        self._silence.excuse(duration_us)

    # Going on ---------------------------------------------------------------------------------------------------------

    @property
    def history_wanted(self) -> dict[tuple[int, int], int]:
        """Say of which (device, metric) the stored readings are wanted, and how far back from the newest, in µs."""
        slots = np.flatnonzero(self._standings.measured[: self._table.nowhere]).tolist()
        tags = self._table.tags
        return {(tags[slot].device, tags[slot].metric): int(self._table.span[slot]) for slot in slots}

    def recall(self, history: Mapping[str, NDArray[np.generic]]) -> None:
        """Take in stored readings (columns device, metric, time, value) for the measures; judges nothing."""
        device, metric = history["device"].astype(np.int32), history["metric"].astype(np.int16)
        slots = self._table.slots(device, metric)
        rows = zip(slots.tolist(), history["time"].tolist(), history["value"].tolist(), strict=True)
        for slot, time, value in rows:
            if self._table.span[slot]:
                self._standings.remember(slot, time, value)

    def restore(self, state: StoredState, *, last: Mapping[str, NDArray[np.generic]], downtime_us: int) -> None:
        """Go on where an earlier engine stopped; call it once, before the first batch.

        `last` has columns device, metric, time (of the newest reading) and received (when it came), in
        microseconds. `downtime_us` is how long nobody listened, so that our own absence is not the devices'. Alarms
        and delays whose rule or device is gone are ended with the next detection. What measures need is given to
        `recall`.
        """
        device = last["device"].astype(np.int32)
        self._silence.restore(device, last["received"].astype(np.int64), downtime_us=downtime_us)
        self._owed += carry_over.restore(self._standings, self._silence, state, last)

    def with_rules(self, rules: RuleSet, tags: Sequence[Tag]) -> "Engine":
        """Make an engine for new rules or tags that knows what this one knows.

        A point that is still there stays active or normal; its delay runs on if nothing about the point changed, and
        starts anew otherwise. An active point that is gone returns, with the cause rule-removed, in the new engine's next
        detection. A new one is judged from the next reading. This engine is not to be used any more.
        """
        engine = Engine(rules, tags)
        engine._silence, dropped = self._silence.renewed(
            engine._table.silence, engine._table.parent, engine._table.outage
        )
        gone = carry_over.move(self._standings, engine._standings, dropped)
        engine._owed = self._settle() + gone
        return engine


def _told(
    heard: Iterable[tuple[int, PointChange]], changes: Iterable[tuple[int, PointChange]], delays: list[DelayChange]
) -> Detection:
    """Put changes in the order of their readings; a device is heard before it is judged."""
    in_order = sorted((*heard, *changes), key=lambda pair: pair[0])
    return Detection(changes=tuple(change for _, change in in_order), delays=tuple(delays))
