"""Why an alarm was raised: its rule and limits as they were then, the readings around it, and its life as marks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from psycopg import sql
from pydantic import BaseModel, ConfigDict, Field

from alerts.answer import instant, microseconds
from alerts.points import GapPolicy, JudgedPoint, Point, SilencePoint, ValuePoint
from alerts.rule_store import Basis
from alerts.why import Measured, Quantity, Replay, quantity_of, replay, thinned
from dashboard.queries.alarms import AlarmItem, TransitionItem
from dashboard.queries.readings import ReadingItem, quality_word
from dashboard.queries.rows import rows_as_dicts
from database.connection import Cursor
from ingest.readings import Quality

# A picture 3,840 points wide shows no more; what is left out lies between the lowest and the highest of its stretch.
SHOWN = 2000
READ_AT_MOST = 40_000
READINGS_BEFORE = 40
LEAST_SPAN = timedelta(minutes=20)
LONGEST_SPAN = timedelta(days=8)


class WordItem(BaseModel):
    """One parameter of a rule as people read it."""

    model_config = ConfigDict(frozen=True)

    key: str = Field(description="The key in the rule file.")
    label: str = Field(description="What it is called.")
    value: str = Field(description="Its value, with units.")


class RuleItem(BaseModel):
    """The rule that raised an alarm, in the version that did."""

    model_config = ConfigDict(frozen=True)

    name: str = Field(description="Name of the rule.")
    version: int = Field(description="Version of the rules it stands in.")
    kind: str = Field(description="Kind of the rule: level, rate, no-data, …")
    words: list[WordItem] = Field(description="Its parameters in words.")


class ThresholdItem(BaseModel):
    """One limit of the rule on this device."""

    model_config = ConfigDict(frozen=True)

    priority: int = Field(ge=1, le=4, description="Priority it raises.")
    limit: float = Field(description="Raised at or beyond this, in the unit of what is judged.")
    clear: float = Field(description="Normal again only beyond this: the limit less the deadband.")
    is_high: bool = Field(description="Whether values above are the dangerous ones.")
    on_delay_s: float = Field(description="Readings must be beyond it for so long, seconds.")
    is_own: bool = Field(description="Whether it raised this alarm.")


class PointItem(BaseModel):
    """How the readings were judged."""

    model_config = ConfigDict(frozen=True)

    what: Measured = Field(description="What was held against the limit: the value itself, or a measure of it.")
    unit: str = Field(description="Unit of limits and of what is judged; `count` for a number of times.")
    window_s: float | None = Field(description="Window of the measure, seconds.")
    on_delay_s: float = Field(description="Readings must be beyond the limit for so long, seconds.")
    off_delay_s: float = Field(description="Readings must be normal for so long before it returns, seconds.")
    gap_s: float = Field(description="A silence longer than this inside a delay is a gap, seconds.")
    gap_policy: GapPolicy = Field(description="What a gap does to a delay: reset, hold, unknown.")
    low: float | None = Field(default=None, description="Least value that can be, for out-of-range.")
    high: float | None = Field(default=None, description="Greatest value that can be, for out-of-range.")


class SilenceItem(BaseModel):
    """How a silence was judged."""

    model_config = ConfigDict(frozen=True)

    heard_at: datetime | None = Field(description="When the device was last heard before the alarm, our time.")
    interval_s: float | None = Field(description="Expected time between readings, seconds.")
    after_s: float = Field(description="Silence longer than this raises the alarm, seconds.")


class MarkItem(BaseModel):
    """An instant worth a line in the picture."""

    model_config = ConfigDict(frozen=True)

    at: datetime = Field(description="Device time of the engine's steps, our time of an officer's.")
    cause: str = Field(description="first-seen, raised, returned, acknowledged, shelved, …")
    actor: str = Field(description="Account, or `engine`.")
    comment: str = Field(description="What the officer wrote.")


class JudgedItem(BaseModel):
    """What a point judged at one reading."""

    model_config = ConfigDict(frozen=True)

    time: datetime = Field(description="Device time of the reading.")
    value: float | None = Field(description="In the point's unit; null where the readings did not tell.")


class WarningItem(BaseModel):
    """A weather warning that held when the alarm was raised."""

    model_config = ConfigDict(frozen=True)

    event: str = Field(description="rainstorm, flood, heat, wind, …")
    priority: int = Field(ge=1, le=4, description="1 red to 4 blue.")


class SpanItem(BaseModel):
    """From when to when the picture goes."""

    model_config = ConfigDict(frozen=True)

    start: datetime = Field(serialization_alias="from", description="Its beginning.")
    end: datetime = Field(serialization_alias="to", description="Its end.")


class WhyItem(BaseModel):
    """Everything that made an alarm."""

    model_config = ConfigDict(frozen=True)

    alarm: str = Field(description="Id of the alarm.")
    rule: RuleItem | None = Field(description="The rule in the version that raised it; null where it is not kept.")
    metric: str | None = Field(description="The metric that was judged; null where it is about the device as a whole.")
    unit: str = Field(description="Unit of the readings.")
    interval_s: float | None = Field(description="Expected time between readings, seconds.")
    point: PointItem | None = Field(description="How readings were judged; null for silence and correlated alarms.")
    thresholds: list[ThresholdItem] = Field(description="All limits of the rule on this device, red first.")
    silence: SilenceItem | None = Field(description="How silence was judged; null for anything else.")
    warnings: list[WarningItem] = Field(description="Weather warnings over the place then: they may lower limits.")
    span: SpanItem = Field(description="What the picture covers.")
    readings: list[ReadingItem] = Field(description="Readings of the span, thinned where a picture cannot show them.")
    judged: list[JudgedItem] = Field(description="The measure at each reading; empty where the value itself is judged.")
    marks: list[MarkItem] = Field(description="First seen and every step of the alarm, oldest first.")
    alarms: list[AlarmItem] = Field(description="The alarms that made a correlated one.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A stored reading; `value` is NaN where none was sent."""

    time_us: int
    value: float
    quality: int


