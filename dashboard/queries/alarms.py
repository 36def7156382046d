"""Alarms as the screens and the REST API see them: the row, its place, and what overrides it now. Writes nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from psycopg import sql
from pydantic import BaseModel, ConfigDict, Field

from alerts.overrides import COVERS_NOW
from dashboard.queries.grids import GridItem, GridTable
from dashboard.queries.rows import rows_as_dicts
from database.connection import Cursor

AlarmState = Literal["norm", "unack", "acked", "rtnun"]
OverrideKind = Literal["shelved", "suppressed", "out_of_service"]


class AlarmItem(BaseModel):
    """An alarm: one condition of one device that needs, or needed, an officer."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(description="Id of the alarm.")
    device: str = Field(description="Id of the device.")
    device_key: int = Field(description="Key of the device in points.bin.")
    device_name: str = Field(description="Name of the device.")
    kind: str = Field(description="Kind of the device: smoke, gauge, rain, camera, …")
    area: str = Field(description="Code of the town the device reports under; may be empty.")
    condition: str = Field(description="level-high, level-low, smoke, fault, no-data, …")
    state: AlarmState = Field(description="ISA-18.2: norm, unack, acked, or rtnun (returned, not acknowledged).")
    priority: int = Field(description="1 red, 2 orange, 3 yellow, 4 blue.", ge=1, le=4)
    value: float | None = Field(description="The value that raised it, in `unit`; null where there is none.")
    unit: str = Field(description="SenML / UCUM unit of `value`; 1 for a fact that is 0 or 1.")
    metric: str | None = Field(description="The metric it is about; null where it is about the device as a whole.")
    grid: GridItem | None = Field(description="Where it is; null where no grid holds the place.")
    lon: float | None = Field(description="WGS 84 longitude, degrees.")
    lat: float | None = Field(description="WGS 84 latitude, degrees.")
    raised_at: datetime = Field(description="Device time of the reading that raised it, RFC 3339.")
    acked_at: datetime | None = Field(description="When it was last acknowledged, RFC 3339.")
    acked_by: str | None = Field(description="Account that last acknowledged it.")
    cleared_at: datetime | None = Field(description="Device time of the reading that was normal again, RFC 3339.")
    incident: str | None = Field(description="Id of the incident it belongs to.")
    override: OverrideKind | None = Field(description="What overrides it now: it does not count or colour then.")
    shelved_until: datetime | None = Field(description="End of the override now in force, RFC 3339.")
    backfilled: bool = Field(
        description="What raised it was told late, and it is not known to stand now: it does not sound, nobody was told."
    )
    version: int = Field(description="Goes up with every transition; send it back with a command.")


class TransitionItem(BaseModel):
    """One step in the life of an alarm."""

    model_config = ConfigDict(frozen=True)

    version: int = Field(description="Version of the alarm after the step.")
    at: datetime = Field(description="Device time of an engine's step, our time of an officer's, RFC 3339.")
    recorded_at: datetime = Field(description="When we wrote it down, RFC 3339.")
    cause: str = Field(description="raised, returned, acknowledged, realarmed, commented, …")
    from_state: str = Field(description="State before.")
    to_state: str = Field(description="State after.")
    value: float | None = Field(description="The value that caused it, in the alarm's unit.")
    actor: str = Field(description="Account that caused it, or `engine`.")
    comment: str = Field(description="What the officer wrote.")


# What overrides an alarm now: at most one row, the one that lasts longest.
IN_FORCE = sql.SQL("""
    LEFT JOIN LATERAL (
        SELECT o.kind, o.ends_at FROM overrides o WHERE {covers}
        ORDER BY o.ends_at DESC, o.id DESC LIMIT 1
    ) o ON true
""").format(covers=sql.SQL(COVERS_NOW))

# The same as a condition: an anti-join of the whole list costs a tenth of looking up every alarm's override.
NOT_OVERRIDDEN = sql.SQL("""
    NOT EXISTS (SELECT FROM overrides o WHERE {covers})
""").format(covers=sql.SQL(COVERS_NOW))

_SELECT = (
    sql.SQL("""
    SELECT a.id::text AS id, d.id AS device, d.key AS device_key, d.name AS device_name, d.kind, d.area, a.condition,
           a.state, a.priority, nullif(a.value, 'NaN') AS value, a.unit, m.name AS metric, a.grid, a.lon, a.lat,
           a.raised_at, a.acked_at, a.acked_by, a.cleared_at, a.incident::text AS incident, o.kind AS override,
           o.ends_at AS shelved_until, a.backfilled, a.version
    FROM alarms a JOIN devices d ON d.key = a.device LEFT JOIN metrics m ON m.key = a.metric
""")
    + IN_FORCE
)


def read_alarms(
    cur: Cursor,
    grids: GridTable,
    *,
    now: datetime,
    where: sql.SQL | sql.Composed,
    parameters: Mapping[str, Any],
    order: sql.SQL | sql.Composed,
    limit: int,
) -> list[AlarmItem]:
    """Read alarms by a condition over `a` (alarms) and `d` (devices)."""
    query = _SELECT + sql.SQL(" WHERE ") + where + sql.SQL(" ORDER BY ") + order + sql.SQL(" LIMIT %(limit)s")
    rows = rows_as_dicts(cur, query, {**parameters, "now": now, "limit": limit})
    return [AlarmItem.model_validate({**row, "grid": grids.item(row["grid"])}) for row in rows]


def alarms_by_id(cur: Cursor, grids: GridTable, ids: Sequence[int], *, now: datetime) -> list[AlarmItem]:
    """Read alarms by id, in no order; those that do not exist are left out."""
    return read_alarms(
        cur,
        grids,
        now=now,
        where=sql.SQL("a.id = ANY(%(ids)s)"),
        parameters={"ids": list(ids)},
        order=sql.SQL("a.id"),
        limit=len(ids),
    )


def worst_active_alarms(cur: Cursor, grids: GridTable, *, now: datetime, limit: int) -> list[AlarmItem]:
    """Read the active alarms, highest priority first, then newest."""
    return read_alarms(
        cur,
        grids,
        now=now,
        where=sql.SQL("a.state <> 'norm'"),
        parameters={},
        order=sql.SQL("a.priority, a.raised_at DESC, a.id DESC"),
        limit=limit,
    )


def alarm_codes(cur: Cursor, grids: GridTable, alarm: int) -> frozenset[str] | None:
    """List the area and grid codes of an alarm's place; None if there is no such alarm."""
    row = cur.execute(
        "SELECT d.area, a.grid FROM alarms a JOIN devices d ON d.key = a.device WHERE a.id = %s", (alarm,)
    ).fetchone()
    return None if row is None else frozenset({row[0], *grids.codes(row[1])} - {""})


def transitions(cur: Cursor, alarm: int) -> list[TransitionItem]:
    """Read the life of an alarm, oldest step first."""
    rows = rows_as_dicts(
        cur,
        sql.SQL("""
            SELECT version, at, recorded_at, cause, from_state, to_state, nullif(value, 'NaN') AS value, actor, comment
            FROM alarm_transitions WHERE alarm = %(alarm)s ORDER BY version
        """),
        {"alarm": alarm},
    )
    return [TransitionItem.model_validate(row) for row in rows]
