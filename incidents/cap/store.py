"""Publishes what is due and reads what was published. The record is append-only; one publisher at a time.

Publishing compares what holds with what was said last, in a transaction of its own (docs/decisions/0022): it can fail
without holding an alarm up, and after an outage it says what still holds and nothing that has passed meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import psycopg
import structlog
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from alerts.errors import AlertsError
from alerts.life_cycle import State, is_active
from alerts.rule_store import AlarmRule, rule_of
from database.connection import Cursor
from incidents.cap.document import Envelope, message_document
from incidents.cap.message import (
    LASTS,
    LEAST_PRIORITY,
    Last,
    MsgType,
    Reference,
    Sender,
    Status,
    Step,
    Warned,
    steps_due,
)

log = structlog.get_logger(__name__)

LOCK = 0x636170  # "cap": held to the commit, so `sent` follows the numbers
AT_ONCE = 50  # incidents in one look, the worst first; the next look takes the rest
_SECOND = timedelta(seconds=1)  # CAP writes no fraction
_CAMERA = ("smoke-seen", "fire-seen")


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A message of the record. Instants aware UTC; `body` is the XML."""

    number: int
    incident: int
    identifier: str
    sender: str
    sent: datetime
    expires: datetime
    status: Status
    msg_type: MsgType
    body: str

    @property
    def reference(self) -> Reference:
        """Give what a later message cites."""
        return Reference(sender=self.sender, identifier=self.identifier, sent=self.sent)


_COLUMNS = "m.number, m.incident, m.identifier, m.sender, m.sent, m.expires, m.status, m.msg_type, m.body"

# Open incidents, and those about which something is still in force outside; with what their alarms say together. A test
# is what devices under test alone report, or the self-test of a detector.
_CANDIDATES = """
SELECT i.id, i.kind, i.priority, i.state, i.opened_at, i.dispatch, g.key AS grid, g.code, l.*, f.*, b.*
FROM incidents i
LEFT JOIN grids g ON g.key = i.grid
LEFT JOIN LATERAL (
    SELECT m.status, m.msg_type, m.sent, m.expires, m.basis FROM cap_messages m WHERE m.incident = i.id
    ORDER BY m.nth DESC LIMIT 1
) l ON true
CROSS JOIN LATERAL (
    SELECT count(*) AS alarms, coalesce(bool_or(a.state = ANY(%(active)s)), false) AS holds,
           coalesce(bool_and(a.condition = 'test' OR coalesce(d.attributes ->> 'test', '') = 'true'), false) AS is_test,
           coalesce(bool_and(a.condition = ANY(%(camera)s)), false) AS only_seen,
           (array_agg(a.id ORDER BY a.priority, a.id))[1] AS worst
    FROM alarms a JOIN devices d ON d.key = a.device WHERE a.incident = i.id
) f
LEFT JOIN LATERAL (
    SELECT (detail ->> 'into')::bigint AS goes_on_in FROM incident_log
    WHERE incident = i.id AND action = 'gathered' AND i.state = 'closed' ORDER BY id DESC LIMIT 1
) b ON true
WHERE i.state = 'open' AND (i.priority <= %(least)s OR l.sent IS NOT NULL)
   OR i.id IN (SELECT incident FROM cap_messages WHERE expires > %(now)s)
ORDER BY i.state <> 'open', i.priority, i.id
"""


def publish(cur: Cursor, sender: Sender, *, now: datetime, at_once: int = AT_ONCE) -> list[Published]:
    """Write the messages that are due, the worst incidents first; none while another publisher is at it.

    Args:
        cur: a cursor in a transaction of its own.
        sender: in whose name, and with which status.
        now: our time, aware. `sent` is never before that of an earlier message, whatever a clock does.
        at_once: most incidents about which something is written.
    """
    if cur.execute("SELECT pg_try_advisory_xact_lock(%s)", (LOCK,)).fetchone() != (True,):
        return []
    due = [(row, steps) for row in _candidates(cur, now) if (steps := _steps(row, sender, now))][:at_once]
    written: list[Published] = []
    for row, steps in due:
        try:
            with cur.connection.transaction():
                warned = _with_place(cur, _warned(row), row)
                written += [_append(cur, warned, step, sender, now=now) for step in steps]
        except (psycopg.OperationalError, psycopg.InterfaceError):
            raise
        except Exception:  # what cannot be said of one incident must not keep all others from being warned of
            log.exception("a warning could not be written; tried again", incident=row["id"])
    return written


