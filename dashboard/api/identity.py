"""`/api/v1/identity`: whose clock is wrong, and who speaks as somebody else."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from psycopg import sql
from pydantic import BaseModel, ConfigDict, Field

from dashboard.auth.permissions import Account, Action
from dashboard.context import WebParts, may
from dashboard.queries.rows import rows_as_dicts

router = APIRouter(prefix="/identity", tags=["devices"])
Reader = Annotated[Account, Depends(may(Action.READ_RAW))]
Limit = Annotated[int, Query(ge=1, le=500, description="Most items in the answer.")]


class ClockRow(BaseModel):
    """One device's clock against ours."""

    model_config = ConfigDict(frozen=True)

    device: str = Field(description="Id of the device.")
    name: str = Field(description="Its name.")
    skew_s: float = Field(description="Receive time less device time, seconds: positive is behind, negative ahead.")
    uncertain: int = Field(description="Readings whose own time could not be believed, since it was registered.")
    duplicates: int = Field(description="Readings that were there already.")
    heard_at: datetime = Field(description="When the clock was last compared, RFC 3339.")


class ForeignRow(BaseModel):
    """Somebody who spoke as somebody else; what was said was refused."""

    model_config = ConfigDict(frozen=True)

    speaker: str = Field(description="The account, the device whose topic it was, or the topic.")
    victim: str = Field(description="The device it named, or the topic it may not publish to.")
    how: Literal["payload", "topic", "gateway"] = Field(
        description="`payload`: the message names another device than its topic; `topic`: the broker refused the account."
    )
    messages: int = Field(description="How many messages.")
    first_at: datetime = Field(description="First time, RFC 3339.")
    last_at: datetime = Field(description="Last time, RFC 3339.")
    topic: str = Field(description="The topic of the last one.")


class Clocks(BaseModel):
    """The worst clocks."""

    items: list[ClockRow] = Field(description="Furthest from ours first.")


class Foreigners(BaseModel):
    """Who spoke as somebody else."""

    items: list[ForeignRow] = Field(description="Newest first.")


@router.get("/clocks")
def list_clocks(web: WebParts, _: Reader, limit: Limit = 50) -> Clocks:
    """List the devices whose clocks are furthest from ours, from five seconds on."""
    with web.transaction() as cur:
        rows = rows_as_dicts(
            cur,
            sql.SQL("""
                SELECT d.id AS device, d.name, c.skew_s, c.uncertain, c.duplicates, c.heard_at
                FROM device_clocks c JOIN devices d ON d.key = c.device
                WHERE abs(c.skew_s) >= 5 AND d.retired_at IS NULL ORDER BY abs(c.skew_s) DESC LIMIT %(limit)s
            """),
            {"limit": limit},
        )
    return Clocks(items=[ClockRow.model_validate(row) for row in rows])


@router.get("/foreign")
def list_foreign(web: WebParts, _: Reader, limit: Limit = 50) -> Foreigners:
    """List who spoke as somebody else, newest first; forgotten after 90 days of silence."""
    with web.transaction() as cur:
        rows = rows_as_dicts(
            cur,
            sql.SQL("""
                SELECT speaker, victim, how, messages, first_at, last_at, topic FROM foreign_speakers
                ORDER BY last_at DESC, speaker, victim LIMIT %(limit)s
            """),
            {"limit": limit},
        )
    return Foreigners(items=[ForeignRow.model_validate(row) for row in rows])
