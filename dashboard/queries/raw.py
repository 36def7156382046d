"""What did not become a reading: messages that were rejected. Writes nothing."""

import base64
from datetime import datetime

from psycopg import sql
from pydantic import BaseModel, ConfigDict, Field

from dashboard.queries.rows import rows_as_dicts
from database.connection import Cursor


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
    return [RejectedItem.model_validate({**row, "payload": payload_of(row["payload"])["payload"]}) for row in rows]


def payload_of(raw: bytes) -> dict[str, str | None]:
    """Give a payload as base64, and as text if it is text."""
    try:
        text = bytes(raw).decode() if b"\0" not in raw else None
    except UnicodeDecodeError:
        text = None
    return {"payload": base64.b64encode(raw).decode(), "payload_text": text}
