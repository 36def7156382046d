"""Read the rows of a CSV or XLSX as text, within limits. Refuses a file that would be larger inside than it looks."""

import csv
import io
import re
import zipfile
import zlib
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from datetime import date, time, timedelta
from typing import IO, Final

MAX_BYTES: Final = 64 << 20
"""A file above 64 MiB is refused unread: 170,000 lines of every column are 25 MiB of CSV."""

MAX_ROWS: Final = 500_000
MAX_COLUMNS: Final = 64
MAX_CELL: Final = 4096  # characters; what is longer is cut, and refused by its column
_UNZIPPED: Final = 768 << 20  # of all parts of a workbook together: 500,000 lines of 20 columns are some 500 MiB
_STRINGS: Final = 128 << 20  # of the table of strings, the one part that is read whole
_PARTS: Final = 2000
_CHUNK: Final = 1 << 20
_WITHOUT_VALUE: Final = re.compile(  # a formula that was never worked out; one that gives an empty text says t="str"
    rb'<c\b(?![^>]*\bt="str")[^>]*>\s*<f\b[^>]*?(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>'
)
_EXACT: Final = 10**15  # spreadsheets keep fifteen digits of a number

Row = tuple[int, list[str]]


class SheetError(Exception):
    """A file that cannot be read as a table at all; the message says why, in both languages."""


def rows_of(content: bytes, *, max_bytes: int = MAX_BYTES, max_rows: int = MAX_ROWS) -> Iterator[Row]:
    """Give line number and cells of each row that is not blank, the header first; lines that begin with # are left out.

    Raises:
        SheetError: no table, too large, too many rows.
    """
    if len(content) > max_bytes:
        raise SheetError(f"the file is larger than {max_bytes >> 20} MiB · 文件超过 {max_bytes >> 20} MB")
    rows = _of_workbook(content, 2 * max_rows) if content[:4] == b"PK\x03\x04" else _of_text(content)
    given = 0
    for line, cells in rows:
        if not any(cells) or (cells[0].startswith("#") and cells[0] not in ERRORS):
            continue
        given += 1
        if given > max_rows + 1:
            raise SheetError(f"the file has more than {max_rows} rows · 超过 {max_rows} 行")
        yield line, cells


def _of_text(content: bytes) -> Iterator[Row]:
    text = _decoded(content)
    first = text[: text.find("\n")] if "\n" in text else text
    delimiter = max(",\t;", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, [cell.strip()[:MAX_CELL] for cell in cells[:MAX_COLUMNS]]
            line = reader.line_num + 1
    except csv.Error as error:
        raise SheetError(f"line {line} is no CSV: {error} · 第 {line} 行不是 CSV") from error


def _decoded(content: bytes) -> str:
    """Read UTF-8, otherwise what Chinese Excel writes: GB 18030, or UTF-16 as "Unicode text"."""
    if content[:2] in {BOM_UTF16_LE, BOM_UTF16_BE} and len(content) % 2 == 0:
        return content.decode("utf-16", errors="replace")
    if b"\0" in content[:4096]:
        raise SheetError("this is neither CSV nor XLSX · 既不是 CSV 也不是 XLSX（旧版 .xls 请另存为 .xlsx）")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            return content.decode("gb18030")
        except UnicodeDecodeError as error:
            raise SheetError("the text is neither UTF-8 nor GB 18030 · 文字编码既不是 UTF-8 也不是 GB 18030") from error


def _of_workbook(content: bytes, looked_at: int) -> Iterator[Row]:
    _refuse_bombs(content)
    _refuse_formulas_without_values(content)
    import openpyxl

    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        try:
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # what a sheet says of its own size may be anything
            rows = sheet.iter_rows(max_row=looked_at, max_col=MAX_COLUMNS, values_only=True)
            for line, values in enumerate(rows, start=1):
                yield line, [_text(value) for value in values]
        finally:
            book.close()
    except SheetError:
        raise
    except Exception as error:  # what a broken workbook makes of the library is not listed anywhere
        raise SheetError(f"the workbook cannot be read ({type(error).__name__}) · 无法读取该工作簿") from error


def _refuse_bombs(content: bytes) -> None:
    """Look at what the parts say they unpack to; the reader stops at what they said."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            listed = parts.infolist()
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise SheetError("the workbook is damaged · 工作簿已损坏") from error
    strings = sum(part.file_size for part in listed if "sheet" not in part.filename.rpartition("/")[0])
    if len(listed) > _PARTS or sum(part.file_size for part in listed) > _UNZIPPED or strings > _STRINGS:
        raise SheetError("the workbook unpacks to more than is taken · 工作簿解压后过大")


def _refuse_formulas_without_values(content: bytes) -> None:
    """Refuse what a program wrote and no spreadsheet has worked out: such cells would be read as blank, limits as none."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            for part in parts.namelist():
                if part.startswith("xl/worksheets/sheet"):
                    with parts.open(part) as opened:
                        _look_for_formulas(opened)
    except (zipfile.BadZipFile, zlib.error, ValueError, OSError, EOFError, NotImplementedError) as error:
        raise SheetError("the workbook is damaged · 工作簿已损坏") from error


def _look_for_formulas(opened: IO[bytes]) -> None:
    kept = b""
    while chunk := opened.read(_CHUNK):
        if _WITHOUT_VALUE.search(kept + chunk):
            raise SheetError(
                "formulas have no values: open and save the workbook in a spreadsheet program"
                " · 公式没有计算结果：请用表格软件打开并保存一次"
            )
        kept = chunk[-MAX_CELL:]


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e300:  # noqa: PLR2004 -- no float is larger
        return _number(int(value))
    if isinstance(value, int) and not isinstance(value, bool):
        return _number(value)
    if isinstance(value, date | time | timedelta):
        return f"{value}{DATED}"
    return str(value).strip()[:MAX_CELL]


def _number(value: int) -> str:
    """Write a whole number, with a sign of its lost digits where it has more than a spreadsheet keeps."""
    return f"{value}{LOST}" if abs(value) >= _EXACT else str(value)


DATED: Final = "\u2026\u2026"
"""Behind what the spreadsheet took for a date or a time: 3-1 was the number of a house."""

ERRORS: Final = frozenset({"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"})
"""What a spreadsheet shows where a formula came to nothing."""

LOST: Final = "…"
"""Behind a number from a workbook whose last digits the spreadsheet has lost."""
