"""Devices as the screens and the REST API see them: the record, its limits, and how it is now. Writes nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from psycopg import sql
from pydantic import BaseModel, ConfigDict, Field

from dashboard.queries.grids import GridItem, GridTable
from dashboard.queries.rows import rows_as_dicts
from database.connection import Cursor
from ingest.readings import Quality

DeviceState = Literal["quiet", "alarm", "offline", "out_of_service", "never_heard", "retired"]
OFFLINE_CONDITIONS = ("offline", "no-data")


class Limits(BaseModel):
    """Limits by priority, in the metric's unit; null: the rule's own holds."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    p1: float | None = Field(default=None, alias="1", description="Limit of priority 1 (red).")
    p2: float | None = Field(default=None, alias="2", description="Limit of priority 2 (orange).")
    p3: float | None = Field(default=None, alias="3", description="Limit of priority 3 (yellow).")
    p4: float | None = Field(default=None, alias="4", description="Limit of priority 4 (blue).")


class MetricItem(BaseModel):
    """One metric of a device and its newest reading."""

    model_config = ConfigDict(frozen=True)

    metric: str = Field(description="Name of the metric.")
    unit: str = Field(description="SenML / UCUM unit of readings and limits.")
    interval_s: float | None = Field(description="Expected time between readings, seconds.")
    datum_m: float = Field(description="Added to the relative levels of SL 651 to make them absolute, metres.")
    limits: Limits = Field(description="Limits by priority.")
    value: float | None = Field(description="Newest value, in `unit`; null if there is none, or one that cannot be.")
    quality_word: str | None = Field(description="Quality of the newest reading: good, …, missing, implausible.")
    raw: float | None = Field(description="What the newest reading said where it is implausible; no value.")
    time: datetime | None = Field(description="Device time of the newest value, RFC 3339.")


class ClockItem(BaseModel):
    """What is known of a device's clock."""

    model_config = ConfigDict(frozen=True)

    skew_s: float | None = Field(
        description="Receive time less device time, seconds: positive is behind, negative ahead; null: never compared."
    )
    uncertain: int = Field(description="Readings whose own time could not be believed.")
    duplicates: int = Field(description="Readings that were there already.")
    heard_at: datetime | None = Field(description="When the clock was last compared, RFC 3339.")


class DeviceItem(BaseModel):
    """A thing in the field that reports."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(description="Id of the device.")
    key: int = Field(description="Its key in points.bin.")
    kind: str = Field(description="smoke, gauge, rain, camera, panel, …")
    area: str = Field(description="Code of the town it reports under; may be empty.")
    name: str = Field(description="Name of the device.")
    lon: float | None = Field(description="WGS 84 longitude, degrees.")
    lat: float | None = Field(description="WGS 84 latitude, degrees.")
    datum: str = Field(description="What its coordinates were declared in; the ones here are WGS 84.")
    grid: GridItem | None = Field(description="Where it stands; null where no grid holds the place.")
    building: str | None = Field(description="The building it is in.")
    gateway: str | None = Field(description="Id of the device it reports through.")
    moving: bool = Field(description="Whether it is placed with every reading.")
    attributes: dict[str, Any] = Field(description="Whatever else is known of it.")
    metrics: tuple[MetricItem, ...] = Field(description="What it measures.")
    state: DeviceState = Field(description="quiet, alarm, offline, out_of_service, never_heard or retired.")
    priority: int | None = Field(description="Worst priority of its active alarms; null: none.")
    alarms: int = Field(description="How many active alarms it has.")
    last_seen: datetime | None = Field(description="When it was last heard, our time, RFC 3339.")
    clock: ClockItem | None = Field(default=None, description="Its clock against ours; null: nothing is known.")
    version: int = Field(description="Goes up with every change of the record.")
    replaced_by: str | None = Field(default=None, description="Id of the device that took over its place and role.")


# One expression, so that the filter and the answer cannot disagree. Needs %(now)s and %(offline)s.
STATE = sql.SQL("""
    (CASE WHEN d.retired_at IS NOT NULL THEN 'retired'
         WHEN EXISTS (SELECT FROM overrides o WHERE o.device = d.key AND o.kind = 'out_of_service'
                      AND o.ended_at IS NULL AND o.starts_at <= %(now)s AND o.ends_at > %(now)s) THEN 'out_of_service'
         WHEN EXISTS (SELECT FROM alarms x WHERE x.device = d.key AND x.state IN ('unack', 'acked')
                      AND x.condition = ANY(%(offline)s)) THEN 'offline'
         WHEN EXISTS (SELECT FROM alarms x WHERE x.device = d.key AND x.state <> 'norm') THEN 'alarm'
         WHEN d.last_seen IS NULL THEN 'never_heard'
         ELSE 'quiet' END)
