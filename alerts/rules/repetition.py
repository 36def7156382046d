"""Repetition rules: something that is harmless once and not so n times in t. Pure: reads no clock."""

from dataclasses import dataclass

from alerts.limits import Direction, converted, read_positive, read_span, read_unit
from alerts.measures import Crossings
from alerts.points import Tag, ValuePoint
from alerts.rule import Common, Rule
from alerts.rule_file import Entry, Fields

_FACT = 0.5  # facts come as 1.0 and 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RepetitionRule:
    """`times` crossings of `at` within `within_us`, each from the other side of `clear`; without a unit, of a fact."""

    common: Common
    condition: str
    priority: int
    times: int
    within_us: int
    direction: Direction
    at: float
    clear: float
    unit: str | None

    @property
    def priorities(self) -> frozenset[int]:
        """List the one priority of the repetition."""
        return frozenset({self.priority})

    def points(self, tag: Tag) -> tuple[ValuePoint, ...]:
        """Give the point: a threshold on the count."""
        if not self.common.scope.covers(tag):
            return ()
        unit = self.unit or tag.unit
        measure = Crossings(
            window_us=self.within_us,
            limit=converted(self.common, tag, self.at, unit, tag.unit) if self.unit else self.at,
            clear=converted(self.common, tag, self.clear, unit, tag.unit) if self.unit else self.clear,
            is_high=self.direction is Direction.HIGH,
        )
        point = self.common.dressed(
            tag,
            ValuePoint(
                rule=self.common.name,
                condition=self.condition,
                priority=self.priority,
                is_high=True,
                limit=float(self.times),
                clear=float(self.times),
                measure=measure,
            ),
        )
        return (point,)


@dataclass(frozen=True, slots=True)
class RepetitionKind:
    """Reads `kind: repetition`."""

    name: str = "repetition"

    def read(self, common: Common, fields: Fields) -> Rule:
        """Read how often within what, of which crossing."""
        if common.scope.metrics is None:
            fields.entry.refuse("a repetition rule needs a metric under 'for': what it counts")
        times = fields.need("times")
        if times.number() < 2 or times.number() != int(times.number()):  # noqa: PLR2004 -- once is no repetition
            times.refuse("'times' is a whole number, 2 or more")
        at = fields.read("at", Entry.number, _FACT)
        has_level = at != _FACT
        return RepetitionRule(
            common=common,
            condition=fields.read("condition", Entry.name, "repetition"),
            priority=fields.need("priority").priority(),
            times=int(times.number()),
            within_us=read_span(fields.need("within")),
            direction=fields.read("direction", lambda entry: entry.choice(Direction), Direction.HIGH),
            at=at,
            clear=fields.read("clear", read_positive, at),
            unit=read_unit(fields) if has_level else None,
        )


KIND = RepetitionKind()
