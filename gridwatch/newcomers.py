"""Whether a device that spoke was registered after our picture of the registry: its first word is not lost for that."""

from collections.abc import Collection

import psycopg
import stamina

from database import connect
from database.connection import Connection, may_pass
from ingest.registry_store import is_any_registered


class Newcomers:
    """Asks on a session of its own, kept open: strangers may speak in every batch, while another is being committed."""

    def __init__(self, url: str, *, name: str) -> None:
        self._url = url
        self._name = name
        self._connection: Connection | None = None
        self._is_over = False

    @stamina.retry(on=may_pass, attempts=None, timeout=None, wait_initial=0.05, wait_max=3.0)
    def are_among(self, devices: Collection[str]) -> bool:
        """Tell whether any of these ids is registered by now, waiting for the database while it is away."""
        if not devices or self._is_over:
            return False
        try:
            connection = self._connection or self._connect()
            return is_any_registered(connection.cursor(), devices)
        except psycopg.Error:
            self._end_session()
            raise

    def close(self) -> None:
        """Give up the session, for good. Whoever asks in another thread in this moment is told no."""
        self._is_over = True
        self._end_session()

    def _connect(self) -> Connection:
        connection = connect(self._url, name=self._name)
        connection.autocommit = True
        self._connection = connection
        if self._is_over:  # looked at after it is there: one of the two who race closes it
            self._end_session()
        return connection

    def _end_session(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
