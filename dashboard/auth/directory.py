"""Look accounts up for every request without asking the database for every request.

What it says is at most two seconds old: that is how long a disabled account may still act. Bounded: the account that
was looked up longest ago is forgotten.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta

from dashboard.auth import accounts
from dashboard.auth.permissions import Account
from dashboard.outage import Sessions

FRESH = timedelta(seconds=2)
CAPACITY = 2000


class Directory:
    """Accounts by name, kept for two seconds. Safe to use from several threads."""

    def __init__(self, sessions: Sessions, clock: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._clock = clock
        self._kept: OrderedDict[str, tuple[datetime, Account | None]] = OrderedDict()
        self._lock = threading.Lock()

    def known(self, name: str) -> tuple[bool, Account | None]:
        """Tell, without waiting, whether a fresh answer is at hand, and the answer."""
        kept = self._kept.get(name)
        if kept is None or self._clock() - kept[0] > FRESH:
            return False, None
        return True, kept[1]

    def look_up(self, name: str) -> Account | None:
        """Read an account; None if there is none that may log in.

        Raises:
            DatabaseAwayError and the others of DATABASE_AWAY: the database cannot be asked.
        """
        is_known, account = self.known(name)
        if is_known:
            return account
        with self._sessions.lend() as connection, connection.cursor() as cur:
            account = accounts.find(cur, name)
        with self._lock:
            self._kept[name] = (self._clock(), account)
            self._kept.move_to_end(name)
            while len(self._kept) > CAPACITY:
                self._kept.popitem(last=False)
        return account

    def forget(self, name: str) -> None:
        """Ask anew the next time: the account was changed in this process."""
        with self._lock:
            self._kept.pop(name, None)
