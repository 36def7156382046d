"""A wall screen without a wall: follows the live feed, comes back with ?from= and notes whether anything was missing."""

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake


@dataclass(slots=True)
class Screen:
    """Follow with `follow` until `leave`.

    `gaps` are pairs of numbers that do not follow each other; `ages` is how old the picture was at each beat, seconds.
    """

    url: str
    token: str
    seq: int | None = None
    gaps: list[tuple[int, int]] = field(default_factory=list)
    ages: list[float] = field(default_factory=list)
    snapshots: int = 0
    changes: int = 0
    connections: int = 0
    is_leaving: bool = False
    _beaten_at: float = 0.0

    def leave(self) -> None:
        """End `follow` at the next frame, a beat at the latest."""
        self.is_leaving = True

    async def follow(self) -> None:
        """Stay on the feed; every 200 changes hang up on purpose and come back."""
        while not self.is_leaving:
            # A server that is just being restarted refuses, cuts or does not answer: come back.
            with suppress(OSError, TimeoutError, ConnectionClosed, InvalidHandshake):
                await self._sit()
            await asyncio.sleep(0.1)

    async def _sit(self) -> None:
        start = "" if self.seq is None else f"?from={self.seq}"
        headers = {"Authorization": f"Bearer {self.token}"}
        url = f"{self.url.replace('http', 'ws', 1)}/api/v1/live{start}"
        # With a bound on the queue a hang-up waits for room in it, which nobody makes.
        async with connect(url, additional_headers=headers, max_size=None, max_queue=None, open_timeout=5) as socket:
            self.connections += 1
            hang_up = self.changes + 200
            async for text in socket:
                self._take(json.loads(text))
                if self.is_leaving or self.changes >= hang_up:
                    return

    def _take(self, frame: dict) -> None:
        match frame["type"]:
            case "snapshot":
                self.snapshots += 1
                self.seq = frame["seq"]
            case "change":
                self.changes += 1
                if self.seq is None or frame["seq"] != self.seq + 1:
                    self.gaps.append((self.seq or 0, frame["seq"]))
                self.seq = frame["seq"]
            case "beat":
                self._note_age(frame)

    def _note_age(self, beat: dict) -> None:
        """Note how old the picture had become, by what the beat says and by how long none came, in seconds."""
        now = asyncio.get_running_loop().time()
        at, alive_at = (datetime.fromisoformat(beat[name]) for name in ("at", "worker_alive_at"))
        self.ages.append(max((at - alive_at).total_seconds(), now - self._beaten_at if self._beaten_at else 0.0))
        self._beaten_at = now
