"""What a dialect finds in a stream, and what it has to be able to do. Pure nouns."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One frame as it came. `device` is the last level of its topic.

    `is_right` is False where the checksum does not vouch for it: it is published, so that it is kept raw and counted, and
    never answered as delivered. `is_up` is False for a frame of a centre: it is not ours to pass on.
    """

    raw: bytes
    device: str
    is_right: bool = True
    is_up: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class More:
    """The bytes in front may begin a frame; nothing can be said before the stream holds `size` bytes from there."""

    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """So many bytes in front begin no frame. `found` is the damaged frame they are, if they look like a whole one."""

    size: int
    found: Frame | None = None


Cut = Frame | More | Skip


class Talk(Protocol):
    """One conversation: remembers what an answer depends on, bounded."""

    def answer(self, frame: Frame, now: datetime) -> bytes:
        """Say what the device is told about `frame`, which the broker has acknowledged; empty where it is told nothing.

        `now` is aware: protocols of the field want the centre's time in Beijing.
        """
        ...


class Dialect(Protocol):
    """A protocol of the field, as far as a bridge has to know it."""

    @property
    def root(self) -> str:
        """Name the first level of the topics."""
        ...

    def cut(self, data: bytes, *, is_last: bool) -> Cut:
        """Say what `data` begins with. `data` is not empty.

        `is_last`: nothing will follow (the peer has ended, or lets us wait too long); then never More.
        """
        ...

    def talk(self) -> Talk:
        """Begin a conversation."""
        ...
