"""Open sessions to the database, all in UTC."""

import psycopg
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

Connection = psycopg.Connection[TupleRow]
Cursor = psycopg.Cursor[TupleRow]

# A statement that runs longer than this is a fault of ours; it must not hold the alarm's way up.
STATEMENT_S = 30
OPTIONS = f"-c timezone=UTC -c statement_timeout={STATEMENT_S}s -c lock_timeout=10s"


def may_pass(error: Exception) -> bool:
    """Tell whether it may go well later: the database is away or busy, as opposed to what it can never hold."""
    return isinstance(error, psycopg.OperationalError) and not isinstance(error, psycopg.errors.ProgramLimitExceeded)


def connect(url: str, *, name: str = "gridwatch", statement_s: int = STATEMENT_S) -> Connection:
    """Open one session; transactions begin with the first statement and end by commit() or rollback().

    A statement that takes longer than `statement_s` is ended by the server.

    Raises:
        psycopg.OperationalError: the database cannot be reached.
    """
    options = f"{OPTIONS} -c statement_timeout={statement_s}s"  # the last one counts
    return psycopg.connect(url, options=options, application_name=name, connect_timeout=5)


def open_pool(url: str, *, size: int, name: str = "gridwatch") -> ConnectionPool[Connection]:
    """Open a pool of at most `size` sessions, each checked before it is lent, so that it survives a restart.

    A caller waits at most 5 s for a session; then psycopg_pool.PoolTimeout is raised.
    """
    return ConnectionPool(
        url,
        min_size=1,
        max_size=size,
        timeout=5,
        reconnect_timeout=60,
        check=ConnectionPool.check_connection,
        kwargs={"options": OPTIONS, "application_name": name, "connect_timeout": 5},
        open=True,
    )
