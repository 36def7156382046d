"""`/api/v1/weather-warnings`: warnings of the weather service, which lower limits in their grids while they hold."""

from datetime import datetime
from typing import Annotated, Any, Literal

import numpy as np
import shapely
from fastapi import APIRouter, Depends, Query, Response
from psycopg import sql
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from alerts import weather
from alerts.weather import WeatherConflictError, WeatherStatus, WeatherWarning
from dashboard import audit
from dashboard.api.filters import Where, grid_keys
from dashboard.api.paging import Page, Paged, cut, read_cursor
from dashboard.auth.permissions import Account, Action
from dashboard.context import Reader, Web, WebParts, may
from dashboard.problem import ProblemError, invalid, not_found
from dashboard.queries.weather import WEATHER_STATE, WeatherItem, WeatherSource, read_sources, read_weather
from database import append_changes
from database.connection import Cursor
from geo import GOVERNANCE, load_grids

router = APIRouter(prefix="/weather-warnings", tags=["weather-warnings"])

YEARS = (1970, 2100)  # a deadline of the year 1 can be stored, and not be read again by whoever draws the wall
LON_AT_MOST, LAT_AT_MOST = 180.0, 90.0
Code = Annotated[str, Field(min_length=1, max_length=64)]


class WeatherFilter(Paged):
    """Which warnings to list."""

    state: Literal["holding", "coming", "ended"] | None = Field(
        default=None, description="holding, coming or ended; left out: holding and coming."
    )
    grid: str | None = Field(default=None, description="Code of a grid: warnings that cover it.")
    elsewhere: bool = Field(default=False, description="true: also those that hold outside of all grids.")


class WeatherBody(BaseModel):
    """A warning as the weather service issued it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(
        min_length=1, max_length=200, description="The issuer's identifier; the same again changes nothing."
    )
    event: str = Field(pattern=r"^[a-z0-9]+(?:[-_][a-z0-9]+)*$", max_length=64, description="rainstorm, flood, heat, …")
    priority: int = Field(ge=1, le=4, description="1 red, 2 orange, 3 yellow, 4 blue.")
    headline: str = Field(default="", max_length=500, description="What it says, in its own words.")
    grids: list[Code] = Field(default_factory=list, max_length=1000, description="Codes; each with all below it.")
    polygon: dict[str, Any] | None = Field(default=None, description="GeoJSON geometry in WGS 84, instead of grids.")
    from_at: AwareDatetime = Field(description="When it begins, RFC 3339.")
    until_at: AwareDatetime = Field(description="When it ends by itself, RFC 3339.")
    source: str = Field(min_length=1, max_length=200, description="Who issued it.")
    status: WeatherStatus = Field(default=WeatherStatus.ACTUAL, description="Only an actual one lowers limits.")
    supersedes: str | None = Field(default=None, max_length=200, description="Id of the warning it updates.")

    @model_validator(mode="after")
    def _is_somewhere_and_lasts(self) -> "WeatherBody":
        if bool(self.grids) == (self.polygon is not None):
            raise ValueError("give grids or a polygon, one of them")
        if self.until_at <= self.from_at:
            raise ValueError("until_at must be after from_at")
        if not (YEARS[0] < self.from_at.year and self.until_at.year < YEARS[1]):
            raise ValueError("from_at and until_at must lie in our time")
        return self


class CancelBody(BaseModel):
    """End a warning before its time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: str = Field(min_length=1, max_length=500, description="Why.")


@router.get("")
def list_warnings(web: WebParts, _: Reader, asked: Annotated[WeatherFilter, Query()]) -> Page[WeatherItem]:
    """List warnings, the one that begins last first."""
    after = read_cursor(asked.cursor, tuple[datetime, str])
    now = web.clock()
    with web.transaction() as cur:
        where = Where()
        states = {"holding", "coming"} if asked.state is None else {asked.state}
        where.add_one_of(WEATHER_STATE, "state", sorted(states))
        if asked.grid is not None:
            grids = web.grids.table(cur)
            keys = grid_keys(grids, asked.grid)
            codes = sorted({code for key in keys for code in grids.codes(key)} if keys else {asked.grid})
            where.add("w.grids && %(codes)s::text[]", codes=codes)
        if not asked.elsewhere:
            where.add("w.placed <> 'elsewhere'")
        if after is not None:
            where.add("(w.from_at, w.id) < (%(after_time)s, %(after_id)s)", after_time=after[0], after_id=after[1])
        items = read_weather(
            *(cur, web.grids.table(cur)),
            now=now,
            where=where.compose(),
            parameters=where.parameters,
            limit=asked.limit + 1,
        )
    page, following = cut(items, asked.limit, lambda item: (item.from_at, item.id))
    return Page(items=page, next=following)


