"""Stage 2 at work: the steps of alarms in, alarms of places out, in the transaction that wrote the steps.

Nothing is remembered here but pictures of the grids and the rules: what stands, what it rests on and what runs out are
rows. One transaction correlates at a time; whoever waited sees what the other one raised. No clock.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeGuard

from alerts.answer import microseconds
from alerts.carrier import Carrier
from alerts.carriers import ensure_carriers
from alerts.correlation import store
from alerts.correlation.county import County
from alerts.correlation.county_store import load_county
from alerts.correlation.decide import Begun, Decision, Evidence, Holds, Lapsing, Over, decide
from alerts.correlation.nouns import Judged, Net, PlaceRule, Role, Spoken, Target, Told
from alerts.correlation.store import Newest, Point
from alerts.detection import Detection, PointChange
from alerts.ledger import Transition
from alerts.life_cycle import Cause, is_active
from alerts.rule import Rule, RuleSet
from alerts.store import save
from database.connection import Cursor
from geo import version_in_force

_NEVER = -(2**62)


@dataclass(slots=True, kw_only=True)
class _Case:
    """One target under one rule, with all that is known of it."""

    rule: PlaceRule
    target: Target
    newest: Newest | None = None
    told: dict[tuple[int, int], tuple[Told, Spoken]] = field(default_factory=dict)  # by alarm and time of its raise
    members: list[Evidence] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)

    @property
    def device(self) -> int:
        """Give the key of what the alarm hangs on, 0 while its carrier is not made."""
        return self.newest.device if self.newest is not None else self.target.device

    def evidence(self) -> list[Evidence]:
        """List every span once."""
        near = [
            Evidence(alarm=s.alarm, device=s.device, role=t.role, raised=s.raised, ended=s.ended)
            for t, s in self.told.values()
        ]
        return sorted({*near, *self.members}, key=lambda e: (e.raised, e.alarm, e.role))

    def judge(self) -> None:
        """Decide what the evidence comes to."""
        since = None if self.newest is None else self.newest.since
        seen = _NEVER if self.newest is None else self.newest.seen
        self.decisions = decide(self.rule.demand, self.evidence(), standing=since, after=seen)


class Correlator:
    """Correlates under one set of rules. `url` is where polygons are read, if a rule wants neighbours."""

    def __init__(self, rules: RuleSet, url: str) -> None:
        self._rules = {rule.common.name: rule for rule in rules.rules if is_of_places(rule)}
        self._conditions = frozenset(c for rule in self._rules.values() for c in rule.conditions)
        self._url = url
        self._county: tuple[int, County] | None = None
        self._is_settled = False

    @property
    def names(self) -> frozenset[str]:
        """List the rules whose alarms are not the engine's."""
        return frozenset(self._rules)

    def correlate(
        self, cur: Cursor, transitions: Sequence[Transition], *, now: datetime, rule_set: int | None = None
    ) -> list[Transition]:
        """Judge the places that some steps touch, and give the steps that alarms of places took."""
        steps = [t for t in transitions if t.condition in self._conditions and _is_turn(t)]
        if not steps:
            return []
        store.lead(cur)
        spoken = store.read_spoken(cur, [t.alarm for t in steps], now)
        resting = {one.key: one for one in store.read_resting(cur, evidence=[t.alarm for t in steps])}
        since = min((microseconds(t.at) for t in steps if t.cause is Cause.RAISED), default=None)
        cases: list[_Case] = []
        for rule in self._rules.values():
            touched = self._touched(cur, rule, spoken)
            # What stands knows what it rests on: only where nothing does the rest of the minute has to be looked through.
            fresh = {id_: case for id_, case in touched.items() if case.newest is None or case.newest.since is None}
            if since is not None and fresh:
                self._gather(cur, rule, fresh, since=since - rule.demand.within_us, now=now)
            known = {case.device for case in touched.values()}
            cases += touched.values()
            cases += [
                _of_resting(rule, one) for one in resting.values() if _is_its(rule, one) and one.device not in known
            ]
        return self._settle_cases(cur, cases, now=now, rule_set=rule_set)

    def due(self, cur: Cursor, *, now: datetime, rule_set: int | None = None) -> list[Transition]:
        """Return alarms whose off-delay has run out, and, once after a start or reload, those nobody judges any more.

        That once looks at all that stands, too: what it rests on may have ended by an officer's hand, as when a device is
        retired, of which no worker is told.
        """
        lapsed = store.read_lapsed(cur, now)
        if not lapsed and self._is_settled:
            return []
        store.lead(cur)
        resting = store.read_resting(cur)
        changes = [_ended(one, microseconds(now), Cause.RULE_REMOVED) for one in resting if one.rule not in self._rules]
        ripe = [one for one in resting if one.alarm in set(lapsed) and one.rule in self._rules]
        members = store.read_evidence(cur, [one.alarm for one in ripe])
        for one in ripe:
            how = decide(self._rules[one.rule].demand, members[one.alarm], standing=one.since, after=one.seen)[0]
            if isinstance(how, Lapsing | Over):
                at = how.since if isinstance(how, Lapsing) else how.at
                changes.append(_ended(one, at))
        store.drop_lapses(cur, lapsed, now)
        transitions = save(cur, Detection(changes=tuple(changes)), now=now, rule_set=rule_set)
        if not self._is_settled:
            standing = [one for one in resting if one.rule in self._rules and one not in ripe]
            cases = [_of_resting(self._rules[one.rule], one) for one in standing]
            transitions += self._settle_cases(cur, cases, now=now, rule_set=rule_set)
            self._is_settled = True
        return transitions

    # What is touched --------------------------------------------------------------------------------------------------

    def _chart(self, cur: Cursor) -> County:
        version, _ = version_in_force(cur)
        if self._county is None or self._county[0] != version:
            self._county = load_county(cur, self._url)
        return self._county[1]

    def _touched(self, cur: Cursor, rule: PlaceRule, spoken: Sequence[Spoken]) -> dict[str, _Case]:
        """Find the targets for which some alarms are evidence, and how they stand."""
        chart = self._chart(cur)
        cases: dict[str, _Case] = {}
        for one in spoken:
            for told in rule.tell(one, chart):
                case = cases.setdefault(told.target.id, _Case(rule=rule, target=told.target))
                case.told[one.alarm, one.raised] = (told, one)
        if cases:
            keys = store.keys_of(cur, [case.target.id for case in cases.values() if case.target.carrier])
            where = {keys.get(id_, case.target.device): case for id_, case in cases.items()}
            for newest in store.read_newest(cur, rule, list(where)):
                where[newest.device].newest = newest
        return cases

    def _gather(self, cur: Cursor, rule: PlaceRule, cases: dict[str, _Case], *, since: int, now: datetime) -> None:
        """Read what else was raised near in time and place."""
        chart = self._chart(cur)
        net = Net()
        for case in cases.values():
            for told, _ in case.told.values():
                net |= told.net
        for one in store.read_near(cur, rule, net, since=since, now=now):
            for told in rule.tell(one, chart):
                if told.target.id in cases:
                    cases[told.target.id].told[one.alarm, one.raised] = (told, one)

    # What follows -----------------------------------------------------------------------------------------------------

    def _settle_cases(
        self, cur: Cursor, cases: Sequence[_Case], *, now: datetime, rule_set: int | None
    ) -> list[Transition]:
        standing = [case.newest.alarm for case in cases if case.newest is not None and case.newest.since is not None]
        members = store.read_evidence(cur, standing) if standing else {}
        for case in cases:
            if case.newest is not None:
                case.members = members.get(case.newest.alarm, [])
            case.judge()
        moved = [case for case in cases if case.decisions]
        keys = ensure_carriers(
            cur, [_placed(case) for case in moved if not case.device and isinstance(case.decisions[0], Begun)]
        )
        changes = [change for case in moved for change in _changes(case, case.device or keys[case.target.id])]
        transitions = save(cur, Detection(changes=tuple(changes)), now=now, rule_set=rule_set)
        opened = {(t.device, t.condition, t.priority): t.alarm for t in transitions}
        _write_notes(cur, {_alarm_of(case, opened, keys): case for case in moved}, now)
        return transitions


