"""Limits as rule files write them, and the same in a tag's own unit. Pure: reads no clock."""

from dataclasses import dataclass
from enum import StrEnum

from alerts.points import Tag
from alerts.rule import Common, UnjudgedTagError
from alerts.rule_file import Entry, Fields
from ingest.units import UnknownUnitError, convert, is_known


class Direction(StrEnum):
    """Which side of the limit is the dangerous one."""

    HIGH = "high"
    LOW = "low"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One of a rule's own limits, in the rule's unit. A low limit may ask for persistence that a high one does not."""

    at: float
    on_delay_us: int


def read_unit(fields: Fields) -> str:
    """Read the key `unit`, one that the table of units has."""
    unit = fields.need("unit")
    if not is_known(unit.text()):
        unit.refuse(f"unknown unit {unit.text()!r}")
    return unit.text()


def read_limits(entry: Entry | None, direction: Direction, on_delay_us: int) -> dict[int, Limit]:
    """Read `{priority: number}` or `{priority: {at: number, on_delay: 5s}}`; the order of severity must hold."""
    if entry is None:
        return {}  # only devices with limits of their own are judged
    limits: dict[int, tuple[Limit, Entry]] = {}
    for key, value in entry.pairs():
        if value.is_mapping():
            fields = Fields(value)
            limit = Limit(
                at=fields.need("at").number(), on_delay_us=fields.read("on_delay", Entry.duration_us, on_delay_us)
            )
            fields.finish()
        else:
            limit = Limit(at=value.number(), on_delay_us=on_delay_us)
        limits[key.priority()] = (limit, value)
    worst = None
    for priority in sorted(limits, reverse=True):
        limit, value = limits[priority]
        if worst is not None and (limit.at < worst if direction is Direction.HIGH else limit.at > worst):
            value.refuse(f"the limit of priority {priority} is reached before that of a lesser priority")
        worst = limit.at
    return {priority: limit for priority, (limit, _) in sorted(limits.items())}


def read_positive(entry: Entry) -> float:
    """Read a number above zero."""
    value = entry.number()
    if value <= 0:
        entry.refuse(f"{entry.text()!r} is not more than 0")
    return value


def read_span(entry: Entry) -> int:
    """Read a duration above zero, in microseconds."""
    span = entry.duration_us()
    if span <= 0:
        entry.refuse("a span of no time says nothing")
    return span


def converted(common: Common, tag: Tag, value: float, from_unit: str, to_unit: str) -> float:
    """Convert a number for a tag.

    Raises:
        UnjudgedTagError: the units are not comparable, or one is not known.
    """
    try:
        number = convert(value, from_unit, to_unit)
    except UnknownUnitError as error:
        raise UnjudgedTagError(f"rule {common.name}: {error} of {tag.metric_name}") from None
    if number is None:
        other = to_unit if from_unit == tag.unit else from_unit
        raise UnjudgedTagError(f"rule {common.name}: {tag.unit} of {tag.metric_name} is not comparable with {other}")
    return number


def converted_step(common: Common, tag: Tag, step: float, unit: str) -> float:
    """Convert a difference into the tag's unit: five degrees more is nine Fahrenheit more, not 41.

    Raises:
        UnjudgedTagError: as `converted`.
    """
    return converted(common, tag, step, unit, tag.unit) - converted(common, tag, 0.0, unit, tag.unit)
