"""Deliveries: which message is next, and what became of it. Sends nothing, reads no clock.

One message at a time goes to a receiver, oldest first; who serves it holds its lock (`receivers.lock_receiver`).
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

from psycopg.types.json import Jsonb

from alerts.notification.happening import Cause, Happening, Item, Message, Subject
from alerts.notification.happenings import read_happenings
from alerts.notification.outbox import Desk, add_items, key_of
from alerts.notification.routing import USEFUL_FOR, Silence, pause_after, repeats, silence
from database.connection import Cursor

GIVE_UP_AFTER = timedelta(hours=24)  # what a receiver did not take within a day it learns from the console


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A message ready to be sent."""

    delivery: int
    key: str
    receiver: str
    route: str
    kind: str
    created_at: datetime
    message: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a message did not arrive. `final`: the receiver answers, but not for this message: others may go first."""

    reason: str
    final: bool = False


Compose = Callable[[Sequence[Item], Mapping[tuple[Subject, int], Happening], str, int], Message]
"""Writes the message of a delivery: items still to be told, their records, the kind and the id of the delivery."""


def take(cur: Cursor, receiver: str, *, now: datetime, desk: Desk, compose: Compose) -> Parcel | None:
    """Choose the next message of a receiver and write its words down; None where nothing is due.

    Commit it before sending: the attempt is then counted, and every retry says the same under the same key.
    """
    paused = cur.execute("SELECT FROM receivers WHERE name = %s AND next_at > %s", (receiver, now)).fetchone()
    if paused is not None:
        return None
    _merge_backlog(cur, receiver, now)
    while (row := _next(cur, receiver, now)) is not None:
        delivery, key, route, kind, created_at, stored = row
        message = None if stored is None else _read_message(stored)
        if message is None:
            wanted, known, reason = _wanted(cur, delivery, now, desk)
            if not wanted:
                close(cur, delivery, "cancelled", reason, now)
                continue
            message = compose(wanted, known, kind, delivery)
        cur.execute(
            "UPDATE deliveries SET attempts = attempts + 1, message = %s WHERE id = %s",
            (Jsonb(dataclasses.asdict(message)), delivery),
        )
        return Parcel(
            delivery=delivery,
            key=key,
            receiver=receiver,
            route=route,
            kind=kind,
            created_at=created_at,
            message=message,
        )
    return None


def settle(cur: Cursor, parcel: Parcel, refusal: Refusal | None, *, now: datetime, desk: Desk, chance: float) -> None:
    """Write down what became of a message: sent, with the repeat it will have, or failed, with the pause that follows.

    `chance` (0…1) spreads the pauses.
    """
    if refusal is None:
        _sent(cur, parcel, now)
        _plan_repeat(cur, parcel, now, desk)
    else:
        _failed(cur, parcel, refusal, now, chance)


def _failed(cur: Cursor, parcel: Parcel, refusal: Refusal, now: datetime, chance: float) -> None:
    _log(cur, parcel, "failed", refusal.reason, now)
    failures = cur.execute(
        """
        UPDATE receivers SET failures = failures + 1, failing_since = coalesce(failing_since, %s), last_error = %s
        WHERE name = %s RETURNING failures
        """,
        (now, refusal.reason, parcel.receiver),
    ).fetchone()
    attempts = cur.execute(
        "UPDATE deliveries SET last_error = %s WHERE id = %s RETURNING attempts", (refusal.reason, parcel.delivery)
    ).fetchone()
    assert failures is not None
    assert attempts is not None
    if refusal.final:
        again = now + pause_after(attempts[0], chance)
        cur.execute("UPDATE deliveries SET due_at = %s WHERE id = %s", (again, parcel.delivery))
    else:
        again = now + pause_after(failures[0], chance)
        cur.execute("UPDATE receivers SET next_at = %s WHERE name = %s", (again, parcel.receiver))
    if now - parcel.created_at >= GIVE_UP_AFTER:
        close(cur, parcel.delivery, "dead", refusal.reason, now)


def retry(cur: Cursor, delivery: int, *, actor: str, now: datetime) -> bool:
    """Try a message again now that waits or was given up; False where there is no such one."""
    row = cur.execute(
        """
        UPDATE deliveries SET state = 'waiting', due_at = least(due_at, %s), created_at = %s, closed_at = NULL
        WHERE id = %s AND state IN ('waiting', 'dead') RETURNING key, receiver
        """,
        (now, now, delivery),
    ).fetchone()
    if row is None:
        return False
    cur.execute("UPDATE receivers SET next_at = NULL WHERE name = %s", (row[1],))
    cur.execute(
        "INSERT INTO notification_log (at, delivery, key, receiver, outcome, actor) VALUES (%s, %s, %s, %s, 'retried', %s)",
        (now, delivery, row[0], row[1], actor),
    )
    return True


def _next(
    cur: Cursor, receiver: str, now: datetime
) -> tuple[int, str, str, str, datetime, dict[str, object] | None] | None:
    cur.execute(
        """
        SELECT id, key, route, kind, created_at, message FROM deliveries
        WHERE receiver = %s AND state = 'waiting' AND due_at <= %s ORDER BY due_at, id LIMIT 1 FOR UPDATE
        """,
        (receiver, now),
    )
    row: tuple[int, str, str, str, datetime, dict[str, object] | None] | None = cur.fetchone()
    return row


def _read_message(stored: dict[str, object]) -> Message:
    about = stored["about"]
    assert isinstance(about, list)
    return Message(
        title=str(stored["title"]),
        text=str(stored["text"]),
        urgent=bool(stored["urgent"]),
        test=bool(stored["test"]),
        about=tuple(about),
    )


def _items(cur: Cursor, delivery: int, now: datetime) -> list[Item]:
    cur.execute(
        """
        SELECT i.subject, i.number, i.version, i.cause, i.nth, coalesce(o.at, %s) FROM delivery_items i
        LEFT JOIN outbox o ON (o.subject, o.number, o.version) = (i.subject, i.number, i.version)
        WHERE i.delivery = %s ORDER BY o.id, i.number, i.version, i.nth
        """,
        (now, delivery),
    )
    return [
        Item(cause=Cause(subject=Subject(s), number=n, version=v, cause=c, at=at), nth=nth)
        for s, n, v, c, nth, at in cur.fetchall()
    ]


def _known(cur: Cursor, items: Sequence[Item], now: datetime, desk: Desk) -> dict[tuple[Subject, int], Happening]:
    wanted = [(item.cause.subject, item.cause.number) for item in items]
    return read_happenings(cur, wanted, now=now, kind_of=desk.kind_of)


def _wanted(
    cur: Cursor, delivery: int, now: datetime, desk: Desk
) -> tuple[list[Item], dict[tuple[Subject, int], Happening], str]:
    """Read what of a message is still to be told; where nothing is, the last word is why."""
    items = _items(cur, delivery, now)
    known = _known(cur, items, now, desk)
    reasons = [silence(item, known.get((item.cause.subject, item.cause.number))) for item in items]
    wanted = [item for item, reason in zip(items, reasons, strict=True) if reason is None]
    return wanted, known, next((reason.value for reason in reasons if reason is not None), Silence.GONE.value)


def _merge_backlog(cur: Cursor, receiver: str, now: datetime) -> None:
    """Make one message of those that wait longer than they are useful apart: "12 earlier alarms"."""
    cur.execute(
        "SELECT id, route FROM deliveries WHERE receiver = %s AND state = 'waiting' AND due_at <= %s"
        " ORDER BY due_at, id FOR UPDATE",
        (receiver, now - USEFUL_FOR),
    )
    old = cur.fetchall()
    if len(old) < 2:  # noqa: PLR2004 - one is a message already
        return
    row = cur.execute(
        """
        INSERT INTO deliveries (key, receiver, route, topic, kind, created_at, due_at)
        SELECT %s, %s, %s, 'backlog', 'backlog', max(created_at), min(due_at) FROM deliveries WHERE id = ANY(%s)
        RETURNING id
        """,
        (
            f"{quote(receiver, safe='')}/backlog-{old[0][0]}-{old[-1][0]}-{len(old)}",
            receiver,
            old[0][1],
            [d for d, _ in old],
        ),
    ).fetchone()
    assert row is not None
    cur.execute("UPDATE delivery_items SET delivery = %s WHERE delivery = ANY(%s)", (row[0], [d for d, _ in old]))
    for delivery, _ in old:
        close(cur, delivery, "merged", f"into {row[0]}", now)


def _sent(cur: Cursor, parcel: Parcel, now: datetime) -> None:
    cur.execute(
        "UPDATE deliveries SET state = 'sent', closed_at = %s, last_error = '' WHERE id = %s", (now, parcel.delivery)
    )
    cur.execute(
        """
        UPDATE receivers SET last_success_at = %s, failing_since = NULL, failures = 0, next_at = NULL, last_error = ''
        WHERE name = %s
        """,
        (now, parcel.receiver),
    )
    _log(cur, parcel, "sent", "", now)


def _plan_repeat(cur: Cursor, parcel: Parcel, now: datetime, desk: Desk) -> None:
    """Write the repeat down in the transaction that says the message was sent: no timer, so no restart loses it."""
    route = desk.notify.route(parcel.route)
    if route is None or route.repeat_every is None:
        return
    items = _items(cur, parcel.delivery, now)
    known = _known(cur, items, now, desk)
    again = repeats(route, items, known)
    if not again:
        return
    due_at = now + route.repeat_every
    most_urgent = min(known[item.cause.subject, item.cause.number].priority for item in again)
    row = cur.execute(
        """
        INSERT INTO deliveries (key, receiver, route, topic, kind, created_at, due_at)
        SELECT %s, receiver, route, topic, 'repeat', %s, %s FROM deliveries WHERE id = %s
        ON CONFLICT DO NOTHING RETURNING id
        """,
        (
            key_of(parcel.receiver, again[0]),
            now,
            route.held_until(most_urgent, due_at, desk.zone) or due_at,
            parcel.delivery,
        ),
    ).fetchone()
    if row is not None:  # None: another notifier sent the same while we had lost the lock
        add_items(cur, int(row[0]), parcel.receiver, again)


def close(cur: Cursor, delivery: int, state: str, reason: str, now: datetime) -> None:
    """End a message that waits (cancelled, dead, merged), with the reason, and write it into the log."""
    cur.execute(
        """
        WITH closed AS (
            UPDATE deliveries SET state = %s, closed_at = %s, last_error = %s WHERE id = %s AND state = 'waiting'
            RETURNING id, key, receiver
        )
        INSERT INTO notification_log (at, delivery, key, receiver, outcome, detail)
        SELECT %s, id, key, receiver, %s, %s FROM closed
        """,
        (state, now, reason, delivery, now, state, reason),
    )


def _log(cur: Cursor, parcel: Parcel, outcome: str, detail: str, now: datetime) -> None:
    cur.execute(
        """
        INSERT INTO notification_log (at, delivery, key, receiver, outcome, detail, message)
        VALUES (%s, %s, %s, %s, %s, %s, %s)
        """,
        (
            now,
            parcel.delivery,
            parcel.key,
            parcel.receiver,
            outcome,
            detail,
            Jsonb(dataclasses.asdict(parcel.message)) if outcome == "sent" else None,
        ),
    )
