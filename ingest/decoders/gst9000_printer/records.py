"""Cut the printer stream of a fire panel into records. Pure; refuses nothing: what is no record is passed over.

A record is a line with date and time, a line with the part's address (none for the panel itself), a line that says what happened,
and lines that describe the place. Between them stand the printer's own commands. Some panels print the date without a year, or what
happened beside it; programs on the way may have made UTF-8 of it.
"""

import re
from codecs import utf_8_decode
from typing import Final

from msgspec import Struct

_COMMANDS: Final = re.compile(  # it begins with one class, so that the search for it is quick
    rb"[\x00-\x09\x0b-\x1f\x7f](?:(?<=\x1b)[JUVa3-4d][\x00-\x09\x0b-\x1f]|(?<=[\x1b\x1c])[^\n])?"
)
_BROKEN: Final = "\ufffd"
_STAMP: Final = re.compile(
    r"(?<![\d/.\-年])(?:(\d{4}|\d{2})[/.\-年])?(\d{1,2})[/.\-月](\d{1,2})日?\s{0,8}(\d{1,2})[:：时](\d{2})(?:[:：分](\d{2})秒?|分)?"
)
_ADDRESS: Final = re.compile(
    r"\(?(?<![\d-])(?:(\d{1,3})[-—])?(\d{1,3})[-—](\d{1,3})(?![\d-])\)?|(?<!\d)(\d{3})(\d{3})(?:-(\d{1,3}))?(?!\d)"
    r"|(?<!\d)(\d{2})(\d{2})(\d{3})(?!\d)|(?<=[:：\u4e00-\u9fff])(\d{2})(\d{3})(?!\d)|(?:(\d{1,2})机\s?)?(\d{2})路(\d{3})"
    r"|(\d{1,3})\s?(?:回路|号?机)\s?(\d{1,3})|(?:机器(\w{1,3})[,，])?回路(\w{1,3})[,，]部件(\w{1,3})|^(\d{1,2})/(\d{1,3})(?=[:：]|$)"
    r"|^(\d{2})\.(\d{3})\.([\da-f]{8})$|[Aa]ddress:\s?(\d{1,3})"
)
_RULES: Final = "-=*_ "
_DRAWN_DATE: Final = re.compile(rb"(?<!\d)(\d\d)\x8d(\d\d)\x8e")
_DRAWN: Final = re.compile(rb"(?m)^[\x11\x16\x1d\x80]$")
_SIGNS: Final = {b"\x11": "火警", b"\x16": "故障", b"\x1d": "复位", b"\x80": "报脏"}
_MAY_BE_UTF_8: Final = re.compile(rb"[\xe3-\xef][\x80-\xbf]{2}")  # an ideograph
LINES: Final = 12  # of one record: more is another printout that has no time
LINE: Final = 160  # characters; paper has 32, and what is beyond is not looked at


class Record(Struct, kw_only=True, gc=False):
    """One printout. `time` are year, month, day, hour, minute, second as printed (-1: none); `address` is loop and part, "" for the panel.

    `start` is where it begins in the bytes; `is_whole` tells that a blank line or the next record has ended it, `is_drawn` that its
    address comes behind what happened.
    """

    start: int
    time: tuple[int, ...]
    address: str = ""
    lines: list[str] = []
    is_whole: bool = False
    is_drawn: bool = False


def records(data: bytes) -> list[Record]:
    """Give the records of a stream in order; the last may be cut. Lines end with LF: see `lines_of`."""
    found: list[Record] = []
    record: Record | None = None
    at = 0
    is_beside = False  # the last line stood beside the date
    data = data.removesuffix(b"\n")
    for raw, text in zip(data.split(b"\n"), _texts(data), strict=True):
        line = text[:LINE].strip()
        stamp = _STAMP.search(line) if ":" in line or "：" in line or "时" in line else None
        if record is not None and (stamp is not None or (not line and record.lines)):
            record.is_whole = True
            record = None
        if stamp is not None:
            time = tuple(map(int, stamp.groups("-1")))
            record = Record(start=at, time=time, is_drawn=b"\x8d" in raw and _DRAWN_DATE.search(raw) is not None)
            found.append(record)
            line = (line[: stamp.start()] + line[stamp.end() :]).strip()
        if record is not None and line and len(record.lines) < LINES and (line[0] not in _RULES or line.strip(_RULES)):
            if not record.address and (not record.lines or is_beside or _ADDRESS.fullmatch(line)):
                line = _place(record, line)
            if line:
                record.lines.append(line)
            is_beside = stamp is not None
        at += len(raw) + 1
    return found


def lines_of(data: bytes) -> bytes:
    """Let every line end with LF alone."""
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in data else data


def address_of(text: str) -> str:
    """Give loop and part, each three digits, that a text names; "" where it names none."""
    found = _ADDRESS.search(text)
    return _dotted(found) if found else ""


def _dotted(found: re.Match[str]) -> str:
    return ".".join([part.zfill(3) for part in filter(None, found.groups())])


def _place(record: Record, line: str) -> str:
    """Take the address out of a line that may hold it."""
    found = _ADDRESS.search(line)
    if found is None:
        return line
    record.address = _dotted(found)
    return (line[: found.start()] + line[found.end() :]).strip()


def _word(sign: re.Match[bytes]) -> bytes:
    """Give the word of a sign that a GST100 draws: it knows month, day and its events as one byte each."""
    return _SIGNS[sign[0]].encode("gb18030")


def _texts(data: bytes) -> list[str]:
    """Read lines of GBK, or of UTF-8 that holds ideographs, without the printer's commands."""
    if b"\x8d" in data and _DRAWN_DATE.search(data):
        data = _DRAWN.sub(_word, _DRAWN_DATE.sub(rb"\1/\2 ", data))
    clean = _COMMANDS.sub(b"", data)
    text = _of_utf_8(clean) if _MAY_BE_UTF_8.search(clean) else ""
    text = text or clean.decode("gb18030", "replace")
    if _BROKEN not in text:
        return text.split("\n")
    # What is left of half a character must not reach into the next line.
    return [line.decode("gb18030", "replace") for line in clean.split(b"\n")]


def _of_utf_8(data: bytes) -> str:
    """Read UTF-8 whose last character may be cut; "" where it is none."""
    try:
        return utf_8_decode(data, "strict", False)[0]
    except ValueError:
        return ""
