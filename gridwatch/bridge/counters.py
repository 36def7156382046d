"""What a bridge counts, as Prometheus metrics, and which closings it logs. Every closing is counted; a flood is not a log."""

from collections import Counter

import structlog
from prometheus_client import CollectorRegistry, Gauge
from prometheus_client import Counter as Count

from gridwatch.bridge.limits import Closing

log = structlog.get_logger(__name__)

LOGGED_A_MINUTE = 20  # closings of one reason; the others are counted


class Counters:
    """The counters of one bridge in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        prefix, where = "gridwatch_bridge_", self.registry
        self.connections = Gauge(f"{prefix}connections", "peers that are connected", registry=where)
        self.accepted = Count(f"{prefix}accepted", "connections that were let in", registry=where)
        self.closed = Count(f"{prefix}closed", "connections ended by us, by reason", ["reason"], registry=where)
        self.frames = Count(f"{prefix}frames", "frames by what became of them", ["outcome"], registry=where)
        self.answers = Count(f"{prefix}answers", "answers sent to devices", registry=where)
        self.unacknowledged = Gauge(f"{prefix}unacknowledged", "frames the broker has not acknowledged", registry=where)
        self.broker_up = Gauge(f"{prefix}broker_up", "1 while the broker takes our frames", registry=where)
        for reason in Closing:
            self.closed.labels(reason.value)
        for outcome in ("published", "bad", "refused"):
            self.frames.labels(outcome)
        self._minute = -1
        self._logged: Counter[Closing] = Counter()

    def note_closing(self, reason: Closing, peer: str, now: float) -> None:
        """Count a closing, and log it unless too many of its kind were logged in this minute. `now` in seconds."""
        self.closed.labels(reason.value).inc()
        if int(now // 60) != self._minute:
            self._minute = int(now // 60)
            self._logged.clear()
        self._logged[reason] += 1
        if self._logged[reason] <= LOGGED_A_MINUTE:
            log.info("peer closed", reason=reason.value, peer=peer)
        elif self._logged[reason] == LOGGED_A_MINUTE + 1:
            log.warning("more peers closed for this reason; they are counted", reason=reason.value)

    def tell(self) -> None:
        """Log what was counted since the start, for whoever has no Prometheus."""
        told: dict[str, int] = {}
        for family in self.registry.collect():
            for sample in family.samples:
                if sample.value and not sample.name.endswith("_created"):
                    name = sample.name.removeprefix("gridwatch_bridge_").removesuffix("_total")
                    told[" ".join([name, *sample.labels.values()])] = int(sample.value)
        log.info("since the start", **told)
