"""A payload of Sparkplug B and its metrics, however they were spelled. Pure nouns; names nobody."""

import struct
from collections.abc import Sequence
from typing import Final

import msgspec

from ingest.wire import number, text

METRICS_MOST: Final = 20_000
"""Metrics of one payload that are read; the largest birth certificates seen have some thousands."""
NAME_KEPT: Final = 200
_UNIT_KEPT: Final = 20
CHANNELS_MOST: Final = 16  # elements of an array that are read
BAD, STALE = 0, 500
"""Codes of the property `Quality` (Sparkplug 3.0.0 §6.4.7); 192 is good."""
_UNIT_NAMES: Final = frozenset({"engunit", "engunits", "unit", "units", "engineeringunits", "engineering_units"})

TYPE_NAMES: Final = (
    "unknown", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float", "double", "boolean",
    "string", "datetime", "text", "uuid", "dataset", "bytes", "file", "template", "propertyset", "propertysetlist",
    "int8array", "int16array", "int32array", "int64array", "uint8array", "uint16array", "uint32array", "uint64array",
    "floatarray", "doublearray", "booleanarray",
)  # fmt: skip
BOOLEAN: Final = 11
_SIGNED_BITS: Final = {1: 8, 2: 16, 3: 32, 4: 64}
_WHOLE: Final = frozenset(range(1, 9))
_REAL: Final = frozenset({9, 10})
MEASURED: Final = _WHOLE | _REAL | {BOOLEAN}
_ARRAYS: Final = dict(zip(range(22, 32), "bhiqBHIQfd", strict=True))
_BOOLEAN_ARRAY: Final = 32
_TO_ELEMENT: Final = _BOOLEAN_ARRAY - BOOLEAN  # from an array's type to that of its elements

Scalar = float | int | bool | str


class Metric(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One metric as it was sent: `name` empty where only the alias was; `raw` None where it is null or not taken.

    `raw` of an array is its bytes, in the readable spelling a list. `is_null` also where the node calls the value bad.
    """

    name: str = ""
    alias: int | None = None
    milliseconds: float | None = None
    type: int = 0
    is_historical: bool = False
    is_null: bool = False
    is_stale: bool = False
    raw: Scalar | bytes | list[object] | None = None
    unit: str = ""

    def elements(self, kind: int, name: str, unit: str) -> "list[Metric]":
        """Give the first elements of an array of type `kind`, as metrics of their own; none of what is no array."""
        values = _elements(kind, self.raw) if isinstance(self.raw, bytes) else self.raw
        if self.is_null or not isinstance(values, list):
            return []
        return [
            Metric(name=f"{name}_{i}", type=kind - _TO_ELEMENT, is_null=value is None, raw=value, unit=unit)
            for i, value in enumerate(values[:CHANNELS_MOST], 1)
            if value is None or isinstance(value, Scalar)
        ]

    def value(self, kind: int) -> object:
        """Give the value, read as data type `kind`: whole numbers travel unsigned, in two's complement."""
        if self.is_null:
            return None
        raw = self.raw
        if kind == BOOLEAN:
            return bool(raw) if isinstance(raw, int | float) else raw
        if kind in _SIGNED_BITS and isinstance(raw, int) and not isinstance(raw, bool) and raw > 0:
            bits = _SIGNED_BITS[kind]
            raw &= (1 << bits) - 1
            return raw - (1 << bits) if raw >> (bits - 1) else raw
        return raw


class Payload(msgspec.Struct, frozen=True, kw_only=True):
    """One payload. `is_cut`: it had more metrics than are read."""

    metrics: Sequence[Metric] = ()
    milliseconds: float | None = None
    seq: int | None = None
    is_cut: bool = False

    @property
    def session(self) -> int | None:
        """Give the number of the node's session, `bdSeq`, which its birth and its death share."""
        found = (number(metric.raw) for metric in self.metrics if metric.name == "bdSeq")
        return next((int(value) % 256 for value in found if value is not None), None)


def is_array(kind: int) -> bool:
    """Tell whether data type `kind` is an array of what is measured."""
    return kind in _ARRAYS or kind == _BOOLEAN_ARRAY


def _elements(kind: int, packed: bytes) -> list[object]:
    """Unpack an array: little-endian; Booleans are counted, then packed from the highest bit (Sparkplug 3.0.0 §6.4.16)."""
    if kind == _BOOLEAN_ARRAY:
        count = min(int.from_bytes(packed[:4], "little"), CHANNELS_MOST, 8 * len(packed[4:]))
        return [packed[4 + i // 8] >> (7 - i % 8) & 1 == 1 for i in range(count)]
    width = struct.calcsize(f"<{_ARRAYS[kind]}")
    return list(struct.unpack_from(f"<{min(len(packed) // width, CHANNELS_MOST)}{_ARRAYS[kind]}", packed))


def is_quality(key: str) -> bool:
    """Tell whether a property says how far the value can be trusted."""
    return key.lower() == "quality"


def is_unit(key: str) -> bool:
    """Tell whether a property is called as units are."""
    return key.lower().replace(" ", "") in _UNIT_NAMES


def unit_text(told: str) -> str:
    """Make a unit fit to be stored."""
    return text(told)[:_UNIT_KEPT]
