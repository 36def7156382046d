"""Raises an alarm where a receiver cannot be told for long, and ends it when it can: in the caller's transaction."""

import math
from datetime import datetime, timedelta

from alerts.answer import microseconds
from alerts.carriers import Carrier, CarrierKind, ensure_carriers
from alerts.detection import Detection, PointChange
from alerts.life_cycle import Cause
from alerts.notification.routing import CONDITION, carrier_of
from alerts.store import save
from database import Change
from database.connection import Cursor

FAILING_FOR = timedelta(minutes=5)  # a restart of the other side, or a blink of the network, is nobody's alarm
PRIORITY = 3  # an orange alarm would open an incident and send somebody out


def watch_receivers(cur: Cursor, *, now: datetime) -> list[Change]:
    """Raise and end what has changed since the last look; the caller appends the changes last."""
    cur.execute(
        "SELECT name FROM receivers WHERE retired_at IS NULL AND failing_since <= %s ORDER BY name",
        (now - FAILING_FOR,),
    )
    failing = {carrier_of(name): name for (name,) in cur.fetchall()}
    cur.execute(
        "SELECT d.id, d.key FROM alarms a JOIN devices d ON d.key = a.device"
        " WHERE a.condition = %s AND a.state IN ('unack', 'acked')",
        (CONDITION,),
    )
    active: dict[str, int] = dict(cur.fetchall())
    fresh = [Carrier(id=i, kind=CarrierKind.SERVICE, name=failing[i]) for i in sorted(failing.keys() - active.keys())]
    keys = ensure_carriers(cur, fresh)
    changes = [_change(keys[carrier.id], now, active=True) for carrier in fresh]
    changes += [_change(active[gone], now, active=False) for gone in sorted(active.keys() - _still(cur))]
    return (
        [transition.change for transition in save(cur, Detection(changes=tuple(changes)), now=now)] if changes else []
    )


def _still(cur: Cursor) -> set[str]:
    """Name the carriers of receivers that fail, for however short: an alarm ends with a success, not with a pause."""
    cur.execute("SELECT name FROM receivers WHERE retired_at IS NULL AND failing_since IS NOT NULL")
    return {carrier_of(name) for (name,) in cur.fetchall()}


def _change(device: int, now: datetime, *, active: bool) -> PointChange:
    return PointChange(
        device=device,
        metric=0,
        rule="notifier",
        condition=CONDITION,
        priority=PRIORITY,
        active=active,
        time=microseconds(now),
        value=math.nan,
        cause=Cause.RAISED if active else Cause.RETURNED,
    )
