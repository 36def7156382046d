"""Why an alarm was raised: the quantity its point judged, reading by reading, and since when it was beyond. Pure."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from alerts.history import History
from alerts.judge import Standing, judge
from alerts.measures import Change, Crossings, Measure, Spike, Total, Unchanged
from alerts.points import SECOND_US, JudgedPoint, ValuePoint


class Measured(StrEnum):
    """What a point holds against its limit."""

    VALUE = "value"
    RISE = "rise"
    FALL = "fall"
    TOTAL = "total"
    UNCHANGED = "unchanged"
    SPIKE = "spike"
    CROSSINGS = "crossings"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """What was held against `limit`, over which window (microseconds), in which unit; `limit` is in that unit, too."""

    what: Measured
    unit: str
    limit: float
    window_us: int | None = None
    measure: Measure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """Device times in microseconds with the judged quantity (None: the readings did not tell), and since when it was beyond."""

    judged: tuple[tuple[int, float | None], ...]
    first_seen_us: int | None


def quantity_of(point: ValuePoint, unit: str, rows: Iterable[tuple[int, float]]) -> Quantity:
    """Say what a point judges. Of several rolling windows the one that is furthest along at the last of `rows`."""
    match point.measure:
        case Change() as change:
            what = Measured.FALL if change.falling else Measured.RISE
            return _of_measure(what, unit, point.limit, change.window_us, change)
        case Total() as total:
            window, limit = _fullest(total, rows)
            single = Total(
                windows=((window, limit),), gap_us=total.gap_us, gap_policy=total.gap_policy, counter=total.counter
            )
            return _of_measure(Measured.TOTAL, unit, limit, window, single)
        case Unchanged() as unchanged:
            return _of_measure(Measured.UNCHANGED, "s", point.limit, None, unchanged)
        case Spike() as spike:
            return _of_measure(Measured.SPIKE, unit, point.limit, None, spike)
        case Crossings() as crossings:
            return _of_measure(Measured.CROSSINGS, "count", point.limit, crossings.window_us, crossings)
        case _:
            return Quantity(what=Measured.VALUE, unit=unit, limit=point.limit)


def replay(
    point: JudgedPoint, quantity: Quantity | None, rows: Iterable[tuple[int, float]], *, raised_us: int
) -> Replay:
    """Judge readings again, oldest first, up to a raise and beyond.

    `rows` are (device time, value) as the engine took them. The point starts normal: what it was before the first row
    nobody knows here, so that `first_seen_us` is None where the raise does not follow from the rows alone.
    """
    measure = point.measure if isinstance(point, ValuePoint) else None
    shown = quantity.measure if quantity is not None else None
    span_us = max((each.span_us for each in (measure, shown) if each is not None), default=0)
    history = History(span_us)
    standing, previous, first_seen = Standing(active=False, since=None), -(2**62), None
    judged: list[tuple[int, float | None]] = []
    for time, value in rows:
        history.add(time, value)
        held = value if measure is None else measure.of(history)[0]
        told = value if shown is None else _in_unit(shown, history)
        judged.append((time, None if math.isnan(told) else told))
        if time <= raised_us:
            since = standing.since
            verdict = judge(point, standing, previous=previous, time=time, value=held, off_delay_us=point.off_delay_us)
            if verdict.standing.active and not standing.active:
                first_seen = time if since is None else since
            elif not verdict.standing.active:
                first_seen = None
            standing, previous = verdict.standing, time
    return Replay(judged=tuple(judged), first_seen_us=first_seen)


def thinned(judged: Iterable[tuple[int, float | None]], most: int) -> list[tuple[int, float | None]]:
    """Leave out what a picture cannot show: of each stretch the lowest and the highest stay, and every hole."""
    points = list(judged)
    stride = math.ceil(2 * len(points) / max(most, 1))
    if stride <= 2:  # noqa: PLR2004 -- a stretch of two is its lowest and highest
        return points
    kept: list[tuple[int, float | None]] = []
    for start in range(0, len(points), stride):
        stretch = points[start : start + stride]
        told = [(value, time) for time, value in stretch if value is not None]
        chosen = {time for _, time in (min(told), max(told))} if told else set()
        hole = next((time for time, value in stretch if value is None), None)
        kept += [point for point in stretch if point[0] in chosen or point[0] == hole]
    return kept


def _of_measure(what: Measured, unit: str, limit: float, window_us: int | None, measure: Measure) -> Quantity:
    return Quantity(what=what, unit=unit, limit=limit, window_us=window_us, measure=measure)


def _in_unit(measure: Measure, history: History) -> float:
    """Give the number that is compared with the quantity's limit, in its unit."""
    judged, shown = measure.of(history)
    return shown if isinstance(measure, Total) else judged


def _fullest(total: Total, rows: Iterable[tuple[int, float]]) -> tuple[int, float]:
    history = History(total.span_us)
    history.extend(rows)
    if not history.times:
        return total.windows[0]

    def share(window: tuple[int, float]) -> float:
        single = Total(windows=(window,), gap_us=total.gap_us, gap_policy=total.gap_policy, counter=total.counter)
        judged = single.of(history)[0]
        return -math.inf if math.isnan(judged) else judged

    return max(total.windows, key=share)


__all__ = ["SECOND_US", "Measured", "Quantity", "Replay", "quantity_of", "replay", "thinned"]
