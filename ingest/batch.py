"""A batch of readings as columns. Pure: reads no clock."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Readings in arrival order, one row a reading; all arrays have the same length.

    `device` and `metric` are registry keys, `grid` is a grid key or 0 where no grid holds the place. `time` (the
    device's) and `received` (ours) are microseconds since 1970-01-01 UTC. `value` is in the metric's registered
    unit, NaN where `quality` is MISSING.
    """

    device: NDArray[np.int32]
    metric: NDArray[np.int16]
    time: NDArray[np.int64]
    value: NDArray[np.float64]
    quality: NDArray[np.int16]
    grid: NDArray[np.int32]
    received: NDArray[np.int64]

    def only(self, rows: NDArray[np.bool_]) -> "Batch":
        """Give the batch of some rows."""
        return Batch(
            device=self.device[rows],
            metric=self.metric[rows],
            time=self.time[rows],
            value=self.value[rows],
            quality=self.quality[rows],
            grid=self.grid[rows],
            received=self.received[rows],
        )

    def __len__(self) -> int:
        """Count the readings."""
        return len(self.device)
