"""Official warnings into the table: placed, held against those that are there, ended by them or ending them.

Alert, Update and Cancel are rows each. Which message ends which is a statement about two rows (`_ENDS`), so the order and the
number of times they come make no difference (decision 0028). In the caller's transaction. No clock.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec
from psycopg import sql
from psycopg.types.json import Jsonb

from alerts.weather import BEGINS, ENDS, UNHEEDED_MARK
from alerts.weather_place import Placed, Placer, Placing
from database import Change, ChangeKind
from database.connection import Cursor
from geo.store import load_grids, version_in_force
from ingest.readings import Meaning, MessageKind, OfficialWarning

LOCK = 0x776561  # "wea": held to the commit
MOMENT = timedelta(microseconds=1)
NATIONAL = "12379"
"""The national system: its ids are unique, and are ours as they are."""

# Whether `e` ends `m`: it cites it; it cites what `m`, an older update, cites too; or, from an issuer who cites nothing, it
# belongs to the same thread and is younger. Another sender's word does not count, and an exercise ends no warning that is meant.
_ENDS = sql.SQL("""
    (e.kind <> 'alert' AND e.status = m.status AND e.sender = m.sender AND e.message <> m.message AND (
        m.sender || ',' || m.message = ANY(e.refs)
        OR (m.kind = 'update' AND m.refs && e.refs AND m.sent < e.sent)
        OR (e.refs = '{}' AND e.thread <> '' AND e.thread = m.thread AND m.sent < e.sent)))
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class WeatherOptions:
    """What a centre has to say about official warnings.

    `own_sender` is the sender of its own messages, which are not taken in again. `lasts` is how long a warning without an end
    holds. `aliases` are as `Placer` has them.
    """

    own_sender: str = ""
    lasts: timedelta = timedelta(hours=12)
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(slots=True)
class Taken:
    """What became of some warnings. `conflicts` are ids that stand for another content; `own` are our own messages."""

    changes: list[Change] = field(default_factory=list)
    stored: int = 0
    known: int = 0
    own: int = 0
    conflicts: list[str] = field(default_factory=list)


class WeatherIntake:
    """Takes official warnings in; keeps the grids of the version it placed in last."""

    def __init__(self, options: WeatherOptions) -> None:
        self._options = options
        self._placer: Placer | None = None

    def take(self, cur: Cursor, warnings: Sequence[OfficialWarning], *, actor: str, now: datetime) -> Taken:
        """Write warnings down, in the order given; the caller appends the changes last."""
        taken = Taken()
        if warnings:
            # Two that come at the same time in two transactions would not see that one ends the other.
            cur.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        for warning in warnings:
            if self._options.own_sender and warning.sender == self._options.own_sender:
                taken.own += 1
            else:
                self._take(cur, warning, taken, actor=actor, now=now)
        return taken

    def news(self, cur: Cursor, warnings: Sequence[OfficialWarning]) -> list[OfficialWarning]:
        """Leave out what is stored as it is: a feed that is told anew each minute is one question, not a thousand."""
        cur.execute(
            "SELECT id, digest FROM weather_warnings WHERE id = ANY(%s) AND digest IS NOT NULL",
            ([stored_id(warning) for warning in warnings],),
        )
        known = {(id_, bytes(digest)) for id_, digest in cur.fetchall()}
        return [warning for warning in warnings if (stored_id(warning), _digest(warning)) not in known]

    def _take(self, cur: Cursor, warning: OfficialWarning, taken: Taken, *, actor: str, now: datetime) -> None:
        placed = self._place(cur, warning, now)
        until_at = warning.until_at or warning.from_at + self._options.lasts
        digest = _digest(warning)
        id_ = stored_id(warning)
        key = _insert(cur, id_, warning, placed, until_at, digest, actor=actor, now=now)
        if key is None:
            known = cur.execute("SELECT digest FROM weather_warnings WHERE id = %s", (id_,)).fetchone()
            if known is not None and known[0] == digest:
                taken.known += 1
            else:
                taken.conflicts.append(id_)
            return
        taken.stored += 1
        is_over = _end_at_once(cur, key, warning, until_at, actor=actor, now=now)
        if not is_over:
            _set_deadlines(cur, key, warning.from_at, until_at)
        is_heeded = warning.meaning is Meaning.ACTUAL and placed.placing is Placing.PLACED and not is_over
        taken.changes.append(Change(kind=ChangeKind.WEATHER, id=id_ if is_heeded else UNHEEDED_MARK + id_, version=1))
        if warning.kind is not MessageKind.ALERT:
            taken.changes += _end_others(cur, key, actor=actor, now=now)

    def _place(self, cur: Cursor, warning: OfficialWarning, now: datetime) -> Placed:
        version, _ = version_in_force(cur, now)
        if self._placer is None or self._placer.version != version:
            self._placer = Placer(load_grids(cur, now), self._options.aliases)
        return self._placer.place(warning.areas)


