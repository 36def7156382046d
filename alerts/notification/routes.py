"""Receivers, shifts and routes: what the notify file says. Pure nouns; secrets are named here, never held."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from alerts.notification.happening import Happening, Telling
from alerts.notification.windows import Window, end_of_all, is_within

# What happens to one place within it is one message; a fire's second detector speaks within seconds of the first.
GROUP_WAIT = timedelta(seconds=10)
# A fire raises a dozen alarms in its first minutes. Whoever was told of it is told of the rest together.
GROUP_INTERVAL = timedelta(minutes=2)
USUAL_CAUSES = frozenset({Telling.RAISED, Telling.REALARMED, Telling.RETURNED})


class ReceiverKind(StrEnum):
    """How a receiver is spoken to."""

    WEBHOOK = "webhook"  # one POST of JSON, signed
    APPRISE = "apprise"  # DingTalk, WeCom, Feishu, mail, SMS gateways, … by an Apprise URL


class GroupBy(StrEnum):
    """What alarms of one message have in common."""

    PLACE = "place"
    KIND = "kind"
    INCIDENT = "incident"
    ALARM = "alarm"  # nothing: each alarm is a message of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """Where a secret stands: in a file (mode 600, beside the notify file or absolute) or in the environment."""

    file: str | None = None
    variable: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Somebody who is told. `url` is a webhook's; an Apprise URL holds a password and so is itself the secret."""

    name: str
    kind: ReceiverKind
    secret: Secret
    url: str = ""
    ca_file: str | None = None  # of a private authority, for https
    language: str = "zh"
    tests: bool = False  # hears of tests and exercises, too

    @property
    def target(self) -> str:
        """Say where it is without a secret."""
        if self.kind is ReceiverKind.WEBHOOK:
            return self.url.partition("?")[0]
        return f"apprise ({self.secret.file or '$' + (self.secret.variable or '')})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What a route is about; None is anything. All that is given must hold."""

    grids: frozenset[str] | None = None  # codes; each with everything below it
    kinds: frozenset[str] | None = None  # of the device (smoke, gauge, …) or of the happening (fire, flood, …)
    conditions: frozenset[str] | None = None
    priorities: frozenset[int] | None = None

    def covers(self, happening: Happening) -> bool:
        """Say whether the happening is one of these, whenever it is."""
        return (
            (self.grids is None or not self.grids.isdisjoint(happening.codes))
            and (self.kinds is None or not self.kinds.isdisjoint((happening.kind, happening.what)))
            and (self.conditions is None or happening.condition in self.conditions)
            and (self.priorities is None or happening.priority in self.priorities)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """Hours in which a route holds its messages until they end, but for what is urgent enough."""

    windows: tuple[Window, ...]
    unless_priority: int = 1  # this one and those above it are told at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Who hears of what, when, and how often. `duty` None is always."""

    name: str
    match: Match
    receivers: tuple[str, ...]
    causes: frozenset[Telling] = USUAL_CAUSES
    duty: tuple[Window, ...] | None = None  # the shift or the hours of the route
    group_by: GroupBy = GroupBy.PLACE
    group_wait: timedelta = GROUP_WAIT
    group_interval: timedelta = GROUP_INTERVAL  # between two messages of a group, but for a more urgent one
    repeat_every: timedelta | None = None
    quiet: Quiet | None = None

    def is_on_duty(self, now: datetime, zone: ZoneInfo) -> bool:
        """Say whether this is the route's time."""
        return self.duty is None or is_within(self.duty, now, zone)

    def held_until(self, priority: int, now: datetime, zone: ZoneInfo) -> datetime | None:
        """Give the end of the quiet hours that hold a message of this priority at `now`; None: it may go."""
        if self.quiet is None or priority <= self.quiet.unless_priority:
            return None
        end = end_of_all(self.quiet.windows, now, zone)
        return end if end > now else None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyFile:
    """All of one notify file, valid together."""

    receivers: tuple[Receiver, ...]
    routes: tuple[Route, ...]

    def route(self, name: str) -> Route | None:
        """Find a route by name."""
        return next((route for route in self.routes if route.name == name), None)

    def receiver(self, name: str) -> Receiver | None:
        """Find a receiver by name."""
        return next((receiver for receiver in self.receivers if receiver.name == name), None)
