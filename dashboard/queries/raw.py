"""What did not become a reading: messages that were rejected, devices that wait for registration. Writes nothing."""

import base64
from datetime import datetime

from psycopg import sql
from pydantic import BaseModel, ConfigDict, Field

from dashboard.queries.rows import rows_as_dicts
from database.connection import Cursor


class WaitingItem(BaseModel):
    """A device that was heard but is not registered."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(description="Id it speaks under.")
    source: str = Field(description="The decoder that understood it.")
    area: str = Field(description="Area its topic names; may be empty.")
    first_seen: datetime = Field(description="RFC 3339.")
    last_seen: datetime = Field(description="RFC 3339.")
    messages: int = Field(description="Messages since it was first seen.")
    topic: str = Field(description="Topic of the last message.")
    payload: str = Field(description="The last message, base64.")
    payload_text: str | None = Field(description="The same as text, if it is UTF-8.")


class RejectedItem(BaseModel):
    """A message, or part of one, that was not taken in."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(description="Id of the rejection.")
    received: datetime = Field(description="Our time, RFC 3339.")
    topic: str = Field(description="Topic it came on.")
    source: str = Field(description="The decoder that rejected it.")
    reason: str = Field(description="malformed, truncated, checksum, unsupported, foreign-device, topic, unit, …")
    detail: str = Field(description="What exactly was wrong.")
    payload: str = Field(description="The message as it came, base64.")


def read_waiting(cur: Cursor, *, after: tuple[datetime, str] | None, limit: int) -> list[WaitingItem]:
    """Read waiting devices, the one that was first heard last first, those after a place in that order."""
    rows = rows_as_dicts(
        cur,
        sql.SQL("""
            SELECT id, source, area, first_seen, last_seen, messages, topic, payload FROM waiting_devices
            WHERE %(time)s::timestamptz IS NULL OR (first_seen, id) < (%(time)s, %(id)s)
            ORDER BY first_seen DESC, id DESC LIMIT %(limit)s
        """),
        {"time": after and after[0], "id": after and after[1], "limit": limit},
    )
    return [WaitingItem.model_validate({**row, **_payload(row["payload"])}) for row in rows]


def read_rejected(cur: Cursor, *, reason: str | None, before: int | None, limit: int) -> list[RejectedItem]:
    """Read rejected messages, newest first, those before an id."""
    rows = rows_as_dicts(
        cur,
        sql.SQL("""
            SELECT id::text AS id, received, topic, source, reason, detail, payload FROM rejected_messages r
            WHERE (%(before)s::bigint IS NULL OR r.id < %(before)s) AND (%(reason)s::text IS NULL OR reason = %(reason)s)
            ORDER BY r.id DESC LIMIT %(limit)s
        """),
        {"before": before, "reason": reason, "limit": limit},
    )
    return [RejectedItem.model_validate({**row, "payload": _payload(row["payload"])["payload"]}) for row in rows]


def _payload(raw: bytes) -> dict[str, str | None]:
    try:
        text = bytes(raw).decode() if b"\0" not in raw else None
    except UnicodeDecodeError:
        text = None
    return {"payload": base64.b64encode(raw).decode(), "payload_text": text}
