"""A Sparkplug B payload as the readable JSON of the specification. Pure."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, Struct

from ingest.decoders.sparkplug_b.metric import METRICS_MOST, NAME_KEPT, TYPE_NAMES, Metric, Payload, is_unit, unit_text
from ingest.readings import Reason
from ingest.wire import RefusedError, number, read_json

_EXACT: Final = 1 << 53  # a double holds every whole number up to here
_PROPERTIES_MOST: Final = 64
_TYPE_OF_NAME: Final = {name: code for code, name in enumerate(TYPE_NAMES)}

Whole = Annotated[int, Meta(ge=0, le=_EXACT)]


class _Usual(Struct, forbid_unknown_fields=True, gc=False):
    """A metric as nearly all are spelled. One that is spelled otherwise, or whose parts have other types, is none."""

    name: Annotated[str, Meta(max_length=NAME_KEPT)] = ""
    alias: Whole | None = None
    timestamp: Whole | None = None
    dataType: str = ""  # noqa: N815 -- names of the wire
    value: Any = UNSET
    properties: dict[str, Any] | None = None


class _UsualPayload(Struct, forbid_unknown_fields=True, gc=False):
    timestamp: Whole | None = None
    metrics: list[_Usual] = []
    seq: Whole | None = None


_parse: Final = msgspec.json.Decoder(_UsualPayload).decode


def read_readable(payload: bytes) -> Payload:
    """Read JSON of a payload: at once where it is spelled as usual, else key by key.

    Raises:
        RefusedError: it is no JSON of a payload.
    """
    try:
        usual = read_json(payload, _parse)
    except RefusedError:
        return _payload(read_json(payload))
    return Payload(
        metrics=[_usual_metric(item) for item in usual.metrics[:METRICS_MOST]],
        milliseconds=None if usual.timestamp is None else float(usual.timestamp),
        seq=None if usual.seq is None else usual.seq % 256,
        is_cut=len(usual.metrics) > METRICS_MOST,
    )


def _usual_metric(item: _Usual) -> Metric:
    raw, kind, milliseconds = item.value, item.dataType, item.timestamp
    return Metric(
        name=item.name,
        alias=item.alias,
        milliseconds=None if milliseconds is None else float(milliseconds),
        type=_TYPE_OF_NAME.get(kind.lower(), 0),
        is_null=raw is None,
        raw=raw if isinstance(raw, bool | int | float | str) else None,
        unit=_unit(item.properties) if item.properties else "",
    )


def _payload(message: object) -> Payload:
    if not isinstance(message, dict) or not isinstance(message.get("metrics", []), list):
        raise RefusedError(Reason.MALFORMED, "a payload is an object with a list of metrics")
    listed = message.get("metrics", [])
    seq = number(message.get("seq"))
    return Payload(
        metrics=[_metric(item) for item in listed[:METRICS_MOST] if isinstance(item, dict)],
        milliseconds=number(message.get("timestamp")),
        seq=None if seq is None else int(seq) % 256,
        is_cut=len(listed) > METRICS_MOST,
    )


def _metric(item: Mapping[str, object]) -> Metric:
    name, alias, kind = item.get("name"), number(item.get("alias")), item.get("dataType", item.get("datatype"))
    values = (item[key] for key in item if key == "value" or key.endswith(("_value", "Value")))
    raw = next((value for value in values if isinstance(value, bool | int | float | str)), None)
    properties = item.get("properties")
    return Metric(
        name=name[:NAME_KEPT] if isinstance(name, str) else "",
        alias=None if alias is None else int(alias),
        milliseconds=number(item.get("timestamp")),
        type=_type_of(kind),
        is_historical=item.get("is_historical", item.get("isHistorical")) is True,
        is_null=item.get("is_null", item.get("isNull")) is True or ("value" in item and item["value"] is None),
        raw=raw,
        unit=_unit(properties) if isinstance(properties, dict) else "",
    )


def _type_of(kind: object) -> int:
    if isinstance(kind, str):
        return _TYPE_OF_NAME.get(kind.lower(), 0)
    return kind if isinstance(kind, int) and not isinstance(kind, bool) else 0


def _unit(properties: Mapping[str, object]) -> str:
    for key, value in list(properties.items())[:_PROPERTIES_MOST]:
        told = value.get("value") if isinstance(value, dict) else value
        if is_unit(key) and isinstance(told, str):
            return unit_text(told)
    return ""
