"""Sparkplug B edge nodes and their devices on `spBv1.0/{group}/{type}/{node}[/{device}]`. Pure.

A birth certificate names every metric once; data may then carry only numbers for them (aliases). Without the birth a number
means nothing, so a decoder with memory (`MEMORY`) reads this format; the one without takes what is called by name. Data of a
node whose birth was not heard, or after a gap in its sequence, makes a `Request`: be born again. A session of a node ends with
its death certificate, which the broker keeps as its will; one of an earlier session (another `bdSeq`) is ignored.

Ids: an edge node is `{group}.{node}`, a device `{group}.{node}.{device}`, blanks and separators as `_`.
"""

from datetime import datetime
from functools import lru_cache
from itertools import chain
from typing import Final

from msgspec import Struct

from ingest.decoders.sparkplug_b import payload as wire
from ingest.decoders.sparkplug_b.births import Births, Known
from ingest.decoders.sparkplug_b.metric import BOOLEAN, MEASURED, METRICS_MOST, Metric, Payload, is_array
from ingest.decoders.sparkplug_b.speaker import NAMESPACE, Speaker, speaker_of
from ingest.instants import settle, to_us
from ingest.readings import (
    Decoded,
    Decoder,
    DeviceId,
    DeviceState,
    Discovered,
    Fact,
    Quality,
    Reading,
    Reason,
    Rejection,
    Request,
)
from ingest.usual_names import fact_of, metric_of
from ingest.wire import RefusedError, number, text

__all__ = ["DECODER", "decode"]

_CONTROLS: Final = ("Node Control/", "Device Control/")
_CHANNELS_MOST: Final = 64  # metrics of one device the registry takes (ingest.registry.METRICS_PER_DEVICE)
_WITH_VALUE: Final = MEASURED | {0}  # a number is one whatever its type, if that was not said
_MISSING, _UNCERTAIN, _HISTORY = Quality.MISSING, Quality.UNCERTAIN, Quality.HISTORY
NAMES_KEPT: Final = 8192  # a name is at most 1004 characters, that of a member of four templates: 12 MB
_MODEL_NAMES: Final = frozenset({"hardware make", "hardware model", "model", "make", "manufacturer", "product"})


class _Meaning(Struct, frozen=True, kw_only=True):
    """What a metric's name leads to. `code` is itself as it may be stored; `yes` and `no` the facts it states by true and false."""

    metric: str
    code: str
    is_control: bool
    yes: tuple[Fact, bool] | None
    no: tuple[Fact, bool] | None


def decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:
    """Decode a message that arrived on `topic` at `received` (aware UTC), without any memory of births."""
    return _guarded(topic, payload, received, None)


class SparkplugMemory:
    """Decodes with the births heard so far: see `Births` for what bounds them."""

    def __init__(self, births: Births | None = None) -> None:
        self.kept = 0  # a birth is told as well as remembered
        self._births = births or Births()

    def copy(self) -> "SparkplugMemory":
        """Make one that goes on from here on its own."""
        return SparkplugMemory(self._births.copy())

    def __call__(self, topic: str, payload: bytes, received: datetime) -> list[Decoded]:
        """Decode a payload as `decode` does, resolving aliases."""
        return _guarded(topic, payload, received, self._births)


TOPICS: Final = (f"{NAMESPACE}/#",)
DECODER: Final[Decoder] = decode
MEMORY: Final = SparkplugMemory


def _guarded(topic: str, payload: bytes, received: datetime, births: Births | None) -> list[Decoded]:
    try:
        return _decode(speaker_of(topic), payload, received, births)
    except RefusedError as refused:
        return [refused.rejection]


