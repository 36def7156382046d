"""Faults on purpose, composable over what one device sends. Pure: a fault keeps only what it has been given.

A fault is given each sending in order and says what goes out instead: nothing, one, or several.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from simulators.observation import Observation, Report, Sending, Value

_FACT_UNIT = "1"
_HOURS = timedelta(hours=1)


class Fault(Protocol):
    """What is wrong with one device."""

    def pass_on(self, sending: Sending) -> list[Sending]:
        """Say what goes out at `sending.at` instead of `sending`."""
        ...


@dataclass(slots=True, kw_only=True)
class Stuck:
    """The sensor repeats the values of the first report it was given; facts stay true."""

    held: tuple[Value, ...] | None = None

    def pass_on(self, sending: Sending) -> list[Sending]:
        """Put the first values in place of later ones."""
        report = sending.report
        if not isinstance(report, Observation) or not report.values:
            return [sending]
        self.held = self.held or report.values
        return [_with(sending, self.held)]


@dataclass(slots=True, kw_only=True)
class Drifting:
    """One metric runs away by `per_hour` of its unit."""

    metric: str
    per_hour: float
    began: datetime | None = None

    def pass_on(self, sending: Sending) -> list[Sending]:
        """Add what has drifted since the first report."""
        self.began = self.began or sending.at
        return [_shifted(sending, self.metric, self.per_hour * ((sending.at - self.began) / _HOURS))]


@dataclass(slots=True, kw_only=True)
class Chattering:
    """One metric jumps: `by` is added to every second report. A fact is turned round instead."""

    metric: str
    by: float
    is_odd: bool = False

    def pass_on(self, sending: Sending) -> list[Sending]:
        """Shift every second report."""
        self.is_odd = not self.is_odd
        return [sending] if self.is_odd else [_shifted(sending, self.metric, self.by)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Silent:
    """Nothing comes any more."""

    def pass_on(self, sending: Sending) -> list[Sending]:
        """Swallow the report."""
        del sending
        return []


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongClock:
    """The device's clock is ahead by `by` (behind, if negative), in what it measures and in what it sends."""

    by: timedelta

    def pass_on(self, sending: Sending) -> list[Sending]:
        """Move the device's own times; the true time of sending stays."""
        report: Report = replace(sending.report, time=sending.report.time + self.by)
        return [replace(sending, clock=sending.clock + self.by, report=report)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """Every report comes `times` times, byte for byte."""

    times: int = 2

    def pass_on(self, sending: Sending) -> list[Sending]:
        """Repeat the report."""
        return [sending] * self.times


@dataclass(slots=True, kw_only=True)
class OutOfOrder:
    """Of each two reports the second comes first."""

    held: list[Sending] = field(default_factory=list)

    def pass_on(self, sending: Sending) -> list[Sending]:
        """Hold back every first report until the second has gone."""
        if not self.held:
            self.held.append(sending)
            return []
        late = replace(self.held.pop(), at=sending.at)
        return [sending, late]


@dataclass(frozen=True, slots=True, kw_only=True)
class Says:
    """The device says a fact about itself that it otherwise does not: its battery is low, it is faulty or opened."""

    fact: str
    charge: float | None = None  # %EL, what the battery shows meanwhile

    def pass_on(self, sending: Sending) -> list[Sending]:
        """Add the fact to what is reported."""
        report = sending.report
        if not isinstance(report, Observation) or not report.values:
            return [sending]
        values = [value for value in report.values if value.metric != self.fact]
        if self.charge is not None:
            values = [replace(value, value=self.charge) if value.metric == "battery" else value for value in values]
        return [_with(sending, (*values, Value(metric=self.fact, value=1.0, unit=_FACT_UNIT)))]


@dataclass(slots=True, kw_only=True)
class Within:
    """A fault that lasts from `since` to before `until`; what `inner` still holds when it ends goes out then.

    After a device has said a fact, the first report afterwards takes it back.
    """

    since: datetime
    until: datetime | None
    make: Callable[[], Fault]
    inner: Fault | None = None

    def pass_on(self, sending: Sending) -> list[Sending]:
        """Let the fault act while it lasts."""
        if sending.at < self.since:
            return [sending]
        if self.until is None or sending.at < self.until:
            self.inner = self.inner or self.make()
            return self.inner.pass_on(sending)
        ended, self.inner = self.inner, None
        return [*_left(ended, sending.at), _taken_back(ended, sending)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Several faults of one device, the first nearest to the sensor."""

    faults: Sequence[Fault]

    def pass_on(self, sending: Sending) -> list[Sending]:
        """Give the report through every fault."""
        sendings = [sending]
        for fault in self.faults:
            sendings = [after for before in sendings for after in fault.pass_on(before)]
        return sendings


def _left(fault: Fault | None, at: datetime) -> list[Sending]:
    return [replace(held, at=at) for held in fault.held] if isinstance(fault, OutOfOrder) else []


def _taken_back(fault: Fault | None, sending: Sending) -> Sending:
    report = sending.report
    if not isinstance(fault, Says) or not isinstance(report, Observation) or report.value(fault.fact) is not None:
        return sending
    return _with(sending, (*report.values, Value(metric=fault.fact, value=0.0, unit=_FACT_UNIT)))


def _with(sending: Sending, values: tuple[Value, ...]) -> Sending:
    report = sending.report
    assert isinstance(report, Observation)
    return replace(sending, report=replace(report, values=values))


def _shifted(sending: Sending, metric: str, by: float) -> Sending:
    report = sending.report
    if not isinstance(report, Observation):
        return sending
    return _with(sending, tuple(_moved(value, by) if value.metric == metric else value for value in report.values))


def _moved(value: Value, by: float) -> Value:
    if value.value is None:
        return value
    if value.unit == _FACT_UNIT:
        return replace(value, value=1.0 - value.value)
    return replace(value, value=round(value.value + by, 3))
