"""One process of an instance: how it is started, when it is ready, how it is ended. Decides nothing about restarts."""

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from gridwatch.embedded import process
from gridwatch.runtime import VARIABLE
from gridwatch.trust import own_server

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 10.0
LONGEST_LOG = 20 * 2**20  # bytes; with its predecessor, 240 MB for all parts together
STEADY_S = 60.0  # a part that stood so long has no failures behind it


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What the supervisor has to know of a process. `is_ready` returns within a second."""

    name: str
    launch: Callable[[], subprocess.Popen[bytes]]
    is_ready: Callable[[], bool]
    log: Path
    end_signal: signal.Signals = signal.SIGTERM
    is_service: bool = False  # ended after those that use it
    ready_within_s: float = (
        120.0  # a machine with little to spare; whoever cannot start ends, and that is noticed at once
    )


@dataclass(slots=True, kw_only=True)
class Running:
    """A part and its process. Instants are of the monotonic clock, seconds."""

    part: Part
    process: subprocess.Popen[bytes] | None = None
    launched: float = 0.0
    is_ready: bool = False
    failures: int = 0
    restart_at: float = field(default=0.0)

    def launch(self) -> None:
        """Start the process."""
        self.is_ready = False
        self.launched = time.monotonic()
        self.process = self.part.launch()

    def has_ended(self) -> bool:
        """Tell whether there is no process any more."""
        return self.process is None or self.process.poll() is not None

    def schedule_restart(self) -> float:
        """Choose when to start again and return the pause, in seconds: longer with each failure in a row."""
        now = time.monotonic()
        self.failures = 1 if self.is_ready and now - self.launched > STEADY_S else self.failures + 1
        pause: float = min(FIRST_PAUSE_S * 2 ** min(self.failures - 1, 10), LONGEST_PAUSE_S)
        self.is_ready = False
        self.process = None
        self.restart_at = now + pause
        return pause

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process, if there is one."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)


def python_part(
    name: str, module: str, *, runtime: Path, log: Path, is_ready: Callable[[], bool] | None = None
) -> Part:
    """Describe a part that is a module of ours, told everything by the file `runtime`."""

    def launch() -> subprocess.Popen[bytes]:
        # -P: a folder named like one of our packages in the current directory is not ours.
        command = [*process.leash("KILL"), sys.executable, "-P", "-m", module]
        with log.open("ab") as output:
            return process.start(command, output, env={**os.environ, VARIABLE: str(runtime)})

    return Part(name=name, launch=launch, is_ready=is_ready or (lambda: True), log=log)


def answers(url: str) -> str | None:
    """Ask an HTTP address; None where it answers 2xx, otherwise what it said or why it could not be asked."""
    try:
        context = own_server() if url.startswith("https:") else None
        with urllib.request.urlopen(url, timeout=1, context=context):  # noqa: S310 -- our own address
            return None
    except urllib.error.HTTPError as error:
        return error.read(2000).decode(errors="replace")
    except OSError as error:
        return str(getattr(error, "reason", error))


def trim(log: Path) -> None:
    """Keep a log that has grown beyond LONGEST_LOG as `NAME.log.1` and begin it anew, under its writer's hands.

    Every writer appends, so what it writes next stands at the new beginning.
    """
    if log.exists() and log.stat().st_size > LONGEST_LOG:
        shutil.copyfile(log, log.with_name(log.name + ".1"))
        os.truncate(log, 0)


def last_words(log: Path) -> str:
    """Read the last line of a log, at most 300 characters; "" where there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(log.stat().st_size - 4096, 0))
            lines = file.read().decode(errors="replace").split("\n")
    except OSError:
        return ""
    return next((line.strip()[:300] for line in reversed(lines) if line.strip()), "")
