"""Reads the keys that rules of stage 2 share. No clock."""

from alerts.common_keys import read_metrics
from alerts.correlation.nouns import Sign
from alerts.rule import Scope
from alerts.rule_file import Entry, Fields


def read_sign(fields: Fields, scope: Scope) -> Sign:
    """Read which alarms are evidence: `conditions` and `from_priority`, of the devices under `for`."""
    return Sign(
        conditions=_names(fields.need("conditions")),
        kinds=scope.kinds,
        metrics=scope.metrics,
        least_priority=fields.read("from_priority", Entry.priority, 4),
    )


def read_other_sign(entry: Entry) -> Sign:
    """Read a second kind of evidence, all in one mapping: kinds, metric, conditions, from_priority."""
    fields = Fields(entry)
    kinds = fields.find("kinds")
    metrics = fields.read("metric", read_metrics, None)
    scope = Scope(kinds=None if kinds is None else _names(kinds), metrics=metrics)
    sign = read_sign(fields, scope)
    fields.finish()
    return sign


def read_span_us(fields: Fields) -> int:
    """Read `within`: how near in device time the alarms must be raised."""
    entry = fields.need("within")
    within_us = entry.duration_us()
    if within_us == 0:
        entry.refuse("alarms of one instant only would never meet: give a span")
    return within_us


def _names(entry: Entry) -> frozenset[str]:
    names = frozenset(item.name() for item in entry.items())
    if not names:
        entry.refuse("at least one name is needed here")
    return names
