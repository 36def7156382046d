"""What `make bench-decoders` measures decoders against: the same bytes, parsed by a library and nothing else.

JSON is `msgspec.json.decode`, CBOR `cbor2.loads`, XML `defusedxml`, a protocol buffer its bare `ParseFromString`. A binary frame is
`bytes.fromhex` where it is hex text, then one `struct` unpack of all of it as 16-bit numbers: no checksum, no names, no units, no
times. Lines of text are decoded and split at their separators.
"""

import struct
from collections.abc import Callable
from functools import partial
from typing import Final

import cbor2
import msgspec
from defusedxml import ElementTree

from ingest.wire import unhex

Bare = Callable[[bytes], object]
TEXT: Final = {"hj212": (";", "ascii"), "gst9000_printer": ("\n", "gb18030"), "cma_warning": (",", "utf-8")}


def bare_parse(  # noqa: PLR0911 -- one return a kind
    name: str, payload: bytes
) -> tuple[str, Bare]:
    """Choose the bare parse of a payload of decoder `name`: its kind, for the table, and the function."""
    head = payload.lstrip()[:1]
    if name in TEXT and head not in (b"{", b"[", b"<"):
        separator, encoding = TEXT[name]
        return "text", lambda data: data.decode(encoding, "replace").split(separator)
    if head in (b"{", b"[") and _reads(msgspec.json.decode, payload):
        return "json", msgspec.json.decode
    if head == b"<" and _reads(ElementTree.fromstring, payload):
        return "xml", ElementTree.fromstring
    if (octets := unhex(payload)) is not None:
        unpack = struct.Struct(f">{len(octets) // 2}H").unpack_from
        return "hex", lambda data: unpack(bytes.fromhex(data.decode()))
    if name == "senml":
        return "cbor", cbor2.loads
    if (parse := _protobuf(name, payload)) is not None:
        return "protobuf", parse
    return "struct", partial(struct.Struct(f">{len(payload) // 2}H").unpack_from)


def _reads(parse: Bare, payload: bytes) -> bool:
    try:
        parse(payload)
    except Exception:  # noqa: BLE001 -- whatever the library raises for what it cannot read
        return False
    return True


def _protobuf(name: str, payload: bytes) -> Bare | None:
    """Find the message type a decoder reads `payload` with, where it is a protocol buffer."""
    found: Bare | None = None
    if name == "sparkplug_b":
        from ingest.decoders import sparkplug_b

        found = getattr(sparkplug_b, "PAYLOAD", None)
    return found if found is not None and _reads(found, payload) else None
