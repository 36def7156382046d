"""Weather warnings as the REST API sees them. Writes nothing."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from psycopg import sql
from pydantic import BaseModel, ConfigDict, Field

from dashboard.queries.rows import rows_as_dicts
from database.connection import Cursor

WeatherState = Literal["holding", "coming", "ended"]


class WeatherItem(BaseModel):
    """A warning of the weather service."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(description="The issuer's identifier.")
    event: str = Field(description="rainstorm, flood, heat, …")
    priority: int = Field(description="1 red, 2 orange, 3 yellow, 4 blue.", ge=1, le=4)
    headline: str = Field(description="What it says, in its own words.")
    grids: tuple[str, ...] = Field(description="Codes of the grids it covers, each with all below it.")
    from_at: datetime = Field(description="When it begins, RFC 3339.")
    until_at: datetime = Field(description="When it ends by itself, RFC 3339.")
    source: str = Field(description="Who issued it.")
    status: Literal["actual", "exercise", "test"] = Field(description="Only an actual one lowers limits.")
    supersedes: str | None = Field(description="The warning it updates.")
    state: WeatherState = Field(description="holding, coming or ended.")
    ended_at: datetime | None = Field(description="When it ended, RFC 3339.")
    ended_by: str | None = Field(description="Account that ended it; engine: its time was over.")
    end_reason: str = Field(description="Why it ended.")
    actor: str = Field(description="Account that took it in.")
    version: int = Field(description="Goes up with every change.")


# One expression, so that the filter and the answer cannot disagree. Needs %(now)s.
WEATHER_STATE = sql.SQL("""
    (CASE WHEN w.ended_at IS NOT NULL OR w.until_at <= %(now)s THEN 'ended'
          WHEN w.from_at > %(now)s THEN 'coming' ELSE 'holding' END)
""")


def read_weather(
    cur: Cursor, *, now: datetime, where: sql.SQL | sql.Composed, parameters: Mapping[str, Any], limit: int
) -> list[WeatherItem]:
    """Read warnings by a condition over `w` (weather_warnings), the one that begins last first."""
    query = (
        sql.SQL("""
            SELECT w.id, w.event, w.priority, w.headline, w.grids, w.from_at, w.until_at, w.source, w.status,
                   w.supersedes, w.ended_at, w.ended_by, w.end_reason, w.actor, w.version,
        """)
        + WEATHER_STATE
        + sql.SQL(" AS state FROM weather_warnings w WHERE ")
        + where
        + sql.SQL(" ORDER BY w.from_at DESC, w.id DESC LIMIT %(limit)s")
    )
    rows = rows_as_dicts(cur, query, {**parameters, "now": now, "limit": limit})
    return [WeatherItem.model_validate(row) for row in rows]