def active_messages(cur: Cursor, *, status: Status, now: datetime) -> list[Published]:
    """Read the newest message of a status about each incident it still speaks of, newest first."""
    cur.execute(
        f"""
        SELECT * FROM (
            SELECT DISTINCT ON (m.incident) {_COLUMNS} FROM cap_messages m
            WHERE m.incident IN (SELECT id FROM incidents WHERE state = 'open') OR m.expires > %s
            ORDER BY m.incident, m.nth DESC
        ) n WHERE n.status = %s AND n.msg_type <> 'Cancel' ORDER BY n.number DESC
        """,  # noqa: S608 - the columns are ours
        (now, status.value),
    )
    return [_published(row) for row in cur.fetchall()]


def recent_messages(cur: Cursor, *, status: Status, since: datetime, limit: int) -> list[Published]:
    """Read the messages of a status sent since an instant, newest first; updates and cancellations among them."""
    cur.execute(
        f"SELECT {_COLUMNS} FROM cap_messages m WHERE m.status = %s AND m.sent >= %s"  # noqa: S608 - as above
        " ORDER BY m.sent DESC, m.number DESC LIMIT %s",
        (status.value, since, limit),
    )
    return [_published(row) for row in cur.fetchall()]


def find_message(cur: Cursor, identifier: str) -> Published | None:
    """Read one message word for word; None if there was none."""
    row = cur.execute(
        f"SELECT {_COLUMNS} FROM cap_messages m WHERE m.identifier = %s",  # noqa: S608 - as above
        (identifier,),
    ).fetchone()
    return None if row is None else _published(row)


def _candidates(cur: Cursor, now: datetime) -> list[dict[str, Any]]:
    with cur.connection.cursor(row_factory=dict_row) as rows:
        rows.execute(
            _CANDIDATES,
            {
                "active": [state.value for state in State if is_active(state)],
                "camera": list(_CAMERA),
                "least": LEAST_PRIORITY,
                "now": now,
            },
        )
        return rows.fetchall()


def _steps(row: dict[str, Any], sender: Sender, now: datetime) -> tuple[Step, ...]:
    last = None
    if row["sent"] is not None:
        last = Last(
            status=Status(row["status"]),
            msg_type=MsgType(row["msg_type"]),
            sent=row["sent"],
            expires=row["expires"],
            basis=row["basis"],
        )
    return steps_due(_warned(row), last, sender, now=now)


def _warned(row: dict[str, Any]) -> Warned:
    by_hand = row["alarms"] == 0
    unseen = row["only_seen"] or (by_hand and row["dispatch"] in {"awaiting", "sent"})
    return Warned(
        incident=row["id"],
        kind=row["kind"],
        priority=row["priority"],
        is_open=row["state"] == "open",
        holds=row["state"] == "open" and (by_hand or row["holds"]),
        is_test=row["is_test"],
        certainty="Likely" if unseen else "Observed",
        onset=row["opened_at"],
        code=row["code"],
        goes_on_in=row["goes_on_in"],
    )


