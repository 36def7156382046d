"""Try rules out on readings of named devices: no server, no database. Pure: the clock is the readings' own.

A trial tells the transitions a control room would have had in which nobody ever acknowledges. Its clock is the latest
time of receipt so far (device time where none is given), and silence is looked at exactly when it falls due, so what
comes out depends on the readings and their order alone. Rows go in as they stand: repeated and late ones, too.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

import numpy as np

from alerts.answer import Answer, answer, instant
from alerts.detection import Detection, PointChange
from alerts.engine import Engine
from alerts.life_cycle import Cause, Projection, State, Step, next_state, project
from alerts.point_table import lay_out
from alerts.points import Tag
from alerts.rule import RuleSet
from ingest.batch import Batch
from ingest.readings import Quality

# Rows judged at once where no silence falls due between them: large enough for the arrays to pay, small beside memory.
CHUNK = 8192
_NEVER, _LATER = -(2**62), 2**62
_Key = tuple[int, str, int, int]
_Row = tuple[int, int, int, float, int, int]  # device, metric, time, value, received, quality


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialTag:
    """One metric of one device: what the rules see, and the names people know it by. `place` is a grid's code, or ""."""

    tag: Tag
    device: str
    place: str = ""


class TrialRow(NamedTuple):
    """One reading: times are microseconds since 1970 UTC, the value is in the tag's unit.

    `received_us` is when it reached us; None means that nobody noted it, and it arrived in the order of the rows.
    """

    time_us: int
    device: str
    metric: str
    value: float
    received_us: int | None = None
    quality: int = Quality.GOOD


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialStep:
    """One transition of one alarm. `metric` is empty where the alarm is about the device as a whole.

    `value` is what decided, in the tag's unit (seconds of silence for no-data); None where nothing was measured.
    """

    time: datetime
    device: str
    metric: str
    kind: str
    place: str
    rule: str
    condition: str
    priority: int
    cause: Cause
    from_state: State
    to_state: State
    value: float | None


@dataclass(slots=True, kw_only=True)
class Told:
    """What a trial has seen so far. `unknown` counts the rows of devices and metrics that nobody declared."""

    rows: int = 0
    unknown: Counter[tuple[str, str]] = field(default_factory=Counter)
    first_us: int | None = None
    last_us: int | None = None


class Trial:
    """One run of one rule set. Feed it rows in order of arrival; it yields steps as they are found."""

    def __init__(self, rules: RuleSet, tags: Sequence[TrialTag], *, chunk: int = CHUNK) -> None:
        tags = _hung(tags)
        self.engine = Engine(rules, [named.tag for named in tags])
        self.told = Told()
        self._chunk = chunk
        self._keys = {(named.device, named.tag.metric_name): (named.tag.device, named.tag.metric) for named in tags}
        self._names = {(named.tag.device, named.tag.metric): named for named in tags}
        # What has no gateway or town of its own is heard through the feed it came by.
        self._devices = {named.tag.parent: _feed(named) for named in tags} | {n.tag.device: n for n in tags}
        self._newest: dict[_Key, Projection] = {}
        self._clock = self._looked = _NEVER
        self._watch = _Watch({d: p.after_us for d, p in lay_out(rules, [n.tag for n in tags]).silence.items()})
        self._is_waiting = False  # for a witness: who is heard next decides
        self._rows: list[_Row] = []

    def run(self, rows: Iterable[TrialRow]) -> Iterator[TrialStep]:
        """Judge rows, in order; the steps come in the order in which they were found, not yet by their time."""
        for row in rows:
            key = self._keys.get((row.device, row.metric))
            if key is None:
                self.told.unknown[row.device, row.metric] += 1
                continue
            yield from self._take(key, row)
        yield from self._flush()

    def look(self, at_us: int) -> Iterator[TrialStep]:
        """Let the clock go on to `at_us` (µs) without a reading; gives the silences that fell due by then."""
        self._clock = max(self._clock, at_us)
        if self._is_waiting or self._watch.is_due(at_us):
            yield from self._look(at_us)

    def tag(self, device: str, metric: str) -> TrialTag | None:
        """Find a tag by its names."""
        key = self._keys.get((device, metric))
        return None if key is None else self._names[key]

    def _take(self, key: tuple[int, int], row: TrialRow) -> Iterator[TrialStep]:
        self.told.rows += 1
        self._span(row.time_us)
        clock = self._clock = max(self._clock, row.time_us if row.received_us is None else row.received_us)
        if clock > self._watch.bound and (self._is_waiting or self._watch.is_due(clock)):
            yield from self._look(clock)
        received = clock if row.received_us is None else row.received_us
        self._rows.append((*key, row.time_us, row.value, received, row.quality))
        self._watch.hear(key, row.time_us, received)
        if self._is_waiting or len(self._rows) >= self._chunk:
            yield from self._flush()
        if self._is_waiting:
            yield from self._steps(self.engine.check_silence(clock))

    def _span(self, time_us: int) -> None:
        self.told.first_us = time_us if self.told.first_us is None else min(self.told.first_us, time_us)
        self.told.last_us = time_us if self.told.last_us is None else max(self.told.last_us, time_us)

    def _look(self, clock: int) -> Iterator[TrialStep]:
        """Look for silence just after each instant before the clock at which somebody is overdue."""
        yield from self._flush()
        due = self.engine.silence_due_after(self._looked)
        while due is not None and due < clock:
            self._looked = due
            yield from self._steps(self.engine.check_silence(due + 1))
            due = self.engine.silence_due_after(due)
        self._is_waiting = self.engine.is_silence_waiting(clock)
        self._watch.looked(clock, _NEVER if self._is_waiting else due)

    def _flush(self) -> Iterator[TrialStep]:
        if self._rows:
            rows, self._rows = self._rows, []
            batch = _batch(rows)
            yield from self._steps(self.engine.detect(batch))

    def _steps(self, detection: Detection) -> Iterator[TrialStep]:
        for change in detection.changes:
            if not change.active and not change.metric:
                self._bound = _NEVER  # who is heard again can fall silent again
            step = self._step(change)
            if step is not None:
                yield step

    def _step(self, change: PointChange) -> TrialStep | None:
        """Let the alarm take the step its change asks for; None where it asks for none."""
        key = (change.device, change.condition, change.priority, change.metric)
        before = self._newest.get(key)
        match answer(before, change):
            case Answer.KNOWN:
                return None
            case Answer.OPEN:
                before = Projection()
            case Answer.MOVE:
                assert before is not None
        to_state = next_state(before.state, change.cause)
        at, value = instant(change.time), None if math.isnan(change.value) else change.value
        self._newest[key] = project(
            before,
            Step(
                version=before.version + 1,
                at=at,
                cause=change.cause,
                from_state=before.state,
                to_state=to_state,
                value=value,
            ),
        )
        return self._told(change, at, value, before.state, to_state)

    def _told(
        self, change: PointChange, at: datetime, value: float | None, from_state: State, to_state: State
    ) -> TrialStep:
        named = self._names.get((change.device, change.metric)) or self._devices[change.device]
        return TrialStep(
            time=at,
            device=named.device,
            metric=named.tag.metric_name if change.metric else "",
            kind=named.tag.kind,
            place=named.place,
            rule=change.rule,
            condition=change.condition,
            priority=change.priority,
            cause=change.cause,
            from_state=from_state,
            to_state=to_state,
            value=value,
        )


