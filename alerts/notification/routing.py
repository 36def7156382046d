"""Decides who hears of a step, in which message and when. Pure: the instant and what was told before are passed in."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from alerts.notification.happening import Cause, Happening, Item, Subject, Telling
from alerts.notification.routes import GroupBy, NotifyFile, Receiver, Route

CONDITION = "not-told"  # of the alarm about a receiver that cannot be told
HELD = "held"  # what quiet hours hold becomes one message at their end
# Who learns of something so late does not need every word of it: what waited longer goes in one message.
USEFUL_FOR = timedelta(minutes=15)
NOT_AFTER = timedelta(hours=24)  # what nobody decided on within a day is past


class Silence(StrEnum):
    """Why somebody is not told after all; stored with the delivery and shown."""

    OVERRIDDEN = "overridden"
    ACKNOWLEDGED = "acknowledged"
    GONE = "gone"  # the record is not there any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One step for one receiver: the message it goes into and when that is due."""

    receiver: str
    route: str
    topic: str
    due_at: datetime
    priority: int
    item: Item


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What holds while it is decided. `told` is who was told of an alarm before, by alarm; `since` by receiver."""

    now: datetime
    zone: ZoneInfo
    exercise: bool  # the centre has not said that its warnings are real
    told: Mapping[int, Collection[str]]
    since: Mapping[str, datetime]


def postings(notify: NotifyFile, cause: Cause, happening: Happening, held: Circumstances) -> list[Posting]:
    """Decide who hears of one step. Every route that matches tells its receivers; each of them hears of it once.

    An alarm under an override, then or now, tells nobody: when the override ends it sounds again, and that is told.
    That an alarm has passed is told to those who were told that it was raised, whoever is on duty by then.
    """
    if cause.covered or happening.covered or held.now - cause.at > NOT_AFTER:
        return []
    found: dict[str, Posting] = {}
    for route in notify.routes:
        if cause.telling in route.causes and route.match.covers(happening):
            for name in route.receivers:
                receiver = notify.receiver(name)
                if receiver is not None and name not in found and _hears(receiver, route, cause, happening, held):
                    found[name] = _posting(route, name, cause, happening, held)
    return list(found.values())


def _hears(receiver: Receiver, route: Route, cause: Cause, happening: Happening, held: Circumstances) -> bool:
    if (happening.is_test or held.exercise) and not receiver.tests:
        return False
    if happening.device == carrier_of(receiver.name):
        return False  # it would learn of it once it is over
    if cause.at < held.since.get(receiver.name, held.now):
        return False
    if cause.telling is Telling.RETURNED:
        return receiver.name in held.told.get(cause.number, ())
    return route.is_on_duty(held.now, held.zone)


def _posting(route: Route, receiver: str, cause: Cause, happening: Happening, held: Circumstances) -> Posting:
    until = route.held_until(happening.priority, held.now, held.zone)
    return Posting(
        receiver=receiver,
        route=route.name,
        topic=HELD if until is not None else topic_of(route.group_by, happening),
        due_at=until if until is not None else held.now + route.group_wait,
        priority=happening.priority,
        item=Item(cause=cause),
    )


def due_after(posting: Posting, route: Route | None, last: tuple[datetime, int] | None) -> datetime:
    """Choose when a message that begins to gather is due, given when the last of its group was, and how urgent.

    What goes on waits for the interval of the group; what is more urgent than all that was last told does not.
    """
    if route is None or last is None or posting.priority < last[1]:
        return posting.due_at
    return max(posting.due_at, last[0] + route.group_interval)


def carrier_of(receiver: str) -> str:
    """Name what the alarm about a receiver hangs on."""
    return f"service:receiver:{receiver}"


def topic_of(group_by: GroupBy, happening: Happening) -> str:
    """Name what the happening has in common with others of one message."""
    alone = f"{happening.subject.value}:{happening.number}"
    match group_by:
        case GroupBy.PLACE:
            return f"place:{happening.codes[-1]}" if happening.codes else alone
        case GroupBy.KIND:
            return f"kind:{happening.what}"
        case GroupBy.INCIDENT:
            if happening.subject is Subject.INCIDENT:
                return alone
            return alone if happening.incident is None else f"incident:{happening.incident}"
        case GroupBy.ALARM:
            return alone


def silence(item: Item, happening: Happening | None) -> Silence | None:
    """Give the reason why a step that waits is not told any more; None where it still is to be.

    The first telling is not taken back by an acknowledgement: whether somebody hears of a fire must not hang on who
    was quicker, the officer or the network. Repeats end with it.
    """
    if happening is None:
        return Silence.GONE
    if happening.covered:
        return Silence.OVERRIDDEN
    if item.nth and (happening.state != "unack" or happening.sounding != item.cause.version):
        return Silence.ACKNOWLEDGED
    return None


def newest(items: Sequence[Item]) -> list[Item]:
    """Keep the last step of each record, in the order the records first came."""
    kept: dict[tuple[Subject, int], Item] = {}
    for item in items:
        key = (item.cause.subject, item.cause.number)
        if key not in kept or (item.cause.version, item.nth) >= (kept[key].cause.version, kept[key].nth):
            kept[key] = item
    return list(kept.values())


def repeats(route: Route | None, items: Sequence[Item], known: Mapping[tuple[Subject, int], Happening]) -> list[Item]:
    """List what is to be said again after `route.repeat_every`: the alarms told of that still sound unanswered."""
    if route is None or route.repeat_every is None:
        return []
    again = [
        Item(cause=item.cause, nth=item.nth + 1)
        for item in items
        if item.cause.subject is Subject.ALARM and item.cause.telling in (Telling.RAISED, Telling.REALARMED)
    ]
    return [item for item in again if silence(item, known.get((Subject.ALARM, item.cause.number))) is None]


def pause_after(failures: int, chance: float) -> timedelta:
    """Choose the pause after some failures in a row: 2 s, 4 s, … up to 5 min, less up to a quarter by `chance` (0…1).

    The chance keeps what failed together from coming back together.
    """
    longest = min(2.0 ** min(failures, 16), 300.0)
    return timedelta(seconds=longest * (1 - chance / 4))
