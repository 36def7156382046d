"""The newest change frames, by number. Pure: reads no clock. Refuses a number that does not follow the last one."""

from collections.abc import Sequence


class Backlog:
    """At most `capacity` frames without a gap; a client reads from where it is.

    Overload policy: the oldest frame goes first, and a client that still wanted it gets a snapshot instead. Frames are
    shared by all clients, so a slow one costs no memory of its own.
    """

    def __init__(self, capacity: int, *, newest: int = 0) -> None:
        self._capacity = capacity
        self._texts: dict[int, str] = {}
        self.newest = newest

    def append(self, texts: Sequence[str]) -> None:
        """Add the frames that follow `newest`."""
        for text in texts:
            self.newest += 1
            self._texts[self.newest] = text
            self._texts.pop(self.newest - self._capacity, None)

    def restart(self, newest: int) -> None:
        """Forget every frame and go on after `newest`: whoever is elsewhere needs a snapshot."""
        self._texts.clear()
        self.newest = newest

    def after(self, seq: int, *, limit: int) -> list[str] | None:
        """List at most `limit` frames after number `seq`; None if one of them is gone or `seq` was never reached."""
        if seq > self.newest or seq < self.newest - len(self._texts):
            return None
        return [self._texts[number] for number in range(seq + 1, min(self.newest, seq + limit) + 1)]
