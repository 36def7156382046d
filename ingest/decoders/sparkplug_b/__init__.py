"""Sparkplug B edge nodes and their devices on `spBv1.0/{group}/{type}/{node}[/{device}]`. Pure.

A birth certificate names every metric once; data may then carry only numbers for them (aliases). Without the birth a number
means nothing, so a decoder with memory (`MEMORY`) reads this format; the one without takes what is called by name. Data of a
node whose birth was not heard, or after a gap in its sequence, makes a `Request`: be born again. A session of a node ends with
its death certificate, which the broker keeps as its will; one of an earlier session (another `bdSeq`) is ignored.

Ids: an edge node is `{group}.{node}`, a device `{group}.{node}.{device}`, blanks and separators as `_`.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from ingest.decoders.sparkplug_b import payload as wire
from ingest.decoders.sparkplug_b.births import Births, Known
from ingest.decoders.sparkplug_b.payload import Metric, Payload
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

NAMESPACE: Final = "spBv1.0"
_KINDS: Final = frozenset({"NBIRTH", "DBIRTH", "NDATA", "DDATA", "NDEATH", "DDEATH", "NCMD", "DCMD"})
_SEPARATORS: Final = str.maketrans(dict.fromkeys(" /+#.", "_"))
_CONTROLS: Final = ("Node Control/", "Device Control/")
_CHANNELS_MOST: Final = 64  # metrics of one device the registry takes (ingest.registry.METRICS_PER_DEVICE)
_MODEL_NAMES: Final = frozenset({"hardware make", "hardware model", "model", "make", "manufacturer", "product"})


class _Speaker:
    """Who speaks, and how, by the topic. Without a topic, a file looked at by hand, it is data of a node called `node`."""

    def __init__(self, topic: str) -> None:
        levels = topic.split("/")
        at = levels.index(NAMESPACE) if NAMESPACE in levels else -1
        if not topic:
            levels, at = [NAMESPACE, "", "NDATA", "node"], 0
        rest = levels[at + 1 :]
        self.is_state = "STATE" in rest[:1] or levels[:1] == ["STATE"]
        if not self.is_state and (at < 0 or len(rest) not in (3, 4) or rest[1] not in _KINDS or not rest[2].strip()):
            raise RefusedError(Reason.TOPIC, "not spBv1.0/group/type/node[/device]")
        self.kind = "" if self.is_state else rest[1]
        named = [] if self.is_state else [text(level).translate(_SEPARATORS) for level in (rest[0], *rest[2:])]
        self.node = ".".join(name for name in named[:2] if name)
        self.device = DeviceId(".".join(name for name in named if name))
        self.name = text(rest[-1]) if rest else ""
        self.commands = "/".join([*levels[: at + 2], "NCMD", rest[2]]) if topic and not self.is_state else ""


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
        return list(_decode(_Speaker(topic), payload, received, births))
    except RefusedError as refused:
        return [refused.rejection]


def _decode(speaker: _Speaker, payload: bytes, received: datetime, births: Births | None) -> Iterator[Decoded]:
    if speaker.is_state:
        return  # a host application tells that it is there
    if speaker.kind in ("NCMD", "DCMD"):
        yield Rejection(reason=Reason.DOWNLINK, detail=speaker.kind)
        return
    message = wire.read(payload)
    is_sure = True
    match speaker.kind:
        case "NBIRTH" | "DBIRTH":
            if births is not None:
                births.born(speaker.node, speaker.device, message, is_node=speaker.kind == "NBIRTH")
            yield _birth(speaker, message)
            yield _offline(speaker, received, active=False)
        case "NDEATH" | "DDEATH":
            if births is None or births.dies(speaker.node, speaker.device, message.session, message.seq):
                yield _offline(speaker, received, active=True)
            return
        case _ if births is not None and speaker.commands:
            is_sure = births.follows(speaker.node, speaker.device, message.seq)
            if not is_sure and births.may_ask(speaker.node, to_us(received)):
                yield Request(topic=speaker.commands, payload=wire.rebirth(to_us(received) // 1000))
        case _:
            pass
    yield from _metrics(speaker, message, received, births, is_sure=is_sure)


def _offline(speaker: _Speaker, received: datetime, *, active: bool) -> DeviceState:
    """Tell of a birth or death as of now: a will was written when the session began, and its time is that of then."""
    return DeviceState(device=speaker.device, fact=Fact.OFFLINE, active=active, time=received, code=speaker.kind)


def _birth(speaker: _Speaker, message: Payload) -> Discovered:
    channels: dict[str, str] = {}
    model: list[str] = []
    for metric in message.metrics:
        if metric.type in wire.MEASURED and not _is_control(metric.name) and len(channels) < _CHANNELS_MOST:
            stated = fact_of(metric_of(metric.name), False) if metric.type == wire.BOOLEAN else None
            channels.setdefault(stated[0] if stated else metric_of(metric.name), "1" if stated else metric.unit)
        elif isinstance(metric.raw, str) and metric.name.rpartition("/")[2].lower() in _MODEL_NAMES:
            model.append(text(metric.raw)[:40])
    return Discovered(
        device=speaker.device,
        name=speaker.name,
        model=" ".join(model[:2]),
        gateway=speaker.node if speaker.device != speaker.node else None,
        channels=tuple((name, unit) for name, unit in channels.items() if name),
    )


def _is_control(name: str) -> bool:
    return name == "bdSeq" or name.startswith(_CONTROLS)


def _metrics(
    speaker: _Speaker, message: Payload, received: datetime, births: Births | None, *, is_sure: bool
) -> Iterator[Decoded]:
    unknown = 0
    for metric in message.metrics:
        known = Known(name=metric.name, type=metric.type, unit=metric.unit)
        if births is not None:
            known = births.completed(speaker.node, speaker.device, metric)
        if not known.name:
            unknown += 1
        elif not _is_control(known.name):
            milliseconds = message.milliseconds if metric.milliseconds is None else metric.milliseconds
            time, quality = settle(None if milliseconds is None else milliseconds / 1000.0, received)
            if not is_sure and not metric.name:
                quality = max(quality, Quality.UNCERTAIN)  # the birth that was missed may have numbered them anew
            if metric.is_historical:
                quality = Quality.HISTORY
            yield from _said(speaker.device, metric, known, time, quality)
    if unknown:
        yield Rejection(reason=Reason.UNSUPPORTED, detail=f"alias unknown: {unknown} metrics without a birth")
    if message.is_cut:
        yield Rejection(reason=Reason.TOO_LARGE, detail=f"more than {wire.METRICS_MOST} metrics")


def _said(
    device: DeviceId, metric: Metric, known: Known, time: datetime, quality: Quality
) -> Iterator[Reading | DeviceState]:
    name = metric_of(known.name)
    value = None if metric.is_null else metric.value(known.type)
    if isinstance(value, bool):
        stated = fact_of(name, value)
        if stated is not None:
            yield DeviceState(
                device=device, fact=stated[0], active=stated[1], time=time, quality=quality, code=known.name
            )
            return
    numeric = float(value) if isinstance(value, bool) else None if isinstance(value, str) else number(value)
    if not name or known.type not in (wire.MEASURED if numeric is None else wire.MEASURED | {0}):
        return  # text, times, tables, pictures: nothing we take in
    yield Reading(
        device=device,
        metric=name,
        time=time,
        value=numeric,
        unit="1" if known.type == wire.BOOLEAN else known.unit,
        quality=Quality.MISSING if numeric is None else quality,
        code=text(known.name),
    )
