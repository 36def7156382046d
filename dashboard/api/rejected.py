"""`/api/v1/rejected`: messages that were not taken in, with the reason and the raw payload."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from dashboard.api.paging import Page, Paged, cut, read_cursor
from dashboard.auth.permissions import Account, Action
from dashboard.context import WebParts, may
from dashboard.queries.raw import RejectedItem, read_rejected

router = APIRouter(prefix="/rejected", tags=["devices"])


class RejectedFilter(Paged):
    """Which rejected messages to list."""

    reason: str | None = Field(default=None, description="For example checksum.")


class RejectedCount(BaseModel):
    """How much was rejected for one reason."""

    reason: str = Field(description="For example checksum.")
    messages: int = Field(description="Messages of the last 24 hours that are kept.")
    newest: datetime = Field(description="When the last of them came, RFC 3339.")


class RejectedCounts(BaseModel):
    """What was rejected in the last 24 hours."""

    items: list[RejectedCount] = Field(description="Most frequent first.")
    excess: int = Field(description="Messages beyond the rate of their topic since the worker started, kept or not.")


@router.get("/counts")
def count_rejected(web: WebParts, _: Annotated[Account, Depends(may(Action.READ_RAW))]) -> RejectedCounts:
    """Count rejected messages by reason."""
    with web.transaction() as cur:
        rows = cur.execute(
            """
            SELECT reason, count(*), max(received) FROM rejected_messages WHERE received > %s
            GROUP BY reason ORDER BY count(*) DESC, reason
            """,
            (web.clock() - timedelta(days=1),),
        ).fetchall()
        excess = cur.execute(
            "SELECT coalesce(sum((counters ->> 'rejected_rate')::bigint), 0) FROM worker_progress"
        ).fetchone()
    items = [RejectedCount(reason=reason, messages=count, newest=newest) for reason, count, newest in rows]
    return RejectedCounts(items=items, excess=int(excess[0]) if excess else 0)


@router.get("")
def list_rejected(
    web: WebParts, _: Annotated[Account, Depends(may(Action.READ_RAW))], asked: Annotated[RejectedFilter, Query()]
) -> Page[RejectedItem]:
    """List rejected messages, newest first."""
    with web.transaction() as cur:
        after = read_cursor(asked.cursor, tuple[int])
        items = read_rejected(
            cur, reason=asked.reason, before=None if after is None else after[0], limit=asked.limit + 1
        )
    page, following = cut(items, asked.limit, lambda message: (int(message.id),))
    return Page(items=page, next=following)
