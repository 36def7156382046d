"""SenML packs (RFC 8428) in JSON and CBOR: reading and resolving. Pure. Refuses packs it must not use; knows no device.

Read `read_pack` for §5 and §6 (representations), `Base` for §4 (base fields, times, values).
"""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ingest.readings import Reason
from ingest.wire import RefusedError, read_json, read_short_cbor, unhex

VERSION: Final = 10
"""The version RFC 8428 defines (§4.1); a pack of a later one must not be used (§4.4)."""
SECONDARY_UNITS: Final = 26
"""The same with the units of RFC 8798 (RFC 9100 §4: feature 4 beside those of version 10)."""
_USUAL_VERSION: Final = {VERSION}
RELATIVE_BELOW_S: Final = float(1 << 28)
"""Smaller times are counted from now (§4.5.3)."""
FARTHEST_S: Final = 1e11
"""Beyond it (3,000 years) a time is rubbish; the bound keeps the arithmetic in microseconds exact."""

RECORDS_AT_MOST: Final = 131_072
"""As many as the size limit has room for that say something in JSON: `{"v":1},` is eight bytes."""

NAME_AT_MOST: Final = 512
"""Characters of a name: a base name is copied to every record, and must not make a mebibyte a gigabyte."""
NAME: Final = re.compile(rf"[A-Za-z0-9][A-Za-z0-9:./_-]{{0,{NAME_AT_MOST - 1}}}")  # §4.5.1
_LABELS: Final[Mapping[int, str]] = {  # §6, table 4
    -1: "bver", -2: "bn", -3: "bt", -4: "bu", -5: "bv", -6: "bs",
    0: "n", 1: "u", 2: "v", 3: "vs", 4: "vb", 5: "s", 6: "t", 7: "ut", 8: "vd",
}  # fmt: skip
_KNOWN: Final[Mapping[object, str]] = {label: label for label in _LABELS.values()}
_CBOR_MARK: Final = b"\xd9\xd9\xf7"  # RFC 8949 §3.4.6, "self-described CBOR"

_LARGEST: Final = 1.7976931348623157e308
Finite = Annotated[float, Meta(ge=-_LARGEST, le=_LARGEST)]
"""CBOR can spell NaN and infinity; neither is a measurement."""


