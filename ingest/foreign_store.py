"""Counts foreign speakers in the database, in the caller's transaction. Bounded: a flood of names makes no new rows."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from database.connection import Cursor
from ingest.foreign import Foreign

MOST: Final = 2000  # rows; further speakers are only counted as rejected messages


def note_foreign(cur: Cursor, found: Sequence[Foreign], *, now: datetime) -> None:
    """Add to the counts of those that are known, and take new ones while there is room."""
    if not found:
        return
    rows = sorted(found, key=lambda one: (one.speaker, one.victim, one.how))  # everybody locks in one order
    cur.execute(
        """
        INSERT INTO foreign_speakers AS f (speaker, victim, how, messages, first_at, last_at, topic)
        SELECT n.speaker, n.victim, n.how, n.messages, %(now)s, %(now)s, n.topic
        FROM unnest(%(speakers)s::text[], %(victims)s::text[], %(hows)s::text[], %(counts)s::bigint[], %(topics)s::text[])
             AS n (speaker, victim, how, messages, topic)
        WHERE (SELECT count(*) FROM foreign_speakers) < %(most)s
           OR EXISTS (SELECT FROM foreign_speakers k WHERE (k.speaker, k.victim, k.how) = (n.speaker, n.victim, n.how))
        ON CONFLICT (speaker, victim, how) DO UPDATE
        SET messages = f.messages + excluded.messages, last_at = excluded.last_at, topic = excluded.topic
        """,
        {
            "now": now,
            "most": MOST,
            "speakers": [_text(one.speaker) for one in rows],
            "victims": [_text(one.victim) for one in rows],
            "hows": [one.how.value for one in rows],
            "counts": [one.messages for one in rows],
            "topics": [_text(one.topic) for one in rows],
        },
    )


def forget_foreign(cur: Cursor, *, before: datetime) -> None:
    """Forget who has not been heard as somebody else since `before`."""
    cur.execute("DELETE FROM foreign_speakers WHERE last_at < %s", (before,))


def _text(text: str) -> str:
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")
