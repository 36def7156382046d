"""Say why there was an alarm, or why there was none: every rule's verdict on one device at one time. Pure.

The readings before that time are judged again by a fresh engine. What comes out are reason codes with the numbers
behind them; the words belong to whoever shows them.
"""

import math
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from alerts.answer import instant, microseconds
from alerts.correlation.nouns import Judged
from alerts.explained import Explanation, HeldOverride, NewestReading, PointExplained, Reason
from alerts.history import History
from alerts.judge import Standing
from alerts.life_cycle import State
from alerts.measures import Crossings, Total, Unchanged
from alerts.points import SECOND_US, JudgedPoint, Point, RangePoint, SilencePoint, Tag, ValuePoint
from alerts.rule import Rule, RuleSet, UnjudgedTagError
from alerts.trial import Trial, TrialRow, TrialStep, TrialTag
from ingest.readings import Quality

# How far back readings are judged again: an alarm that has stood for longer is told by its own record.
REACH = timedelta(days=2)


def explain(
    rules: RuleSet,
    tags: Sequence[TrialTag],
    rows: Iterable[TrialRow],
    *,
    device: str,
    at: datetime,
    metric: str | None = None,
    overrides: Sequence[HeldOverride] = (),
) -> Explanation:
    """Judge readings again up to `at` (aware), that instant included, and tell how each rule stands on `device`.

    Args:
        rules: the rules to ask.
        tags: of the device, and of others that share its feed, if any.
        rows: readings in order of arrival; those later than `at` are left out. `REACH` before `at` is enough.
        device: id of the device that is asked about.
        at: the time that is asked about, aware.
        metric: only what is about this metric.
        overrides: of the device, in force at `at`.

    Raises:
        KeyError: no tag is of this device.
    """
    own = [named for named in tags if named.device == device]
    if not own:
        raise KeyError(device)
    at_us = microseconds(at)
    record = _Record(own)
    trial = Trial(rules, tags)
    steps = [*trial.run(record.keep(rows, at_us)), *trial.look(at_us)]
    steps = [step for step in steps if step.device == device and metric in (None, step.metric)]
    asked = [named for named in own if metric in (None, named.tag.metric_name)]
    desk = _Desk(trial, record, steps, at_us, tuple(overrides))
    points = [point for rule in rules.rules for point in desk.of_rule(rule, asked)]
    heard = record.heard_us
    return Explanation(
        device=device,
        kind=own[0].tag.kind,
        at=at,
        rules=rules.source,
        newest=tuple(record.newest(named, at_us) for named in asked if named.tag.metric_name in record.last),
        silent_for_s=None if heard is None else (at_us - heard) / SECOND_US,
        points=tuple(points),
        overrides=tuple(overrides),
        steps=tuple(steps),
    )


