"""SenML (RFC 8428) as JSON or CBOR on the native topic. Pure. A fact is a boolean; "no value" is left out."""

from collections.abc import Iterable
from datetime import datetime

import cbor2
import orjson

from simulators.observation import Observation, Sending, Value
from simulators.wire import Message

# RFC 8428 section 6, table 4
_LABELS = {"bn": -2, "bt": -3, "n": 0, "u": 1, "v": 2, "vb": 4, "t": 6}
_FACT_UNIT = "1"

Record = dict[str, str | float | bool]


def topic(area: str, device: str) -> str:
    """Return the topic on which a device may speak; `area` is the town's code."""
    return f"gridwatch/v1/{area}/{device}/senml"


def encode(sending: Sending) -> list[Message]:
    """Encode an observation as a JSON pack; one without values is no message."""
    return _messages(sending, as_cbor=False)


def encode_cbor(sending: Sending) -> list[Message]:
    """Encode an observation as a CBOR pack, half as long as JSON."""
    return _messages(sending, as_cbor=True)


def pack(records: Iterable[Record], *, as_cbor: bool = False) -> bytes:
    """Put records into a SenML pack."""
    if not as_cbor:
        return orjson.dumps(list(records))
    return cbor2.dumps([{_LABELS[key]: value for key, value in record.items()} for record in records])


def timestamp(instant: datetime) -> float:
    """Return seconds since 1970 UTC, to the microsecond."""
    return round(instant.timestamp(), 6)


def _messages(sending: Sending, *, as_cbor: bool) -> list[Message]:
    report = sending.report
    assert isinstance(report, Observation)
    records = [_record(value) for value in report.values if value.value is not None]
    if not records:
        return []
    records[0] = {"bt": timestamp(report.time), **records[0]}
    spec = report.spec
    return [Message(topic=topic(spec.area, spec.id), payload=pack(records, as_cbor=as_cbor))]


def _record(value: Value) -> Record:
    assert value.value is not None
    if value.unit == _FACT_UNIT:
        return {"n": value.metric, "vb": bool(value.value)}
    return {"n": value.metric, "u": value.unit, "v": value.value}
