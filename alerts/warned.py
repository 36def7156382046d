"""How the limits of a rule are lowered while a weather warning holds (靶向预警). Pure: reads no clock."""

from collections.abc import Mapping
from dataclasses import dataclass

from alerts.limits import Direction, read_limits, read_positive
from alerts.points import Tag
from alerts.rule_file import Entry, Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """What a rule does under warnings of some events (None: any) of at least a priority.

    Limits are multiplied by `factor`, taken down by `lower_by` (in the rule's unit), or replaced by `limits` where the
    device has none of its own. A limit is never raised by it.
    """

    events: frozenset[str] | None
    least_priority: int
    factor: float = 1.0
    lower_by: float = 0.0
    limits: Mapping[int, float] | None = None

    def holds(self, tag: Tag) -> bool:
        """Say whether a warning holds over a tag that the rule heeds."""
        return any(
            priority <= self.least_priority and (self.events is None or event in self.events)
            for event, priority in tag.warnings
        )

    def lowered(self, limit: float, step: float = 0.0) -> float:
        """Lower a limit; `step` is `lower_by` in the limit's own unit. One below zero is not multiplied up."""
        return min(limit, limit * self.factor) - step if limit > 0 else limit - step


def read_warned(entry: Entry) -> Warned:
    """Read `{events: [rainstorm], from_priority: 3, factor: 0.8}`, or with `lower_by` or `limits` instead of a factor."""
    fields = Fields(entry)
    events, factor, lower_by, limits = (fields.find(key) for key in ("events", "factor", "lower_by", "limits"))
    if sum(given is not None for given in (factor, lower_by, limits)) != 1:
        entry.refuse("a warning lowers limits in one way: give 'factor', 'lower_by' or 'limits'")
    if factor is not None and not 0 < factor.number() < 1:
        factor.refuse("a factor that lowers a limit is more than 0 and less than 1")
    warned = Warned(
        events=None if events is None else frozenset(item.name() for item in events.items()),
        least_priority=fields.read("from_priority", Entry.priority, 4),
        factor=1.0 if factor is None else factor.number(),
        lower_by=0.0 if lower_by is None else read_positive(lower_by),
        limits=None if limits is None else {p: one.at for p, one in read_limits(limits, Direction.HIGH, 0).items()},
    )
    fields.finish()
    return warned
