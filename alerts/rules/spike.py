"""Spike rules: one sample that stands out from both its neighbours. Pure: reads no clock."""

from dataclasses import dataclass

from alerts.limits import Direction, converted_step, read_positive, read_span, read_unit
from alerts.measures import Spike
from alerts.points import SECOND_US, Tag, ValuePoint
from alerts.rule import Common, Rule
from alerts.rule_file import Entry, Fields

_SIGNS = {None: 0, Direction.HIGH: 1, Direction.LOW: -1}


@dataclass(frozen=True, slots=True, kw_only=True)
class SpikeRule:
    """A sample that stands out by `height` in `unit`, and by `times_noise` the median step of the last `window_us`.

    With a direction only spikes that way count: what makes a quantity jump up in nature seldom makes it drop.
    """

    common: Common
    condition: str
    priority: int
    unit: str
    height: float
    times_noise: float
    direction: Direction | None
    window_us: int
    off_delay_us: int

    @property
    def priorities(self) -> frozenset[int]:
        """List the one priority of a spike."""
        return frozenset({self.priority})

    def points(self, tag: Tag) -> tuple[ValuePoint, ...]:
        """Give the point; it is raised by the sample after the spike, which shows that it was one."""
        if not self.common.scope.covers(tag):
            return ()
        height = converted_step(self.common, tag, self.height, self.unit)
        point = self.common.dressed(
            tag,
            ValuePoint(
                rule=self.common.name,
                condition=self.condition,
                priority=self.priority,
                is_high=True,
                limit=height,
                clear=height,
                off_delay_us=self.off_delay_us,
                measure=Spike(
                    window_us=self.window_us,
                    gap_us=self.common.gap_of(tag),
                    noise_factor=self.times_noise,
                    sign=_SIGNS[self.direction],
                ),
            ),
        )
        return (point,)


@dataclass(frozen=True, slots=True)
class SpikeKind:
    """Reads `kind: spike`."""

    name: str = "spike"

    def read(self, common: Common, fields: Fields) -> Rule:
        """Read priority, unit, height, and how far above the noise."""
        if common.scope.metrics is None:
            fields.entry.refuse("a spike rule needs a metric under 'for': a height without a metric means nothing")
        return SpikeRule(
            common=common,
            condition=fields.read("condition", Entry.name, "spike"),
            priority=fields.need("priority").priority(),
            unit=read_unit(fields),
            height=read_positive(fields.need("height")),
            times_noise=fields.read("times_noise", read_positive, 0.0),
            direction=fields.read("direction", lambda entry: entry.choice(Direction), None),
            window_us=fields.read("window", read_span, 6 * 3600 * SECOND_US),
            off_delay_us=fields.read("off_delay", Entry.duration_us, 0),
        )


KIND = SpikeKind()
