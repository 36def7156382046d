"""`gridwatch migrate`, `backup`, `restore` and `doctor`: what an administrator does beside running it."""

from pathlib import Path
from typing import Annotated

import typer

from gridwatch.commands.options import DEFAULT_DATA_DIR, Config, DataDir, directory_of, settings_of

MEGABYTE = 2**20


def migrate(*, data_dir: DataDir = DEFAULT_DATA_DIR, config: Config = None) -> None:
    """Bring the database schema to this version; `run` does it, too."""
    from gridwatch.access import database_of
    from gridwatch.first_run import migrate_database

    with database_of(data_dir, settings_of(data_dir, config), create=True) as url:
        applied = migrate_database(url)
    typer.echo("\n".join(applied) if applied else "nothing to do: the schema is of this version")


def backup(
    file: Annotated[Path, typer.Argument(help="The tar file to write.", show_default=False)],
    *,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    config: Config = None,
) -> None:
    """Write database, settings, rules and secrets into one file, mode 600; the instance may run meanwhile."""
    from gridwatch.access import database_of
    from gridwatch.backup import back_up
    from gridwatch.clock import now

    settings, directory = settings_of(data_dir, config), directory_of(data_dir)
    with database_of(data_dir, settings) as url:
        size = back_up(url, directory, _own_rules(data_dir, settings.alerts.rules), file, now=now())
    typer.echo(f"wrote {file} ({size / MEGABYTE:.1f} MB); it holds secrets: keep it like a password")


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `gridwatch backup` wrote.", show_default=False)],
    *,
    force: Annotated[bool, typer.Option("--force", help="Throw away what is there first.")] = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    config: Config = None,
) -> None:
    """Bring a backup back into an empty instance that is not running."""
    from gridwatch.access import database_of
    from gridwatch.backup import bring_back
    from gridwatch.data_dir import prepare, refuse_running

    settings = settings_of(data_dir, config)
    directory = prepare(data_dir, min_free_mb=settings.min_free_mb)
    refuse_running(directory)

    def rules() -> Path | None:
        return _own_rules(data_dir, settings_of(data_dir, config).alerts.rules)

    with database_of(data_dir, settings, create=True) as url:
        bring_back(url, directory, file, rules=rules, force=force)
    typer.echo(f"restored {file} into {directory.path}")


def doctor(*, data_dir: DataDir = DEFAULT_DATA_DIR, config: Config = None) -> None:
    """Look at everything that can be wrong and say what to do; exit code 1 where something is."""
    from gridwatch.doctor import examine, print_findings

    findings = examine(data_dir, config)
    print_findings(findings)
    if any(finding.is_bad for finding in findings):
        raise typer.Exit(1)


def _own_rules(data_dir: Path, rules: Path | None) -> Path | None:
    """Name the centre's own rule file; the one that comes with Gridwatch needs no backup."""
    return None if rules is None else data_dir / rules
