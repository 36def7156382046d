"""What Prometheus is told of clocks, late data and foreign speakers. Few labels: counts, never one a device."""

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from database.connection import Cursor

_CLOCKS = """
    SELECT count(*) FILTER (WHERE skew_s <= -60), count(*) FILTER (WHERE skew_s > -60 AND skew_s <= -5),
           count(*) FILTER (WHERE abs(skew_s) < 5), count(*) FILTER (WHERE skew_s >= 5 AND skew_s < 60),
           count(*) FILTER (WHERE skew_s >= 60 AND skew_s < 3600), count(*) FILTER (WHERE skew_s >= 3600)
    FROM device_clocks
"""
_BUCKETS = ("ahead-60s", "ahead-5s", "right", "behind-5s", "behind-60s", "behind-1h")
_TOTALS = """
    SELECT coalesce(sum((counters ->> 'readings_duplicate')::bigint), 0),
           coalesce(sum((counters ->> 'messages_redelivered')::bigint), 0),
           coalesce(sum((counters ->> 'rejected_rate')::bigint), 0),
           coalesce(sum((counters ->> 'requests_sent')::bigint), 0)
    FROM worker_progress
"""


def identity_families(cur: Cursor) -> list[Metric]:
    """Read the counts."""
    clocks = GaugeMetricFamily("gridwatch_device_clock_skew", "Devices by how far their clock is off.", labels=["off"])
    row = cur.execute(_CLOCKS).fetchone()
    for bucket, count in zip(_BUCKETS, row or (), strict=False):
        clocks.add_metric([bucket], count)
    foreign = CounterMetricFamily(
        "gridwatch_foreign_messages", "Messages of who spoke as somebody else.", labels=["how"]
    )
    for how, count in cur.execute(
        "SELECT how, sum(messages) FROM foreign_speakers GROUP BY how ORDER BY how"
    ).fetchall():
        foreign.add_metric([how], float(count))
    late = cur.execute("SELECT count(*) FROM alarms WHERE backfilled AND state <> 'norm'").fetchone()
    duplicate, again, excess, asked = cur.execute(_TOTALS).fetchone() or (0, 0, 0, 0)
    return [
        clocks,
        foreign,
        GaugeMetricFamily(
            "gridwatch_alarms_told_late", "Active alarms of data told late.", value=late[0] if late else 0
        ),
        *(
            CounterMetricFamily(name, text, value=float(value))
            for name, text, value in (
                (
                    "gridwatch_readings_duplicate",
                    "Readings that were there already, since the worker started.",
                    duplicate,
                ),
                ("gridwatch_messages_redelivered", "Untimed messages taken once although sent again.", again),
                ("gridwatch_messages_excess", "Messages of a topic beyond its rate.", excess),
                ("gridwatch_requests_sent", "Requests sent to devices, as for a birth certificate.", asked),
            )
        ),
    ]
