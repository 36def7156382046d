"""One peer of a bridge: its stream, its limits and its answers. Pure: bytes and times in, frames and a reason to close out.

`now` is seconds of a clock that only goes forward.
"""

from collections.abc import Iterable
from datetime import datetime

from gridwatch.bridge.frames import Dialect, Frame
from gridwatch.bridge.limits import Bucket, Closing, Limits
from gridwatch.bridge.stream import Stream

PIECE = 2_048  # bytes looked at before the limits are asked again


class Peer:
    """What is known of one connection. Once `closing` says why, nothing more is taken from it."""

    def __init__(self, dialect: Dialect, limits: Limits, *, now: float) -> None:
        self._limits = limits
        self._stream = Stream(dialect)
        self._talk = dialect.talk()
        self._bytes = Bucket(limits.bytes_per_s, limits.burst_s, now)
        self._frames = Bucket(limits.frames_per_s, limits.burst_s, now)
        self._heard = now  # the last right frame, or the beginning
        self._waits_since: float | None = None  # when the unfinished frame in front was first seen, and where it stands
        self._waits_at = 0
        self._bad = 0
        self._devices: set[str] = set()
        self.is_proven = False  # has spoken one right frame
        self.unsettled = 0
        self.closing: Closing | None = None

    def receive(self, data: bytes, now: float) -> list[Frame]:
        """Take bytes and give the frames to publish."""
        if self.closing is not None:
            return []
        if not self._bytes.take(len(data), now):
            self.closing = Closing.BYTE_RATE
            return []
        frames: list[Frame] = []
        for at in range(0, len(data), PIECE):
            if self.closing is None:
                frames += self._sorted(self._stream.feed(data[at : at + PIECE]), now)
        return frames

    def look(self, now: float) -> list[Frame]:
        """Let time pass: give up a frame that does not end, and see whether the peer is silent for too long."""
        if self.closing is not None:
            return []
        frames: list[Frame] = []
        if self._waits_since is not None and now >= self._waits_since + self._limits.frame_s:
            self._waits_since = None
            frames = self._sorted(self._stream.give_up(), now)
        if self.closing is None and now >= self._silent_until():
            self.closing = Closing.IDLE if self.is_proven else Closing.FIRST_FRAME
        return frames

    def due(self) -> float:
        """Tell when `look` has something to do at the earliest."""
        silent = self._silent_until()
        return silent if self._waits_since is None else min(silent, self._waits_since + self._limits.frame_s)

    def end(self, now: float) -> list[Frame]:
        """Give what can still be read when the peer has said all it will say."""
        return self._sorted(self._stream.end(), now) if self.closing is None else []

    @property
    def is_full(self) -> bool:
        """Tell whether the broker has to acknowledge first what was taken; nothing more should be received until then."""
        return self.unsettled > self._limits.unacknowledged

    def heard_again(self, now: float) -> None:
        """Take note that nothing was received for a while because we did not listen: that was no silence of the peer."""
        self._heard = now
        if self._waits_since is not None:
            self._waits_since = now

    def settled(self, frame: Frame, at: datetime, *, is_published: bool) -> bytes:
        """Take note of what became of a frame, and give the answer to be sent, empty for none. `at` is aware."""
        self.unsettled -= 1
        return self._talk.answer(frame, at) if is_published else b""

    def _silent_until(self) -> float:
        return self._heard + (self._limits.idle_s if self.is_proven else self._limits.first_frame_s)

    def _sorted(self, found: Iterable[Frame], now: float) -> list[Frame]:
        frames: list[Frame] = []
        for frame in found:
            self.closing = self._objection(frame, now)
            if self.closing is not None:
                break
            if frame.is_up:
                frames.append(frame)
        self._note_waiting(now)
        self.unsettled += len(frames)
        if self.closing is not None:
            return frames
        if self._stream.wanted > self._limits.frame_bytes:
            self.closing = Closing.FRAME_SIZE
        elif self._stream.skipped > self._limits.garbage_bytes:
            self.closing = Closing.GARBAGE
        return frames

    def _note_waiting(self, now: float) -> None:
        if not self._stream.wanted:
            self._waits_since = None
        elif self._waits_since is None or self._waits_at != self._stream.position:
            self._waits_since, self._waits_at = now, self._stream.position

    def _objection(self, frame: Frame, now: float) -> Closing | None:
        if not self._frames.take(1, now):
            return Closing.FRAME_RATE
        if not frame.is_right:
            self._bad += 1
            return Closing.BAD_FRAMES if self._bad > self._limits.bad_frames else None
        self._bad = 0
        self._heard = now
        self.is_proven = True
        self._devices.add(frame.device)
        return Closing.DEVICES if len(self._devices) > self._limits.devices else None
