"""What the engine says and what it is restored from. Pure nouns; no I/O, no clock.

Times are microseconds since 1970-01-01 UTC. Devices and metrics are registry keys; metric 0 is the device as a whole.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

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
class LastReadings:
    """The newest judged reading of each device and metric, and when it was received; arrays of one length."""

    device: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    metric: NDArray[np.int16] = field(default_factory=lambda: np.zeros(0, np.int16))
    time: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    received: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredState:
    """Everything an engine needs to go on as if it had never stopped."""

    active: tuple[ActivePoint, ...] = ()
    delays: tuple[DelayChange, ...] = ()
    last: LastReadings = field(default_factory=LastReadings)