def span_of(alarm: AlarmItem, basis: Basis | None, *, now: datetime) -> SpanItem:
    """Choose what the picture covers: delays, window and some readings before, as much after, up to the return."""
    point = basis.point if basis is not None else None
    interval = basis.tag.interval_s if basis is not None and basis.tag is not None else None
    needed = timedelta(seconds=(interval or 30) * READINGS_BEFORE)
    if isinstance(point, ValuePoint):
        window_us = point.measure.span_us if point.measure is not None else 0
        needed = max(needed, timedelta(microseconds=(point.on_delay_us + window_us) * 1.3))
    elif isinstance(point, SilencePoint):
        needed = max(needed, timedelta(microseconds=point.after_us * 2))
    needed = min(max(needed, LEAST_SPAN), LONGEST_SPAN)
    after = alarm.raised_at + needed
    if alarm.cleared_at is not None:
        after = max(after, alarm.cleared_at + needed / 4)
    end = min(after, alarm.raised_at + 4 * needed, max(now, alarm.raised_at))
    return SpanItem(start=alarm.raised_at - needed, end=end + needed / 30)


def reach_of(point: JudgedPoint) -> timedelta:
    """Say how far before the picture readings are needed for its first measure and delay."""
    measure = point.measure if isinstance(point, ValuePoint) else None
    return timedelta(microseconds=(measure.span_us if measure is not None else 0) + point.on_delay_us)


def read_rows(cur: Cursor, device: int, metric: int, start: datetime, end: datetime) -> list[Row]:
    """Read the readings of [start, end), oldest first; the newest of them where there are too many."""
    rows = rows_as_dicts(
        cur,
        sql.SQL("""
            SELECT time, value, quality FROM readings
            WHERE device = %(device)s AND metric = %(metric)s AND time >= %(start)s AND time < %(end)s
            ORDER BY time DESC LIMIT %(limit)s
        """),
        {"device": device, "metric": metric, "start": start, "end": end, "limit": READ_AT_MOST},
    )
    return [
        Row(time_us=microseconds(row["time"].astimezone(UTC)), value=row["value"], quality=row["quality"])
        for row in reversed(rows)
    ]


def heard_before(cur: Cursor, device: int, at: datetime) -> datetime | None:
    """Find when a device was last heard before an instant, our time."""
    # Silences are short beside the life of a device: the last weeks hold the answer, and only their partitions are read.
    row = cur.execute(
        "SELECT max(received) FROM readings WHERE device = %s AND received <= %s AND time > %s - interval '60 days'",
        (device, at, at),
    ).fetchone()
    return None if row is None else row[0]


