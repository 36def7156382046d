"""Suppresses by design, in the transaction of the transitions: what rules say, laid over alarms as overrides.

Told twice it changes nothing: the unique index `overrides_by_design_once` says so, not a lock. What two workers that do
not see each other leave standing is released by the next look, a second later. Nothing here reads the clock.
"""

from collections.abc import Sequence
from datetime import datetime

from alerts.by_design import LONGEST, WORST, Suppression
from alerts.deadlines import Due, set_deadlines
from alerts.due import ENGINE, end
from alerts.ledger import Transition
from alerts.life_cycle import Cause, State, is_active
from alerts.overrides import COVERS, Override, OverrideKind, start_overrides
from database import Change
from database.connection import Cursor

_ACTIVE = [state.value for state in State if is_active(state)]


def suppress_by_design(
    cur: Cursor, rules: Sequence[Suppression], transitions: Sequence[Transition], *, now: datetime
) -> list[Change]:
    """Hold and release what some transitions mean for other alarms of their devices; nothing where no rule asks."""
    concerned = {rule.condition for rule in rules} | {rule.by for rule in rules}
    devices = sorted({t.device for t in transitions if t.condition in concerned and t.cause is not Cause.COMMENTED})
    if not devices:
        return []
    return _hold(cur, rules, devices, now) + release_by_design(cur, rules, now=now, devices=devices)


def release_by_design(
    cur: Cursor, rules: Sequence[Suppression], *, now: datetime, devices: Sequence[int] | None = None
) -> list[Change]:
    """End what no longer has a reason: the suppressing condition, the alarm itself or the rule is gone.

    Alarms whose condition still holds sound again. `devices` None looks at all.
    """
    cur.execute(
        f"""
        SELECT o.id FROM overrides o
        WHERE o.rule IS NOT NULL AND o.ended_at IS NULL AND (%(all)s OR o.device = ANY(%(devices)s)) AND NOT (
            EXISTS (SELECT FROM unnest(%(rules)s::text[], %(conditions)s::text[], %(by)s::text[])
                           AS w (rule, condition, by)
                    JOIN alarms s ON s.device = o.device AND s.condition = w.by AND s.state = ANY(%(active)s)
                    WHERE w.rule = o.rule AND w.condition = o.condition)
            AND EXISTS (SELECT FROM alarms a WHERE {COVERS} AND a.state <> 'norm')
        )
        ORDER BY o.id
        """,  # noqa: S608 - COVERS is ours
        {**_columns(rules), "active": _ACTIVE, "all": devices is None, "devices": list(devices or ())},
    )
    over = [override for (override,) in cur.fetchall()]
    return end(cur, over, now=now, by=ENGINE) if over else []


def _hold(cur: Cursor, rules: Sequence[Suppression], devices: Sequence[int], now: datetime) -> list[Change]:
    cur.execute(
        """
        SELECT DISTINCT ON (v.device, v.condition, coalesce(v.metric, 0), w.rule)
               v.device, v.condition, coalesce(v.metric, 0), w.rule, w.by
        FROM unnest(%(rules)s::text[], %(conditions)s::text[], %(by)s::text[]) AS w (rule, condition, by)
        JOIN alarms v ON v.rule = w.rule AND v.condition = w.condition AND v.state = ANY(%(active)s)
        JOIN alarms s ON s.device = v.device AND s.condition = w.by AND s.state = ANY(%(active)s)
        WHERE v.device = ANY(%(devices)s) AND s.device = ANY(%(devices)s) AND v.priority >= %(worst)s
        ORDER BY 1, 2, 3, 4, 5
        """,
        {**_columns(rules), "active": _ACTIVE, "devices": list(devices), "worst": WORST},
    )
    stored = start_overrides(
        cur,
        [
            Override(
                kind=OverrideKind.SUPPRESSED,
                device=device,
                condition=condition,
                metric=metric,
                priority=WORST,
                starts_at=now,
                ends_at=now + LONGEST,
                reason=by,
                actor=ENGINE,
                rule=rule,
            )
            for device, condition, metric, rule, by in cur.fetchall()
        ],
    )
    if stored:
        set_deadlines(cur, Due.OVERRIDE_ENDS, [override.id for override in stored], now + LONGEST)
    return [override.change for override in stored]


def _columns(rules: Sequence[Suppression]) -> dict[str, object]:
    return {
        "rules": [rule.rule for rule in rules],
        "conditions": [rule.condition for rule in rules],
        "by": [rule.by for rule in rules],
    }
