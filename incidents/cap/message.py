"""What is warned of and which message is due about it. Pure: told the time; knows no XML and no database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from alerts.rule import Guidance

LEAST_PRIORITY = 2  # 1 red and 2 orange are warnings; 3 and 4 stay in the house
# A reader that hears nothing newer for so long must not show the old one; it hears of what lasts at half of it.
LASTS = timedelta(hours=2)
# What eases is told at most so often: water that swings about a limit is one warning, not a hundred messages.
CALM = timedelta(minutes=5)


class Status(StrEnum):
    """Whom a message is for (CAP 1.2 §3.2.1); the values are the standard's."""

    ACTUAL = "Actual"
    EXERCISE = "Exercise"
    SYSTEM = "System"
    TEST = "Test"


class MsgType(StrEnum):
    """What a message does to those before it (CAP 1.2 §3.2.1)."""

    ALERT = "Alert"
    UPDATE = "Update"
    CANCEL = "Cancel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who warns. `status` is that of real hazards, `exercise` the name of the exercise; `zone` is an IANA name.

    `address` has no space, comma, < or &: it stands in `references`.
    """

    address: str
    name: str
    status: Status
    zone: str
    contact: str = ""
    web: str = ""
    exercise: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """An earlier message as a later one cites it. `sent` is aware."""

    sender: str
    identifier: str
    sent: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """An incident as far as it is anybody's outside: places by their grid, no device, no title, no person.

    `names` are the grids from the county down; `shape` is the grid's WKB in WGS 84, longitude first. `holds`: some
    alarm of it is active, or an officer opened it and has not closed it. `goes_on_in` is the incident of the whole village
    or town that a storm made it part of. `guidance` is by language: zh, en.
    """

    incident: int
    kind: str
    priority: int
    is_open: bool
    holds: bool
    is_test: bool
    certainty: str
    onset: datetime
    code: str | None = None
    names: tuple[str, ...] = ()
    shape: bytes | None = None
    guidance: Mapping[str, Guidance] | None = None
    goes_on_in: int | None = None

    @property
    def is_warning(self) -> bool:
        """Say whether it is for the outside: a red or orange hazard; a fault of our own devices is none."""
        return self.is_open and self.priority <= LEAST_PRIORITY and self.kind != "device"

    @property
    def basis(self) -> dict[str, object]:
        """Give what a message says of it; another basis is worth another message."""
        return {
            "kind": self.kind,
            "priority": self.priority,
            "holds": self.holds,
            "certainty": self.certainty,
            "code": self.code,
        }

    def status(self, sender: Sender) -> Status:
        """Give the status of its messages: what only devices under test report is never Actual."""
        return Status.TEST if self.is_test else sender.status


@dataclass(frozen=True, slots=True, kw_only=True)
class Last:
    """The newest message about an incident."""

    status: Status
    msg_type: MsgType
    sent: datetime
    expires: datetime
    basis: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A message that is due."""

    msg_type: MsgType
    status: Status


def steps_due(warned: Warned, last: Last | None, sender: Sender, *, now: datetime) -> tuple[Step, ...]:
    """Say which messages are due about an incident, in their order; mostly none.

    Messages of different status never cite each other: what turns out to be no test is cancelled and begun anew.
    """
    status = warned.status(sender)
    if last is None or last.msg_type is MsgType.CANCEL:
        return (Step(msg_type=MsgType.ALERT, status=status),) if warned.is_warning else ()
    if not warned.is_warning:
        return (Step(msg_type=MsgType.CANCEL, status=last.status),)
    if last.status is not status:
        return Step(msg_type=MsgType.CANCEL, status=last.status), Step(msg_type=MsgType.ALERT, status=status)
    return (Step(msg_type=MsgType.UPDATE, status=status),) if _needs_update(warned, last, now) else ()


def _needs_update(warned: Warned, last: Last, now: datetime) -> bool:
    if now >= last.expires - LASTS / 2 or _is_worse(warned, last.basis):
        return True
    return warned.basis != dict(last.basis) and now - last.sent >= CALM


def _is_worse(warned: Warned, basis: Mapping[str, object]) -> bool:
    before = basis.get("priority")
    return (isinstance(before, int) and warned.priority < before) or (warned.holds and basis.get("holds") is False)
