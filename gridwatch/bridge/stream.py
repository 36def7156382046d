"""Find the frames of a stream, however it is cut into pieces. Pure; holds at most one unfinished frame."""

from collections.abc import Iterator

from gridwatch.bridge.frames import Dialect, Frame, More, Skip


class Stream:
    """The bytes of one connection that are not dealt with yet.

    `skipped` counts bytes that were part of no right frame since the last right one, `position` all bytes dealt with.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._data = b""
        self._wanted = 1
        self.skipped = 0
        self.position = 0

    @property
    def wanted(self) -> int:
        """Say how long the unfinished frame is, as far as it can be known; 0 where there is none."""
        return self._wanted if self._data else 0

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Take bytes and give the frames they finish, in order. What it gives does not depend on how bytes come."""
        self._data += data
        if len(self._data) >= self._wanted:
            yield from self._cut(is_last=False)

    def give_up(self) -> Iterator[Frame]:
        """Wait no longer for the frame in front: it may be half of one, and whole ones stand behind it."""
        yield from self._first(is_last=True)
        yield from self._cut(is_last=False)

    def end(self) -> Iterator[Frame]:
        """Give what can be read of the rest: nothing will follow."""
        yield from self._cut(is_last=True)

    def _cut(self, *, is_last: bool) -> Iterator[Frame]:
        before = -1
        while self._data and len(self._data) != before:
            before = len(self._data)
            yield from self._first(is_last=is_last)

    def _first(self, *, is_last: bool) -> Iterator[Frame]:
        if not self._data:
            return
        self._wanted = 1
        match self._dialect.cut(self._data, is_last=is_last):
            case Frame() as frame:
                self._drop(len(frame.raw))
                self.skipped = 0
                yield frame
            case Skip(size=size, found=found):
                self._drop(size)
                self.skipped += size
                if found is not None:
                    yield found
            case More(size=size):
                self._wanted = size

    def _drop(self, size: int) -> None:
        self._data = self._data[size:]
        self.position += size
