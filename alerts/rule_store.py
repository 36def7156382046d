"""Keeps every rule set that ever judged, so that an alarm can name its rule, its limit and its guidance. No clock."""

from dataclasses import dataclass
from functools import lru_cache

from psycopg.types.json import Jsonb

from alerts.points import Tag, ValuePoint
from alerts.rule import Guidance, Rule, RuleSet, UnjudgedTagError
from alerts.rules import load_rules
from database.connection import Cursor


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRule:
    """The rule behind one alarm, as it was when the alarm was raised.

    `limit` and `clear` (the limit less the deadband) are in the unit of the alarm's value; None where the rule has
    no threshold, or none for this device any more.
    """

    name: str
    version: int
    guidance: dict[str, Guidance]  # by language: zh, en
    realarm_after_us: int | None
    limit: float | None
    clear: float | None


def save_rule_set(cur: Cursor, rules: RuleSet) -> int:
    """Keep a rule set and give its version; the same text has the same version for ever."""
    cur.execute(
        "INSERT INTO rule_sets (source, sha256, rules) VALUES (%s, %s, %s) ON CONFLICT (sha256) DO NOTHING",
        (rules.source, rules.sha256, Jsonb({"text": rules.text})),
    )
    row = cur.execute("SELECT version FROM rule_sets WHERE sha256 = %s", (rules.sha256,)).fetchone()
    assert row is not None
    return int(row[0])


def rule_of(cur: Cursor, alarm: int) -> AlarmRule | None:
    """Read the rule that raised an alarm; None where the alarm or its rule set is not known."""
    row = cur.execute(
        """
        SELECT a.rule, a.priority, a.condition, s.version, s.source, s.rules ->> 'text', d.key, d.kind, m.key, m.name,
               dm.unit, dm.limit_1, dm.limit_2, dm.limit_3, dm.limit_4, dm.interval_s
        FROM alarms a JOIN rule_sets s ON s.version = a.rule_set JOIN devices d ON d.key = a.device
        LEFT JOIN metrics m ON m.key = a.metric
        LEFT JOIN device_metrics dm ON dm.device = a.device AND dm.metric = a.metric
        WHERE a.id = %s
        """,
        (alarm,),
    ).fetchone()
    if row is None:
        return None
    name, priority, condition, version, source, text, device, kind, metric, metric_name, unit, *rest = row
    rule = _parsed(text, source).rule(name)
    if rule is None:
        return None
    point = None
    if unit is not None:
        tag = Tag(
            device=device,
            kind=kind,
            metric=metric,
            metric_name=metric_name,
            unit=unit,
            limits=(rest[0], rest[1], rest[2], rest[3]),
            interval_s=rest[4],
        )
        point = _point(rule, tag, condition, priority)
    return AlarmRule(
        name=name,
        version=version,
        guidance=dict(rule.common.guidance),
        realarm_after_us=rule.common.realarm_after_us,
        limit=point.limit if point else None,
        clear=point.clear if point else None,
    )


def _point(rule: Rule, tag: Tag, condition: str, priority: int) -> ValuePoint | None:
    try:
        points = rule.points(tag)
    except UnjudgedTagError:
        return None
    return next(
        (p for p in points if isinstance(p, ValuePoint) and (p.condition, p.priority) == (condition, priority)), None
    )


@lru_cache(maxsize=8)
def _parsed(text: str, source: str) -> RuleSet:
    return load_rules(text, source=source)
