"""Options that several commands share, and how they find the instance they are about."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from gridwatch.data_dir import DataDirectory
    from gridwatch.runtime import Runtime
    from gridwatch.settings import Settings

DEFAULT_DATA_DIR = Path("var")

DataDir = Annotated[
    Path,
    typer.Option("--data-dir", envvar="GRIDWATCH_DATA_DIR", help="Data directory of the instance.", show_default=True),
]
Config = Annotated[
    Path | None,
    typer.Option("--config", envvar="GRIDWATCH_CONFIG", help="Settings file.  \\[default: DATA_DIR/gridwatch.yaml]"),
]


def directory_of(path: Path) -> "DataDirectory":
    """Name what lies in a data directory, and remember where an unforeseen error is to be written."""
    from gridwatch import outermost
    from gridwatch.data_dir import DataDirectory

    directory = DataDirectory(path=path.expanduser().absolute())
    outermost.log_folder = directory.logs
    return directory


def settings_of(path: Path, config: Path | None, overrides: dict[str, object] | None = None) -> "Settings":
    """Read the settings of the instance in a data directory.

    Raises:
        SettingsError: they are wrong.
    """
    from gridwatch.settings_reading import read_settings

    directory = directory_of(path)
    return read_settings(config or directory.settings, must_exist=config is not None, overrides=overrides)


def running(path: Path) -> "Runtime":
    """Find the running instance in a data directory.

    Raises:
        NotRunningError: there is none.
    """
    from gridwatch.errors import NotRunningError
    from gridwatch.runtime import read_runtime

    directory = directory_of(path)
    if not directory.runtime.exists():
        raise NotRunningError(
            f"Nothing is running in {directory.path}: start `gridwatch run --data-dir {directory.path}`."
        )
    return read_runtime(directory.runtime)
