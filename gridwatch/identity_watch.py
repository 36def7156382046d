"""Beside the worker: count who published where it may not, and keep gateways' rights in step with the registry."""

import asyncio
import itertools
from datetime import timedelta
from pathlib import Path

import psycopg
import structlog

from database import connect
from gridwatch.broker_log import BrokerLog
from gridwatch.clock import now
from gridwatch.errors import FrontDoorError
from gridwatch.gateway_sync import sync_gateways
from ingest.foreign_store import forget_foreign, note_foreign

log = structlog.get_logger(__name__)

LOOK_S = 5.0
SYNC_EVERY = 12  # looks, so a minute
FORGET_AFTER = timedelta(days=90)


class IdentityWatch:
    """Looks every five seconds until it is cancelled. `broker_log` is None where the broker is not ours."""

    def __init__(self, url: str, *, gateways: Path, broker_log: BrokerLog | None) -> None:
        self._url = url
        self._gateways = gateways
        self._log = broker_log
        self._is_behind = True

    def registry_changed(self) -> None:
        """Hear that devices were registered: what gateways may say for them is looked at with the next look."""
        self._is_behind = True

    async def run(self) -> None:
        """Look for ever; a fault of one look is said, and the next one tries again."""
        for look in itertools.count():
            try:
                sync, self._is_behind = self._is_behind or look % SYNC_EVERY == 0, False
                await asyncio.to_thread(self.look, sync=sync)
            except (psycopg.Error, FrontDoorError, OSError) as error:
                self._is_behind = True
                log.warning("who speaks for whom was not looked at", error=str(error))
            await asyncio.sleep(LOOK_S)

    def look(self, *, sync: bool) -> None:
        """Look once."""
        found = self._log.violations() if self._log is not None else []
        if not found and not sync:
            return
        with connect(self._url, name="gridwatch identity") as connection, connection.cursor() as cur:
            note_foreign(cur, found, now=now())
            if sync:
                forget_foreign(cur, before=now() - FORGET_AFTER)
                if changed := sync_gateways(cur, self._gateways):
                    log.info("gateways may publish for other devices now", gateways=changed)
