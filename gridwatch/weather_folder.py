"""The watched folder: official warnings as files. Taken ones go to `done/`, refused ones to `refused/` with the reason beside them.

A file is read when it has not changed between two looks, and refused as no document when it has not changed for longer, so a
half-written one is waited for. Links are not followed. A file that is moved too late, because we were ended in between, is read again
and changes nothing; one that cannot be moved keeps no other out.
"""

import asyncio
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import psycopg
import structlog

from alerts.weather_intake import WeatherOptions
from database import append_changes, connect
from gridwatch.clock import now
from gridwatch.weather_desk import WeatherDesk
from gridwatch.weather_record import Look, note_look
from ingest.decoders import MAX_BYTES
from ingest.readings import Reason

log = structlog.get_logger(__name__)

NAME: Final = "folder"
LOOK_S: Final = 2.0
AT_ONCE: Final = 100  # files of one look; the next one takes the rest
SUFFIXES: Final = (".xml", ".cap", ".json")
DONE, REFUSED = "done", "refused"
KEPT_AT_MOST: Final = 10_000  # files in `done` and `refused` each; the oldest go first
HALF_WRITTEN_FOR: Final = timedelta(seconds=30)  # a copy over a network share stops now and then
TRIED_AGAIN_AFTER: Final = timedelta(minutes=10)
HEARTBEAT_S: Final = 30.0
NAME_KEPT: Final = 200  # bytes


@dataclass(frozen=True, slots=True)
class Seen:
    """How a file looked: the same twice is a file nobody writes to."""

    size: int
    modified_ns: int
    inode: int


