"""The rows of files of devices that were handed in: what is wanted, how far it is, what it came to."""

from datetime import datetime, timedelta
from typing import Any, Literal

from psycopg import sql
from psycopg.types.json import Jsonb
from pydantic import BaseModel, ConfigDict, Field

from dashboard.queries.rows import rows_as_dicts
from database.connection import Cursor

ImportState = Literal["reading", "refused", "ready", "registering", "registered", "failed", "discarded"]
KEPT = timedelta(days=30)  # reports
FILE_KEPT = timedelta(days=2)  # files nobody registered


class FindingItem(BaseModel):
    """One thing about one cell."""

    model_config = ConfigDict(frozen=True)

    line: int = Field(description="As the spreadsheet counts, from 1; 0: the whole file.")
    column: str = Field(description="Heading of the column as the file has it.")
    value: str = Field(description="What stands there, its beginning.")
    code: str = Field(description="Which fault or doubt, for programs.")
    zh: str = Field(description="In Chinese.")
    en: str = Field(description="In English.")


class ReportItem(BaseModel):
    """What a file comes to. Of faults and doubts the first 1,000 are listed."""

    model_config = ConfigDict(frozen=True)

    lines: int = Field(description="Rows below the heading.")
    devices: int = Field(description="Devices in them.")
    faults: list[FindingItem] = Field(description="Why it is refused.")
    faults_total: int = Field(description="How many faults there are.")
    doubts: list[FindingItem] = Field(description="What to look at before registering it.")
    doubts_total: int = Field(description="How many doubts there are.")
    counts: dict[str, int] = Field(description="Devices: new, changed, unchanged, returning, placed, unplaced.")
    kinds: dict[str, int] = Field(description="Devices by kind.")


class ImportItem(BaseModel):
    """A file of devices on its way."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(description="Id of the import.")
    asked_at: datetime = Field(description="RFC 3339.")
    actor: str = Field(description="Who handed it in.")
    file_name: str = Field(description="Name of the file.")
    state: ImportState = Field(
        description="reading, then refused or ready (waits for apply), registering, registered; failed; discarded."
    )
    stage: str = Field(description="What it is at: reading, checking, placing, staging, comparing, devices, …")
    done: int = Field(description="How far the stage is,")
    total: int = Field(description="of how much; 0: not known.")
    report: ReportItem | None = Field(description="null while it is read.")
    fault: str = Field(description="Why it was refused or failed as a whole.")


class Wanted(BaseModel):
    """An import that a process is to work on."""

    id: str
    state: ImportState
    actor: str
    areas: list[str]
    file_name: str


_ITEM = sql.SQL("id, asked_at, actor, file_name, state, stage, done, total, report, fault")


def open_import(
    cur: Cursor, *, id_: str, actor: str, areas: list[str], file_name: str, content: bytes, now: datetime
) -> None:
    """Write down a file to be read; old reports and files go."""
    cur.execute("DELETE FROM device_imports WHERE asked_at < %s", (now - KEPT,))
    cur.execute(
        "UPDATE device_imports SET file = NULL, state = 'discarded' WHERE state = 'ready' AND asked_at < %s",
        (now - FILE_KEPT,),
    )
    cur.execute(
        "INSERT INTO device_imports (id, asked_at, actor, areas, file_name, file, state)"
        " VALUES (%s, %s, %s, %s, %s, %s, 'reading')",
        (id_, now, actor, areas, file_name, content),
    )


def import_by_id(cur: Cursor, id_: str) -> ImportItem | None:
    """Read an import."""
    rows = rows_as_dicts(cur, sql.SQL("SELECT {} FROM device_imports WHERE id = %(id)s").format(_ITEM), {"id": id_})
    return ImportItem.model_validate(rows[0]) if rows else None


def wanted_import(cur: Cursor) -> Wanted | None:
    """Read the import that waits longest for a process."""
    rows = rows_as_dicts(
        cur,
        sql.SQL("""
            SELECT id, state, actor, areas, file_name FROM device_imports
            WHERE state IN ('reading', 'registering') ORDER BY asked_at LIMIT 1
        """),
        {},
    )
    return Wanted.model_validate(rows[0]) if rows else None


def content_of(cur: Cursor, id_: str) -> bytes:
    """Read the file."""
    row = cur.execute("SELECT file FROM device_imports WHERE id = %s", (id_,)).fetchone()
    return b"" if row is None or row[0] is None else bytes(row[0])


def note_progress(cur: Cursor, id_: str, stage: str, done: int, total: int) -> None:
    """Write down how far it is."""
    cur.execute("UPDATE device_imports SET stage = %s, done = %s, total = %s WHERE id = %s", (stage, done, total, id_))


def move(cur: Cursor, id_: str, state: ImportState, *, report: dict[str, Any] | None = None, fault: str = "") -> None:
    """Write down what it came to. A file that nothing more is done with is not kept."""
    is_over = state not in {"reading", "ready", "registering"}
    cur.execute(
        """
        UPDATE device_imports SET state = %s, report = coalesce(%s, report), fault = %s, stage = '', done = 0, total = 0,
            file = CASE WHEN %s THEN NULL ELSE file END
        WHERE id = %s
        """,
        (state, None if report is None else Jsonb(report), fault, is_over, id_),
    )
