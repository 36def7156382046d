"""How the operator ends us: SIGINT, SIGTERM and SIGHUP, noticed at once wherever the supervisor is. Main thread only."""

import os
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequested(BaseException):
    """The operator asked us to end while something was under way that may be cut short; like KeyboardInterrupt it passes every `except Exception`."""


class StopSignals:
    """Notices signals; a child's death wakes `wait` too."""

    def __init__(self) -> None:
        self.requested: signal.Signals | None = None
        self._may_interrupt = False
        self._awake, self._waker = os.pipe()
        for end in (self._awake, self._waker):
            os.set_blocking(end, False)

    def install(self) -> None:
        """Take the signals over from Python's own handlers."""
        signal.set_wakeup_fd(self._waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for each in ENDING:
            signal.signal(each, self._note)

    def wait(self, seconds: float) -> None:
        """Sleep until a signal arrives or a child ends, at most so long."""
        if select.select([self._awake], [], [], max(seconds, 0))[0]:
            with suppress(BlockingIOError):
                os.read(self._awake, 4096)

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Let a signal cut short what happens inside, by StopRequested; so nothing that half done would do harm."""
        self._may_interrupt = True
        try:
            if self.requested:
                raise StopRequested
            yield
        finally:
            self._may_interrupt = False

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self.requested = signal.Signals(number)
        if self._may_interrupt:
            self._may_interrupt = False
            raise StopRequested
