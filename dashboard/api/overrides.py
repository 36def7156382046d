"""`/api/v1/overrides`: all that is shelved, suppressed or out of service in one list; take out, now or later; end."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from psycopg import sql
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

import alerts
from alerts.overrides import OverrideKind, Scope
from dashboard import audit
from dashboard.api.filters import Several, Where, grid_keys, record_id
from dashboard.api.paging import Page, Paged, cut, read_cursor
from dashboard.auth.permissions import Account, Action
from dashboard.context import Reader, Web, WebParts, may
from dashboard.problem import ProblemError, invalid, not_found
from dashboard.queries.alarms import OverrideKind as KindName
from dashboard.queries.grids import GridTable
from dashboard.queries.overrides import (
    LEADS,
    STATE,
    OverrideItem,
    OverrideState,
    overrides_by_id,
    places_of,
    read_overrides,
)
from database import append_changes
from database.connection import Cursor

router = APIRouter(prefix="/overrides", tags=["overrides"])

# More than a town's detectors in one act is a mistake of the hand, not maintenance.
MOST_DEVICES = 20_000


class OverrideFilter(Paged):
    """Which overrides to list."""

    kind: Several[KindName] | None = Field(default=None, description="One or more kinds, separated by commas.")
    device: str | None = Field(default=None, description="Id of a device.")
    grid: str | None = Field(default=None, description="Code of a grid: over devices in it and in every grid below.")
    state: Several[OverrideState] | None = Field(
        default=None, description="One or more of planned, in_force, ended; left out: planned and in force."
    )


class OverrideBody(BaseModel):
    """Take devices out: one, those of a grid, or those behind a gateway."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["out_of_service", "suppressed"] = Field(description="Maintenance, or suppressed by a plan.")
    device: str | None = Field(default=None, max_length=128, description="Id of a device.")
    grid: str | None = Field(default=None, max_length=64, description="Code of a grid: every device in it and below.")
    gateway: str | None = Field(default=None, max_length=128, description="Id of a gateway: it and all behind it.")
    condition: str | None = Field(default=None, max_length=64, description="One condition only; left out: all.")
    starts_at: AwareDatetime | None = Field(default=None, description="When it begins, RFC 3339; left out: now.")
    ends_at: AwareDatetime = Field(description="When it ends by itself, RFC 3339; at most 90 days after the start.")
    reason: str = Field(min_length=1, max_length=2000, description="Why, and whose plan; it is shown to everybody.")

    @model_validator(mode="after")
    def _names_one_thing(self) -> "OverrideBody":
        if sum(named is not None for named in (self.device, self.grid, self.gateway)) != 1:
            raise ValueError("name one of device, grid and gateway")
        return self


