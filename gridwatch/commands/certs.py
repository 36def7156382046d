"""`gridwatch certs`: a private certificate authority for the broker, the pages and, where wanted, each gateway."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridwatch.commands.options import DEFAULT_DATA_DIR, DataDir, directory_of

if TYPE_CHECKING:
    from gridwatch.certificates import Authority

app = typer.Typer(help="Certificates: make, client, renew, list.", no_args_is_help=True)

SERVERS = ("broker", "web")
LOCAL = ("localhost", "127.0.0.1", "::1")
Force = Annotated[bool, typer.Option("--force", help="Make anew what is there already.")]


@app.command()
def make(
    host: Annotated[list[str] | None, typer.Option(help="Name or address the servers are reached by; several.")] = None,
    centre: Annotated[str, typer.Option(help="Whose authority it is, for the certificate's name.")] = "county",
    *,
    force: Force = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Make an authority (10 years) and certificates for broker and pages (825 days), in DATA_DIR/certs, mode 600.

    Give `ca.pem`, and never `ca.key`, to every gateway and browser that shall trust the centre. An authority that is
    there already is kept: only `--force` replaces it, and then everybody has to be given the new one. To name other hosts,
    delete `broker.pem` and `web.pem` and make them anew: the authority stays.
    """
    from gridwatch.certificates import CertificateError, Purpose
    from gridwatch.clock import now

    authority, at = _authority(data_dir), now()
    hosts = tuple(dict.fromkeys((*LOCAL, *(host or ()))))
    is_new = force or not authority.root.exists()
    wanted = [name for name in SERVERS if is_new or not authority.file(name).exists()]
    if not wanted:
        raise CertificateError(
            f"{authority.file('broker')} and web.pem are there already: delete them to name other hosts, the authority stays;"
            " --force makes it anew, too, and everybody has to be given the new one."
        )
    if is_new:
        authority.make_root(centre, now=at, force=force)
        typer.echo(f"wrote {authority.root}: give it to whoever shall trust this centre")
    for name in wanted:
        authority.issue(name, Purpose.SERVER, hosts, now=at, force=is_new)
        typer.echo(f"wrote {authority.file(name)} for {', '.join(hosts)}")


@app.command()
def client(
    name: Annotated[str, typer.Argument(help="Name of the gateway.", show_default=False)],
    *,
    force: Force = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Make a certificate by which a gateway proves who it is, for brokers that demand one (`broker-config --mutual`)."""
    from gridwatch.certificates import Purpose
    from gridwatch.clock import now
    from gridwatch.gateways import refuse_name

    refuse_name(name)
    authority = _authority(data_dir)
    authority.issue(f"gateway-{name}", Purpose.CLIENT, now=now(), force=force)
    typer.echo(f"wrote {authority.file(f'gateway-{name}')} and its key")


@app.command()
def renew(
    within: Annotated[int, typer.Option(help="Renew what ends within so many days.", min=0, max=36_500)] = 30,
    *,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Make anew, with new keys, the certificates that end soon; restart `gridwatch run` and the broker afterwards."""
    from gridwatch.certificates import AUTHORITY
    from gridwatch.clock import now

    authority, at = _authority(data_dir), now()
    ending = [one for one in authority.every() if one.ends_within(timedelta(days=within), at)]
    for one in sorted(ending, key=lambda one: one.name == AUTHORITY):  # what can be renewed, before the refusal
        if one.is_ours:
            authority.renew(one.name, now=at)
            typer.echo(f"renewed {authority.file(one.name)}")
        else:
            typer.echo(f"{authority.file(one.name)} is not of this authority: renew it where it was made", err=True)
    if not ending:
        typer.echo(f"nothing to do: nothing ends within {within} days")


@app.command("list")
def list_certificates(*, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """List the certificates, and when they end."""
    from rich.table import Table

    from gridwatch.page import page

    table = Table("名称 name", "用途 purpose", "主机 hosts", "到期 ends", "本机签发 ours")
    for one in _authority(data_dir).every():
        ends = one.ends_at.isoformat(timespec="minutes")
        table.add_row(one.name, one.purpose.value, " ".join(one.hosts), ends, "✓" if one.is_ours else "✗")
    page().print(table)


def _authority(data_dir: Path) -> "Authority":
    from gridwatch.certificates import Authority

    return Authority(directory_of(data_dir).certificates)
