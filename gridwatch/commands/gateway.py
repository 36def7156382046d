"""`gridwatch gateway` and `gridwatch broker-config`: who may publish what, at the embedded broker or an outside one."""

from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated

import typer

from gridwatch.commands.options import DEFAULT_DATA_DIR, Config, DataDir, directory_of, settings_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from database.connection import Cursor

app = typer.Typer(help="Accounts of gateways at the broker: add, list, sync, remove.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Name of the gateway, as devices name it.", show_default=False)]


@app.command()
def add(
    name: Name,
    area: Annotated[list[str] | None, typer.Option(help="Code of a town for all of whose devices it speaks.")] = None,
    topic: Annotated[list[str] | None, typer.Option(help="Topic filter it may publish to; several.")] = None,
    *,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    config: Config = None,
) -> None:
    """Make a gateway's account, or give it a new password and other rights; the password is shown this once.

    It may publish on the topics of the devices registered with `gateway` NAME and of the device NAME itself, of the areas
    and on the filters given, and subscribe to nothing. The embedded broker knows it within seconds; for an outside one write
    `gridwatch broker-config` anew.
    """
    from dashboard import audit
    from gridwatch.clock import now
    from gridwatch.commands.user import system_user
    from gridwatch.gateway_sync import lock_gateways
    from gridwatch.gateway_topics import learn_topics
    from gridwatch.gateways import load_gateways, make_account, save_gateways

    path, at = directory_of(data_dir).gateways, now()
    with _transaction(data_dir, config) as cur:
        lock_gateways(cur)
        learnt = learn_topics(cur, [name])[name]
        account, password = make_account(name, areas=area or (), topics=topic or (), learnt=learnt, now=at)
        save_gateways(path, load_gateways(path).with_account(account))
        detail = {"publish": " ".join(account.publish)}
        audit.append(cur, actor=system_user(), action="gateway.add", target=name, detail=detail, now=at)
    if not account.publish:
        typer.echo(f"{name} may publish nothing yet: register its devices, or name --area or --topic", err=True)
    typer.echo(password)


@app.command("list")
def list_gateways(*, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """List the accounts and what each may publish."""
    from rich.table import Table

    from gridwatch.gateways import load_gateways
    from gridwatch.page import page

    table = Table("名称 name", "可发布主题 may publish", "建立 made")
    for account in load_gateways(directory_of(data_dir).gateways).accounts:
        table.add_row(account.name, "\n".join(account.publish), account.created_at.isoformat(timespec="seconds"))
    page().print(table)


@app.command()
def sync(*, data_dir: DataDir = DEFAULT_DATA_DIR, config: Config = None) -> None:
    """Let every account speak for the devices registered behind it by now; a running instance does it every minute."""
    from gridwatch.gateway_sync import sync_gateways

    with _transaction(data_dir, config) as cur:
        changed = sync_gateways(cur, directory_of(data_dir).gateways)
    typer.echo("\n".join(changed) if changed else "nothing to do")


@app.command()
def remove(name: Name, *, data_dir: DataDir = DEFAULT_DATA_DIR, config: Config = None) -> None:
    """Take an account away; the embedded broker ends its connection within seconds."""
    from dashboard import audit
    from gridwatch.clock import now
    from gridwatch.commands.user import system_user
    from gridwatch.gateway_sync import lock_gateways
    from gridwatch.gateways import load_gateways, save_gateways

    path = directory_of(data_dir).gateways
    with _transaction(data_dir, config) as cur:
        lock_gateways(cur)
        save_gateways(path, load_gateways(path).without(name))
        audit.append(cur, actor=system_user(), action="gateway.remove", target=name, detail={}, now=now())
    typer.echo(f"removed {name}")


def broker_config(  # noqa: PLR0913 -- one parameter an option
    kind: Annotated[str, typer.Argument(help="nats or mosquitto.", show_default=False)],
    out: Annotated[Path, typer.Option(help="Folder the files are written to, mode 600.", show_default=False)],
    host: Annotated[str, typer.Option(help="Name or address by which the worker reaches the broker.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port for MQTT over TLS.")] = 8883,
    home: Annotated[
        str | None, typer.Option(help="Where the folder will lie on the broker's machine.  \\[default: OUT]")
    ] = None,
    *,
    mutual: Annotated[bool, typer.Option("--mutual", help="Demand a certificate of every client, too.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Write over what lies there.")] = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Write everything an outside broker needs: TLS, accounts with hashed passwords, what each gateway may publish.

    Needs `gridwatch certs make`. Beside the broker's files there is `gridwatch.yaml`, the lines for the settings of this
    instance: address, worker's account, authority.
    """
    from gridwatch.broker_config import Kind
    from gridwatch.broker_files import Order, write_files
    from gridwatch.clock import now
    from gridwatch.errors import SettingsError

    if kind not in set(Kind):
        raise SettingsError(f"{kind!r} is neither nats nor mosquitto.")
    place = out.expanduser().absolute()
    order = Order(
        out=place,
        kind=Kind(kind),
        home=PurePosixPath(home if home is not None else place),
        host=host,
        port=port,
        is_mutual=mutual,
    )
    written = write_files(directory_of(data_dir), order, now=now(), force=force)
    typer.echo("\n".join(str(path) for path in written))


@contextmanager
def _transaction(data_dir: Path, config: Path | None) -> "Iterator[Cursor]":
    """Give one cursor in a transaction that commits after the block."""
    from database import connect
    from gridwatch.access import database_of

    with (
        database_of(data_dir, settings_of(data_dir, config)) as url,
        connect(url, name="gridwatch gateway") as connection,
        connection.cursor() as cur,
    ):
        yield cur
