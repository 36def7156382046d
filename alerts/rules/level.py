"""Level rules: a value beyond one of four limits, high or low, with deadband and delays. Pure: reads no clock."""

from collections.abc import Mapping
from dataclasses import dataclass

from alerts.limits import Direction, Limit, converted, converted_step, read_limits, read_unit
from alerts.points import Tag, ValuePoint
from alerts.rule import Common, Rule
from alerts.rule_file import Entry, Fields
from alerts.warned import Warned, read_warned


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelRule:
    """A level rule; `deadband` and `limits` are in `unit`, delays in microseconds of device time.

    At or below the share `sure` of a limit a value is so far away that the off-delay is not waited for.
    """

    common: Common
    condition: str
    unit: str
    direction: Direction
    limits: Mapping[int, Limit]
    deadband: float
    on_delay_us: int
    off_delay_us: int
    sure: float | None = None
    warned: Warned | None = None

    @property
    def priorities(self) -> frozenset[int]:
        """List all four: any device may bring limits of its own."""
        return frozenset({1, 2, 3, 4})

    def points(self, tag: Tag) -> tuple[ValuePoint, ...]:
        """Give a point for each limit: the device's own where it has any, otherwise the rule's in the tag's unit."""
        if not self.common.scope.covers(tag):
            return ()
        if tag.has_own_limits:
            own = {priority: limit for priority, limit in enumerate(tag.limits, start=1) if limit is not None}
            return tuple(
                self._point(tag, priority, self._lowered(tag, limit), self.on_delay_us)
                for priority, limit in own.items()
            )
        return tuple(
            self._point(tag, priority, self._own_limit(tag, priority, limit), limit.on_delay_us)
            for priority, limit in self.limits.items()
        )

    def _own_limit(self, tag: Tag, priority: int, limit: Limit) -> float:
        """Give the rule's limit in the tag's unit, or the one it has for times of warning, if that is lower."""
        at = limit.at
        if self.warned is not None and self.warned.limits is not None and self.warned.holds(tag):
            at = min(at, self.warned.limits.get(priority, at))
        return self._lowered(tag, self._convert(at, self.unit, tag.unit, tag))

    def _lowered(self, tag: Tag, limit: float) -> float:
        """Lower a limit in the tag's unit while a warning holds over it."""
        if self.warned is None or not self.warned.holds(tag):
            return limit
        return self.warned.lowered(limit, converted_step(self.common, tag, self.warned.lower_by, self.unit))

    def _point(self, tag: Tag, priority: int, limit: float, on_delay_us: int) -> ValuePoint:
        return self.common.dressed(
            tag,
            ValuePoint(
                rule=self.common.name,
                condition=self.condition,
                priority=priority,
                is_high=self.direction is Direction.HIGH,
                limit=limit,
                clear=self._clear(tag, limit),
                on_delay_us=on_delay_us,
                off_delay_us=self.off_delay_us,
                sure=None if self.sure is None else self.sure * limit,
            ),
        )

    def _clear(self, tag: Tag, limit: float) -> float:
        """Take the deadband off in the rule's unit, because not every scale is linear (smoke is not)."""
        if self.deadband == 0.0:
            return limit
        sign = 1.0 if self.direction is Direction.HIGH else -1.0
        clear = self._convert(limit, tag.unit, self.unit, tag) - sign * self.deadband
        clear = self._convert(clear, self.unit, tag.unit, tag)
        # Most quantities have no values below zero: a deadband wider than the limit would never let the alarm go.
        return limit / 2 if sign > 0.0 and clear <= 0.0 < limit else clear

    def _convert(self, value: float, from_unit: str, to_unit: str, tag: Tag) -> float:
        return converted(self.common, tag, value, from_unit, to_unit)


@dataclass(frozen=True, slots=True)
class LevelKind:
    """Reads `kind: level`."""

    name: str = "level"

    def read(self, common: Common, fields: Fields) -> Rule:
        """Read unit, direction, limits, deadband and delays."""
        direction = fields.read("direction", lambda entry: entry.choice(Direction), Direction.HIGH)
        if common.scope.metrics is None:
            fields.entry.refuse("a level rule needs a metric under 'for': a limit without a metric means nothing")
        on_delay_us = fields.read("on_delay", Entry.duration_us, 0)
        deadband = fields.find("deadband")
        if deadband is not None and deadband.number() < 0:
            deadband.refuse("a deadband is not negative")
        return LevelRule(
            common=common,
            condition=fields.read("condition", Entry.name, f"level-{direction}"),
            unit=read_unit(fields),
            direction=direction,
            limits=read_limits(fields.find("limits"), direction, on_delay_us),
            deadband=0.0 if deadband is None else deadband.number(),
            on_delay_us=on_delay_us,
            off_delay_us=fields.read("off_delay", Entry.duration_us, 0),
            sure=_read_share(fields.find("sure"), direction),
            warned=_read_warned(fields.find("warned"), direction),
        )


def _read_warned(entry: Entry | None, direction: Direction) -> Warned | None:
    if entry is not None and direction is Direction.LOW:
        entry.refuse("a warning lowers high limits: a low limit would only become harder to reach")
    return None if entry is None else read_warned(entry)


def _read_share(entry: Entry | None, direction: Direction) -> float | None:
    """Read the share of a high limit at which a value is sure to be normal."""
    if entry is None:
        return None
    if direction is Direction.LOW or not 0 <= entry.number() < 1:
        entry.refuse("'sure' is a share of a high limit: 0 or more, and less than 1")
    return entry.number()


KIND = LevelKind()
