"""Deadlines: rows with a due time, found by query. There is no timer in memory that a restart could lose. No clock."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from database.connection import Cursor

# One look at what is due; the next look, a second later, takes the rest.
_AT_ONCE = 500
# The worker looks every second. What is due for longer than this is looked after by nobody.
LATE = timedelta(minutes=1)


class Due(StrEnum):
    """What falls due in this room; the subject is an alarm or an override."""

    REALARM = "realarm"
    OVERRIDE_BEGINS = "override-begins"
    OVERRIDE_ENDS = "override-ends"


def set_deadlines(
    cur: Cursor, kind: Due, subjects: Sequence[int], due_at: datetime, *, after: timedelta | None = None
) -> None:
    """Let something fall due; what is open for a subject is moved. `after` is how far it is put off, if it ever is."""
    cur.execute(
        """
        INSERT INTO deadlines (kind, subject, due_at, after) SELECT %s, unnest(%s::bigint[]), %s, %s
        ON CONFLICT (kind, subject) WHERE done_at IS NULL
        DO UPDATE SET due_at = excluded.due_at, after = excluded.after
        """,
        (kind.value, list(subjects), due_at, after),
    )


def finish(cur: Cursor, kind: Due, subjects: Sequence[int], now: datetime) -> None:
    """Close the open deadlines of some subjects."""
    if subjects:
        cur.execute(
            "UPDATE deadlines SET done_at = %s WHERE kind = %s AND subject = ANY(%s) AND done_at IS NULL",
            (now, kind.value, list(subjects)),
        )


def put_off(cur: Cursor, kind: Due, subjects: Sequence[int], now: datetime) -> None:
    """Let what is due fall due again, as much later as it was set for; what has no such span is closed."""
    if subjects:
        cur.execute(
            """
            UPDATE deadlines SET due_at = %(now)s + coalesce(after, '0 s'),
                                 done_at = CASE WHEN after IS NULL THEN %(now)s END
            WHERE kind = %(kind)s AND subject = ANY(%(subjects)s) AND done_at IS NULL
            """,
            {"now": now, "kind": kind.value, "subjects": list(subjects)},
        )


def read_due(cur: Cursor, now: datetime) -> dict[Due, dict[int, timedelta | None]]:
    """Read what is due, oldest first and at most 500, as subjects with what they are put off by."""
    cur.execute(
        "SELECT kind, subject, after FROM deadlines WHERE done_at IS NULL AND due_at <= %s AND kind = ANY(%s)"
        " ORDER BY due_at, id LIMIT %s",
        (now, [kind.value for kind in Due], _AT_ONCE),
    )
    due: dict[Due, dict[int, timedelta | None]] = {kind: {} for kind in Due}
    for kind, subject, after in cur.fetchall():
        due[Due(kind)][subject] = after
    return due


def overdue(cur: Cursor, now: datetime) -> tuple[int, datetime | None]:
    """Count the deadlines of any kind that are due for more than a minute, and give the oldest's time.

    For an auditor that is not the worker (lessons, row 14): it must be cheap enough to be asked always, so it reads the
    index of what is open and nothing else.
    """
    row = cur.execute(
        "SELECT count(*), min(due_at) FROM deadlines WHERE done_at IS NULL AND due_at < %s", (now - LATE,)
    ).fetchone()
    assert row is not None
    return int(row[0]), row[1]
