"""Watch for devices that fall silent, by our receive clock less our own downtime. Pure: the time is passed in.

Heard is a device that says something new: a reading of the same device time sent again and again is a frozen device.
A device is silent by its own fault only if somebody else behind the same gateway or link was heard after it was due.
While nobody is, the parent is out: one alarm with a count, and the time is no device's silence.
"""

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from alerts.detection import ActivePoint, PointChange
from alerts.life_cycle import Cause
from alerts.point_table import NEVER
from alerts.points import SECOND_US, OutagePoint, SilencePoint

_FOREVER = 2**61
# Two that fall silent together: one alone behind its link is its own witness.
_LEAST_CHILDREN = 2

Watched = SilencePoint | OutagePoint
Dropped = list[tuple[int, Watched, int]]


class SilenceWatch:
    """Remembers when each device was heard last. A device never heard is not silent: it is not installed yet."""

    def __init__(
        self, points: Mapping[int, SilencePoint], parents: Mapping[int, int], outage: OutagePoint | None
    ) -> None:
        size = max((*points, *parents.values()), default=0) + 2  # the last place stands for devices without an interval
        self._points = dict(points)
        self._outage = outage
        self._parents = {device: parents.get(device, 0) for device in points}
        self._heard: NDArray[np.int64] = np.full(size, NEVER, np.int64)
        self._after: NDArray[np.int64] = np.full(size, _FOREVER, np.int64)
        self._raised: NDArray[np.int64] = np.full(size, NEVER, np.int64)
        self._parent: NDArray[np.int64] = np.zeros(size, np.int64)
        self._link: NDArray[np.int64] = np.full(size, NEVER, np.int64)  # by parent: when any child was heard last
        self._out: dict[int, int] = {}  # parents that are out, and since when
        for device, point in points.items():
            self._after[device] = point.after_us
            self._parent[device] = self._parents[device]
        self._silent = 0

    def restore(self, device: NDArray[np.int32], received: NDArray[np.int64], *, downtime_us: int) -> None:
        """Take over when devices were heard last; `downtime_us` is how long we did not listen since then."""
        places = np.minimum(device, len(self._heard) - 1)
        np.maximum.at(self._heard, places, received + downtime_us)
        self._heard[-1] = NEVER
        np.maximum.at(self._link, self._parent, self._heard)

    def restore_silent(self, point: ActivePoint) -> bool:
        """Take over that a device, or all behind a parent, was reported silent; False when no rule watches it."""
        out = self._outage
        if out is not None and (out.condition, out.priority) == (point.condition, point.priority):
            is_watched = point.device in self._parents.values()
            if is_watched:
                self._out[point.device] = point.raised_at
            return is_watched
        watched = self._points.get(point.device)
        if watched is None or (watched.condition, watched.priority) != (point.condition, point.priority):
            return False
        self._silent += int(self._raised[point.device] == NEVER)
        self._raised[point.device] = point.raised_at
        return True

    def renewed(
        self, points: Mapping[int, SilencePoint], parents: Mapping[int, int], outage: OutagePoint | None
    ) -> tuple["SilenceWatch", Dropped]:
        """Make the watch for new rules; gives with it the silent devices (with since when) nobody watches any more."""
        watch = SilenceWatch(points, parents, outage)
        size = min(len(watch._heard), len(self._heard)) - 1
        watch._heard[:size] = self._heard[:size]
        np.maximum.at(watch._link, watch._parent, watch._heard)
        dropped: Dropped = []
        for device in np.flatnonzero(self._raised != NEVER).tolist():
            point, raised = self._points[device], int(self._raised[device])
            if not watch.restore_silent(_as_active(device, point, raised)):
                dropped.append((device, point, raised))
        for parent, raised in self._out.items():
            assert self._outage is not None
            if not watch.restore_silent(_as_active(parent, self._outage, raised)):
                dropped.append((parent, self._outage, raised))
        return watch, dropped

    def excuse(self, duration_us: int) -> None:
        """Do not count a time in which we could hear nobody (the broker was away)."""
        self._heard[self._heard != NEVER] += duration_us
        self._link[self._link != NEVER] += duration_us

    def hear(
        self, device: NDArray[np.int32], received: NDArray[np.int64], fresh: NDArray[np.bool_]
    ) -> list[tuple[int, PointChange]]:
        """Note that devices spoke; gives (row, change) for those that had been silent, a parent before its children.

        `fresh` are the rows that say something new. The others show that their link is alive, and nothing of the device.
        """
        places = np.minimum(device, len(self._heard) - 1)
        changes = list(self._come_back(places, received)) if self._out else []
        parents = self._parent.take(places)
        if parents.any():
            np.maximum.at(self._link, parents, received)
        rows = np.flatnonzero(fresh)
        if len(rows) < len(fresh):
            places, received = places[rows], received[rows]
        self._note(places, received)
        if self._silent:
            again = np.flatnonzero(self._raised.take(places) != NEVER)
            changes += [(int(rows[n]), change) for n, change in self._speak_again(again, places, received)]
        return changes

    def _come_back(self, places: NDArray[np.int32], received: NDArray[np.int64]) -> Iterable[tuple[int, PointChange]]:
        """End the outage of parents, row by row: the first of the children that is heard ends it for all."""
        assert self._outage is not None
        for row, (place, time) in enumerate(zip(places.tolist(), received.tolist(), strict=True)):
            parent = int(self._parent[place])
            if parent not in self._out or time <= self._link[parent]:
                continue
            raised = self._out.pop(parent)
            children = (self._parent == parent) & (self._heard != NEVER)
            self._heard[children] += time - int(self._link[parent])
            self._link[parent] = time
            yield row, _change(parent, self._outage, active=False, time=max(time, raised))

    def _note(self, places: NDArray[np.int32], received: NDArray[np.int64]) -> None:
        heard = self._heard.take(places)
        if not (received > heard).any():
            return
        np.maximum(heard, received, out=heard)
        self._heard[places] = heard
        if (self._heard.take(places) < heard).any():  # one device several times, and not in order
            np.maximum.at(self._heard, places, received)

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

    def due_after(self, time: int) -> int | None:
        """Say when the next device is overdue later than `time` if nothing more is heard, µs; None when none will be."""
        due = self._due()
        later = due[due > time]
        return int(later.min()) if len(later) else None

    def is_waiting(self, now: int) -> bool:
        """Say whether somebody is overdue at `now` and only wants a witness."""
        return bool((self._due() < now).any())

    def _due(self) -> NDArray[np.int64]:
        living = (self._heard != NEVER) & (self._raised == NEVER) & (self._after != _FOREVER)
        if self._out:
            living &= ~np.isin(self._parent, list(self._out))
        due: NDArray[np.int64] = (self._heard + self._after)[living]
        return due

    def check(self, now: int) -> list[PointChange]:
        """Raise each device that has been silent for too long at `now`, once, or the parent that took it along."""
        due_at = self._heard + self._after
        overdue = (due_at < now) & (self._heard != NEVER) & (self._raised == NEVER)
        devices = np.flatnonzero(overdue)
        if not len(devices):
            return []
        changes = self._check_parents(devices, overdue, now)
        own = [d for d in devices.tolist() if self._is_own_fault(d, int(due_at[d]))]
        return changes + [self._raise(device, now) for device in own]

    def _check_parents(self, devices: NDArray[np.intp], overdue: NDArray[np.bool_], now: int) -> list[PointChange]:
        """Raise parents none of whose children, of those that were heard of late, is heard any more."""
        changes: list[PointChange] = []
        if self._outage is None:
            return changes
        living = (self._heard != NEVER) & (self._raised == NEVER) & (self._after != _FOREVER)
        for parent in np.unique(self._parent[devices]).tolist():
            children = living & (self._parent == parent)
            count = int(children.sum())
            if not parent or parent in self._out or count < _LEAST_CHILDREN or not overdue[children].all():
                continue
            self._out[parent] = now
            changes.append(_change(parent, self._outage, active=True, time=now, value=float(count)))
        return changes

    def _is_own_fault(self, device: int, due_at: int) -> bool:
        """Say whether somebody behind the same parent was heard when this one should have been."""
        parent = int(self._parent[device])
        if not parent:
            return True
        if parent in self._out:
            return False
        if self._link[parent] >= due_at:
            return True
        living = (self._heard != NEVER) & (self._raised == NEVER) & (self._parent == parent)
        return int(living.sum()) < _LEAST_CHILDREN

    def _raise(self, device: int, now: int) -> PointChange:
        self._raised[device] = now
        self._silent += 1
        seconds = (now - int(self._heard[device])) / SECOND_US
        return _change(device, self._points[device], active=True, time=now, value=seconds)


def removed(device: int, point: Watched, time: int) -> PointChange:
    """Tell that nobody watches the silence of a device any more."""
    return _change(device, point, active=False, time=time, cause=Cause.RULE_REMOVED)


def _as_active(device: int, point: Watched, raised: int) -> ActivePoint:
    return ActivePoint(
        device=device,
        metric=0,
        rule=point.rule,
        condition=point.condition,
        priority=point.priority,
        raised_at=raised,
    )


def _change(
    device: int,
    point: Watched,
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
        unit="{device}" if isinstance(point, OutagePoint) else "s",
    )
