"""`/api/v1/incidents`: list them, look at one, open one by hand, and move it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from psycopg import sql
from pydantic import BaseModel, ConfigDict, Field

from dashboard import audit
from dashboard.api.filters import Several, Where, grid_keys, record_id
from dashboard.api.paging import Page, Paged, cut, read_cursor
from dashboard.auth.permissions import Account, Action
from dashboard.context import Reader, Web, WebParts, may
from dashboard.problem import ProblemError, invalid, not_found
from dashboard.queries.alarms import AlarmItem, read_alarms
from dashboard.queries.grids import GridTable
from dashboard.queries.incidents import (
    IncidentItem,
    LogItem,
    PlaceItem,
    incident_codes,
    incident_log,
    incident_places,
    incidents_by_id,
    read_incidents,
)
from database import Change, append_changes
from database.connection import Cursor
from incidents import commands
from incidents.dispatch import Action as Step
from incidents.errors import AlreadyOpenError, IllegalActionError, StaleIncidentError, UnknownIncidentError
from incidents.kinds import Kind

router = APIRouter(prefix="/incidents", tags=["incidents"])
MOST_ALARMS = 500  # shown with one incident; the rest are in `GET /alarms?incident=`


class IncidentFilter(Paged):
    """Which incidents to list."""

    state: Several[Literal["open", "closed"]] | None = Field(default=None, description="open, closed.")
    dispatch: Several[Literal["awaiting", "sent", "on_scene", "done"]] | None = Field(
        default=None, description="One or more, separated by commas."
    )
    kind: Several[str] | None = Field(default=None, description="One or more of fire, flood, device, other.")
    priority: Several[Annotated[int, Field(ge=1, le=4)]] | None = Field(
        default=None, description="One or more of 1 to 4, separated by commas."
    )
    grid: str | None = Field(default=None, description="Code of a grid: incidents in it and in every grid below it.")


class IncidentDetail(IncidentItem):
    """An incident with its alarms and its log."""

    log: list[LogItem] = Field(description="What was done, oldest first.")
    places: list[PlaceItem] = Field(description="Its alarms by grid, the worst and fullest first.")
    members: list[AlarmItem] = Field(description="Its alarms, worst priority first, then newest; at most 500.")


class OpenBody(BaseModel):
    """An incident that no device reported: a call, a patrol."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    kind: Kind = Field(description="fire, flood, device or other.")
    priority: int = Field(ge=1, le=4, description="1 red, 2 orange, 3 yellow, 4 blue.")
    grid: str = Field(min_length=1, max_length=64, description="Code of the grid it is in.")
    title: str = Field(default="", max_length=200, description="What to call it; empty: by place and kind.")
    lon: float | None = Field(default=None, ge=-180, le=180, description="WGS 84 longitude, degrees.")
    lat: float | None = Field(default=None, ge=-90, le=90, description="WGS 84 latitude, degrees.")


