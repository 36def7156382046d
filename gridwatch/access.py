"""Reach the database of an instance from a command: the running one, an outside one, or the embedded one just for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gridwatch import leftovers
from gridwatch.data_dir import DataDirectory, Lock, prepare
from gridwatch.embedded import PostgresServer, free_port
from gridwatch.errors import NotRunningError
from gridwatch.runtime import read_runtime
from gridwatch.settings import Settings


@contextmanager
def database_of(path: Path, settings: Settings, *, create: bool = False) -> Iterator[str]:
    """Give the URL of the instance's database for as long as the block lasts.

    Where nothing runs, the embedded PostgreSQL is started for the block alone. One that does not exist yet is made
    only if `create` says so.

    Raises:
        FrontDoorError: there is no database, or it cannot be started.
    """
    if settings.database.url is not None:
        yield settings.database.url
        return
    directory = DataDirectory(path=path.expanduser().absolute())
    if not create and not (directory.postgres / "cluster").exists():
        raise NotRunningError(
            f"There is no Gridwatch in {directory.path}: start `gridwatch run` once, or name --data-dir."
        )
    directory = prepare(path, min_free_mb=settings.min_free_mb)
    lock = Lock(directory)
    if lock.is_held_by_another():
        yield read_runtime(directory.runtime).database_url
        return
    lock.take()
    try:
        leftovers.end(directory.parts, directory.postgres / "cluster")
        server = PostgresServer(directory.postgres, port=free_port(), log=directory.logs / "postgres.log")
        try:
            server.start()
            yield server.url
        finally:
            server.stop()
    finally:
        lock.release()
