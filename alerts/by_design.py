"""Which alarms mean nothing while another of the same device stands: what rules say under `suppressed_by`. Pure.

ISA-18.2 calls it suppressed by design. A suppressed alarm is still there and in every list; it only does not sound. Red
and orange are never suppressed by a rule, whatever it says: who would have to notice that it was wrong?
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from alerts.rule import Rule, RuleSet
from alerts.rule_file import Entry, nearest

# The worst priority that a rule may suppress.
WORST = 3
# What hides another for longer than a day is looked at by a person: then the held alarm sounds once more.
LONGEST = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """While `by` stands on a device, alarms of `rule` with `condition` do not sound."""

    rule: str
    condition: str
    by: str


def suppressions_of(rules: RuleSet) -> tuple[Suppression, ...]:
    """List what the rules suppress by design, one entry for each suppressing condition."""
    return tuple(
        Suppression(rule=rule.common.name, condition=rule.condition, by=by)
        for rule in rules.rules
        for by in sorted(rule.common.suppressed_by)
    )


def refuse_unsafe(rules: Sequence[Rule], entries: Sequence[Entry]) -> None:
    """Refuse suppression that could hide what must be seen: red or orange, by nothing, or in a circle.

    Raises:
        RuleFileError: one of them, with the line of the rule.
    """
    raised = {rule.condition for rule in rules}
    by: dict[str, set[str]] = {}
    for rule, entry in zip(rules, entries, strict=True):
        if not rule.common.suppressed_by:
            continue
        if max(rule.priorities, default=WORST) < WORST:
            entry.refuse(f"{rule.common.name!r} raises red or orange only, which nothing suppresses")
        for condition in sorted(rule.common.suppressed_by):
            if condition not in raised:
                entry.refuse(f"no rule raises {condition!r}, which is to suppress this{nearest(condition, raised)}")
        by.setdefault(rule.condition, set()).update(rule.common.suppressed_by)
        if circle := _reaches(by, rule.condition):
            entry.refuse(f"{rule.condition!r} would suppress itself by way of {circle!r}: then nothing of it sounds")


def _reaches(by: dict[str, set[str]], start: str) -> str | None:
    """Give a condition on the way from `start` back to itself."""
    seen: set[str] = set()
    waiting = list(by.get(start, ()))
    while waiting:
        condition = waiting.pop()
        if start in by.get(condition, ()) or condition == start:
            return condition
        if condition not in seen:
            seen.add(condition)
            waiting += by.get(condition, ())
    return None
