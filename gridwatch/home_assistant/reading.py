"""Read what Home Assistant is told from the database. Writes nothing."""

from datetime import datetime
from typing import Final

from alerts.overrides import COVERS_NOW
from database import newest_change
from database.connection import Cursor
from gridwatch.home_assistant.entities import Alarm, Device, Site

DEVICES_MOST: Final = 5_000
"""Devices that are told, those registered first; Home Assistant itself becomes slow with more entities than 10,000."""

_DEVICES: Final = """
    SELECT d.id, d.name, d.kind, d.area, coalesce(g.name, ''), coalesce(d.gateway, '')
    FROM devices d LEFT JOIN grids g ON g.key = d.grid
    WHERE d.retired_at IS NULL AND NOT d.is_carrier ORDER BY d.key LIMIT %s
"""
# What an officer has to do with now: it stands, is no old news told late, and nothing overrides it.
_ALARMS: Final = f"""
    SELECT d.id, d.area, a.condition, a.priority, a.raised_at
    FROM alarms a JOIN devices d ON d.key = a.device
    WHERE a.state IN ('unack', 'acked') AND NOT a.backfilled AND d.retired_at IS NULL
      AND NOT EXISTS (SELECT FROM overrides o WHERE {COVERS_NOW})
    ORDER BY a.id
"""  # noqa: S608 -- COVERS_NOW is ours
_AREAS: Final = "SELECT DISTINCT ON (code) code, name FROM grids WHERE level = 'town' ORDER BY code, version DESC"


def read_site(cur: Cursor, *, centre: str, now: datetime) -> tuple[Site, int]:
    """Read devices, standing alarms and towns, and the number of the newest change that is in them."""
    seen = newest_change(cur)
    devices = cur.execute(_DEVICES, (DEVICES_MOST,)).fetchall()
    alarms = cur.execute(_ALARMS, {"now": now}).fetchall()
    areas = cur.execute(_AREAS).fetchall()
    return Site(
        devices=tuple(
            Device(id=i, name=name, kind=kind, area=area, place=place, gateway=gateway)
            for i, name, kind, area, place, gateway in devices
        ),
        alarms=tuple(
            Alarm(device=device, area=area, condition=condition, priority=priority, since=since)
            for device, area, condition, priority, since in alarms
        ),
        areas={code: name for code, name in areas},  # noqa: C416 -- rows are tuples of anything
        centre=centre,
    ), seen