class MoveBody(BaseModel):
    """One step of an incident."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = Field(ge=1, le=2**31 - 1, description="The version the officer saw.")
    comment: str = Field(default="", max_length=2000, description="What to write down; needed for `comment`.")


@router.get("")
def list_incidents(web: WebParts, _: Reader, asked: Annotated[IncidentFilter, Query()]) -> Page[IncidentItem]:
    """List incidents, newest first."""
    after = read_cursor(asked.cursor, tuple[datetime, int])
    with web.transaction() as cur:
        grids = web.grids.table(cur)
        where = Where()
        for name in ("state", "dispatch", "kind", "priority"):
            if (values := getattr(asked, name)) is not None:
                where.add_one_of(sql.Identifier("i", name), name, values)
        if asked.grid is not None:
            where.add("i.grid = ANY(%(grid)s)", grid=grid_keys(grids, asked.grid))
        if after is not None:
            where.add("(i.opened_at, i.id) < (%(after_time)s, %(after_id)s)", after_time=after[0], after_id=after[1])
        items = read_incidents(cur, grids, where=where.compose(), parameters=where.parameters, limit=asked.limit + 1)
    page, following = cut(items, asked.limit, lambda incident: (incident.opened_at, int(incident.id)))
    return Page(items=page, next=following)


@router.get("/{incident_id}")
def get_incident(web: WebParts, _: Reader, incident_id: str) -> IncidentDetail:
    """Give one incident with its alarms and its log."""
    number = _id(incident_id)
    with web.transaction() as cur:
        grids = web.grids.table(cur)
        found = incidents_by_id(cur, grids, [number])
        if not found:
            raise not_found(f"incident {incident_id}")
        members = read_alarms(
            cur,
            grids,
            now=web.clock(),
            where=sql.SQL("a.incident = %(incident)s"),
            parameters={"incident": number},
            order=sql.SQL("a.priority, a.raised_at DESC, a.id DESC"),
            limit=MOST_ALARMS,
        )
        return IncidentDetail(
            **found[0].model_dump(),
            log=incident_log(cur, number),
            places=incident_places(cur, grids, number),
            members=members,
        )


@router.post("", status_code=201)
def open_incident(
    web: WebParts, account: Annotated[Account, Depends(may(Action.OPEN_INCIDENT))], body: OpenBody
) -> IncidentItem:
    """Open an incident by hand. 409 with the one of its kind that is open there already."""
    if (body.lon is None) != (body.lat is None):
        raise invalid("body.lat", "lon and lat belong together: give both or none")
    opening = commands.Opening(
        kind=body.kind, priority=body.priority, grid=body.grid, title=body.title, lon=body.lon, lat=body.lat
    )
    now = web.clock()
    detail: audit.Detail = {"kind": body.kind.value, "priority": body.priority, "grid": body.grid, "title": body.title}
    try:
        with web.transaction() as cur:
            _refuse_foreign_place(web.grids.table(cur), account, body.grid)
            number, changes = commands.open_by_hand(cur, opening, actor=account.name, now=now)
            audit.append(
                cur, actor=account.name, action="incident.open", target=f"incident {number}", detail=detail, now=now
            )
            append_changes(cur, changes)
    except UnknownIncidentError:
        raise invalid("body.grid", f"there is no grid {body.grid!r}") from None
    except AlreadyOpenError as error:
        raise _conflict(web, error.incident, "already-open", str(error)) from error
    return _current(web, number)


@router.post("/{incident_id}/comment")
def comment(
    web: WebParts, account: Annotated[Account, Depends(may(Action.COMMENT))], incident_id: str, body: MoveBody
) -> IncidentItem:
    """Write something into the log of an incident."""
    if not body.comment.strip():
        raise invalid("body.comment", "must say something")
    return _step(web, account, incident_id, Step.COMMENT, body)


@router.post("/{incident_id}/{action}")
def move(
    web: WebParts,
    account: Annotated[Account, Depends(may(Action.MOVE_INCIDENT))],
    incident_id: str,
    action: Literal["send", "arrive", "finish", "close"],
    body: MoveBody,
) -> IncidentItem:
    """Take an incident one step on. 409 with the incident as it is now if it has changed or cannot take the step."""
    return _step(web, account, incident_id, Step(action), body)


def _step(web: Web, account: Account, incident_id: str, step: Step, body: MoveBody) -> IncidentItem:
    def command(cur: Cursor, number: int, now: datetime) -> Sequence[Change]:
        return commands.move(cur, number, step, version=body.version, actor=account.name, now=now, comment=body.comment)

    return _act(web, account, incident_id, step, {"version": body.version, "comment": body.comment}, command)


def _act(
    web: Web,
    account: Account,
    incident_id: str,
    step: Step,
    detail: audit.Detail,
    command: Callable[[Cursor, int, datetime], Sequence[Change]],
) -> IncidentItem:
    """Run a command in one transaction with its audit row; the changes come last."""
    number, now = _id(incident_id), web.clock()
    try:
        with web.transaction() as cur:
            codes = incident_codes(cur, web.grids.table(cur), number)
            if codes is None:
                raise not_found(f"incident {incident_id}")
            if not account.reaches(codes):
                raise ProblemError(403, "area", "This incident is outside the areas of your account.")
            changes = command(cur, number, now)
            audit.append(
                cur, actor=account.name, action=f"incident.{step}", target=f"incident {number}", detail=detail, now=now
            )
            append_changes(cur, changes)
    except UnknownIncidentError:
        raise not_found(f"incident {incident_id}") from None
    except StaleIncidentError as error:
        raise _conflict(web, number, "stale-version", str(error)) from error
    except IllegalActionError as error:
        raise _conflict(web, number, "illegal-action", str(error)) from error
    return _current(web, number)


def _refuse_foreign_place(grids: GridTable, account: Account, grid: str) -> None:
    keys = grids.keys_under(grid) or []
    codes = {code for key in keys if (item := grids.item(key)) and item.code == grid for code in grids.codes(key)}
    if not account.reaches(codes):
        raise ProblemError(403, "area", "This place is outside the areas of your account.")


def _current(web: Web, number: int) -> IncidentItem:
    with web.transaction() as cur:
        return incidents_by_id(cur, web.grids.table(cur), [number])[0]


def _conflict(web: Web, number: int, kind: str, detail: str) -> ProblemError:
    """Refuse with the incident as it is now, and who changed it last."""
    with web.transaction() as cur:
        current = incidents_by_id(cur, web.grids.table(cur), [number])[0]
        log = incident_log(cur, number)
    more = {"current": current.model_dump(mode="json"), "actor": log[-1].actor if log else ""}
    return ProblemError(409, kind, detail, more=more)


def _id(text: str) -> int:
    return record_id(text, lambda: not_found(f"incident {text}"))
