"""The accounts: who may log in, as what, where. Refuses weak passwords, unknown roles and a second account of a name.

Used by the web server and by `gridwatch user`. Every change is in the audit trail.
"""

import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from dashboard import audit
from dashboard.auth.passwords import hash_password
from dashboard.auth.permissions import Account, Role
from database.connection import Connection, Cursor

NAME = re.compile(r"[\w.@-]{1,64}")


class AccountError(Exception):
    """An account that cannot be made or changed as asked; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedAccount:
    """An account as the administrator sees it. `disabled_at` is aware UTC, None while it may log in."""

    name: str
    role: Role
    areas: tuple[str, ...]
    disabled_at: datetime | None


def create_user(
    cur: Cursor, name: str, password: str, role: Role, *, areas: Collection[str] = (), actor: str, now: datetime
) -> None:
    """Make an account.

    Raises:
        AccountError: the name is taken or is not one word of letters, digits and ._@-.
        PasswordError: the password is too weak.
    """
    if not NAME.fullmatch(name):
        raise AccountError("A name has 1 to 64 letters, digits or the signs . _ @ -")
    cur.execute(
        "INSERT INTO users (name, password_hash, role, areas) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (name, hash_password(password), role.value, sorted(set(areas))),
    )
    if cur.rowcount == 0:
        raise AccountError(f"There is an account {name!r} already.")
    detail = {"role": role.value, "areas": " ".join(sorted(set(areas)))}
    audit.append(cur, actor=actor, action="user.create", target=name, detail=detail, now=now)


def set_password(cur: Cursor, name: str, password: str, *, actor: str, now: datetime) -> None:
    """Change a password and end every session of the account.

    Raises:
        AccountError: there is no such account.
        PasswordError: the password is too weak.
    """
    _change(cur, "password_hash = %s", name, hash_password(password))
    audit.append(cur, actor=actor, action="user.password", target=name, detail={}, now=now)


def disable(cur: Cursor, name: str, *, actor: str, now: datetime) -> None:
    """End every session of an account and let it log in no more. Its name stays in every record it made.

    Raises:
        AccountError: there is no such account.
    """
    _change(cur, "disabled_at = coalesce(disabled_at, %s)", name, now)
    audit.append(cur, actor=actor, action="user.disable", target=name, detail={}, now=now)


def enable(cur: Cursor, name: str, *, actor: str, now: datetime) -> None:
    """Let a disabled account log in again.

    Raises:
        AccountError: there is no such account.
    """
    _change(cur, "disabled_at = %s", name, None)
    audit.append(cur, actor=actor, action="user.enable", target=name, detail={}, now=now)


def set_role(cur: Cursor, name: str, role: Role, areas: Collection[str], *, actor: str, now: datetime) -> None:
    """Change what an account may do and where, and end its sessions.

    Raises:
        AccountError: there is no such account.
    """
    _change(cur, "role = %s, areas = %s", name, role.value, sorted(set(areas)))
    detail = {"role": role.value, "areas": " ".join(sorted(set(areas)))}
    audit.append(cur, actor=actor, action="user.role", target=name, detail=detail, now=now)


def _change(cur: Cursor, what: str, name: str, *values: object) -> None:
    # `what` is always one of the literals above.
    cur.execute(f"UPDATE users SET {what}, token_epoch = token_epoch + 1 WHERE name = %s", (*values, name))  # noqa: S608
    if cur.rowcount == 0:
        raise AccountError(f"There is no account {name!r}.")


def list_users(cur: Cursor) -> list[ListedAccount]:
    """Read every account, by name."""
    cur.execute("SELECT name, role, areas, disabled_at FROM users ORDER BY name")
    return [
        ListedAccount(name=name, role=Role(role), areas=tuple(areas), disabled_at=disabled_at)
        for name, role, areas, disabled_at in cur.fetchall()
    ]


def find(cur: Cursor, name: str) -> Account | None:
    """Read an account that may log in; None if there is none or it is disabled."""
    row = cur.execute(
        "SELECT name, role, areas, token_epoch FROM users WHERE name = %s AND disabled_at IS NULL", (name,)
    ).fetchone()
    return None if row is None else Account(name=row[0], role=Role(row[1]), areas=frozenset(row[2]), epoch=row[3])


def stored_password(cur: Cursor, name: str) -> tuple[str, str | None]:
    """Read the name of an account and its password's hash, None where it may not log in.

    A name nobody has comes back as "unknown": people type their password into the wrong field, and the name is logged.
    """
    row = cur.execute(
        "SELECT name, CASE WHEN disabled_at IS NULL THEN password_hash END FROM users WHERE name = %s", (name,)
    ).fetchone()
    return ("unknown", None) if row is None else (row[0], row[1])


def first_run_accounts(conn: Connection, *, now: datetime) -> list[tuple[str, str]]:
    """Make one account of every role, named like the role, with generated passwords; commits.

    Returns the names and passwords, which are nowhere else; an empty list where there are accounts already.
    """
    with conn.transaction(), conn.cursor() as cur:
        cur.execute("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE")
        if cur.execute("SELECT EXISTS (SELECT FROM users)").fetchone() == (True,):
            return []
        made = [(role.value, secrets.token_urlsafe(12)) for role in Role]
        for name, password in made:
            create_user(cur, name, password, Role(name), actor="gridwatch", now=now)
    return made
