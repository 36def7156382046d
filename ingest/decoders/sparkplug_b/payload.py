"""A Sparkplug B payload: protobuf, hex text of it, or the readable JSON of the specification. Pure; names nobody.

Field numbers: Eclipse Tahu `sparkplug_b.proto` (Sparkplug 3.0.0 §6.4). Only what we read is named.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
from google.protobuf.message import DecodeError

from ingest.protobuf_schema import message_types
from ingest.readings import Reason
from ingest.wire import RefusedError, number, read_json, text, unhex

METRICS_MOST: Final = 20_000
"""Metrics of one payload that are read; the largest birth certificates seen have some thousands."""
_TEMPLATE_DEPTH: Final = 4
_UNIT_LENGTH: Final = 20
UNIT_NAMES: Final = frozenset({"engunit", "engunits", "unit", "units", "engineeringunits", "engineering_units"})

_TYPES: Final = message_types(
    "org.eclipse.tahu.protobuf",
    {
        "Payload": [
            (1, "timestamp", "uint64"), (2, "metrics", "repeated Metric"), (3, "seq", "uint64"), (4, "uuid", "string"),
        ],
        "Metric": [
            (1, "name", "string"), (2, "alias", "uint64"), (3, "timestamp", "uint64"), (4, "datatype", "uint32"),
            (5, "is_historical", "bool"), (6, "is_transient", "bool"), (7, "is_null", "bool"),
            (9, "properties", "PropertySet"), (10, "int_value", "uint32"), (11, "long_value", "uint64"),
            (12, "float_value", "float"), (13, "double_value", "double"), (14, "boolean_value", "bool"),
            (15, "string_value", "string"), (18, "template_value", "Template"),
        ],
        "Template": [(2, "metrics", "repeated Metric"), (5, "is_definition", "bool")],
        "PropertySet": [(1, "keys", "repeated string"), (2, "values", "repeated PropertyValue")],
        "PropertyValue": [(8, "string_value", "string")],
    },
    syntax="proto2",
)  # fmt: skip
_PAYLOAD: Final[Any] = _TYPES["Payload"]
_VALUE_FIELDS: Final = ("boolean_value", "double_value", "float_value", "int_value", "long_value", "string_value")

_NAMES: Final = (
    "unknown", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float", "double", "boolean",
    "string", "datetime", "text", "uuid", "dataset", "bytes", "file", "template",
)  # fmt: skip
_TYPE_OF_NAME: Final = {name: code for code, name in enumerate(_NAMES)}
_SIGNED_BITS: Final = {1: 8, 2: 16, 3: 32, 4: 64}
_WHOLE: Final = frozenset(range(1, 9))
_REAL: Final = frozenset({9, 10})
BOOLEAN: Final = 11
STRING: Final = 12
MEASURED: Final = _WHOLE | _REAL | {BOOLEAN}


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """One metric as it was sent: `name` empty where only the alias was; `value` None where it is null or not taken."""

    name: str = ""
    alias: int | None = None
    milliseconds: float | None = None
    type: int = 0
    is_historical: bool = False
    is_null: bool = False
    raw: float | bool | str | None = None
    unit: str = ""

    def value(self, kind: int) -> float | bool | str | None:
        """Give the value, read as data type `kind`: whole numbers travel unsigned, in two's complement."""
        raw, bits = self.raw, _SIGNED_BITS.get(kind)
        if bits is not None and isinstance(raw, int) and not isinstance(raw, bool) and raw > 0:
            raw &= (1 << bits) - 1
            return raw - (1 << bits) if raw >> (bits - 1) else raw
        if kind == BOOLEAN and isinstance(raw, int | float):
            return bool(raw)
        return raw


class Payload(msgspec.Struct, frozen=True, kw_only=True):
    """One payload. `is_cut`: it had more metrics than are read."""

    metrics: tuple[Metric, ...] = ()
    milliseconds: float | None = None
    seq: int | None = None
    is_cut: bool = False

    @property
    def session(self) -> int | None:
        """Give the number of the node's session, `bdSeq`, which its birth and its death share."""
        found = (number(metric.raw) for metric in self.metrics if metric.name == "bdSeq")
        return next((int(value) % 256 for value in found if value is not None), None)


