"""Stuck rules: a value that moves no more although its quantity would. Pure: reads no clock."""

import math
from dataclasses import dataclass

from alerts.limits import converted, converted_step, read_positive, read_span, read_unit
from alerts.measures import Unchanged
from alerts.points import SECOND_US, Tag, ValuePoint
from alerts.rule import Common, Rule
from alerts.rule_file import Entry, Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class StuckRule:
    """The same value, give or take `tolerance`, in all readings of `after_us` and at least `samples` of them.

    With `lively` only where the value changed so often in twice that time before. From `legal_from` to `legal_to` a flat line is what the quantity does: dry ground, no rain, a full battery.
    """

    common: Common
    condition: str
    priority: int
    after_us: int
    samples: int
    unit: str | None
    tolerance: float
    legal_from: float
    legal_to: float
    lively: int

    @property
    def priorities(self) -> frozenset[int]:
        """List the one priority of being stuck."""
        return frozenset({self.priority})

    def points(self, tag: Tag) -> tuple[ValuePoint, ...]:
        """Give the point; a slow reporter is given as long as its samples take."""
        if not self.common.scope.covers(tag):
            return ()
        interval_us = round((tag.interval_s or 0.0) * SECOND_US)
        after_us = max(self.after_us, self.samples * interval_us)
        unit = self.unit or tag.unit
        measure = Unchanged(
            atleast_us=after_us,
            gap_us=self.common.gap_of(tag),
            gap_policy=self.common.gap_policy,
            tolerance=converted_step(self.common, tag, self.tolerance, unit) if self.tolerance else 0.0,
            legal_from=self._bound(tag, self.legal_from, unit),
            legal_to=self._bound(tag, self.legal_to, unit),
            lively=self.lively,
        )
        point = self.common.dressed(
            tag,
            ValuePoint(
                rule=self.common.name,
                condition=self.condition,
                priority=self.priority,
                is_high=True,
                limit=after_us / SECOND_US,
                clear=after_us / SECOND_US,
                measure=measure,
            ),
        )
        return (point,)

    def _bound(self, tag: Tag, bound: float, unit: str) -> float:
        return bound if math.isinf(bound) else converted(self.common, tag, bound, unit, tag.unit)


@dataclass(frozen=True, slots=True)
class StuckKind:
    """Reads `kind: stuck`."""

    name: str = "stuck"

    def read(self, common: Common, fields: Fields) -> Rule:
        """Read priority, how long, the tolerance, and where a flat line is legal."""
        if common.scope.metrics is None:
            fields.entry.refuse("a stuck rule needs a metric under 'for': many facts never change")
        legal = fields.find("legal")
        low, high = (math.inf, -math.inf) if legal is None else _read_legal(legal)
        has_numbers = legal is not None or fields.find("tolerance") is not None
        return StuckRule(
            common=common,
            condition=fields.read("condition", Entry.name, "stuck"),
            priority=fields.need("priority").priority(),
            after_us=read_span(fields.need("after")),
            samples=round(fields.read("samples", Entry.number, 4.0)),
            unit=read_unit(fields) if has_numbers else None,
            tolerance=fields.read("tolerance", Entry.number, 0.0),
            legal_from=low,
            legal_to=high,
            lively=round(fields.read("lively", read_positive, 0.0)),
        )


def _read_legal(entry: Entry) -> tuple[float, float]:
    fields = Fields(entry)
    low = fields.read("from", Entry.number, -math.inf)
    high = fields.read("to", Entry.number, math.inf)
    fields.finish()
    if low > high:
        entry.refuse("'from' is above 'to'")
    return low, high


KIND = StuckKind()
