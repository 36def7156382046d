"""Weather warnings as the REST API sees them. Writes nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from psycopg import sql
from pydantic import BaseModel, ConfigDict, Field

from dashboard.queries.grids import GridTable, PathPart
from dashboard.queries.rows import rows_as_dicts
from database.connection import Cursor
from geo.grid import Level

WeatherState = Literal["holding", "coming", "ended"]


class WarnedArea(BaseModel):
    """Where a warning holds, as its issuer says: shapes are more exact than codes."""

    model_config = ConfigDict(frozen=True)

    name: str = Field(description="In words.")
    polygons: tuple[tuple[tuple[float, float], ...], ...] = Field(description="Closed rings of [lon, lat], WGS 84.")
    circles: tuple[tuple[float, float, float], ...] = Field(description="[lon, lat, radius in km].")
    codes: tuple[tuple[str, str], ...] = Field(description="[system, code], as GB2260, SAME, UGC.")


class WeatherItem(BaseModel):
    """A warning of the weather service."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(description="The issuer's identifier.")
    event: str = Field(description="rainstorm, flood, heat, …")
    event_text: str = Field(description="What it warns of, in the issuer's words.")
    priority: int | None = Field(
        description="1 red, 2 orange, 3 yellow, 4 blue; null: the issuer does not say.", ge=1, le=4
    )
    headline: str = Field(description="What it says, in its own words.")
    description: str = Field(description="What it says in full.")
    grids: tuple[str, ...] = Field(description="Codes of the grids it covers, each with all below it.")
    places: tuple[PathPart, ...] = Field(
        description="The towns it covers or reaches into; the county where it covers all of it."
    )
    placed: Literal["placed", "elsewhere", "unknown"] = Field(
        description="elsewhere: outside of all grids; unknown: no shape, and no code that is known here."
    )
    areas: tuple[WarnedArea, ...] = Field(description="Where it holds, as it was issued.")
    from_at: datetime = Field(description="When it begins, RFC 3339.")
    until_at: datetime = Field(description="When it ends by itself, RFC 3339.")
    source: str = Field(description="Who issued it.")
    status: Literal["actual", "exercise", "system", "test", "draft"] = Field(
        description="Only an actual one lowers limits."
    )
    kind: Literal["alert", "update", "cancel"] = Field(description="What it does to those it refers to.")
    sender: str = Field(description="CAP sender; empty where an officer or a programme gave it.")
    message: str = Field(description="The identifier at its sender's.")
    sent: datetime | None = Field(description="When it was issued, RFC 3339.")
    references: tuple[str, ...] = Field(description='Messages it updates or cancels, as "sender,identifier".')
    supersedes: str | None = Field(description="The warning it updates.")
    state: WeatherState = Field(description="holding, coming or ended.")
    ended_at: datetime | None = Field(description="When it ended, RFC 3339.")
    ended_by: str | None = Field(description="Account that ended it; engine: its time was over.")
    end_reason: str = Field(description="Why it ended.")
    actor: str = Field(description="Account that took it in, or mqtt, folder, feed.")
    recorded_at: datetime = Field(description="When it was taken in, RFC 3339.")
    version: int = Field(description="Goes up with every change.")


# One expression, so that the filter and the answer cannot disagree. Needs %(now)s.
WEATHER_STATE = sql.SQL("""
    (CASE WHEN w.ended_at IS NOT NULL OR w.until_at <= %(now)s THEN 'ended'
          WHEN w.from_at > %(now)s THEN 'coming' ELSE 'holding' END)
""")


class WeatherSource(BaseModel):
    """Where warnings are fetched from, and how that goes."""

    model_config = ConfigDict(frozen=True)

    name: str = Field(description='Address of a feed without account and query, or "folder".')
    looked_at: datetime = Field(description="When it was asked last, RFC 3339.")
    heard_at: datetime | None = Field(description="When it last answered; null: never.")
    fault: str = Field(description="Why the last look failed; empty: it did not.")
    documents: int = Field(description="Documents taken in.")
    refused: int = Field(description="Documents refused.")
    failures: int = Field(description="Looks that failed.")


def read_sources(cur: Cursor) -> list[WeatherSource]:
    """Read where warnings are fetched from, by name."""
    rows = rows_as_dicts(cur, sql.SQL("SELECT * FROM weather_feeds ORDER BY name"), {})
    return [WeatherSource.model_validate(row) for row in rows]


def read_weather(
    cur: Cursor,
    grids: GridTable,
    *,
    now: datetime,
    where: sql.SQL | sql.Composed,
    parameters: Mapping[str, Any],
    limit: int,
) -> list[WeatherItem]:
    """Read warnings by a condition over `w` (weather_warnings), the one that begins last first."""
    query = (
        sql.SQL("""
            SELECT w.id, w.event, w.priority, w.headline, w.grids, w.from_at, w.until_at, w.source, w.status,
                   w.event_text, w.description, w.placed, w.areas, w.kind, w.sender, w.message, w.sent,
                   w.refs AS references, w.recorded_at, w.supersedes, w.ended_at, w.ended_by, w.end_reason, w.actor, w.version,
        """)
        + WEATHER_STATE
        + sql.SQL(" AS state FROM weather_warnings w WHERE ")
        + where
        + sql.SQL(" ORDER BY w.from_at DESC, w.id DESC LIMIT %(limit)s")
    )
    rows = rows_as_dicts(cur, query, {**parameters, "now": now, "limit": limit})
    return [WeatherItem.model_validate(row | {"places": _places(grids, row["grids"])}) for row in rows]


def _places(grids: GridTable, codes: Sequence[str]) -> list[PathPart]:
    """Name the towns of some grids; a county is itself, and what is gone has no name."""
    found: dict[str, PathPart] = {}
    for code in codes:
        keys = grids.keys_under(code) or []
        own = next(
            (item for key in reversed(keys) if (item := grids.item(key)) is not None and item.code == code), None
        )
        if own is not None:
            part = next((part for part in own.path if part.level == Level.TOWN), own.path[0])
            found[part.code] = part
    return list(found.values())
