"""What every rule has, whatever its kind: a name, a scope, guidance. Pure nouns; no I/O, no clock."""

import hashlib
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from alerts.points import SECOND_US, Flap, GapPolicy, Point, RangePoint, Tag, ValuePoint
from alerts.rule_file import Fields
from alerts.schedule import Schedule

PointT = TypeVar("PointT", ValuePoint, RangePoint)

# A gap is three missed readings, and never less than a minute: networks of the field hold messages back that long.
GAP_INTERVALS = 3
LEAST_GAP_US = 60 * SECOND_US
GAP_WITHOUT_INTERVAL_US = 600 * SECOND_US


@dataclass(frozen=True, slots=True, kw_only=True)
class Guidance:
    """What the officer is told in one language: what the rule is called, what its alarm means, and what to do."""

    means: str
    do: str
    title: str = ""  # without one the rule's name stands for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which tags a rule judges; `kinds` None is every kind of device, `metrics` None every metric."""

    kinds: frozenset[str] | None
    metrics: frozenset[str] | None

    def covers(self, tag: Tag) -> bool:
        """Say whether the tag is judged."""
        return (self.kinds is None or tag.kind in self.kinds) and (
            self.metrics is None or tag.metric_name in self.metrics
        )

    def overlaps(self, other: "Scope") -> bool:
        """Say whether some device could be in both."""
        kinds = self.kinds is None or other.kinds is None or bool(self.kinds & other.kinds)
        return kinds and (self.metrics is None or other.metrics is None or bool(self.metrics & other.metrics))


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """The part of a rule that does not depend on its kind. Durations are microseconds, `gap_us` of device time."""

    name: str
    line: int
    scope: Scope
    guidance: dict[str, Guidance]  # by language: zh, en
    realarm_after_us: int | None
    gap_policy: GapPolicy
    gap_us: int | None
    schedule: Schedule | None = None
    flap: Flap | None = None
    suppressed_by: frozenset[str] = frozenset()  # conditions of the same device under which it does not sound

    def dressed(self, tag: Tag, point: PointT) -> PointT:
        """Give a point what every point of the rule has on a tag: gap, schedule and flap control."""
        return replace(
            point, gap_us=self.gap_of(tag), gap_policy=self.gap_policy, schedule=self.schedule, flap=self.flap
        )

    def gap_of(self, tag: Tag) -> int:
        """Give the longest time between two readings of the tag that is not a gap, in microseconds."""
        if self.gap_us is not None:
            return self.gap_us
        if tag.interval_s is None:
            return GAP_WITHOUT_INTERVAL_US
        return max(round(GAP_INTERVALS * tag.interval_s * SECOND_US), LEAST_GAP_US)


class Rule(Protocol):
    """A rule of any kind. Points are what it comes to on one tag."""

    @property
    def common(self) -> Common:
        """Give the part that every rule has."""
        ...

    @property
    def condition(self) -> str:
        """Name the condition its alarms report."""
        ...

    @property
    def priorities(self) -> frozenset[int]:
        """List the priorities its alarms may have on any device."""
        ...

    def points(self, tag: Tag) -> tuple[Point, ...]:
        """Give the points of one tag; none where the rule has no limit for it.

        Raises:
            UnjudgedTagError: the rule covers the tag, but its unit cannot be compared with the rule's.
        """
        ...


class RuleKind(Protocol):
    """What a file in alerts/rules/ exposes as KIND: its name in the rule file, and how to read it."""

    @property
    def name(self) -> str:
        """Give the word that stands after `kind:`."""
        ...

    def read(self, common: Common, fields: Fields) -> Rule:
        """Read the keys of this kind; the caller refuses those that are left over.

        Raises:
            RuleFileError: a key is missing or has a value that cannot be.
        """
        ...


class UnjudgedTagError(ValueError):
    """A rule covers a tag it cannot judge; the administrator is told which device and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """All rules of one file, valid together. `text` is the file itself, from which every rule can be read again."""

    source: str
    text: str
    rules: tuple[Rule, ...]

    @property
    def sha256(self) -> str:
        """Name the content: the same text is the same set."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def rule(self, name: str) -> Rule | None:
        """Find a rule by name."""
        return next((rule for rule in self.rules if rule.common.name == name), None)
