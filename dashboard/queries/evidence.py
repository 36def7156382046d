"""What an alarm of a place rests on, and what hangs on a gateway or link that is out. Writes nothing."""

from datetime import datetime
from typing import Any, Literal

from psycopg import sql
from pydantic import BaseModel, ConfigDict, Field

from dashboard.queries.rows import rows_as_dicts
from database.connection import Cursor

MOST = 50  # shown with one alarm


class EvidenceItem(BaseModel):
    """An alarm that an alarm of stage 2 rests on."""

    model_config = ConfigDict(frozen=True)

    alarm: str = Field(description="Its id.")
    device: str = Field(description="Id of the device that spoke.")
    device_name: str = Field(description="Its name.")
    kind: str = Field(description="Its kind.")
    condition: str = Field(description="What it said.")
    metric: str | None = Field(description="The metric it was about; null: the device as a whole.")
    priority: int = Field(description="1 red, 2 orange, 3 yellow, 4 blue.")
    state: Literal["norm", "unack", "acked", "rtnun"] = Field(description="How it stands now.")
    raised_at: datetime = Field(description="Device time, RFC 3339.")


class Evidence(BaseModel):
    """All that an alarm rests on: the count, and the worst of it."""

    model_config = ConfigDict(frozen=True)

    count: int = Field(description="How many alarms it rests on, or how many devices are heard through what is out.")
    alarms: list[EvidenceItem] = Field(description="The alarms, oldest first; at most 50.")
    devices: list[str] = Field(description="The devices, where it is an outage; at most 50.")


def evidence_of(cur: Cursor, alarm: int) -> Evidence | None:
    """Read what an alarm rests on; None where it rests on readings of its own."""
    rows = rows_as_dicts(
        cur,
        sql.SQL("""
            SELECT a.id::text AS alarm, d.id AS device, d.name AS device_name, d.kind, a.condition, m.name AS metric,
                   a.priority, a.state, a.raised_at, count(*) OVER () AS count
            FROM alarms a JOIN devices d ON d.key = a.device LEFT JOIN metrics m ON m.key = a.metric
            WHERE a.id IN (SELECT evidence FROM alarm_evidence WHERE alarm = %(alarm)s AND role > 0)
            ORDER BY a.raised_at, a.id LIMIT %(most)s
        """),
        {"alarm": alarm, "most": MOST},
    )
    if rows:
        return Evidence(
            count=rows[0]["count"], alarms=[EvidenceItem.model_validate(_item(row)) for row in rows], devices=[]
        )
    children = _children(cur, alarm)
    return Evidence(count=len(children), alarms=[], devices=children[:MOST]) if children else None


def _item(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "count"}


def _children(cur: Cursor, alarm: int) -> list[str]:
    """List the devices that are heard through what an outage is about: a gateway, or the link of a town."""
    cur.execute(
        """
        SELECT d.id FROM alarms a JOIN devices p ON p.key = a.device
        JOIN devices d ON d.retired_at IS NULL AND NOT d.is_carrier AND d.key <> p.key AND (
            d.gateway = p.id OR p.id = 'gateway:' || d.gateway
            OR d.gateway IS NULL AND p.id = 'link:' || coalesce(nullif(d.area, ''), '-')
        )
        WHERE a.id = %s AND a.condition = 'outage' ORDER BY d.id
        """,
        (alarm,),
    )
    return [device for (device,) in cur.fetchall()]
