"""Register devices in the database: all or nothing, placed in their grids, each change kept as history.

Everything is done in sets: 170,000 devices take some twenty statements. What a record says already is not written again.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import numpy as np
from psycopg.types.json import Jsonb

from database import Change, ChangeKind, append_changes
from database.connection import Cursor
from geo import Datum, GridSet, Level, load_grids, to_wgs84
from ingest.registry_store import metric_keys

LOCK = 0x72656769  # "regi": one registration at a time, so that two cannot make a circle of gateways between them
DEEPEST = 32  # gateways behind gateways; nobody builds more
STEPS = 7
MANY = 5000

Progress = Callable[[int, int, str], None]
"""Called with how many steps are done, of how many, and of what."""


class Way(StrEnum):
    """How a device came to be what it is."""

    HAND = "hand"  # an administrator, by the form or the interface
    FILE = "file"
    ANNOUNCEMENT = "announcement"  # a discovery message, taken over by an administrator
    FIELD = "field"  # a grid worker, standing there
    SYSTEM = "system"


class RegistrationError(Exception):
    """Devices that cannot be registered so; the transaction must be rolled back."""


class CarrierIdError(RegistrationError):
    """The ids belong to what carries the alarms of places and links, and is no device."""

    def __init__(self, ids: Sequence[str]) -> None:
        super().__init__(f"these ids belong to no device: {', '.join(ids[:10])}")


class GatewayCircleError(RegistrationError):
    """Devices that would report through themselves; `devices` are their ids."""

    def __init__(self, devices: Sequence[str]) -> None:
        super().__init__(f"these devices would report through themselves: {', '.join(devices[:10])}")
        self.devices = tuple(devices)


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
    """A device to be registered. `lon` and `lat` are degrees in `datum`.

    `area` empty means that of a device that is known, which its topics name wherever it stands; of a new one the town it
    stands in.
    """

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Where a device comes to stand: WGS 84 degrees, key of the grid or None, code of the area."""

    lon: float | None
    lat: float | None
    grid: int | None
    area: str


def register(cur: Cursor, devices: Sequence[NewDevice], *, now: datetime) -> None:
    """Register devices, or bring those that are known up to date; the last statements of a transaction.

    Raises:
        RegistrationError: as for `write`.
    """
    append_changes(cur, write(cur, devices, now=now))


def lead(cur: Cursor) -> None:
    """Become the one who registers, until the transaction ends. Before any row is locked: others do it in that order."""
    cur.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))


def write_and_tell(
    cur: Cursor,
    devices: Sequence[NewDevice],
    *,
    now: datetime,
    actor: str,
    way: Way,
    note: str = "",
    step: Progress | None = None,
) -> None:
    """Register as `register` does, in somebody's name.

    Raises:
        RegistrationError: as for `write`.
    """
    append_changes(cur, write(cur, devices, now=now, actor=actor, way=way, note=note, step=step))


def write(
    cur: Cursor,
    devices: Sequence[NewDevice],
    *,
    now: datetime,
    actor: str = "gridwatch",
    way: Way = Way.SYSTEM,
    note: str = "",
    step: Progress | None = None,
) -> list[Change]:
    """Register devices, or bring those that are known up to date; gives the changes, which the caller appends last.

    Metrics that a known device has and the new record does not name are kept. What waited for registration under one of
    the ids waits no longer. Ids are each there once.

    Raises:
        RegistrationError: an id is no device's, or a device would report through itself; the transaction must be rolled back.
    """
    if not devices:
        return []
    say = step or _silent
    if len(devices) > MANY:
        # A county's stock at once is no fault of ours, nor is waiting for another's.
        cur.execute("SET LOCAL statement_timeout = '10min'; SET LOCAL lock_timeout = '10min'")
    lead(cur)
    grids = load_grids(cur, now)
    say(1, STEPS, "placing")
    places = place_all(devices, grids)
    say(2, STEPS, "staging")
    _stage(cur, devices, places)
    say(3, STEPS, "comparing")
    cur.execute(_BEFORE)
    _refuse_carriers(cur)
    cur.execute(_KEEP_AREA, ([device.id for device in devices if not device.area],))
    say(4, STEPS, "devices")
    cur.execute(_UPSERT)
    say(5, STEPS, "metrics")
    cur.execute(_UPSERT_METRICS)
    _refuse_circles(cur)
    say(6, STEPS, "history")
    changed = _note_changes(cur, now=now, actor=actor, way=way, note=note)
    cur.execute("DELETE FROM waiting_devices w USING registering r WHERE w.id = r.id")
    cur.execute("DROP TABLE registering, registering_metrics, registering_before")
    say(7, STEPS, "done")
    return [Change(kind=ChangeKind.DEVICE, id=device, version=version) for device, version in changed]


