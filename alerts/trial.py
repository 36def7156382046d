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
_NEVER = -(2**62)
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
        self.engine = Engine(rules, [named.tag for named in tags])
        self.told = Told()
        self._chunk = chunk
        self._keys = {(named.device, named.tag.metric_name): (named.tag.device, named.tag.metric) for named in tags}
        self._names = {(named.tag.device, named.tag.metric): named for named in tags}
        self._devices = {named.tag.device: named for named in tags}
        self._newest: dict[_Key, Projection] = {}
        self._silence = _Listening(rules, [named.tag for named in tags])
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
        if at_us > self._silence.next_due:
            yield from self._look(at_us)

    def tag(self, device: str, metric: str) -> TrialTag | None:
        """Find a tag by its names."""
        key = self._keys.get((device, metric))
        return None if key is None else self._names[key]

    def _take(self, key: tuple[int, int], row: TrialRow) -> Iterator[TrialStep]:
        self.told.rows += 1
        self._span(row.time_us)
        clock = max(self._silence.clock, row.time_us if row.received_us is None else row.received_us)
        if clock > self._silence.next_due:
            yield from self._look(clock)
        received = clock if row.received_us is None else row.received_us
        self._silence.hear(key, row.time_us, received, clock)
        self._rows.append((*key, row.time_us, row.value, received, row.quality))
        if len(self._rows) >= self._chunk:
            yield from self._flush()

    def _span(self, time_us: int) -> None:
        self.told.first_us = time_us if self.told.first_us is None else min(self.told.first_us, time_us)
        self.told.last_us = time_us if self.told.last_us is None else max(self.told.last_us, time_us)

    def _look(self, clock: int) -> Iterator[TrialStep]:
        """Look for silence at each instant up to the clock at which some falls due."""
        for due, deaf_us in self._silence.falling_due(clock):
            yield from self._flush()
            if deaf_us:
                self.engine.excuse(deaf_us)
            else:
                yield from self._steps(self.engine.check_silence(due))

    def _flush(self) -> Iterator[TrialStep]:
        if self._rows:
            rows, self._rows = self._rows, []
            batch = _batch(rows)
            yield from self._steps(self.engine.detect(batch))

    def _steps(self, detection: Detection) -> Iterator[TrialStep]:
        for change in detection.changes:
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


class _Listening:
    """Knows when the next silence falls due, and when it was we who heard nobody.

    Where two devices or more should have spoken and nobody did, it is the feed that stopped (a gateway, a link, a
    poller), and no device is called silent for it; one device alone is.
    """

    def __init__(self, rules: RuleSet, tags: Sequence[Tag]) -> None:
        self.clock = _NEVER
        self.next_due = 2**62
        self._after = {device: point.after_us for device, point in lay_out(rules, tags).silence.items()}
        self._heard: dict[int, int] = {}
        self._fresh: dict[tuple[int, int], int] = {}
        self._silent: set[int] = set()
        self._spoke: int = -(2**62)  # when anybody was last heard

    def hear(self, key: tuple[int, int], time_us: int, received: int, clock: int) -> None:
        """Note a reading. One that says nothing new shows that the feed lives, and nothing of its device."""
        self.clock = self._spoke = clock
        device = key[0]
        after = self._after.get(device)
        if after is None or time_us <= self._fresh.get(key, _NEVER):
            return
        self._fresh[key] = time_us
        self._silent.discard(device)
        if received > self._heard.get(device, _NEVER):
            self._heard[device] = received
            self.next_due = min(self.next_due, received + after)

    def falling_due(self, clock: int) -> Iterator[tuple[int, int]]:
        """Give the instants before `clock` at which silence falls due; with how long we were deaf, if we were."""
        while True:
            waiting = [(heard + self._after[d], d) for d, heard in self._heard.items() if d not in self._silent]
            due, device = min(waiting, default=(2**62, 0))
            self.next_due = due
            if due >= clock:
                return
            missed = sum(at - self._after[d] // 2 <= due for at, d in waiting)
            if missed > 1 and due - self._spoke > self._after[device] // 2:
                deaf_us = clock - self._spoke
                for other in self._heard:
                    self._heard[other] += deaf_us
                yield due, deaf_us
                continue
            self._silent.add(device)
            yield due + 1, 0


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