def try_out(
    rules: RuleSet, tags: Sequence[TrialTag], rows: Iterable[TrialRow], *, chunk: int = CHUNK
) -> tuple[list[TrialStep], Told]:
    """Run a whole trial; gives its steps in the order of their times, and what was seen.

    Raises:
        ValueError: a device and metric stand among the tags twice.
    """
    trial = Trial(rules, tags, chunk=chunk)
    steps = list(trial.run(rows))
    steps.sort(key=lambda step: step.time)  # stable: an alarm's own steps are in order already
    return steps, trial.told


def _hung(tags: Sequence[TrialTag]) -> list[TrialTag]:
    """Hang the devices that are heard through nothing known on one feed."""
    feed = max((max(named.tag.device, named.tag.parent) for named in tags), default=0) + 1
    return [replace(n, tag=replace(n.tag, parent=n.tag.parent or feed)) for n in tags]


def _feed(named: TrialTag) -> TrialTag:
    """Name what a device is heard through, where it is no device of the trial itself."""
    return TrialTag(tag=replace(named.tag, kind="link"), device="feed")


def declare(tags: Iterable[tuple[str, Tag]]) -> list[TrialTag]:
    """Name tags: (device id, tag); their keys are given anew, by name, so that any positive ones may stand there."""
    devices: dict[str, int] = {}
    metrics: dict[str, int] = {}
    return [
        TrialTag(
            tag=replace(
                tag,
                device=devices.setdefault(device, len(devices) + 1),
                metric=metrics.setdefault(tag.metric_name, len(metrics) + 1),
            ),
            device=device,
        )
        for device, tag in tags
    ]


class _Watch:
    """Knows until when nobody can be overdue, so that the engine is asked only when somebody may be. Errs early only."""

    def __init__(self, after: dict[int, int]) -> None:
        self.bound = self._due = _LATER
        self._after = after
        self._newest: dict[tuple[int, int], int] = {}
        self._heard: dict[int, int] = {}  # of devices that were not overdue when last looked at

    def hear(self, key: tuple[int, int], time_us: int, received: int) -> None:
        """Note a reading; one that is no newer than its tag's newest says nothing new."""
        after = self._after.get(key[0])
        if after is None or time_us <= self._newest.get(key, _NEVER):
            return
        self._newest[key] = time_us
        self._heard[key[0]] = max(received, self._heard.get(key[0], received))
        self.bound = min(self.bound, received + after)

    def is_due(self, clock: int) -> bool:
        """Say whether somebody is overdue before the clock, going by when each was heard last."""
        if clock > self.bound:
            own = min((heard + self._after[device] for device, heard in self._heard.items()), default=_LATER)
            self.bound = min(own, self._due)
        return clock > self.bound

    def looked(self, clock: int, due: int | None) -> None:
        """Leave those alone who were overdue; the engine says when it wants to look again, if it may be for them."""
        passed = [device for device, heard in self._heard.items() if heard + self._after[device] < clock]
        for device in passed:
            del self._heard[device]
        has_passed = len(self._heard) < len({device for device, _ in self._newest})
        self._due = due if due is not None and has_passed else _LATER
        self.bound = _NEVER


def _batch(rows: list[_Row]) -> Batch:
    device, metric, time, value, received, quality = zip(*rows, strict=True)
    return Batch(
        device=np.array(device, np.int32),
        metric=np.array(metric, np.int16),
        time=np.array(time, np.int64),
        value=np.array(value, np.float64),
        quality=np.array(quality, np.int16),
        grid=np.zeros(len(rows), np.int32),
        received=np.array(received, np.int64),
    )
