"""A notifier without threads and with a clock of the test's own: what it would send, and what became of it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from alerts import Cause, Detection, PointChange
from alerts.notification.deliveries import Parcel, Refusal, settle, take
from alerts.notification.message import compose
from alerts.notification.notify_file import load_notify
from alerts.notification.outbox import AT_ONCE, Desk, route
from alerts.notification.receivers import due, sync_receivers
from gridwatch.courier import tongue_of
from incidents.kinds import kind_of
from tests.alarm_county import FIRE, session, store
from tests.engine_feed import SECOND, T0

ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2024, 5, 1, 4, 0, tzinfo=UTC)  # 12:00 at the centre, a Wednesday
TWO = """
receivers:
  - {name: duty, webhook: {url: "http://127.0.0.1:1/", secret_env: S}}
  - {name: town, webhook: {url: "http://127.0.0.1:2/", secret_env: S}}
routes:
  - {name: all, receivers: [duty, town], group_wait: 0s}
"""


def detection(
    now: datetime = NOON, *, device: int = 1, active: bool = True, condition: str = "smoke", priority: int = 1
) -> Detection:
    """Make what the engine says when an alarm of a device is raised, or returns, at an instant."""
    change = PointChange(
        device=device,
        metric=FIRE,
        rule="fire",
        condition=condition,
        priority=priority,
        active=active,
        time=T0 + (now - NOON) // timedelta(microseconds=1) + device * SECOND,
        value=float(active),
        cause=Cause.RAISED if active else Cause.RETURNED,
    )
    return Detection(changes=(change,))


def raise_alarm(url: str, now: datetime, **about: Any) -> int:
    """Let an alarm take the step that `detection` describes; gives its id."""
    (transition,) = store(url, detection(now, **about), now=now)
    return transition.alarm


class Notifying:
    """Decides, composes and settles as the notifier does. `refuse` gives what a receiver answers; None is success."""

    def __init__(self, url: str, notify: str, *, exercise: bool = False, since: datetime = NOON) -> None:
        self.url = url
        self.desk = Desk(
            notify=load_notify(notify),
            zone=ZONE,
            kind_of=lambda condition, metric: kind_of(condition, metric).value,
            exercise=exercise,
        )
        self.refuse: Callable[[Parcel], Refusal | None] = lambda _: None
        with session(url) as cur:
            sync_receivers(cur, self.desk.notify.receivers, now=since)

    def look(self, now: datetime) -> list[Parcel]:
        """Do all that is due and give what was sent, or tried, in order."""
        self.decide(now)
        found: list[Parcel] = []
        with session(self.url) as cur:
            names = due(cur, now=now)
        for name in names:
            while (parcel := self._take(name, now)) is not None:
                found.append(parcel)
                with session(self.url) as cur:
                    settle(cur, parcel, self.refuse(parcel), now=now, desk=self.desk, chance=0)
        return found

    def decide(self, now: datetime) -> None:
        """Decide on what is in the outbox and send nothing."""
        with session(self.url) as cur:
            while route(cur, self.desk, now=now) == AT_ONCE:
                pass

    def _take(self, name: str, now: datetime) -> Parcel | None:
        receiver = self.desk.notify.receiver(name)
        assert receiver is not None
        tongue = tongue_of(receiver.language, zone=ZONE, console="http://centre", exercise=self.desk.exercise)
        with session(self.url) as cur:
            return take(
                cur,
                name,
                now=now,
                desk=self.desk,
                compose=lambda items, known, kind, number: compose(tongue, items, known, kind=kind, number=number),
            )

    def told(self, now: datetime) -> list[tuple[str, str]]:
        """Do all that is due; gives receiver and title of each message."""
        return [(parcel.receiver, parcel.message.title) for parcel in self.look(now)]

    def states(self) -> list[tuple[str, str]]:
        """List receiver and state of every delivery, oldest first."""
        with session(self.url) as cur:
            return list(cur.execute("SELECT receiver, state FROM deliveries ORDER BY id").fetchall())
