"""Cut the printer stream of a fire panel into records. Pure; refuses nothing: what is no record is passed over.

A record is a line with date and time, a line with the part's address (none for the panel itself), a line that says what happened,
and lines that describe the place. Between them stand the printer's own commands.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

_COMMANDS: Final = re.compile(rb"\x1b[JUVa3-4d][\x00-\x1f]|[\x1b\x1c].|[\x00-\x09\x0b-\x1f\x7f]", re.DOTALL)
_STAMP: Final = re.compile(
    r"(?<!\d)(\d{4}|\d{2})[/.\-年](\d{1,2})[/.\-月](\d{1,2})日?\s{0,8}(\d{1,2})[::时](\d{2})(?:[::分](\d{2}))?"
)
_ADDRESS: Final = re.compile(
    r"(?<![\d-])(?:(\d{1,3})[-—])?(\d{1,3})[-—](\d{1,3})(?![\d-])|(?<!\d)(\d{3})(\d{3})(?!\d)|(\d{1,3})\s?(?:回路|号?机)\s?(\d{1,3})"
)
LINES: Final = 12  # of one record: more is another printout that has no time
LINE: Final = 160  # characters; paper has 32


@dataclass(slots=True, kw_only=True)
class Record:
    """One printout. `time` are year, month, day, hour, minute, second as printed; `address` is loop and part, "" for the panel.

    `start` is where it begins in the bytes; `is_whole` tells that a blank line or the next record has ended it.
    """

    start: int
    time: tuple[int, ...]
    address: str = ""
    lines: list[str] = field(default_factory=list)
    is_whole: bool = False


def records(data: bytes) -> Iterator[Record]:
    """Yield the records of a stream in order; the last may be cut. Lines end with LF: see `lines_of`."""
    record: Record | None = None
    at = 0
    for raw in data.removesuffix(b"\n").split(b"\n"):
        line = _text(raw)
        stamp = _STAMP.search(line)
        is_end = not line and record is not None and bool(record.lines)
        if record is not None and (stamp is not None or is_end):
            record.is_whole = True
            yield record
            record = None
        if stamp is not None:
            record = Record(start=at, time=tuple(int(part or 0) for part in stamp.groups()))
            line = line[: stamp.start()] + line[stamp.end() :]
        if record is not None and len(record.lines) < LINES:
            _add(record, line.strip())
        at += len(raw) + 1
    if record is not None:
        yield record


def lines_of(data: bytes) -> bytes:
    """Let every line end with LF alone."""
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _add(record: Record, line: str) -> None:
    if not record.lines and not record.address and (found := _ADDRESS.search(line)):
        groups = [part for part in found.groups() if part is not None]
        record.address = ".".join(part.zfill(3) for part in groups)
        line = (line[: found.start()] + line[found.end() :]).strip()
    if line:
        record.lines.append(line)


def _text(raw: bytes) -> str:
    """Read a line of GBK without the printer's commands; whatever is beyond a paper's width is not looked at."""
    return _COMMANDS.sub(b"", raw[: 4 * LINE]).decode("gb18030", "replace")[:LINE].strip()
