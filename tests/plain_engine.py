"""The alarm engine once more, judged the obvious way and with no arrays: what the real one is held against."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from alerts.points import Tag, ValuePoint
from alerts.rule import RuleSet
from ingest.readings import Quality
from tests.engine_feed import SECOND, Row

Told = tuple[int, int, str, int, bool, int, float | None]


@dataclass
class PlainPoint:
    """One point: keep the run of readings that speak for a change, and look at how long it is."""

    point: ValuePoint
    active: bool = False
    run: list[int] = field(default_factory=list)

    def feed(self, time: int, value: float) -> bool:
        """Judge one reading; True when the point changed."""
        speaks = self.point.is_normal(value) if self.active else self.point.is_beyond(value)
        if not speaks:
            self.run = []
            return False
        if self.run and time - self.run[-1] > self.point.gap_us and self.point.gap_policy != "hold":
            self.run = []
            if self.point.gap_policy == "unknown":
                return False
        self.run.append(time)
        delay = self.point.off_delay_us if self.active else self.point.on_delay_us
        if self.run[-1] - self.run[0] < delay:
            return False
        self.active, self.run = not self.active, []
        return True

    def late(self, key: tuple[int, int], newest: int, time: int, value: float) -> list[Told]:
        """Tell of a condition that a late reading shows and a newer one has ended."""
        at_rest = not self.active and not self.run and self.point.on_delay_us == 0
        if not (0 < newest - time < 300 * SECOND and at_rest and self.point.is_beyond(value)):
            return []
        where = (*key, self.point.condition, self.point.priority)
        return [(*where, True, time, value), (*where, False, newest, None)]


class PlainEngine:
    """Judges readings one by one; knows no silence, no restart and no reload."""

    def __init__(self, rules: RuleSet, tags: Sequence[Tag]) -> None:
        self._last: dict[tuple[int, int], int] = {}
        self._points = {
            (tag.device, tag.metric): [
                PlainPoint(point) for rule in rules.rules for point in rule.points(tag) if isinstance(point, ValuePoint)
            ]
            for tag in tags
        }

    def judge(self, rows: Iterable[Row]) -> list[Told]:
        """Judge readings in order; gives device, metric, condition, priority, active, time and value of changes."""
        told: list[Told] = []
        for device, metric, time, value, quality in rows:
            key = (device, metric)
            if quality == Quality.MISSING or math.isnan(value):
                continue
            newest = self._last.get(key)
            if newest is not None and time <= newest:
                for plain in self._points.get(key, []):
                    told += plain.late(key, newest, time, value)
                continue
            self._last[key] = time
            told += [
                (device, metric, plain.point.condition, plain.point.priority, plain.active, time, value)
                for plain in self._points.get(key, [])
                if plain.feed(time, value)
            ]
        return told

    def active(self) -> set[tuple[int, int, str, int]]:
        """List device, metric, condition and priority of the active points."""
        return {
            (*key, plain.point.condition, plain.point.priority)
            for key, points in self._points.items()
            for plain in points
            if plain.active
        }
