"""Back up an instance into one tar file, and bring it back. Refuses to overwrite anything unless told to.

Inside are the database (pg_dump, custom format), the settings, the rules of the centre, its notify file with the secrets
beside it, declared formats, the secrets and the first-run accounts: the file is as secret as they are, mode 600. Messages
the broker holds for the worker are not in it.
"""

import gzip
import io
import json
import lzma
import os
import shutil
import subprocess
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import IO

import psycopg
from psycopg.conninfo import conninfo_to_dict

from alerts.errors import RuleFileError
from alerts.notification.notify_file import load_notify
from database import migrate
from gridwatch.data_dir import DataDirectory, write_private
from gridwatch.embedded.postgres import program
from gridwatch.errors import FrontDoorError

DUMP = "database.dump"
MANIFEST = "manifest.json"
CERTIFICATES = "certs"
SETTINGS = "gridwatch.yaml"
RULES = "rules.yaml"
NOTIFY = "notify.yaml"
NOTIFY_SECRETS = "notify-secrets"
FORMATS = "formats"  # where declared formats usually lie; another folder of the settings is the administrator's


class BackupError(FrontDoorError):
    """A backup that could not be made, or a file that is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFiles:
    """Files of the centre that lie where the settings say; None where it has none of its own."""

    rules: Path | None
    notify: Path | None

    def named(self) -> dict[str, Path]:
        """Give what there is under its name in a backup."""
        found = {RULES: self.rules, NOTIFY: self.notify}
        return {name: path for name, path in found.items() if path is not None}

    def place_of(self, name: str) -> Path | None:
        """Say where a member of a backup belongs; None where the settings do not name it any more."""
        if name in self.named():
            return self.named()[name]
        folder, _, file = name.partition("/")
        if folder != NOTIFY_SECRETS or self.notify is None or not _is_below(file):
            return None
        return self.notify.parent / file


def back_up(url: str, directory: DataDirectory, own: OwnFiles, target: Path, *, now: datetime) -> int:
    """Write everything into `target` and return its size in bytes; the file appears whole or not at all.

    Raises:
        BackupError: the database could not be read, `target` exists, or its folder does not.
    """
    if target.exists():
        raise BackupError(f"{target} exists already; name another file.")
    if not target.absolute().parent.is_dir():
        raise BackupError(f"There is no folder {target.absolute().parent} to write {target.name} into.")
    unfinished = target.with_name(target.name + ".new")
    unfinished.unlink(missing_ok=True)
    try:
        _write(url, [*_files(directory), *_files_of(own)], unfinished, now=now)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return target.stat().st_size


def _write(url: str, files: list[tuple[Path, str]], unfinished: Path, *, now: datetime) -> None:
    with tempfile.TemporaryDirectory(dir=unfinished.absolute().parent) as folder:
        dump = Path(folder) / DUMP
        _run(url, "pg_dump", "--format=custom", "--no-owner", "--file", str(dump))
        members = [(dump, DUMP), *((path, name) for path, name in files if path.is_file())]
        names = [name for _, name in members]
        manifest = {"gridwatch": version("gridwatch"), "created_at": now.isoformat(), "files": names}
        file = os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        with file, tarfile.open(fileobj=file, mode="w", dereference=True) as tar:
            content = json.dumps(manifest).encode()
            member = tarfile.TarInfo(MANIFEST)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
            for path, name in members:
                tar.add(path, name, recursive=False)


def bring_back(url: str, directory: DataDirectory, source: Path, *, own: Callable[[], OwnFiles], force: bool) -> None:
    """Put the content of a backup into an empty database and data directory, and migrate it to this version.

    `own` is asked where the centre's own files go once the settings that say so are back. The whole backup is read before
    anything is touched; `force` throws away what is there then.

    Raises:
        BackupError: `source` is no backup, is cut off or damaged, or the target is not empty.
    """
    with tempfile.TemporaryDirectory(dir=directory.path) as folder:
        dump = Path(folder) / DUMP
        with _opened(source) as (tar, contents), dump.open("wb") as file:
            shutil.copyfileobj(_stream(tar, contents[DUMP]), file)
            texts = {name: _stream(tar, member).read() for name, member in contents.items() if name != DUMP}
        _run(url, "pg_restore", "--file", os.devnull, str(dump))  # reads all of it
        _empty(url, force=force)
        _restore(url, dump)
    for path, name in _files(directory):
        if name in texts:
            write_private(path, texts[name])
    for name, content in texts.items():
        folder_of, _, file_name = name.partition("/")
        if folder_of in (CERTIFICATES, FORMATS) and file_name == Path(file_name).name:
            _put(directory.path / folder_of / file_name, content)
    there = own()
    for name, content in texts.items():
        place = there.place_of(name)
        if place is not None:
            _put(place, content)
    migrate(url)


def settings_in(source: Path) -> bytes | None:
    """Give the settings file of a backup; None where it has none.

    Raises:
        BackupError: `source` is no backup.
    """
    with _opened(source) as (tar, contents):
        return _stream(tar, contents[SETTINGS]).read() if SETTINGS in contents else None


@contextmanager
def _opened(source: Path) -> Iterator[tuple[tarfile.TarFile, dict[str, tarfile.TarInfo]]]:
    try:
        with tarfile.open(source) as tar:
            contents = {member.name: member for member in tar.getmembers() if member.isfile()}
            if not {MANIFEST, DUMP} <= contents.keys():
                raise BackupError(f"{source} is no backup of Gridwatch.")
            promised = json.loads(_stream(tar, contents[MANIFEST]).read()).get("files", [])
            if not contents.keys() >= set(promised):
                raise BackupError(
                    f"{source} is cut off: it lacks {', '.join(sorted(set(promised) - contents.keys()))}."
                )
            yield tar, contents
    except (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, ValueError):
        raise BackupError(f"{source} is no backup of Gridwatch, or it is cut off or damaged.") from None


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(path, content)


def _files(directory: DataDirectory) -> list[tuple[Path, str]]:
    return [
        *(
            (path, path.name)
            for path in (directory.settings, directory.secrets, directory.credentials, directory.gateways)
        ),
        *((path, f"{CERTIFICATES}/{path.name}") for path in sorted(directory.certificates.glob("*.[pk]e[my]"))),
        *((path, f"{FORMATS}/{path.name}") for path in sorted((directory.path / FORMATS).glob("*.y*ml"))),
    ]


def _files_of(own: OwnFiles) -> list[tuple[Path, str]]:
    """List the centre's own files, and the secrets that lie below the folder of its notify file."""
    secrets = []
    if own.notify is not None:
        try:
            receivers = load_notify(own.notify).receivers
        except RuleFileError:  # it is kept as it is, for whoever mends it
            receivers = ()
        files = sorted({each.secret.file for each in receivers if each.secret.file is not None})
        secrets = [(own.notify.parent / file, f"{NOTIFY_SECRETS}/{file}") for file in files if _is_below(file)]
    return [*((path, name) for name, path in own.named().items()), *secrets]


