"""State rules: a fact the device reports about itself (smoke, fault, tamper, low battery). Pure: reads no clock."""

from dataclasses import dataclass

from alerts.points import Tag, ValuePoint
from alerts.rule import Common, Rule
from alerts.rule_file import Entry, Fields

# Facts come as 1.0 and 0.0; the middle keeps clear of both.
_HALF = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class StateRule:
    """A rule on a fact; delays in microseconds of device time."""

    common: Common
    condition: str
    priority: int
    on_delay_us: int
    off_delay_us: int

    @property
    def priorities(self) -> frozenset[int]:
        """List the one priority of the fact."""
        return frozenset({self.priority})

    def points(self, tag: Tag) -> tuple[ValuePoint, ...]:
        """Give the one point of the fact."""
        if not self.common.scope.covers(tag):
            return ()
        point = self.common.dressed(
            tag,
            ValuePoint(
                rule=self.common.name,
                condition=self.condition,
                priority=self.priority,
                is_high=True,
                limit=_HALF,
                clear=_HALF,
                on_delay_us=self.on_delay_us,
                off_delay_us=self.off_delay_us,
            ),
        )
        return (point,)


@dataclass(frozen=True, slots=True)
class StateKind:
    """Reads `kind: state`."""

    name: str = "state"

    def read(self, common: Common, fields: Fields) -> Rule:
        """Read condition, priority and delays."""
        if common.scope.metrics is None:
            fields.entry.refuse("a state rule needs a metric under 'for': the fact it is about")
        return StateRule(
            common=common,
            condition=fields.need("condition").name(),
            priority=fields.need("priority").priority(),
            on_delay_us=fields.read("on_delay", Entry.duration_us, 0),
            off_delay_us=fields.read("off_delay", Entry.duration_us, 0),
        )


KIND = StateKind()