class _Record:
    """The readings of the device that is asked about: what was newest, and the recent ones for measures."""

    def __init__(self, own: Sequence[TrialTag]) -> None:
        self._device = own[0].device
        self.last: dict[str, TrialRow] = {}
        self.histories = {named.tag.metric_name: History(REACH // timedelta(microseconds=1)) for named in own}
        self.heard_us: int | None = None

    def keep(self, rows: Iterable[TrialRow], at_us: int) -> Iterable[TrialRow]:
        """Pass on what had arrived by then, noting what is the device's."""
        for row in rows:
            arrived = row.time_us if row.received_us is None else row.received_us
            if arrived > at_us or row.time_us > at_us:
                continue
            if row.device == self._device and row.metric in self.histories:
                self._note(row, arrived)
            yield row

    def _note(self, row: TrialRow, arrived: int) -> None:
        newest = self.last.get(row.metric)
        if newest is not None and row.time_us <= newest.time_us:
            return
        self.last[row.metric] = row
        self.heard_us = arrived if self.heard_us is None else max(self.heard_us, arrived)
        if row.quality < Quality.MISSING and not math.isnan(row.value):
            self.histories[row.metric].add(row.time_us, row.value)

    def newest(self, named: TrialTag, at_us: int) -> NewestReading:
        """Describe the last reading of a metric."""
        row = self.last[named.tag.metric_name]
        return NewestReading(
            metric=row.metric,
            unit=named.tag.unit,
            time=instant(row.time_us),
            value=None if math.isnan(row.value) else row.value,
            quality=Quality(row.quality).name.lower(),
            age_s=(at_us - row.time_us) / SECOND_US,
        )


class _Desk:
    """Words one rule's verdict after another."""

    def __init__(
        self,
        trial: Trial,
        record: _Record,
        steps: Sequence[TrialStep],
        at_us: int,
        overrides: tuple[HeldOverride, ...],
    ) -> None:
        self._trial = trial
        self._record = record
        self._steps = steps
        self._at_us = at_us
        self._overrides = overrides

    def of_rule(self, rule: Rule, own: Sequence[TrialTag]) -> list[PointExplained]:
        """Give a rule's points on the device, or the one reason why it has none."""
        told: list[PointExplained] = []
        why: list[Reason] = []
        silences: list[SilencePoint] = []
        for named in own:
            points = _points(rule, named.tag)
            if isinstance(points, Reason):
                why.append(points)
                continue
            silences += [point for point in points if isinstance(point, SilencePoint)]
            told += [self._judged(rule, named, point) for point in points if isinstance(point, JudgedPoint)]
        if silences:
            told.append(self._silence(rule, min(silences, key=lambda point: point.after_us)))
        # A metric the rule judges, or could nearly judge, says more than those it is not about.
        return told or [_unjudged(rule, min(why, key=_LEAST_TELLING.index, default=Reason.OTHER_STAGE))]

    def _judged(self, rule: Rule, named: TrialTag, point: JudgedPoint) -> PointExplained:
        standing = self._trial.engine.standing(named.tag.device, named.tag.metric).get(point, Standing(False, None))
        judged, measured, limit = self._measure(named.tag.metric_name, point)
        reason = self._reason(named.tag.metric_name, point, standing, judged)
        since = self._raised_at(point.condition, named.tag.metric_name, point.priority) if standing.active else None
        if reason in (Reason.ON_DELAY, Reason.OFF_DELAY) and standing.since is not None:
            since = instant(standing.since)
        return PointExplained(
            rule=rule.common.name,
            kind=kind_of(rule),
            condition=point.condition,
            priority=point.priority,
            metric=named.tag.metric_name,
            unit=_unit(point, named.tag),
            limit=limit,
            clear=_clear(point, limit),
            measured=None if math.isnan(measured) else measured,
            holds=standing.active,
            since=since,
            on_delay_s=point.on_delay_us / SECOND_US,
            off_delay_s=point.off_delay_us / SECOND_US,
            reason=reason,
            is_silenced=self._is_silenced(point.condition, named.tag.metric_name, point.priority),
        )

    def _measure(self, metric: str, point: JudgedPoint) -> tuple[float, float, float]:
        """Give what is held against the limit at that time, and the pair of numbers to show for it."""
        row = self._record.last.get(metric)
        value = math.nan if row is None else row.value
        if isinstance(point, RangePoint):
            return value, value, point.low if value < point.low else point.high
        if point.measure is None or math.isnan(value):
            return value, value, point.limit
        history = self._record.histories[metric]
        if not history.times:
            return math.nan, math.nan, point.limit
        judged, shown = point.measure.of(history)
        if isinstance(point.measure, Total) and judged > 0:  # a share of the limit of the window that is nearest to it
            return judged, shown, shown / judged
        return judged, judged, point.limit

    def _reason(self, metric: str, point: JudgedPoint, standing: Standing, judged: float) -> Reason:  # noqa: PLR0911
        row = self._record.last.get(metric)
        if row is None:
            return Reason.NO_READING
        if isinstance(point, ValuePoint) and self._is_implausible(metric, row):
            return Reason.IMPLAUSIBLE
        if math.isnan(judged):
            return Reason.NOT_ENOUGH
        if not standing.active and point.schedule is not None and not point.schedule.covers(row.time_us):
            return Reason.OUTSIDE_SCHEDULE
        if point.is_beyond(judged):
            return Reason.BEYOND if standing.active else Reason.ON_DELAY
        if not standing.active:
            return Reason.WITHIN
        return Reason.OFF_DELAY if point.is_normal(judged) else Reason.DEADBAND

    def _is_implausible(self, metric: str, row: TrialRow) -> bool:
        if row.quality == Quality.IMPLAUSIBLE:
            return True
        named = self._trial.tag(row.device, metric)
        points = self._trial.engine.standing(named.tag.device, named.tag.metric) if named else {}
        return any(isinstance(point, RangePoint) and point.is_beyond(row.value) for point in points)

    def _silence(self, rule: Rule, point: SilencePoint) -> PointExplained:
        heard = self._record.heard_us
        silent_for = None if heard is None else (self._at_us - heard) / SECOND_US
        raised = self._raised_at(point.condition, "", point.priority)
        if heard is None:
            reason = Reason.NO_READING
        elif raised is not None:
            reason = Reason.SILENT
        else:
            reason = Reason.FEED_OUT if self._at_us - heard > point.after_us else Reason.HEARD
        return PointExplained(
            rule=rule.common.name,
            kind=kind_of(rule),
            condition=point.condition,
            priority=point.priority,
            metric="",
            unit="s",
            limit=point.after_us / SECOND_US,
            clear=None,
            measured=silent_for,
            holds=raised is not None,
            since=raised,
            on_delay_s=0.0,
            off_delay_s=0.0,
            reason=reason,
            is_silenced=self._is_silenced(point.condition, "", point.priority),
        )

    def _raised_at(self, condition: str, metric: str, priority: int) -> datetime | None:
        """Give when a condition that holds was raised; None if it does not hold."""
        wanted = (condition, metric, priority)
        for step in reversed(self._steps):
            if (step.condition, step.metric, step.priority) == wanted:
                return step.time if step.to_state is State.UNACK else None
        return None

    def _is_silenced(self, condition: str, metric: str, priority: int) -> bool:
        return any(override.covers(condition, metric, priority) for override in self._overrides)


def kind_of(rule: Rule) -> str:
    """Name the kind of a rule as its file does: each kind is a module that exposes KIND."""
    return str(sys.modules[type(rule).__module__].KIND.name)


_LEAST_TELLING = [
    Reason.NO_LIMIT,
    Reason.NO_INTERVAL,
    Reason.UNIT,
    Reason.OTHER_STAGE,
    Reason.OTHER_METRIC,
    Reason.OTHER_KIND,
]


def _points(rule: Rule, tag: Tag) -> Sequence[Point] | Reason:
    """Give a rule's points on a tag, or why it has none."""
    scope = rule.common.scope
    if scope.kinds is not None and tag.kind not in scope.kinds:
        return Reason.OTHER_KIND
    if not scope.covers(tag):
        return Reason.OTHER_METRIC
    if isinstance(rule, Judged):
        return Reason.OTHER_STAGE
    try:
        points = rule.points(tag)
    except UnjudgedTagError:
        return Reason.UNIT
    if points:
        return points
    return Reason.NO_INTERVAL if tag.interval_s is None and kind_of(rule) == "no-data" else Reason.NO_LIMIT


def _unjudged(rule: Rule, reason: Reason) -> PointExplained:
    return PointExplained(
        rule=rule.common.name,
        kind=kind_of(rule),
        condition=rule.condition,
        priority=None,
        metric="",
        unit="",
        limit=None,
        clear=None,
        measured=None,
        holds=False,
        since=None,
        on_delay_s=0.0,
        off_delay_s=0.0,
        reason=reason,
    )


def _clear(point: JudgedPoint, limit: float) -> float | None:
    if isinstance(point, RangePoint):
        return None
    return limit * point.clear if isinstance(point.measure, Total) else point.clear


def _unit(point: JudgedPoint, tag: Tag) -> str:
    match point.measure if isinstance(point, ValuePoint) else None:
        case Unchanged():
            return "s"
        case Crossings():
            return "1"
        case _:
            return tag.unit
