"""`/api/v1/devices/{id}/…`: its history, who followed whom, what hangs on it, and the swap of the physical device."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from psycopg import sql
from pydantic import BaseModel, ConfigDict, Field

from alerts import commands as alarm_commands
from dashboard import audit
from dashboard.api.paging import Page, Paged, cut, read_cursor
from dashboard.auth.permissions import Account, Action
from dashboard.context import Reader, WebParts, may
from dashboard.problem import ProblemError, invalid, not_found
from dashboard.queries.devices import DeviceItem, DeviceState, device_codes, devices_by_id
from dashboard.queries.rows import rows_as_dicts
from database import append_changes
from database.connection import Cursor
from ingest.carrier_kind import CarrierKind
from ingest.identifiers import ID_LONGEST, ID_PATTERN
from ingest.registration import RegistrationError, lead
from ingest.replacement import TakenIdError, chain, swap

router = APIRouter(prefix="/devices", tags=["devices"])
MOST_CHILDREN = 1000


class HistoryItem(BaseModel):
    """One thing that became of a device."""

    model_config = ConfigDict(frozen=True)

    id: int = Field(description="Goes up with time.")
    at: datetime = Field(description="Our time, RFC 3339.")
    what: Literal["registered", "changed", "moved", "swapped", "retired", "returned"] = Field(description="What.")
    way: Literal["hand", "file", "announcement", "field", "system"] = Field(description="How.")
    before: dict[str, Any] | None = Field(description="The record before; null: there was none.")
    after: dict[str, Any] = Field(description="The record since.")
    actor: str = Field(description="Account, or gridwatch.")
    note: str = Field(description="The reason that was given, the file, how sure the place is.")
    version: int = Field(description="The device's version since.")


class ChainItem(BaseModel):
    """A device that stood in this place and role for a time."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(description="Id of the device.")
    name: str = Field(description="Name of the device.")
    state: DeviceState = Field(description="As in the list of devices.")
    version: int = Field(description="Its version.")


class HistoryPage(Page[HistoryItem]):
    """A page of history, newest first, and the chain of devices in this place, oldest first."""

    chain: list[ChainItem] = Field(description="Itself alone where nothing was swapped.")


class ChildItem(BaseModel):
    """A device that reports through another."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(description="Id of the device.")
    name: str = Field(description="Name of the device.")
    kind: str = Field(description="smoke, gauge, …")
    state: DeviceState = Field(description="As in the list of devices.")
    last_seen: datetime | None = Field(description="RFC 3339.")
    is_heard: bool = Field(description="It was heard and is not called silent.")


class Children(BaseModel):
    """What hangs on a gateway."""

    model_config = ConfigDict(frozen=True)

    items: list[ChildItem] = Field(description="By id, at most 1,000.")
    total: int = Field(description="How many there are.")
    heard: int = Field(description="How many of the items are heard.")


class SwapBody(BaseModel):
    """Put another physical device into the place and role of this one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = Field(ge=1, le=2**31 - 1, description="The version of the old device that was seen.")
    new_id: str = Field(min_length=1, max_length=ID_LONGEST, pattern=ID_PATTERN, description="Id of the new device.")
    reason: str = Field(min_length=1, max_length=2000, description="Why.")


