"""Take the state of the engine over a restart, or over new rules and tags. Pure: no clock, no I/O."""

import math
from collections import deque
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from alerts.detection import ActivePoint, DelayChange, Detection, PointChange, StoredState
from alerts.history import History
from alerts.life_cycle import Cause
from alerts.point_table import NEVER
from alerts.silence import Dropped, SilenceWatch, removed
from alerts.standings import Standings


def restore(
    standings: Standings, silence: SilenceWatch, state: StoredState, last: Mapping[str, NDArray[np.generic]]
) -> Detection:
    """Put stored points and delays back; gives what nobody judges any more, as ended."""
    device, metric = last["device"].astype(np.int32), last["metric"].astype(np.int16)
    table = standings.table
    np.maximum.at(standings.last, table.slots(device, metric), last["time"].astype(np.int64))
    standings.last[-1] = NEVER
    standings.said[:] = standings.last
    orphans = [
        _orphan(point, _last_of(standings, point))
        for point in state.active
        if not _restore_active(standings, silence, point)
    ]
    lost = [delay for delay in state.delays if not _restore_delay(standings, delay)]
    for raised in state.raises:
        number = table.find(raised.device, raised.metric, raised.condition, raised.priority)
        if number is not None:
            standings.note_raise(number, raised.raised_at)
    for odd_device, odd_metric, time in state.odd:
        slot = table.slot(odd_device, odd_metric)
        standings.odd_last[slot] = time
        standings.said[slot] = max(int(standings.said[slot]), time)
    touched = [(active.device, active.metric) for active in state.active]
    touched += [(delay.device, delay.metric) for delay in state.delays]
    standings.set_windows(table.slot(*where) for where in touched)
    return Detection(changes=tuple(orphans), delays=tuple(_ended(delay) for delay in lost))


def _restore_active(standings: Standings, silence: SilenceWatch, active: ActivePoint) -> bool:
    if active.metric == 0:
        return silence.restore_silent(active)
    number = standings.table.find(active.device, active.metric, active.condition, active.priority)
    if number is None:
        return False
    standings.active[number] = True
    return True


def _restore_delay(standings: Standings, delay: DelayChange) -> bool:
    table = standings.table
    for number in table.of_slot(table.slot(delay.device, delay.metric)):
        point = table.points[number]
        if (point.rule, point.priority) == (delay.rule, delay.priority):
            if delay.since is None or bool(standings.active[number]) == delay.wanted:
                return False  # it was about to become what it is
            standings.since[number] = delay.since
            return True
    return False


def _last_of(standings: Standings, point: ActivePoint) -> int:
    """Give a time on the point's own clock for an end nobody measured."""
    if point.metric == 0:
        return point.raised_at
    return max(point.raised_at, int(standings.last[standings.table.slot(point.device, point.metric)]))


def move(old: Standings, new: Standings, dropped: Dropped) -> Detection:
    """Bring what the old standings know into the new ones; gives what is judged no more, as ended."""
    device = np.fromiter((tag.device for tag in new.table.tags), np.int32, len(new.table.tags))
    metric = np.fromiter((tag.metric for tag in new.table.tags), np.int16, len(new.table.tags))
    earlier = old.table.slots(device, metric)
    new.last[:-1] = np.where(earlier == old.table.nowhere, NEVER, old.last.take(earlier))
    _move_readings(old, new, earlier)
    new.raises = {name: deque(times, maxlen=times.maxlen) for name, times in old.raises.items()}
    changes = [removed(gone, point, raised) for gone, point, raised in dropped]
    delays: list[DelayChange] = []
    for number in np.flatnonzero(old.active | (old.since != NEVER)).tolist():
        tag, point = old.table.tags[old.slot_of(number)], old.table.points[number]
        found = new.table.find(tag.device, tag.metric, point.condition, point.priority)
        has_delay = old.since[number] != NEVER
        if found is None:
            if old.active[number]:
                time = int(old.last[old.slot_of(number)])
                changes.append(old.change(number, time, math.nan, Cause.RULE_REMOVED))
        else:
            new.active[found] = old.active[number]
            if has_delay and new.table.points[found] == point:
                new.since[found] = old.since[number]
                has_delay = False
            new.set_window(new.table.slot(tag.device, tag.metric))
        if has_delay:
            delays.append(old.delay(number, gone=True))
    return Detection(changes=tuple(changes), delays=tuple(delays))


def _move_readings(old: Standings, new: Standings, earlier: NDArray[np.int32]) -> None:
    """Bring along what measures remember, cut to what the new ones need."""
    for slot in np.flatnonzero(new.measured[:-1]).tolist():
        known = old.histories.get(int(earlier[slot]))
        if known is not None:
            history = new.histories[slot] = History(int(new.table.span[slot]))
            history.extend(zip(known.times, known.values, strict=True))
    if old.odd_last:
        places = {int(before): slot for slot, before in enumerate(earlier.tolist()) if before in old.odd_last}
        new.odd_last = {places[slot]: time for slot, time in old.odd_last.items() if slot in places}
    new.said[:-1] = np.where(earlier == old.table.nowhere, NEVER, old.said.take(earlier))


def _orphan(point: ActivePoint, time: int) -> PointChange:
    return PointChange(
        device=point.device,
        metric=point.metric,
        rule=point.rule,
        condition=point.condition,
        priority=point.priority,
        active=False,
        time=time,
        value=math.nan,
        cause=Cause.RULE_REMOVED,
    )


def _ended(delay: DelayChange) -> DelayChange:
    return DelayChange(
        device=delay.device,
        metric=delay.metric,
        rule=delay.rule,
        priority=delay.priority,
        wanted=delay.wanted,
        since=None,
    )
