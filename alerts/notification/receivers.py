"""Receivers as the database knows them: who there is, who has something due, and who serves whom. Reads no clock.

Whoever serves a receiver holds an advisory lock of its database session, so two notifiers never send the same message
at once, and one that is killed gives the lock up with its session.
"""

import zlib
from collections.abc import Sequence
from datetime import datetime

from alerts.notification.deliveries import close
from alerts.notification.routes import Receiver
from database.connection import Connection, Cursor

_LOCKS = 0x6E6F7469  # "noti": the first half of the advisory locks of receivers


def sync_receivers(cur: Cursor, receivers: Sequence[Receiver], *, now: datetime) -> None:
    """Make the table of receivers that of the notify file; messages to those that are gone are not sent any more."""
    for receiver in sorted(receivers, key=lambda r: r.name):
        cur.execute(
            """
            INSERT INTO receivers AS r (name, kind, target, known_since) VALUES (%s, %s, %s, %s)
            ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, target = excluded.target, retired_at = NULL,
                known_since = CASE WHEN r.retired_at IS NULL THEN r.known_since ELSE excluded.known_since END
            """,
            (receiver.name, receiver.kind.value, receiver.target, now),
        )
    names = [receiver.name for receiver in receivers]
    cur.execute(
        "UPDATE receivers SET retired_at = %s WHERE retired_at IS NULL AND name <> ALL(%s)",
        (now, names),
    )
    cur.execute("SELECT id FROM deliveries WHERE state = 'waiting' AND receiver <> ALL(%s) ORDER BY id", (names,))
    for (delivery,) in cur.fetchall():
        close(cur, delivery, "cancelled", "the receiver is not in the notify file any more", now)


def due(cur: Cursor, *, now: datetime) -> list[str]:
    """Name the receivers for whom something is due and who are not in a pause."""
    cur.execute(
        """
        SELECT r.name FROM receivers r
        WHERE r.retired_at IS NULL AND (r.next_at IS NULL OR r.next_at <= %(now)s)
          AND EXISTS (SELECT FROM deliveries d WHERE d.receiver = r.name AND d.state = 'waiting' AND d.due_at <= %(now)s)
        """,
        {"now": now},
    )
    return [name for (name,) in cur.fetchall()]


def lock_receiver(connection: Connection, receiver: str) -> bool:
    """Take the right to serve a receiver for this session; False where another notifier has it."""
    row = connection.execute("SELECT pg_try_advisory_lock(%s, %s)", (_LOCKS, _number(receiver))).fetchone()
    connection.commit()
    return row == (True,)


def _number(receiver: str) -> int:
    return zlib.crc32(receiver.encode()) - 2**31  # a signed integer of 32 bits
