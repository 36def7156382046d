"""Which messages without a time of their own were taken in of late: the broker may deliver them once more. Pure; bounded.

A broker that did not get our acknowledgement sends the message again, under the same packet id and marked as sent again (MQTT
3.1.1 §4.4). A reading with a time is the same reading then; one that bears our receive time would be another.
"""

import hashlib
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final

from ingest.publish import Message

SIZE: Final = 12  # bytes of a fingerprint
KEPT: Final = 2 * 65_535  # a session has so many packet ids: what is older can not come again


def fingerprint(message: Message) -> bytes:
    """Name a message by packet id, topic and payload."""
    mark = hashlib.blake2b(message.mid.to_bytes(2, "big"), digest_size=SIZE)
    mark.update(message.topic.encode())
    mark.update(b"\0")
    mark.update(message.payload)
    return mark.digest()


class TakenIn:
    """The newest untimed messages that were taken in, batch by batch."""

    def __init__(self) -> None:
        self._batches: deque[tuple[int, frozenset[bytes]]] = deque()
        self._count = 0

    @property
    def oldest(self) -> int:
        """Number of the oldest batch that is kept; 0 where there is none."""
        return self._batches[0][0] if self._batches else 0

    def note(self, batch: int, messages: Iterable[Message]) -> bytes:
        """Remember the untimed messages of a batch and give their fingerprints, one behind the other, to be stored."""
        marks = [fingerprint(message) for message in messages if message.mid]
        if marks:
            self.restore(batch, b"".join(marks))
        return b"".join(marks)

    def restore(self, batch: int, marks: bytes) -> None:
        """Take over what was stored of a batch; call it from the oldest to the newest."""
        found = frozenset(marks[at : at + SIZE] for at in range(0, len(marks), SIZE))
        self._batches.append((batch, found))
        self._count += len(found)
        while self._count - len(self._batches[0][1]) >= KEPT:
            self._count -= len(self._batches.popleft()[1])

    def fresh(self, messages: Sequence[Message]) -> Sequence[Message]:
        """Leave out what is sent again and was taken in before; the very same sequence where nothing is sent again."""
        if not any(message.again for message in messages):
            return messages
        return [message for message in messages if not (message.again and message.mid and self._knows(message))]

    def _knows(self, message: Message) -> bool:
        mark = fingerprint(message)
        return any(mark in marks for _, marks in reversed(self._batches))
