"""Valid payloads with one thing in them that decodes and that a table, an index or a clock may not hold. Nothing here is random."""

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.json_places import Place, places, put
from tests.mutations import LONG, ODD
from tests.repairs import repaired

VALUES = (
    *ODD, "x\0y", "9" * 400, "1e400", "2024-01-01T00:00:00+25:00", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00Z",
    "\U0010ffff", "  ", "火" * 3000, -5, 2**32, 1e300, "NaN", "Infinity", "'; DROP", 33_000, 10**20,
)  # fmt: skip
KEYS = ("", "\0", "\ud800", "…", LONG, "a.b", "m" * 41, "smoke", "fire")
LEVELS = (LONG[:9000], "…" * 3, "x y", "a\0b", "火" * 1500, "")
_WORD = re.compile(r"[A-Za-z0-9.+:-]+|[\u4e00-\u9fff]+")
_XML_TEXT = re.compile(r"(?<=>)[^<]+(?=<)|(?<==\")[^\"]*(?=\")")


def poisoned(name: str, seeds: list[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    """Put every odd thing in every place of topic and payload, one at a time."""
    for topic, payload in seeds:
        levels = topic.split("/")
        for at in range(len(levels)):
            for odd in LEVELS:
                yield "/".join([*levels[:at], odd, *levels[at + 1 :]]), payload
        for spoilt in _payloads(name, payload):
            yield topic, spoilt


def _payloads(name: str, payload: bytes) -> Iterator[bytes]:
    try:
        value = json.loads(payload)
    except ValueError:
        yield from _texts(name, payload)
        return
    for path in places(value):
        for odd in VALUES:
            yield json.dumps(put(value, path, odd)).encode()
        if path and isinstance(path[-1], str):
            for key in KEYS:
                yield json.dumps(_renamed(value, path, key)).encode()


def _texts(name: str, payload: bytes) -> Iterator[bytes]:
    """Put odd words into a text, with its checksum right again; bytes that are none are left to the damage of others."""
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        return
    is_xml = "<" in text
    for found in (_XML_TEXT if is_xml else _WORD).finditer(text):
        for odd in VALUES:
            word = str(odd)
            if is_xml:
                word = word.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
            spoilt = (text[: found.start()] + word + text[found.end() :]).encode("utf-8", "replace")
            yield repaired(name, spoilt)


def _renamed(value: Any, path: Place, new: str) -> object:
    if len(path) == 1:
        return {new if key == path[0] else key: part for key, part in value.items()}
    if isinstance(value, dict):
        return value | {path[0]: _renamed(value[path[0]], path[1:], new)}
    return [_renamed(part, path[1:], new) if at == path[0] else part for at, part in enumerate(value)]
