"""Overrides as the screens and the REST API see them: what is covered, until when, by whom and why. Writes nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from psycopg import sql
from pydantic import BaseModel, ConfigDict, Field

from alerts.overrides import COVERS
from dashboard.queries.alarms import OverrideKind
from dashboard.queries.grids import GridItem, GridTable
from dashboard.queries.rows import rows_as_dicts
from database.connection import Cursor

OverrideState = Literal["planned", "in_force", "ended"]


class OverrideItem(BaseModel):
    """What keeps alarms from sounding for a time: one device's, or those of many taken out in one act."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(description="Id of the override; of an act over many devices, the first one's.")
    kind: OverrideKind = Field(description="shelved, suppressed or out_of_service.")
    state: OverrideState = Field(description="planned (begins later), in_force or ended.")
    device: str = Field(description="Id of the device; of the first one, in an act over many.")
    device_name: str = Field(description="Its name.")
    devices: int = Field(description="How many devices it covers.")
    scope: Literal["grid", "gateway"] | None = Field(description="What the act named; null: a single device.")
    target: str | None = Field(description="Code of the grid or id of the gateway that the act named.")
    plan: str | None = Field(description="The override that stands for the act; null: made alone.")
    grid: GridItem | None = Field(description="Where the device is; null where no grid holds it.")
    condition: str | None = Field(description="The one condition it covers; null: all.")
    metric: str | None = Field(description="The one metric it covers; empty: the device as a whole; null: all.")
    priority: int | None = Field(description="The priority it covers, with all lesser ones; null: all.")
    rule: str | None = Field(description="Suppressed by design: the rule that says so.")
    starts_at: datetime = Field(description="When it begins to cover, RFC 3339.")
    ends_at: datetime = Field(description="When it ends by itself, RFC 3339.")
    ended_at: datetime | None = Field(description="When it was ended, RFC 3339; null: not yet.")
    ended_by: str | None = Field(description="Who ended it; engine: its time, or its reason, was over.")
    reason: str = Field(description="Why.")
    actor: str = Field(description="Who made it; engine: a rule.")
    alarms: int = Field(description="Alarms under it that are not normal now.")
    version: int = Field(description="Goes up when it begins or ends; send it back to end it.")


# Needs %(now)s. One row an act: the others of a plan are counted in its first.
_SELECT = sql.SQL("""
    SELECT l.id::text AS id, l.kind, l.scope, l.target, l.plan::text AS plan, d.id AS device, d.name AS device_name,
           d.grid, l.condition, CASE WHEN l.metric = 0 THEN '' ELSE m.name END AS metric, l.priority, l.rule,
           l.starts_at, l.ends_at, l.ended_at, l.ended_by, l.reason, l.actor, l.version, {state} AS state,
           CASE WHEN l.plan = l.id
                THEN (SELECT count(*) FROM overrides x
                      WHERE x.plan = l.id AND (x.ended_at IS NULL) = (l.ended_at IS NULL))
                ELSE 1 END AS devices,
           (SELECT count(*) FROM overrides o JOIN alarms a ON {covers}
            WHERE (o.id = l.id OR o.plan = l.id) AND o.ended_at IS NULL AND a.state <> 'norm') AS alarms
    FROM overrides l JOIN devices d ON d.key = l.device LEFT JOIN metrics m ON m.key = l.metric
""")
STATE = sql.SQL("""
    CASE WHEN l.ended_at IS NOT NULL OR l.ends_at <= %(now)s THEN 'ended' WHEN l.starts_at > %(now)s THEN 'planned'
         ELSE 'in_force' END
""")
LEADS = sql.SQL("(l.plan IS NULL OR l.plan = l.id)")


def read_overrides(
    cur: Cursor,
    grids: GridTable,
    *,
    now: datetime,
    where: sql.SQL | sql.Composed,
    parameters: Mapping[str, Any],
    limit: int,
) -> list[OverrideItem]:
    """Read overrides by a condition over `l` (overrides) and `d` (devices), the one that ends first first."""
    query = (
        _SELECT.format(state=STATE, covers=sql.SQL(COVERS))
        + sql.SQL(" WHERE ")
        + where
        + sql.SQL(" ORDER BY l.ends_at, l.id LIMIT %(limit)s")
    )
    rows = rows_as_dicts(cur, query, {**parameters, "now": now, "limit": limit})
    return [OverrideItem.model_validate({**row, "grid": grids.item(row["grid"])}) for row in rows]


def overrides_by_id(cur: Cursor, grids: GridTable, ids: Sequence[int], *, now: datetime) -> list[OverrideItem]:
    """Read overrides by id; those that do not exist are left out."""
    return read_overrides(
        cur, grids, now=now, where=sql.SQL("l.id = ANY(%(ids)s)"), parameters={"ids": list(ids)}, limit=len(ids)
    )


def places_of(cur: Cursor, override: int) -> list[tuple[str, int | None]]:
    """List area and grid of every device that an override, or the act it stands for, covers; none: no such override."""
    cur.execute(
        """
        SELECT DISTINCT d.area, d.grid FROM overrides o JOIN devices d ON d.key = o.device
        WHERE o.id = %s OR o.plan = %s
        """,
        (override, override),
    )
    return list(cur.fetchall())
