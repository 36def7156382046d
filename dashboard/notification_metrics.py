"""What Prometheus is told of notifications: how many messages are in which state, and who is behind."""

from datetime import datetime

from prometheus_client.core import GaugeMetricFamily, Metric

from dashboard.queries.notifications import read_receivers
from database.connection import Cursor


def notification_families(cur: Cursor, now: datetime) -> list[Metric]:
    """Count messages by receiver and state, and say how long the oldest that is due waits, seconds."""
    messages = GaugeMetricFamily(
        "gridwatch_deliveries", "Messages to receivers of the last 90 days.", labels=["receiver", "state"]
    )
    cur.execute("SELECT receiver, state, count(*) FROM deliveries GROUP BY 1, 2 ORDER BY 1, 2")
    for receiver, state, count in cur.fetchall():
        messages.add_metric([receiver, state], count)
    waits = GaugeMetricFamily(
        "gridwatch_delivery_wait_seconds",
        "How long the oldest message that is due waits, seconds.",
        labels=["receiver"],
    )
    failing = GaugeMetricFamily("gridwatch_receiver_failing", "1 if the last attempt failed.", labels=["receiver"])
    for receiver in read_receivers(cur, now=now).items:
        if receiver.state != "retired":
            since = receiver.waiting_since
            waits.add_metric([receiver.name], 0 if since is None else (now - since).total_seconds())
            failing.add_metric([receiver.name], receiver.state == "failing")
    return [messages, waits, failing]
