"""Database sessions that are refused at once while the database is away: nobody waits in line for an outage to end.

The live feed looks at the database every beat over sessions of its own and says here what it saw.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout

from database.connection import Connection


class DatabaseAwayError(Exception):
    """The last look at the database failed a moment ago; asking again would only make everybody wait in turn."""


DATABASE_AWAY = (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout, PoolClosed, DatabaseAwayError)


class Sessions:
    """Lends database sessions. `is_away` is set by whoever keeps looking. Safe to use from several threads."""

    def __init__(self, pool: ConnectionPool[Connection]) -> None:
        self._pool = pool
        self.is_away = False

    @contextmanager
    def lend(self) -> Iterator[Connection]:
        """Lend a session; commits at the end, rolls back when something is raised.

        Raises:
            DatabaseAwayError: the database was away when it was last looked at.
            psycopg.OperationalError, psycopg_pool.PoolTimeout: it went away since, or is too busy.
        """
        if self.is_away:
            raise DatabaseAwayError("the database was away when it was last looked at")
        with self._pool.connection() as connection:
            yield connection
