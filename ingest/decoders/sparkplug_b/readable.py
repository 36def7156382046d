"""A Sparkplug B payload as the readable JSON of the specification. Pure."""

import re
from collections.abc import Mapping
from itertools import islice
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, Struct

from ingest.decoders.sparkplug_b.metric import (
    BAD,
    METRICS_MOST,
    NAME_KEPT,
    STALE,
    TYPE_NAMES,
    Metric,
    Payload,
    is_quality,
    is_unit,
    unit_text,
)
from ingest.readings import Reason
from ingest.wire import RefusedError, number, read_json

_EXACT: Final = 1 << 53  # a double holds every whole number up to here
_PROPERTIES_MOST: Final = 64
_TYPE_OF_NAME: Final = {name: code for code, name in enumerate(TYPE_NAMES)}
_TEMPLATE_DEPTH: Final = 4
_LONG: Final = frozenset({_TYPE_OF_NAME["int64"], _TYPE_OF_NAME["uint64"]})
_DIGITS: Final = re.compile(r"-?[0-9]{1,20}")

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
    if any(type(item.value) is dict for item in usual.metrics):  # a template
        return _payload(read_json(payload))
    return Payload(
        metrics=[_usual_metric(item) for item in usual.metrics[:METRICS_MOST]],
        milliseconds=None if usual.timestamp is None else float(usual.timestamp),
        seq=None if usual.seq is None else usual.seq % 256,
        is_cut=len(usual.metrics) > METRICS_MOST,
    )


def _usual_metric(item: _Usual) -> Metric:
    raw, kind, milliseconds = item.value, item.dataType, item.timestamp
    unit, quality = _properties(item.properties) if item.properties else ("", None)
    return Metric(
        name=item.name,
        alias=item.alias,
        milliseconds=None if milliseconds is None else float(milliseconds),
        type=_TYPE_OF_NAME.get(kind.lower(), 0),
        is_null=raw is None or quality == BAD,
        is_stale=quality == STALE,
        raw=raw if isinstance(raw, bool | int | float | str | list) else None,
        unit=unit,
    )


def _payload(message: object) -> Payload:
    if not isinstance(message, dict) or not isinstance(message.get("metrics", []), list):
        raise RefusedError(Reason.MALFORMED, "a payload is an object with a list of metrics")
    metrics: list[Metric] = []
    is_cut = _add(metrics, message.get("metrics", []), "", 0)
    seq = number(message.get("seq"))
    return Payload(
        metrics=metrics,
        milliseconds=number(message.get("timestamp")),
        seq=None if seq is None else int(seq) % 256,
        is_cut=is_cut,
    )


def _add(metrics: list[Metric], listed: object, prefix: str, depth: int) -> bool:
    """Add what is listed and what is in its templates; True where it is cut."""
    for item in listed if isinstance(listed, list) else []:
        if not isinstance(item, dict):
            continue
        if len(metrics) >= METRICS_MOST:
            return True
        value = item.get("value")
        if isinstance(value, dict) and "metrics" in value:
            name = item.get("name")
            inner = f"{prefix}{name[:NAME_KEPT]}/" if isinstance(name, str) else prefix
            is_instance = value.get("isDefinition", value.get("is_definition")) is not True
            if is_instance and depth < _TEMPLATE_DEPTH and _add(metrics, value["metrics"], inner, depth + 1):
                return True
        else:
            metrics.append(_metric(item, prefix))
    return False


def _metric(item: Mapping[str, object], prefix: str) -> Metric:
    name, alias = item.get("name"), number(item.get("alias"))
    kind = _type_of(item.get("dataType", item.get("datatype", item.get("type"))))
    values = (item[key] for key in item if key == "value" or key.endswith(("_value", "Value")))
    raw = next((value for value in values if isinstance(value, bool | int | float | str | list | dict)), None)
    properties = item.get("properties")
    unit, quality = _properties(properties) if isinstance(properties, dict) else ("", None)
    is_told_null = item.get("is_null", item.get("isNull")) is True or ("value" in item and item["value"] is None)
    return Metric(
        name=prefix + name[:NAME_KEPT] if isinstance(name, str) else "",
        alias=None if alias is None else int(alias),
        milliseconds=number(item.get("timestamp")),
        type=kind,
        is_historical=item.get("is_historical", item.get("isHistorical")) is True,
        is_null=is_told_null or quality == BAD,
        is_stale=quality == STALE,
        raw=_whole(raw) if isinstance(raw, dict) or (isinstance(raw, str) and kind in _LONG) else raw,
        unit=unit,
    )


def _whole(told: Mapping[str, object] | str) -> int | None:
    """Read a whole number of 64 bits: text, or as JavaScript libraries write it, `{"low": 5, "high": 0, "unsigned": true}`."""
    if isinstance(told, str):
        return int(told) if _DIGITS.fullmatch(told) else None
    low, high = told.get("low"), told.get("high")
    return (high << 32) + (low & 0xFFFFFFFF) if type(low) is int and type(high) is int and abs(high) < 1 << 32 else None


def _type_of(kind: object) -> int:
    if isinstance(kind, str):
        return _TYPE_OF_NAME.get(kind.lower(), 0)
    return kind if isinstance(kind, int) and not isinstance(kind, bool) else 0


def _properties(properties: Mapping[str, object]) -> tuple[str, float | None]:
    """Give the unit and the code of quality that properties tell; "" and None where they do not."""
    unit, quality = "", None
    for key, value in islice(properties.items(), _PROPERTIES_MOST):
        told = value.get("value") if isinstance(value, dict) else value
        if not unit and is_unit(key) and isinstance(told, str):
            unit = unit_text(told)
        elif is_quality(key):
            quality = number(told)
    return unit, quality
