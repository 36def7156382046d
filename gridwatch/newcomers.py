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

    @stamina.retry(on=may_pass, attempts=None, timeout=None, wait_initial=0.05, wait_max=3.0)
    def are_among(self, devices: Collection[str]) -> bool:
        """Tell whether any of these ids is registered by now, waiting for the database while it is away."""
        if not devices:
            return False
        try:
            if self._connection is None:
                self._connection = connect(self._url, name=self._name)
                self._connection.autocommit = True
            return is_any_registered(self._connection.cursor(), devices)
        except psycopg.Error:
            self.close()
            raise

    def close(self) -> None:
        """Give up the session."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