class FolderReporter:
    """Looks into a folder every two seconds. Not for two threads at once."""

    name = NAME

    def __init__(self, url: str, folder: Path, options: WeatherOptions) -> None:
        self._url = url
        self._folder = folder
        self._desk = WeatherDesk(options)
        self._seen: dict[str, Seen] = {}
        self._put_off: dict[str, tuple[Seen, datetime]] = {}  # till then, unless it changes
        self._fault = ""
        self._noted: datetime | None = None
        # Of its own: a share that is away must not hold the threads that judge and store alarms.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="folder of warnings")

    async def run(self) -> None:
        """Look for ever."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                await loop.run_in_executor(self._thread, self.look, now())
            except (psycopg.Error, OSError) as error:
                log.warning("the folder of warnings was not read; tried again", error=str(error))
            except Exception:  # the outermost loop: one file must not end the worker
                log.exception("the folder of warnings was not read; tried again")
            await asyncio.sleep(LOOK_S)

    def look(self, at: datetime) -> int:
        """Take in what is complete; gives how many files that were.

        Raises:
            psycopg.Error: the database is away; the files stay where they are.
        """
        try:
            ready = self._ready(at)
        except OSError as error:
            self._note(Look(name=NAME, at=at, fault=f"{self._folder}: {error.strerror}"))
            return 0
        outcomes = [outcome for name in ready if (outcome := self._take(name, at)) is not None]
        if not self._put_off:
            self._fault = ""
        is_due = self._noted is None or (at - self._noted).total_seconds() >= HEARTBEAT_S
        if outcomes or is_due:
            taken, refused = outcomes.count(True), outcomes.count(False)
            self._note(Look(name=NAME, at=at, fault=self._fault, is_heard=True, taken=taken, refused=refused))
        return len(outcomes)

    def _ready(self, at: datetime) -> list[str]:
        """Name the files that are as they were at the last look, the oldest first."""
        self._folder.mkdir(parents=True, exist_ok=True)
        before, self._seen = self._seen, {}
        with os.scandir(self._folder) as entries:
            for entry in entries:
                if entry.name.lower().endswith(SUFFIXES) and entry.is_file(follow_symlinks=False):
                    about = entry.stat(follow_symlinks=False)
                    self._seen[entry.name] = Seen(about.st_size, about.st_mtime_ns, about.st_ino)
        self._put_off = {name: one for name, one in self._put_off.items() if self._seen.get(name) == one[0]}
        waiting = {name for name, (_, until) in self._put_off.items() if at < until}
        same = [
            (seen.modified_ns, name)
            for name, seen in self._seen.items()
            if before.get(name) == seen and name not in waiting
        ]
        return [name for _, name in sorted(same)][:AT_ONCE]

    def _take(self, name: str, at: datetime) -> bool | None:
        """Take one file in and move it; True where it was taken, None where it is tried again."""
        seen = self._seen[name]
        try:
            why = self._judge(name, at)
        except (psycopg.OperationalError, psycopg.InterfaceError):
            raise
        except Exception as error:  # a fault of ours in one file must not keep those behind it out
            log.exception("a file of warnings was not taken in; tried again", file=_shown(name))
            self._leave(name, seen, at + TRIED_AGAIN_AFTER, repr(error))
            return None
        if why is None:
            self._leave(name, seen, at + HALF_WRITTEN_FOR)
            return None
        try:
            self._move(name, REFUSED if why else DONE, why, at)
        except OSError as error:
            log.warning("a file of warnings cannot be moved", file=_shown(name), reason=str(error))
            self._leave(name, seen, at + TRIED_AGAIN_AFTER, f"cannot be moved: {error.strerror}")
        else:
            self._put_off.pop(name, None)
            self._seen.pop(name, None)
        return not why

    def _leave(self, name: str, seen: Seen, until: datetime, fault: str = "") -> None:
        self._put_off[name] = seen, until
        self._fault = f"{_shown(name)}: {fault}" if fault else self._fault

    def _judge(self, name: str, at: datetime) -> str | None:
        """Read a file and write down what it says; gives why it is refused, None where it may be half of a document."""
        document, why = _read(self._folder / name)
        return why or self._write(document, name, at, is_last=name in self._put_off)

    def _write(self, document: bytes, name: str, at: datetime, *, is_last: bool) -> str | None:
        """Write down what a file says, and give why it is refused; None: it is no document yet, unless this `is_last`."""
        with connect(self._url, name="gridwatch warnings folder") as connection, connection.cursor() as cur:
            topic = f"folder/{_shown(name)}"[:500]
            outcome = self._desk.take_document(cur, document, name=topic, actor="folder", now=at)
            if outcome.why.startswith(Reason.MALFORMED) and not is_last:
                connection.rollback()
                return None
            append_changes(cur, outcome.changes)
        return outcome.why

    def _move(self, name: str, where: str, why: str, at: datetime) -> None:
        target = self._folder / where
        target.mkdir(exist_ok=True)
        kept = target / f"{at:%Y%m%dT%H%M%S}-{_short(name)}"
        (self._folder / name).replace(kept)
        if why:
            kept.with_name(kept.name + ".reason.txt").write_text(f"{why}\n", encoding="utf-8")
            log.warning("a file of warnings was refused", file=_shown(name), reason=why)
        _tidy(target)

    def _note(self, look: Look) -> None:
        with connect(self._url, name="gridwatch warnings folder") as connection, connection.cursor() as cur:
            note_look(cur, look)
        self._noted = look.at


def _read(path: Path) -> tuple[bytes, str]:
    """Read a file of at most MAX_BYTES without following a link; gives why not otherwise."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        return b"", f"cannot be read: {error.strerror}"
    with os.fdopen(handle, "rb") as file:
        about = os.fstat(file.fileno())
        if not stat.S_ISREG(about.st_mode):
            return b"", "is no file"
        if about.st_size > MAX_BYTES:
            return b"", f"too-large: {about.st_size} bytes, {MAX_BYTES} are taken"
        return file.read(MAX_BYTES + 1)[:MAX_BYTES], ""


def _short(name: str) -> str:
    """Keep the end of a name, with its suffix: a name of ours is longer, and 255 bytes are all a file system takes."""
    return _shown(name).encode()[-NAME_KEPT:].decode("utf-8", "ignore")


def _shown(name: str) -> str:
    """Spell a name so that it can be stored: shares of Windows machines give names in GBK."""
    raw = os.fsencode(name)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("gb18030", "replace")


def _tidy(folder: Path) -> None:
    kept = sorted(folder.iterdir())  # names begin with the time
    for path in kept[: max(len(kept) - KEPT_AT_MOST, 0)]:
        path.unlink(missing_ok=True)