def _with_place(cur: Cursor, warned: Warned, row: dict[str, Any]) -> Warned:
    """Add what only a message needs: names and shape of the grid, and the guidance of the worst alarm."""
    cur.execute(
        """
        WITH RECURSIVE up AS (
            SELECT version, name, parent, shape, 0 AS depth FROM grids WHERE key = %s
            UNION ALL
            SELECT g.version, g.name, g.parent, NULL, up.depth + 1 FROM up
            JOIN grids g ON g.version = up.version AND g.code = up.parent WHERE up.depth < 9
        )
        SELECT name, shape FROM up ORDER BY depth DESC
        """,
        (row["grid"],),
    )
    path = cur.fetchall()
    rule = _rule_of(cur, row["worst"])
    return replace(
        warned,
        names=tuple(name for name, _ in path),
        shape=bytes(path[-1][1]) if path else None,
        guidance=rule.guidance if rule else None,
    )


def _rule_of(cur: Cursor, alarm: int | None) -> AlarmRule | None:
    """Read the rule behind an alarm; a warning goes out without guidance where its rules cannot be read any more."""
    try:
        return None if alarm is None else rule_of(cur, alarm)
    except AlertsError as error:
        log.warning("a warning is published without guidance", alarm=alarm, reason=str(error))
        return None


def _append(cur: Cursor, warned: Warned, step: Step, sender: Sender, *, now: datetime) -> Published:
    """Write one message. A message cites those before it, of its status, that a reader may still show."""
    earlier = _earlier(cur, warned.incident, step)
    sent = _sent(cur, earlier, now)
    nth = 1 + _count(cur, warned.incident)
    envelope = Envelope(
        # The time makes it another one than what a database restored to an earlier day may say next.
        identifier=f"gridwatch-{warned.incident}-{nth}-{sent:%Y%m%dT%H%M%S}",
        sent=sent,
        expires=sent + LASTS,
        status=step.status,
        msg_type=step.msg_type,
        references=[one.reference for one in earlier if one is earlier[-1] or one.expires > sent],
    )
    body = message_document(warned, envelope, sender)
    row = cur.execute(
        f"""
        INSERT INTO cap_messages AS m (incident, nth, identifier, sender, sent, status, msg_type, predecessor, expires,
                                       basis, body)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING {_COLUMNS}
        """,  # noqa: S608 - as above
        (
            *(warned.incident, nth, envelope.identifier, sender.address, sent),
            *(step.status.value, step.msg_type.value, earlier[-1].number if earlier else None, envelope.expires),
            *(Jsonb(warned.basis), body),
        ),
    ).fetchone()
    assert row is not None
    return _published(row)


def _earlier(cur: Cursor, incident: int, step: Step) -> list[Published]:
    """Read the messages that an update or a cancellation follows, oldest first: back to the last Alert."""
    if step.msg_type is MsgType.ALERT:
        return []
    cur.execute(
        f"""
        SELECT {_COLUMNS} FROM cap_messages m WHERE m.incident = %(incident)s AND m.nth >= (
            SELECT max(nth) FROM cap_messages WHERE incident = %(incident)s AND msg_type = 'Alert'
        ) ORDER BY m.nth
        """,  # noqa: S608 - as above
        {"incident": incident},
    )
    return [_published(row) for row in cur.fetchall()]


def _sent(cur: Cursor, earlier: Sequence[Published], now: datetime) -> datetime:
    """Give the time of the next message: later than those it cites, and not before any other."""
    newest = cur.execute("SELECT max(sent) FROM cap_messages").fetchone()
    floor = [now.replace(microsecond=0), *(one.sent + _SECOND for one in earlier)]
    return max([*floor, newest[0]] if newest and newest[0] else floor)


def _count(cur: Cursor, incident: int) -> int:
    row = cur.execute("SELECT count(*) FROM cap_messages WHERE incident = %s", (incident,)).fetchone()
    assert row is not None
    return int(row[0])


def _published(row: Sequence[Any]) -> Published:
    number, incident, identifier, sender, sent, expires, status, msg_type, body = row
    return Published(
        number=number,
        incident=incident,
        identifier=identifier,
        sender=sender,
        sent=sent,
        expires=expires,
        status=Status(status),
        msg_type=MsgType(msg_type),
        body=body,
    )
