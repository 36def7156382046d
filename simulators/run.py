"""Play a scenario against a broker, in real time or faster. The clock and the sign to stop are passed in."""

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from simulators.county import County
from simulators.faults import Fault
from simulators.observation import Sending
from simulators.publisher import WINDOW, BrokerUrl, Publisher
from simulators.scenario import Scenario
from simulators.schedule import schedule
from simulators.story import faults_of, world_of
from simulators.wire import encode
from simulators.world import World

# After a suspended laptop or a broker's long absence nobody wants an hour of the past at once.
LATEST = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What was sent. `skipped` counts the times the story was taken up again at the present."""

    messages: int
    skipped: int
    acknowledged: int


def run_scenario(  # noqa: PLR0913 -- a run is told everything it may not ask for itself
    scenario: Scenario,
    county: County,
    broker: BrokerUrl,
    *,
    now: Callable[[], datetime],
    stop: threading.Event,
    speed: float = 1.0,
    until: timedelta | None = None,
    start: datetime | None = None,
    client_id: str = "gridwatch-simulators",
) -> Played:
    """Play `scenario` until it ends, until `until` story time has passed, or until `stop` is set.

    At `speed` 1 the devices' clocks show the present (`now`). At another speed the story begins at `start` (the
    present, if None) and its time runs `speed` times as fast; 0 is as fast as the broker acknowledges.

    Raises:
        ScenarioError: the story does not fit the county.
        BrokerError: the broker cannot be reached or does not let us in.
    """
    opened = now()
    began = opened if start is None else start
    world, faults = world_of(scenario, county, began), faults_of(scenario, county, began)
    lasts = min((span for span in (scenario.lasts, until) if span is not None), default=None)
    pace = _Pace(opened=opened, began=began, speed=speed, now=now, stop=stop)
    with Publisher(broker, client_id=client_id, stopped=stop.is_set) as publisher:
        messages, skipped = _play(_Story(county=county, world=world, faults=faults), pace, publisher, lasts)
        publisher.flush()
        return Played(messages=messages, skipped=skipped, acknowledged=publisher.acknowledged)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Story:
    county: County
    world: World
    faults: Mapping[str, Fault]

    def sendings(self, start: datetime, until: datetime | None) -> Iterator[Sending]:
        return schedule(self.county.devices, self.world, self.faults, start, until)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pace:
    """How story time runs against the clock."""

    opened: datetime
    began: datetime
    speed: float
    now: Callable[[], datetime]
    stop: threading.Event

    def story_time(self) -> datetime:
        return self.began + (self.now() - self.opened) * self.speed

    def wait_for(self, at: datetime) -> bool:
        """Wait until the story comes to `at`; False if it was stopped."""
        while self.speed > 0:
            left = (at - self.story_time()).total_seconds() / self.speed
            if left <= 0:
                break
            if self.stop.wait(left):
                return False
        return not self.stop.is_set()

    def is_too_late(self, at: datetime) -> bool:
        return self.speed > 0 and self.story_time() - at > LATEST * max(1.0, self.speed)


def _play(story: _Story, pace: _Pace, publisher: Publisher, lasts: timedelta | None) -> tuple[int, int]:
    until = None if lasts is None else pace.began + lasts
    sendings = story.sendings(pace.began, until)
    messages = skipped = 0
    while (sending := next(sendings, None)) is not None:
        if pace.is_too_late(sending.at):
            sendings, skipped = story.sendings(pace.story_time(), until), skipped + 1
            continue
        if not pace.wait_for(sending.at):
            break
        for message in encode(sending):
            if not publisher.send(message.topic, message.payload):
                return messages, skipped
            messages += 1
    return messages, skipped


__all__ = ["LATEST", "WINDOW", "BrokerUrl", "Played", "run_scenario"]