""")

_SELECT = (
    sql.SQL("""
    SELECT d.id, d.key, d.kind, d.area, d.name, d.lon, d.lat, d.datum, d.grid, d.building, d.gateway, d.moving,
           d.attributes, d.last_seen, d.version, d.replaced_by, w.priority, w.alarms, coalesce(t.metrics, '[]') AS metrics,
           k.clock,
    """)
    + STATE
    + sql.SQL("""
           AS state
    FROM devices d
    LEFT JOIN LATERAL (SELECT json_build_object('skew_s', c.skew_s, 'uncertain', c.uncertain,
                                                'duplicates', c.duplicates, 'heard_at', c.heard_at) AS clock
                       FROM device_clocks c WHERE c.device = d.key) k ON true
    LEFT JOIN LATERAL (SELECT min(x.priority) AS priority, count(*) AS alarms FROM alarms x
                       WHERE x.device = d.key AND x.state <> 'norm') w ON true
    LEFT JOIN LATERAL (
        SELECT json_agg(json_build_object('metric', m.name, 'unit', c.unit, 'interval_s', c.interval_s,
                                          'datum_m', c.datum_m,
                                          'limits', json_build_object('1', c.limit_1, '2', c.limit_2,
                                                                      '3', c.limit_3, '4', c.limit_4),
                                          'value', CASE WHEN l.quality < 3 THEN nullif(l.value, 'NaN') END,
                                          'raw', CASE WHEN l.quality = 4 THEN nullif(l.value, 'NaN') END,
                                          'quality_word', (%(qualities)s::text[])[l.quality + 1],
                                          'time', l.time) ORDER BY c.metric) AS metrics
        FROM device_metrics c JOIN metrics m ON m.key = c.metric
        LEFT JOIN device_last l ON l.device = c.device AND l.metric = c.metric
        WHERE c.device = d.key
    ) t ON true
    """)
)


def read_devices(
    cur: Cursor,
    grids: GridTable,
    *,
    now: datetime,
    where: sql.SQL | sql.Composed,
    parameters: Mapping[str, Any],
    limit: int,
) -> list[DeviceItem]:
    """Read devices by a condition over `d` (devices), by id."""
    query = _SELECT + sql.SQL(" WHERE ") + where + sql.SQL(" ORDER BY d.id LIMIT %(limit)s")
    rows = rows_as_dicts(cur, query, {**parameters, **_words(), "now": now, "limit": limit})
    return [DeviceItem.model_validate({**row, "grid": grids.item(row["grid"])}) for row in rows]


def _words() -> dict[str, list[str]]:
    return {"offline": list(OFFLINE_CONDITIONS), "qualities": [quality.name.lower() for quality in Quality]}


def devices_by_id(cur: Cursor, grids: GridTable, ids: Sequence[str], *, now: datetime) -> list[DeviceItem]:
    """Read devices by id; those that do not exist are left out."""
    return read_devices(
        cur, grids, now=now, where=sql.SQL("d.id = ANY(%(ids)s)"), parameters={"ids": list(ids)}, limit=len(ids)
    )


def device_codes(cur: Cursor, grids: GridTable, device: str) -> frozenset[str] | None:
    """List the area and grid codes of a device's place; None if there is no such device."""
    row = cur.execute("SELECT area, grid FROM devices WHERE id = %s", (device,)).fetchone()
    return None if row is None else frozenset({row[0], *grids.codes(row[1])} - {""})
