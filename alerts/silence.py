"""Watch for devices that fall silent, by our receive clock less our own downtime. Pure: the time is passed in."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from alerts.detection import ActivePoint, PointChange
from alerts.life_cycle import Cause
from alerts.point_table import NEVER
from alerts.points import SECOND_US, SilencePoint

_FOREVER = 2**61


class SilenceWatch:
    """Remembers when each device was heard last. A device never heard is not silent: it is not installed yet."""

    def __init__(self, points: dict[int, SilencePoint]) -> None:
        size = max(points, default=0) + 2  # the last place stands for devices without an interval
        self._points = points
        self._heard: NDArray[np.int64] = np.full(size, NEVER, np.int64)
        self._after: NDArray[np.int64] = np.full(size, _FOREVER, np.int64)
        self._raised: NDArray[np.int64] = np.full(size, NEVER, np.int64)
        for device, point in points.items():
            self._after[device] = point.after_us
        self._silent = 0

    def restore(self, device: NDArray[np.int32], received: NDArray[np.int64], *, downtime_us: int) -> None:
        """Take over when devices were heard last; `downtime_us` is how long we did not listen since then."""
        places = np.minimum(device, len(self._heard) - 1)
        np.maximum.at(self._heard, places, received + downtime_us)
        self._heard[-1] = NEVER

    def restore_silent(self, point: ActivePoint) -> bool:
        """Take over that a device was already reported silent; False when no rule watches it any more."""
        watched = self._points.get(point.device)
        if watched is None or (watched.condition, watched.priority) != (point.condition, point.priority):
            return False
        self._silent += int(self._raised[point.device] == NEVER)
        self._raised[point.device] = point.raised_at
        return True

    def renewed(self, points: dict[int, SilencePoint]) -> tuple["SilenceWatch", list[tuple[int, SilencePoint, int]]]:
        """Make the watch for new rules; gives with it the silent devices (with since when) nobody watches any more."""
        watch = SilenceWatch(points)
        size = min(len(watch._heard), len(self._heard)) - 1
        watch._heard[:size] = self._heard[:size]
        dropped = []
        for device in np.flatnonzero(self._raised != NEVER).tolist():
            point, raised = self._points[device], int(self._raised[device])
            now = points.get(device)
            if now is not None and (now.condition, now.priority) == (point.condition, point.priority):
                watch._raised[device] = raised
                watch._silent += 1
            else:
                dropped.append((device, point, raised))
        return watch, dropped

    def excuse(self, duration_us: int) -> None:
        """Do not count a time in which we could hear nobody (the broker was away)."""
        self._heard[self._heard != NEVER] += duration_us

    def hear(self, device: NDArray[np.int32], received: NDArray[np.int64]) -> list[tuple[int, PointChange]]:
        """Note that devices spoke; gives (row, change) for those that had been silent."""
        places = np.minimum(device, len(self._heard) - 1)
        heard = self._heard.take(places)
        if (received > heard).any():
            np.maximum(heard, received, out=heard)
            self._heard[places] = heard
            if (self._heard.take(places) < heard).any():  # one device several times, and not in order
                np.maximum.at(self._heard, places, received)
        if not self._silent:
            return []
        return list(self._speak_again(np.flatnonzero(self._raised.take(places) != NEVER), places, received))

    def _speak_again(
        self, rows: NDArray[np.intp], places: NDArray[np.int32], received: NDArray[np.int64]
    ) -> Iterable[tuple[int, PointChange]]:
        for row in rows.tolist():
            device = int(places[row])
            raised = int(self._raised[device])
            if raised == NEVER:
                continue  # cleared by an earlier row of this batch
            self._raised[device] = NEVER
            self._silent -= 1
            # A reading that was on its way while we called the device silent does not clear before it was raised.
            yield row, _change(device, self._points[device], active=False, time=max(int(received[row]), raised))

    def check(self, now: int) -> list[PointChange]:
        """Raise each device that has been silent for too long at `now`, once."""
        due = (self._heard + self._after < now) & (self._heard != NEVER) & (self._raised == NEVER)
        changes = []
        for device in np.flatnonzero(due).tolist():
            self._raised[device] = now
            self._silent += 1
            seconds = (now - int(self._heard[device])) / SECOND_US
            changes.append(_change(device, self._points[device], active=True, time=now, value=seconds))
        return changes


def removed(device: int, point: SilencePoint, time: int) -> PointChange:
    """Tell that nobody watches the silence of a device any more."""
    return _change(device, point, active=False, time=time, cause=Cause.RULE_REMOVED)


def _change(
    device: int,
    point: SilencePoint,
    *,
    active: bool,
    time: int,
    value: float = float("nan"),
    cause: Cause | None = None,
) -> PointChange:
    return PointChange(
        device=device,
        metric=0,
        rule=point.rule,
        condition=point.condition,
        priority=point.priority,
        active=active,
        time=time,
        value=value,
        cause=cause or (Cause.RAISED if active else Cause.RETURNED),
    )
