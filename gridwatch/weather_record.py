"""What becomes of each look at a folder or feed: one row, shown with its age. In the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from database import connect
from database.connection import Cursor


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look at a source of warnings. `fault` is why it failed, "" where it did not.

    `is_heard`: what is wrong with it keeps none of its other warnings out.
    """

    name: str
    at: datetime
    fault: str = ""
    is_heard: bool = False
    taken: int = 0
    refused: int = 0


def note_look(cur: Cursor, look: Look) -> None:
    """Write a look down; a failed one does not make it younger."""
    cur.execute(
        """
        INSERT INTO weather_feeds AS f (name, looked_at, heard_at, fault, documents, refused, failures)
        VALUES (%(name)s, %(at)s, CASE WHEN %(fault)s = '' OR %(is_heard)s THEN %(at)s::timestamptz END,
                %(fault)s, %(taken)s, %(refused)s, (%(fault)s <> '')::int)
        ON CONFLICT (name) DO UPDATE SET
            looked_at = excluded.looked_at, heard_at = coalesce(excluded.heard_at, f.heard_at), fault = excluded.fault,
            documents = f.documents + excluded.documents, refused = f.refused + excluded.refused,
            failures = f.failures + excluded.failures
        """,
        {
            "name": look.name,
            "at": look.at,
            "fault": look.fault[:500],
            "is_heard": look.is_heard,
            "taken": look.taken,
            "refused": look.refused,
        },
    )


def forget_others(url: str, names: Sequence[str]) -> None:
    """Drop the rows of sources that the settings do not name any more: their age would grow for ever.

    Raises:
        psycopg.Error: the database is away.
    """
    with connect(url, name="gridwatch warnings") as connection:
        connection.execute("DELETE FROM weather_feeds WHERE name <> ALL(%s)", (list(names),))