def stored_id(warning: OfficialWarning) -> str:
    """Name a warning so that no two issuers can mean different things by it."""
    return warning.id if warning.sender == NATIONAL else f"{warning.sender},{warning.id}"


def _digest(warning: OfficialWarning) -> bytes:
    return hashlib.sha256(msgspec.json.encode(warning)).digest()


def _insert(  # noqa: PLR0913 -- the columns of a row
    cur: Cursor,
    id_: str,
    warning: OfficialWarning,
    placed: Placed,
    until_at: datetime,
    digest: bytes,
    *,
    actor: str,
    now: datetime,
) -> int | None:
    row = {
        "id": id_,
        "event": warning.event,
        "priority": warning.priority,
        "headline": warning.headline,
        "grids": list(placed.grids),
        "from_at": warning.from_at,
        "until_at": max(until_at, warning.from_at + MOMENT),
        "source": warning.issuer or warning.sender,
        "status": warning.meaning.value,
        "recorded_at": now,
        "actor": actor,
        "sender": warning.sender,
        "message": warning.message or warning.id,
        "kind": warning.kind.value,
        "sent": warning.sent,
        "event_text": warning.event_text,
        "description": warning.description,
        "refs": [",".join(reference) for reference in warning.references],
        "thread": warning.thread,
        "areas": Jsonb(msgspec.to_builtins(warning.areas)),
        "placed": placed.placing.value,
        "digest": digest,
    }
    columns = sql.SQL(", ").join(map(sql.Identifier, row))
    values = sql.SQL(", ").join(map(sql.Placeholder, row))
    cur.execute(
        sql.SQL("INSERT INTO weather_warnings ({}) VALUES ({}) ON CONFLICT (id) DO NOTHING RETURNING key").format(
            columns, values
        ),
        row,
    )
    inserted = cur.fetchone()
    return None if inserted is None else int(inserted[0])


def _end_at_once(
    cur: Cursor, key: int, warning: OfficialWarning, until_at: datetime, *, actor: str, now: datetime
) -> bool:
    """End what never begins: a cancellation itself, what was cancelled or updated before it came, what came too late."""
    if warning.kind is MessageKind.CANCEL:
        ended = (now, actor, "a cancellation")
    else:
        cur.execute(
            sql.SQL("SELECT e.id, e.kind FROM weather_warnings m JOIN weather_warnings e ON ")
            + _ENDS
            + sql.SQL(" WHERE m.key = %s ORDER BY e.kind, e.sent, e.id LIMIT 1"),
            (key,),
        )
        found = cur.fetchone()
        if found is not None:
            ended = (now, actor, _reason(*found))
        elif until_at <= now:
            ended = (until_at, "engine", "ran out")
        else:
            return False
    cur.execute(
        "UPDATE weather_warnings SET ended_at = %s, ended_by = %s, end_reason = %s WHERE key = %s", (*ended, key)
    )
    return True


def _end_others(cur: Cursor, key: int, *, actor: str, now: datetime) -> list[Change]:
    cur.execute(
        sql.SQL("""
            UPDATE weather_warnings m SET ended_at = %s, ended_by = %s, version = m.version + 1,
                end_reason = CASE e.kind WHEN 'cancel' THEN 'cancelled by ' ELSE 'updated by ' END || e.id
            FROM weather_warnings e WHERE e.key = %s AND m.key <> e.key AND m.ended_at IS NULL AND
        """)
        + _ENDS
        + sql.SQL(" RETURNING m.key, m.id, m.version"),
        (now, actor, key),
    )
    ended = cur.fetchall()
    cur.execute(
        "UPDATE deadlines SET done_at = %s WHERE kind = ANY(%s) AND subject = ANY(%s) AND done_at IS NULL",
        (now, [BEGINS, ENDS], [row[0] for row in ended]),
    )
    return [Change(kind=ChangeKind.WEATHER, id=id_, version=version) for _, id_, version in sorted(ended)]


def _reason(by: str, kind: str) -> str:
    return f"{'cancelled' if kind == MessageKind.CANCEL else 'updated'} by {by}"


def _set_deadlines(cur: Cursor, key: int, from_at: datetime, until_at: datetime) -> None:
    cur.executemany(
        "INSERT INTO deadlines (kind, subject, due_at) VALUES (%s, %s, %s)",
        [(BEGINS, key, from_at), (ENDS, key, until_at)],
    )
