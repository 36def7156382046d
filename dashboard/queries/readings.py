"""Readings of one metric of one device, as they are or as min, mean and max per step. Writes nothing."""

from datetime import datetime, timedelta
from typing import Literal

from psycopg import sql
from pydantic import BaseModel, ConfigDict, Field

from dashboard.queries.rows import rows_as_dicts
from database.connection import Cursor
from ingest.readings import Quality

# Steps begin at multiples of their length after this instant, so that a second request gives the same steps.
ORIGIN = datetime.fromisoformat("2000-01-01T00:00:00+00:00")


QualityWord = Literal["good", "uncertain_time", "uncertain", "missing", "implausible", "history"]


def quality_word(quality: int) -> str:
    """Name a stored quality as the glossary does."""
    return Quality(quality).name.lower()


class ReadingItem(BaseModel):
    """One reading."""

    model_config = ConfigDict(frozen=True)

    time: datetime = Field(description="Device time, RFC 3339.")
    value: float | None = Field(
        description="In the unit of the answer; null where the device said it has no value, or one that cannot be."
    )
    quality: int = Field(
        description="0 good, 1 our receive time instead of the device's, 2 doubtful, 3 no value, 4 implausible, 5 told later."
    )
    quality_word: QualityWord = Field(description="The same as a word.")
    raw: float | None = Field(
        default=None, description="What an implausible reading said: a sentinel or a number that cannot be; no value."
    )


class StepItem(BaseModel):
    """What the readings of one step amount to; those without a value, or with one that cannot be, are not counted."""

    model_config = ConfigDict(frozen=True)

    time: datetime = Field(description="Beginning of the step, RFC 3339; it is part of the step, its end is not.")
    value: float | None = Field(description="Same as `mean`, so that a chart need not know of steps.")
    min: float | None = Field(description="Least value, in the unit of the answer; null: no value in this step.")
    mean: float | None = Field(description="Arithmetic mean, in the unit of the answer.")
    max: float | None = Field(description="Greatest value, in the unit of the answer.")
    count: int = Field(description="Readings with a value in this step.")
    quality: int = Field(description="The worst quality of the readings with a value; 3 where there is none.")
    implausible: int = Field(description="Readings in this step with a number that cannot be.")


class Span(BaseModel):
    """From when to when, in device time; the beginning is part of it, the end is not."""

    model_config = ConfigDict(frozen=True)

    start: datetime
    end: datetime


def read_readings(cur: Cursor, device: int, metric: int, span: Span, *, limit: int) -> list[ReadingItem]:
    """Read readings, oldest first."""
    rows = rows_as_dicts(
        cur,
        sql.SQL("""
            SELECT time, CASE WHEN quality NOT IN (3, 4) THEN nullif(value, 'NaN') END AS value, quality,
                   CASE WHEN quality = 4 THEN nullif(value, 'NaN') END AS raw FROM readings
            WHERE device = %(device)s AND metric = %(metric)s AND time >= %(start)s AND time < %(end)s
            ORDER BY time LIMIT %(limit)s
        """),
        {"device": device, "metric": metric, "start": span.start, "end": span.end, "limit": limit},
    )
    return [ReadingItem.model_validate({**row, "quality_word": quality_word(row["quality"])}) for row in rows]


def read_steps(cur: Cursor, device: int, metric: int, span: Span, step: timedelta, *, limit: int) -> list[StepItem]:
    """Read min, mean and max per step, oldest first; a step without any reading is left out."""
    rows = rows_as_dicts(
        cur,
        sql.SQL("""
            SELECT date_bin(%(step)s, time, %(origin)s) AS time, avg(value) FILTER (WHERE has) AS mean,
                   avg(value) FILTER (WHERE has) AS value, min(value) FILTER (WHERE has) AS min,
                   max(value) FILTER (WHERE has) AS max, count(*) FILTER (WHERE has) AS count,
                   coalesce(max(quality) FILTER (WHERE has), 3) AS quality,
                   count(*) FILTER (WHERE quality = 4) AS implausible
            FROM (SELECT time, value, quality, quality NOT IN (3, 4) AND value <> 'NaN' AS has FROM readings
                  WHERE device = %(device)s AND metric = %(metric)s AND time >= %(start)s AND time < %(end)s) r
            GROUP BY 1 ORDER BY 1 LIMIT %(limit)s
        """),
        {
            "device": device,
            "metric": metric,
            "start": span.start,
            "end": span.end,
            "step": step,
            "origin": ORIGIN,
            "limit": limit,
        },
    )
    return [StepItem.model_validate(row) for row in rows]
