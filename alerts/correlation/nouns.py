"""What correlation by place speaks of: alarms as evidence, targets, and what a rule wants. Pure nouns; no I/O, no clock.

Times are microseconds since 1970-01-01 UTC, of the devices that spoke: an alarm that is told late counts where it
happened, not where it arrived.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Protocol

from alerts.carrier import Carrier
from alerts.points import Tag
from alerts.rule import Common, Rule


class Role(IntEnum):
    """What an alarm is to a target. Stored values: changing one is a migration."""

    ANSWER = 0  # it makes the target's alarm pointless: the flood that was announced has come
    FIRST = 1
    SECOND = 2


class Span(StrEnum):
    """How far a place reaches."""

    BUILDING = "building"  # the grid, of a device that names none
    GRID = "grid"  # with all its micro-grids
    VILLAGE = "village"
    TOWN = "town"
    SPECIAL = "special"  # a school, a works, a reservoir


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """An alarm of a device, as evidence. `ended` is None while its condition holds; `grid` 0 is no grid.

    `device`, `metric` and `grid` are registry keys; coordinates are WGS 84 degrees or None.
    """

    alarm: int
    device: int
    kind: str
    condition: str
    metric: str | None
    priority: int
    grid: int
    area: str
    building: str | None
    lon: float | None
    lat: float | None
    raised: int
    ended: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """Which alarms are evidence: of these conditions, of such devices and metrics, at least this severe."""

    conditions: frozenset[str]
    kinds: frozenset[str] | None = None
    metrics: frozenset[str] | None = None
    least_priority: int = 4

    def covers(self, spoken: Spoken) -> bool:
        """Say whether an alarm is such evidence."""
        return (
            spoken.condition in self.conditions
            and spoken.priority <= self.least_priority
            and (self.kinds is None or spoken.kind in self.kinds)
            and (self.metrics is None or spoken.metric in self.metrics)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """How much evidence makes an alarm: so many different devices in each role, raised within a span of device time.

    The alarm returns when for longer than `off_delay_us` fewer hold, and at once when an ANSWER is raised.
    """

    needs: tuple[tuple[Role, int], ...]
    within_us: int
    off_delay_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What an alarm of correlation hangs on: a carrier that may have to be made first, or a device by its key."""

    id: str
    carrier: Carrier | None = None
    device: int = 0
    unit: str = "{device}"  # of the value that its alarm shows


@dataclass(frozen=True, slots=True, kw_only=True)
class Net:
    """Where evidence for some targets can be found: in grids or buildings, or at devices."""

    grids: frozenset[int] = frozenset()
    buildings: frozenset[str] = frozenset()
    devices: frozenset[int] = frozenset()

    def __or__(self, other: "Net") -> "Net":
        """Join two nets."""
        return Net(
            grids=self.grids | other.grids,
            buildings=self.buildings | other.buildings,
            devices=self.devices | other.devices,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An alarm is evidence for a target, in a role; `net` is where the target's other evidence can be.

    `value` is what the alarm shows that begins with this evidence; None is the number of devices that spoke.
    """

    target: Target
    role: Role
    net: Net
    value: float | None = None


class Chart(Protocol):
    """What a rule may ask of the county: its places, their neighbours, and how the water runs."""

    def place(self, spoken: Spoken, span: Span) -> Sequence[tuple[Carrier, Net]]:
        """Give the places of a span that an alarm lies in: none without a grid, several only of special grids."""
        ...

    def neighbours(self, place: str) -> Sequence[tuple[Carrier, Net]]:
        """Give the places that share an edge with a place (its carrier's id)."""
        ...

    def downstream(self, device: int) -> tuple[int, float | None] | None:
        """Give the next gauge downstream and the travel time of a flood in minutes, if that is known."""
        ...

    def upstream(self, device: int) -> Sequence[int]:
        """Give the gauges that come down to a gauge next."""
        ...


class PlaceRule(Rule, Protocol):
    """A rule of stage 2: judged on the alarms of other rules, never on readings."""

    @property
    def priority(self) -> int:
        """Give the priority of its alarms."""
        ...

    @property
    def conditions(self) -> frozenset[str]:
        """List the conditions that are evidence to it."""
        ...

    @property
    def demand(self) -> Demand:
        """Say how much evidence it wants."""
        ...

    def tell(self, spoken: Spoken, chart: Chart) -> Sequence[Told]:
        """Say for which targets an alarm is evidence."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The part of every rule of stage 2 that the engine of stage 1 meets: it has no points on any tag."""

    common: Common
    condition: str
    priority: int

    @property
    def priorities(self) -> frozenset[int]:
        """List the one priority."""
        return frozenset({self.priority})

    def points(self, tag: Tag) -> tuple[()]:  # noqa: ARG002 -- the signature of every rule
        """Give none: readings say nothing to it."""
        return ()
