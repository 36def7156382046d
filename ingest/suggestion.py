"""What a device that waits for its registration probably is, from what it sent and what was announced. Pure.

A suggestion fills a form that somebody looks at; nothing is registered by it alone.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from ingest import codecs
from ingest.readings import (
    CameraEvent,
    Decoded,
    DeviceState,
    Discovered,
    Dropped,
    Enclosed,
    Fact,
    Quality,
    Reading,
    Rejection,
)
from ingest.registry import LONGEST_INTERVAL_S, METRIC_NAME, METRICS_PER_DEVICE
from ingest.usual_units import fault_of, usual_unit

SAID_AT_MOST: Final = 40
CODECS_TRIED: Final = 4
_USUAL_S: Final = (10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400)
_NEAR: Final = 0.2  # an interval this near to a usual one, as a share, is that one
_FEWEST: Final = 4  # messages from which an interval is worth telling

# Words of makers, models and names, the telling ones first.
_WORDS: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), kind)
    for pattern, kind in (
        (r"gateway|bridge|网关|edge[ _-]?node|dtu|rtu", "gateway"),
        (r"camera|ipc\b|\bnvr\b|摄像|onvif", "camera"),
        (r"panel|消防主机|控制器|\bcie\b", "panel"),
        (r"smoke|烟感|烟雾|fire.?detect", "smoke"),
        (r"\bgas\b|燃气|可燃|methane|\bch4\b|\blpg\b", "gas"),
        (r"heat.?(alarm|detect)|温感", "heat"),
        (r"button|manual.?call|手报|手动报警", "button"),
        (r"rain|pluvio|雨量", "rain"),
        (r"soil|墒情|土壤", "soil"),
        (r"level|gauge|水位|液位|ultrasonic|radar|water.?depth", "gauge"),
        (r"flow|流量", "flow"),
        (r"weather|气象|wind", "weather"),
    )
)
_OF_METRIC: Final = (
    ({"stage", "depth", "water_depth", "distance", Fact.LEVEL_HIGH.value}, "gauge"),
    ({"rain", "rain_5min", "rain_1h", "rain_day"}, "rain"),
    ({Fact.SMOKE_SEEN.value, Fact.FIRE_SEEN.value}, "camera"),
    ({"smoke", "smoke_density", Fact.FIRE.value}, "smoke"),
    ({Fact.GAS_ALARM.value, "ch4", "lel", "gas"}, "gas"),
    ({Fact.HEAT.value}, "heat"),
    ({"soil_moisture"}, "soil"),
    ({"flow", "velocity"}, "flow"),
    ({"wind_speed", "wind_direction", "air_pressure"}, "weather"),
)
_OF_FORMAT: Final = {
    "frigate": "camera",
    "gb28181_alarm": "camera",
    "axis_onvif_mqtt": "camera",
    "gst9000_printer": "panel",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One thing a device said. `value` is None where it said that it has none; a fact has unit "1"."""

    metric: str
    value: float | None
    unit: str
    time: datetime
    quality: str
    text: str = ""  # the device's own words for it, or the label of a camera event


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """What to fill the form with. `interval_s` None: not told by what was heard. `codecs` are tried ones with what they read."""

    kind: str
    name: str
    model: str
    gateway: str | None
    metrics: tuple[tuple[str, str], ...]
    interval_s: float | None
    said: tuple[Said, ...]
    codecs: Mapping[str, tuple[Said, ...]] = field(default_factory=dict)
    port: int | None = None
    rejected: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()


