"""No-data rules: a device that is silent for several of its intervals. Pure: reads no clock."""

from dataclasses import dataclass

from alerts.points import SECOND_US, SilencePoint, Tag
from alerts.rule import Common, Rule
from alerts.rule_file import Entry, Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class NoDataRule:
    """Silence for longer than `intervals` expected intervals, and never less than `at_least_us` microseconds.

    Where nobody said what to expect of a device, it is silent after `unknown_us`, or never without.
    """

    common: Common
    condition: str
    priority: int
    intervals: float
    at_least_us: int
    unknown_us: int | None

    @property
    def priorities(self) -> frozenset[int]:
        """List the one priority of silence."""
        return frozenset({self.priority})

    def points(self, tag: Tag) -> tuple[SilencePoint, ...]:
        """Give the point where there is something to expect; the engine keeps the shortest of a device's."""
        if not self.common.scope.covers(tag):
            return ()
        if tag.interval_s is not None:
            after_us = max(round(self.intervals * tag.interval_s * SECOND_US), self.at_least_us)
        elif self.unknown_us is not None:
            after_us = self.unknown_us
        else:
            return ()
        point = SilencePoint(rule=self.common.name, condition=self.condition, priority=self.priority, after_us=after_us)
        return (point,)


@dataclass(frozen=True, slots=True)
class NoDataKind:
    """Reads `kind: no-data`."""

    name: str = "no-data"

    def read(self, common: Common, fields: Fields) -> Rule:
        """Read priority, how many intervals, and the least time."""
        intervals = fields.find("intervals")
        if intervals is not None and intervals.number() < 1:
            intervals.refuse("less than one interval would call every device silent")
        return NoDataRule(
            common=common,
            condition="no-data",
            priority=fields.need("priority").priority(),
            intervals=3.0 if intervals is None else intervals.number(),
            at_least_us=fields.read("at_least", Entry.duration_us, 15 * SECOND_US),
            unknown_us=fields.read("without_interval", _read_optional, None),
        )


def _read_optional(entry: Entry) -> int | None:
    return entry.duration_us()


KIND = NoDataKind()
