"""Our own absences as alarms: the broker nobody can be heard through, and a worker that did not listen. Pure.

They hang on carriers of their own, so an officer sees that we were deaf, and no device is called silent for it.
"""

import math
from dataclasses import dataclass

from alerts import Cause, Detection, PointChange
from alerts.points import OutagePoint


@dataclass(slots=True)
class OwnOutages:
    """Which services of ours are out; `broker` and `worker` are the keys of their carriers."""

    broker: int
    worker: int
    broker_is_out: bool = False
    worker_is_out: bool = False

    def after_downtime(self, point: OutagePoint | None, *, heard_us: int, now_us: int, devices: int) -> Detection:
        """Tell of the time nobody listened, once we do again: raised when we last heard, and over now."""
        if point is None:
            return Detection()
        changes = []
        if not self.worker_is_out and now_us - heard_us > point.after_us:
            changes.append(_change(self.worker, point, Cause.RAISED, heard_us, float(devices)))
            self.worker_is_out = True
        if self.worker_is_out:
            changes.append(_change(self.worker, point, Cause.RETURNED, now_us, math.nan))
            self.worker_is_out = False
        return Detection(changes=tuple(changes))

    def look(self, point: OutagePoint | None, *, heard_us: int, now_us: int, devices: int) -> Detection:
        """Tell whether the broker has been away for too long, or is back."""
        if point is None:
            return Detection()
        is_out = now_us - heard_us > point.after_us
        if is_out is self.broker_is_out:
            return Detection()
        self.broker_is_out = is_out
        cause = Cause.RAISED if is_out else Cause.RETURNED
        value = float(devices) if is_out else math.nan
        return Detection(changes=(_change(self.broker, point, cause, now_us, value),))


def _change(device: int, point: OutagePoint, cause: Cause, time_us: int, value: float) -> PointChange:
    return PointChange(
        device=device,
        metric=0,
        rule=point.rule,
        condition=point.condition,
        priority=point.priority,
        active=cause is Cause.RAISED,
        time=time_us,
        value=value,
        cause=cause,
        unit="1",
    )
