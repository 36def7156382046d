"""Let somebody in who shows a name and a password. Refuses who has failed too often lately; writes down both."""

import math
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from dashboard import audit
from dashboard.auth import accounts
from dashboard.auth.attempts import Attempts
from dashboard.auth.passwords import PasswordBusyError, is_password
from dashboard.auth.permissions import Account
from dashboard.outage import Sessions


class WrongPasswordError(Exception):
    """Nobody who may log in has this name and password."""


class TooManyAttemptsError(Exception):
    """Too many failures of this name, or from this address. `seconds` is how long to wait."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too many failed attempts: try again in {seconds} s.")
        self.seconds = seconds


class Door:
    """Checks passwords and keeps count of failures. Safe to use from several threads."""

    def __init__(self, sessions: Sessions, clock: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._clock = clock
        self._attempts = Attempts()
        self._lock = threading.Lock()

    def open(self, name: str, password: str, *, address: str, way: str) -> Account:
        """Check a name and password; `way` is how they came: `login` or `token`.

        Raises:
            WrongPasswordError: they are nobody's.
            TooManyAttemptsError: not even looked at.
        """
        now = self._clock()
        with self._lock:
            wait = self._attempts.wait(name, address, now=now)
            if wait > timedelta(0):
                raise TooManyAttemptsError(math.ceil(wait.total_seconds()))
            # Counted before it is checked: a hundred guesses sent at once are a hundred guesses.
            self._attempts.fail(name, address, now=now)
        with self._sessions.lend() as connection, connection.cursor() as cur:
            known, stored = accounts.stored_password(cur, name)
        try:
            is_right = is_password(stored, password)  # takes 0.1 s: no database session is held meanwhile
        except PasswordBusyError as error:
            raise TooManyAttemptsError(1) from error
        with self._sessions.lend() as connection, connection.cursor() as cur:
            account = accounts.find(cur, name) if is_right else None
            action = way if account is not None else f"{way}.refused"
            audit.append(cur, actor=known, action=action, target=known, detail={"address": address}, now=now)
        if account is None:
            raise WrongPasswordError
        with self._lock:
            self._attempts.succeed(name, address)
        return account
