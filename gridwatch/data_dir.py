"""The data directory of one instance: who may use it, what lies in it, and how secrets are written into it."""

import errno
import fcntl
import os
import pwd
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from gridwatch.errors import DataDirectoryError

LOCK_WAIT_S = 6.0  # a predecessor that was told to end has 5 s for it


@dataclass(frozen=True, slots=True, kw_only=True)
class DataDirectory:
    """Names of everything below one directory."""

    path: Path

    @property
    def settings(self) -> Path:
        """The settings file, where there is one."""
        return self.path / "gridwatch.yaml"

    @property
    def run(self) -> Path:
        """What other programs read: written once everything is ready."""
        return self.path / "run.json"

    @property
    def runtime(self) -> Path:
        """What our own parts read."""
        return self.path / "runtime.json"

    @property
    def parts(self) -> Path:
        """The processes started last, by which the next start finds what a kill -9 left behind."""
        return self.path / "parts.json"

    @property
    def secrets(self) -> Path:
        """Passwords of the broker's accounts, and what signs sessions."""
        return self.path / "secrets.json"

    @property
    def credentials(self) -> Path:
        """The first-run accounts, for people."""
        return self.path / "credentials.txt"

    @property
    def gateways(self) -> Path:
        """The accounts of gateways, passwords as hashes."""
        return self.path / "gateways.json"

    @property
    def certificates(self) -> Path:
        """The private certificate authority and what it made."""
        return self.path / "certs"

    @property
    def logs(self) -> Path:
        """One file a part."""
        return self.path / "logs"

    @property
    def postgres(self) -> Path:
        """The embedded database."""
        return self.path / "postgres"

    @property
    def broker(self) -> Path:
        """The embedded broker's sessions and messages."""
        return self.path / "broker"


class Lock:
    """Held by the one process that may use a data directory; the kernel lets go of it when that process dies."""

    def __init__(self, directory: DataDirectory) -> None:
        self._path = directory.path / "lock"
        self._file = -1

    def take(self, *, seconds: float = LOCK_WAIT_S) -> None:
        """Take the lock, waiting for a predecessor that is still ending.

        Raises:
            DataDirectoryError: somebody else keeps it.
        """
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    holder = os.pread(self._file, 32, 0).decode(errors="replace").strip() or "unknown"
                    self.release()
                    raise DataDirectoryError(
                        f"Gridwatch is already running in {self._path.parent} (process {holder});"
                        " stop it or choose another directory with --data-dir."
                    ) from None
                time.sleep(0.05)
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let go; closing the file is what the kernel does when a process dies."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def is_held_by_another(self) -> bool:
        """Tell whether an instance is running, without waiting and without staying."""
        try:
            self.take(seconds=0)
        except DataDirectoryError:
            return True
        self.release()
        return False


def prepare(path: Path, *, min_free_mb: int) -> DataDirectory:
    """Make the directory where it is missing and see that we can work in it.

    Raises:
        DataDirectoryError: no right to write, another user's directory, too little free space.
    """
    directory = DataDirectory(path=path.expanduser().absolute())
    try:
        directory.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        _refuse_foreign(directory.path)
        probe = directory.path / ".writable"
        probe.write_bytes(b"x" * 4096)
        probe.unlink()
        directory.logs.mkdir(exist_ok=True)
    except OSError as error:
        raise DataDirectoryError(cannot_write(directory.path, error)) from None
    free_mb = shutil.disk_usage(directory.path).free // 2**20
    if free_mb < min_free_mb:
        raise DataDirectoryError(
            f"The disk of {directory.path} is full: {free_mb} MB free, and {min_free_mb} MB are needed (min_free_mb)."
        )
    return directory


def cannot_write(path: Path, error: OSError) -> str:
    """Say in one sentence why nothing can be written below `path`."""
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return f"The disk of {path} is full."
        case errno.ENOTDIR | errno.EEXIST:
            return f"The data directory {path} cannot be made: a file of that name is in the way."
        case _:
            return (
                f"The data directory {path} cannot be written by {_name(os.geteuid())}: {error.strerror};"
                " choose another with --data-dir."
            )


def write_private(path: Path, content: str | bytes) -> None:
    """Replace a file in one step, readable by us alone: a reader sees the old or the new one, never a part."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content.encode() if isinstance(content, str) else content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def cannot_read(path: Path, error: OSError) -> DataDirectoryError:
    """Say that a file is there and we may not, or cannot, read it: nothing to be deleted for."""
    return DataDirectoryError(f"{path} cannot be read by {_name(os.geteuid())}: {error.strerror}.")


def _refuse_foreign(path: Path) -> None:
    # The lock file bears the name of whoever first started here; the database inside can be read by them alone.
    lock = path / "lock"
    owner = lock.stat().st_uid if lock.exists() else os.geteuid()
    if owner != os.geteuid():
        raise DataDirectoryError(
            f"The data directory {path} belongs to {_name(owner)} and was started by {_name(os.geteuid())}:"
            f" start as {_name(owner)} or choose another with --data-dir."
        )


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def refuse_running(directory: DataDirectory) -> None:
    """Refuse to go on while an instance runs in the directory.

    Raises:
        DataDirectoryError: one does.
    """
    lock = Lock(directory)
    lock.take(seconds=0)
    lock.release()
