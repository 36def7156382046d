"""`/api/v1/devices/{id}/readings`: what a device measured, as it came or per step."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, Field

from dashboard.api.paging import Paged, read_cursor, write_cursor
from dashboard.context import Reader, WebParts
from dashboard.problem import invalid, not_found
from dashboard.queries.readings import ReadingItem, Span, StepItem, read_readings, read_steps
from database.connection import Cursor

router = APIRouter(prefix="/devices", tags=["devices"])

LONGEST_STEP = timedelta(days=366)
_UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
_SHORT = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*(ms|s|min|m|h|d)?")
_ISO = re.compile(r"P(?:(\d{1,4})D)?(?:T(?=\d)(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,9}(?:\.\d{1,6})?)S)?)?")
DEFAULT_SPAN = timedelta(hours=24)


class ReadingFilter(Paged):
    """Which readings to list."""

    metric: str | None = Field(default=None, description="Name of a metric; needed where the device has several.")
    start: AwareDatetime | None = Field(
        default=None, alias="from", description="From this device time on, RFC 3339; 24 h before `to`."
    )
    end: AwareDatetime | None = Field(
        default=None, alias="to", description="Before this device time, RFC 3339; just after the newest reading."
    )
    step: str | None = Field(
        default=None,
        description="Ask for min, mean and max per step: 60s, 5min, 1h, 1d, a number of seconds, or PT5M.",
    )
    limit: int = Field(default=1000, ge=1, le=10_000, description="Most items on a page.")


class ReadingPage(BaseModel):
    """A part of the readings of one metric, oldest first."""

    items: list[ReadingItem | StepItem] = Field(description="Readings, or steps if `step` was given.")
    metric: str = Field(description="Name of the metric.")
    unit: str = Field(description="SenML / UCUM unit of every value.")
    step_s: float | None = Field(description="Length of a step, seconds; null: readings as they came.")
    next: str | None = Field(description="Cursor of the next page; null on the last.")


@router.get("/{device_id}/readings")
def list_readings(web: WebParts, _: Reader, device_id: str, asked: Annotated[ReadingFilter, Query()]) -> ReadingPage:
    """List readings, oldest first. Without a span: the 24 h that end with the newest reading."""
    step = None if asked.step is None else read_step(asked.step)
    after = read_cursor(asked.cursor, tuple[datetime])
    with web.transaction() as cur:
        device, metric, name, unit = _find(cur, device_id, asked.metric)
        span = _span(cur, device, metric, asked, web.clock())
        items: list[ReadingItem | StepItem]
        if step is None:
            if after is not None:
                span = Span(start=max(span.start, after[0] + timedelta(microseconds=1)), end=span.end)
            items = [*read_readings(cur, device, metric, span, limit=asked.limit + 1)]
        else:
            if after is not None:
                span = Span(start=max(span.start, after[0] + step), end=span.end)
            items = [*read_steps(cur, device, metric, span, step, limit=asked.limit + 1)]
    page = items[: asked.limit]
    following = write_cursor(page[-1].time) if len(items) > asked.limit else None
    return ReadingPage(
        items=page, metric=name, unit=unit, step_s=None if step is None else step.total_seconds(), next=following
    )


def read_step(text: str) -> timedelta:
    """Read the length of a step: `60s`, `5min`, `1h`, `1d`, `300` (seconds) or `PT5M` (ISO 8601).

    Raises:
        ProblemError: 422, it is none of these, not longer than 0 or longer than 366 days.
    """
    step = timedelta(0)
    if (short := _SHORT.fullmatch(text.strip().lower())) is not None:
        step = float(short[1]) * _UNITS[short[2] or "s"]
    elif (iso := _ISO.fullmatch(text.strip().upper())) is not None:
        days, hours, minutes, seconds = (float(part or 0) for part in iso.groups())
        step = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if not timedelta(0) < step <= LONGEST_STEP:
        raise invalid("query.step", f"{text!r} is not a length of time such as 60s, 5min, 1h, 300 or PT5M")
    return step


def _find(cur: Cursor, device_id: str, metric: str | None) -> tuple[int, int, str, str]:
    """Find the keys of a device and of its metric, the metric's name and its unit."""
    row = cur.execute("SELECT key FROM devices WHERE id = %s", (device_id,)).fetchone()
    if row is None:
        raise not_found(f"device {device_id}")
    known = cur.execute(
        "SELECT m.name, m.key, c.unit FROM device_metrics c JOIN metrics m ON m.key = c.metric"
        " WHERE c.device = %s ORDER BY m.name",
        (row[0],),
    ).fetchall()
    names = ", ".join(name for name, _, _ in known) or "none"
    if metric is None and len(known) != 1:
        raise invalid("query.metric", f"say which metric; this device has {names}")
    for name, key, unit in known:
        if metric in (None, name):
            return row[0], key, name, unit
    raise invalid("query.metric", f"this device has no metric {metric!r}; it has {names}")


def _span(cur: Cursor, device: int, metric: int, asked: ReadingFilter, now: datetime) -> Span:
    end = asked.end
    if end is None:
        row = cur.execute(
            "SELECT max(time) FROM readings WHERE device = %s AND metric = %s", (device, metric)
        ).fetchone()
        newest = row[0] if row is not None and row[0] is not None else now
        end = newest + timedelta(microseconds=1)
    start = asked.start if asked.start is not None else end - DEFAULT_SPAN
    if asked.end is not None and start >= end:
        raise invalid("query.from", "must be before `to`")
    return Span(start=start.astimezone(UTC), end=end.astimezone(UTC))
