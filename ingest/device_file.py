"""Read a file of devices: a row per device and metric, whole before anything is registered. Judging reads the database."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from database.connection import Cursor
from ingest.device_check import check
from ingest.device_report import Report
from ingest.device_rows import HeadingError, Read, read_rows
from ingest.device_sheet import MAX_BYTES, Row, SheetError, rows_of
from ingest.registration import NewDevice

Counted = Callable[[int], None]
"""Called now and then with how many rows have been read."""

COUNTED_EVERY = 2000
SHOWN = 20  # faults named in the error; the rest are counted


class DeviceFileError(Exception):
    """A device file that was refused whole; the message names every faulty line, up to 20."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a file comes to: the devices as they would be registered, and all that is to be said of it."""

    devices: list[NewDevice]
    report: Report


def read_devices(path: Path) -> list[NewDevice]:
    """Read the devices of a CSV or XLSX without looking at what is registered.

    `lon` and `lat` are degrees in `datum` (wgs84, cgcs2000, gcj02, bd09; blank is wgs84); `interval_s` seconds; limits
    are in `unit`, a blank one is none, and a level's limits must not fall from priority 4 to 1. Rows of one id must
    agree on everything but the metric.

    Raises:
        DeviceFileError: a column is missing, or any row is faulty; nothing is returned then.
    """
    report = Report()
    devices = read_content(content_of(path), report, name=str(path)).devices
    refuse(report, str(path))
    return devices


def content_of(path: Path) -> bytes:
    """Read a file that is not larger than is taken.

    Raises:
        DeviceFileError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise DeviceFileError(f"{path} cannot be read: {error}.") from error


def read_content(content: bytes, report: Report, *, name: str, counted: Counted | None = None) -> Read:
    """Read a file's content; faults of rows go into the report.

    Raises:
        DeviceFileError: it is no table, or lacks columns.
    """
    try:
        rows = rows_of(content)
        return read_rows(rows if counted is None else _counting(rows, counted), report)
    except SheetError as error:
        raise DeviceFileError(f"{name}: {error}.") from error
    except HeadingError as error:
        raise DeviceFileError(f"{name} {error}.") from error


def _counting(rows: Iterable[Row], counted: Counted) -> Iterator[Row]:
    for n, row in enumerate(rows):
        if n % COUNTED_EVERY == 0:
            counted(n)
        yield row


def judge(
    cur: Cursor,
    content: bytes,
    *,
    name: str,
    now: datetime,
    areas: frozenset[str] = frozenset(),
    counted: Counted | None = None,
    checked: Callable[[], None] | None = None,
) -> Judged:
    """Read a file's content and hold it against the county; writes nothing.

    `areas` are the grid codes of the account that asks, none: the whole county. `checked` is called when all rows are read.

    Raises:
        DeviceFileError: as `read_content`.
    """
    report = Report()
    read = read_content(content, report, name=name, counted=counted)
    if checked is not None:
        checked()
    return Judged(devices=check(cur, read, report, now=now, areas=areas), report=report)


def refuse(report: Report, name: str) -> None:
    """Refuse a faulty file.

    Raises:
        DeviceFileError: the report has faults.
    """
    if report.faults_total:
        more = f"\n… and {report.faults_total - SHOWN} more" if report.faults_total > SHOWN else ""
        lines = "\n".join(str(finding) for finding in report.faults[:SHOWN])
        raise DeviceFileError(f"{name} was refused, nothing was imported:\n{lines}{more}")
