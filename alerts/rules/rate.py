"""Rate rules: how far a value comes within a span, up or down. Pure: reads no clock."""

from collections.abc import Mapping
from dataclasses import dataclass

from alerts.limits import Direction, Limit, converted_step, read_limits, read_positive, read_span, read_unit
from alerts.measures import Change
from alerts.points import SECOND_US, Tag, ValuePoint
from alerts.rule import Common, Rule
from alerts.rule_file import Entry, Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class RateRule:
    """A change of so much, in `unit`, within `window_us`; `clear` is the share of the limit below which it is over.

    The `ignore` most extreme earlier readings of the window do not count as where the change began. The window holds
    at least `samples` expected intervals, so that a slow reporter is judged, too.
    """

    common: Common
    condition: str
    unit: str
    direction: Direction
    window_us: int
    samples: int
    limits: Mapping[int, Limit]
    clear: float
    ignore: int
    off_delay_us: int

    @property
    def priorities(self) -> frozenset[int]:
        """List those that have a limit."""
        return frozenset(self.limits)

    def points(self, tag: Tag) -> tuple[ValuePoint, ...]:
        """Give a point for each limit, in the tag's unit."""
        if not self.common.scope.covers(tag):
            return ()
        measure = Change(window_us=self._window_of(tag), falling=self.direction is Direction.LOW, ignore=self.ignore)
        return tuple(self._point(tag, measure, priority, limit) for priority, limit in self.limits.items())

    def _window_of(self, tag: Tag) -> int:
        """Make room for the samples; a tenth more, because none comes at the very instant."""
        return max(self.window_us, round(1.1 * self.samples * (tag.interval_s or 0.0) * SECOND_US))

    def _point(self, tag: Tag, measure: Change, priority: int, limit: Limit) -> ValuePoint:
        at = converted_step(self.common, tag, limit.at, self.unit)
        return self.common.dressed(
            tag,
            ValuePoint(
                rule=self.common.name,
                condition=self.condition,
                priority=priority,
                is_high=True,
                limit=at,
                clear=at * self.clear,
                on_delay_us=limit.on_delay_us,
                off_delay_us=self.off_delay_us,
                measure=measure,
            ),
        )


def read_count(entry: Entry) -> float:
    """Read how many of something: a whole number, 0 or more."""
    count = entry.number()
    if count < 0 or count != int(count):
        entry.refuse("a whole number, 0 or more, is expected here")
    return count


@dataclass(frozen=True, slots=True)
class RateKind:
    """Reads `kind: rate`."""

    name: str = "rate"

    def read(self, common: Common, fields: Fields) -> Rule:
        """Read unit, window, direction, limits, delays and where it is over."""
        if common.scope.metrics is None:
            fields.entry.refuse("a rate rule needs a metric under 'for': a change without a metric means nothing")
        direction = fields.read("direction", lambda entry: entry.choice(Direction), Direction.HIGH)
        limits = read_limits(fields.need("limits"), Direction.HIGH, fields.read("on_delay", Entry.duration_us, 0))
        clear = fields.find("clear")
        if clear is not None and not 0 < clear.number() <= 1:
            clear.refuse("'clear' is a share of the limit: more than 0 and at most 1")
        return RateRule(
            common=common,
            condition=fields.read("condition", Entry.name, f"rate-{direction}"),
            unit=read_unit(fields),
            direction=direction,
            window_us=read_span(fields.need("window")),
            samples=round(fields.read("samples", read_count, 1.0)),
            limits=limits,
            clear=0.5 if clear is None else clear.number(),
            ignore=round(fields.read("ignore", read_positive, 0.0)),
            off_delay_us=fields.read("off_delay", Entry.duration_us, 0),
        )


KIND = RateKind()
