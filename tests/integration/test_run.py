"""`gridwatch run` as an operator sees it: one real process, its parts, and every way it can end."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg
import pytest

from tests.brokers import Visitor

PROGRAM = Path(sys.executable).with_name("gridwatch")
PARTS = {"broker", "postgres", "worker", "web", "simulators"}
READY_S = 120  # on two cores that do other things too; alone it is 4


def wait_for(holds: Callable[[], object], what: str, *, seconds: float = READY_S) -> None:
    """Wait until `holds()` is true, looking often."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.02)


@dataclass(slots=True)
class Run:
    """One `gridwatch run` in a data directory."""

    directory: Path
    process: subprocess.Popen[str]
    parts: dict[str, psutil.Process] = field(default_factory=dict)

    @property
    def json(self) -> dict:
        """What it tells other programs."""
        return json.loads((self.directory / "run.json").read_text())

    def is_up(self) -> bool:
        """Tell whether it said that it is ready; fail if it ended instead."""
        if self.process.poll() is not None:
            pytest.fail(f"ended instead: {self.process.communicate()}")
        return (self.directory / "run.json").exists()

    def until_ready(self) -> "Run":
        """Wait for readiness and remember the processes of the parts."""
        wait_for(self.is_up, "run.json")
        self.parts = {name: psutil.Process(pid) for name, pid in self.json["pids"].items()}
        return self

    def left(self) -> list[str]:
        """Name the parts that still run, zombies aside."""
        return [name for name, process in self.parts.items() if is_alive(process)]


def is_alive(process: psutil.Process) -> bool:
    """Tell whether a process runs; one that only waits to be buried does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@contextmanager
def running(directory: Path, *options: str) -> Iterator[Run]:
    """Start `gridwatch run`; afterwards nothing of it is left, however the test ended."""
    command = [PROGRAM, "run", "--data-dir", directory, "--http", "127.0.0.1:0", "--mqtt", "127.0.0.1:0", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    run = Run(directory, process)
    try:
        yield run
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=10)
        for part in run.parts.values():
            if is_alive(part):
                part.kill()


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with a blank in its name; what one test leaves in it, the next one starts with."""
    return tmp_path_factory.mktemp("run") / "data 1"


def test_a_demo_is_up_and_says_where(directory):
    """The first start makes everything, answers, and writes a private and complete run.json and credentials."""
    with running(directory, "--demo") as run:
        run.until_ready()
        assert stat.S_IMODE((directory / "run.json").stat().st_mode) == 0o600
        assert set(run.json) == {"http", "mqtt", "mqtt_user", "mqtt_password", "database_url", "pids"}
        assert set(run.json["pids"]) == PARTS
        with urllib.request.urlopen(f"{run.json['http']}/readyz", timeout=5) as answer:  # noqa: S310 -- our own address
            assert answer.status == 200
        with psycopg.connect(run.json["database_url"]) as connection:
            assert connection.execute("SELECT count(*) > 1000 FROM devices").fetchone() == (True,)
        credentials = directory / "credentials.txt"
        assert stat.S_IMODE(credentials.stat().st_mode) == 0o600
        names = {line.split(" ")[0] for line in credentials.read_text().splitlines()}
        assert names == {"admin", "officer", "dispatcher", "commander", "screen"}


def test_no_gateway_can_take_the_workers_session(directory):
    """MQTT gives a session to whoever names its client id, and forgets what waits in it: nobody can guess the worker's."""
    with running(directory) as run:
        run.until_ready()
        port = urlsplit(run.json["mqtt"]).port
        thief = Visitor(run.json["mqtt_user"], run.json["mqtt_password"], client_id="gridwatch-worker-1").connect(port)
        assert thief.is_in
        thief.leave()
    assert "Replacing old client" not in (directory / "logs" / "broker.log").read_text()


def test_sigterm_ends_every_process(directory):
    """A second start keeps the accounts and the county; SIGTERM ends everything, and run.json with it."""
    accounts = (directory / "credentials.txt").read_text()
    with running(directory, "--demo") as run:
        run.until_ready()
        assert (directory / "credentials.txt").read_text() == accounts
        run.process.send_signal(signal.SIGTERM)
        assert run.process.wait(60) == 0
        assert run.left() == []
        assert not (directory / "run.json").exists()


def test_ctrl_c_during_the_start_ends_it(directory):
    """SIGINT before everything is ready leaves no process, no run.json and an exit code of 0."""
    with running(directory, "--demo") as run:
        wait_for((directory / "parts.json").exists, "the first part")
        parts = {name: trace["pid"] for name, trace in json.loads((directory / "parts.json").read_text()).items()}
        run.process.send_signal(signal.SIGINT)
        assert run.process.wait(6) == 0
        assert not [pid for pid in parts.values() if psutil.pid_exists(pid)]
        assert not (directory / "run.json").exists()


