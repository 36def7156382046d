"""One receiver's own thread: takes its messages one by one and sends them, while nobody else waits for it."""

import random
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
import stamina
import structlog

from alerts.notification.deliveries import Compose, Parcel, Refusal, settle, take
from alerts.notification.message import Tongue, compose
from alerts.notification.outbox import Desk
from alerts.notification.receivers import lock_receiver
from alerts.notification.routes import Receiver
from alerts.notification.sending import send
from dashboard.messages import choose_language, load_messages
from database import connect
from gridwatch.clock import now

log = structlog.get_logger(__name__)

# What was sent must be written down, or it is sent again: as long as a database takes to come back.
_until_written = stamina.retry(on=psycopg.OperationalError, attempts=None, timeout=None, wait_initial=0.1, wait_max=3.0)

Choose = Callable[[], tuple[Receiver | None, Desk]]
"""Gives the receiver as the notify file in force has it (None: not any more), and what is decided by."""


def say(language: str, key: str, **values: object) -> str:
    """Give the text of a key; of a key that nobody wrote its last part, as the pages do."""
    message = load_messages(choose_language(language)).get(key)
    return key.rpartition(".")[2] if message is None else message.format(**values)


def tongue_of(language: str, *, zone: ZoneInfo, console: str, exercise: bool) -> Tongue:
    """Tell how a receiver is spoken to."""
    return Tongue(say=partial(say, language), zone=zone, console=console.rstrip("/"), exercise=exercise)


class Courier(threading.Thread):
    """Serves one receiver whenever it is woken. A daemon: what it is in the middle of when we end is sent again."""

    def __init__(self, name: str, *, database_url: str, folder: Path, console: str, choose: Choose) -> None:
        super().__init__(name=f"courier {name}", daemon=True)
        self._receiver = name
        self._url = database_url
        self._folder = folder
        self._console = console
        self._choose = choose
        self._woken = threading.Event()
        self._ending = threading.Event()

    def wake(self) -> None:
        """Say that something is due."""
        self._woken.set()

    def end(self) -> None:
        """Ask it to end after the message under way."""
        self._ending.set()
        self._woken.set()

    def run(self) -> None:
        """Serve until asked to end."""
        while not self._ending.is_set():
            self._woken.wait()
            self._woken.clear()
            try:
                self._serve()
            except psycopg.Error as error:
                log.warning("the database is away; the receiver waits", receiver=self._receiver, error=str(error))
            except Exception:  # the outermost loop of the thread: the next look wakes it again
                log.exception("a message could not be handled", receiver=self._receiver)

    def _serve(self) -> None:
        """Send all that is due, oldest first, until a pause or nothing is left."""
        with connect(self._url, name=f"gridwatch notifier {self._receiver}") as connection:
            if not lock_receiver(connection, self._receiver):
                return  # another notifier serves it; the lock goes with its session
            while not self._ending.is_set():
                receiver, desk = self._choose()
                if receiver is None:
                    return
                with connection.cursor() as cur:
                    parcel = take(cur, receiver.name, now=now(), desk=desk, compose=self._writer(receiver, desk))
                connection.commit()
                if parcel is None:
                    return
                refusal = send(receiver, parcel.message, key=parcel.key, folder=self._folder, now=now())
                self._write_down(parcel, refusal, desk)

    def _writer(self, receiver: Receiver, desk: Desk) -> Compose:
        tongue = tongue_of(receiver.language, zone=desk.zone, console=self._console, exercise=desk.exercise)
        return lambda items, known, kind, number: compose(tongue, items, known, kind=kind, number=number)

    @_until_written
    def _write_down(self, parcel: Parcel, refusal: Refusal | None, desk: Desk) -> None:
        # A session of its own: the one that holds the lock may have died while the receiver took its time.
        with connect(self._url, name=f"gridwatch notifier {self._receiver}") as connection, connection.cursor() as cur:
            settle(cur, parcel, refusal, now=now(), desk=desk, chance=random.random())  # noqa: S311 - spreads pauses
        if refusal is None:
            log.info("told", receiver=parcel.receiver, delivery=parcel.delivery, key=parcel.key)
        else:
            log.warning("not told", receiver=parcel.receiver, delivery=parcel.delivery, reason=refusal.reason)