class EndBody(BaseModel):
    """End an override before its time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = Field(ge=1, le=2**31 - 1, description="The version the officer saw.")
    comment: str = Field(default="", max_length=2000, description="What to write down with it.")


@router.get("")
def list_overrides(web: WebParts, _: Reader, asked: Annotated[OverrideFilter, Query()]) -> Page[OverrideItem]:
    """List what is overridden now or will be, the one that ends first first. An act over many devices is one item."""
    after = read_cursor(asked.cursor, tuple[datetime, int])
    with web.transaction() as cur:
        grids = web.grids.table(cur)
        where = _conditions(asked, grids)
        if after is not None:
            where.add("(l.ends_at, l.id) > (%(after_time)s, %(after_id)s)", after_time=after[0], after_id=after[1])
        items = read_overrides(
            cur,
            grids,
            now=web.clock(),
            where=LEADS + sql.SQL(" AND ") + where.compose(),
            parameters=where.parameters,
            limit=asked.limit + 1,
        )
    page, following = cut(items, asked.limit, lambda item: (item.ends_at, int(item.id)))
    return Page(items=page, next=following)


def _conditions(asked: OverrideFilter, grids: GridTable) -> Where:
    where = Where()
    # Of a plan any device may be the one that is asked for, not the first alone.
    member = (
        "EXISTS (SELECT FROM overrides x JOIN devices y ON y.key = x.device WHERE (x.id = l.id OR x.plan = l.id) AND "
    )
    if asked.kind is not None:
        where.add("l.kind = ANY(%(kind)s)", kind=list(asked.kind))
    if asked.device is not None:
        where.add(member + "x.ended_at IS NOT DISTINCT FROM l.ended_at AND y.id = %(device)s)", device=asked.device)
    if asked.grid is not None:
        where.add(member + "y.grid = ANY(%(grid)s))", grid=grid_keys(grids, asked.grid))
    states = asked.state or ["planned", "in_force"]
    if "ended" not in states:
        where.add("l.ended_at IS NULL")  # what the index knows
    where.add_one_of(STATE, "state", states)
    return where


@router.get("/{override_id}")
def get_override(web: WebParts, _: Reader, override_id: str) -> OverrideItem:
    """Give one override, ended or not."""
    return _current(web, _id(override_id))


@router.post("", status_code=201)
def take_out(
    web: WebParts, account: Annotated[Account, Depends(may(Action.TAKE_OUT_OF_SERVICE))], body: OverrideBody
) -> OverrideItem:
    """Take a device, a grid's or a gateway's devices out of service, or suppress them: their alarms do not sound."""
    now = web.clock()
    with web.transaction() as cur:
        found = _devices(cur, web.grids.table(cur), body)
        _refuse_foreign(account, web.grids.table(cur), ((area, grid) for _, area, grid in found))
        plan = _plan(body, [key for key, _, _ in found], account)
        override, changes = alerts.begin_plan(cur, plan, now=now)
        _note(cur, account, body, override, len(found), now)
        append_changes(cur, changes)
    return _current(web, override)


@router.post("/{override_id}/end")
def end_override(
    web: WebParts, account: Annotated[Account, Depends(may(Action.SHELVE))], override_id: str, body: EndBody
) -> OverrideItem:
    """End an override, or cancel one that is planned. What still holds sounds again. 409 if it has changed since.

    Who may shelve may end a shelving; the other kinds ask for the right to take out of service.
    """
    number, now = _id(override_id), web.clock()
    seen = _current(web, number)
    if seen.kind != "shelved" and not account.may(Action.TAKE_OUT_OF_SERVICE):
        raise ProblemError(403, "role", f"The role {account.role} may not end this kind of override.")
    try:
        with web.transaction() as cur:
            _refuse_foreign(account, web.grids.table(cur), places_of(cur, number))
            changes = alerts.end_by_hand(cur, number, version=body.version, actor=account.name, now=now)
            detail: audit.Detail = {"version": body.version, "comment": body.comment, "kind": seen.kind}
            target = f"override {number}"
            audit.append(cur, actor=account.name, action="override.end", target=target, detail=detail, now=now)
            append_changes(cur, changes)
    except alerts.StaleVersionError as error:
        current = _current(web, number)
        more = {"current": current.model_dump(mode="json"), "actor": current.ended_by or current.actor}
        raise ProblemError(409, "stale-version", "The override has changed since.", more=more) from error
    return _current(web, number)


def _devices(cur: Cursor, grids: GridTable, body: OverrideBody) -> list[tuple[int, str, int | None]]:
    """List key, area and grid of the devices an act names; retired ones and carriers are none."""
    standing = "SELECT key, area, grid FROM devices WHERE retired_at IS NULL AND NOT is_carrier AND "
    if body.device is not None:
        cur.execute(standing + "id = %s", (body.device,))
    elif body.grid is not None:
        cur.execute(standing + "grid = ANY(%s) ORDER BY key", (grid_keys_of_body(grids, body.grid),))
    else:
        cur.execute(standing + "(gateway = %s OR id = %s) ORDER BY key", (body.gateway, body.gateway))
    found = cur.fetchall()
    if not found and body.device is not None:
        raise not_found(f"device {body.device}")
    if not found:
        raise ProblemError(422, "override-refused", "There is no device to take out there.")
    if len(found) > MOST_DEVICES:
        raise ProblemError(422, "override-refused", f"{len(found)} devices in one act are more than {MOST_DEVICES}.")
    return found


def grid_keys_of_body(grids: GridTable, code: str) -> list[int]:
    """List the keys of a grid that a body names, and of all below it.

    Raises:
        ProblemError: 422, no grid has the code.
    """
    keys = grids.keys_under(code)
    if keys is None:
        raise invalid("body.grid", f"there is no grid {code!r}")
    return keys


def _refuse_foreign(account: Account, grids: GridTable, places: Iterable[tuple[str, int | None]]) -> None:
    for area, grid in set(places):
        if not account.reaches({area, *grids.codes(grid)} - {""}):
            raise ProblemError(403, "area", "Not every device of this is inside the areas of your account.")


def _plan(body: OverrideBody, devices: list[int], account: Account) -> alerts.Plan:
    scope = None if body.device is not None else Scope.GRID if body.grid is not None else Scope.GATEWAY
    return alerts.Plan(
        kind=OverrideKind(body.kind),
        devices=devices,
        condition=body.condition,
        starts_at=body.starts_at,
        until=body.ends_at,
        reason=body.reason,
        actor=account.name,
        scope=scope,
        target=body.grid or body.gateway,
    )


def _note(cur: Cursor, account: Account, body: OverrideBody, override: int, devices: int, now: datetime) -> None:
    detail: audit.Detail = {
        "device": body.device,
        "grid": body.grid,
        "gateway": body.gateway,
        "devices": devices,
        "condition": body.condition,
        "starts_at": (body.starts_at or now).isoformat(),
        "ends_at": body.ends_at.isoformat(),
        "reason": body.reason,
    }
    action = f"override.{body.kind.replace('_', '-')}"
    audit.append(cur, actor=account.name, action=action, target=f"override {override}", detail=detail, now=now)


def _current(web: Web, number: int) -> OverrideItem:
    with web.transaction() as cur:
        found = overrides_by_id(cur, web.grids.table(cur), [number], now=web.clock())
    if not found:
        raise not_found(f"override {number}")
    return found[0]


def _id(text: str) -> int:
    return record_id(text, lambda: not_found(f"override {text}"))
