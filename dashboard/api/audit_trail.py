"""`/api/v1/audit`: who did what, and whether the trail is whole."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from psycopg import sql
from pydantic import BaseModel, Field

from dashboard import audit
from dashboard.api.paging import Page, Paged, cut, read_cursor
from dashboard.auth.permissions import Account, Action
from dashboard.context import WebParts, may
from dashboard.queries.rows import rows_as_dicts

router = APIRouter(prefix="/audit", tags=["people"])
Auditor = Annotated[Account, Depends(may(Action.READ_AUDIT))]


class AuditItem(BaseModel):
    """One row of the trail."""

    id: str = Field(description="Its number; later rows have greater ones.")
    at: datetime = Field(description="RFC 3339.")
    actor: str = Field(description="Account that did it.")
    action: str = Field(description="What was done, for example alarm.acknowledge.")
    target: str = Field(description="To what.")
    detail: dict[str, Any] = Field(description="What belongs to it.")
    hash: str = Field(description="SHA-256 over this row and the hash before, hexadecimal.")


class AuditFilter(Paged):
    """Which rows to list."""

    actor: str | None = Field(default=None, description="Account that did it.")
    action: str | None = Field(default=None, description="For example login.refused.")
    target: str | None = Field(default=None, description="For example `alarm 12`.")


class AuditState(BaseModel):
    """Whether the trail is whole."""

    whole: bool = Field(description="Whether every row fits the one before.")
    first_broken: str | None = Field(description="The first row that does not; null: all do.")
    head: str = Field(description="The newest hash, hexadecimal: kept elsewhere, it shows rows cut off the end.")


@router.get("")
def list_audit(web: WebParts, _: Auditor, asked: Annotated[AuditFilter, Query()]) -> Page[AuditItem]:
    """List the trail, newest first."""
    after = read_cursor(asked.cursor, tuple[int])
    with web.transaction() as cur:
        rows = rows_as_dicts(
            cur,
            sql.SQL("""
                SELECT a.id::text AS id, at, actor, action, target, detail, encode(hash, 'hex') AS hash FROM audit a
                WHERE (%(before)s::bigint IS NULL OR a.id < %(before)s)
                  AND (%(actor)s::text IS NULL OR actor = %(actor)s)
                  AND (%(action)s::text IS NULL OR action = %(action)s)
                  AND (%(target)s::text IS NULL OR target = %(target)s)
                ORDER BY a.id DESC LIMIT %(limit)s
            """),
            {
                "before": after and after[0],
                "actor": asked.actor,
                "action": asked.action,
                "target": asked.target,
                "limit": asked.limit + 1,
            },
        )
    page, following = cut([AuditItem.model_validate(row) for row in rows], asked.limit, lambda row: (int(row.id),))
    return Page(items=page, next=following)


@router.get("/verify")
def verify(web: WebParts, _: Auditor) -> AuditState:
    """Walk the whole trail and say whether it is whole."""
    with web.transaction() as cur:
        broken = audit.verify(cur)
        newest = audit.head(cur)
    return AuditState(whole=broken is None, first_broken=None if broken is None else str(broken), head=newest.hex())
