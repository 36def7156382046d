"""From the outbox to deliveries: reads what happened and writes who is to hear of it, in the caller's transaction.

Two notifiers may run this at once: each takes rows the other has not, and the keys of the items keep a step from being
told twice. Decides nothing itself.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

from alerts.notification.happening import Cause, Item, Subject
from alerts.notification.happenings import KindOf, read_happenings
from alerts.notification.routes import NotifyFile
from alerts.notification.routing import Circumstances, Posting, due_after, postings
from database.connection import Cursor

AT_ONCE = 500  # rows of the outbox one transaction decides on


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What is needed to decide: the notify file, the centre's zone, and whether this is an exercise."""

    notify: NotifyFile
    zone: ZoneInfo
    kind_of: KindOf
    exercise: bool = False


def route(cur: Cursor, desk: Desk, *, now: datetime) -> int:
    """Decide on the oldest undecided steps; gives how many there were, `AT_ONCE` where there may be more."""
    cur.execute(
        "SELECT id, subject, number, version, cause, at, covered FROM outbox WHERE routed_at IS NULL"
        " ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED",
        (AT_ONCE,),
    )
    rows = cur.fetchall()
    if not rows:
        return 0
    causes = [
        Cause(subject=Subject(s), number=n, version=v, cause=c, at=at, covered=covered)
        for _, s, n, v, c, at, covered in rows
    ]
    _write(cur, desk, _decide(cur, desk, causes, now), now)
    cur.execute("UPDATE outbox SET routed_at = %s WHERE id = ANY(%s)", (now, [row[0] for row in rows]))
    return len(rows)


def _decide(cur: Cursor, desk: Desk, causes: Sequence[Cause], now: datetime) -> list[Posting]:
    known = read_happenings(cur, [(c.subject, c.number) for c in causes], now=now, kind_of=desk.kind_of)
    told = _told(cur, [cause.number for cause in causes if cause.subject is Subject.ALARM])
    since: dict[str, datetime] = dict(
        cur.execute("SELECT name, known_since FROM receivers WHERE retired_at IS NULL").fetchall()
    )
    held = Circumstances(now=now, zone=desk.zone, exercise=desk.exercise, told=told, since=since)
    found: list[Posting] = []
    for cause in causes:
        happening = known.get((cause.subject, cause.number))
        if happening is None:
            continue
        new = postings(desk.notify, cause, happening, held)
        if cause.subject is Subject.ALARM:
            told[cause.number].update(posting.receiver for posting in new)
        found += new
    return found


def _told(cur: Cursor, alarms: Sequence[int]) -> defaultdict[int, set[str]]:
    """Read who was told of these alarms before, or is going to be."""
    cur.execute(
        """
        SELECT DISTINCT i.number, i.receiver FROM delivery_items i JOIN deliveries d ON d.id = i.delivery
        WHERE i.subject = %s AND i.number = ANY(%s) AND d.state <> 'cancelled'
        """,
        (Subject.ALARM.value, list(alarms)),
    )
    told: defaultdict[int, set[str]] = defaultdict(set)
    for alarm, receiver in cur.fetchall():
        told[alarm].add(receiver)
    return told


def _write(cur: Cursor, desk: Desk, found: Sequence[Posting], now: datetime) -> None:
    # In one order everywhere: two notifiers that gather into the same messages wait for each other, not in a circle.
    groups: dict[tuple[str, str, str], list[Posting]] = defaultdict(list)
    for posting in found:
        groups[posting.receiver, posting.route, posting.topic].append(posting)
    for key in sorted(groups):
        most_urgent = min(groups[key], key=lambda posting: (posting.priority, posting.due_at))
        delivery = _gathering(cur, most_urgent, desk, now)
        add_items(cur, delivery, key[0], [posting.item for posting in groups[key]])


def _gathering(cur: Cursor, posting: Posting, desk: Desk, now: datetime) -> int:
    """Give the message that still takes in steps of this route and topic, or begin one."""
    group = (posting.receiver, posting.route, posting.topic)
    last = cur.execute(
        """
        SELECT due_at, priority FROM deliveries
        WHERE receiver = %s AND route = %s AND topic = %s AND kind = 'first' AND attempts > 0
        ORDER BY due_at DESC LIMIT 1
        """,
        group,
    ).fetchone()
    due_at = due_after(posting, desk.notify.route(posting.route), None if last is None else (last[0], last[1]))
    row = cur.execute(
        """
        INSERT INTO deliveries AS d (key, receiver, route, topic, kind, created_at, due_at, priority)
        VALUES (%s, %s, %s, %s, 'first', %s, %s, %s)
        ON CONFLICT (receiver, route, topic) WHERE state = 'waiting' AND kind = 'first' AND message IS NULL AND attempts = 0
        DO UPDATE SET due_at = least(d.due_at, excluded.due_at), priority = least(d.priority, excluded.priority)
        RETURNING id
        """,
        (key_of(posting.receiver, posting.item), *group, now, due_at, posting.priority),
    ).fetchone()
    assert row is not None
    return int(row[0])


def key_of(receiver: str, item: Item) -> str:
    """Name a message by its first step: the same telling has the same name for ever. ASCII: it goes into a header."""
    cause = item.cause
    return f"{quote(receiver, safe='')}/{cause.subject.value}-{cause.number}-{cause.version}-{item.nth}"


def add_items(cur: Cursor, delivery: int, receiver: str, items: Sequence[Item]) -> None:
    """Put steps into a message; what the receiver has been told of, or is going to be, stays where it is."""
    cur.executemany(
        """
        INSERT INTO delivery_items (receiver, subject, number, version, nth, cause, delivery)
        VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
        """,
        [
            (receiver, i.cause.subject.value, i.cause.number, i.cause.version, i.nth, i.cause.cause, delivery)
            for i in items
        ],
    )