def is_of_places(rule: Rule) -> TypeGuard[PlaceRule]:
    """Say whether a rule is judged on the alarms of others."""
    return isinstance(rule, Judged)


def _is_turn(step: Transition) -> bool:
    """Say whether the condition of an alarm came or went with a step."""
    return is_active(step.from_state) != is_active(step.to_state)


def _is_its(rule: PlaceRule, one: Newest) -> bool:
    return (one.rule, one.condition, one.priority) == (rule.common.name, rule.condition, rule.priority)


def _of_resting(rule: PlaceRule, one: Newest) -> _Case:
    return _Case(rule=rule, target=Target(id="", device=one.device), newest=one)


def _placed(case: _Case) -> Carrier:
    """Give what carries the alarm the middle of what spoke, where it has no place of its own."""
    carrier = case.target.carrier
    assert carrier is not None  # a target without one is a device
    where = [(s.lon, s.lat) for t, s in case.told.values() if t.role is Role.FIRST]
    known = [(lon, lat) for lon, lat in where if lon is not None and lat is not None]
    if carrier.lon is not None or not known:
        return carrier
    return replace(
        carrier,
        lon=round(sum(lon for lon, _ in known) / len(known), 6),
        lat=round(sum(lat for _, lat in known) / len(known), 6),
    )


