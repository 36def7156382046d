"""One line of the table, and how raises are held against the truth. Reads nothing."""

import gzip
from collections.abc import Iterable, Iterator, Sequence
from csv import DictReader
from dataclasses import dataclass
from pathlib import Path

from alerts.life_cycle import State
from alerts.points import NO_LIMITS, Tag
from alerts.trial import TrialRow, TrialStep, TrialTag, declare

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What the default rules made of one recording. Blank where a figure means nothing for it.

    `delay` is in words (median and p95, or the lead); `met` is None where there is no target; `note` names what cannot
    be found and why.
    """

    recording: str
    sensor_days: float
    events: int | None = None
    found: int | None = None
    delay: str = ""
    raises: int | None = None  # that belong to events
    minutes_p95: float | None = None
    false_alarms: int | None = None
    target: str = ""
    met: bool | None = None
    note: str = ""

    @property
    def raises_per_event(self) -> float | None:
        """Give how often an event that was found was raised."""
        return None if not self.found or self.raises is None else self.raises / self.found

    @property
    def false_per_day(self) -> float | None:
        """Give false alarms per sensor-day."""
        return None if self.false_alarms is None or not self.sensor_days else self.false_alarms / self.sensor_days


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A stretch of time that something happened in; microseconds since 1970, both ends included."""

    start: int
    end: int
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How raises fit windows: by window the raises in it, and those in none."""

    hits: tuple[tuple[Window, tuple[int, ...]], ...]
    strays: tuple[int, ...]

    @property
    def found(self) -> int:
        """Count the windows with a raise."""
        return sum(bool(raises) for _, raises in self.hits)

    @property
    def raises(self) -> int:
        """Count the raises in windows."""
        return sum(len(raises) for _, raises in self.hits)

    @property
    def delays(self) -> list[int]:
        """Give how long after the start of its window each first raise came, in microseconds."""
        return sorted(raises[0] - window.start for window, raises in self.hits if raises)


def score(raises: Iterable[int], windows: Sequence[Window], *, before: int = 0, after: int = 0) -> Score:
    """Give each raise to the first window that holds it, where windows are wider by so much on both sides."""
    of: dict[int, list[int]] = {n: [] for n in range(len(windows))}
    strays = []
    for raised in sorted(raises):
        fit = [n for n, w in enumerate(windows) if w.start - before <= raised <= w.end + after]
        near = [n for n in fit if not of[n]] or fit
        if near:
            of[near[0]].append(raised)
        else:
            strays.append(raised)
    return Score(hits=tuple((windows[n], tuple(found)) for n, found in of.items()), strays=tuple(strays))


def raised(steps: Iterable[TrialStep], *conditions: str, metric: str | None = None) -> list[TrialStep]:
    """Give the raises of some conditions, or of all."""
    return [
        step
        for step in steps
        if step.to_state is State.UNACK
        and (not conditions or step.condition in conditions)
        and metric in (None, step.metric)
    ]


def at_us(step: TrialStep) -> int:
    """Give the time of a step in microseconds since 1970."""
    return round(step.time.timestamp() * 1e6)


def p(values: Sequence[float], share: float) -> float:
    """Give a quantile by nearest rank; NaN of nothing."""
    ordered = sorted(values)
    return ordered[min(round(share * (len(ordered) - 1) + 0.4999), len(ordered) - 1)] if ordered else float("nan")


def table(path: Path) -> Iterator[dict[str, str]]:
    """Read a CSV, gzipped or not, row by row."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        yield from DictReader(lines)


def a_tag(
    device: str,
    metric: str,
    unit: str,
    *,
    kind: str = "gauge",
    interval_s: float | None = None,
    limits: tuple[float | None, float | None, float | None, float | None] = NO_LIMITS,
) -> tuple[str, Tag]:
    """Declare a tag for `declare`."""
    tag = Tag(device=1, metric=1, kind=kind, metric_name=metric, unit=unit, limits=limits, interval_s=interval_s)
    return device, tag


def span_days(rows: Sequence[TrialRow]) -> float:
    """Give the days between the first and the last reading."""
    return (max(row.time_us for row in rows) - min(row.time_us for row in rows)) / DAY if rows else 0.0


__all__ = [
    "DAY",
    "HOUR",
    "MINUTE",
    "SECOND",
    "Result",
    "Score",
    "TrialRow",
    "TrialTag",
    "Window",
    "a_tag",
    "at_us",
    "declare",
    "p",
    "raised",
    "score",
    "span_days",
    "table",
]
