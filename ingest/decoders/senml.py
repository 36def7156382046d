"""SenML (RFC 8428), the native format on `gridwatch/v1/{area}/{device}/senml`. Pure. Refuses a device that names another.

The topic says who speaks. A record names a metric ("smoke"), or the speaker and a metric ("{device}:{metric}",
"{device}/{metric}", "urn:dev:…:{device}:{metric}"); a name of any other device is refused. Without a topic (a file
looked at by hand) the name's last part is the metric and what stands before it the device.

A boolean named as a Fact is a device state, any other boolean a reading of 1 or 0. A sum is a reading of
`{metric}_sum` in the unit times seconds. Text and data are no readings: a pack that has nothing else is refused.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Final

import msgspec

from ingest.instants import AHEAD_US, OLDEST_US, from_us, is_plausible, received_us, to_us
from ingest.readings import Decoded, Decoder, DeviceId, DeviceState, Fact, Quality, Reading, Reason, Rejection
from ingest.senml_pack import FARTHEST_S, NAME, RELATIVE_BELOW_S, Record, Resolved, read_pack, resolve
from ingest.wire import RefusedError

__all__ = ["DECODER", "Record", "decode", "fast", "metric_of", "read_pack", "resolve"]

# Levels before ours are a partition's (`p/3/gridwatch/…`).
_TOPIC: Final = re.compile(r"(?:^|/)gridwatch/v1/[^/]+/([^/]+)/senml$")
_SMALL: Final = 4096
_FACTS: Final = frozenset(Fact)


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
    except RefusedError as refused:
        return [refused.rejection]
    if speaker is not None and (rows := fast(payload, received_us(received), speaker)) is not None:
        device = DeviceId(speaker)
        return [
            Reading(device=device, metric=metric, time=from_us(time_us), value=value, unit=unit)
            for metric, unit, time_us, value in rows
        ]
    return decode_fully(speaker, payload, received)


def decode_fully(speaker: str | None, payload: bytes, received: datetime) -> list[Decoded]:
    """Decode any pack of the device `speaker`, or of the devices it names where that is None, record by record."""
    try:
        pack = read_pack(payload)
    except RefusedError as refused:
        return [refused.rejection]
    decoded: list[Decoded] = []
    ignored = 0
    for record in resolve(pack, received):
        if isinstance(record, Rejection):
            decoded.append(record)
            continue
        found = list(_facts_and_readings(record, speaker, received))
        decoded += found
        ignored += not found
    if not decoded and ignored:
        decoded.append(Rejection(reason=Reason.UNSUPPORTED, detail="only text or data, no number"))
    return decoded


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
        rows.append((name, record.u or base_unit, time_us, record.v))
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


def _facts_and_readings(record: Resolved, speaker: str | None, received: datetime) -> Iterator[Decoded]:
    who = _named(record.name) if speaker is None else (speaker, metric_of(record.name, speaker))
    if who is None:
        yield Rejection(reason=Reason.MALFORMED, detail="a record without a name, and no topic that gives one")
        return
    device, metric = DeviceId(who[0]), who[1]
    if metric is None:
        yield Rejection(reason=Reason.FOREIGN_DEVICE, detail=f"{record.name} on the topic of {device}")
        return
    time, quality = _time(record, received)
    if record.vb is not None and metric in _FACTS:
        yield DeviceState(device=device, fact=Fact(metric), active=record.vb, time=time, quality=quality)
    elif record.vb is not None:
        unit = record.unit or "1"
        yield Reading(device=device, metric=metric, time=time, value=float(record.vb), unit=unit, quality=quality)
    elif record.v is not None:
        yield Reading(device=device, metric=metric, time=time, value=record.v, unit=record.unit, quality=quality)
    elif record.has_no_value:
        yield Reading(device=device, metric=metric, time=time, value=None, unit=record.unit, quality=Quality.MISSING)
    if record.s is not None:
        unit = f"{record.unit}.s" if record.unit else ""
        yield Reading(
            device=device, metric=f"{metric}_sum", time=time, value=record.s, unit=unit, quality=quality, code="s"
        )


def _time(record: Resolved, received: datetime) -> tuple[datetime, Quality]:
    if record.time_us is None or not is_plausible(record.time_us, to_us(received)):
        return received, Quality.UNCERTAIN_TIME
    return from_us(record.time_us), Quality.GOOD


def _named(name: str) -> tuple[str, str] | None:
    """Read device and metric out of a full name. `urn:dev:ow:10e2073a01080063` (RFC 9039) names a device alone."""
    if not name:
        return None
    cut = _split_at(name)
    if not cut or (name.startswith("urn:dev:") and name.count(":") + name.count("/") <= 3):  # noqa: PLR2004 -- urn:dev:scheme:id
        return name.rstrip(":/"), "value"
    return name[: cut - 1], name[cut:] or "value"
