"""Lay the points of all tags out in arrays, so that a batch finds its slots in a few NumPy operations. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from alerts.points import JudgedPoint, OutagePoint, RangePoint, SilencePoint, Tag, ValuePoint
from alerts.rule import RuleSet, UnjudgedTagError

# Before every time there is, and far enough from the ends of int64 that sums with durations stay inside.
NEVER = -(2**62)


@dataclass(frozen=True, slots=True, kw_only=True)
class PointTable:
    """Slots are tags; the points of slot `s` are `points[first[s]:first[s + 1]]`.

    One slot more than there are tags (`len(tags)`) stands for everything that is not registered: it has no points.
    """

    tags: tuple[Tag, ...]
    points: tuple[JudgedPoint, ...]
    first: NDArray[np.int64]
    span: NDArray[np.int64]  # how far back a slot's readings must be known, µs; 0 where no point measures
    floor: NDArray[np.float64]  # what a slot's values cannot be below,
    ceiling: NDArray[np.float64]  # and cannot be above
    sentinels: NDArray[np.float64]  # numbers that are no values, in any slot; sorted
    silence: dict[int, SilencePoint]  # by device key: the shortest of its tags
    parent: dict[int, int]  # by device key: what it is heard through, where a rule watches that
    outage: OutagePoint | None
    unjudged: tuple[str, ...]  # why a rule covers a tag it cannot judge, once a reason
    _columns: NDArray[np.int64]  # metric key -> column of the table
    _width: int
    _table: NDArray[np.int32]  # flat [device key, column] -> slot

    @property
    def nowhere(self) -> int:
        """Name the slot of what is not registered."""
        return len(self.tags)

    def slots(self, device: NDArray[np.int32], metric: NDArray[np.int16]) -> NDArray[np.int32]:
        """Find the slot of each reading; O(1) a reading, whatever the number of rules and devices."""
        column = self._columns.take(metric, mode="clip")
        where = device * np.int64(self._width) + column
        return self._table.take(where, mode="clip")

    def slot(self, device: int, metric: int) -> int:
        """Find one slot; `nowhere` when the tag is not registered."""
        return int(self.slots(np.array([device], np.int32), np.array([metric], np.int16))[0])

    def of_slot(self, slot: int) -> range:
        """Give the numbers of a slot's points."""
        return range(int(self.first[slot]), int(self.first[slot + 1]))

    def find(self, device: int, metric: int, condition: str, priority: int) -> int | None:
        """Find a point by what its alarm is known by."""
        for number in self.of_slot(self.slot(device, metric)):
            point = self.points[number]
            if point.condition == condition and point.priority == priority:
                return number
        return None


_Points = tuple[tuple[JudgedPoint, ...], SilencePoint | None, OutagePoint | None]


def lay_out(rules: RuleSet, tags: Sequence[Tag]) -> PointTable:
    """Work out every point of every tag.

    Raises:
        ValueError: a device and metric stand among the tags twice, or a key is not positive.
    """
    points: list[JudgedPoint] = []
    counts = np.zeros(len(tags) + 2, np.int64)
    span = np.zeros(len(tags) + 1, np.int64)
    floor, ceiling = np.full(len(tags) + 1, -math.inf), np.full(len(tags) + 1, math.inf)
    silence: dict[int, SilencePoint] = {}
    parent: dict[int, int] = {}
    outage: OutagePoint | None = None
    unjudged: dict[str, None] = {}
    known: dict[Tag, _Points] = {}
    for slot, tag in enumerate(tags):
        likeness = replace(tag, device=0, metric=0, parent=0)
        if likeness not in known:  # tens of thousands of detectors are all alike
            known[likeness] = _points(rules, tag, unjudged)
        judged, quiet, out = known[likeness]
        points.extend(judged)
        counts[slot + 1] = len(judged)
        for point in judged:
            if isinstance(point, RangePoint):
                floor[slot], ceiling[slot] = max(floor[slot], point.low), min(ceiling[slot], point.high)
            elif point.measure is not None:
                span[slot] = max(int(span[slot]), point.measure.span_us)
        if out is not None and tag.parent:
            parent[tag.device], outage = tag.parent, out
        if quiet is not None and (tag.device not in silence or quiet.after_us < silence[tag.device].after_us):
            silence[tag.device] = quiet
    device = np.fromiter((tag.device for tag in tags), np.int64, len(tags))
    metric = np.fromiter((tag.metric for tag in tags), np.int64, len(tags))
    columns, width, table = _index(device, metric)
    sentinels = {
        number for p in {id(p): p for p in points}.values() if isinstance(p, RangePoint) for number in p.sentinels
    }
    return PointTable(
        tags=tuple(tags),
        points=tuple(points),
        first=np.cumsum(counts),
        span=span,
        floor=floor,
        ceiling=ceiling,
        sentinels=np.array(sorted(sentinels), np.float64),
        silence=silence,
        parent=parent,
        outage=outage,
        unjudged=tuple(unjudged),
        _columns=columns,
        _width=width,
        _table=table,
    )


def _points(rules: RuleSet, tag: Tag, unjudged: dict[str, None]) -> _Points:
    judged: list[JudgedPoint] = []
    silence: SilencePoint | None = None
    outage: OutagePoint | None = None
    for rule in rules.rules:
        try:
            points = rule.points(tag)
        except UnjudgedTagError as error:
            unjudged[str(error)] = None
            continue
        for point in points:
            match point:
                case ValuePoint() | RangePoint():
                    judged.append(point)
                case SilencePoint():
                    silence = point if silence is None or point.after_us < silence.after_us else silence
                case OutagePoint():
                    outage = outage or point
    return tuple(judged), silence, outage


def _index(device: NDArray[np.int64], metric: NDArray[np.int64]) -> tuple[NDArray[np.int64], int, NDArray[np.int32]]:
    """Make the dense table: a row a device key, a column a metric that somebody has, a last row for strangers."""
    nowhere = len(device)
    if nowhere and (device.min() < 1 or metric.min() < 1):
        raise ValueError("registry keys are positive")
    used = np.unique(metric)
    width = len(used) + 1
    columns = np.full((int(used[-1]) if nowhere else 0) + 2, width - 1, np.int64)  # the last column is no metric
    columns[used] = np.arange(len(used))
    rows = (int(device.max()) if nowhere else 0) + 2
    table = np.full(rows * width, nowhere, np.int32)
    where = device * width + columns[metric]
    if len(np.unique(where)) != nowhere:
        raise ValueError("a device and metric stand among the tags twice")
    table[where] = np.arange(nowhere, dtype=np.int32)
    return columns, width, cast("NDArray[np.int32]", table)
