"""The alarm engine once more, judged the obvious way and with no arrays: what the real one is held against."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from alerts.history import History
from alerts.points import JudgedPoint, RangePoint, Tag, ValuePoint
from alerts.rule import RuleSet
from ingest.readings import Quality
from tests.engine_feed import SECOND, Row

Told = tuple[int, int, str, int, bool, int, float | None]
NEVER = -(10**18)


@dataclass
class PlainPoint:
    """One point: keep the run of readings that speak for a change, and look at how long it is."""

    point: JudgedPoint
    active: bool = False
    run: list[int] = field(default_factory=list)
    raises: list[int] = field(default_factory=list)
    seen: int = NEVER  # the reading judged before

    def feed(self, time: int, value: float) -> int | None:
        """Judge one number; gives the time of a change."""
        previous, self.seen = self.seen, time
        if math.isnan(value):
            return None
        in_time = self.point.schedule is None or self.point.schedule.covers(time)
        if (in_time and self.point.is_beyond(value)) == self.active:
            self.run = []
            return None
        if self.run and time - max(previous, self.run[0]) > self.point.gap_us and self.point.gap_policy != "hold":
            self.run = []
            if self.point.gap_policy == "unknown":
                return None
        self.run.append(time)
        is_sure = self.active and isinstance(self.point, ValuePoint) and self.point.is_sure(value)
        if time - self.run[0] < self.delay(time) and not is_sure:
            return None
        if self.active and in_time and not self.point.is_normal(value):
            return None
        at = self.run[0] if self.active else time
        self.active, self.run = not self.active, []
        if self.active:
            self.raises.append(time)
        return at

    def delay(self, time: int) -> int:
        """Give the delay to be spanned, longer for the return of a point that was raised often of late."""
        if not self.active:
            return self.point.on_delay_us
        flap = self.point.flap
        if flap is not None and sum(time - at <= flap.within_us for at in self.raises[-flap.raises :]) >= flap.raises:
            return max(flap.hold_us, self.point.off_delay_us)
        return self.point.off_delay_us

    def late(self, key: tuple[int, int], newest: int, time: int, value: float) -> list[Told]:
        """Tell of a condition that a late reading shows and a newer one has ended."""
        if not isinstance(self.point, ValuePoint) or self.point.measure is not None:
            return []
        at_rest = not self.active and not self.run and self.point.on_delay_us == 0
        in_time = self.point.schedule is None or self.point.schedule.covers(time)
        if not (0 < newest - time < 300 * SECOND and at_rest and in_time and self.point.is_beyond(value)):
            return []
        where = (*key, self.point.condition, self.point.priority)
        return [(*where, True, time, value), (*where, False, newest, None)]


@dataclass
class PlainTag:
    """One tag: its points, all its readings, and when the newest plausible and implausible ones were."""

    points: list[PlainPoint]
    readings: dict[int, float] = field(default_factory=dict)
    last: int = NEVER
    odd: int = NEVER

    def shown(self, point: ValuePoint) -> tuple[float, float]:
        """Measure on everything there ever was."""
        assert point.measure is not None
        history = History(10**15)
        history.extend(sorted(self.readings.items()))
        return point.measure.of(history)


class PlainEngine:
    """Judges readings one by one; knows no silence, no restart and no reload."""

    def __init__(self, rules: RuleSet, tags: Sequence[Tag]) -> None:
        self._tags = {
            (tag.device, tag.metric): PlainTag(
                [PlainPoint(p) for rule in rules.rules for p in rule.points(tag) if isinstance(p, JudgedPoint)]
            )
            for tag in tags
        }

    def judge(self, rows: Iterable[Row]) -> list[Told]:
        """Judge readings in order; gives device, metric, condition, priority, active, time and value of changes."""
        told: list[Told] = []
        for device, metric, time, value, quality in rows:
            tag = self._tags.setdefault((device, metric), PlainTag([]))
            if quality == Quality.MISSING or math.isnan(value):
                continue
            ranges = [plain for plain in tag.points if isinstance(plain.point, RangePoint)]
            if any(plain.point.is_beyond(value) for plain in ranges):
                if time > max(tag.odd, tag.last):
                    told += self._feed((device, metric), tag, ranges, time, value)
                    tag.odd = time
                continue
            told += self._plausible((device, metric), tag, time, value)
        return told

    def _plausible(self, key: tuple[int, int], tag: PlainTag, time: int, value: float) -> list[Told]:
        tag.readings.setdefault(time, value)
        if time <= tag.last:
            return [told for plain in tag.points for told in plain.late(key, tag.last, time, value)]
        # What was measured before an implausible reading does not speak against it.
        points = [plain for plain in tag.points if time > tag.odd or not isinstance(plain.point, RangePoint)]
        told = self._feed(key, tag, points, time, value)
        tag.last = time
        return told

    def _feed(
        self, key: tuple[int, int], tag: PlainTag, points: list[PlainPoint], time: int, value: float
    ) -> list[Told]:
        told: list[Told] = []
        for plain in points:
            judged = shown = value
            if isinstance(plain.point, ValuePoint) and plain.point.measure is not None:
                judged, shown = tag.shown(plain.point)
            at = plain.feed(time, judged)
            if at is not None:
                told.append((*key, plain.point.condition, plain.point.priority, plain.active, at, shown))
        return told

    def active(self) -> set[tuple[int, int, str, int]]:
        """List device, metric, condition and priority of the active points."""
        return {
            (*key, plain.point.condition, plain.point.priority)
            for key, tag in self._tags.items()
            for plain in tag.points
            if plain.active
        }
