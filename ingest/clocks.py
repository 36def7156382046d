"""How far each device's clock is from ours, and whether what it says is late by its own clock. Pure: no I/O, no clock.

What is measured is receive time less device time. The network only adds to it, so the least of a while is the clock; a
stored reading that is told hours later adds hours, and the least does not see it. Times are µs since 1970 UTC.
"""

from collections import Counter
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from ingest.batch import Batch
from ingest.readings import Quality

WINDOW_US = 900_000_000  # a clock that was set is believed anew after one to two of these
LATE_US = 900_000_000  # told so much later than the device's own clock explains, a reading is history
UNTIMED_US = 20_000  # readings without a time of their own bear ours, a few microseconds apart
NEWS_US = 1_000_000  # a clock is written again when it has moved by this and by a tenth
NEVER = np.iinfo(np.int64).max
# A clock further ahead is not believed: its readings bear our time. Judged by it, its device would be deaf until the present
# has caught up: what it says later with a mended clock would be older than what was heard before.
AHEAD_US = 60_000_000
# What was taken in with a time further ahead than that bears the time of a clock of ours that was set back since, as of a machine
# that started with local time for UTC: no newer word is held against it.
NOT_YET_US = 2 * AHEAD_US


class DeviceClocks:
    """The clocks of all devices, by registry key. Bounded by the registry; survives its reload."""

    def __init__(self) -> None:
        self._before = np.full(0, NEVER, np.int64)  # the least of the window before
        self._least = np.full(0, NEVER, np.int64)  # the least of the window that runs
        self._written = np.full(0, NEVER, np.int64)
        self._began = 0
        self._uncertain: Counter[int] = Counter()

    def restore(self, devices: Iterable[int], skews_us: Iterable[int]) -> None:
        """Go on from what was written, by device key."""
        keys = np.array(list(devices), np.int64)
        self._make_room(int(keys.max(initial=0)))
        self._before[keys] = self._written[keys] = np.array(list(skews_us), np.int64)

    def skew_us(self, device: int) -> int | None:
        """Say how far a device's clock is behind ours (ahead: negative); None where nothing is known."""
        if device >= len(self._least):
            return None
        least = min(int(self._before[device]), int(self._least[device]))
        return None if least == NEVER else least

    def is_late(self, device: int, time: int, received: int) -> bool:
        """Tell whether a reading of this time comes so late that it is history, by what is known of its clock.

        A device whose clock nobody knows is believed to speak of now, and so is one whose clock has always been wrong.
        """
        skew = self.skew_us(device)
        return skew is not None and received - time - max(skew, -AHEAD_US) > LATE_US

    def believe(self, device: int, skew_us: int) -> None:
        """Take a clock to be as far behind from now on: it was set."""
        self._make_room(device)
        self._before[device] = self._least[device] = skew_us

    def note(self, batch: Batch, ahead: Iterable[tuple[int, int]]) -> None:
        """Compare the clocks of a batch; `ahead` are (device, µs) of readings whose time was too far ahead to be kept."""
        if not len(batch):
            return
        received = int(batch.received[0])
        self._make_room(int(batch.device.max()))
        self._turn(received)
        offset = batch.received - batch.time
        odd = batch.quality != Quality.GOOD
        if odd.any():
            told = odd & (batch.quality != Quality.UNCERTAIN)  # a doubtful value may bear a good time
            offset[told] = NEVER
            self._uncertain.update(batch.device[batch.quality == Quality.UNCERTAIN_TIME].tolist())
        offset[(offset <= 1) & (offset >= -UNTIMED_US)] = NEVER
        np.minimum.at(self._least, batch.device, offset)
        for device, by in ahead:
            self._least[device] = min(int(self._least[device]), -by)

    def changed(self) -> dict[str, NDArray[np.generic]]:
        """Give what is to be written: columns device, skew_us (NEVER: unknown) and uncertain (how many since last time)."""
        skew = np.minimum(self._before, self._least)
        known = (skew != NEVER) & (self._written != NEVER)
        moved = np.abs(np.where(known, skew - self._written, 0))
        news = known & (moved > NEWS_US) & (moved * 10 > np.abs(skew))
        news |= (skew != NEVER) & (self._written == NEVER)
        news[list(self._uncertain)] = True
        keys = np.flatnonzero(news)
        self._written[keys] = skew[keys]
        counts, self._uncertain = self._uncertain, Counter()
        uncertain = np.array([counts[key] for key in keys.tolist()], np.int64)
        return {"device": keys.astype(np.int32), "skew_us": skew[keys], "uncertain": uncertain}

    def _turn(self, received: int) -> None:
        """Begin a new window when the last one is over; who said nothing in it keeps what was known."""
        if received - self._began < WINDOW_US:
            return
        self._began = received
        heard = self._least != NEVER
        self._before[heard] = self._least[heard]
        self._least[:] = NEVER

    def _make_room(self, device: int) -> None:
        missing = device + 1 - len(self._least)
        if missing > 0:
            more = np.full(max(missing, len(self._least)), NEVER, np.int64)
            self._before = np.concatenate([self._before, more])
            self._least = np.concatenate([self._least, more])
            self._written = np.concatenate([self._written, more])
