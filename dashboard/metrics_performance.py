"""The room's own figures for Prometheus: the last eight hours, asked of the database at most once a minute."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from alerts import performance as room
from dashboard.outage import DATABASE_AWAY, Sessions

FRESH = timedelta(minutes=1)
SHIFT = timedelta(hours=8)


class PerformanceCollector(Collector):
    """Tells how the alarm system performs. While the database is away it tells nothing."""

    def __init__(self, sessions: Sessions, *, seats: int, clock: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._seats = seats
        self._clock = clock
        self._kept: tuple[datetime, list[Metric]] | None = None

    def describe(self) -> list[Metric]:
        """Name nothing in advance: registering must not ask the database."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Give the figures of the last shift."""
        now = self._clock()
        if self._kept is None or now - self._kept[0] > FRESH:
            try:
                self._kept = (now, self._ask(now))
            except DATABASE_AWAY:
                return
        yield from self._kept[1]

    def _ask(self, now: datetime) -> list[Metric]:
        with self._sessions.lend() as connection, connection.cursor() as cur:
            figures = room.measure(cur, start=now - SHIFT, end=now)
            standing = room.measure_now(cur, now)
        rate = room.rate_of(figures, seats=self._seats)
        last = rate.periods[-1] / self._seats if rate.periods else 0.0
        in_flood = bool(rate.floods) and rate.floods[-1].end >= len(rate.periods) * 10
        top = sum(tag.alarms for tag in figures.tags) / max(figures.alarms, 1)
        return [
            *_single(
                ("gridwatch_alarm_rate_per_officer", "Alarms of an officer in the last ten minutes.", last),
                ("gridwatch_alarm_rate_average", "Alarms of an officer in ten minutes, over 8 h.", rate.average),
                ("gridwatch_alarm_flood", "1 while an officer gets more than he can take.", float(in_flood)),
                ("gridwatch_alarm_flood_share", "Share of the last 8 h that was flood.", rate.flood_share),
                ("gridwatch_alarms_standing", "Active alarms nothing overrides.", standing.standing),
                ("gridwatch_alarms_stale", "Of those, active for more than 24 h.", standing.stale),
                ("gridwatch_alarms_chattering", "Alarms raised 3 times within a minute, in 8 h.", figures.chattering),
                ("gridwatch_alarm_top_ten_share", "Share of the ten most frequent alarms, in 8 h.", top),
            ),
            _labelled("gridwatch_alarms_announced", "Alarms of the last 8 h.", "priority", figures.by_priority),
            _labelled("gridwatch_alarms_again", "Alarms that sounded again in 8 h.", "reason", figures.again),
            _labelled("gridwatch_overrides", "Overrides in force.", "kind", standing.overrides),
            _waits(figures),
        ]


def _single(*told: tuple[str, str, float]) -> Iterator[Metric]:
    for name, text, value in told:
        yield GaugeMetricFamily(name, text, value=value)


def _labelled(name: str, text: str, label: str, counts: Mapping[str, int] | Mapping[int, int]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=[label])
    for key, count in counts.items():
        family.add_metric([str(key)], count)
    return family


def _waits(figures: room.Figures) -> Metric:
    family = GaugeMetricFamily(
        "gridwatch_acknowledge_seconds", "Time to acknowledge in 8 h, seconds.", labels=["priority", "quantile"]
    )
    for answer in figures.answers:
        family.add_metric([str(answer.priority), "0.5"], answer.p50_s)
        family.add_metric([str(answer.priority), "0.95"], answer.p95_s)
    return family
