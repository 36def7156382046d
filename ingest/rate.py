"""Keep one topic that floods from crowding out all others. Pure: the time is passed in; bounded by the messages of a window.

A topic may bring `per_second` messages a second, seen over ten seconds. What is beyond is refused, but for the newest
message of each batch: where a device says again and again how it is, its last word is how it is. What a broker has kept for
us while we were away is no flood: after each connection nothing is refused until it has run dry, ten minutes at most.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Final

from ingest.publish import Message

WINDOW_US: Final = 10_000_000
CATCHING_UP_US: Final = 600_000_000
KEPT_RAW: Final = 3  # of a topic and window: to see what floods, not to store the flood


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """What goes on, what is refused and kept raw, and how many were refused in all."""

    messages: Sequence[Message]
    shown: list[Message] = field(default_factory=list)
    refused: int = 0


class RateGate:
    """Counts the messages of each topic in the window that runs. `per_second` 0 lets everything through."""

    def __init__(self, per_second: int) -> None:
        self._most = per_second * (WINDOW_US // 1_000_000)
        self._began = 0
        self._total = 0
        self._last: int | None = None  # when the time of catching up ends at the latest; None: it has
        self._catches_up = True
        self._topics: Counter[str] = Counter()
        self._shown: Counter[str] = Counter()

    def reconnected(self) -> None:
        """Let everything through until what the broker has kept is through."""
        self._catches_up, self._last = True, None

    def let_through(self, messages: Sequence[Message], *, received_us: int) -> Passed:
        """Decide on the messages of a batch; where nothing floods, it is the very same sequence."""
        if received_us - self._began >= WINDOW_US or received_us < self._began:
            self._catch_up(received_us)
            self._began, self._total = received_us, 0
            self._topics.clear()
            self._shown.clear()
        self._total += len(messages)
        if not self._most:
            return Passed(messages=messages)
        self._topics.update(map(itemgetter(0), messages))
        if self._catches_up or self._total <= self._most:  # no single topic can have more than all
            return Passed(messages=messages)
        flooding = {topic for topic, count in self._topics.items() if count > self._most}
        if not flooding:
            return Passed(messages=messages)
        return self._thin_out(messages, flooding)

    def _catch_up(self, received_us: int) -> None:
        """At the end of a window: see whether the broker has run dry."""
        if self._last is None:
            self._last = received_us + CATCHING_UP_US
        elif self._total <= self._most or received_us > self._last:
            self._catches_up = False

    def _thin_out(self, messages: Sequence[Message], flooding: set[str]) -> Passed:
        last = {message.topic: i for i, message in enumerate(messages) if message.topic in flooding}
        passed, shown, refused = [], [], 0
        for i, message in enumerate(messages):
            if last.get(message.topic, i) == i:
                passed.append(message)
                continue
            refused += 1
            if self._shown[message.topic] < KEPT_RAW:
                self._shown[message.topic] += 1
                shown.append(message)
        return Passed(messages=passed, shown=shown, refused=refused)
