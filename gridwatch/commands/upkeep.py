"""`gridwatch migrate`, `backup`, `restore` and `doctor`: what an administrator does beside running it."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridwatch.commands.options import DEFAULT_DATA_DIR, Config, DataDir, directory_of, settings_of

if TYPE_CHECKING:
    from gridwatch.backup import OwnFiles
    from gridwatch.settings import Settings

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
    """Write database, settings, rules, notify file and secrets into one file, mode 600; the instance may run meanwhile."""
    from gridwatch.access import database_of
    from gridwatch.backup import back_up
    from gridwatch.clock import now

    settings, directory = settings_of(data_dir, config), directory_of(data_dir)
    with database_of(data_dir, settings) as url:
        size = back_up(url, directory, _own_files(data_dir, settings), file, now=now())
    typer.echo(f"wrote {file} ({size / MEGABYTE:.1f} MB); it holds secrets: keep it like a password")


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `gridwatch backup` wrote.", show_default=False)],
    *,
    force: Annotated[bool, typer.Option("--force", help="Throw away what is there first.")] = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    config: Config = None,
) -> None:
    """Bring a backup back into an empty instance that is not running.

    The database is the one that the settings here name; settings in the backup that name another are refused.
    """
    from gridwatch.access import database_of
    from gridwatch.backup import OwnFiles, bring_back, settings_in
    from gridwatch.data_dir import prepare, refuse_running

    settings = settings_of(data_dir, config)
    directory = prepare(data_dir, min_free_mb=settings.min_free_mb)
    refuse_running(directory)
    if config is None:
        _refuse_another_database(settings_in(file), settings, file)

    def own() -> OwnFiles:
        return _own_files(data_dir, settings_of(data_dir, config))

    with database_of(data_dir, settings, create=True) as url:
        bring_back(url, directory, file, own=own, force=force)
    typer.echo(f"restored {file} into {directory.path}")


def _refuse_another_database(brought: bytes | None, settings: "Settings", file: Path) -> None:
    """Refuse to restore into one database and to bring settings that make the next start use another, empty one."""
    from gridwatch.errors import SettingsError
    from gridwatch.settings_reading import hide_password, read_settings

    if brought is None:
        return
    with tempfile.NamedTemporaryFile(suffix=".yaml") as place:
        place.write(brought)
        place.flush()
        named = read_settings(Path(place.name)).database.url
    if named != settings.database.url:
        raise SettingsError(
            f"The settings in {file} name {_database(hide_password(named or ''))}, and those here"
            f" {_database(hide_password(settings.database.url or ''))}: set GRIDWATCH_DATABASE_URL to the one that is meant"
            " (empty: the embedded one), or put that gridwatch.yaml into the data directory first."
        )


def _database(url: str) -> str:
    return f"the database {url}" if url else "the embedded database"


def doctor(*, data_dir: DataDir = DEFAULT_DATA_DIR, config: Config = None) -> None:
    """Look at everything that can be wrong and say what to do; exit code 1 where something is."""
    from gridwatch.doctor import examine, print_findings

    findings = examine(data_dir, config)
    print_findings(findings)
    if any(finding.is_bad for finding in findings):
        raise typer.Exit(1)


def _own_files(data_dir: Path, settings: "Settings") -> "OwnFiles":
    """Name the centre's own rules and notify file; the rules that come with Gridwatch need no backup."""
    from gridwatch.backup import OwnFiles
    from gridwatch.runtime import notify_file

    rules = settings.alerts.rules
    return OwnFiles(rules=None if rules is None else data_dir / rules, notify=notify_file(settings, data_dir))
