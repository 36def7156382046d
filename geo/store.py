"""Keeps the versions of the grids in the database and puts the devices into them. Judges nothing: see geo.judging."""

from dataclasses import replace
from datetime import datetime

import numpy as np
import orjson
import psycopg
import shapely
from psycopg.rows import TupleRow

from database import Change, ChangeKind, append_changes
from geo.findings import Placing
from geo.grid import Grid, Level
from geo.grid_set import GridSet
from geo.judging import GridImport, Progress, silent

Cursor = psycopg.Cursor[TupleRow]

# Rows between two calls of progress; a COPY of this many grids takes some 10 ms.
_STEP = 500


def lock_versions(cur: Cursor) -> None:
    """Keep every other import waiting until this transaction ends. Readers are not kept."""
    cur.execute("LOCK TABLE grid_versions IN SHARE ROW EXCLUSIVE MODE")


def save_grids(cur: Cursor, grids: GridImport, *, valid_from: datetime, progress: Progress = silent) -> int:
    """Store the grids of an import as a new version that holds from `valid_from` (aware UTC), and tell its number.

    Raises:
        ValueError: the report refuses them.
    """
    if not grids.report.is_admitted:
        raise ValueError("grids that were refused cannot be stored")
    row = cur.execute(
        "INSERT INTO grid_versions (valid_from, source, report) VALUES (%s, %s, '{}') RETURNING version",
        (valid_from, grids.report.source),
    ).fetchone()
    assert row is not None
    version = int(row[0])
    shapes = shapely.to_wkb(np.array([grid.shape for grid in grids.grids], dtype=object))
    with cur.copy("COPY grids (version, code, name, level, parent, shape) FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(["int4", "text", "text", "text", "text", "bytea"])
        for done, (grid, shape) in enumerate(zip(grids.grids, shapes, strict=True)):
            if done % _STEP == 0:
                progress(done, len(grids.grids), "storing")
            copy.write_row((version, grid.code, grid.name, grid.level.value, grid.parent, shape))
    progress(len(grids.grids), len(grids.grids), "storing")
    report = replace(grids.report, version=version).as_json().decode()
    cur.execute("UPDATE grid_versions SET report = %s::jsonb WHERE version = %s", (report, version))
    return version


def version_in_force(cur: Cursor, at: datetime | None = None) -> tuple[int, datetime | None]:
    """Tell which version holds at an instant (aware UTC; None: now, by the database's clock), and since when.

    The version with the newest `valid_from` up to then holds, of equals the one imported last. Before the first
    version it is 0 and None.
    """
    row = cur.execute(
        """
        SELECT version, valid_from FROM grid_versions WHERE valid_from <= coalesce(%s, clock_timestamp())
        ORDER BY valid_from DESC, version DESC LIMIT 1
        """,
        (at,),
    ).fetchone()
    return (int(row[0]), row[1]) if row is not None else (0, None)


def load_grids(cur: Cursor, at: datetime | None = None) -> GridSet:
    """Read the version that holds at an instant (see `version_in_force`); before the first it has no grids."""
    version, valid_from = version_in_force(cur, at)
    return load_version(cur, version, valid_from)


def load_version(cur: Cursor, version: int, valid_from: datetime | None) -> GridSet:
    """Read the grids of one version, in the order of their codes by code point."""
    cur.execute(
        'SELECT key, code, name, level, parent, shape FROM grids WHERE version = %s ORDER BY code COLLATE "C"',
        (version,),
        binary=True,
    )
    rows = cur.fetchall()
    shapes = shapely.from_wkb(np.array([row[5] for row in rows], dtype=object))
    grids = tuple(
        Grid(key=key, code=code, name=name, level=Level(level), parent=parent, shape=shape)
        for (key, code, name, level, parent, _), shape in zip(rows, shapes, strict=True)
    )
    return GridSet(version=version, valid_from=valid_from, grids=grids)


def enact_version(cur: Cursor, progress: Progress = silent) -> tuple[int, Placing] | None:
    """Place the devices in the version in force and tell the live feed, if that has not been done yet.

    Call it last in a transaction. An import does for a version that holds at once; for one that was imported ahead of
    its date, whoever keeps house calls this every minute. Gives the version and the counts, None if nothing was due.
    """
    if _unplaced_version(cur) is None:
        return None
    lock_versions(cur)  # before any device is touched, as an import does it: two orders would be a deadlock
    version = _unplaced_version(cur)
    if version is None:
        return None
    placing = replace_devices(cur, load_version(cur, *version), progress)
    cur.execute(
        "UPDATE grid_versions SET report = report || jsonb_build_object('placing', %s::jsonb) WHERE version = %s",
        (orjson.dumps(placing).decode(), version[0]),
    )
    append_changes(cur, [Change(kind=ChangeKind.GRIDS, id=str(version[0]), version=version[0])])
    return version[0], placing


def _unplaced_version(cur: Cursor) -> tuple[int, datetime | None] | None:
    version, valid_from = version_in_force(cur)
    due = cur.execute(
        "SELECT FROM grid_versions WHERE version = %s AND report ->> 'placing' IS NULL", (version,)
    ).fetchone()
    return (version, valid_from) if due is not None else None


def replace_devices(cur: Cursor, grids: GridSet, progress: Progress = silent) -> Placing:
    """Put every device that has coordinates into its grid of this version; a device in no grid gets none.

    Devices without coordinates are left as they are; what carries the alarms of a place keeps its code. `devices.version` does not change: no officer's command is made
    stale by a new map.
    """
    cur.execute(
        """
        SELECT devices.key, lon, lat, grid, code FROM devices LEFT JOIN grids ON grids.key = devices.grid
        WHERE lon IS NOT NULL AND lat IS NOT NULL AND NOT is_carrier ORDER BY devices.key
        """
    )
    rows = cur.fetchall()
    _follow_codes(cur, grids.version)
    progress(0, len(rows), "placing")
    placed = grids.place([row[1] for row in rows], [row[2] for row in rows]).tolist()
    changed = [(row[0], key) for row, key in zip(rows, placed, strict=True) if (row[3] or 0) != key]
    cur.execute(
        """
        UPDATE devices SET grid = nullif(new.grid, 0)
        FROM unnest(%s::int[], %s::int[]) AS new (device, grid) WHERE devices.key = new.device
        """,
        ([device for device, _ in changed], [key for _, key in changed]),
    )
    progress(len(rows), len(rows), "placing")
    codes = {grid.key: grid.code for grid in grids}
    moved = sum(row[4] != codes.get(key) for row, key in zip(rows, placed, strict=True))
    nowhere = placed.count(0)
    return Placing(devices=len(rows), placed=len(rows) - nowhere, in_no_grid=nowhere, moved=moved)


def _follow_codes(cur: Cursor, version: int) -> None:
    """Give what carries the alarms of places, which does not stand in a grid but is one, the grid of the same code."""
    cur.execute(
        """
        UPDATE devices d SET grid = new.key FROM grids old JOIN grids new ON new.code = old.code
        WHERE d.is_carrier AND old.key = d.grid AND new.version = %s AND new.key <> d.grid
        """,
        (version,),
    )