def _decode(speaker: Speaker, payload: bytes, received: datetime, births: Births | None) -> list[Decoded]:
    if not speaker.kind:
        return []
    if speaker.kind in ("NCMD", "DCMD"):
        return [Rejection(reason=Reason.DOWNLINK, detail=speaker.kind)]
    message = wire.read(payload)
    items: list[Decoded] = []
    is_sure = True
    match speaker.kind:
        case "NBIRTH" | "DBIRTH":
            if births is not None:
                births.born(speaker.node, speaker.device, message, is_node=speaker.kind == "NBIRTH")
            items += (_birth(speaker, message), _offline(speaker, received, active=False))
        case "NDEATH" | "DDEATH":
            if births is None or births.dies(speaker.node, speaker.device, message.session, message.seq):
                return [_offline(speaker, received, active=True)]
            return []
        case _ if births is not None and speaker.commands:
            is_sure = births.follows(speaker.node, speaker.device, message.seq)
            if not is_sure and births.may_ask(speaker.node, to_us(received)):
                items.append(Request(topic=speaker.commands, payload=wire.rebirth(to_us(received) // 1000)))
        case _:
            pass
    _metrics(items, speaker, message, received, births, is_sure=is_sure)
    return items


def _offline(speaker: Speaker, received: datetime, *, active: bool) -> DeviceState:
    """Tell of a birth or death as of now: a will was written when the session began, and its time is that of then."""
    return DeviceState(device=speaker.device, fact=Fact.OFFLINE, active=active, time=received, code=speaker.kind)


def _birth(speaker: Speaker, message: Payload) -> Discovered:
    channels: dict[str, str] = {}
    model: list[str] = []
    for metric in chain.from_iterable(
        metric.elements(metric.type, metric.name, metric.unit) if is_array(metric.type) else (metric,)
        for metric in message.metrics
    ):
        meaning = _meaning(metric.name)
        if metric.type in MEASURED and not meaning.is_control and len(channels) < _CHANNELS_MOST:
            is_fact = metric.type == BOOLEAN and meaning.no is not None
            name = meaning.no[0] if is_fact and meaning.no else meaning.metric
            channels.setdefault(name, "1" if metric.type == BOOLEAN else metric.unit)
        elif type(metric.raw) is str and metric.name.rpartition("/")[2].lower() in _MODEL_NAMES:
            model.append(text(metric.raw)[:40])
    return Discovered(
        device=speaker.device,
        name=speaker.name,
        model=" ".join(model[:2]),
        gateway=speaker.node if speaker.device != speaker.node else None,
        channels=tuple((name, unit) for name, unit in channels.items() if name),
    )


@lru_cache(maxsize=NAMES_KEPT)
def _meaning(name: str) -> _Meaning:
    metric = metric_of(name)
    return _Meaning(
        metric=metric,
        code=text(name),
        is_control=name == "bdSeq" or name.startswith(_CONTROLS),
        yes=fact_of(metric, True),
        no=fact_of(metric, False),
    )


def _metrics(
    items: list[Decoded],
    speaker: Speaker,
    message: Payload,
    received: datetime,
    births: Births | None,
    *,
    is_sure: bool,
) -> None:
    unknown = 0
    milliseconds, (time, of_clock) = message.milliseconds, _settled(message.milliseconds, received)
    for metric in message.metrics:
        known = metric if births is None else births.completed(speaker.node, speaker.device, metric)
        if not known.name:
            unknown += 1
            continue
        meaning = _meaning(known.name)
        if meaning.is_control:
            continue
        told = message.milliseconds if metric.milliseconds is None else metric.milliseconds
        if told != milliseconds:  # nearly all are of one time
            milliseconds, (time, of_clock) = told, _settled(told, received)
        doubtful = metric.is_stale or metric.is_historical or not is_sure
        quality = _trusted(metric, of_clock, is_sure=is_sure) if doubtful else of_clock
        raw = type(metric.raw)
        if raw is bytes or raw is list:
            items += _elements(speaker.device, metric, known, time, quality)
        elif (said := _said(speaker.device, metric, known, meaning, time, quality)) is not None:
            items.append(said)
    if unknown:
        items.append(Rejection(reason=Reason.UNSUPPORTED, detail=f"alias unknown: {unknown} metrics without a birth"))
    if message.is_cut:
        items.append(Rejection(reason=Reason.TOO_LARGE, detail=f"more than {METRICS_MOST} metrics"))


def _trusted(metric: Metric, quality: Quality, *, is_sure: bool) -> Quality:
    """Say how far a value can be trusted that is old, or known by a number alone."""
    if metric.is_historical:
        return _HISTORY
    if metric.is_stale or not (is_sure or metric.name):  # the birth that was missed may have numbered them anew
        return max(quality, _UNCERTAIN)
    return quality


def _elements(
    device: DeviceId, metric: Metric, known: Known | Metric, time: datetime, quality: Quality
) -> list[Decoded]:
    """Read the elements of an array; bytes that are none say nothing."""
    listed = metric.elements(known.type, known.name, known.unit) if is_array(known.type) else []
    said = (_said(device, one, one, _meaning(one.name), time, quality) for one in listed)
    return [one for one in said if one is not None]


def _settled(milliseconds: float | None, received: datetime) -> tuple[datetime, Quality]:
    return settle(None if milliseconds is None else milliseconds / 1000.0, received)


def _said(
    device: DeviceId, metric: Metric, known: Known | Metric, meaning: _Meaning, time: datetime, quality: Quality
) -> Reading | DeviceState | None:
    kind, value, unit = known.type, metric.value(known.type), known.unit
    if type(value) is bool:
        stated = meaning.yes if value else meaning.no
        if stated is not None:
            return DeviceState(
                device=device, fact=stated[0], active=stated[1], time=time, quality=quality, code=known.name
            )
        value = float(value)
    numeric = None if type(value) is str else number(value)
    if not meaning.metric or kind not in (_WITH_VALUE if numeric is not None else MEASURED):
        return None  # text, times, tables, pictures: nothing we take in
    return Reading(
        device=device,
        metric=meaning.metric,
        time=time,
        value=numeric,
        unit="1" if kind == BOOLEAN else unit,
        quality=_MISSING if numeric is None else quality,
        code=meaning.code,
    )
