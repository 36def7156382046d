"""Binary COPY of NumPy columns: one buffer built by NumPy, one write. PostgreSQL's binary format, version 1."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from psycopg import sql

from database.connection import Cursor

SIGNATURE = b"PGCOPY\n\xff\r\n\0" + b"\0\0\0\0" + b"\0\0\0\0"  # no flags, no header extension
TRAILER = b"\xff\xff"
POSTGRES_EPOCH_US = 946_684_800_000_000  # 2000-01-01 UTC in microseconds since 1970


@dataclass(frozen=True, slots=True)
class CopyLayout:
    """The table and its columns with their big-endian NumPy types; no column may be NULL.

    Types: ">i2" smallint, ">i4" integer, ">i8" bigint, ">f8" double precision, "time" timestamptz given as
    microseconds since 1970 UTC.
    """

    table: str
    columns: tuple[tuple[str, str], ...]

    def row_dtype(self) -> np.dtype[np.void]:
        """Build the packed layout of one row: a field count, then length and value of every field."""
        fields: list[tuple[str, str]] = [("fields", ">i2")]
        for name, kind in self.columns:
            fields += [(f"{name}__length", ">i4"), (name, _wire(kind))]
        return np.dtype(fields)


def _wire(kind: str) -> str:
    return ">i8" if kind == "time" else kind


def copy_rows(cur: Cursor, layout: CopyLayout, columns: dict[str, NDArray[np.generic]]) -> None:
    """Write the columns as rows of the table.

    Raises:
        psycopg.errors.UniqueViolation: a key exists already; the transaction must be rolled back.
    """
    count = len(next(iter(columns.values())))
    rows = np.zeros(count, dtype=layout.row_dtype())
    rows["fields"] = len(layout.columns)
    for name, kind in layout.columns:
        rows[f"{name}__length"] = np.dtype(_wire(kind)).itemsize
        rows[name] = columns[name] - POSTGRES_EPOCH_US if kind == "time" else columns[name]
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        sql.Identifier(layout.table), sql.SQL(", ").join(sql.Identifier(name) for name, _ in layout.columns)
    )
    with cur.copy(statement) as copy:
        copy.write(b"".join((SIGNATURE, rows.tobytes(), TRAILER)))
