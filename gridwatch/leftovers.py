"""What a kill -9 of the supervisor left behind: processes that are still ending. The next start waits, then ends them."""

import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil
from pydantic import TypeAdapter, ValidationError

from gridwatch.data_dir import write_private
from gridwatch.embedded import ServiceError
from gridwatch.runtime import Frozen

PATIENCE_S = 3.0


class Trace(Frozen):
    """Which process a part was: a number alone is used again, with the time of its birth it is not."""

    pid: int
    created: float  # seconds since 1970 UTC, as the kernel says


_FILE = TypeAdapter(dict[str, Trace])


def note(path: Path, pids: Mapping[str, int]) -> None:
    """Write down who runs, for the next start."""
    traces = {}
    for name, pid in pids.items():
        with suppress(psutil.NoSuchProcess):
            traces[name] = Trace(pid=pid, created=psutil.Process(pid).create_time())
    write_private(path, _FILE.dump_json(traces, indent=1).decode())


def end(path: Path, cluster: Path | None = None) -> list[str]:
    """Wait for processes that the last run left, end those that stay, and name them.

    `cluster` is the embedded database's directory, whose own record of its process is looked at, too: a command may
    have started it.

    Raises:
        ServiceError: one cannot be ended.
    """
    processes = _alive(path) | _postmaster(cluster)
    names = [f"{name} ({process.pid})" for name, process in processes.items()]
    left: Sequence[psutil.Process] = list(processes.values())
    for number in (None, signal.SIGTERM, signal.SIGQUIT, signal.SIGKILL):
        for process in left:
            if number is not None:
                with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                    process.send_signal(number)
        _, left = psutil.wait_procs(left, timeout=PATIENCE_S)
        if not left:
            return names
    raise ServiceError(f"A process of the last run does not end: {', '.join(str(process.pid) for process in left)}.")


def _alive(path: Path) -> dict[str, psutil.Process]:
    try:
        traces = _FILE.validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return {}
    alive = {}
    for name, trace in traces.items():
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(trace.pid)
            # The kernel's clock ticks 100 times a second; two processes of one pid are further apart.
            if abs(process.create_time() - trace.created) < 1 and process.status() != psutil.STATUS_ZOMBIE:
                alive[name] = process
    return alive


def _postmaster(cluster: Path | None) -> dict[str, psutil.Process]:
    if cluster is None:
        return {}
    try:
        process = psutil.Process(int((cluster / "postmaster.pid").read_text().split("\n", 1)[0]))
        if process.name() == "postgres" and str(cluster) in process.cmdline():
            return {"postgres": process}
    except (OSError, ValueError, psutil.Error):
        pass
    return {}
