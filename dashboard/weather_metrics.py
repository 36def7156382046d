"""What the metrics tell of official warnings: what holds, what came, what nobody can place, and who has fallen silent."""

from datetime import datetime, timedelta

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from database.connection import Cursor

RECENT = timedelta(hours=24)


def weather_families(cur: Cursor, now: datetime) -> list[Metric]:
    """Count official warnings and look at where they are fetched from, as of an instant (aware UTC)."""
    return [*_warnings(cur, now), *_sources(cur, now)]


def _warnings(cur: Cursor, now: datetime) -> list[Metric]:
    cur.execute(
        """
        SELECT coalesce(priority::text, 'unknown'), count(*), count(*) FILTER (WHERE placed = 'unknown')
        FROM weather_warnings WHERE ended_at IS NULL AND status = 'actual' AND from_at <= %(now)s AND until_at > %(now)s
            AND placed <> 'elsewhere'
        GROUP BY 1 ORDER BY 1
        """,
        {"now": now},
    )
    rows = cur.fetchall()
    holding = GaugeMetricFamily(
        "gridwatch_weather_warnings_holding", "Official warnings that hold in the county.", labels=["priority"]
    )
    for priority, count, _ in rows:
        holding.add_metric([priority], count)
    unplaced = GaugeMetricFamily(
        "gridwatch_weather_warnings_unplaced",
        "Official warnings that hold and could not be placed.",
        value=sum(row[2] for row in rows),
    )
    received = GaugeMetricFamily(
        "gridwatch_weather_warnings_received", "Official warnings taken in within 24 h.", labels=["kind"]
    )
    cur.execute(
        "SELECT kind, count(*) FROM weather_warnings WHERE recorded_at > %s GROUP BY kind ORDER BY kind",
        (now - RECENT,),
    )
    for kind, count in cur.fetchall():
        received.add_metric([kind], count)
    return [holding, unplaced, received]


def _sources(cur: Cursor, now: datetime) -> list[Metric]:
    silence = GaugeMetricFamily(
        "gridwatch_weather_source_silence_seconds", "Since a source of warnings answered, seconds.", labels=["source"]
    )
    failures = CounterMetricFamily(
        "gridwatch_weather_source_failures", "Looks at a source of warnings that failed.", labels=["source"]
    )
    refused = CounterMetricFamily(
        "gridwatch_weather_source_refused", "Documents of a source that were refused.", labels=["source"]
    )
    cur.execute("SELECT name, coalesce(heard_at, looked_at), failures, refused FROM weather_feeds ORDER BY name")
    for name, heard_at, failed, not_taken in cur.fetchall():
        silence.add_metric([name], (now - heard_at).total_seconds())
        failures.add_metric([name], failed)
        refused.add_metric([name], not_taken)
    return [silence, failures, refused]
