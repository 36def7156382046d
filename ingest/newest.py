"""The newest reading of every channel, kept as columns and written every few seconds. Pure: no I/O, no clock."""

import numpy as np
from numpy.typing import NDArray

from ingest.batch import Batch
from ingest.clocks import NOT_YET_US
from ingest.readings import Quality
from ingest.registry import Registry

NEVER = np.iinfo(np.int64).min


class Newest:
    """Newest device time, value, quality and receive time of each slot of a registry."""

    def __init__(self, registry: Registry) -> None:
        count = len(registry.channels)
        self._registry = registry
        self.time = np.full(count, NEVER, np.int64)
        self.value = np.full(count, np.nan)
        self.quality = np.zeros(count, np.int16)
        self.received = np.full(count, NEVER, np.int64)
        self.unwritten = np.zeros(count, np.bool_)

    def restore(self, stored: dict[str, NDArray[np.generic]]) -> None:
        """Take over stored columns as `ingest.store.read_last` gives them; unknown channels are passed over."""
        index = {key: i for i, key in enumerate(zip(self._registry.device, self._registry.metric, strict=True))}
        keys = zip(stored["device"], stored["metric"], strict=True)
        found = [(index[key], row) for row, key in enumerate(keys) if key in index]
        if found:
            slots, rows = np.array(found).T
            for name in ("time", "value", "quality", "received", "unwritten"):
                getattr(self, name)[slots] = stored[name][rows]

    def note(self, slots: NDArray[np.int32], batch: Batch) -> None:
        """Take the readings of a batch; one older than what is held says nothing new, and the channel is not heard by it."""
        if not len(batch):
            return
        # Stable by time: of several readings of a slot the newest is written last and stays.
        order = np.argsort(batch.time, kind="stable")
        slots, time = slots[order], batch.time[order]
        held = self.time[slots]
        newer = (time >= held) | (held > batch.received[order] + NOT_YET_US)
        newer &= batch.quality[order] != Quality.HISTORY
        # A number that cannot be is no newest value, but whoever sends it is there.
        self.received[slots[newer]] = batch.received[order[newer]]
        self.unwritten[slots[newer]] = True
        newer &= batch.quality[order] != Quality.IMPLAUSIBLE
        rows = order[newer]
        self.time[slots[newer]] = time[newer]
        self.value[slots[newer]] = batch.value[rows]
        self.quality[slots[newer]] = batch.quality[rows]

    def columns(self) -> dict[str, NDArray[np.generic]]:
        """Give all that is held, in the form that `restore` takes."""
        return self._of(np.flatnonzero(self.time != NEVER))

    def changed(self) -> dict[str, NDArray[np.generic]]:
        """Give the columns of what changed since the last call, for `ingest.store.write_last`."""
        slots = np.flatnonzero(self.unwritten & (self.time != NEVER))
        self.unwritten[:] = False
        return self._of(slots)

    def _of(self, slots: NDArray[np.intp]) -> dict[str, NDArray[np.generic]]:
        return {
            "device": self._registry.device[slots],
            "metric": self._registry.metric[slots],
            "time": self.time[slots],
            "value": self.value[slots],
            "quality": self.quality[slots],
            "received": self.received[slots],
            "unwritten": self.unwritten[slots],
        }
