"""A payload of Sparkplug B and its metrics, however they were spelled. Pure nouns; names nobody."""

from collections.abc import Sequence
from typing import Final

import msgspec

from ingest.wire import number, text

METRICS_MOST: Final = 20_000
"""Metrics of one payload that are read; the largest birth certificates seen have some thousands."""
NAME_KEPT: Final = 200
_UNIT_KEPT: Final = 20
_UNIT_NAMES: Final = frozenset({"engunit", "engunits", "unit", "units", "engineeringunits", "engineering_units"})

TYPE_NAMES: Final = (
    "unknown", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float", "double", "boolean",
    "string", "datetime", "text", "uuid", "dataset", "bytes", "file", "template",
)  # fmt: skip
BOOLEAN: Final = 11
_SIGNED_BITS: Final = {1: 8, 2: 16, 3: 32, 4: 64}
_WHOLE: Final = frozenset(range(1, 9))
_REAL: Final = frozenset({9, 10})
MEASURED: Final = _WHOLE | _REAL | {BOOLEAN}


class Metric(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One metric as it was sent: `name` empty where only the alias was; `raw` None where it is null or not taken."""

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


def is_unit(key: str) -> bool:
    """Tell whether a property is called as units are."""
    return key.lower().replace(" ", "") in _UNIT_NAMES


def unit_text(told: str) -> str:
    """Make a unit fit to be stored."""
    return text(told)[:_UNIT_KEPT]
