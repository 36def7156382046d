"""SenML packs (RFC 8428) in JSON and CBOR: reading and resolving. Pure. Refuses packs it must not use; knows no device.

Read `read_pack` for §5 and §6 (representations), `resolve` for §4 (base fields, times, values).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Any, Final

import msgspec

from ingest.instants import to_us
from ingest.readings import Reason, Rejection
from ingest.wire import RefusedError, number, read_cbor, read_json, unhex

VERSION: Final = 10
"""The version RFC 8428 defines (§4.1); a pack of a later one must not be used (§4.4)."""
RELATIVE_BELOW_S: Final = float(1 << 28)
"""Smaller times are counted from now (§4.5.3)."""
FARTHEST_S: Final = 1e11
"""Beyond it (3,000 years) a time is rubbish; the bound keeps the arithmetic in microseconds exact."""

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9:./_-]*")  # §4.5.1
_LABELS: Final[Mapping[object, str]] = {  # §6, table 4
    -1: "bver", -2: "bn", -3: "bt", -4: "bu", -5: "bv", -6: "bs",
    0: "n", 1: "u", 2: "v", 3: "vs", 4: "vb", 5: "s", 6: "t", 7: "ut", 8: "vd",
}  # fmt: skip
_NUMBERS: Final = frozenset({"bt", "bv", "bs", "v", "s", "t", "ut"})
_KNOWN: Final = frozenset(_LABELS.values())
_CBOR_MARK: Final = b"\xd9\xd9\xf7"  # RFC 8949 §3.4.6, "self-described CBOR"


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One record as sent; None is a field that was not sent. Times and sums in seconds."""

    bver: int | None = None
    bn: str | None = None
    bt: float | None = None
    bu: str | None = None
    bv: float | None = None
    bs: float | None = None
    n: str = ""
    u: str | None = None
    v: float | msgspec.UnsetType | None = msgspec.UNSET  # an explicit null is a device that has no value
    vs: str | None = None
    vb: bool | None = None
    vd: Any = None  # base64 text in JSON, bytes in CBOR
    s: float | None = None
    t: float = 0.0
    ut: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """A record that stands alone (§4.6): full name, its unit ("" = none declared), time in microseconds since 1970 UTC.

    `time_us` is None where the device's time is no time at all. `has_no_value` is a `v` that was sent as null.
    """

    name: str
    unit: str
    time_us: int | None
    v: float | None = None
    vs: str | None = None
    vb: bool | None = None
    vd: object = None
    s: float | None = None
    ut: float | None = None
    has_no_value: bool = False


def read_pack(payload: bytes) -> list[Record]:
    """Read a pack in JSON, CBOR, or hex text of CBOR; the first byte tells which.

    Raises:
        RefusedError: it is no pack, holds a field of the wrong type, a version above 10, or a field whose name ends
            with `_` (§4.4: whoever does not understand it must not use the pack).
    """
    fields = [_known_fields(record) for record in _records(payload)]
    try:
        pack = msgspec.convert(fields, list[Record])
    except (msgspec.ValidationError, OverflowError) as error:
        raise RefusedError(Reason.MALFORMED, f"SenML: {error}") from error
    _check_versions(pack)
    return pack


def resolve(pack: Sequence[Record], received: datetime) -> Iterator[Resolved | Rejection]:
    """Apply base fields and turn relative times into absolute ones, `received` (aware UTC) being now (§4.6).

    Records keep their order. A record that breaks the rules becomes a Rejection in its place; one that only sets base
    fields gives nothing.
    """
    base = _Base(received_us=to_us(received))
    for i, record in enumerate(pack):
        base = base.taking(record)
        resolved = base.applied_to(record)
        problem = _problem(resolved)
        if problem is not None:
            yield Rejection(reason=Reason.MALFORMED, detail=f"SenML record {i}: {problem}")
        elif resolved.has_no_value or _values(resolved) or resolved.s is not None:
            yield resolved
        elif not _sets_base(record):
            yield Rejection(reason=Reason.MALFORMED, detail=f"SenML record {i}: neither value nor sum")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Base:
    received_us: int
    name: str = ""
    time: float = 0.0
    unit: str = ""
    value: float | None = None
    sum: float | None = None

    def taking(self, record: Record) -> "_Base":
        if not _sets_base(record):
            return self
        return _Base(
            received_us=self.received_us,
            name=self.name if record.bn is None else record.bn,
            time=self.time if record.bt is None else record.bt,
            unit=self.unit if record.bu is None else record.bu,
            value=self.value if record.bv is None else record.bv,
            sum=self.sum if record.bs is None else record.bs,
        )

    def applied_to(self, record: Record) -> Resolved:
        return Resolved(
            name=self.name + record.n,
            unit=record.u or self.unit,
            time_us=absolute_us(self.time + record.t, self.received_us),
            v=self._value(record),
            vs=record.vs,
            vb=record.vb,
            vd=record.vd,
            s=None if self.sum is None and record.s is None else (self.sum or 0.0) + (record.s or 0.0),
            ut=record.ut,
            has_no_value=record.v is None,
        )

    def _value(self, record: Record) -> float | None:
        if isinstance(record.v, float):
            return (self.value or 0.0) + record.v
        # §4.5.4: a missing Value counts as zero beside a Base Value, unless the record has a value of another type.
        has_other = record.vs is not None or record.vb is not None or record.vd is not None or record.v is None
        return None if has_other else self.value


