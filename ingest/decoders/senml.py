"""SenML (RFC 8428), the native format on `gridwatch/v1/{area}/{device}/senml`. Pure. Refuses a device that names another.

The topic says who speaks. A record names a metric ("smoke"), or the speaker and a metric ("{device}:{metric}",
"{device}/{metric}", "urn:dev:…:{device}:{metric}"); a name of any other device is refused. Without a topic (a file
looked at by hand) the name's last part is the metric and what stands before it the device.

A boolean named as a Fact is a device state, any other boolean a reading of 1 or 0. A sum is a reading of
`{metric}_sum` in the unit times seconds. Text and data are no readings, but for the text of a number that has a unit: a pack
that has nothing else is refused. Records that all name the device alone are told apart by units that say what they measure.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

import msgspec
from msgspec import UNSET

from ingest.instants import AHEAD_US, OLDEST_US, received_us
from ingest.readings import Decoded, Decoder, DeviceId, DeviceState, Fact, Quality, Reading, Reason, Rejection
from ingest.senml_pack import (
    FARTHEST_S,
    NAME,
    RELATIVE_BELOW_S,
    Base,
    Record,
    problem_of,
    read_pack,
    sets_base,
)
from ingest.wire import RefusedError, number, text

__all__ = ["DECODER", "decode", "fast", "metric_of"]

# Levels before ours are a partition's (`p/3/gridwatch/…`).
_TOPIC: Final = re.compile(r"(?:^|/)gridwatch/v1/[^/]+/([^/]+)/senml$")
_SMALL: Final = 4096
_FACTS: Final[Mapping[str, Fact]] = {fact.value: fact for fact in Fact}
_GOOD, _UNCERTAIN_TIME, _MISSING = Quality.GOOD, Quality.UNCERTAIN_TIME, Quality.MISSING
_NAME_KEPT: Final = 100
"""Characters of the longest name that is remembered: devices repeat the same short ones."""

NAMED_BY_UNIT: Final[Mapping[str, str]] = {"lat": "latitude", "lon": "longitude", "%EL": "battery"}
"""What a record without a name of its own measures, where its unit says so (RFC 8428 §5.1.4, "multiple data types")."""
Who = tuple[DeviceId, str, Fact | None]
"""A device, a metric, and the fact of that name where there is one."""


class _Plain(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """The record nearly every device sends. Any other field makes the pack one for the full decoder."""

    v: float
    n: str = ""
    u: str = ""
    t: float = 0.0
    bn: str | None = None
    bt: float | None = None
    bu: str | None = None


_read_plain: Final = msgspec.json.Decoder(list[_Plain]).decode


def decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:
    """Decode a pack that arrived on `topic` at `received` (aware UTC); "" is no topic."""
    try:
        speaker = _speaker(topic)
        pack = read_pack(payload)
    except RefusedError as refused:
        return [refused.rejection]
    said: list[Decoded] = []
    base, seconds = Base(), 0.0
    time, quality = _time(seconds, received)
    for record in pack:
        if sets_base(record):
            base.take(record)
        if base.time + record.t != seconds:
            seconds = base.time + record.t
            time, quality = _time(seconds, received)
        name = base.name + record.n
        who = _who(name, speaker) if len(name) <= _NAME_KEPT else _who.__wrapped__(name, speaker)
        value = record.v
        if (
            isinstance(value, float)
            and type(who) is tuple
            and record.vb is record.vs is record.vd is record.s is base.value is base.sum is None  # type: ignore[comparison-overlap]
        ):
            unit, metric = record.u or base.unit, who[1]
            if metric == "value" and unit in NAMED_BY_UNIT:
                metric = NAMED_BY_UNIT[unit]
            said.append(Reading(device=who[0], metric=metric, time=time, value=value, unit=unit, quality=quality))
        else:
            base.add_to(record)
            said += _rest(record, who, time, quality)
    if not said and any(record.vs is not None or record.vd is not None for record in pack):
        said.append(Rejection(reason=Reason.UNSUPPORTED, detail="only text or data, no number"))
    return said


TOPICS: Final = ("gridwatch/v1/+/+/senml",)
DECODER: Final[Decoder] = decode


def fast(  # noqa: C901, PLR0912 -- every message passes here: a call costs more than a branch
    payload: bytes, received_us: int, device: str = ""
) -> list[tuple[str, str, int, float]] | None:
    """Decode a common small pack of numbers into (metric, unit, time in µs since 1970 UTC, value), quality GOOD.

    None is "ask `decode`": anything rare, doubtful or wrong. What is not None equals what `decode` says of a topic of
    `device`; without `device` only relative names are taken.
    """
    if len(payload) > _SMALL:
        return None
    try:
        pack = _read_plain(payload)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    rows = []
    base_name = base_unit = ""
    base_time = 0.0
    for record in pack:
        if record.bn is not None:
            base_name = record.bn
        if record.bt is not None:
            base_time = record.bt
        if record.bu is not None:
            base_unit = record.bu
        name = base_name + record.n
        if not _is_relative(name):
            metric = metric_of(name, device) if device else None
            if metric is None:
                return None
            name = metric
        seconds = base_time + record.t
        if seconds == 0.0:
            time_us = received_us
        elif not -FARTHEST_S < seconds < FARTHEST_S:
            return None
        else:
            time_us = round(seconds * 1e6)
            if seconds < RELATIVE_BELOW_S:
                time_us += received_us
            if not OLDEST_US <= time_us <= received_us + AHEAD_US:
                return None
        unit = record.u or base_unit
        if name == "value" and unit in NAMED_BY_UNIT:
            name = NAMED_BY_UNIT[unit]
        rows.append((name, unit, time_us, record.v))
    return rows or None


def metric_of(name: str, device: str) -> str | None:
    """Give the metric a record name means on the topic of `device`, or None where the name is not that device's.

    A name that is the device alone, or empty, means its one metric, "value".
    """
    if not name:
        return "value"
    if not NAME.fullmatch(name):
        return None
    cut = _split_at(name)
    if not cut:
        return name
    if name.startswith("urn:dev:"):
        if name.endswith(f":{device}"):
            return "value"
        return (name[cut:] or "value") if name[: cut - 1].endswith(f":{device}") else None
    return (name[len(device) + 1 :] or "value") if name.startswith((f"{device}:", f"{device}/")) else None


@lru_cache(maxsize=4096)
def _is_relative(name: str) -> bool:
    return bool(NAME.fullmatch(name)) and not _split_at(name)


def _split_at(name: str) -> int:
    """Give where the last part of a name begins, 0 where it has but one."""
    return max(name.rfind(":"), name.rfind("/")) + 1


@lru_cache(maxsize=65_536)
def _speaker(topic: str) -> str | None:
    if not topic:
        return None
    match = _TOPIC.search(topic)
    if match is None:
        raise RefusedError(Reason.TOPIC, "not gridwatch/v1/{area}/{device}/senml")
    return match[1]


@lru_cache(maxsize=16_384)
def _who(name: str, speaker: str | None) -> Who | Rejection | None:
    """Give device and metric a name means, and the fact a boolean of that name is; None is no name at all (§4.5.1)."""
    if name and not NAME.fullmatch(name):
        return None
    device, metric = _named(name) if speaker is None else (speaker, metric_of(name, speaker))
    if not device:
        return Rejection(reason=Reason.MALFORMED, detail="a record without a name, and no topic that gives one")
    if metric is None:
        return Rejection(reason=Reason.FOREIGN_DEVICE, detail=f"{name} on the topic of {device}")
    return DeviceId(device), metric, _FACTS.get(metric)


def _rest(record: Record, who: Who | Rejection | None, time: datetime, quality: Quality) -> list[Decoded]:
    """Say what a record says that is more than a plain number, or what is wrong with it; text and data say nothing."""
    problem = "a character that no name may have" if who is None else problem_of(record)
    if problem is not None or who is None:
        detail = f"SenML record {text(record.n)!r}: {problem}"
        return [Rejection(reason=Reason.MALFORMED, detail=detail)] if problem else []
    if isinstance(who, Rejection):
        return [who]
    device, metric, fact = who
    said: list[Decoded] = []
    unit, value = record.u or "", record.v
    if metric == "value" and unit in NAMED_BY_UNIT:
        metric = NAMED_BY_UNIT[unit]
    if unit and record.vs is not None and (amount := number(record.vs)) is not None:
        value = amount  # only numbers have units: a number whose sender quotes it
    if record.vb is not None and fact is not None:
        said.append(DeviceState(device=device, fact=fact, active=record.vb, time=time, quality=quality))
    elif record.vb is not None:
        truth, unit = float(record.vb), unit or "1"
        said.append(Reading(device=device, metric=metric, time=time, value=truth, unit=unit, quality=quality))
    elif value is None:
        said.append(Reading(device=device, metric=metric, time=time, value=None, unit=unit, quality=_MISSING))
    elif value is not UNSET:
        said.append(Reading(device=device, metric=metric, time=time, value=value, unit=unit, quality=quality))
    if record.s is not None:
        metric, unit = f"{metric}_sum", f"{record.u}.s" if record.u else ""
        said.append(
            Reading(device=device, metric=metric, time=time, value=record.s, unit=unit, quality=quality, code="s")
        )
    return said


def _time(seconds: float, received: datetime) -> tuple[datetime, Quality]:
    """Turn a SenML time (§4.5.3) into an instant; ours, and flagged, where it cannot be."""
    if not seconds:
        return received, _GOOD
    if -FARTHEST_S < seconds < FARTHEST_S:
        now_us = received_us(received)
        time_us = round(seconds * 1e6)
        if seconds < RELATIVE_BELOW_S:
            time_us += now_us
        if OLDEST_US <= time_us <= now_us + AHEAD_US:
            return datetime.fromtimestamp(time_us / 1e6, UTC), _GOOD
    return received, _UNCERTAIN_TIME


def _named(name: str) -> tuple[str, str]:
    """Read device and metric out of a full name. `urn:dev:ow:10e2073a01080063` (RFC 9039) names a device alone."""
    cut = _split_at(name)
    if not cut or (name.startswith("urn:dev:") and name.count(":") + name.count("/") <= 3):  # noqa: PLR2004 -- urn:dev:scheme:id
        return name.rstrip(":/"), "value"
    return name[: cut - 1], name[cut:] or "value"
