"""Clocks that were set back, as by a power cut: what such a device says is of now, and no history. Pure; bounded by the registry.

By its clock it is older than what the device said before, and what is that old is not judged. But who tells stored readings tells
them faster than they happened; whose clock was set back speaks at the pace of ours. Times are µs since 1970 UTC.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ingest.batch import Batch
from ingest.clocks import AHEAD_US, UNTIMED_US, DeviceClocks
from ingest.readings import Quality

BACK_US: Final = 300_000_000  # further behind what was judged nothing is judged (alerts.engine)
APART_US: Final = 5_000_000  # two words closer together tell no pace
JITTER_US: Final = 2_000_000
SAME_US: Final = 60_000_000  # a clock that is off by what is known of it
NEVER: Final = -(2**62)


class SetBack:
    """Knows of each device, by registry key, the newest time it said, and which clocks were set back and by how much."""

    def __init__(self, last: Mapping[str, NDArray[np.generic]]) -> None:
        """Begin with the newest reading of each channel: columns device, time, quality, received."""
        device, time = last["device"].astype(np.int32), last["time"].astype(np.int64)
        own = _bears_its_own(time, last["received"].astype(np.int64), last["quality"].astype(np.int16))
        self._newest = np.full(int(device.max(initial=0)) + 1, NEVER, np.int64)
        np.maximum.at(self._newest, device[own], time[own])
        self._by: dict[int, int] = {}  # what is added to the times of a clock that was set back
        self._seen: dict[int, tuple[int, int]] = {}  # who may have one: how far behind it was, and when

    def righted(self, batch: Batch, clocks: DeviceClocks) -> Batch:
        """Give the batch with the times of clocks that were set back carried over to ours, marked as uncertain.

        The first word of such a clock is taken for history: only the next tells its pace, five seconds later at the earliest.
        """
        if not len(batch):
            return batch
        self._make_room(int(batch.device.max()))
        told = _bears_its_own(batch.time, batch.received, batch.quality)
        behind = told & (batch.time < self._newest.take(batch.device) - BACK_US)
        if behind.any() or self._by or self._seen:
            batch = self._look(batch, told, behind, clocks)
        np.maximum.at(self._newest, batch.device[told], batch.time[told])
        return batch

    def _look(self, batch: Batch, told: NDArray[np.bool_], behind: NDArray[np.bool_], clocks: DeviceClocks) -> Batch:
        right = np.unique(batch.device[told & ~behind])  # or right again
        behind &= ~np.isin(batch.device, right)
        for device in (self._by.keys() | self._seen.keys()).intersection(right.tolist()):
            self._by.pop(device, None)
            self._seen.pop(device, None)
        rows: dict[int, list[int]] = {}
        for row in np.flatnonzero(behind).tolist():
            rows.setdefault(int(batch.device[row]), []).append(row)
        time, quality = batch.time.copy(), batch.quality.copy()
        received = int(batch.received[0])
        for device, its in rows.items():
            by = self._set_back_by(device, int(time[its].max()), received, clocks)
            if by is not None:
                time[its] += by
                good = [row for row in its if quality[row] == Quality.GOOD]
                quality[good] = Quality.UNCERTAIN_TIME
        return replace(batch, time=time, quality=quality)

    def _set_back_by(self, device: int, time: int, received: int, clocks: DeviceClocks) -> int | None:
        """Say by how much the clock of a device was set back whose newest word is of `time`; None: it tells history."""
        by, offset = self._by.get(device), received - time
        if by is not None and self._newest[device] - BACK_US <= time + by <= received + AHEAD_US:
            return by
        known = clocks.skew_us(device)
        if (known is None or abs(offset - known) > SAME_US) and not self._keeps_pace(device, offset, received):
            return None
        self._by[device] = offset
        clocks.believe(device, offset)
        return offset

    def _keeps_pace(self, device: int, offset: int, received: int) -> bool:
        seen, since = self._seen.get(device, (offset, received))
        passed = received - since
        if abs(offset - seen) > JITTER_US + max(passed, 0) // 10:
            seen, since = offset, received
        elif passed >= APART_US:
            del self._seen[device]
            return True
        self._seen[device] = seen, since
        return False

    def _make_room(self, device: int) -> None:
        missing = device + 1 - len(self._newest)
        if missing > 0:
            self._newest = np.concatenate([self._newest, np.full(max(missing, len(self._newest)), NEVER, np.int64)])


def _bears_its_own(
    time: NDArray[np.int64], received: NDArray[np.int64], quality: NDArray[np.int16]
) -> NDArray[np.bool_]:
    """Tell which readings say of when they are; what is told without a time bears ours, and says nothing of a clock."""
    offset = received - time
    untimed = (offset <= 1) & (offset >= -UNTIMED_US) & (quality != Quality.UNCERTAIN_TIME)
    told: NDArray[np.bool_] = (quality != Quality.HISTORY) & ~untimed
    return told