def absolute_us(seconds: float, received_us: int) -> int | None:
    """Turn a SenML time into microseconds since 1970 UTC, or None where it is no time at all (§4.5.3)."""
    if not -FARTHEST_S < seconds < FARTHEST_S:
        return None
    moment = round(seconds * 1e6)
    return moment + received_us if seconds < RELATIVE_BELOW_S else moment


def _records(payload: bytes) -> Sequence[object]:
    pack = _parse(payload)
    if not isinstance(pack, list | tuple):
        raise RefusedError(Reason.MALFORMED, "a SenML pack is an array")
    if not pack:
        raise RefusedError(Reason.MALFORMED, "an empty SenML pack")
    return pack


def _parse(payload: bytes) -> object:
    if (payload[:1] and 0x80 <= payload[0] <= 0x9F) or payload.startswith(_CBOR_MARK):  # noqa: PLR2004 -- CBOR arrays
        return read_cbor(payload)
    start = payload.lstrip()[:1]
    if start == b"<":
        raise RefusedError(Reason.UNSUPPORTED, "SenML in XML")
    if start in (b"[", b"{", b"\xef"):
        return read_json(payload)
    frame = unhex(payload)
    if frame is not None and frame[0] >= 0x80:  # noqa: PLR2004 -- a CBOR array or its tag; no JSON begins so
        return read_cbor(frame)
    raise RefusedError(Reason.MALFORMED, "neither JSON, CBOR nor hex text of CBOR")


def _known_fields(record: object) -> dict[str, object]:
    if not isinstance(record, Mapping):
        raise RefusedError(Reason.MALFORMED, "a SenML record is an object")
    fields: dict[str, object] = {}
    for key, value in record.items():
        label = _LABELS.get(key) if isinstance(key, int) and not isinstance(key, bool) else key
        if isinstance(label, str) and label not in _KNOWN and label.endswith("_"):
            raise RefusedError(Reason.UNSUPPORTED, f"SenML field {label!r} must be understood")
        if not isinstance(label, str) or label not in _KNOWN:
            continue
        if label in fields:
            raise RefusedError(Reason.MALFORMED, f"SenML field {label!r} twice in a record")
        fields[label] = _plain(label, value)
    return fields


def _plain(label: str, value: object) -> object:
    """Take numbers of any kind CBOR has as floats; text is no number here, and NaN or infinity is none either."""
    if label not in _NUMBERS or value is None or isinstance(value, bool | str):
        return value
    plain = number(value)
    if plain is None:
        raise RefusedError(Reason.MALFORMED, f"SenML field {label!r} is not a finite number")
    return plain


def _check_versions(pack: Sequence[Record]) -> None:
    versions = {record.bver for record in pack if record.bver is not None}
    if any(version > VERSION for version in versions):
        raise RefusedError(Reason.UNSUPPORTED, f"SenML version {max(versions)}; {VERSION} is the newest known")
    if any(version < 1 for version in versions) or len(versions) > 1:
        raise RefusedError(Reason.MALFORMED, "SenML version is not one positive number for the whole pack")


def _problem(resolved: Resolved) -> str | None:
    if resolved.name and not NAME.fullmatch(resolved.name):
        return "a character that no SenML name may have"
    if len(_values(resolved)) + resolved.has_no_value > 1:
        return "more than one value"
    if any(value is not None and not isfinite(value) for value in (resolved.v, resolved.s)):
        return "a value beyond any number"
    return None


def _values(resolved: Resolved) -> list[object]:
    return [value for value in (resolved.v, resolved.vs, resolved.vb, resolved.vd) if value is not None]


def _sets_base(record: Record) -> bool:
    return any(value is not None for value in (record.bn, record.bt, record.bu, record.bv, record.bs, record.bver))