def retire(
    cur: Cursor, device: str, *, now: datetime, actor: str = "gridwatch", note: str = "", way: Way = Way.HAND
) -> Change:
    """Take a known device off the registry: it is heard and judged no more until it is registered again."""
    row = cur.execute(
        """
        WITH old AS (SELECT key, device_record(key) AS before FROM devices WHERE id = %s)
        UPDATE devices d SET retired_at = %s, version = version + 1 FROM old WHERE d.key = old.key
        RETURNING d.key, d.version, old.before
        """,
        (device, now),
    ).fetchone()
    assert row is not None
    key, version, before = row
    cur.execute(
        "INSERT INTO device_history (device, version, at, what, way, before, after, actor, note)"
        " VALUES (%s, %s, %s, 'retired', %s, %s, device_record(%s), %s, %s)",
        (key, version, now, way, Jsonb(before), key, actor, note),
    )
    return Change(kind=ChangeKind.DEVICE, id=device, version=int(version))


def place_all(devices: Sequence[NewDevice], grids: GridSet) -> list[Placed]:
    """Find where devices stand, all at once."""
    known = [n for n, device in enumerate(devices) if device.lon is not None and device.lat is not None]
    lon, lat = np.full(len(devices), np.nan), np.full(len(devices), np.nan)
    for datum in {devices[n].datum for n in known}:
        rows = [n for n in known if devices[n].datum == datum]
        x, y = np.array([devices[n].lon for n in rows], float), np.array([devices[n].lat for n in rows], float)
        lon[rows], lat[rows] = to_wgs84(x, y, Datum(datum))
    grid = np.zeros(len(devices), np.int32)
    if known:
        grid[known] = grids.place(lon[known], lat[known])
    towns = {key: _town(grids, key) for key in np.unique(grid).tolist()}
    return [
        Placed(
            lon=None if np.isnan(x) else x,
            lat=None if np.isnan(y) else y,
            grid=key or None,
            area=device.area or towns[key],
        )
        for device, x, y, key in zip(devices, lon.tolist(), lat.tolist(), grid.tolist(), strict=True)
    ]


def _town(grids: GridSet, key: int) -> str:
    return next((g.code for g in grids.path(key) if g.level is Level.TOWN), "") if key else ""


def _silent(done: int, total: int, what: str) -> None:
    """Tell nobody."""


def _stage(cur: Cursor, devices: Sequence[NewDevice], places: Sequence[Placed]) -> None:
    cur.execute(_STAGING)
    with cur.copy(
        "COPY registering (id, kind, area, name, lon, lat, datum, grid, building, gateway, moving, attributes) FROM STDIN"
    ) as copy:
        for n, p in zip(devices, places, strict=True):
            copy.write_row(
                (
                    *(n.id, n.kind, p.area, n.name, p.lon, p.lat, n.datum, p.grid),
                    *(n.building or None, n.gateway or None, n.moving, Jsonb(n.attributes)),
                )
            )
    metrics = metric_keys(cur, _units(devices))
    with cur.copy(
        "COPY registering_metrics (id, metric, unit, interval_s, datum_m, limit_1, limit_2, limit_3, limit_4) FROM STDIN"
    ) as copy:
        for device in devices:
            for c in device.channels:
                copy.write_row((device.id, metrics[c.metric], c.unit, c.interval_s, c.datum_m, *c.limits))
    cur.execute("ANALYZE registering")


def _units(devices: Sequence[NewDevice]) -> Iterable[tuple[str, str]]:
    return {c.metric: c.unit for device in reversed(devices) for c in device.channels}.items()


def _refuse_carriers(cur: Cursor) -> None:
    cur.execute(
        "SELECT d.id FROM registering_before b JOIN devices d ON d.key = b.key WHERE d.is_carrier ORDER BY d.id"
    )
    if carriers := [device for (device,) in cur.fetchall()]:
        raise CarrierIdError(carriers)


def _refuse_circles(cur: Cursor) -> None:
    cur.execute(
        """
        WITH RECURSIVE up AS (
            SELECT d.id AS first, d.gateway AS at, 1 AS depth
            FROM registering r JOIN devices d ON d.id = r.id WHERE d.gateway IS NOT NULL
            UNION
            SELECT up.first, d.gateway, up.depth + 1
            FROM up JOIN devices d ON d.id = up.at
            WHERE d.gateway IS NOT NULL AND up.at <> up.first AND up.depth < %s
        )
        SELECT DISTINCT first FROM up WHERE at = first OR depth >= %s ORDER BY first
        """,
        (DEEPEST, DEEPEST),
    )
    if circle := [device for (device,) in cur.fetchall()]:
        raise GatewayCircleError(circle)


def _note_changes(cur: Cursor, *, now: datetime, actor: str, way: Way, note: str) -> list[tuple[str, int]]:
    """Give what changed a new version and a line of history; gives id and version."""
    cur.execute(_NOTE, {"now": now, "actor": actor, "way": way.value, "note": note})
    return [(device, version) for device, version in cur.fetchall()]


