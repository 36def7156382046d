"""Messages about persons (abducted, missing, wanted): that there is one is told, who is sought is not taken in. Pure."""

import re
from typing import Final

from ingest.xml_tree import Element

_SOUGHT: Final = re.compile(
    r"abduct|kidnap|amber alert|\bmissing\b|endangered person|suspicious person|suspect\b|\bwanted\b"
    "|寻人|走失|失踪|绑架|通缉|嫌疑人|尋人|失蹤|綁架",
    re.IGNORECASE,
)
_OF_NATURE: Final = frozenset({"met", "geo", "env"})
"""Categories in which an amber alert is one of colour."""
CONTENT: Final = rb"[^<]*+(?:<!\[CDATA\[(?:(?!\]\]>).)*+(?:\]\]>|\Z)[^<]*+)*+(?:<|\Z)"
"""The text of an element in a document as it was sent, to the next mark-up or the end, so that no start is looked at twice; for
`re.DOTALL`."""
_NAMES: Final = re.compile(rb"<(?:[A-Za-z_][\w.-]{0,30}:)?(?:event|headline)>(" + CONTENT + rb")", re.DOTALL)
_TEXTS: Final = re.compile(rb"<((?:[A-Za-z_][\w.-]{0,30}:)?(?:headline|description|instruction))>" + CONTENT, re.DOTALL)


def is_of_persons(info: Element) -> bool:
    """Tell whether a part seeks a person."""
    categories = {category.text.strip().lower() for category in info.every("category")}
    return not categories & _OF_NATURE and any(_SOUGHT.search(info.word(name)) for name in ("event", "headline"))


def without_descriptions(payload: bytes) -> bytes:
    """Take the texts out of a document in which any event or headline seeks a person."""
    names = (found.group(1).decode("utf-8", "replace") for found in _NAMES.finditer(payload))
    return _TEXTS.sub(rb"<\1><", payload) if any(_SOUGHT.search(name) for name in names) else payload
