"""One real `gridwatch run` in a data directory, whose parts are killed and looked for. Reads only what run.json says."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg

from gridwatch.embedded import free_port
from tests.faults.load import Gateway

PROGRAM = Path(sys.executable).with_name("gridwatch")
WITHIN_S = 60


async def until(holds: Callable[[], object], what: str, *, seconds: float = WITHIN_S) -> None:
    """Wait until `holds()` is true, looking often: the condition decides, not the clock."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while not await asyncio.to_thread(holds):
        assert loop.time() < deadline, f"not within {seconds} s: {what}"
        await asyncio.sleep(0.05)


@dataclass(slots=True)
class Instance:
    """A data directory with fixed addresses, and the `gridwatch run` that works in it now."""

    directory: Path
    http_port: int
    mqtt_port: int
    process: subprocess.Popen[bytes]

    @property
    def json(self) -> dict:
        """What it tells other programs."""
        return json.loads((self.directory / "run.json").read_text())

    @property
    def pids(self) -> dict[str, int]:
        """The processes of the parts, by name; empty while it starts."""
        try:
            return self.json["pids"]
        except (OSError, ValueError):
            return {}

    @property
    def database_url(self) -> str:
        """Where the readings are."""
        return self.json["database_url"]

    @property
    def http(self) -> str:
        """Address of the web server."""
        return f"http://127.0.0.1:{self.http_port}"

    def rows(self, query: str, *parameters: object) -> list[tuple]:
        """Ask the database; nothing while it is away."""
        try:
            with psycopg.connect(self.database_url, connect_timeout=5) as connection:
                return connection.execute(query, parameters).fetchall()
        except psycopg.OperationalError:
            return []

    def token(self, name: str = "officer") -> str:
        """Log in with an account of the first run."""
        accounts = dict(line.split(" ") for line in (self.directory / "credentials.txt").read_text().splitlines())
        form = urllib.parse.urlencode({"username": name, "password": accounts[name]}).encode()
        return json.loads(self.ask("/api/v1/token", form=form))["access_token"]

    def ask(self, path: str, *, token: str = "", form: bytes | None = None, body: dict | None = None) -> bytes:
        """Make one HTTP request."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        content = form
        if body is not None:
            headers["Content-Type"], content = "application/json", json.dumps(body).encode()
        request = urllib.request.Request(self.http + path, data=content, headers=headers)  # noqa: S310 -- our own address
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return answer.read()

    async def kill(self, part: str) -> None:
        """Kill -9 a part and wait until the supervisor has started another."""
        before = self.pids[part]
        os.kill(before, signal.SIGKILL)
        await until(lambda: self.pids.get(part, before) != before, f"a new {part}")

    @asynccontextmanager
    async def frozen(self, part: str) -> AsyncIterator[None]:
        """Stop a part and all its children where they are, and let them go on afterwards."""
        process = psutil.Process(self.pids[part])
        tree = [process, *process.children(recursive=True)]
        for each in tree:
            each.suspend()
        try:
            yield
        finally:
            for each in tree:
                if each.is_running():
                    each.resume()

    async def start_again(self) -> None:
        """Start `gridwatch run` in the same directory with the same addresses."""
        self.process = launch(self.directory, self.http_port, self.mqtt_port)
        await self.until_ready()

    async def until_ready(self) -> None:
        """Wait for run.json of this process."""
        await until(self._is_ready, "run.json")

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, f"gridwatch run ended with {self.process.returncode}; see {self.directory}"
        worker = self.pids.get("worker", 0)
        return bool(worker) and psutil.pid_exists(worker) and self._is_of_this_run(worker)

    def _is_of_this_run(self, pid: int) -> bool:
        # run.json of a killed run stays until the next one removes it; setpriv keeps the parent.
        try:
            return psutil.Process(pid).ppid() == self.process.pid
        except psutil.NoSuchProcess:
            return False

    def gateway(self) -> Gateway:
        """Make the gateway of the field, with the account that run.json names."""
        told = self.json
        return Gateway("127.0.0.1", self.mqtt_port, user=told["mqtt_user"], password=told["mqtt_password"])

    async def stop(self) -> None:
        """End by SIGTERM, as a service manager does."""
        self.process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(self.process.wait, 15) == 0


def launch(directory: Path, http_port: int, mqtt_port: int) -> subprocess.Popen[bytes]:
    """Start `gridwatch run` and return at once."""
    return subprocess.Popen(
        [
            *(PROGRAM, "run", "--data-dir", directory),
            *("--http", f"127.0.0.1:{http_port}", "--mqtt", f"127.0.0.1:{mqtt_port}"),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _begin(directory: Path, settings: str, files: dict[str, str]) -> Instance:
    directory.mkdir(parents=True)
    for name, content in files.items():
        (directory / name).write_text(content)
    if settings:
        (directory / "gridwatch.yaml").write_text(settings)
    http_port, mqtt_port = free_port(), free_port()
    return Instance(directory, http_port, mqtt_port, launch(directory, http_port, mqtt_port))


@asynccontextmanager
async def running(
    directory: Path, settings: str = "", *, files: dict[str, str] | None = None
) -> AsyncIterator[Instance]:
    """Run Gridwatch, ready, with `files` in its data directory; afterwards nothing of it is left, however the test ended.

    Ports are chosen beforehand, so that devices find the next run where the last one was.
    """
    instance = _begin(directory, settings, files or {})
    try:
        await instance.until_ready()
        yield instance
    finally:
        parts = [psutil.Process(pid) for pid in instance.pids.values() if psutil.pid_exists(pid)]
        instance.process.terminate()
        try:
            await asyncio.to_thread(instance.process.wait, 15)
        except subprocess.TimeoutExpired:
            instance.process.kill()
            instance.process.wait()
        for part in parts:
            if part.is_running():
                part.kill()
