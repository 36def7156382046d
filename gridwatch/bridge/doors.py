"""Who is let in, and who gives way. Pure: keys stand for connections."""

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass

from gridwatch.bridge.limits import Closing, Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """The newcomer is in; `gives_way`, if not None, has to go."""

    gives_way: Hashable | None = None


class Doors:
    """The connections of a bridge, counted altogether and by address.

    When it is full, the connection that has waited longest without ever speaking a right frame, or since it said all that it
    will say, gives way: a thousand silent connections do not keep one station out.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._address: dict[Hashable, str] = {}
        self._by_address: Counter[str] = Counter()
        self._silent: dict[str, dict[Hashable, None]] = {}  # by address, in order of arrival
        self._order: dict[Hashable, None] = {}  # all silent ones, in order of arrival

    def __len__(self) -> int:
        """Count the connections."""
        return len(self._address)

    def admit(self, key: Hashable, address: str) -> Admitted | Closing:
        """Let a newcomer in, or say why not."""
        gives_way = None
        if self._by_address[address] >= self._limits.per_address:
            gives_way = next(iter(self._silent.get(address, ())), None)
            if gives_way is None:
                return Closing.PER_ADDRESS
        elif len(self._address) >= self._limits.connections:
            gives_way = next(iter(self._order), None)
            if gives_way is None:
                return Closing.CONNECTIONS
        if gives_way is not None:
            self.leave(gives_way)
        self._address[key] = address
        self._by_address[address] += 1
        self._silent.setdefault(address, {})[key] = None
        self._order[key] = None
        return Admitted(gives_way=gives_way)

    def prove(self, key: Hashable) -> None:
        """Take note that a connection has spoken: it gives way to nobody."""
        self._forget_silent(key, self._address[key])

    def ended(self, key: Hashable) -> None:
        """Take note that a connection will say nothing more: it only waits for answers, and gives way."""
        address = self._address.get(key)
        if address is not None:
            self._silent.setdefault(address, {})[key] = None
            self._order[key] = None

    def leave(self, key: Hashable) -> None:
        """Forget a connection; one that is not there is passed over."""
        address = self._address.pop(key, None)
        if address is None:
            return
        self._by_address[address] -= 1
        if not self._by_address[address]:
            del self._by_address[address]
        self._forget_silent(key, address)

    def _forget_silent(self, key: Hashable, address: str) -> None:
        if key not in self._order:
            return
        del self._order[key]
        silent = self._silent[address]
        del silent[key]
        if not silent:
            del self._silent[address]
