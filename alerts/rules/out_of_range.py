"""Out-of-range rules: numbers that the quantity cannot have, and those that makers send for "no value". Pure."""

import math
from dataclasses import dataclass

from alerts.common_keys import read_metrics
from alerts.limits import converted, read_unit
from alerts.points import RangePoint, Tag
from alerts.rule import Common, Rule, Scope
from alerts.rule_file import Entry, Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """What one metric can be, in `unit`, for the devices in its scope."""

    scope: Scope
    unit: str
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfRangeRule:
    """One table for all metrics: the first range whose scope covers a tag is its own; sentinels are no value anywhere.

    Such a number never reaches another rule, whatever its limits.
    """

    common: Common
    condition: str
    priority: int
    ranges: tuple[Range, ...]
    sentinels: frozenset[float]
    on_delay_us: int
    off_delay_us: int

    @property
    def priorities(self) -> frozenset[int]:
        """List the one priority of a value that cannot be."""
        return frozenset({self.priority})

    def points(self, tag: Tag) -> tuple[RangePoint, ...]:
        """Give the point of any tag; without a range of its own only sentinels are refused."""
        if not self.common.scope.covers(tag):
            return ()
        found = next((r for r in self.ranges if r.scope.covers(tag)), None)
        low, high = -math.inf, math.inf
        if found is not None:
            ends = [
                bound if math.isinf(bound) else converted(self.common, tag, bound, found.unit, tag.unit)
                for bound in (found.low, found.high)
            ]
            low, high = min(ends), max(ends)
        point = self.common.dressed(
            tag,
            RangePoint(
                rule=self.common.name,
                condition=self.condition,
                priority=self.priority,
                low=low,
                high=high,
                sentinels=frozenset(number for number in self.sentinels if low <= number <= high),
                on_delay_us=self.on_delay_us,
                off_delay_us=self.off_delay_us,
            ),
        )
        return (point,)


@dataclass(frozen=True, slots=True)
class OutOfRangeKind:
    """Reads `kind: out-of-range`."""

    name: str = "out-of-range"

    def read(self, common: Common, fields: Fields) -> Rule:
        """Read priority, the table of ranges, sentinels and delays."""
        ranges, sentinels = fields.find("ranges"), fields.find("sentinels")
        return OutOfRangeRule(
            common=common,
            condition=fields.read("condition", Entry.name, "out-of-range"),
            priority=fields.need("priority").priority(),
            ranges=() if ranges is None else tuple(_read_range(entry) for entry in ranges.items()),
            sentinels=frozenset() if sentinels is None else frozenset(entry.number() for entry in sentinels.items()),
            on_delay_us=fields.read("on_delay", Entry.duration_us, 0),
            off_delay_us=fields.read("off_delay", Entry.duration_us, 0),
        )


def _read_range(entry: Entry) -> Range:
    fields = Fields(entry)
    kinds = fields.find("kinds")
    scope = Scope(
        kinds=None if kinds is None else frozenset(item.name() for item in kinds.items()),
        metrics=read_metrics(fields.need("metric")),
    )
    low = fields.read("from", Entry.number, -math.inf)
    high = fields.read("to", Entry.number, math.inf)
    unit = read_unit(fields)
    fields.finish()
    if low >= high:
        entry.refuse("'from' is not below 'to'")
    return Range(scope=scope, unit=unit, low=low, high=high)


KIND = OutOfRangeKind()
