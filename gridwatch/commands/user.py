"""`gridwatch user`: the accounts. Every change is in the audit trail, under the name of the system's user."""

import getpass
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridwatch.commands.options import DEFAULT_DATA_DIR, Config, DataDir, settings_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from database.connection import Cursor

app = typer.Typer(help="Accounts: add, list, password, disable, enable.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Name of the account.", show_default=False)]


@app.command()
def add(
    name: Name,
    role: Annotated[str, typer.Option(help="admin, officer, dispatcher, commander or screen.")],
    area: Annotated[list[str] | None, typer.Option(help="Code of a grid it is for; several may be named.")] = None,
    *,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    config: Config = None,
) -> None:
    """Make an account; the password is asked for, or read from standard input."""
    from dashboard.auth.accounts import create_user
    from dashboard.auth.permissions import Role
    from gridwatch.clock import now
    from gridwatch.errors import SettingsError

    if role not in {known.value for known in Role}:
        raise SettingsError(f"--role {role!r} is none of {', '.join(known.value for known in Role)}.")
    password = _ask_password()
    with _transaction(data_dir, config) as cur:
        create_user(cur, name, password, Role(role), areas=area or (), actor=system_user(), now=now())
    typer.echo(f"added {name} ({role})")


@app.command("list")
def list_accounts(*, data_dir: DataDir = DEFAULT_DATA_DIR, config: Config = None) -> None:
    """List every account."""
    from rich.table import Table

    from dashboard.auth.accounts import list_users
    from gridwatch.page import page

    table = Table("名称 name", "角色 role", "范围 areas", "停用 disabled")
    with _transaction(data_dir, config) as cur:
        for account in list_users(cur):
            disabled = account.disabled_at.isoformat(timespec="seconds") if account.disabled_at else ""
            table.add_row(account.name, account.role.value, " ".join(account.areas) or "*", disabled)
    page().print(table)


@app.command()
def password(name: Name, *, data_dir: DataDir = DEFAULT_DATA_DIR, config: Config = None) -> None:
    """Change a password and end every session of the account."""
    from dashboard.auth.accounts import set_password
    from gridwatch.clock import now

    fresh = _ask_password()
    with _transaction(data_dir, config) as cur:
        set_password(cur, name, fresh, actor=system_user(), now=now())
    typer.echo(f"changed the password of {name}")


@app.command()
def disable(name: Name, *, data_dir: DataDir = DEFAULT_DATA_DIR, config: Config = None) -> None:
    """Let an account log in no more and end its sessions; its name stays in every record."""
    from dashboard.auth import accounts
    from gridwatch.clock import now

    with _transaction(data_dir, config) as cur:
        accounts.disable(cur, name, actor=system_user(), now=now())
    typer.echo(f"disabled {name}")


@app.command()
def enable(name: Name, *, data_dir: DataDir = DEFAULT_DATA_DIR, config: Config = None) -> None:
    """Let a disabled account log in again."""
    from dashboard.auth import accounts
    from gridwatch.clock import now

    with _transaction(data_dir, config) as cur:
        accounts.enable(cur, name, actor=system_user(), now=now())
    typer.echo(f"enabled {name}")


@contextmanager
def _transaction(data_dir: Path, config: Path | None) -> "Iterator[Cursor]":
    """Give one cursor in a transaction that commits after the block."""
    from database import connect
    from gridwatch.access import database_of

    with (
        database_of(data_dir, settings_of(data_dir, config)) as url,
        connect(url, name="gridwatch user") as connection,
        connection.cursor() as cur,
    ):
        yield cur


def system_user() -> str:
    """Name whoever runs a command, as the audit trail does."""
    try:
        return f"{getpass.getuser()}@console"
    except (KeyError, OSError):  # a user without a name, as containers have
        return "console"


def _ask_password() -> str:
    from gridwatch.errors import SettingsError

    stdin = typer.get_text_stream("stdin")
    if not stdin.isatty():
        try:
            return stdin.readline().rstrip("\n")
        except UnicodeDecodeError:
            raise SettingsError("The password is no text in UTF-8.") from None
    return str(typer.prompt("密码 Password", hide_input=True, confirmation_prompt=True))
