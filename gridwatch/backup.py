"""Back up an instance into one tar file, and bring it back. Refuses to overwrite anything unless told to.

Inside are the database (pg_dump, custom format), the settings, the rules of the centre, declared formats, the secrets and
the first-run accounts: the file is as secret as they are, mode 600. Messages the broker holds for the worker are not in it.
"""

import io
import json
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Callable
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from database import migrate
from gridwatch.data_dir import DataDirectory, write_private
from gridwatch.embedded.postgres import program
from gridwatch.errors import FrontDoorError

DUMP = "database.dump"
MANIFEST = "manifest.json"
CERTIFICATES = "certs"
FORMATS = "formats"  # where declared formats usually lie; another folder of the settings is the administrator's


class BackupError(FrontDoorError):
    """A backup that could not be made, or a file that is none."""


def back_up(url: str, directory: DataDirectory, rules: Path | None, target: Path, *, now: datetime) -> int:
    """Write everything into `target` and return its size in bytes; the file appears whole or not at all.

    Raises:
        BackupError: the database could not be read, or `target` exists.
    """
    if target.exists():
        raise BackupError(f"{target} exists already; name another file.")
    unfinished = target.with_name(target.name + ".new")
    unfinished.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(dir=target.absolute().parent) as folder:
        dump = Path(folder) / DUMP
        _run(url, "pg_dump", "--format=custom", "--no-owner", "--file", str(dump))
        manifest = {"gridwatch": version("gridwatch"), "created_at": now.isoformat(), "rules": rules is not None}
        file = os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        with file, tarfile.open(fileobj=file, mode="w") as tar:
            content = json.dumps(manifest).encode()
            member = tarfile.TarInfo(MANIFEST)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
            for path, name in ((dump, DUMP), *_files(directory, rules)):
                if path.exists():
                    tar.add(path, name, recursive=False)
    unfinished.replace(target)
    return target.stat().st_size


def bring_back(
    url: str, directory: DataDirectory, source: Path, *, rules: Callable[[], Path | None], force: bool
) -> None:
    """Put the content of a backup into an empty database and data directory, and migrate it to this version.

    `rules` is asked where the centre's own rules go once the settings that say so are back. `force` throws away what is
    there first.

    Raises:
        BackupError: `source` is no backup, or the target is not empty.
    """
    try:
        with tarfile.open(source) as tar:
            contents = {member.name: member for member in tar.getmembers() if member.isfile()}
            if not {MANIFEST, DUMP} <= contents.keys():
                raise BackupError(f"{source} is no backup of Gridwatch.")
            _empty(url, force=force)
            with tempfile.TemporaryDirectory(dir=directory.path) as folder:
                dump = Path(folder) / DUMP
                dump.write_bytes(_read(tar, contents[DUMP]))
                _restore(url, dump)
            for path, name in _files(directory, None):
                if name in contents:
                    write_private(path, _read(tar, contents[name]).decode())
            for name, member in contents.items():
                folder_of, _, file = name.partition("/")
                if folder_of in (CERTIFICATES, FORMATS) and file == Path(file).name:
                    (directory.path / folder_of).mkdir(mode=0o700, exist_ok=True)
                    write_private(directory.path / folder_of / file, _read(tar, member).decode())
            for path, name in _rules(rules()):
                if name in contents:
                    write_private(path, _read(tar, contents[name]).decode())
    except tarfile.TarError as error:
        raise BackupError(f"{source} is no backup of Gridwatch: {error}.") from None
    migrate(url)


def _files(directory: DataDirectory, rules: Path | None) -> list[tuple[Path, str]]:
    return [
        *(
            (path, path.name)
            for path in (directory.settings, directory.secrets, directory.credentials, directory.gateways)
        ),
        *((path, f"{CERTIFICATES}/{path.name}") for path in sorted(directory.certificates.glob("*.[pk]e[my]"))),
        *((path, f"{FORMATS}/{path.name}") for path in sorted((directory.path / FORMATS).glob("*.y*ml"))),
        *_rules(rules),
    ]


def _rules(place: Path | None) -> list[tuple[Path, str]]:
    return [] if place is None else [(place, "rules.yaml")]


def _read(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(member)
    assert file is not None  # only regular files were listed
    return file.read()


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
