"""Readings, rules and tags for tests of the alarm engine, in few words. Nothing here judges."""

import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from alerts.detection import ActivePoint, Detection, StoredState
from alerts.engine import Engine
from alerts.points import Tag
from alerts.rule import RuleSet
from alerts.rules import load_rules
from ingest.batch import Batch
from ingest.readings import Quality

SECOND = 1_000_000
T0 = 1_700_000_000 * SECOND
GUIDANCE = "guidance: {zh: {means: 甲, do: 乙}, en: {means: a, do: b}}"
Row = tuple[int, int, int, float, int]  # device, metric, device time (µs), value, quality


def rules(*bodies: str) -> RuleSet:
    """Load rules from flow-style mappings without their guidance."""
    return load_rules("rules:\n" + "".join(f"  - {{{body}, {GUIDANCE}}}\n" for body in bodies))


def tag(device: int = 1, metric: int = 1, **changes: object) -> Tag:
    """Make a gauge's tag, every minute unless told."""
    fields = {"kind": "gauge", "metric_name": "stage", "unit": "m", "interval_s": 60.0} | changes
    return Tag(device=device, metric=metric, **fields)  # type: ignore[arg-type]


def batch(rows: Iterable[Row], *, received: Sequence[int] | None = None) -> Batch:
    """Make a batch of rows; received when it was measured, unless told."""
    listed = list(rows)
    time = np.array([row[2] for row in listed], np.int64)
    return Batch(
        device=np.array([row[0] for row in listed], np.int32),
        metric=np.array([row[1] for row in listed], np.int16),
        time=time,
        value=np.array([row[3] for row in listed], np.float64),
        quality=np.array([row[4] for row in listed], np.int16),
        grid=np.zeros(len(listed), np.int32),
        received=time if received is None else np.array(received, np.int64),
    )


def series(values: Iterable[float], *, device: int = 1, metric: int = 1, step_s: float = 60, start: int = T0) -> Batch:
    """Make a batch of one tag's values at even steps."""
    step = round(step_s * SECOND)
    return batch((device, metric, start + step * n, value, Quality.GOOD) for n, value in enumerate(values))


def remember(state: StoredState, detection: Detection) -> StoredState:
    """Fold a detection into what a database would hold."""
    active = {(a.device, a.metric, a.condition, a.priority): a for a in state.active}
    raises = list(state.raises)
    for change in detection.changes:
        key = (change.device, change.metric, change.condition, change.priority)
        if change.active:
            active[key] = ActivePoint(
                device=change.device,
                metric=change.metric,
                rule=change.rule,
                condition=change.condition,
                priority=change.priority,
                raised_at=change.time,
            )
            raises.append(active[key])
        else:
            active.pop(key, None)
    delays = {(d.device, d.metric, d.rule, d.priority): d for d in (*state.delays, *detection.delays)}
    return StoredState(
        active=tuple(active.values()),
        delays=tuple(delay for delay in delays.values() if delay.since is not None),
        raises=tuple(sorted(raises, key=lambda point: point.raised_at)),
        odd=state.odd,
    )


def stored(rows: Iterable[Row]) -> dict[str, NDArray[np.generic]]:
    """Give the plausible readings a database would hold after these rows: the first of each instant."""
    kept: dict[tuple[int, int, int], float] = {}
    for device, metric, time, value, quality in rows:
        if quality < Quality.MISSING and not math.isnan(value):
            kept.setdefault((device, metric, time), value)
    return {
        "device": np.array([device for device, _, _ in kept], np.int32),
        "metric": np.array([metric for _, metric, _ in kept], np.int16),
        "time": np.array([time for _, _, time in kept], np.int64),
        "value": np.array(list(kept.values()), np.float64),
    }


def odd(rows: Iterable[Row]) -> tuple[tuple[int, int, int], ...]:
    """Give the newest implausible reading of each tag."""
    last: dict[tuple[int, int], int] = {}
    for device, metric, time, _, quality in rows:
        if quality == Quality.IMPLAUSIBLE:
            last[device, metric] = max(time, last.get((device, metric), time))
    return tuple((device, metric, time) for (device, metric), time in last.items())


def screened(engine: Engine, rows: Sequence[Row]) -> list[Row]:
    """Give rows with the quality that the engine's look at what cannot be gives them."""
    quality = engine.screen(batch(rows)).quality.tolist() if rows else []
    return [(*row[:4], q) for row, q in zip(rows, quality, strict=True)]


def newest(rows: Iterable[Row]) -> dict[str, NDArray[np.generic]]:
    """Give the newest judged reading of each tag, as the database would after these rows."""
    last: dict[tuple[int, int], int] = {}
    for device, metric, time, value, quality in rows:
        if quality < Quality.MISSING and not math.isnan(value):
            last[device, metric] = max(time, last.get((device, metric), time))
    times = np.array(list(last.values()), np.int64)
    return {
        "device": np.array([device for device, _ in last], np.int32),
        "metric": np.array([metric for _, metric in last], np.int16),
        "time": times,
        "received": times,
    }
