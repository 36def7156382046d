"""The audit trail: who did what, each row's hash covering the row before it. Refuses nothing and forgets nothing.

A row that is changed, removed from the middle or put in between breaks the chain from there on. Rows cut off the end
cannot be missed from inside: compare the newest hash with one that was kept elsewhere (`head`).
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime

import orjson
from psycopg.types.json import Jsonb

from database.connection import Cursor

LOCK = 0x61756474  # "audt": held from the reading of the last hash to the commit
GENESIS = bytes(32)
PAGE = 2000

Detail = Mapping[str, str | int | bool | None]  # no floats: PostgreSQL and Python write them differently


def append(cur: Cursor, *, actor: str, action: str, target: str, detail: Detail, now: datetime) -> None:
    """Add a row to the trail in the caller's transaction.

    Call it after the command and before `append_changes`: every writer takes the locks in that order. From here to
    the commit nobody else can append.
    """
    cur.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
    fingerprint = _hash(head(cur), now, actor, action, target, dict(detail))
    cur.execute(
        "INSERT INTO audit (at, actor, action, target, detail, hash) VALUES (%s, %s, %s, %s, %s, %s)",
        (now, actor, action, target, Jsonb(dict(detail)), fingerprint),
    )


def head(cur: Cursor) -> bytes:
    """Read the newest hash; 32 zero bytes where the trail is empty."""
    row = cur.execute("SELECT hash FROM audit ORDER BY id DESC LIMIT 1").fetchone()
    return GENESIS if row is None else bytes(row[0])


def verify(cur: Cursor) -> int | None:
    """Walk the whole trail and return the id of the first row that does not fit, None if all do."""
    before, last = GENESIS, 0
    while True:
        rows = cur.execute(
            "SELECT id, at, actor, action, target, detail, hash FROM audit WHERE id > %s ORDER BY id LIMIT %s",
            (last, PAGE),
        ).fetchall()
        for last, at, actor, action, target, detail, fingerprint in rows:
            if _hash(before, at, actor, action, target, detail) != bytes(fingerprint):
                return int(last)
            before = bytes(fingerprint)
        if len(rows) < PAGE:
            return None


def _hash(before: bytes, at: datetime, actor: str, action: str, target: str, detail: object) -> bytes:
    # A JSON list, so that no two different rows can be written the same.
    row = [at.astimezone(UTC).isoformat(), actor, action, target, detail]
    return hashlib.sha256(before + orjson.dumps(row, option=orjson.OPT_SORT_KEYS)).digest()
