"""What the engine says and what it is restored from. Pure nouns; no I/O, no clock.

Times are microseconds since 1970-01-01 UTC. Devices and metrics are registry keys; metric 0 is the device as a whole.
"""

from dataclasses import dataclass

from alerts.life_cycle import Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class PointChange:
    """A point became active or normal. `time` is device time, or our receive clock for silence.

    `value` is the reading that decided, the seconds of silence for no-data, NaN where nothing was measured.
    """

    device: int
    metric: int
    rule: str
    condition: str
    priority: int
    active: bool
    time: int
    value: float
    cause: Cause
    # The late reading, as (device time, value), that a raise in the past and its return rest on: both are true only if
    # that reading was stored, for of several readings of one instant only the first is.
    late: tuple[int, float] | None = None
    unit: str | None = None  # of `value`, where it is not the metric's own
    backfilled: bool = False  # the reading that raised it was told too late to be of now


@dataclass(frozen=True, slots=True, kw_only=True)
class DelayChange:
    """A delay that runs since a device time, or (`since` None) runs no longer. `wanted`: it is about to raise."""

    device: int
    metric: int
    rule: str
    priority: int
    wanted: bool
    since: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """All that one look of the engine changed: changes in reading order, and of each delay only how it ended up."""

    changes: tuple[PointChange, ...] = ()
    delays: tuple[DelayChange, ...] = ()

    def __bool__(self) -> bool:
        """Say whether there is anything to store."""
        return bool(self.changes or self.delays)

    def __add__(self, later: "Detection") -> "Detection":
        """Put a later detection behind this one."""
        return Detection(changes=self.changes + later.changes, delays=self.delays + later.delays)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivePoint:
    """A point that was active when the engine stopped."""

    device: int
    metric: int
    rule: str
    condition: str
    priority: int
    raised_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredState:
    """What stood when an engine stopped: its active points, its running delays, and what was raised of late."""

    active: tuple[ActivePoint, ...] = ()
    delays: tuple[DelayChange, ...] = ()
    raises: tuple[ActivePoint, ...] = ()  # all raises of late, oldest first: who flaps is judged by them
    odd: tuple[tuple[int, int, int], ...] = ()  # (device, metric, device time) of the newest reading that cannot be
