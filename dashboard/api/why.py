"""`/api/v1/alarms/{id}/why`: the readings, limits and delays that made an alarm."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from psycopg import sql

from alerts.explain import kind_of
from alerts.points import JudgedPoint, SilencePoint, ValuePoint
from alerts.rule_store import Basis, basis_of
from dashboard.api.filters import record_id
from dashboard.context import Reader, Web, WebParts
from dashboard.messages import choose_language
from dashboard.problem import not_found
from dashboard.queries.alarms import AlarmItem, alarms_by_id, read_alarms, transitions
from dashboard.queries.why import (
    RuleItem,
    SilenceItem,
    WarningItem,
    WhyItem,
    explain_point,
    heard_before,
    judged_items,
    mark_items,
    reach_of,
    read_rows,
    reading_items,
    span_of,
    threshold_items,
)
from dashboard.rule_words import words_of
from database.connection import Cursor

router = APIRouter(prefix="/alarms", tags=["alarms"])

PARTS_AT_MOST = 200


@router.get("/{alarm_id}/why")
def why(
    web: WebParts,
    _: Reader,
    alarm_id: str,
    lang: Annotated[Literal["zh", "en"] | None, Query(description="Language of the rule's words.")] = None,
) -> WhyItem:
    """Tell what raised an alarm: the rule as it was then, the readings around it, its limits and its life."""
    number = record_id(alarm_id, lambda: not_found(f"alarm {alarm_id}"))
    with web.transaction() as cur:
        found = alarms_by_id(cur, web.grids.table(cur), [number], now=web.clock())
        if not found:
            raise not_found(f"alarm {alarm_id}")
        basis = basis_of(cur, number)
        rule = None if basis is None else _rule_item(basis, lang or web.settings.language)
        return _explained(web, cur, found[0], basis, rule)


def _rule_item(basis: Basis, language: str) -> RuleItem:
    name = basis.rule.common.name
    return RuleItem(
        name=name,
        version=basis.version,
        kind=kind_of(basis.rule),
        words=words_of(basis.text, name, choose_language(language)),
    )


def _explained(web: Web, cur: Cursor, alarm: AlarmItem, basis: Basis | None, rule: RuleItem | None) -> WhyItem:
    span = span_of(alarm, basis, now=web.clock())
    steps = transitions(cur, int(alarm.id))
    tag = None if basis is None else basis.tag
    point = None if basis is None else basis.point
    told = WhyItem(
        alarm=alarm.id,
        rule=rule,
        metric=alarm.metric,
        unit=tag.unit if tag is not None and alarm.metric is not None else alarm.unit,
        interval_s=None if tag is None else tag.interval_s,
        point=None,
        thresholds=[],
        silence=None,
        warnings=[WarningItem(event=event, priority=priority) for event, priority in (tag.warnings if tag else ())],
        span=span,
        readings=[],
        judged=[],
        marks=mark_items(steps, None, alarm.raised_at),
        alarms=_evidence(web, cur, int(alarm.id)),
    )
    if isinstance(point, SilencePoint):
        heard = heard_before(cur, alarm.device_key, alarm.raised_at)
        silence = SilenceItem(
            heard_at=heard, interval_s=None if tag is None else tag.interval_s, after_s=point.after_us / 1e6
        )
        return told.model_copy(update={"silence": silence})
    if basis is None or tag is None or not isinstance(point, JudgedPoint):
        return told
    rows = read_rows(cur, alarm.device_key, tag.metric, span.start - reach_of(point), span.end)
    item, replayed, quantity = explain_point(point, tag.unit, rows, raised_at=alarm.raised_at)
    is_measured = isinstance(point, ValuePoint) and point.measure is not None
    return told.model_copy(
        update={
            "point": item,
            "thresholds": threshold_items(basis.points, point, quantity) if isinstance(point, ValuePoint) else [],
            "readings": reading_items(rows, start=span.start),
            "judged": judged_items(replayed, start=span.start) if is_measured else [],
            "marks": mark_items(steps, replayed.first_seen_us, alarm.raised_at),
        }
    )


def _evidence(web: Web, cur: Cursor, alarm: int) -> list[AlarmItem]:
    """List the alarms a correlated one rests on, oldest first."""
    return read_alarms(
        cur,
        web.grids.table(cur),
        now=web.clock(),
        where=sql.SQL("a.id IN (SELECT e.evidence FROM alarm_evidence e WHERE e.alarm = %(alarm)s AND e.role > 0)"),
        parameters={"alarm": alarm},
        order=sql.SQL("a.raised_at, a.id"),
        limit=PARTS_AT_MOST,
    )
