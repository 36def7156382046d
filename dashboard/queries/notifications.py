"""Whom we told: receivers as they are, messages and what became of them. Writes nothing."""

from datetime import datetime
from typing import Literal

from psycopg import sql
from pydantic import BaseModel, ConfigDict, Field

from dashboard.queries.rows import rows_as_dicts
from database.connection import Cursor

DeliveryState = Literal["waiting", "sent", "cancelled", "dead", "merged"]


class ReceiverItem(BaseModel):
    """Somebody who is told."""

    model_config = ConfigDict(frozen=True)

    name: str = Field(description="Name in the notify file.")
    kind: str = Field(description="webhook or apprise.")
    target: str = Field(description="Where, without secrets.")
    state: Literal["good", "failing", "never", "retired"] = Field(
        description="failing: the last attempt failed; never: nothing was sent yet; retired: not in the file any more."
    )
    last_success_at: datetime | None = Field(description="When it last took a message, RFC 3339.")
    failing_since: datetime | None = Field(description="First failure after the last success, RFC 3339.")
    failures: int = Field(description="Failures in a row.")
    next_at: datetime | None = Field(description="Nothing is tried before, RFC 3339.")
    last_error: str = Field(description="Why the last attempt failed; empty if it did not.")
    waiting: int = Field(description="Messages that are due and not sent.")
    waiting_since: datetime | None = Field(description="When the oldest of them was due, RFC 3339.")
    dead: int = Field(description="Messages given up after 24 h, of the last seven days.")


class Receivers(BaseModel):
    """All receivers, and whether the notifier works."""

    model_config = ConfigDict(frozen=True)

    items: list[ReceiverItem] = Field(description="By name, those that are retired last.")
    alive_at: datetime | None = Field(description="Last sign of a notifier, RFC 3339; null: none ever ran.")
    fault: str = Field(description="Why a changed notify file was refused; empty if it was not.")
    exercise: bool = Field(
        description="Only receivers that ask for tests hear of anything: `cap_status` is not Actual."
    )


class NotificationItem(BaseModel):
    """One message to one receiver."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(description="Id of the message.")
    key: str = Field(description="Sent along as Idempotency-Key.")
    receiver: str = Field(description="Who is told.")
    route: str = Field(description="The route that said so.")
    kind: Literal["first", "repeat", "backlog"] = Field(description="backlog: what waited too long, in one message.")
    state: DeliveryState = Field(description="waiting, sent, cancelled, dead (given up) or merged (into a backlog).")
    title: str | None = Field(description="What it says; null until it was first tried.")
    text: str | None = Field(description="The whole text; null until it was first tried.")
    created_at: datetime = Field(description="RFC 3339.")
    due_at: datetime = Field(description="Not sent before, RFC 3339.")
    closed_at: datetime | None = Field(description="When it was sent, cancelled, given up or merged, RFC 3339.")
    attempts: int = Field(description="Attempts begun.")
    error: str = Field(description="Why the last attempt failed, or why it was cancelled.")
    alarms: list[str] = Field(description="Ids of the alarms it tells of, at most 100.")
    items: int = Field(description="Steps it tells of.")


_RECEIVERS = sql.SQL("""
    SELECT r.name, r.kind, r.target, r.last_success_at, r.failing_since, r.failures, r.next_at, r.last_error,
           CASE WHEN r.retired_at IS NOT NULL THEN 'retired' WHEN r.failing_since IS NOT NULL THEN 'failing'
                WHEN r.last_success_at IS NULL THEN 'never' ELSE 'good' END AS state,
           coalesce(w.n, 0) AS waiting, w.oldest AS waiting_since,
           (SELECT count(*) FROM deliveries d
            WHERE d.receiver = r.name AND d.state = 'dead' AND d.closed_at > %(now)s - interval '7 days') AS dead
    FROM receivers r
    LEFT JOIN LATERAL (
        SELECT count(*) AS n, min(due_at) AS oldest FROM deliveries d
        WHERE d.receiver = r.name AND d.state = 'waiting' AND d.due_at <= %(now)s
    ) w ON true
    ORDER BY r.retired_at IS NOT NULL, r.name
""")
_DELIVERIES = sql.SQL("""
    SELECT d.id::text AS id, d.key, d.receiver, d.route, d.kind, d.state, d.message ->> 'title' AS title,
           d.message ->> 'text' AS text, d.created_at, d.due_at, d.closed_at, d.attempts, d.last_error AS error,
           ARRAY(SELECT DISTINCT i.number FROM delivery_items i WHERE i.delivery = d.id AND i.subject = 'alarm'
                 ORDER BY 1 LIMIT 100)::text[] AS alarms,
           (SELECT count(*) FROM delivery_items i WHERE i.delivery = d.id) AS items
    FROM deliveries d
    WHERE (%(receiver)s::text IS NULL OR d.receiver = %(receiver)s)
      AND (%(states)s::text[] IS NULL OR d.state = ANY(%(states)s))
      AND (%(alarm)s::bigint IS NULL OR d.id IN (
            SELECT delivery FROM delivery_items WHERE subject = 'alarm' AND number = %(alarm)s))
      AND (%(planned)s OR NOT (d.kind = 'repeat' AND d.state = 'waiting' AND d.due_at > %(now)s))
      AND (%(before)s::bigint IS NULL OR d.id < %(before)s)
      AND (%(id)s::bigint IS NULL OR d.id = %(id)s)
    ORDER BY d.id DESC LIMIT %(limit)s
""")


def read_receivers(cur: Cursor, *, now: datetime, exercise: bool = False) -> Receivers:
    """Read every receiver with what waits for it; `exercise` is passed on."""
    items = [ReceiverItem.model_validate(row) for row in rows_as_dicts(cur, _RECEIVERS, {"now": now})]
    alive_at, fault = read_notifier(cur)
    return Receivers(items=items, alive_at=alive_at, fault=fault, exercise=exercise)


def read_notifier(cur: Cursor) -> tuple[datetime | None, str]:
    """Read when a notifier last gave a sign, and why it refused a changed notify file ("" if it did not)."""
    row = cur.execute("SELECT alive_at, fault FROM notifier_progress ORDER BY alive_at DESC LIMIT 1").fetchone()
    return (None, "") if row is None else (row[0], row[1])


def read_notifications(  # noqa: PLR0913 - one parameter a filter
    cur: Cursor,
    *,
    now: datetime,
    limit: int,
    planned: bool = True,
    receiver: str | None = None,
    states: list[DeliveryState] | None = None,
    alarm: int | None = None,
    before: int | None = None,
    number: int | None = None,
) -> list[NotificationItem]:
    """Read messages, newest first: those before an id, or the one with an id."""
    rows = rows_as_dicts(
        cur,
        _DELIVERIES,
        {
            "receiver": receiver,
            "states": states,
            "alarm": alarm,
            "planned": planned,
            "now": now,
            "before": before,
            "id": number,
            "limit": limit,
        },
    )
    return [NotificationItem.model_validate(row) for row in rows]