def suggest(
    device: str,
    items: Sequence[Decoded],
    *,
    source: str,
    announced: Mapping[str, Any] | None,
    heard: tuple[datetime, datetime, int],
) -> Suggestion:
    """Make a suggestion from what the last payload of `device` decodes to and from what was announced of it.

    `heard` is when it was heard first and last, and in how many messages. `announced` is a `Discovered` as it is stored.
    """
    own = [item for item in items if getattr(item, "device", device) == device]
    said = tuple(_said(own))[:SAID_AT_MOST]
    enclosed = next((item for item in own if isinstance(item, Enclosed)), None)
    read = _by_codec(enclosed)
    told = announced or _announced(own)
    model = str(told.get("model") or (enclosed.hint if enclosed else ""))
    only = next(iter(read.values())) if len(read) == 1 else ()
    metrics = _metrics(told, (*said, *only))
    return Suggestion(
        kind=_kind(str(told.get("kind") or ""), f"{model} {told.get('name') or ''}", source, metrics),
        name=str(told.get("name") or ""),
        model=model,
        gateway=told.get("gateway") or None,
        metrics=metrics,
        interval_s=interval(*heard),
        said=said,
        codecs=read,
        port=enclosed.port if enclosed else None,
        rejected=tuple(f"{i.reason}: {i.detail}".rstrip(": ") for i in own if isinstance(i, Rejection))[:SAID_AT_MOST],
        dropped=tuple(name for item in own if isinstance(item, Dropped) for name in item.fields)[:SAID_AT_MOST],
    )


def interval(first: datetime, last: datetime, messages: int) -> float | None:
    """Estimate the seconds between messages, as a round number where one is near; None where too few were heard."""
    if messages < _FEWEST or last <= first:
        return None
    mean = (last - first) / timedelta(seconds=1) / (messages - 1)
    if mean > LONGEST_INTERVAL_S:
        return None
    usual = min(_USUAL_S, key=lambda s: abs(s - mean))
    return float(usual) if abs(usual - mean) <= _NEAR * usual else float(f"{mean:.2g}")


def _said(items: Iterable[Decoded]) -> Iterable[Said]:
    for item in items:
        match item:
            case Reading():
                quality = Quality.MISSING if item.value is None else item.quality
                yield Said(
                    metric=item.metric,
                    value=item.value,
                    unit=item.unit,
                    time=item.time,
                    quality=quality.name.lower(),
                    text=item.code,
                )
            case DeviceState():
                yield Said(
                    metric=item.fact.value,
                    value=float(item.active),
                    unit="1",
                    time=item.time,
                    quality=item.quality.name.lower(),
                    text=item.text,
                )
            case CameraEvent():
                yield Said(metric="camera_event", value=None, unit="", time=item.time, quality="good", text=item.label)
            case _:
                pass


def _by_codec(item: Enclosed | None) -> dict[str, tuple[Said, ...]]:
    """Read an enclosed payload by every codec that it looks like: whoever registers it sees which one makes sense."""
    if item is None:
        return {}
    names = dict.fromkeys((codecs.named(item.hint) or "", *codecs.likely(item.payload, item.port)))
    found = {name: tuple(_said(codecs.read(name, item)))[:SAID_AT_MOST] for name in list(names)[:CODECS_TRIED] if name}
    return {name: said for name, said in found.items() if said}


def _announced(items: Iterable[Decoded]) -> dict[str, Any]:
    found = next((item for item in items if isinstance(item, Discovered)), None)
    if found is None:
        return {}
    channels = [{"metric": metric, "unit": unit} for metric, unit in found.channels]
    return {
        "kind": found.kind,
        "name": found.name,
        "model": found.model,
        "gateway": found.gateway,
        "channels": channels,
    }


def _metrics(told: Mapping[str, Any], said: Iterable[Said]) -> tuple[tuple[str, str], ...]:
    found = {str(c["metric"]): str(c["unit"]) for c in told.get("channels") or ()}
    for one in said:
        if one.unit and one.metric not in found:
            found[one.metric] = one.unit
    return tuple(
        (metric, unit if not fault_of(metric, unit) else usual_unit(metric))
        for metric, unit in list(found.items())[:METRICS_PER_DEVICE]
        if METRIC_NAME.fullmatch(metric)
    )


def _kind(announced: str, words: str, source: str, metrics: Iterable[tuple[str, str]]) -> str:
    names = {metric for metric, _ in metrics}
    by_words = (kind for pattern, kind in _WORDS if pattern.search(f"{announced} {words}"))
    by_metric = (kind for telling, kind in _OF_METRIC if not telling.isdisjoint(names))
    known = {kind for _, kind in _WORDS}
    if announced in known:
        return announced
    return next(by_words, None) or _OF_FORMAT.get(source) or next(by_metric, None) or "other"
