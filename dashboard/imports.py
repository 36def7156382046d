"""Runs the imports of devices that were handed in (rows of `device_imports`).

Registering is one transaction: begun again after a restart it finds either all of it there or nothing.
"""

from datetime import timedelta

import structlog

from dashboard.errands import Errands, in_a_process, to_its_end
from dashboard.queries.device_imports import Wanted, move, wanted_import
from database.connection import Connection, Cursor

log = structlog.get_logger()

LONGEST = timedelta(minutes=30)


class Imports(Errands[Wanted]):
    """Start `run` once in the event loop; `wake` may be called from any thread."""

    name = "imports"
    lock = 0x696D706F  # "impo"

    def wanted(self, cur: Cursor) -> Wanted | None:
        """Read the import that waits longest."""
        return wanted_import(cur)

    async def do(self, connection: Connection, wanted: Wanted) -> None:
        """Judge or register it; the process writes down what came of it, we do where it could not."""
        log.info("import_begins", id=wanted.id, state=wanted.state)
        task = {"database_url": self._url, "wanted": wanted.model_dump(), "now": self._clock().isoformat()}
        _, fault = await in_a_process("dashboard.import_process", task, longest=LONGEST)
        if fault:
            log.warning("import_came_to_nothing", id=wanted.id, fault=fault)
            await to_its_end(lambda: _fail(connection, wanted, fault))


def _fail(connection: Connection, wanted: Wanted, fault: str) -> None:
    with connection.transaction(), connection.cursor() as cur:
        move(cur, wanted.id, "failed", fault=fault)