def _changes(case: _Case, device: int) -> list[PointChange]:
    changes: list[PointChange] = []
    for decision in case.decisions:
        match decision:
            case Begun():
                changes.append(_begun(case, device, decision))
            case Over():
                changes.append(_ended(_point(case, device), decision.at))
            case Lapsing() | Holds():
                pass
    return changes


def _begun(case: _Case, device: int, begun: Begun) -> PointChange:
    """Raise it, with what the rule says of the evidence that made it begin, or with how many devices spoke."""
    said = [t.value for t, s in case.told.values() if s.raised == begun.at and t.value is not None]
    return PointChange(
        device=device,
        metric=0,
        rule=case.rule.common.name,
        condition=case.rule.condition,
        priority=case.rule.priority,
        active=True,
        time=begun.at,
        value=said[0] if said else float(begun.devices),
        unit=case.target.unit,
        cause=Cause.RAISED,
    )


def _point(case: _Case, device: int) -> Point:
    return Point(device=device, rule=case.rule.common.name, condition=case.rule.condition, priority=case.rule.priority)


def _ended(one: Point, time: int, cause: Cause = Cause.RETURNED) -> PointChange:
    return PointChange(
        device=one.device,
        metric=0,
        rule=one.rule,
        condition=one.condition,
        priority=one.priority,
        active=False,
        time=time,
        value=math.nan,
        cause=cause,
    )


def _alarm_of(case: _Case, opened: Mapping[tuple[int, str, int], int], keys: Mapping[str, int]) -> int:
    """Find the alarm of a case; 0 where it has none, because what was told is long past."""
    device = case.device or keys[case.target.id]
    alarm = opened.get((device, case.rule.condition, case.rule.priority))
    return alarm if alarm is not None else (case.newest.alarm if case.newest is not None else 0)


def _write_notes(cur: Cursor, cases: Mapping[int, _Case], now: datetime) -> None:
    """Write what the alarms rest on, and which of them are running out."""
    found = {alarm: case for alarm, case in cases.items() if alarm}
    store.write_evidence(
        cur, [(alarm, e.alarm, e.role) for alarm, case in found.items() for e in case.evidence() if e.alarm != alarm]
    )
    lapsing = {a: case.rule.demand.off_delay_us for a, case in found.items() if isinstance(case.decisions[-1], Lapsing)}
    store.drop_lapses(cur, [alarm for alarm in found if alarm not in lapsing], now)
    store.set_lapses(cur, lapsing, now)
