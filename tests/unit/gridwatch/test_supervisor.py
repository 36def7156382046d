"""The supervisor, with small real processes in the place of the parts."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from gridwatch import leftovers
from gridwatch.embedded import ServiceError
from gridwatch.embedded.process import leash, start
from gridwatch.parts import LONGEST_LOG, Part, Running, last_words, trim
from gridwatch.stop_signals import StopRequested, StopSignals
from gridwatch.supervisor import END_ALL_S, Supervisor

OBEDIENT = "import time; time.sleep(60)"
STUBBORN = "import signal, time\nfor s in (2, 3, 15): signal.signal(s, signal.SIG_IGN)\nprint('up', flush=True)\ntime.sleep(60)"


def part(folder: Path, name: str, code: str, *, says: str = "") -> Part:
    """A part that runs `code` and is ready once its log holds `says`."""
    log = folder / f"{name}.log"

    def launch() -> subprocess.Popen[bytes]:
        with log.open("ab") as output:
            return start([*leash("KILL"), sys.executable, "-c", code], output)

    return Part(name=name, launch=launch, is_ready=lambda: says in log.read_text(), log=log, ready_within_s=10)


@pytest.fixture
def signals():
    """Stop signals that are not the process's own."""
    return StopSignals()


@pytest.fixture
def supervisor(signals):
    """A supervisor whose parts have ended after the test."""
    made = Supervisor(signals, on_change=lambda: None)
    yield made
    made.stop()


def watch_until(supervisor: Supervisor, signals: StopSignals, holds, *, seconds: float = 10) -> None:
    """Let the supervisor watch until `holds()`, or fail."""
    done = threading.Event()

    def look() -> None:
        deadline = time.monotonic() + seconds
        while not holds() and time.monotonic() < deadline:
            done.wait(0.02)
        signals.requested = signal.SIGTERM

    thread = threading.Thread(target=look)
    thread.start()
    supervisor.watch()
    thread.join()
    assert holds()


def test_parts_are_ready_when_start_returns(supervisor, tmp_path):
    """start() waits for what a part says of itself, not for a time."""
    supervisor.start([part(tmp_path, "a", "print('up', flush=True)\n" + OBEDIENT, says="up")])
    assert "up" in (tmp_path / "a.log").read_text()
    assert supervisor.is_complete


def test_a_part_that_ends_while_starting_is_named_with_its_last_words(supervisor, tmp_path):
    """A start that cannot succeed says which part, where its log is, and what it said last."""
    with pytest.raises(ServiceError, match=r"a ended while starting \(exit code 3\); see .*a\.log: out of cheese"):
        supervisor.start([part(tmp_path, "a", "print('out of cheese', flush=True); raise SystemExit(3)", says="up")])


def test_a_killed_part_is_started_again_and_noted(signals, tmp_path):
    """After a kill -9 the part has a new process, and whoever writes run.json was told."""
    noted: list[dict[str, int]] = []
    supervisor = Supervisor(signals, on_change=lambda: noted.append(supervisor.pids))
    supervisor.start([part(tmp_path, "a", OBEDIENT), part(tmp_path, "b", OBEDIENT)])
    before = supervisor.pids
    os.kill(before["a"], signal.SIGKILL)
    watch_until(supervisor, signals, lambda: supervisor.pids.get("a") not in (None, before["a"]))
    supervisor.stop()
    assert noted[-1]["a"] != before["a"]
    assert noted[-1]["b"] == before["b"]
    assert not any(psutil.pid_exists(pid) for pid in noted[-1].values())


def test_everything_has_ended_even_what_will_not(signals, tmp_path):
    """A part that ignores every signal it can is killed, within the five seconds that are promised."""
    supervisor = Supervisor(signals, on_change=lambda: None)
    supervisor.start([part(tmp_path, "good", OBEDIENT), part(tmp_path, "bad", STUBBORN, says="up")])
    pids = supervisor.pids.values()
    supervisor.stop()
    assert END_ALL_S < 5  # how long it waits; how long a busy machine then takes nobody can promise
    assert not any(psutil.pid_exists(pid) for pid in pids)


def test_a_signal_cuts_a_start_short(supervisor, signals, tmp_path):
    """Who presses Ctrl-C while something starts does not wait for it."""
    signals.requested = signal.SIGINT
    with pytest.raises(StopRequested):
        supervisor.start([part(tmp_path, "a", OBEDIENT, says="never")])


def test_the_pause_grows_with_each_failure_and_has_an_end(tmp_path):
    """A part that dies at once is tried again after 0.1 s, 0.2 s, … and at most 10 s."""
    running = Running(part=part(tmp_path, "a", OBEDIENT))
    assert [running.schedule_restart() for _ in range(9)] == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0]


def test_children_die_with_whoever_started_them(tmp_path):
    """A kill -9 of the starter ends a leashed child: nothing is orphaned."""
    code = (
        "import sys, time\nfrom gridwatch.embedded.process import leash, start\n"
        f"child = start([*leash('KILL'), sys.executable, '-c', {OBEDIENT!r}], sys.stderr)\n"
        "print(child.pid, flush=True)\ntime.sleep(60)"
    )
    starter = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    with starter:
        assert starter.stdout is not None
        child = psutil.Process(int(starter.stdout.readline()))
        starter.kill()
        starter.wait()
    gone, _ = psutil.wait_procs([child], timeout=30)
    assert gone or child.status() == psutil.STATUS_ZOMBIE


def test_what_the_last_run_left_behind_is_ended_and_nobody_else(tmp_path):
    """A leftover is known by pid and birth; a process that only has the pid of one is left alone."""
    file = tmp_path / "parts.json"
    left = subprocess.Popen([sys.executable, "-c", OBEDIENT])
    other = subprocess.Popen([sys.executable, "-c", OBEDIENT])
    with left, other:
        leftovers.note(file, {"worker": left.pid})
        traces = file.read_text()
        file.write_text(traces[:-2] + f',"web": {{"pid": {other.pid}, "created": 1.0}}}}')
        waiter = threading.Thread(target=left.wait)  # init does this for orphans
        waiter.start()
        assert leftovers.end(file) == [f"worker ({left.pid})"]
        waiter.join()
        assert other.poll() is None
        other.kill()


def test_last_words_are_the_last_line_that_says_something(tmp_path):
    """An empty or missing log has none."""
    log = tmp_path / "log"
    assert last_words(log) == ""
    log.write_text("first\nlast\n\n")
    assert last_words(log) == "last"


def test_a_log_that_grew_too_long_begins_anew_under_its_writer(tmp_path):
    """The old lines are kept beside it, and what the writer says next stands in the new one."""
    log = tmp_path / "log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"x" * LONGEST_LOG)
        trim(log)
        assert not log.with_name("log.1").exists()
        writer.write(b"y")
        trim(log)
        writer.write(b"z")
    assert log.read_bytes() == b"z"
    assert log.with_name("log.1").stat().st_size == LONGEST_LOG + 1
