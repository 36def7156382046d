"""A running instance as its users have it: one `gridwatch run`, its commands, its REST interface, its MQTT port."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from gridwatch.embedded.process import end, start, wait_until

PROGRAM = Path(sys.executable).with_name("gridwatch")
READY_S = 60.0  # on a machine that does other things, too
SOON_S = 30.0
PAUSE_S = 0.01
Item = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str


def gridwatch(*arguments: object, stdin: str = "", seconds: float = 300) -> Done:
    """Run a command to its end; whatever happens, nobody is shown a traceback."""
    command = [PROGRAM, *(str(argument) for argument in arguments)]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, timeout=seconds)
    assert "Traceback" not in done.stderr, done.stderr
    return Done(done.returncode, done.stdout, done.stderr)


def eventually(look: Callable[[], T], what: str, *, seconds: float = SOON_S) -> T:
    """Look until there is something to see, and give it."""
    deadline = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(PAUSE_S)
    return seen


@dataclass(slots=True)
class Living:
    """One instance and what a person can do with it."""

    directory: Path
    process: subprocess.Popen[bytes]
    _clients: dict[str, httpx.Client] = field(default_factory=dict)

    @property
    def run(self) -> Item:
        """What it tells other programs."""
        told: Item = json.loads((self.directory / "run.json").read_text())
        return told

    def does(self, *arguments: object, stdin: str = "") -> str:
        """Run a command on this instance; it succeeds."""
        done = gridwatch(*arguments, "--data-dir", self.directory, stdin=stdin)
        assert done.code == 0, done
        return done.out

    def refuses(self, *arguments: object, stdin: str = "") -> str:
        """Run a command on this instance; it ends with a sentence of ours and exit code 1."""
        done = gridwatch(*arguments, "--data-dir", self.directory, stdin=stdin)
        assert done.code == 1, done
        return done.err + done.out

    def password(self, name: str) -> str:
        """Look up a first-run account."""
        lines = (self.directory / "credentials.txt").read_text().splitlines()
        return dict(line.split(" ", 1) for line in lines)[name]

    def as_(self, name: str = "officer") -> httpx.Client:
        """Give a client of the REST interface that has signed in by password."""
        if name not in self._clients:
            client = httpx.Client(base_url=self.run["http"], timeout=30)
            form = {"username": name, "password": self.password(name)}
            token = client.post("/api/v1/token", data=form).raise_for_status().json()["access_token"]
            client.headers["Authorization"] = f"Bearer {token}"
            self._clients[name] = client
        return self._clients[name]

    def every(self, path: str, **asked: object) -> list[Item]:
        """Give all items of a list, page by page."""
        items: list[Item] = []
        cursor: Item = {}
        while True:
            answer = self.as_("admin").get(f"/api/v1/{path}", params={**asked, **cursor}).raise_for_status().json()
            items += answer["items"]
            if answer["next"] is None:
                return items
            cursor = {"cursor": answer["next"]}

    def gauges(self) -> list[Item]:
        """List the gauges."""
        return self.every("devices", kind="gauge")

    def gauge(self, name: str, *, beside: Item) -> Item:
        """Register a gauge that no simulator speaks for, where another device stands; its limits are 2, 3, 4 and 5 m."""
        limits = {str(priority): 6 - priority for priority in (1, 2, 3, 4)}
        metrics = [{"metric": "stage", "unit": "m", "limits": limits}]
        body = {"kind": "gauge", "name": name, "lon": beside["lon"], "lat": beside["lat"], "metrics": metrics}
        made: Item = self.as_("admin").put(f"/api/v1/devices/{name}", json=body).raise_for_status().json()
        return made

    @contextmanager
    def mqtt(self) -> Iterator[Callable[[str, list[Item]], None]]:
        """Sign in at the broker as a gateway; gives what publishes SenML and returns when it is acknowledged."""
        run = self.run
        address = urlsplit(run["mqtt"])
        client = Client(CallbackAPIVersion.VERSION2)
        client.username_pw_set(run["mqtt_user"], run["mqtt_password"])
        client.connect(str(address.hostname), int(address.port or 0))
        client.loop_start()

        def publish(topic: str, records: list[Item]) -> None:
            told = client.publish(topic, json.dumps(records), qos=1)
            told.wait_for_publish(SOON_S)
            assert told.is_published()

        yield publish
        client.disconnect()
        client.loop_stop()

    def close(self) -> None:
        """Hang up."""
        for client in self._clients.values():
            client.close()


@contextmanager
def living(directory: Path, *options: str, settings: str = "") -> Iterator[Living]:
    """Start an instance and wait until it is ready; afterwards nothing of it is left."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "gridwatch.yaml").write_text(settings)
    log = directory / "test.log"
    command = [PROGRAM, "run", "--data-dir", directory, "--http", "127.0.0.1:0", "--mqtt", "127.0.0.1:0", *options]
    with log.open("wb") as output:
        process = start(command, output)
    instance = Living(directory, process)
    try:
        wait_until((directory / "run.json").exists, process, what="The instance", seconds=READY_S, log=log)
        yield instance
    finally:
        instance.close()
        end(process, gently=signal.SIGTERM, seconds=8)
