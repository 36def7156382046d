"""The notifier: decides once a second who is to hear of what happened, and wakes a courier for each who is.

A receiver that hangs holds its own thread and its own database session, nobody else's. All that is to be done stands in
the database: a notifier that is killed is followed by one that goes on where it was.
"""

import signal
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
import structlog

from alerts.errors import RuleFileError
from alerts.notification.notify_file import load_notify
from alerts.notification.outbox import AT_ONCE, Desk, route
from alerts.notification.receivers import due, sync_receivers
from alerts.notification.routes import Receiver
from alerts.notification.untold import watch_receivers
from database import append_changes, connect
from database.connection import Connection, Cursor
from gridwatch import logs
from gridwatch.clock import now
from gridwatch.courier import Courier
from gridwatch.runtime import Runtime, notify_file, runtime_of_this_part
from incidents.kinds import kind_of

log = structlog.get_logger(__name__)

LOOK_S = 1.0
AWAY_S = 2.0  # between two attempts to reach the database
LAST_WORDS_S = 1.0  # what a message under way is given when we are asked to end
NAME = "notifier-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What a notifier is told once. `console` is the address of the pages in messages; "" leaves links out."""

    database_url: str
    file: Path
    zone: ZoneInfo
    console: str
    exercise: bool


class FileInForce:
    """The notify file, read again when it changes. A bad one is refused whole, and the old one stays.

    Raises:
        RuleFileError: the first one is bad.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = self._modified()
        self.notify = load_notify(path)
        self.fault = ""

    def look(self) -> bool:
        """Take a changed file over; True where there is a new one in force."""
        modified = self._modified()
        if modified == self._seen:
            return False
        self._seen = modified
        try:
            self.notify = load_notify(self._path)
        except RuleFileError as error:
            self.fault = str(error)
            log.error("notify file refused; the old one stays in force", reason=self.fault)  # noqa: TRY400 -- the reason is all
            return False
        self.fault = ""
        return True

    def _modified(self) -> int:
        try:
            return self._path.stat().st_mtime_ns
        except OSError:
            return 0


class Notifier:
    """Runs one notifier until it is stopped. Several may run at once: none sends what another has under way."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._stop = threading.Event()
        self._file = FileInForce(office.file)
        self._is_synced = False
        self._couriers: dict[str, Courier] = {}
        self._connection: Connection | None = None

    def stop(self) -> None:
        """Ask `run` to end."""
        self._stop.set()

    def run(self) -> None:
        """Look once a second until asked to stop."""
        while not self._stop.is_set():
            try:
                self._look()
            except psycopg.Error as error:
                log.warning("the database is away; looking again", error=str(error))
                self._close()
                self._stop.wait(AWAY_S)
            self._stop.wait(LOOK_S)
        self._end()

    def _look(self) -> None:
        """Decide on all that happened, then wake those who have something to say."""
        connection = self._session()
        with connection.cursor() as cur:
            if self._file.look() or not self._is_synced:
                sync_receivers(cur, self._file.notify.receivers, now=now())
            self._beat(cur)
            connection.commit()
            self._is_synced = True
            while route(cur, self._desk(), now=now()) == AT_ONCE and not self._stop.is_set():
                connection.commit()
            connection.commit()
            append_changes(cur, watch_receivers(cur, now=now()))
            waiting = due(cur, now=now())
            connection.commit()
        for name in waiting:
            self._courier(name).wake()

    def _desk(self) -> Desk:
        return Desk(
            notify=self._file.notify,
            zone=self._office.zone,
            kind_of=lambda condition, metric: kind_of(condition, metric).value,
            exercise=self._office.exercise,
        )

    def _beat(self, cur: Cursor) -> None:
        cur.execute(
            "INSERT INTO notifier_progress (name, alive_at, fault) VALUES (%s, %s, %s)"
            " ON CONFLICT (name) DO UPDATE SET alive_at = excluded.alive_at, fault = excluded.fault",
            (NAME, now(), self._file.fault),
        )

    def _courier(self, name: str) -> Courier:
        courier = self._couriers.get(name)
        if courier is None:

            def choose() -> tuple[Receiver | None, Desk]:
                desk = self._desk()
                return desk.notify.receiver(name), desk

            courier = self._couriers[name] = Courier(
                name,
                database_url=self._office.database_url,
                folder=self._office.file.parent,
                console=self._office.console,
                choose=choose,
            )
            courier.start()
        return courier

    def _end(self) -> None:
        self._close()
        for courier in self._couriers.values():
            courier.end()
        deadline = time.monotonic() + LAST_WORDS_S
        for courier in self._couriers.values():
            courier.join(max(deadline - time.monotonic(), 0))

    def _session(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = connect(self._office.database_url, name="gridwatch notifier")
        return self._connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def office_of(runtime: Runtime, file: Path) -> Office:
    """Tell a notifier what it has to know of an instance."""
    settings = runtime.settings
    return Office(
        database_url=runtime.database_url,
        file=file,
        zone=ZoneInfo(settings.dashboard.zone),
        console=settings.alerts.console_url or runtime.http.url,
        exercise=settings.dashboard.cap_status != "Actual",
    )


def main() -> None:
    """Notify until a signal comes."""
    runtime = runtime_of_this_part()
    logs.set_up("notifier", runtime.settings.log_level)
    file = notify_file(runtime.settings, runtime.data_dir)
    assert file is not None  # we are not started without one
    notifier = Notifier(office_of(runtime, file))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: notifier.stop())
    notifier.run()


if __name__ == "__main__":
    main()