def test_a_killed_supervisor_leaves_nothing_and_the_next_start_works(directory):
    """After kill -9 of the supervisor every part ends by itself, and a start right behind it is not kept from working."""
    with running(directory, "--demo") as run:
        run.until_ready()
        run.process.kill()
        run.process.wait()
        with running(directory, "--demo") as second:
            wait_for(lambda: run.left() == [], "the end of the first run's parts", seconds=10)
            wait_for(lambda: second.is_up() and second.json["pids"]["web"] != run.parts["web"].pid, "the second run")


@pytest.mark.parametrize("name", sorted(PARTS))
def test_a_killed_part_is_restarted(directory, name):
    """After kill -9 of a part run.json has its new process, the addresses stay, and everything is ready again."""
    with running(directory, "--demo") as run:
        run.until_ready()
        before = run.json
        run.parts[name].kill()
        wait_for(lambda: run.json["pids"].get(name, before["pids"][name]) != before["pids"][name], f"a new {name}")
        after = run.json
        assert {key: value for key, value in after.items() if key != "pids"} == {
            key: value for key, value in before.items() if key != "pids"
        }
        wait_for(lambda: is_ready(after["http"]), "readiness")
        run.parts = {part: psutil.Process(pid) for part, pid in run.json["pids"].items()}
        assert set(run.parts) == PARTS


def is_ready(http: str) -> bool:
    """Ask /readyz."""
    try:
        with urllib.request.urlopen(f"{http}/readyz", timeout=2):  # noqa: S310 -- our own address
            return True
    except OSError:
        return False


def refused(directory: Path, *options: str, environment: dict[str, str] | None = None) -> str:
    """Run to the end and give what was said on stderr; it must be one sentence, and the exit code 1."""
    command = [PROGRAM, "run", "--data-dir", directory, "--http", "127.0.0.1:0", "--mqtt", "127.0.0.1:0", *options]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=120, env=os.environ | (environment or {})
    )
    assert done.returncode == 1, done
    assert done.stderr.startswith("gridwatch: ")
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


@pytest.mark.parametrize(("option", "purpose"), [("--http", "the web server"), ("--mqtt", "the MQTT broker")])
def test_a_port_in_use_is_named(tmp_path, option, purpose):
    """The sentence names the port, what it is for, and who has it."""
    with closing(socket.socket()) as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        said = refused(tmp_path / "data", option, f"127.0.0.1:{port}")
    assert f"Port {port} for {purpose} is in use by " in said
    assert f"(process {os.getpid()})" in said


def test_a_second_run_in_the_same_directory_is_told_so(directory):
    """Two instances cannot share a data directory; the first is not disturbed."""
    with running(directory) as run:
        run.until_ready()
        assert f"already running in {directory} (process {run.process.pid})" in refused(directory)
        assert run.left() == list(run.parts)


def test_a_full_disk_is_named(tmp_path):
    """Too little free space is said before anything is started."""
    said = refused(tmp_path / "data", environment={"GRIDWATCH_MIN_FREE_MB": "100000000"})
    assert "is full" in said


def test_a_directory_that_cannot_be_written_is_named(tmp_path):
    """A data directory below a file, or in the kernel's own tree, is one sentence."""
    (tmp_path / "file").touch()
    assert "a file of that name is in the way" in refused(tmp_path / "file" / "data")
    assert "/proc/gridwatch" in refused(Path("/proc/gridwatch"))


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a second user, so only root can try")
def test_another_users_directory_is_named(tmp_path):
    """A data directory that one user started is not touched by another; the sentence names both."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "lock").touch()
    os.chown(data / "lock", 65534, 65534)
    assert "belongs to nobody and was started by root" in refused(data)


def test_wrong_settings_rules_and_decoders_are_named_before_anything_starts(tmp_path):
    """A wrong key, a bad rule file and an unknown decoder each end the start with their own sentence."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "gridwatch.yaml").write_text("dashboard: {prot: 1}")
    assert "did you mean dashboard.port?" in refused(data)
    (data / "gridwatch.yaml").write_text("alerts: {rules: mine.yaml}")
    (data / "mine.yaml").write_text("rules:\n  x: 5\n")
    assert "mine.yaml" in refused(data)
    (data / "gridwatch.yaml").write_text("ingest: {sources: [{topic: a, decoder: senlm}]}")
    assert "did you mean 'senml'" in refused(data)
    assert not (data / "postgres").exists()


def test_a_database_that_does_not_answer_is_named_without_its_password(tmp_path):
    """An outside database that is not there is one sentence, and its password is not in it."""
    url = "postgresql://u:geheim@127.0.0.1:1/none"
    said = refused(tmp_path / "data", environment={"GRIDWATCH_DATABASE_URL": url})
    assert "postgresql://u:***@127.0.0.1:1/none cannot be reached" in said
    assert "geheim" not in said
