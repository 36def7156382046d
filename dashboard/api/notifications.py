"""`/api/v1/notifications` and `/api/v1/receivers`: whom we told, what waits, and trying again."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from alerts.notification.deliveries import retry
from dashboard import audit
from dashboard.api.filters import Several, record_id
from dashboard.api.paging import Page, Paged, cut, read_cursor
from dashboard.auth.permissions import Account, Action
from dashboard.context import Reader, WebParts, may
from dashboard.problem import ProblemError, invalid, not_found
from dashboard.queries.notifications import (
    DeliveryState,
    NotificationItem,
    Receivers,
    read_notifications,
    read_receivers,
)

router = APIRouter(tags=["notifications"])


class NotificationFilter(Paged):
    """Which messages to list."""

    receiver: str | None = Field(default=None, description="Name of a receiver.")
    state: Several[DeliveryState] | None = Field(default=None, description="One or more, separated by commas.")
    alarm: str | None = Field(default=None, description="Id of an alarm: what was told of it, and to whom.")
    planned: bool = Field(default=True, description="With repeats that are not due yet.")


@router.get("/receivers")
def list_receivers(web: WebParts, _: Reader) -> Receivers:
    """List who is told, how each of them is, and whether the notifier works."""
    with web.transaction() as cur:
        return read_receivers(cur, now=web.clock(), exercise=web.settings.cap_status != "Actual")


@router.get("/notifications")
def list_notifications(
    web: WebParts, _: Reader, asked: Annotated[NotificationFilter, Query()]
) -> Page[NotificationItem]:
    """List messages to receivers, newest first."""
    after = read_cursor(asked.cursor, tuple[int])
    alarm = (
        None
        if asked.alarm is None
        else record_id(asked.alarm, lambda: invalid("query.alarm", "not the id of an alarm"))
    )
    with web.transaction() as cur:
        items = read_notifications(
            cur,
            receiver=asked.receiver,
            states=asked.state,
            alarm=alarm,
            planned=asked.planned,
            now=web.clock(),
            before=None if after is None else after[0],
            limit=asked.limit + 1,
        )
    page, following = cut(items, asked.limit, lambda message: (int(message.id),))
    return Page(items=page, next=following)


@router.post("/notifications/{notification_id}/retry")
def retry_notification(
    web: WebParts, account: Annotated[Account, Depends(may(Action.RETRY_NOTIFICATION))], notification_id: str
) -> NotificationItem:
    """Try a message now that waits or was given up. 409 if it was sent, cancelled or merged."""
    number, now = record_id(notification_id, lambda: not_found(f"notification {notification_id}")), web.clock()
    with web.transaction() as cur:
        found = read_notifications(cur, now=now, number=number, limit=1)
        if not found:
            raise not_found(f"notification {notification_id}")
        if not retry(cur, number, actor=account.name, now=now):
            raise ProblemError(
                409, "settled", f"This message is {found[0].state}.", more={"current": found[0].model_dump(mode="json")}
            )
        target = f"notification {number}"
        detail: audit.Detail = {"receiver": found[0].receiver}
        audit.append(cur, actor=account.name, action="notification.retry", target=target, detail=detail, now=now)
        (item,) = read_notifications(cur, now=now, number=number, limit=1)
        return item
