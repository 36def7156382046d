"""The devices of the fault tests, what they send and which alarms that must raise. Pure: the same plan every time."""

from collections.abc import Iterator
from dataclasses import dataclass

from ingest.registration import NewChannel, NewDevice

DEVICES = 500
AREA = "3301"
LIMITS = (4.0, 3.0, 2.0, 1.0)  # metres, for priorities 1 to 4


@dataclass(frozen=True, slots=True)
class Planned:
    """One reading a device will send. `time` is microseconds since 1970 UTC, `value` in `unit`."""

    device: str
    time: int
    value: float
    metric: str = "stage"
    unit: str = "m"
    area: str = AREA

    @property
    def topic(self) -> str:
        """Name the device's own topic."""
        return f"gridwatch/v1/{self.area}/{self.device}/senml"

    @property
    def payload(self) -> bytes:
        """Write the reading as SenML."""
        seconds, micros = divmod(self.time, 1_000_000)
        return f'[{{"n":"{self.metric}","u":"{self.unit}","v":{self.value!r},"t":{seconds}.{micros:06d}}}]'.encode()


@dataclass(frozen=True, slots=True)
class Expected:
    """An alarm that must be raised once, or `most` times, at the time of one of the readings from `first` to `last`."""

    device: str
    priority: int
    first: int
    last: int
    most: int = 1

    def is_raised_by(self, device: str, priority: int, time: int) -> bool:
        """Tell whether a raise found in the database is this one."""
        return (device, priority) == (self.device, self.priority) and self.first <= time <= self.last


def gauges(count: int = DEVICES, *, silent_after_s: float = 6.0) -> list[NewDevice]:
    """Give gauges g000, g001, …; three intervals without a word are a silence."""
    stage = NewChannel(metric="stage", unit="m", interval_s=silent_after_s / 3, limits=LIMITS)
    return [
        NewDevice(id=f"g{n:03d}", kind="gauge", name=f"水尺{n}", lon=None, lat=None, area=AREA, channels=(stage,))
        for n in range(count)
    ]


def each_second(count: int, *, start: int, seconds: int, level: float = 0.5) -> Iterator[Planned]:
    """Let each of `count` gauges speak once a second, from `start` (microseconds)."""
    for second in range(seconds):
        for n in range(count):
            yield Planned(f"g{n:03d}", start + second * 1_000_000 + n * 1_000_000 // count, level)


@dataclass(frozen=True, slots=True)
class Plan:
    """`rounds` readings of every device, one reading after another, `rate` a second, from `start` (microseconds).

    Of each ten devices, by their last digit: 0 to 3 rise over limit 4 for a single reading; 4 over limits 4 and 3 for
    one; 5 rises over three limits and stays; 6 rises twice for one reading, half the plan apart; the others stay low.
    Two rises are two raises, or one where a rise that came late lies within what the other's alarm covers (decision 8):
    it is one alarm either way, and nobody has acknowledged it.
    """

    start: int
    rate: int
    rounds: int

    @property
    def total(self) -> int:
        """Count the readings."""
        return self.rounds * DEVICES

    def __iter__(self) -> Iterator[Planned]:
        """Give the readings in order of time."""
        for i in range(self.total):
            nth, device = divmod(i, DEVICES)
            yield Planned(f"g{device:03d}", self._time(device, nth), self._value(device, nth))

    def expected(self) -> list[Expected]:
        """List the alarms that these readings must raise."""
        found = []
        for device in range(DEVICES):
            risen = [nth for nth in range(self.rounds) if self._value(device, nth) >= LIMITS[3]]
            if not risen:
                continue
            found += [
                Expected(
                    f"g{device:03d}",
                    priority,
                    self._time(device, risen[0]),
                    self._time(device, risen[-1]),
                    most=2 if device % 10 == 6 else 1,
                )
                for priority, limit in enumerate(LIMITS, 1)
                if self._value(device, risen[0]) >= limit
            ]
        return found

    def _time(self, device: int, nth: int) -> int:
        return self.start + (nth * DEVICES + device) * 1_000_000 // self.rate

    def _value(self, device: int, nth: int) -> float:
        rises = 2 + device // 10 % (self.rounds // 2 - 2)  # spread over the first half
        low = round(0.1 + (nth * 7 + device) % 89 / 1000, 4)
        match device % 10:
            case 0 | 1 | 2 | 3 if nth == rises:
                return 1.5
            case 4 if nth == rises:
                return 2.5
            case 5 if nth >= rises:
                return round(3.2 + low, 4)
            case 6 if nth in (rises, rises + self.rounds // 2):
                return 1.25
        return low
