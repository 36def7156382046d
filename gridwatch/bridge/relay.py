"""From a frame to its topic, and what is counted on the way. What TCP and UDP have in common."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from gridwatch.bridge.counters import Counters
from gridwatch.bridge.frames import Dialect, Frame
from gridwatch.bridge.limits import Limits
from gridwatch.bridge.publisher import Publisher


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """One protocol of one area on its way to one broker. `clock` gives the aware time that answers carry."""

    dialect: Dialect
    area: str
    limits: Limits
    publisher: Publisher
    counters: Counters
    clock: Callable[[], datetime]

    def publish(self, frame: Frame) -> asyncio.Future[bool]:
        """Publish a frame as it came."""
        told = self.publisher.publish(f"{self.dialect.root}/{self.area}/{frame.device}", frame.raw)
        told.add_done_callback(lambda told: self._count(frame, is_published=told.result()))
        self.counters.unacknowledged.set(self.publisher.unacknowledged)
        return told

    def _count(self, frame: Frame, *, is_published: bool) -> None:
        outcome = "refused" if not is_published else "published" if frame.is_right else "bad"
        self.counters.frames.labels(outcome).inc()
        self.counters.unacknowledged.set(self.publisher.unacknowledged)
