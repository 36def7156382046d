"""Points: one condition of one device at one priority, and the tag it is judged on. Pure nouns; no I/O, no clock."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from alerts.schedule import Schedule

if TYPE_CHECKING:
    from alerts.measures import Measure

SECOND_US = 1_000_000
NOTHING_QUIET = (math.inf, -math.inf)
NO_LIMITS: tuple[float | None, float | None, float | None, float | None] = (None, None, None, None)


class GapPolicy(StrEnum):
    """What a silence inside a running delay does to it. Silence is never evidence, whatever is chosen."""

    RESET = "reset"  # the delay starts anew at the first reading after the silence
    HOLD = "hold"  # the delay runs on, when the readings on both sides of the silence agree
    UNKNOWN = "unknown"  # the first reading after the silence is not counted either


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """One metric of one registered device, as the rules see it.

    `device` and `metric` are registry keys, `kind` is the device's. `limits` are the device's own by priority 1 to 4,
    in `unit`; when any is given, all four of the rule's are replaced. `interval_s` is the expected time between
    readings in seconds. `grids` are the codes of the grids that hold it, finest first. `parent` is the key of the
    gateway or link it is heard through, 0 where it has none.
    """

    device: int
    kind: str
    metric: int
    metric_name: str
    unit: str
    limits: tuple[float | None, float | None, float | None, float | None] = NO_LIMITS
    interval_s: float | None = None
    grids: tuple[str, ...] = ()
    warnings: tuple[tuple[str, int], ...] = ()  # weather warnings over it now, as (event, priority)
    parent: int = 0

    @property
    def has_own_limits(self) -> bool:
        """Say whether any limit is the device's own."""
        return any(limit is not None for limit in self.limits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flap:
    """Once a point was raised `raises` times within `within_us`, it returns only after `hold_us` of normal readings."""

    raises: int
    within_us: int
    hold_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ValuePoint:
    """A threshold on the value, or on a measure of the recent values, in the unit of what is judged.

    Raised by values at or beyond `limit` (equality raises); normal again only on the other side of `clear`, which is
    the limit minus the deadband for a high limit and plus it for a low one. Delays and the gap are microseconds of
    device time. Outside of its `schedule` the condition does not hold, whatever the value.
    """

    rule: str
    condition: str
    priority: int
    is_high: bool
    limit: float
    clear: float
    on_delay_us: int = 0
    off_delay_us: int = 0
    gap_us: int = 600 * SECOND_US
    gap_policy: GapPolicy = GapPolicy.RESET
    measure: "Measure | None" = None
    schedule: Schedule | None = None
    flap: Flap | None = None
    sure: float | None = None  # so far on the normal side that nothing is waited for

    def is_beyond(self, value: float) -> bool:
        """Say whether a value is evidence for the condition."""
        return value >= self.limit if self.is_high else value <= self.limit

    def is_sure(self, value: float) -> bool:
        """Say whether a value is so far from the limit that one is enough."""
        return self.sure is not None and (value <= self.sure if self.is_high else value >= self.sure)

    def is_normal(self, value: float) -> bool:
        """Say whether a value is evidence against it; inside the deadband it is neither."""
        return value < self.clear if self.is_high else value > self.clear

    def quiet_window(self, *, active: bool) -> tuple[float, float]:
        """Give the closed interval of values that change nothing while no delay runs.

        `nextafter` turns the open ends into closed ones, so that the whole check is two comparisons.
        """
        if self.measure is not None or (active and self.schedule is not None):
            return NOTHING_QUIET
        if self.is_high:
            return (self.limit, math.inf) if active else (-math.inf, math.nextafter(self.limit, -math.inf))
        return (-math.inf, self.limit) if active else (math.nextafter(self.limit, math.inf), math.inf)


@dataclass(frozen=True, slots=True, kw_only=True)
class RangePoint:
    """Values that cannot be: outside of [low, high], or one of the numbers makers send for "no value".

    Such a value is evidence for this point and for nothing else. Units, delays and gap as for a ValuePoint.
    """

    rule: str
    condition: str
    priority: int
    low: float
    high: float
    sentinels: frozenset[float] = frozenset()
    on_delay_us: int = 0
    off_delay_us: int = 0
    gap_us: int = 600 * SECOND_US
    gap_policy: GapPolicy = GapPolicy.RESET
    schedule: Schedule | None = None
    flap: Flap | None = None

    def is_sure(self, value: float) -> bool:  # noqa: ARG002 -- as for a ValuePoint
        """Say no: among what cannot be there is no distance."""
        return False

    def is_beyond(self, value: float) -> bool:
        """Say whether a value cannot be."""
        return value < self.low or value > self.high or value in self.sentinels

    def is_normal(self, value: float) -> bool:
        """Say whether a value can be."""
        return self.low <= value <= self.high and value not in self.sentinels

    def quiet_window(self, *, active: bool) -> tuple[float, float]:
        """Give the closed interval of values that change nothing while no delay runs; sentinels are screened before."""
        return NOTHING_QUIET if active else (self.low, self.high)


@dataclass(frozen=True, slots=True, kw_only=True)
class SilencePoint:
    """A device that has not been heard for longer than `after_us`, by our receive clock."""

    rule: str
    condition: str
    priority: int
    after_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutagePoint:
    """All behind a gateway or link are silent together; `after_us` is how long a service of our own may be away."""

    rule: str
    condition: str
    priority: int
    after_us: int


JudgedPoint = ValuePoint | RangePoint
Point = JudgedPoint | SilencePoint | OutagePoint
