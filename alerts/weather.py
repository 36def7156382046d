"""Warnings of the weather service: received once, ended by cancelling, by a newer one or by time. Judges nothing.

In the caller's transaction; whoever calls appends the changes last. From each change the workers learn to lower or
restore limits: what they judge by is read with their tags. No clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from alerts.errors import AlertsError
from database import Change, ChangeKind
from database.connection import Cursor

BEGINS, ENDS = "weather-begins", "weather-ends"  # kinds of deadlines
UNHEEDED_MARK = (
    "note:"  # before the id in a change: no limit is lowered or restored by it, so no worker has to read anew
)


class WeatherStatus(StrEnum):
    """Whether a warning is meant (CAP 1.2 §3.2.1). Only an actual one lowers limits."""

    ACTUAL = "actual"
    EXERCISE = "exercise"
    SYSTEM = "system"
    TEST = "test"
    DRAFT = "draft"


class WeatherConflictError(AlertsError):
    """The issuer, or an officer, gave an identifier a second time with another content, or updates what is unknown.

    A warning of another status is unknown to it: an exercise ends none that is meant.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class WeatherWarning:
    """A warning as it was received. Instants aware UTC; `grids` are codes, each with all below it."""

    id: str
    event: str
    priority: int
    headline: str
    grids: tuple[str, ...]
    from_at: datetime
    until_at: datetime
    source: str
    status: WeatherStatus = WeatherStatus.ACTUAL
    supersedes: str | None = None


def receive(cur: Cursor, warning: WeatherWarning, *, actor: str, now: datetime) -> list[Change]:
    """Write a warning down; the same one again changes nothing. What it supersedes ends, as updated.

    Raises:
        WeatherConflictError: the identifier stands for another content, or what it supersedes is unknown.
    """
    cur.execute(
        """
        INSERT INTO weather_warnings (id, event, priority, headline, grids, from_at, until_at, source, status,
                                      supersedes, recorded_at, actor)
        SELECT %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s
        WHERE %s::text IS NULL OR EXISTS (SELECT FROM weather_warnings WHERE id = %s AND status = %s)
        ON CONFLICT (id) DO NOTHING RETURNING key
        """,
        (*_columns(warning), now, actor, warning.supersedes, warning.supersedes, warning.status.value),
    )
    row = cur.fetchone()
    if row is None:
        if _stored(cur, warning.id) != _columns(warning):
            raise WeatherConflictError(warning.id)
        return []
    _set_deadline(cur, BEGINS, row[0], warning.from_at)
    _set_deadline(cur, ENDS, row[0], warning.until_at)
    changes = [Change(kind=ChangeKind.WEATHER, id=warning.id, version=1)]
    if warning.supersedes is not None:
        changes += end(cur, warning.supersedes, by=actor, reason=f"updated by {warning.id}", now=now)
    return changes


def end(cur: Cursor, warning: str, *, by: str, reason: str, now: datetime) -> list[Change]:
    """End a warning before its time; one that has ended, or is unknown, stays as it is."""
    cur.execute(
        """
        UPDATE weather_warnings SET ended_at = %s, ended_by = %s, end_reason = %s, version = version + 1
        WHERE id = %s AND ended_at IS NULL RETURNING key, version
        """,
        (now, by, reason, warning),
    )
    row = cur.fetchone()
    if row is None:
        return []
    cur.execute(
        "UPDATE deadlines SET done_at = %s WHERE kind = ANY(%s) AND subject = %s AND done_at IS NULL",
        (now, [BEGINS, ENDS], row[0]),
    )
    return [Change(kind=ChangeKind.WEATHER, id=warning, version=row[1])]


def fire_weather(cur: Cursor, now: datetime) -> list[Change]:
    """Let warnings begin and end whose time has come; one statement when none has.

    One that somebody else is ending just now is left to them, or to the next tick: neither waits for the other.
    """
    cur.execute(
        """
        SELECT key FROM weather_warnings WHERE key IN (
            SELECT subject FROM deadlines WHERE kind = ANY(%s) AND done_at IS NULL AND due_at <= %s
        ) FOR UPDATE SKIP LOCKED
        """,
        ([BEGINS, ENDS], now),
    )
    keys = [key for (key,) in cur.fetchall()]
    if not keys:
        return []
    cur.execute(
        """
        UPDATE deadlines SET done_at = %s WHERE kind = ANY(%s) AND done_at IS NULL AND due_at <= %s AND subject = ANY(%s)
        RETURNING kind, subject
        """,
        (now, [BEGINS, ENDS], now, keys),
    )
    due = cur.fetchall()
    if not due:
        return []
    cur.execute(
        """
        UPDATE weather_warnings SET ended_at = until_at, ended_by = 'engine', end_reason = 'ran out'
        WHERE key = ANY(%s) AND ended_at IS NULL
        """,
        ([key for kind, key in due if kind == ENDS],),
    )
    cur.execute(
        """
        UPDATE weather_warnings SET version = version + 1 WHERE key = ANY(%s)
        RETURNING CASE WHEN status = %s AND grids <> '{}' THEN id ELSE %s || id END, version
        """,
        (sorted({key for _, key in due}), WeatherStatus.ACTUAL.value, UNHEEDED_MARK),
    )
    return [Change(kind=ChangeKind.WEATHER, id=id_, version=version) for id_, version in sorted(cur.fetchall())]


def in_force(cur: Cursor, at: datetime) -> dict[str, tuple[tuple[str, int], ...]]:
    """Read what holds at an instant, or held as far as was known then, as (event, priority) by the code of each grid.

    A warning whose issuer does not say how bad it is counts as the mildest.
    """
    cur.execute(
        """
        SELECT code, event, min(coalesce(priority, 4)) FROM weather_warnings, unnest(grids) AS code
        WHERE status = %s AND kind <> 'cancel' AND from_at <= %s AND coalesce(ended_at, until_at) > %s AND recorded_at <= %s
        GROUP BY code, event ORDER BY 1, 2
        """,
        (WeatherStatus.ACTUAL.value, at, at, at),
    )
    holding: dict[str, tuple[tuple[str, int], ...]] = {}
    for code, event, priority in cur.fetchall():
        holding[code] = (*holding.get(code, ()), (event, priority))
    return holding


def over(holding: dict[str, tuple[tuple[str, int], ...]], codes: Sequence[str]) -> tuple[tuple[str, int], ...]:
    """Gather what holds over a place, given the codes of all grids that hold it. Pure."""
    return tuple(sorted({warning for code in codes for warning in holding.get(code, ())}))


def _columns(warning: WeatherWarning) -> tuple[object, ...]:
    return (
        warning.id,
        warning.event,
        warning.priority,
        warning.headline,
        list(warning.grids),
        warning.from_at,
        warning.until_at,
        warning.source,
        warning.status.value,
        warning.supersedes,
    )


def _stored(cur: Cursor, warning: str) -> tuple[object, ...] | None:
    cur.execute(
        """
        SELECT id, event, priority, headline, grids, from_at, until_at, source, status, supersedes
        FROM weather_warnings WHERE id = %s
        """,
        (warning,),
    )
    return cur.fetchone()


def _set_deadline(cur: Cursor, kind: str, key: int, due_at: datetime) -> None:
    cur.execute("INSERT INTO deadlines (kind, subject, due_at) VALUES (%s, %s, %s)", (kind, key, due_at))