def reading_items(rows: Sequence[Row], *, start: datetime) -> list[ReadingItem]:
    """Turn rows into what the chart draws; what cannot be a value is none."""
    shown = [row for row in rows if row.time_us >= microseconds(start.astimezone(UTC))]
    kept = {time for time, _ in thinned([(row.time_us, _value(row)) for row in shown], SHOWN)}
    return [
        ReadingItem(
            time=instant(row.time_us),
            value=_value(row),
            quality=row.quality,
            quality_word=quality_word(row.quality),  # type: ignore[arg-type] # a name of the enum
            raw=_number(row.value) if row.quality == Quality.IMPLAUSIBLE else None,
        )
        for row in shown
        if row.time_us in kept
    ]


def judged_rows(point: JudgedPoint, rows: Sequence[Row]) -> list[tuple[int, float]]:
    """Give the readings that the point saw: sentinels are evidence for out-of-range and for nothing else."""
    sees_all = not isinstance(point, ValuePoint)
    return [
        (row.time_us, row.value)
        for row in rows
        if row.value == row.value
        and (row.quality < Quality.MISSING or (sees_all and row.quality == Quality.IMPLAUSIBLE))
    ]


def explain_point(
    point: JudgedPoint, unit: str, rows: Sequence[Row], *, raised_at: datetime
) -> tuple[PointItem, Replay, Quantity | None]:
    """Judge the readings again, as far as they were stored."""
    raised_us = microseconds(raised_at.astimezone(UTC))
    seen = judged_rows(point, rows)
    quantity = None
    if isinstance(point, ValuePoint):
        quantity = quantity_of(point, unit, [row for row in seen if row[0] <= raised_us])
    told = replay(point, quantity, seen, raised_us=raised_us)
    item = PointItem(
        what=quantity.what if quantity else Measured.VALUE,
        unit=quantity.unit if quantity else unit,
        window_s=_seconds(quantity.window_us) if quantity else None,
        on_delay_s=point.on_delay_us / 1e6,
        off_delay_s=point.off_delay_us / 1e6,
        gap_s=point.gap_us / 1e6,
        gap_policy=point.gap_policy,
        low=None if isinstance(point, ValuePoint) else _number(point.low),
        high=None if isinstance(point, ValuePoint) else _number(point.high),
    )
    return item, told, quantity


def threshold_items(points: Sequence[Point], own: ValuePoint, quantity: Quantity | None) -> list[ThresholdItem]:
    """List the limits of the rule's points that judge the same quantity, red first."""
    # A total has its limits in the windows, so that only the one that was furthest along can be drawn.
    is_total = quantity is not None and quantity.what is Measured.TOTAL
    alike = [
        point
        for point in points
        if isinstance(point, ValuePoint)
        and point.condition == own.condition
        and type(point.measure) is type(own.measure)
        and (not is_total or point == own)
    ]
    return [
        ThresholdItem(
            priority=point.priority,
            limit=quantity.limit if is_total and quantity is not None else point.limit,
            clear=point.clear * quantity.limit if is_total and quantity is not None else point.clear,
            is_high=point.is_high,
            on_delay_s=point.on_delay_us / 1e6,
            is_own=point == own,
        )
        for point in sorted(alike, key=lambda each: each.priority)
    ]


def judged_items(told: Replay, *, start: datetime) -> list[JudgedItem]:
    """Give the measure reading by reading, from `start` on."""
    start_us = microseconds(start.astimezone(UTC))
    shown = [pair for pair in told.judged if pair[0] >= start_us]
    return [JudgedItem(time=instant(time), value=value) for time, value in thinned(shown, SHOWN)]


def mark_items(steps: Sequence[TransitionItem], first_seen_us: int | None, raised_at: datetime) -> list[MarkItem]:
    """List the alarm's steps as marks, and before its newest raise when its condition was first seen."""
    marks = [MarkItem(at=step.at, cause=step.cause, actor=step.actor, comment=step.comment) for step in steps]
    if first_seen_us is not None and instant(first_seen_us) < raised_at:
        marks.append(MarkItem(at=instant(first_seen_us), cause="first-seen", actor="engine", comment=""))
    return sorted(marks, key=lambda mark: mark.at)


def _value(row: Row) -> float | None:
    return _number(row.value) if row.quality < Quality.MISSING else None


def _number(value: float) -> float | None:
    """Leave out what JSON has no number for."""
    return value if value - value == 0.0 else None


def _seconds(microseconds: int | None) -> float | None:
    return None if microseconds is None else microseconds / 1e6
