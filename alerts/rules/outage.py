"""Outage rules: what is behind one gateway, link or service falls silent together. Pure: reads no clock."""

from dataclasses import dataclass

from alerts.limits import read_span
from alerts.points import SECOND_US, OutagePoint, Tag
from alerts.rule import Common, Rule
from alerts.rule_file import Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageRule:
    """One alarm with a count instead of one for each device behind; our own services are out after `after_us`."""

    common: Common
    condition: str
    priority: int
    after_us: int

    @property
    def priorities(self) -> frozenset[int]:
        """List the one priority of an outage."""
        return frozenset({self.priority})

    def points(self, tag: Tag) -> tuple[OutagePoint, ...]:
        """Give the point of what the device is heard through."""
        if not self.common.scope.covers(tag):
            return ()
        point = OutagePoint(
            rule=self.common.name, condition=self.condition, priority=self.priority, after_us=self.after_us
        )
        return (point,)


@dataclass(frozen=True, slots=True)
class OutageKind:
    """Reads `kind: outage`."""

    name: str = "outage"

    def read(self, common: Common, fields: Fields) -> Rule:
        """Read priority, and after what time our own services count as out."""
        return OutageRule(
            common=common,
            condition="outage",
            priority=fields.need("priority").priority(),
            after_us=fields.read("after", read_span, 120 * SECOND_US),
        )


KIND = OutageKind()
