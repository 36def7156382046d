"""Publishes warnings outward beside the worker's own way: whatever fails here, no reading and no alarm waits for it."""

import asyncio
from datetime import datetime, timedelta

import psycopg
import structlog

from database import connect, newest_change
from database.connection import Connection
from gridwatch.clock import now
from incidents.cap import Sender, publish
from incidents.cap.store import AT_ONCE

log = structlog.get_logger(__name__)

LOOK_S = 1.0
# Nothing changed: what lasts is still told anew before it runs out, and what has eased once it stayed so.
LOOK_ANYWAY = timedelta(seconds=30)


class Publisher:
    """Looks once a second whether anything changed, and says what is due. Not for two threads at once."""

    def __init__(self, url: str, sender: Sender) -> None:
        self._url = url
        self._sender = sender
        self._seen: int | None = None
        self._looked: datetime | None = None
        self._connection: Connection | None = None

    def look(self, at: datetime) -> int:
        """Publish what is due in a transaction of its own; gives how many messages that were."""
        connection = self._session()
        with connection.transaction(), connection.cursor() as cur:
            newest = newest_change(cur)
            if newest == self._seen and self._looked is not None and at - self._looked < LOOK_ANYWAY:
                return 0
            messages = publish(cur, self._sender, now=at)
        # A full hand may have left something behind: look again at the next second.
        self._seen = newest if len(messages) < AT_ONCE else None
        self._looked = at
        for message in messages:
            log.info("warning published", identifier=message.identifier, kind=message.msg_type, status=message.status)
        return len(messages)

    def close(self) -> None:
        """Give up the database session."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    async def run(self) -> None:
        """Look for ever."""
        try:
            while True:
                try:
                    await asyncio.to_thread(self.look, now())
                except psycopg.Error as error:
                    self.close()
                    log.warning("publishing failed; tried again", error=str(error))
                await asyncio.sleep(LOOK_S)
        finally:
            self.close()

    def _session(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = connect(self._url, name="gridwatch warnings")
        return self._connection
