"""Keeps every rule set that ever judged, so that an alarm can name its rule, its limit and its guidance. No clock."""

from dataclasses import dataclass
from functools import lru_cache

from psycopg.types.json import Jsonb

from alerts.points import Point, Tag, ValuePoint
from alerts.rule import Guidance, Rule, RuleSet, UnjudgedTagError
from alerts.rules import load_rules
from alerts.weather import in_force, over
from database.connection import Cursor


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRule:
    """The rule behind one alarm, as it was when the alarm was raised.

    `limit` and `clear` (the limit less the deadband) are in the unit of the alarm's value; None where the rule has
    no threshold on the value itself, or none for this device any more.
    """

    name: str
    version: int
    guidance: dict[str, Guidance]  # by language: zh, en
    realarm_after_us: int | None
    limit: float | None
    clear: float | None


def save_rule_set(cur: Cursor, rules: RuleSet) -> int:
    """Keep a rule set and give its version; the same text has the same version for ever."""
    # Only a text that is not there is inserted: each try would use up a number, and people count versions.
    cur.execute(
        "INSERT INTO rule_sets (source, sha256, rules) SELECT %(source)s, %(sha256)s, %(rules)s"
        " WHERE NOT EXISTS (SELECT FROM rule_sets WHERE sha256 = %(sha256)s) ON CONFLICT (sha256) DO NOTHING",
        {"source": rules.source, "sha256": rules.sha256, "rules": Jsonb({"text": rules.text})},
    )
    row = cur.execute("SELECT version FROM rule_sets WHERE sha256 = %s", (rules.sha256,)).fetchone()
    assert row is not None
    return int(row[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What an alarm was raised by, as it was then: rule, tag with its limits of that time, and the rule's points on it.

    `tag` is None for what has no metric of its own, `point` where the rule cannot judge the tag any more. For an alarm
    about the device as a whole the tag is the one that is expected most often.
    """

    rule: Rule
    version: int
    text: str
    tag: Tag | None
    points: tuple[Point, ...]
    point: Point | None


def basis_of(cur: Cursor, alarm: int) -> Basis | None:
    """Read what raised an alarm; None where the alarm or its rule set is not known."""
    row = cur.execute(_BASIS, (alarm,)).fetchone()
    if row is None:
        return None
    name, priority, condition, version, source, text, device, kind, grids, metric, metric_name, unit, *rest = row
    rule = _parsed(text, source).rule(name)
    if rule is None:
        return None
    tag = None
    if unit is not None:
        tag = Tag(
            device=device,
            kind=kind,
            metric=metric,
            metric_name=metric_name,
            unit=unit,
            limits=(rest[0], rest[1], rest[2], rest[3]),
            interval_s=rest[4],
            grids=tuple(grids or ()),
            warnings=over(in_force(cur, rest[5]), tuple(grids or ())),
        )
    points = () if tag is None else _points(rule, tag)
    point = next((p for p in points if (p.condition, p.priority) == (condition, priority)), None)
    return Basis(rule=rule, version=version, text=text, tag=tag, points=points, point=point)


def rule_of(cur: Cursor, alarm: int) -> AlarmRule | None:
    """Read the rule that raised an alarm; None where the alarm or its rule set is not known."""
    basis = basis_of(cur, alarm)
    if basis is None:
        return None
    # A limit on a measure (a rise, a total) is not one of the value that the alarm shows.
    threshold = basis.point if isinstance(basis.point, ValuePoint) and basis.point.measure is None else None
    common = basis.rule.common
    return AlarmRule(
        name=common.name,
        version=basis.version,
        guidance=dict(common.guidance),
        realarm_after_us=common.realarm_after_us,
        limit=threshold.limit if threshold else None,
        clear=threshold.clear if threshold else None,
    )


# Limits are those of the time at which we wrote the raise: earlier ones are kept when they change.
_BASIS = """
    WITH RECURSIVE alarm AS (
        SELECT a.*, d.kind, coalesce(a.metric, (
                   SELECT c.metric FROM device_metrics c WHERE c.device = a.device AND c.interval_s IS NOT NULL
                   ORDER BY c.interval_s, c.metric LIMIT 1)) AS tag,
               coalesce((SELECT max(t.recorded_at) FROM alarm_transitions t
                         WHERE t.alarm = a.id AND t.cause = 'raised'), a.recorded_at) AS written
        FROM alarms a JOIN devices d ON d.key = a.device WHERE a.id = %s
    ), above AS (
        SELECT g.version, g.code, g.parent, 1 AS nth FROM grids g JOIN alarm ON alarm.grid = g.key
        UNION ALL
        SELECT g.version, g.code, g.parent, above.nth + 1 FROM grids g JOIN above
        ON g.version = above.version AND g.code = above.parent
    )
    SELECT a.rule, a.priority, a.condition, s.version, s.source, s.rules ->> 'text', a.device, a.kind,
           (SELECT array_agg(code ORDER BY nth) FROM above), m.key, m.name, coalesce(h.unit, c.unit),
           CASE WHEN h.unit IS NULL THEN c.limit_1 ELSE h.limit_1 END,
           CASE WHEN h.unit IS NULL THEN c.limit_2 ELSE h.limit_2 END,
           CASE WHEN h.unit IS NULL THEN c.limit_3 ELSE h.limit_3 END,
           CASE WHEN h.unit IS NULL THEN c.limit_4 ELSE h.limit_4 END,
           CASE WHEN h.unit IS NULL THEN c.interval_s ELSE h.interval_s END, a.written
    FROM alarm a JOIN rule_sets s ON s.version = a.rule_set
    LEFT JOIN metrics m ON m.key = a.tag
    LEFT JOIN device_metrics c ON c.device = a.device AND c.metric = a.tag
    LEFT JOIN LATERAL (SELECT * FROM limit_history l WHERE l.device = a.device AND l.metric = a.tag
                       AND l.until > a.written ORDER BY l.until LIMIT 1) h ON true
"""


def _points(rule: Rule, tag: Tag) -> tuple[Point, ...]:
    try:
        return rule.points(tag)
    except UnjudgedTagError:
        return ()


@lru_cache(maxsize=8)
def _parsed(text: str, source: str) -> RuleSet:
    return load_rules(text, source=source)
