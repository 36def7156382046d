"""What somebody may have to be told: a step of an alarm, or an incident that opens. Pure nouns; no clock."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Telling(StrEnum):
    """What a message is about; a route says which of these it tells."""

    RAISED = "raised"
    REALARMED = "realarmed"
    RETURNED = "returned"  # the condition has passed, or nobody judges it any more
    OPENED = "opened"  # an incident opens, or is wanted again


class Subject(StrEnum):
    """What sort of record an outbox row is about."""

    ALARM = "alarm"
    INCIDENT = "incident"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One row of the outbox: which record took which step. `at` is our time, aware UTC."""

    subject: Subject
    number: int
    version: int
    cause: str  # as it is stored: raised, realarmed, returned, rule-removed, opened, reopened
    at: datetime
    covered: bool = False  # an override was in force

    @property
    def telling(self) -> Telling:
        """Say which of the four it is."""
        match self.cause:
            case "rule-removed":
                return Telling.RETURNED
            case "reopened":
                return Telling.OPENED
            case _:
                return Telling(self.cause)


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """An alarm or an incident as it is now. `path` is the names and `codes` the codes of its grids, county first."""

    subject: Subject
    number: int
    priority: int
    kind: str  # of the device; of an incident, its own
    what: str  # fire, flood, device, other
    condition: str = ""
    metric: str | None = None
    device: str = ""
    device_name: str = ""
    title: str = ""  # of an incident
    state: str = ""
    value: float | None = None
    unit: str = ""
    codes: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    incident: int | None = None
    alarms: int = 0  # of an incident
    since: datetime | None = None  # raised at (device time), opened at
    until: datetime | None = None  # cleared at (device time), closed at
    acked_by: str | None = None
    covered: bool = False  # an override is in force now
    sounding: int = 0  # version of the last step that sounded or was acknowledged: a repeat holds only for that one

    @property
    def is_test(self) -> bool:
        """Say whether somebody pressed the test button."""
        return self.condition == "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A step that one receiver is told of; `nth` 0 is the first time, then the repeats."""

    cause: Cause
    nth: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What one receiver is told, frozen at the first attempt. `about` is the webhook's list of alarms and incidents."""

    title: str
    text: str
    urgent: bool
    test: bool
    about: tuple[dict[str, object], ...] = field(default=())
