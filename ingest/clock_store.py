"""Keeps what is known of devices' clocks in the database, in the caller's transaction."""

from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from database.connection import Cursor
from ingest.clocks import NEVER, DeviceClocks


def load_clocks(cur: Cursor) -> DeviceClocks:
    """Read the clocks as they were last written."""
    clocks = DeviceClocks()
    rows = cur.execute("SELECT device, skew_s FROM device_clocks WHERE skew_s IS NOT NULL").fetchall()
    clocks.restore([device for device, _ in rows], [round(skew * 1e6) for _, skew in rows])
    return clocks


def write_clocks(cur: Cursor, columns: dict[str, NDArray[np.generic]], *, now: datetime) -> None:
    """Write what `DeviceClocks.changed` gave."""
    skews = [None if skew == NEVER else skew / 1e6 for skew in columns["skew_us"].tolist()]
    cur.execute(
        """
        INSERT INTO device_clocks AS c (device, skew_s, heard_at, uncertain)
        SELECT n.device, n.skew_s, %s, n.uncertain
        FROM unnest(%s::int[], %s::float8[], %s::bigint[]) AS n (device, skew_s, uncertain)
        WHERE EXISTS (SELECT FROM devices d WHERE d.key = n.device)
        ON CONFLICT (device) DO UPDATE SET skew_s = coalesce(excluded.skew_s, c.skew_s), heard_at = excluded.heard_at,
            uncertain = c.uncertain + excluded.uncertain
        """,
        (now, columns["device"].tolist(), skews, columns["uncertain"].tolist()),
    )
