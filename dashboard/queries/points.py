"""Places and states of all devices as bytes for the map's canvas layer. Writes nothing.

Little-endian: u32 n, then n × u32 device key, n × i32 longitude · 10⁶, n × i32 latitude · 10⁶ (WGS 84 degrees),
n × u8 kind (0 smoke, 1 gauge, 2 rain, 3 camera, 4 other), n × u8 state (0 quiet, 1–4 worst active priority,
5 offline). Devices without a place are left out.
"""

import threading
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from psycopg import sql

from dashboard.queries.alarms import NOT_OVERRIDDEN
from dashboard.queries.devices import OFFLINE_CONDITIONS
from database.connection import Cursor

KINDS = ("smoke", "gauge", "rain", "camera")
OTHER = 4
OFFLINE = 5


@dataclass(frozen=True, slots=True)
class _Places:
    stamp: tuple[int, ...]
    key: NDArray[np.uint32]  # ascending
    head: bytes  # everything before the states


class Points:
    """Keeps the places of the devices until one of them changes. Safe to use from several threads."""

    def __init__(self) -> None:
        self._places: _Places | None = None
        self._lock = threading.Lock()

    def read(self, cur: Cursor, *, now: datetime) -> bytes:
        """Write every device with its state now."""
        places = self._current(cur)
        state = np.zeros(len(places.key), dtype=np.uint8)
        device, worst = _states(cur, now)
        at = np.searchsorted(places.key, device)
        is_placed = at < len(places.key)
        is_placed[is_placed] = places.key[at[is_placed]] == device[is_placed]
        state[at[is_placed]] = worst[is_placed]
        return places.head + state.tobytes()

    def _current(self, cur: Cursor) -> _Places:
        row = cur.execute(
            "SELECT count(*), coalesce(max(key), 0), coalesce(sum(version), 0)"
            " FROM devices WHERE retired_at IS NULL AND NOT is_carrier AND lon IS NOT NULL AND lat IS NOT NULL"
        ).fetchone()
        assert row is not None
        stamp = tuple(int(part) for part in row)
        with self._lock:
            if self._places is None or self._places.stamp != stamp:
                self._places = _read_places(cur, stamp)
            return self._places


def _read_places(cur: Cursor, stamp: tuple[int, ...]) -> _Places:
    rows = cur.execute(
        "SELECT key, lon, lat, coalesce(array_position(%s::text[], kind) - 1, %s) FROM devices"
        " WHERE retired_at IS NULL AND NOT is_carrier AND lon IS NOT NULL AND lat IS NOT NULL ORDER BY key",
        (list(KINDS), OTHER),
    ).fetchall()
    columns = np.array(rows, dtype=np.float64).reshape(-1, 4)
    key = columns[:, 0].astype("<u4")
    head = b"".join(
        (
            np.array([len(rows)], dtype="<u4").tobytes(),
            key.tobytes(),
            np.rint(columns[:, 1] * 1e6).astype("<i4").tobytes(),
            np.rint(columns[:, 2] * 1e6).astype("<i4").tobytes(),
            columns[:, 3].astype(np.uint8).tobytes(),
        )
    )
    return _Places(stamp, key, head)


def _states(cur: Cursor, now: datetime) -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
    """Find the devices that are not quiet and their states; a real alarm goes before silence."""
    query = (
        sql.SQL("""
        SELECT a.device, coalesce(min(a.priority) FILTER (WHERE a.condition <> ALL(%(conditions)s)), %(state)s) AS worst
        FROM alarms a WHERE a.state <> 'norm' AND
        """)
        + NOT_OVERRIDDEN
        + sql.SQL(" GROUP BY a.device")
    )
    cur.execute(query, {"now": now, "conditions": list(OFFLINE_CONDITIONS), "state": OFFLINE})
    columns = np.array(cur.fetchall(), dtype=np.int64).reshape(-1, 2)
    return columns[:, 0].astype(np.uint32), columns[:, 1].astype(np.uint8)
