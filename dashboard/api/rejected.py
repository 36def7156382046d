"""`/api/v1/rejected`: messages that were not taken in, with the reason and the raw payload."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from dashboard.api.paging import Page, Paged, cut, read_cursor
from dashboard.auth.permissions import Account, Action
from dashboard.context import WebParts, may
from dashboard.queries.raw import RejectedItem, read_rejected

router = APIRouter(prefix="/rejected", tags=["devices"])


class RejectedFilter(Paged):
    """Which rejected messages to list."""

    reason: str | None = Field(default=None, description="For example checksum.")


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
