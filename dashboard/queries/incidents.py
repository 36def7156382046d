"""Incidents as the screens and the REST API see them. Writes nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from psycopg import sql
from pydantic import BaseModel, ConfigDict, Field

from dashboard.queries.grids import GridItem, GridTable
from dashboard.queries.rows import rows_as_dicts
from database.connection import Cursor


class IncidentItem(BaseModel):
    """Alarms and reports about one happening at one place, handled as one."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(description="Id of the incident.")
    kind: str = Field(description="fire, flood, device or other.")
    title: str = Field(description="What it is called.")
    priority: int = Field(description="The worst of its alarms: 1 red, 2 orange, 3 yellow, 4 blue.", ge=1, le=4)
    state: Literal["open", "closed"] = Field(description="open or closed.")
    dispatch: Literal["awaiting", "sent", "on_scene", "done"] = Field(description="Whether somebody is on the way.")
    grid: GridItem | None = Field(description="Where it is; null where no grid holds the place.")
    lon: float | None = Field(description="WGS 84 longitude, degrees.")
    lat: float | None = Field(description="WGS 84 latitude, degrees.")
    opened_at: datetime = Field(description="RFC 3339.")
    closed_at: datetime | None = Field(description="RFC 3339; null while it is open.")
    alarms: int = Field(description="How many alarms belong to it.")
    grids: int | None = Field(description="How many grids a storm has gathered into it; null: one place.")
    version: int = Field(description="Goes up with every change; send it back with an action.")


class PlaceItem(BaseModel):
    """How much of an incident is in one grid."""

    model_config = ConfigDict(frozen=True)

    grid: GridItem | None = Field(description="The grid; null for devices that no grid holds.")
    alarms: int = Field(description="How many of its alarms are there.")
    priority: int = Field(description="The worst of them.")


class LogItem(BaseModel):
    """One line of an incident's log."""

    model_config = ConfigDict(frozen=True)

    version: int = Field(description="Version of the incident after it.")
    at: datetime = Field(description="RFC 3339.")
    action: str = Field(description="opened, joined, gathered, sent, on_scene, done, closed, commented.")
    actor: str = Field(description="Account that did it, or `engine`.")
    detail: dict[str, Any] = Field(description="What belongs to the action: a comment, the alarm that joined.")


_SELECT = sql.SQL("""
    SELECT i.id::text AS id, i.kind, i.title, i.priority, i.state, i.dispatch, i.grid, i.lon, i.lat, i.opened_at,
           i.closed_at, i.version, (SELECT count(*) FROM alarms a WHERE a.incident = i.id) AS alarms,
           CASE WHEN i.gathers_until IS NOT NULL
                THEN (SELECT count(DISTINCT a.grid) FROM alarms a WHERE a.incident = i.id) END AS grids
    FROM incidents i
""")


def read_incidents(
    cur: Cursor, grids: GridTable, *, where: sql.SQL | sql.Composed, parameters: Mapping[str, Any], limit: int
) -> list[IncidentItem]:
    """Read incidents by a condition over `i` (incidents), newest first."""
    query = _SELECT + sql.SQL(" WHERE ") + where + sql.SQL(" ORDER BY i.opened_at DESC, i.id DESC LIMIT %(limit)s")
    rows = rows_as_dicts(cur, query, {**parameters, "limit": limit})
    return [IncidentItem.model_validate({**row, "grid": grids.item(row["grid"])}) for row in rows]


def incidents_by_id(cur: Cursor, grids: GridTable, ids: Sequence[int]) -> list[IncidentItem]:
    """Read incidents by id; those that do not exist are left out."""
    return read_incidents(
        cur, grids, where=sql.SQL("i.id = ANY(%(ids)s)"), parameters={"ids": list(ids)}, limit=len(ids)
    )


def open_incidents(cur: Cursor, grids: GridTable, *, limit: int) -> list[IncidentItem]:
    """Read the open incidents, newest first."""
    return read_incidents(cur, grids, where=sql.SQL("i.state = 'open'"), parameters={}, limit=limit)


def incident_codes(cur: Cursor, grids: GridTable, incident: int) -> frozenset[str] | None:
    """List the codes of an incident's grid and of its alarms' areas; None if there is no such incident."""
    row = cur.execute(
        """
        SELECT i.grid, array(SELECT DISTINCT d.area FROM alarms a JOIN devices d ON d.key = a.device
                             WHERE a.incident = i.id)
        FROM incidents i WHERE i.id = %s
        """,
        (incident,),
    ).fetchone()
    return None if row is None else frozenset({*grids.codes(row[0]), *row[1]} - {""})


def incident_places(cur: Cursor, grids: GridTable, incident: int) -> list[PlaceItem]:
    """Count an incident's alarms by grid, the worst and fullest first."""
    rows = rows_as_dicts(
        cur,
        sql.SQL("""
            SELECT grid, count(*) AS alarms, min(priority) AS priority FROM alarms WHERE incident = %(incident)s
            GROUP BY grid ORDER BY min(priority), count(*) DESC, grid
        """),
        {"incident": incident},
    )
    return [PlaceItem.model_validate({**row, "grid": grids.item(row["grid"])}) for row in rows]


def incident_log(cur: Cursor, incident: int) -> list[LogItem]:
    """Read an incident's log, oldest line first."""
    rows = rows_as_dicts(
        cur,
        sql.SQL(
            "SELECT version, at, action, actor, detail FROM incident_log WHERE incident = %(incident)s ORDER BY id"
        ),
        {"incident": incident},
    )
    return [LogItem.model_validate(row) for row in rows]
