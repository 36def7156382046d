"""What a database needs before anything can use it: the schema, and somebody who may log in."""

from datetime import datetime
from pathlib import Path

import psycopg

from dashboard.auth.accounts import first_run_accounts
from database import connect, migrate
from gridwatch.data_dir import write_private
from gridwatch.errors import FrontDoorError
from gridwatch.settings_reading import hide_password


def migrate_database(url: str) -> list[str]:
    """Bring the schema to the newest migration and return the names of the files applied now.

    Raises:
        FrontDoorError: the database cannot be reached.
    """
    try:
        return migrate(url)
    except psycopg.OperationalError as error:
        reason = " ".join(str(error).split())
        raise FrontDoorError(f"The database {hide_password(url)} cannot be reached: {reason}") from None


def make_accounts(url: str, file: Path, *, now: datetime) -> None:
    """Make an account of every role where there is no account at all, and write `name password` lines to `file`."""
    # The file is written inside the transaction: without it nobody would ever know the passwords.
    with connect(url, name="gridwatch run") as connection, connection.transaction():
        made = first_run_accounts(connection, now=now)
        if made:
            write_private(file, "".join(f"{name} {password}\n" for name, password in made))
