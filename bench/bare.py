"""What `make bench-decoders` measures decoders against: the same bytes, parsed by a library and nothing else.

JSON is `msgspec.json.decode`, CBOR `cbor2.loads`, XML `defusedxml`'s ElementTree, a protocol buffer its bare `FromString` (the C parser,
no field touched). A binary frame is `bytes.fromhex` where it is hex text, base64 where it is that, then its fields by `struct`
(`bench/bare_binary.py`). Lines of text are decoded and split at their separators.
A single word (`online`) is parsed by nobody, and a picture neither: they are not measured.
"""

import base64
from collections.abc import Callable, Sequence
from typing import Final

import cbor2
import msgspec
from defusedxml import ElementTree

from bench.bare_binary import FIELDS, octets
from ingest.wire import is_picture, unhex

Bare = Callable[[bytes], object]
_LINES: Final = {"hj212": b";", "gst9000_printer": b"\n"}
_SHORTEST: Final = 12
"""Below are words: online, ON, 21.5."""


def bare_parse(name: str, payload: bytes) -> tuple[str, Bare] | None:
    """Choose the bare parse of a payload of decoder `name`: its kind, for the table, and the function; None is not measured."""
    found: Sequence[tuple[str, Bare | None]] = (
        ("json", msgspec.json.decode if payload.lstrip()[:1] in (b"{", b"[") else None),
        ("xml", ElementTree.fromstring if b"<" in payload[:200] else None),
        ("xml", _from_gbk if b"<" in payload[:200] else None),
        ("jsonp", _jsonp if payload[:4] == b"var " else None),
        ("protobuf", _protobuf(name, payload)),
        ("cbor", cbor2.loads if name == "senml" and unhex(payload) is None else None),
        ("lines", (lambda data: data.decode("gb18030", "replace").split(";")) if name in _LINES else None),
    )
    for kind, parse in found:
        if parse is not None and _reads(parse, payload):
            return kind, parse
    return _binary(name, payload)


def _binary(name: str, payload: bytes) -> tuple[str, Bare] | None:
    fields = FIELDS.get(name, octets)
    if name == "senml" and unhex(payload) is not None:
        return "cbor", lambda data: cbor2.loads(bytes.fromhex(data.decode()))
    for kind, parse in (
        ("hex", lambda data: fields(bytes.fromhex(data.decode()))),
        ("base64", lambda data: fields(base64.b64decode(data, validate=True))),
        ("struct", fields),
    ):
        if _reads(parse, payload) and not is_picture(payload) and (kind != "struct" or not _is_word(payload)):
            return kind, parse
    return None


def _is_word(payload: bytes) -> bool:
    return len(payload) < _SHORTEST and payload.isascii() and payload.decode().isprintable()


def _reads(parse: Bare, payload: bytes) -> bool:
    try:
        parse(payload)
    except Exception:  # noqa: BLE001 -- whatever a library raises for what it cannot read
        return False
    return True


def _from_gbk(data: bytes) -> object:
    body = data.decode("gb18030", "replace")
    return ElementTree.fromstring(body[body.index("<Notify" if "<Notify" in body else "<alert") :])


def _jsonp(data: bytes) -> object:
    return msgspec.json.decode(data[data.index(b"{") :].rstrip(b" ;\r\n"))


def _protobuf(name: str, payload: bytes) -> Bare | None:
    """Find the message type a decoder reads `payload` with, where it is a protocol buffer."""
    if payload[:1] in (b"{", b"[") or unhex(payload) is not None:
        return None
    if name == "sparkplug_b":
        from ingest.decoders.sparkplug_b.payload import _TYPES

        return _TYPES["Payload"].FromString
    if name in ("chirpstack_v4", "lorawan_other_ns"):
        from ingest.lorawan.chirpstack_protobuf import V3, V4

        types = V4 if b"\x12" in payload[:60] and payload[:1] == b"\n" else V3
        return types["up"].FromString
    return None