@router.get("/sources")
def list_sources(web: WebParts, _: Reader) -> list[WeatherSource]:
    """List the folder and the feeds that warnings are fetched from, with the age of what they said."""
    with web.transaction() as cur:
        return read_sources(cur)


@router.post("", status_code=201, responses={200: {"model": WeatherItem, "description": "It was known already."}})
def declare(
    web: WebParts,
    account: Annotated[Account, Depends(may(Action.DECLARE_WEATHER))],
    body: WeatherBody,
    response: Response,
) -> WeatherItem:
    """Take a warning in, by hand or from a programme; a newer one for the same ends the one it supersedes."""
    now = web.clock()
    with web.transaction() as cur:
        codes = _codes(web, cur, body, now)
        _refuse_foreign(web, cur, account, codes)
        if body.supersedes is not None:  # which it ends
            _refuse_foreign(web, cur, account, _grids_of(cur, body.supersedes))
        warning = WeatherWarning(grids=codes, **body.model_dump(exclude={"grids", "polygon"}))
        try:
            changes = weather.receive(cur, warning, actor=account.name, now=now)
        except WeatherConflictError:
            raise ProblemError(
                409, "identifier", "The identifier stands for something else, or updates nothing known of its status."
            ) from None
        if changes:
            detail: audit.Detail = {"event": body.event, "priority": body.priority, "grids": len(codes)}
            audit.append(
                cur, actor=account.name, action="weather.declare", target=f"weather {body.id}", detail=detail, now=now
            )
            append_changes(cur, changes)
        response.status_code = 201 if changes else 200
    with web.transaction() as cur:
        return _read(web, cur, body.id)


@router.post("/{warning_id:path}/cancel")  # ids of others hold slashes
def cancel(
    web: WebParts,
    account: Annotated[Account, Depends(may(Action.DECLARE_WEATHER))],
    warning_id: str,
    body: CancelBody,
) -> WeatherItem:
    """End a warning now. One that has ended stays as it is."""
    now = web.clock()
    with web.transaction() as cur:
        known = _read(web, cur, warning_id)
        _refuse_foreign(web, cur, account, known.grids)
        changes = weather.end(cur, warning_id, by=account.name, reason=body.reason, now=now)
        if changes:
            audit.append(
                cur,
                actor=account.name,
                action="weather.cancel",
                target=f"weather {warning_id}",
                detail={"reason": body.reason},
                now=now,
            )
            append_changes(cur, changes)
    with web.transaction() as cur:
        return _read(web, cur, warning_id)


def _read(web: Web, cur: Cursor, warning_id: str) -> WeatherItem:
    grids = web.grids.table(cur)
    where = sql.SQL("w.id = %(id)s")
    found = read_weather(cur, grids, now=web.clock(), where=where, parameters={"id": warning_id}, limit=1)
    if not found:
        raise not_found(f"weather warning {warning_id}")
    return found[0]


def _codes(web: Web, cur: Cursor, body: WeatherBody, now: datetime) -> tuple[str, ...]:
    """Give the codes that a warning names, or those of the finest grids that its polygon reaches into."""
    if body.polygon is None:
        table = web.grids.table(cur)
        for index, code in enumerate(body.grids):
            if table.keys_under(code) is None:
                raise invalid(f"body.grids.{index}", f"there is no grid {code!r}")
        return tuple(sorted(set(body.grids)))
    try:
        area = shapely.geometry.shape(body.polygon)
    except (ValueError, KeyError, TypeError, AttributeError, shapely.errors.ShapelyError):
        raise invalid("body.polygon", "is no GeoJSON geometry") from None
    corners = shapely.get_coordinates(area)
    if not (np.abs(corners) <= (LON_AT_MOST, LAT_AT_MOST)).all():  # with corners far off, or none, it is never done
        raise invalid("body.polygon", "is not in degrees of WGS 84, longitude first")
    grids = load_grids(cur, now)
    finest = next((grids.level(level) for level in reversed(GOVERNANCE) if grids.level(level)), ())
    shapely.prepare(area)
    codes = tuple(sorted(grid.code for grid in finest if shapely.intersects(area, grid.shape)))
    if not codes:
        raise invalid("body.polygon", "reaches into no grid")
    return codes


def _grids_of(cur: Cursor, warning_id: str) -> tuple[str, ...]:
    row = cur.execute("SELECT grids FROM weather_warnings WHERE id = %s", (warning_id,)).fetchone()
    return () if row is None else tuple(row[0])


def _refuse_foreign(web: Web, cur: Cursor, account: Account, codes: tuple[str, ...]) -> None:
    """Keep an account of some areas from lowering the limits of another."""
    table = web.grids.table(cur)
    for code in codes:
        above = next((table.codes(key) for key in table.keys_under(code) or [] if table.codes(key)[-1:] == (code,)), ())
        if not account.reaches({code, *above}):
            raise ProblemError(403, "area", f"The grid {code} is outside the areas of your account.")
