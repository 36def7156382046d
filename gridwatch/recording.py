"""Read a recording: CSV or gzipped CSV with a header `time,device,metric,value`, a row a reading. Sends nothing.

`time` is RFC 3339 with a zone, or seconds since 1970 UTC. A row with an empty value says nothing and is passed over. A
column `received`, in the same form, may say when the reading reached us; a trial of rules uses it, a replay does not. The
file is read as a stream; a row that cannot be right is an error with its line, and the whole file is read once before
anything is sent, so that a faulty recording is refused whole.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import isfinite
from pathlib import Path
from typing import TextIO

from gridwatch.errors import FrontDoorError

COLUMNS = ("time", "device", "metric", "value")
RECEIVED = "received"
Directory = Mapping[tuple[str, str], tuple[str, str]]
"""What the registry knows: (device, metric) -> (area, unit)."""

_GZIP = b"\x1f\x8b"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LATEST_S = 4_102_444_800.0  # the year 2100: what lies beyond it is usually milliseconds
_NOT_IN_A_TOPIC = set("+#/ \t")


class RecordingError(FrontDoorError):
    """A recording that was refused; the message names the line."""


@dataclass(frozen=True, slots=True)
class Row:
    """One reading. Times are microseconds since 1970 UTC; `received_us` is None where the recording does not say it."""

    time_us: int
    device: str
    metric: str
    value: float
    received_us: int | None = None


@dataclass(slots=True, kw_only=True)
class Survey:
    """What is in a recording. `unknown` are the (device, metric) the registry does not know, with their rows counted.

    `late` counts rows that are older than an earlier row of the same device and metric.
    """

    rows: int = 0
    empty: int = 0
    late: int = 0
    first_us: int | None = None
    last_us: int | None = None
    devices: set[str] = field(default_factory=set)
    unknown: dict[tuple[str, str], int] = field(default_factory=dict)


def survey(path: Path, directory: Directory) -> Survey:
    """Read the whole recording and say what is in it.

    Raises:
        RecordingError: it cannot be read, lacks a column, or has a row that cannot be right.
    """
    found = Survey()
    newest: dict[tuple[str, str], int] = {}
    with _opened(path) as file:
        for row in _rows(path, file):
            if row is None:
                found.empty += 1
                continue
            key = (row.device, row.metric)
            found.rows += 1
            found.late += row.time_us < newest.get(key, row.time_us)
            newest[key] = max(row.time_us, newest.get(key, row.time_us))
            found.first_us = row.time_us if found.first_us is None else min(found.first_us, row.time_us)
            found.last_us = row.time_us if found.last_us is None else max(found.last_us, row.time_us)
            if key not in directory:
                found.unknown[key] = found.unknown.get(key, 0) + 1
    found.devices = {device for device, _ in newest}
    return found


def read_rows(path: Path) -> Iterator[Row]:
    """Yield the readings in the order of the file.

    Raises:
        RecordingError: as `survey`.
    """
    with _opened(path) as file:
        for row in _rows(path, file):
            if row is not None:
                yield row


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    try:
        with path.open("rb") as raw:
            is_gzip = raw.read(2) == _GZIP
            raw.seek(0)
            stream = gzip.GzipFile(fileobj=raw) if is_gzip else raw
            with io.TextIOWrapper(io.BufferedReader(stream), encoding="utf-8-sig", newline="") as file:
                yield file
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise RecordingError(f"{path} cannot be read: {error}.") from error


def _rows(path: Path, file: TextIO) -> Iterator[Row | None]:
    """Yield a row for each line, None where its value is empty."""
    reader = csv.reader(file, strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        missing = [name for name in COLUMNS if name not in header]
        if missing:
            raise RecordingError(
                f"{path} line 1: the header lacks {', '.join(missing)}; it has to name time,device,metric,value."
            )
        at = [header.index(name) for name in (*COLUMNS, RECEIVED) if name in header]
        for cells in reader:
            if not cells:
                continue  # an empty line
            try:
                yield _row([cell.strip() for cell in cells], at, len(header))
            except ValueError as error:
                raise RecordingError(f"{path} line {reader.line_num}: {error}. Nothing was sent.") from None
    except csv.Error as error:
        raise RecordingError(f"{path} line {reader.line_num}: {error}. Nothing was sent.") from None


def _row(cells: list[str], at: list[int], width: int) -> Row | None:
    if len(cells) != width:
        raise ValueError(f"{len(cells)} columns, the header has {width}")
    time, device, metric, value, *received = (cells[i] for i in at)
    time_us = _microseconds(time)
    received_us = _microseconds(received[0]) if received and received[0] else None
    if not device or not _NOT_IN_A_TOPIC.isdisjoint(device):
        raise ValueError(f"{device!r} is no device id")
    if not metric:
        raise ValueError("no metric")
    if not value:
        return None
    number = _number(value)
    if number is None:
        raise ValueError(f"{value!r} is no number")
    return Row(time_us, device, metric, number, received_us)


def _microseconds(text: str) -> int:
    if ":" not in text and "T" not in text:
        seconds = _number(text)
        if seconds is None:
            raise ValueError(f"{text!r} is no time (RFC 3339 or seconds since 1970)")
        if not 0 <= seconds < _LATEST_S:
            raise ValueError(f"{text!r} seconds since 1970 is before 1970 or after 2100; milliseconds?")
        return round(seconds * 1e6)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no time (RFC 3339 or seconds since 1970)") from None
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} has no zone; write Z or an offset such as +08:00")
    return (instant - _EPOCH) // _MICROSECOND


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) else None
