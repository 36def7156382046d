"""Slow down who guesses passwords: failures per name and address, bounded. Pure: told the time.

Counted per process: with n web processes an attacker has n times the attempts, which is still nothing.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

PER_NAME = 5  # failures of one name from one address
PER_ADDRESS = 50  # failures from one address, whatever the names: a wall of names against one password
WINDOW = timedelta(minutes=5)
CAPACITY = 10_000  # keys remembered, about 3 MB at worst; the oldest is forgotten first


@dataclass(slots=True)
class Attempts:
    """Failed logins of the last five minutes. Full, it forgets the key that failed longest ago."""

    capacity: int = CAPACITY
    _failures: OrderedDict[tuple[str, ...], deque[datetime]] = field(default_factory=OrderedDict)

    def wait(self, name: str, address: str, *, now: datetime) -> timedelta:
        """Tell how long this name must wait before it may try again from this address; zero: at once."""
        waits = [
            self._until(key, limit) - now
            for key, limit in (((address, name), PER_NAME), ((address,), PER_ADDRESS))
            if self._count(key, now) >= limit
        ]
        return max(waits, default=timedelta(0))

    def fail(self, name: str, address: str, *, now: datetime) -> None:
        """Note a failure."""
        for key, limit in (((address, name), PER_NAME), ((address,), PER_ADDRESS)):
            times = self._failures.setdefault(key, deque(maxlen=limit))
            times.append(now)
            self._failures.move_to_end(key)
        while len(self._failures) > self.capacity:
            self._failures.popitem(last=False)

    def succeed(self, name: str, address: str) -> None:
        """Forget the failures of a name that has shown its password; of the address only this attempt."""
        self._failures.pop((address, name), None)
        if times := self._failures.get((address,)):
            times.pop()

    def _count(self, key: tuple[str, ...], now: datetime) -> int:
        return sum(time > now - WINDOW for time in self._failures.get(key, ()))

    def _until(self, key: tuple[str, ...], limit: int) -> datetime:
        return self._failures[key][-limit] + WINDOW
