"""Register devices in the database: all or nothing, placed in their grids, limits in the device's own unit."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from psycopg.types.json import Jsonb

from database import Change, ChangeKind, append_changes
from database.connection import Cursor
from geo import Datum, GridSet, Level, load_grids, to_wgs84
from ingest.registry_store import metric_keys


@dataclass(frozen=True, slots=True, kw_only=True)
class NewChannel:
    """One metric of a device to be registered. `limits` are for priorities 1 to 4, in `unit`; None is no limit."""

    metric: str
    unit: str
    interval_s: float | None = None
    datum_m: float = 0.0
    limits: tuple[float | None, float | None, float | None, float | None] = (None, None, None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDevice:
    """A device to be registered. `lon` and `lat` are degrees in `datum`; `area` empty means the town it stands in."""

    id: str
    kind: str
    name: str
    lon: float | None
    lat: float | None
    datum: str = "wgs84"
    area: str = ""
    building: str | None = None
    gateway: str | None = None
    moving: bool = False
    attributes: dict[str, Any] = field(default_factory=dict)
    channels: tuple[NewChannel, ...] = ()


def register(cur: Cursor, devices: Sequence[NewDevice], *, now: datetime) -> None:
    """Register devices, or bring those that are known up to date; the last statements of a transaction.

    Metrics that a known device has and the new record does not name are kept. What waited for registration under one of
    the ids waits no longer.
    """
    if not devices:
        return
    grids = load_grids(cur, now)
    places = [_place(device, grids) for device in devices]
    keys = _write_devices(cur, devices, places)
    _write_channels(cur, devices, keys)
    cur.execute("DELETE FROM waiting_devices WHERE id = ANY(%s)", ([device.id for device in devices],))
    append_changes(
        cur, [Change(kind=ChangeKind.DEVICE, id=device.id, version=keys[device.id][1]) for device in devices]
    )


def retire(cur: Cursor, device: str, *, now: datetime) -> Change:
    """Take a known device off the registry: it is heard and judged no more until it is registered again."""
    row = cur.execute(
        "UPDATE devices SET retired_at = %s, version = version + 1 WHERE id = %s RETURNING version", (now, device)
    ).fetchone()
    assert row is not None
    return Change(kind=ChangeKind.DEVICE, id=device, version=int(row[0]))


@dataclass(frozen=True, slots=True)
class _Placed:
    lon: float | None
    lat: float | None
    grid: int | None
    area: str


def _place(device: NewDevice, grids: GridSet) -> _Placed:
    if device.lon is None or device.lat is None:
        return _Placed(None, None, None, device.area)
    lon, lat = to_wgs84(device.lon, device.lat, Datum(device.datum))
    grid = int(grids.place(np.array([lon]), np.array([lat]))[0])
    towns = [g.code for g in grids.path(grid) if g.level is Level.TOWN] if grid else []
    return _Placed(float(lon), float(lat), grid or None, device.area or (towns[0] if towns else ""))


def _write_devices(cur: Cursor, devices: Sequence[NewDevice], places: Sequence[_Placed]) -> dict[str, tuple[int, int]]:
    """Upsert the devices and return key and version by id."""
    cur.executemany(
        """
        INSERT INTO devices AS d (id, kind, area, name, lon, lat, datum, grid, building, gateway, moving, attributes)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, area = excluded.area, name = excluded.name,
            lon = excluded.lon, lat = excluded.lat, datum = excluded.datum, grid = excluded.grid,
            building = excluded.building, gateway = excluded.gateway, moving = excluded.moving,
            attributes = excluded.attributes, version = d.version + 1, retired_at = NULL
        """,
        [
            (
                *(n.id, n.kind, p.area, n.name, p.lon, p.lat, n.datum, p.grid),
                *(n.building, n.gateway, n.moving, Jsonb(n.attributes)),
            )
            for n, p in zip(devices, places, strict=True)
        ],
    )
    cur.execute("SELECT id, key, version FROM devices WHERE id = ANY(%s)", ([device.id for device in devices],))
    return {device_id: (key, version) for device_id, key, version in cur.fetchall()}


def _write_channels(cur: Cursor, devices: Sequence[NewDevice], keys: dict[str, tuple[int, int]]) -> None:
    metrics = metric_keys(cur, ((c.metric, c.unit) for device in devices for c in device.channels))
    cur.executemany(
        """
        INSERT INTO device_metrics (device, metric, unit, interval_s, datum_m, limit_1, limit_2, limit_3, limit_4)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (device, metric) DO UPDATE SET unit = excluded.unit, interval_s = excluded.interval_s,
            datum_m = excluded.datum_m, limit_1 = excluded.limit_1, limit_2 = excluded.limit_2,
            limit_3 = excluded.limit_3, limit_4 = excluded.limit_4
        """,
        [
            (keys[device.id][0], metrics[c.metric], c.unit, c.interval_s, c.datum_m, *c.limits)
            for device in devices
            for c in device.channels
        ],
    )
