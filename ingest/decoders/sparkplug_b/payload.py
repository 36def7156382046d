"""A Sparkplug B payload: protobuf, hex text of it, or the readable JSON of the specification. Pure; names nobody.

Field numbers: Eclipse Tahu `sparkplug_b.proto` (Sparkplug 3.0.0 §6.4). Only what we read is named.
"""

import zlib
from typing import Any, Final

from google.protobuf.message import DecodeError

from ingest.decoders.sparkplug_b.metric import (
    BAD,
    BOOLEAN,
    METRICS_MOST,
    NAME_KEPT,
    STALE,
    Metric,
    Payload,
    is_quality,
    is_unit,
    unit_text,
)
from ingest.decoders.sparkplug_b.readable import read_readable
from ingest.protobuf_schema import ONE, message_types
from ingest.readings import Reason
from ingest.wire import RefusedError, unhex

__all__ = ["Payload", "read", "rebirth"]

_TEMPLATE_DEPTH: Final = 4
_PROPERTIES_MOST: Final = 64
_COMPRESSED: Final = "SPBV1.0_COMPRESSED"
_INFLATED_MOST: Final = 1 << 20
_ANY_HEADER: Final = 47  # zlib's word for its own header or that of gzip

_TYPES: Final = message_types(
    "org.eclipse.tahu.protobuf",
    {
        "Payload": [
            (1, "timestamp", "uint64"), (2, "metrics", "repeated Metric"), (3, "seq", "uint64"), (4, "uuid", "string"),
            (5, "body", "bytes"),
        ],
        "Metric": [
            (1, "name", "string"), (2, "alias", "uint64"), (3, "timestamp", "uint64"), (4, "datatype", "uint32"),
            (5, "is_historical", "bool"), (6, "is_transient", "bool"), (7, "is_null", "bool"),
            (9, "properties", "PropertySet"), (10, "int_value", "oneof uint32"), (11, "long_value", "oneof uint64"),
            (12, "float_value", "oneof float"), (13, "double_value", "oneof double"),
            (14, "boolean_value", "oneof bool"), (15, "string_value", "oneof string"), (16, "bytes_value", "oneof bytes"),
            (18, "template_value", "oneof Template"),
        ],
        "Template": [(2, "metrics", "repeated Metric"), (5, "is_definition", "bool")],
        "PropertySet": [(1, "keys", "repeated string"), (2, "values", "repeated PropertyValue")],
        "PropertyValue": [(3, "int_value", "uint32"), (4, "long_value", "uint64"), (8, "string_value", "string")],
    },
    syntax="proto2",
)  # fmt: skip
_PAYLOAD: Final[Any] = _TYPES["Payload"]


def read(payload: bytes) -> Payload:
    """Read a payload of any of the three spellings.

    Raises:
        RefusedError: it is none of them.
    """
    start = payload[:64].lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start == b"{":
        return read_readable(payload)
    binary = (unhex(payload) if start.isalnum() else None) or payload
    message = _parsed(binary)
    if message.uuid == _COMPRESSED:
        message = _parsed(_inflated(message.body))
    metrics: list[Metric] = []
    _add(metrics, message.metrics, "", 0)
    return Payload(
        metrics=metrics[:METRICS_MOST],
        milliseconds=float(message.timestamp) if message.HasField("timestamp") else None,
        seq=int(message.seq) if message.HasField("seq") else None,
        is_cut=len(metrics) > METRICS_MOST,
    )


def rebirth(milliseconds: int) -> bytes:
    """Write the command by which an edge node is asked to tell everything anew (Sparkplug 3.0.0 §6.4.20, NCMD)."""
    message = _PAYLOAD(timestamp=milliseconds)
    message.metrics.add(name="Node Control/Rebirth", timestamp=milliseconds, datatype=BOOLEAN, boolean_value=True)
    return bytes(message.SerializeToString())


def _parsed(binary: bytes) -> Any:
    try:
        return _PAYLOAD.FromString(binary)
    except (DecodeError, ValueError, RecursionError) as error:
        raise RefusedError(Reason.MALFORMED, "not a Sparkplug B payload") from error


def _inflated(body: bytes) -> bytes:
    """Inflate the payload that Tahu's tools put into another, by DEFLATE or GZIP."""
    inflater = zlib.decompressobj(_ANY_HEADER)
    try:
        inner = inflater.decompress(body, _INFLATED_MOST)
    except zlib.error as error:
        raise RefusedError(Reason.MALFORMED, "a compressed payload that cannot be inflated") from error
    if inflater.unconsumed_tail:
        raise RefusedError(Reason.TOO_LARGE, f"a compressed payload of more than {_INFLATED_MOST} bytes")
    if not inflater.eof:
        raise RefusedError(Reason.TRUNCATED, "a compressed payload that ends too early")
    return inner


def _add(metrics: list[Metric], items: Any, prefix: str, depth: int) -> None:
    """Add `items` and what is in templates; a field that is zero is asked for only then whether it is there at all."""
    for item in items[: METRICS_MOST + 1]:  # also quicker than the library's own iteration
        name, has = item.name, item.HasField
        if name:
            name = prefix + _readable(name)[:NAME_KEPT]
        which = item.WhichOneof(ONE)
        raw: Any = None if which is None else getattr(item, which)
        if which == "template_value":
            if depth < _TEMPLATE_DEPTH and not raw.is_definition:
                _add(metrics, raw.metrics, f"{name or prefix}/", depth + 1)
            continue
        alias, milliseconds = item.alias, item.timestamp
        unit, is_null, is_stale = "", item.is_null, False
        if has("properties"):
            unit, quality = _properties(item.properties)
            is_null, is_stale = is_null or quality == BAD, quality == STALE
        metrics.append(
            Metric(
                name=name,
                alias=alias if alias or has("alias") else None,
                milliseconds=float(milliseconds) if milliseconds or has("timestamp") else None,
                type=item.datatype,
                is_historical=item.is_historical,
                is_null=is_null,
                is_stale=is_stale,
                raw=_readable(raw) if type(raw) is bytes and which == "string_value" else raw,
                unit=unit,
            )
        )


def _properties(properties: Any) -> tuple[str, int | None]:
    """Give the unit and the code of quality that properties tell; "" and None where they do not."""
    unit, quality = "", None
    for key, value in zip(properties.keys[:_PROPERTIES_MOST], properties.values[:_PROPERTIES_MOST], strict=False):
        name = _readable(key)
        if not unit and is_unit(name):
            unit = unit_text(_readable(value.string_value))
        elif is_quality(name) and (value.HasField("int_value") or value.HasField("long_value")):
            quality = value.int_value or value.long_value
    return unit, quality


def _readable(value: str | bytes) -> str:
    """Give text; what is no UTF-8 comes from proto2 as bytes."""
    return value if isinstance(value, str) else value.decode("utf-8", "replace")
