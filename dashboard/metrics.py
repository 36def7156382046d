"""What the web server tells Prometheus, in a registry of its own. Counts of the county come from the database."""

from collections.abc import Callable, Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, GCCollector, Histogram, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.identity_metrics import identity_families
from dashboard.notification_metrics import notification_families
from dashboard.outage import DATABASE_AWAY, Sessions
from dashboard.queries.counters import Counting, read_standing, read_worker, readings_stored
from dashboard.queries.grids import GridNames
from dashboard.weather_metrics import weather_families
from database.connection import Cursor

FRESH_S = 5.0  # two scrapers cost the database no more than one


class WebMetrics:
    """The counters of one web process. `watch` adds those of the county once the database can be asked."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self.requests = Counter(
            "gridwatch_http_requests",
            "Requests answered, by route and status.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "gridwatch_http_request_seconds",
            "Time to answer a request, seconds.",
            ["route"],
            registry=self.registry,
            buckets=(0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
        )


class CountRequests:
    """ASGI: count every HTTP request under its route, never under its path, which anybody could make up."""

    def __init__(self, app: ASGIApp, *, metrics: WebMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500

        async def note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with self._metrics.seconds.time() as timer:
            try:
                await self._app(scope, receive, note)
            finally:
                route = getattr(scope.get("route"), "path", "none")
                timer.labels(route=route)
                self._metrics.requests.labels(method=scope["method"], route=route, status=str(status)).inc()


class CountyCollector(Collector):
    """Asks the database, at most every five seconds. While it is away only `gridwatch_database_up` is told."""

    def __init__(
        self,
        sessions: Sessions,
        *,
        grids: GridNames,
        counting: Counting,
        clients: Callable[[], int],
        clock: Callable[[], datetime],
    ) -> None:
        self._sessions = sessions
        self._grids = grids
        self._counting = counting
        self._clients = clients
        self._clock = clock
        self._kept: tuple[datetime, list[Metric]] | None = None
        self._rejected: dict[str, int] = {}
        self._last_rejected = 0

    def describe(self) -> list[Metric]:
        """Name nothing in advance: registering must not ask the database."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Give the county's numbers."""
        now = self._clock()
        yield GaugeMetricFamily("gridwatch_live_clients", "Screens on the live feed.", value=self._clients())
        if self._kept is None or (now - self._kept[0]).total_seconds() > FRESH_S:
            try:
                self._kept = (now, self._ask(now))
            except DATABASE_AWAY:
                yield GaugeMetricFamily("gridwatch_database_up", "1 if the database answers.", value=0)
                return
        yield GaugeMetricFamily("gridwatch_database_up", "1 if the database answers.", value=1)
        yield from self._kept[1]

    def _ask(self, now: datetime) -> list[Metric]:
        with self._sessions.lend() as connection, connection.cursor() as cur:
            standing = read_standing(cur, self._grids.table(cur), now=now)
            counters = self._counting.read(cur, standing, now=now)
            worker = read_worker(cur, now=now)
            notifications = [
                *notification_families(cur, now),
                *identity_families(cur),
                *weather_families(cur, now),
            ]
            stored = readings_stored(cur)
            self._count_rejected(cur)
            sizes = cur.execute("SELECT pg_database_size(current_database())").fetchone()
        alarms = GaugeMetricFamily("gridwatch_alarms_active", "Active alarms.", labels=["priority"])
        for priority, count in counters.alarms.items():
            alarms.add_metric([priority], count)
        incidents = GaugeMetricFamily("gridwatch_incidents_open", "Open incidents.", labels=["dispatch"])
        for dispatch, count in counters.incidents.items():
            incidents.add_metric([dispatch], count)
        refused = CounterMetricFamily("gridwatch_rejected_messages", "Messages rejected.", labels=["reason"])
        for reason, count in sorted(self._rejected.items()):
            refused.add_metric([reason], count)
        families: list[Metric] = [alarms, incidents, refused]
        families += [
            GaugeMetricFamily(name, text, value=value)
            for name, text, value in (
                ("gridwatch_alarms_unacknowledged", "Active alarms nobody acknowledged.", counters.unacked),
                ("gridwatch_devices", "Registered devices.", counters.devices),
                ("gridwatch_devices_heard", "Devices heard within 24 h.", counters.heard),
                ("gridwatch_devices_offline", "Devices with an active no-data or offline alarm.", counters.offline),
                ("gridwatch_devices_waiting", "Devices heard but not registered.", counters.waiting),
                ("gridwatch_deadlines_overdue", "Deadlines due for over a minute.", worker.overdue),
                (
                    "gridwatch_worker_faults",
                    "Follow-ups of alarms that failed since the worker started.",
                    worker.faults,
                ),
                ("gridwatch_database_bytes", "Size of the database, bytes.", sizes[0] if sizes else 0),
            )
        ]
        families += notifications
        if worker.alive_at is not None:
            age = (now - worker.alive_at).total_seconds()
            families.append(
                GaugeMetricFamily("gridwatch_worker_silence_seconds", "Since a worker gave a sign, seconds.", value=age)
            )
        families.append(
            CounterMetricFamily(
                "gridwatch_readings_committed",
                "Readings stored, as PostgreSQL counts them: begins anew when the database crashed.",
                value=stored,
            )
        )
        return families

    def _count_rejected(self, cur: Cursor) -> None:
        """Add what was rejected since the last look: the whole table may hold millions."""
        newest = cur.execute("SELECT coalesce(max(id), 0) FROM rejected_messages").fetchone()
        assert newest is not None
        cur.execute(
            "SELECT reason, count(*) FROM rejected_messages WHERE id > %s AND id <= %s GROUP BY reason",
            (self._last_rejected, newest[0]),
        )
        for reason, count in cur.fetchall():
            self._rejected[reason] = self._rejected.get(reason, 0) + count
        self._last_rejected = newest[0]
