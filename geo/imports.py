"""Takes GeoJSON files into the database as a new version of the grids: all of it, or a report that says why not."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow

from geo.datum import Datum
from geo.findings import ImportReport
from geo.judging import Carry, GridImport, Progress, read_geojson, silent
from geo.layer import PropertyNames
from geo.store import enact_version, load_grids, lock_versions, save_grids

__all__ = ["Carry", "GridImport", "Progress", "PropertyNames", "import_file", "read_geojson"]


def import_file(  # noqa: PLR0913 - the command has these options
    conn: psycopg.Connection[TupleRow],
    path: Path | Sequence[Path],
    names: PropertyNames,
    *,
    valid_from: datetime,
    datum: Datum = Datum.WGS84,
    carry: Carry = Carry.OTHER_LEVELS,
    dry_run: bool = False,
    progress: Progress = silent,
) -> ImportReport:
    """Import one GeoJSON file, or several together, in one transaction of its own, and report.

    The new version holds from `valid_from` (aware UTC) and follows the one in force then. If it is in force already,
    the devices are placed in it and the live feed is told; if not, `enact_version` does both when its time comes. A file with an error, or a dry run, changes nothing:
    `report.version` stays None.

    Raises:
        ValueError: the connection is in a transaction.
        OSError: a file cannot be read.
        psycopg.Error: the database failed; nothing was stored.
    """
    if conn.info.transaction_status is not TransactionStatus.IDLE:
        raise ValueError("an import is a transaction of its own, and this connection is in one already")
    paths = [path] if isinstance(path, Path) else list(path)
    files = {str(one): one.read_bytes() for one in paths}
    with conn.transaction(), conn.cursor() as cur:
        # A whole county may need longer than an ordinary statement is allowed.
        cur.execute("SET LOCAL statement_timeout = '10min'")
        if not dry_run:
            lock_versions(cur)
        before = load_grids(cur, valid_from)
        judged = read_geojson(files, names, datum=datum, before=before.grids, carry=carry, progress=progress)
        if dry_run or not judged.report.is_admitted:
            return judged.report
        version = save_grids(cur, judged, valid_from=valid_from, progress=progress)
        enacted = enact_version(cur, progress)
    placing = enacted[1] if enacted is not None and enacted[0] == version else None
    return replace(judged.report, version=version, placing=placing)
