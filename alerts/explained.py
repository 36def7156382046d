"""What an explanation is made of: reasons, verdicts of rules, and what was known of the device. Pure nouns."""

import dataclasses
import math
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from alerts.trial import TrialStep


class Reason(StrEnum):
    """Why a point stands as it does. The first five mean that the rule does not judge the device at all."""

    OTHER_KIND = "other-kind"  # the rule is for other kinds of device
    OTHER_METRIC = "other-metric"  # the device does not measure what the rule is about
    NO_LIMIT = "no-limit"  # neither the device nor the rule has a limit for it
    UNIT = "unit"  # the device's unit cannot be compared with the rule's
    NO_INTERVAL = "no-interval"  # how often the device should report is not known
    NO_READING = "no-reading"  # nothing was measured before that time
    IMPLAUSIBLE = "implausible"  # the newest value cannot be, so no other rule sees it
    NOT_ENOUGH = "not-enough-readings"  # the rule looks at a span that the readings do not cover
    OUTSIDE_SCHEDULE = "outside-schedule"  # the rule does not judge at that hour
    WITHIN = "within-limit"
    ON_DELAY = "on-delay"  # beyond the limit, not yet for long enough
    BEYOND = "beyond-limit"  # beyond the limit for long enough: the condition holds
    DEADBAND = "deadband"  # no longer beyond the limit, not yet beyond the deadband: the condition holds
    OFF_DELAY = "off-delay"  # normal again, not yet for long enough: the condition holds
    HEARD = "heard"
    SILENT = "silent"
    FEED_OUT = "feed-out"  # nobody else was heard either, so it is not the device's silence
    OTHER_STAGE = "other-stage"  # the rule judges places from several devices, not this device alone


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOverride:
    """An override in force at that time: `kind` shelved, suppressed or out_of_service; None is all."""

    kind: str
    ends_at: datetime
    reason: str
    actor: str = ""
    condition: str | None = None
    metric: str | None = None
    priority: int | None = None

    def covers(self, condition: str, metric: str, priority: int) -> bool:
        """Say whether an alarm would be put aside: this priority or a lesser one."""
        return (
            self.condition in (None, condition)
            and self.metric in (None, metric)
            and (self.priority is None or self.priority <= priority)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewestReading:
    """The last reading of a metric before that time. `quality` is the name of a Quality in lower case."""

    metric: str
    unit: str
    time: datetime
    value: float | None
    quality: str
    age_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PointExplained:
    """One rule's verdict on one metric at one priority, as of that time.

    `metric` is empty for the device as a whole. `limit`, `clear` (where it returns) and `measured` are in `unit`: of
    the metric, or for measures that are no value of it, of what they count. `since` is when the delay that runs began,
    or when the condition was raised. `holds` says whether the condition is active; `is_silenced` whether an override
    covers it. Where the rule does not judge the device, only rule, kind and reason say anything.
    """

    rule: str
    kind: str
    condition: str
    priority: int | None
    metric: str
    unit: str
    limit: float | None
    clear: float | None
    measured: float | None
    holds: bool
    since: datetime | None
    on_delay_s: float
    off_delay_s: float
    reason: Reason
    is_silenced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a device had or had not an alarm at a time; times are aware UTC."""

    device: str
    kind: str
    at: datetime
    rules: str  # the source of the rules
    newest: tuple[NewestReading, ...]
    silent_for_s: float | None  # since anything new was heard; None if nothing was
    points: tuple[PointExplained, ...]
    overrides: tuple[HeldOverride, ...]
    steps: tuple[TrialStep, ...]  # of the readings judged again, oldest first

    @property
    def standing(self) -> tuple[PointExplained, ...]:
        """Give what holds at that time, most severe first."""
        return tuple(sorted((p for p in self.points if p.holds), key=lambda p: p.priority or 9))

    def to_json(self) -> dict[str, Any]:
        """Give it as plain JSON values; instants are RFC 3339."""
        return {field.name: _plain(getattr(self, field.name)) for field in dataclasses.fields(self)}


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    match value:
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case tuple() | list():
            return [_plain(item) for item in value]
        case StrEnum():
            return value.value
        case float() if not math.isfinite(value):
            return None
        case _:
            return value
