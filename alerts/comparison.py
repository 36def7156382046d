"""Compare two trials of the same readings: how many alarms each would have raised, and which differ. Pure.

An alarm of a trial is one raise of one condition on one metric of one device at one priority; rules may be renamed
without becoming different alarms. A raise of one trial and one of the other are the same if they lie within one
expected interval of the metric, moved if farther apart but within SAME_HAPPENING, otherwise gone and new.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from alerts.answer import SAME_HAPPENING
from alerts.life_cycle import State
from alerts.trial import TrialStep, TrialTag

# Where nobody declared how often a device reports.
USUAL_INTERVAL = timedelta(minutes=5)
# Of gone, new and moved alarms so many are listed; all are counted.
LISTED = 200
_Name = tuple[str, str, str, int]  # device, metric, condition, priority
_Pair = tuple[TrialStep | None, TrialStep | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many alarms were raised under one heading, with the rules in force and with those proposed."""

    before: int
    after: int
    per_day_before: float
    per_day_after: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceCount:
    """Alarms of one place (a grid's code, or the kind of device where no grids are known), condition and priority."""

    place: str
    condition: str
    priority: int
    count: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One alarm that only one of the two raises (`before` or `after` None), or that both raise at different times."""

    device: str
    metric: str
    condition: str
    priority: int
    place: str
    before: datetime | None
    after: datetime | None
    value: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What a changed rule set would have done over a time. `days` is the length of the readings, at least one hour.

    The lists hold the first LISTED of each sort; the counts count all.
    """

    start: datetime | None
    end: datetime | None
    days: float
    devices: int
    rows: int
    total: Count
    places: tuple[PlaceCount, ...]
    same: int
    new: int
    gone: int
    moved: int
    new_alarms: tuple[Difference, ...]
    gone_alarms: tuple[Difference, ...]
    moved_alarms: tuple[Difference, ...]

    def to_json(self) -> dict[str, Any]:
        """Give it as plain JSON values; instants are RFC 3339."""
        return dict(_plain(asdict(self)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the readings were: first and last device time (None without any), how many, of how many devices."""

    start: datetime | None
    end: datetime | None
    rows: int
    devices: int


def compare(
    before: Sequence[TrialStep], after: Sequence[TrialStep], *, seen: Seen, tags: Iterable[TrialTag]
) -> Comparison:
    """Compare the steps of two trials of the same readings.

    Args:
        before: by the rules in force.
        after: by the rules proposed.
        seen: what the readings were.
        tags: of all devices; their intervals say what is the same time.
    """
    intervals = {
        (named.device, named.tag.metric_name): timedelta(seconds=named.tag.interval_s)
        for named in tags
        if named.tag.interval_s is not None
    }
    same, pairs = _match(_raises(before), _raises(after), intervals)
    span = seen.end - seen.start if seen.start is not None and seen.end is not None else timedelta()
    days = max(span, timedelta(hours=1)) / timedelta(days=1)
    new = [_difference(pair) for pair in pairs if pair[0] is None]
    gone = [_difference(pair) for pair in pairs if pair[1] is None]
    moved = [_difference(pair) for pair in pairs if pair[0] is not None and pair[1] is not None]
    return Comparison(
        start=seen.start,
        end=seen.end,
        days=days,
        devices=seen.devices,
        rows=seen.rows,
        total=_count(len(_flat(before)), len(_flat(after)), days),
        places=_places(before, after, days),
        same=same,
        new=len(new),
        gone=len(gone),
        moved=len(moved),
        new_alarms=tuple(new[:LISTED]),
        gone_alarms=tuple(gone[:LISTED]),
        moved_alarms=tuple(moved[:LISTED]),
    )


def place_of(step: TrialStep) -> str:
    """Name the place an alarm is counted under: its grid, or the kind of its device."""
    return step.place or step.kind or "—"


def _flat(steps: Iterable[TrialStep]) -> list[TrialStep]:
    return [step for step in steps if step.to_state is State.UNACK]


def _raises(steps: Iterable[TrialStep]) -> dict[_Name, list[TrialStep]]:
    raises: dict[_Name, list[TrialStep]] = {}
    for step in _flat(steps):
        raises.setdefault((step.device, step.metric, step.condition, step.priority), []).append(step)
    return raises


def _match(
    before: Mapping[_Name, list[TrialStep]],
    after: Mapping[_Name, list[TrialStep]],
    intervals: Mapping[tuple[str, str], timedelta],
) -> tuple[int, list[_Pair]]:
    """Give how many raises are the same, and the pairs of the others, in order of time."""
    same, pairs = 0, list[_Pair]()
    for name in sorted({*before, *after}):
        near = intervals.get(name[:2], USUAL_INTERVAL)
        found = list(_pairs(before.get(name, []), after.get(name, [])))
        for one, other in found:
            if one is not None and other is not None and abs(one.time - other.time) <= near:
                same += 1
            else:
                pairs.append((one, other))
    pairs.sort(key=lambda pair: min(step.time for step in pair if step is not None))
    return same, pairs


def _pairs(before: Sequence[TrialStep], after: Sequence[TrialStep]) -> Iterable[_Pair]:
    """Walk both in order of time; neighbours within one happening are a pair, the nearest first."""
    i = j = 0
    while i < len(before) and j < len(after):
        one, other = before[i], after[j]
        if abs(one.time - other.time) > SAME_HAPPENING:
            yield (one, None) if one.time < other.time else (None, other)
            i, j = (i + 1, j) if one.time < other.time else (i, j + 1)
        elif i + 1 < len(before) and abs(before[i + 1].time - other.time) < abs(one.time - other.time):
            yield one, None
            i += 1
        elif j + 1 < len(after) and abs(after[j + 1].time - one.time) < abs(one.time - other.time):
            yield None, other
            j += 1
        else:
            yield one, other
            i, j = i + 1, j + 1
    yield from ((one, None) for one in before[i:])
    yield from ((None, other) for other in after[j:])


def _difference(pair: _Pair) -> Difference:
    before, after = pair
    step = after or before
    assert step is not None
    return Difference(
        device=step.device,
        metric=step.metric,
        condition=step.condition,
        priority=step.priority,
        place=place_of(step),
        before=before.time if before else None,
        after=after.time if after else None,
        value=step.value,
    )


def _places(before: Sequence[TrialStep], after: Sequence[TrialStep], days: float) -> tuple[PlaceCount, ...]:
    """Count by place, condition and priority; the most alarms first."""
    had = Counter((place_of(step), step.condition, step.priority) for step in _flat(before))
    has = Counter((place_of(step), step.condition, step.priority) for step in _flat(after))
    keys = sorted({*had, *has}, key=lambda key: (-max(had[key], has[key]), key))
    return tuple(
        PlaceCount(place=key[0], condition=key[1], priority=key[2], count=_count(had[key], has[key], days))
        for key in keys
    )


def _count(before: int, after: int, days: float) -> Count:
    return Count(before=before, after=after, per_day_before=before / days, per_day_after=after / days)


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case tuple() | list():
            return [_plain(item) for item in value]
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case _:
            return value
