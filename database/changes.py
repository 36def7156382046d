"""The change log that every screen follows: what changed, numbered without a gap in the order of commit."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from database.connection import Cursor

CHANNEL = "gridwatch_changes"
LOCK = 0x66656564  # "feed": held from the numbering of changes to the commit, so numbers follow commits


class ChangeKind(StrEnum):
    """What sort of record changed."""

    ALARM = "alarm"
    INCIDENT = "incident"
    DEVICE = "device"
    GRIDS = "grids"
    OVERRIDE = "override"
    RULES = "rules"
    WEATHER = "weather"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A record that this transaction changed, by id and new version; never its content."""

    kind: ChangeKind
    id: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRow:
    """A change with its number. Numbers begin at 1 and have no gap."""

    seq: int
    kind: ChangeKind
    id: str
    version: int


def append_changes(cur: Cursor, changes: Sequence[Change]) -> None:
    """Number and store changes, and wake the followers when the transaction commits.

    Call it last in a transaction: from here to the commit nobody else can append.
    """
    if not changes:
        return
    cur.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
    cur.execute(
        """
        INSERT INTO changes (seq, kind, id, version)
        SELECT coalesce((SELECT max(seq) FROM changes), 0) + ordinality, kind, id, version
        FROM unnest(%s::text[], %s::text[], %s::int[]) WITH ORDINALITY AS new (kind, id, version, ordinality)
        """,
        ([c.kind.value for c in changes], [c.id for c in changes], [c.version for c in changes]),
    )
    cur.execute("SELECT pg_notify(%s, '')", (CHANNEL,))


def newest_change(cur: Cursor) -> int:
    """Tell the number of the newest committed change, 0 when there is none."""
    row = cur.execute("SELECT coalesce(max(seq), 0) FROM changes").fetchone()
    assert row is not None
    return int(row[0])


def changes_after(cur: Cursor, seq: int, *, limit: int = 1000) -> list[ChangeRow]:
    """Read the changes after `seq`, oldest first, at most `limit`."""
    cur.execute("SELECT seq, kind, id, version FROM changes WHERE seq > %s ORDER BY seq LIMIT %s", (seq, limit))
    return [ChangeRow(seq=s, kind=ChangeKind(k), id=i, version=v) for s, k, i, v in cur.fetchall()]