_STAGING = """
    CREATE TEMP TABLE registering (
        id text PRIMARY KEY, kind text, area text, name text, lon float8, lat float8, datum text, grid integer, building text,
        gateway text, moving boolean, attributes jsonb
    ) ON COMMIT DROP;
    CREATE TEMP TABLE registering_metrics (
        id text, metric smallint, unit text, interval_s float8, datum_m float8, limit_1 float8, limit_2 float8,
        limit_3 float8, limit_4 float8
    ) ON COMMIT DROP
"""
# Locked by id: two that register the same devices wait for each other and never in a circle. Not their keys: an alarm that is
# raised meanwhile refers to them, and would wait until a county's stock is registered.
_BEFORE = """
    CREATE TEMP TABLE registering_before ON COMMIT DROP AS
    SELECT d.key, d.id, device_record(d.key) AS record
    FROM (SELECT d.key, d.id FROM devices d JOIN registering r ON r.id = d.id ORDER BY d.id FOR NO KEY UPDATE OF d) d
"""
_KEEP_AREA = """
    UPDATE registering r SET area = d.area FROM devices d WHERE d.id = r.id AND d.area <> '' AND d.id = ANY(%s)
"""
_UPSERT = """
    INSERT INTO devices AS d (id, kind, area, name, lon, lat, datum, grid, building, gateway, moving, attributes)
    SELECT id, kind, area, name, lon, lat, datum, grid, building, gateway, moving, attributes FROM registering ORDER BY id
    ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, area = excluded.area, name = excluded.name, lon = excluded.lon,
        lat = excluded.lat, datum = excluded.datum, grid = excluded.grid, building = excluded.building,
        gateway = excluded.gateway, moving = excluded.moving, attributes = excluded.attributes, retired_at = NULL,
        replaced_by = NULL
    WHERE (d.kind, d.area, d.name, d.lon, d.lat, d.datum, d.grid, d.building, d.gateway, d.moving, d.attributes,
           d.retired_at, d.replaced_by)
        IS DISTINCT FROM (excluded.kind, excluded.area, excluded.name, excluded.lon, excluded.lat, excluded.datum,
            excluded.grid, excluded.building, excluded.gateway, excluded.moving, excluded.attributes, NULL, NULL)
"""
_UPSERT_METRICS = """
    INSERT INTO device_metrics AS m (device, metric, unit, interval_s, datum_m, limit_1, limit_2, limit_3, limit_4)
    SELECT d.key, r.metric, r.unit, r.interval_s, r.datum_m, r.limit_1, r.limit_2, r.limit_3, r.limit_4
    FROM registering_metrics r JOIN devices d ON d.id = r.id
    ON CONFLICT (device, metric) DO UPDATE SET unit = excluded.unit, interval_s = excluded.interval_s,
        datum_m = excluded.datum_m, limit_1 = excluded.limit_1, limit_2 = excluded.limit_2, limit_3 = excluded.limit_3,
        limit_4 = excluded.limit_4
    WHERE (m.unit, m.interval_s, m.datum_m, m.limit_1, m.limit_2, m.limit_3, m.limit_4)
        IS DISTINCT FROM (excluded.unit, excluded.interval_s, excluded.datum_m, excluded.limit_1, excluded.limit_2,
            excluded.limit_3, excluded.limit_4)
"""
# A new place of one that had a place is a move, whatever else changed with it.
_NOTE = """
    WITH now_known AS (
        SELECT d.key, d.id, d.version, b.record AS before, device_record(d.key) AS after
        FROM registering r JOIN devices d ON d.id = r.id LEFT JOIN registering_before b ON b.key = d.key
    ), changed AS (
        SELECT * FROM now_known WHERE before IS DISTINCT FROM after
    ), raised AS (
        UPDATE devices d SET version = d.version + 1 FROM changed c WHERE d.key = c.key AND c.before IS NOT NULL
        RETURNING d.key, d.version
    ), written AS (
        INSERT INTO device_history (device, version, at, what, way, before, after, actor, note)
        SELECT c.key, coalesce(r.version, c.version), %(now)s,
               CASE WHEN c.before IS NULL THEN 'registered'
                    WHEN (c.before ->> 'retired')::boolean THEN 'returned'
                    WHEN c.before ->> 'lon' IS NOT NULL
                         AND (c.before -> 'lon', c.before -> 'lat') IS DISTINCT FROM (c.after -> 'lon', c.after -> 'lat')
                    THEN 'moved' ELSE 'changed' END,
               %(way)s, c.before, c.after, %(actor)s, %(note)s
        FROM changed c LEFT JOIN raised r ON r.key = c.key ORDER BY c.id
        RETURNING device, version
    )
    SELECT c.id, w.version FROM written w JOIN changed c ON c.key = w.device ORDER BY c.id
"""