def read(payload: bytes) -> Payload:
    """Read a payload of any of the three spellings.

    Raises:
        RefusedError: it is none of them.
    """
    start = payload[:64].lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start == b"{":
        return _from_json(read_json(payload))
    binary = (unhex(payload) if start.isalnum() else None) or payload
    message = _PAYLOAD()
    try:
        message.ParseFromString(binary)
    except (DecodeError, ValueError, RecursionError) as error:
        raise RefusedError(Reason.MALFORMED, "not a Sparkplug B payload") from error
    metrics = tuple(_from_proto(message.metrics, "", 0))
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


def _from_proto(metrics: Any, prefix: str, depth: int) -> Iterator[Metric]:
    for item in metrics[: METRICS_MOST + 1]:
        name = prefix + _readable(item.name)[:200]
        if item.HasField("template_value"):
            if depth < _TEMPLATE_DEPTH and not item.template_value.is_definition:
                yield from _from_proto(item.template_value.metrics, f"{name}/", depth + 1)
            continue
        raw: float | bool | str | bytes | None = None
        for field in _VALUE_FIELDS:
            if item.HasField(field):
                raw = getattr(item, field)
                break
        raw = _readable(raw) if isinstance(raw, bytes) else raw
        yield Metric(
            name=name if item.name else "",
            alias=int(item.alias) if item.HasField("alias") else None,
            milliseconds=float(item.timestamp) if item.HasField("timestamp") else None,
            type=int(item.datatype),
            is_historical=item.is_historical,
            is_null=item.is_null,
            raw=raw,
            unit=_unit(item.properties) if item.HasField("properties") else "",
        )


def _unit(properties: Any) -> str:
    for key, value in zip(properties.keys[:64], properties.values[:64], strict=False):
        if _readable(key).lower().replace(" ", "") in UNIT_NAMES:
            return text(_readable(value.string_value))[:_UNIT_LENGTH]
    return ""


def _readable(value: str | bytes) -> str:
    """Give text; what is no UTF-8 comes from proto2 as bytes."""
    return value if isinstance(value, str) else value.decode("utf-8", "replace")


def _from_json(message: object) -> Payload:
    if not isinstance(message, dict) or not isinstance(message.get("metrics", []), list):
        raise RefusedError(Reason.MALFORMED, "a payload is an object with a list of metrics")
    listed = message.get("metrics", [])
    seq = number(message.get("seq"))
    return Payload(
        metrics=tuple(_metric_of(item) for item in listed[:METRICS_MOST] if isinstance(item, dict)),
        milliseconds=number(message.get("timestamp")),
        seq=None if seq is None else int(seq) % 256,
        is_cut=len(listed) > METRICS_MOST,
    )


def _metric_of(item: Mapping[str, object]) -> Metric:
    name, alias, kind = item.get("name"), number(item.get("alias")), item.get("dataType", item.get("datatype"))
    values = (item[key] for key in item if key == "value" or key.endswith(("_value", "Value")))
    raw = next((value for value in values if isinstance(value, bool | int | float | str)), None)
    properties = item.get("properties")
    return Metric(
        name=name[:200] if isinstance(name, str) else "",
        alias=None if alias is None else int(alias),
        milliseconds=number(item.get("timestamp")),
        type=_type_of(kind),
        is_historical=item.get("is_historical", item.get("isHistorical")) is True,
        is_null=item.get("is_null", item.get("isNull")) is True or ("value" in item and item["value"] is None),
        raw=raw,
        unit=_unit_of(properties) if isinstance(properties, dict) else "",
    )


def _type_of(kind: object) -> int:
    if isinstance(kind, str):
        return _TYPE_OF_NAME.get(kind.lower(), 0)
    return kind if isinstance(kind, int) and not isinstance(kind, bool) else 0


def _unit_of(properties: Mapping[str, object]) -> str:
    for key, value in list(properties.items())[:64]:
        told = value.get("value") if isinstance(value, dict) else value
        if key.lower().replace(" ", "") in UNIT_NAMES and isinstance(told, str):
            return text(told)[:_UNIT_LENGTH]
    return ""
