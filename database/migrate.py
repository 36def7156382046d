"""Bring the schema to the newest migration: numbered SQL files, each applied once, in one transaction each."""

import hashlib
from pathlib import Path

import psycopg

from database.connection import Connection, connect

DIRECTORY = Path(__file__).parent / "migrations"
LOCK = 0x67726964  # "grid": two processes that migrate at once wait for each other


class MigrationError(Exception):
    """A migration that cannot be applied, or a database that is not ours to migrate."""


def migrate(url: str) -> list[str]:
    """Apply what is missing and return the names of the files applied now, in order.

    Raises:
        MigrationError: a file failed, or one that was applied has changed since.
    """
    files = sorted(DIRECTORY.glob("*.sql"))
    with connect(url, name="gridwatch migrate") as connection:
        connection.execute("SET statement_timeout = 0")
        connection.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_migrations"
            " (name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
        )
        connection.commit()
        applied = _applied(connection)
        _refuse_changed(files, applied)
        missing = [file for file in files if file.name not in applied]
        for file in missing:
            _apply(connection, file)
        return [file.name for file in missing]


def is_at_head(connection: Connection) -> bool:
    """Tell whether every migration file has been applied to this database."""
    return {file.name for file in DIRECTORY.glob("*.sql")} <= _applied(connection).keys()


def _applied(connection: Connection) -> dict[str, str]:
    if connection.execute("SELECT to_regclass('schema_migrations')").fetchone() == (None,):
        return {}
    return dict(connection.execute("SELECT name, sha256 FROM schema_migrations").fetchall())


def _refuse_changed(files: list[Path], applied: dict[str, str]) -> None:
    for file in files:
        if applied.get(file.name, _digest(file)) != _digest(file):
            raise MigrationError(f"Migration {file.name} was changed after it had been applied to this database.")


def _apply(connection: Connection, file: Path) -> None:
    try:
        # The files are ours and hold several statements: sent as they are, without parameters.
        connection.execute(file.read_bytes())
        connection.execute("INSERT INTO schema_migrations VALUES (%s, %s)", (file.name, _digest(file)))
        connection.commit()
    except psycopg.Error as error:
        connection.rollback()
        raise MigrationError(f"Migration {file.name} failed: {error}") from error


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