@router.get("/{device_id}/history")
def history(web: WebParts, _: Reader, device_id: str, asked: Annotated[Paged, Query()]) -> HistoryPage:
    """Tell what became of a device: registered, changed, moved, swapped, retired, returned; newest first."""
    before = read_cursor(asked.cursor, tuple[int])
    with web.transaction() as cur:
        grids = web.grids.table(cur)
        followed = [
            ChainItem(id=item.id, name=item.name, state=item.state, version=item.version)
            for found in chain(cur, device_id)
            for item in devices_by_id(cur, grids, [found], now=web.clock())
        ]
        if not followed:
            raise not_found(f"device {device_id}")
        rows = rows_as_dicts(
            cur,
            sql.SQL("""
                SELECT h.id, h.at, h.what, h.way, h.before, h.after, h.actor, h.note, h.version
                FROM device_history h JOIN devices d ON d.key = h.device
                WHERE d.id = %(id)s AND (%(before)s::bigint IS NULL OR h.id < %(before)s)
                ORDER BY h.id DESC LIMIT %(limit)s
            """),
            {"id": device_id, "before": before and before[0], "limit": asked.limit + 1},
        )
    page, following = cut([HistoryItem.model_validate(row) for row in rows], asked.limit, lambda item: (item.id,))
    return HistoryPage(items=page, next=following, chain=followed)


@router.get("/{device_id}/children")
def children(web: WebParts, _: Reader, device_id: str) -> Children:
    """List what reports through a device, and how many of them are heard."""
    with web.transaction() as cur:
        ids, total = _children(cur, device_id)
        items = [_child(item) for item in devices_by_id(cur, web.grids.table(cur), ids, now=web.clock())]
    return Children(items=items, total=total, heard=sum(item.is_heard for item in items))


def _children(cur: Cursor, device_id: str) -> tuple[list[str], int]:
    cur.execute(
        """
        SELECT id, count(*) OVER () FROM devices WHERE gateway = %s AND retired_at IS NULL AND NOT is_carrier
        ORDER BY id LIMIT %s
        """,
        (device_id, MOST_CHILDREN),
    )
    rows = cur.fetchall()
    return [id_ for id_, _ in rows], rows[0][1] if rows else 0


def _child(item: DeviceItem) -> ChildItem:
    is_heard = item.last_seen is not None and item.state != "offline"
    return ChildItem(
        id=item.id, name=item.name, kind=item.kind, state=item.state, last_seen=item.last_seen, is_heard=is_heard
    )


@router.post("/{device_id}/swap")
def swap_device(
    web: WebParts,
    account: Annotated[Account, Depends(may(Action.REGISTER_DEVICE))],
    device_id: str,
    body: SwapBody,
) -> DeviceItem:
    """Let a new physical device take over place, name, metrics and limits of an old one, which is retired.

    What reports through the old one reports through the new one. The open alarms of the old one end and say so; its alarms
    and readings stay under its id. 409 with the device as it is now if it has changed since `version`, or is retired.
    """
    now = web.clock()
    with web.transaction() as cur:
        lead(cur)
        grids = web.grids.table(cur)
        codes = device_codes(cur, grids, device_id)
        found = devices_by_id(cur, grids, [device_id], now=now)
        if codes is None or not found or found[0].kind in set(CarrierKind):
            raise not_found(f"device {device_id}")
        if not account.reaches(codes):
            raise ProblemError(403, "area", "This device is outside the areas of your account.")
        old = found[0]
        cur.execute("SELECT version FROM devices WHERE id = %s FOR UPDATE", (device_id,))
        if cur.fetchone() != (body.version,) or old.state == "retired":
            more = {"current": old.model_dump(mode="json")}
            raise ProblemError(409, "stale-version", "The device is not what you saw.", more=more)
        try:
            changes = swap(cur, device_id, body.new_id, now=now, actor=account.name, note=body.reason)
        except TakenIdError as error:
            raise ProblemError(409, "taken-id", f"{error}.") from error
        except RegistrationError as error:
            raise invalid("body.new_id", str(error)) from error
        changes += alarm_commands.retire(cur, old.key, actor=account.name, now=now, replaced_by=body.new_id)
        detail: audit.Detail = {"version": body.version, "new": body.new_id, "reason": body.reason}
        target = f"device {device_id}"
        audit.append(cur, actor=account.name, action="device.swap", target=target, detail=detail, now=now)
        append_changes(cur, changes)
    with web.transaction() as cur:
        return devices_by_id(cur, web.grids.table(cur), [body.new_id], now=web.clock())[0]
