"""`/api/v1/waiting`: devices that were heard but are not registered. `PUT /api/v1/devices/{id}` registers one."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from dashboard.api.paging import Page, Paged, cut, read_cursor
from dashboard.auth.permissions import Account, Action
from dashboard.context import WebParts, may
from dashboard.queries.raw import WaitingItem, read_waiting

router = APIRouter(prefix="/waiting", tags=["devices"])


@router.get("")
def list_waiting(
    web: WebParts, _: Annotated[Account, Depends(may(Action.READ_RAW))], asked: Annotated[Paged, Query()]
) -> Page[WaitingItem]:
    """List devices that wait, the one that was first heard last first, each with its last payload."""
    with web.transaction() as cur:
        after = read_cursor(asked.cursor, tuple[datetime, str])
        items = read_waiting(cur, after=after, limit=asked.limit + 1)
    page, following = cut(items, asked.limit, lambda device: (device.first_seen, device.id))
    return Page(items=page, next=following)