class Record(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    """One record as sent; None is a field that was not sent. Times and sums in seconds."""

    bver: int | None = None
    bn: str | None = None
    bt: Finite | None = None
    bu: str | None = None
    bv: Finite | None = None
    bs: Finite | None = None
    n: str = ""
    u: str | None = None
    v: Finite | UnsetType | None = UNSET  # an explicit null is a device that has no value
    vs: str | None = None
    vb: bool | None = None
    vd: Any = None  # base64 text in JSON, bytes in CBOR
    s: Finite | None = None
    t: Finite = 0.0
    ut: Finite | None = None


class Base(msgspec.Struct, gc=False):
    """The base fields that hold for a record (§4.1): its own, and of those before it what it does not replace."""

    name: str = ""
    time: float = 0.0
    unit: str = ""
    value: float | None = None
    sum: float | None = None

    def take(self, record: Record) -> None:
        """Let the base fields of a record hold from now on; what is too long for a name or a unit is cut, and none then."""
        self.name = self.name if record.bn is None else record.bn[: NAME_AT_MOST + 1]
        self.time = self.time if record.bt is None else record.bt
        self.unit = self.unit if record.bu is None else record.bu[: NAME_AT_MOST + 1]
        self.value = self.value if record.bv is None else record.bv
        self.sum = self.sum if record.bs is None else record.bs

    def add_to(self, record: Record) -> None:
        """Let a record stand alone (§4.6), but for its time.

        A missing Value counts as zero beside a base value (§4.5.4), unless there is a value of another type.
        """
        record.n = self.name + record.n
        if record.vb is None and record.vs is None:  # a truth has no unit, and a text only its own
            record.u = record.u or self.unit
        if self.value is not None:
            if isinstance(record.v, float):
                record.v += self.value
            elif record.v is UNSET and record.vs is None and record.vb is None and record.vd is None:
                record.v = self.value
        if self.sum is not None:
            record.s = self.sum + (record.s or 0.0)


class _Usual(Record, forbid_unknown_fields=True, gc=False):
    """What is read at once: a record of fields we know, flat. Any other is looked at key by key."""

    vd: str | None = None


_read_usual: Final = msgspec.json.Decoder(list[_Usual]).decode


def read_pack(payload: bytes) -> Sequence[Record]:
    """Read a pack in JSON, CBOR, or hex text of CBOR; the first byte tells which.

    Raises:
        RefusedError: it is no pack, holds a field of the wrong type, a version above 10, or a field whose name ends
            with `_` (§4.4: whoever does not understand it must not use the pack).
    """
    pack: Sequence[Record] | None = _usual(payload) if payload[:1] == b"[" else None
    if pack is None:
        pack = _records(payload)
    if not 0 < len(pack) <= RECORDS_AT_MOST:
        raise _unfit(len(pack))
    _check_versions(pack)
    return pack


def sets_base(record: Record) -> bool:
    """Tell whether a record has a base field; then it need not say anything itself."""
    return (
        record.bn is not None
        or record.bt is not None
        or record.bu is not None
        or record.bv is not None
        or record.bs is not None
        or record.bver is not None
    )


def problem_of(record: Record) -> str | None:
    """Say which rule a record breaks, to which its base was added; "" is one that says nothing, None a right one."""
    told = (record.v is not UNSET) + (record.vs is not None) + (record.vb is not None) + (record.vd is not None)
    if told > 1:
        return "more than one value"
    if not told and record.s is None:
        return "" if sets_base(record) else "neither value nor sum"
    if abs(record.v or 0.0) > _LARGEST or abs(record.s or 0.0) > _LARGEST:
        return "a value beyond any number"
    return None


def _usual(payload: bytes) -> Sequence[Record] | None:
    try:
        return _read_usual(payload)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def _records(payload: bytes) -> list[Record]:
    """Read records key by key: numbers of any kind are floats, text and NaN are none."""
    items = _parse(payload)
    if type(items) is not list and type(items) is not tuple:  # a tuple is within the mark
        raise RefusedError(Reason.MALFORMED, "a SenML pack is an array")
    if len(items) > RECORDS_AT_MOST:
        raise _unfit(len(items))
    fields = [_known_fields(item) for item in items]
    try:
        return [msgspec.convert(known, Record) for known in fields]
    except (msgspec.ValidationError, OverflowError) as error:
        raise RefusedError(Reason.MALFORMED, f"SenML: {error}") from error


def _unfit(count: int) -> RefusedError:
    if not count:
        return RefusedError(Reason.MALFORMED, "an empty SenML pack")
    return RefusedError(Reason.TOO_LARGE, f"{count} SenML records, {RECORDS_AT_MOST} are taken")


def _parse(payload: bytes) -> object:
    if (payload[:1] and 0x80 <= payload[0] <= 0x9F) or payload.startswith(_CBOR_MARK):  # noqa: PLR2004 -- CBOR arrays
        return read_short_cbor(payload)
    start = payload.lstrip()[:1]
    if start == b"<":
        raise RefusedError(Reason.UNSUPPORTED, "SenML in XML")
    if start in (b"[", b"{", b"\xef"):
        return read_json(payload)
    frame = unhex(payload)
    if frame is not None and frame[0] >= 0x80:  # noqa: PLR2004 -- a CBOR array or its tag; no JSON begins so
        return read_short_cbor(frame)
    raise RefusedError(Reason.MALFORMED, "neither JSON, CBOR nor hex text of CBOR")


def _known_fields(item: object) -> dict[str, object]:
    if type(item) is not dict and not isinstance(item, Mapping):
        raise RefusedError(Reason.MALFORMED, "a SenML record is an object")
    fields: dict[str, object] = {}
    for key, value in item.items():
        label = _LABELS.get(key) if type(key) is int else _KNOWN.get(key)
        if label is None:
            if isinstance(key, str) and key.endswith("_"):
                raise RefusedError(Reason.UNSUPPORTED, f"SenML field {key!r} must be understood")
        elif label in fields:
            raise RefusedError(Reason.MALFORMED, f"SenML field {label!r} twice in a record")
        else:
            fields[label] = value
    return fields


def _check_versions(pack: Sequence[Record]) -> None:
    versions = {record.bver for record in pack if record.bver is not None}
    if not versions or versions == _USUAL_VERSION:
        return
    newest = max(versions)
    if newest > VERSION and newest != SECONDARY_UNITS:
        raise RefusedError(Reason.UNSUPPORTED, f"SenML version {newest}; {VERSION} and {SECONDARY_UNITS} are known")
    if min(versions) < 1 or len(versions) > 1:
        raise RefusedError(Reason.MALFORMED, "SenML version is not one positive number for the whole pack")