def _is_below(file: str) -> bool:
    return file != "" and not Path(file).is_absolute() and ".." not in Path(file).parts


def _stream(tar: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    file = tar.extractfile(member)
    assert file is not None  # only regular files were listed
    return file


def _empty(url: str, *, force: bool) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
        if tables == (0,):
            return
        if not force:
            raise BackupError("There is an instance here already; --force throws it away and restores over it.")
        connection.execute("DROP EXTENSION IF EXISTS timescaledb CASCADE")
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")


def _restore(url: str, dump: Path) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        listed = _run(url, "pg_restore", "--list", str(dump))
        if "EXTENSION - timescaledb" not in listed:
            _run(url, "pg_restore", "--exit-on-error", "--single-transaction", "--no-owner", "--dbname", "", str(dump))
            return
        # TimescaleDB's catalogue has to be told, and takes no single transaction.
        connection.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
        connection.execute("SELECT timescaledb_pre_restore()")
        _run(url, "pg_restore", "--exit-on-error", "--no-owner", "--dbname", "", str(dump))
        connection.execute("SELECT timescaledb_post_restore()")


def _run(url: str, name: str, *arguments: str) -> str:
    # The password goes by the environment: arguments are there for everybody to see.
    account = conninfo_to_dict(url)
    given = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGPASSWORD": "password", "PGDATABASE": "dbname"}
    told = {variable: str(account[key]) for variable, key in given.items() if account.get(key) is not None}
    command = [str(program(name)), *(told["PGDATABASE"] if each == "" else each for each in arguments)]
    done = subprocess.run(command, env=os.environ | told, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        reason = done.stderr.strip().splitlines()[:1] or ["no reason given"]
        raise BackupError(f"{name} failed: {reason[0]}")
    return done.stdout
