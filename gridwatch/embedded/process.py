"""Start and end child processes that never outlive us. Knows nothing of what they serve."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import IO

from gridwatch.errors import FrontDoorError

Check = Callable[[], bool]

UNPRIVILEGED = 65534  # "nobody": PostgreSQL refuses to run as root, whoever else does not matter to it


class ServiceError(FrontDoorError):
    """A service that could not be started or ended; the message is one sentence for the operator."""


def free_port(host: str = "127.0.0.1") -> int:
    """Find a TCP port that nobody listens on at this moment."""
    with closing(socket.socket()) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def leash(death_signal: str) -> list[str]:
    """Build the command prefix under which a child receives `death_signal` when the thread that started it dies."""
    return _setpriv("--pdeathsig", death_signal)


def leash_without_root(death_signal: str) -> list[str]:
    """Build a prefix as `leash` does that also gives up root, for programs that refuse to run as root.

    The child keeps CAP_DAC_OVERRIDE, so that it can reach a data directory below a home only root may enter;
    `no_setuid_fixup` makes the kernel honour that in access(2) too.
    """
    if os.geteuid() != 0:
        return leash(death_signal)
    return _setpriv(
        *("--reuid", str(UNPRIVILEGED), "--regid", str(UNPRIVILEGED), "--clear-groups"),
        *("--inh-caps", "+dac_override", "--ambient-caps", "+dac_override", "--securebits", "+no_setuid_fixup"),
        *("--pdeathsig", death_signal),
    )


def _setpriv(*arguments: str) -> list[str]:
    program = shutil.which("setpriv")
    if program is None:
        raise ServiceError("The program setpriv is missing: install Debian's package util-linux.")
    return [program, *arguments, "--"]


def start(command: Sequence[object], log: IO[bytes], *, env: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start a child in its own process group, so that a Ctrl-C at the terminal reaches only the supervisor."""
    return subprocess.Popen(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        env=env,
        start_new_session=True,
    )


def wait_until(ready: Check, process: subprocess.Popen[bytes], *, what: str, seconds: float, log: Path) -> None:
    """Wait until `ready()` holds.

    Raises:
        ServiceError: the process ended first, or `seconds` passed; the message names `what` and its log.
    """
    deadline = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None:
            raise ServiceError(f"{what} ended while starting (exit code {process.returncode}); see {log}.")
        if time.monotonic() > deadline:
            raise ServiceError(f"{what} was not ready within {seconds:g} s; see {log}.")
        time.sleep(0.02)


def end(process: subprocess.Popen[bytes], *, gently: signal.Signals, seconds: float) -> None:
    """Ask a child to end, and kill it when it has not within `seconds`. A child that is gone already is fine."""
    if process.poll() is None:
        process.send_signal(gently)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def is_listening(host: str, port: int) -> bool:
    """Tell whether a TCP connection to host and port is accepted."""
    with closing(socket.socket()) as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((host, port)) == 0
