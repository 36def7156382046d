"""Read small XML documents: a tree of names and texts, nothing else. Pure. Refuses a document type, so there are no entities.

expat is driven by hand and not through defusedxml: that one cannot stop in the middle, and a mebibyte of empty elements would take
seconds. What it forbids is forbidden here: a document type ends the reading before the first entity could be declared, and so
nothing is expanded, no file is opened and no address is asked.
"""

import re
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from ingest.readings import Reason
from ingest.wire import RefusedError

MAX_DEPTH: Final = 32
"""CAP in a feed needs eight levels; a signature in it four more."""
MAX_ELEMENTS: Final = 60_000
"""A feed of a thousand warnings has less; reading so many takes 50 ms."""
_DECLARED: Final = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_DECLARATION: Final = re.compile(r"^\s*<\?xml[^>]{0,300}\?>")
_CHINESE: Final = frozenset({"gb2312", "gbk", "gb18030", "gb_2312-80", "x-gbk", "cp936", "hz-gb-2312"})
_SINGLE_BYTE: Final = frozenset({"iso-8859-1", "latin1", "latin-1", "windows-1252", "cp1252"})


@dataclass(slots=True)
class Element:
    """An element: its name without prefix, the namespace it is in, its own text and its children."""

    name: str
    space: str = ""
    text: str = ""
    children: list["Element"] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)

    def first(self, name: str) -> "Element | None":
        """Give the first child of that name."""
        for child in self.children:
            if child.name == name:
                return child
        return None

    def every(self, name: str) -> list["Element"]:
        """Give all children of that name."""
        return [child for child in self.children if child.name == name]

    def word(self, name: str) -> str:
        """Give the text of the first child of that name without blanks around it, "" where there is none."""
        found = self.first(name)
        return "" if found is None else found.text.strip()


def read_xml(payload: bytes) -> Element:
    """Read a document in UTF-8, UTF-16, ISO-8859-1 or a GB encoding; a byte order mark is passed over.

    Raises:
        RefusedError: it is not well-formed, has a document type, nests too deeply or has too many elements.
    """
    builder = _Builder()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.buffer_size = len(payload) + 1  # text comes in one piece, so nothing is added to again and again
    parser.StartDoctypeDeclHandler = _refuse_type
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    try:
        parser.Parse(_readable(payload), True)
    except expat.ExpatError as error:
        raise RefusedError(Reason.MALFORMED, f"not XML: {error}") from error
    except (ValueError, LookupError) as error:
        raise RefusedError(Reason.MALFORMED, f"not XML: {error}") from error
    if builder.root is None:
        raise RefusedError(Reason.MALFORMED, "not XML: no element")
    return builder.root


class _Builder:
    """Makes the tree as expat tells of it."""

    def __init__(self) -> None:
        self.root: Element | None = None
        self._path: list[Element] = []
        self._count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if len(self._path) >= MAX_DEPTH:
            raise RefusedError(Reason.MALFORMED, f"XML nested deeper than {MAX_DEPTH} levels")
        if self._count > MAX_ELEMENTS:
            raise RefusedError(Reason.TOO_LARGE, f"more than {MAX_ELEMENTS} XML elements")
        space, _, local = name.rpartition(" ")
        made = Element(local, space, attributes=attributes)
        if self._path:
            self._path[-1].children.append(made)
        else:
            self.root = made
        self._path.append(made)

    def end(self, _name: str) -> None:
        self._path.pop()

    def text(self, text: str) -> None:
        element = self._path[-1]
        if not element.children:  # what stands between and after children means nothing in the formats we read
            element.text += text


def _refuse_type(_name: str, _system: str | None, _public: str | None, _has_subset: int) -> None:
    raise RefusedError(Reason.UNSUPPORTED, "a document type (DTD) is not read: entities could stand behind it")


def _readable(payload: bytes) -> bytes | str:
    """Turn what expat cannot read itself into text; the declaration goes, because it would be wrong then."""
    payload = payload.lstrip() if payload[:1].isspace() else payload
    declared = _DECLARED.match(payload[:400].removeprefix(b"\xef\xbb\xbf"))
    name = declared.group(1).decode("ascii").lower() if declared is not None else ""
    if name in _CHINESE:
        return _DECLARATION.sub("", payload.removeprefix(b"\xef\xbb\xbf").decode("gb18030", "replace"), count=1)
    if name in _SINGLE_BYTE:
        return _DECLARATION.sub("", payload.decode("cp1252", "replace"), count=1)
    if name in {"", "utf-8", "utf8"} and not payload.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return payload.removeprefix(b"\xef\xbb\xbf").decode()
        except UnicodeDecodeError:
            # Written as GB under another name, as stations of the weather service do.
            return _DECLARATION.sub("", payload.decode("gb18030", "replace"), count=1)
    return payload
