"""Decide when evidence at one target makes an alarm and when the alarm is over. Pure: device time only, no clock.

The evidence is a set of spans per device and role. An alarm begins when enough different devices were raised within
the demanded span, whether or not they still hold, and lasts while enough of them hold, less the off-delay.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from alerts.correlation.nouns import Demand, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One alarm in its role, from `raised` until `ended` (None: it holds), in microseconds."""

    alarm: int
    device: int
    role: Role
    raised: int
    ended: int | None

    def holds_at(self, time: int) -> bool:
        """Say whether the condition held at a time."""
        return self.raised <= time and (self.ended is None or time < self.ended)


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """The alarm begins, on so many devices."""

    at: int
    devices: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """The alarm is over since a time."""

    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lapsing:
    """Too few hold since a time; over when the off-delay has run out."""

    since: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Holds:
    """The alarm holds."""


Decision = Begun | Over | Lapsing | Holds


def decide(demand: Demand, evidence: Sequence[Evidence], *, standing: int | None, after: int) -> list[Decision]:
    """Say what the evidence comes to, in order of time; the same evidence again says nothing new.

    Args:
        demand: what the rule wants.
        evidence: all that is known of the target, in any order.
        standing: since when its alarm holds, None while it does not.
        after: the newest time its alarm has seen; nothing begins at or before it.

    Returns:
        Beginnings and ends; behind the last one Holds or Lapsing if an alarm stands then.
    """
    decisions: list[Decision] = []
    while True:
        if standing is None:
            begun = _begins(demand, evidence, after)
            if begun is None:
                return decisions
            decisions.append(begun)
            standing = begun.at
        how = _lasts(demand, evidence, standing)
        decisions.append(how)
        if not isinstance(how, Over):
            return decisions
        after = max(how.at, standing)
        standing = None


class _Tally:
    """Counts different devices in each role, as alarms come and go; a device with two alarms counts once."""

    def __init__(self, demand: Demand) -> None:
        self._needs = demand.needs
        self._alarms: Counter[tuple[Role, int]] = Counter()
        self._devices: Counter[Role] = Counter()

    def add(self, evidence: Evidence, by: int) -> None:
        """Let one alarm come (1) or go (-1)."""
        key = (evidence.role, evidence.device)
        before = self._alarms[key] > 0
        self._alarms[key] += by
        self._devices[evidence.role] += (self._alarms[key] > 0) - before

    @property
    def is_enough(self) -> bool:
        """Say whether every role has the devices it needs."""
        return all(self._devices[role] >= need for role, need in self._needs)


def _begins(demand: Demand, evidence: Sequence[Evidence], after: int) -> Begun | None:
    """Find the first raise after a time that completes the demand; one window slides over the raises."""
    answers = [e for e in evidence if e.role is Role.ANSWER]
    raises = sorted((e for e in evidence if e.role is not Role.ANSWER), key=lambda e: e.raised)
    tally, first = _Tally(demand), 0
    for last, newest in enumerate(raises):
        tally.add(newest, 1)
        while raises[first].raised <= newest.raised - demand.within_us:
            tally.add(raises[first], -1)
            first += 1
        if newest.raised <= after or not tally.is_enough or any(a.holds_at(newest.raised) for a in answers):
            continue
        return Begun(at=newest.raised, devices=len({e.device for e in raises[first : last + 1]}))
    return None


def _lasts(demand: Demand, evidence: Sequence[Evidence], began: int) -> Holds | Lapsing | Over:
    answered = min((e.raised for e in evidence if e.role is Role.ANSWER and e.raised >= began), default=None)
    newest = max((t for e in evidence for t in (e.raised, e.ended) if t is not None), default=began)
    for since, until in _lacks(demand, evidence, began):
        if answered is not None and answered <= since:
            break
        # Device time may have run past the off-delay before any clock of ours did: in a replay it nearly always has.
        if demand.off_delay_us == 0 or (newest if until is None else until) - since > demand.off_delay_us:
            return Over(at=since)
        if until is None and answered is None:
            return Lapsing(since=since)
    return Holds() if answered is None else Over(at=answered)


def _lacks(demand: Demand, evidence: Sequence[Evidence], began: int) -> Iterator[tuple[int, int | None]]:
    """Give the spans from `began` on in which too few held; the last may have no end."""
    steps = [(max(e.raised, began), 1, e) for e in evidence if e.ended is None or e.ended > began]
    steps += [(e.ended, -1, e) for e in evidence if e.ended is not None and e.ended > began]
    steps.sort(key=lambda step: step[0])
    tally = _Tally(demand)
    since: int | None = None
    for time, together in groupby([(began, 0, None), *steps], key=lambda step: step[0]):
        for _, by, one in together:
            if one is not None:
                tally.add(one, by)
        if tally.is_enough:
            if since is not None:
                yield since, time
            since = None
        elif since is None:
            since = time
    if since is not None:
        yield since, None
