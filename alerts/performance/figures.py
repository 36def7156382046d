"""The figures of a range, as values, and what follows from them without asking anybody. Pure: reads no clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.performance.bounds import PERIOD
from alerts.performance.floods import Flood, find_floods

_MINUTES = PERIOD.seconds // 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """One alarm of one device that sounded often. `metric` None: the device as a whole."""

    device: str
    name: str
    condition: str
    metric: str | None
    alarms: int
    chatters: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How long alarms of a priority waited for their acknowledgement, seconds: the median, and 19 of 20."""

    priority: int
    alarms: int
    p50_s: float
    p95_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What was counted in [start, end). An alarm counts when it was raised or sounded again and nothing overrode it.

    `minutes` are alarms by minute from the start; `by_priority` has all four; `again` are re-alarms by their reason.
    """

    start: datetime
    end: datetime
    minutes: Mapping[int, int]
    by_priority: Mapping[int, int]
    again: Mapping[str, int]
    tags: Sequence[Tag]
    chattering: int
    answers: Sequence[Answer]

    @property
    def alarms(self) -> int:
        """Count them all."""
        return sum(self.by_priority.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """How it stands at this moment: active alarms nothing overrides, the stale among them, overrides by kind."""

    standing: int
    stale: int
    overrides: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Alarms by ten minutes. `periods` are of the whole room; `average` and `peak` are of one officer."""

    periods: Sequence[int]
    average: float
    peak: float
    floods: Sequence[Flood]
    flood_share: float


def rate_of(figures: Figures, *, seats: int) -> Rate:
    """Work out the rate of an officer, where `seats` of them share the alarms; a last broken period counts as it is."""
    length = -((figures.start - figures.end) // PERIOD)  # rounded up
    minutes = length * _MINUTES
    periods = [0] * length
    for minute, alarms in figures.minutes.items():
        periods[minute // _MINUTES] += alarms
    floods = find_floods(figures.minutes, minutes=minutes, seats=seats)
    spent = (figures.end - figures.start) / PERIOD
    return Rate(
        periods=periods,
        average=figures.alarms / spent / seats if spent else 0.0,
        peak=max(periods, default=0) / seats,
        floods=floods,
        flood_share=sum(flood.end - flood.start for flood in floods) / minutes if minutes else 0.0,
    )
