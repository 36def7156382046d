"""The process of one import of devices: its task on standard input, all else in its row of the database.

A file of 170,000 lines takes a core for a minute and hundreds of megabytes: in a process of its own it holds up no screen,
and a workbook made to burst bursts nobody else.
"""

import json
import os
import resource
import sys
import time
from dataclasses import dataclass, field
from datetime import datetime

import psycopg
import stamina

from dashboard import audit
from dashboard.queries.device_imports import Wanted, content_of, move, note_progress
from database import append_changes, connect
from database.connection import Connection
from ingest.device_file import DeviceFileError, Judged, judge
from ingest.registration import RegistrationError, Way, write

NICE = 5
MEMORY = 4 << 30  # bytes of address space; 170,000 lines of a workbook take a fifth
EVERY_S = 0.5
TRIES = 3  # a worker that writes when devices were heard may lock them in another order


@dataclass(slots=True)
class _Teller:
    """Writes how far it is, twice a second, in a session of its own: nobody sees into the one that works."""

    connection: Connection
    id: str
    told: float = field(default=0.0)

    def __call__(self, done: int, total: int, what: str) -> None:
        now = time.monotonic()
        if now - self.told >= EVERY_S or done == total:
            self.told = now
            note_progress(self.connection.cursor(), self.id, what, done, total)
            self.connection.commit()


def work(url: str, wanted: Wanted, now: datetime) -> None:
    """Read a file and judge it, or register the devices of one that was judged."""
    with connect(url, name="gridwatch import progress") as telling:
        tell = _Teller(telling, wanted.id)
        try:
            if wanted.state == "reading":
                _read(url, wanted, now, tell)
            else:
                _register(url, wanted, now, tell)
        except DeviceFileError as error:
            _end(url, wanted, "refused", str(error))


def _read(url: str, wanted: Wanted, now: datetime, tell: _Teller) -> None:
    with connect(url, name="gridwatch import") as connection:
        judged = _judged(connection, wanted, now, tell)
        state = "ready" if judged.report.is_admitted else "refused"
        move(connection.cursor(), wanted.id, state, report=judged.report.to_json())  # type: ignore[arg-type]


@stamina.retry(on=psycopg.errors.DeadlockDetected, attempts=TRIES)
def _register(url: str, wanted: Wanted, now: datetime, tell: _Teller) -> None:
    """Judge again, as the registry is now, and register; the audit row and the changes belong to it."""
    with connect(url, name="gridwatch import") as connection, connection.cursor() as cur:
        judged = _judged(connection, wanted, now, tell)
        if not judged.report.is_admitted:
            move(cur, wanted.id, "refused", report=judged.report.to_json())
            return
        try:
            changes = write(
                cur, judged.devices, now=now, actor=wanted.actor, way=Way.FILE, note=wanted.file_name, step=tell
            )
        except RegistrationError as error:
            connection.rollback()
            move(cur, wanted.id, "refused", fault=str(error))
            return
        detail: audit.Detail = {"file": wanted.file_name, "devices": len(judged.devices), "changed": len(changes)}
        audit.append(
            cur, actor=wanted.actor, action="device.import", target=f"import {wanted.id}", detail=detail, now=now
        )
        move(cur, wanted.id, "registered", report=judged.report.to_json())
        append_changes(cur, changes)


def _judged(connection: Connection, wanted: Wanted, now: datetime, tell: _Teller) -> Judged:
    cur = connection.cursor()
    content = content_of(cur, wanted.id)
    lines = content.count(b"\n") if content[:2] != b"PK" else 0
    tell(0, lines, "reading")
    return judge(
        cur,
        content,
        name=wanted.file_name,
        now=now,
        areas=frozenset(wanted.areas),
        counted=lambda n: tell(n, max(lines, n) if lines else 0, "reading"),
        checked=lambda: tell(0, 0, "checking"),
    )


def _end(url: str, wanted: Wanted, state: str, fault: str) -> None:
    with connect(url, name="gridwatch import") as connection:
        move(connection.cursor(), wanted.id, state, fault=fault[:2000])  # type: ignore[arg-type]


def main() -> None:
    """Do what standard input asks for."""
    os.nice(NICE)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    task = json.load(sys.stdin)
    work(task["database_url"], Wanted.model_validate(task["wanted"]), datetime.fromisoformat(task["now"]))


if __name__ == "__main__":
    main()
