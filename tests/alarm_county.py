"""A county of four devices in a database of the test's own, and an engine over it. Nothing here judges."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache

from alerts import Detection, Engine, Transition, load_state, save, save_rule_set
from alerts.answer import instant
from alerts.points import Tag
from alerts.rule import RuleSet
from database import Change, append_changes, connect
from database.connection import Connection, Cursor
from incidents import join
from ingest.store import read_last
from tests.engine_feed import SECOND, T0, Row, rules

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
MINUTE = 60 * SECOND
STAGE, FIRE, RAIN = 1, 2, 3
TEXTS = (
    (
        "name: stage, kind: level, for: {metric: stage}, unit: m, limits: {4: 1, 2: 2, 1: 3}, deadband: 0.2, "
        "realarm_after: 30min"
    ),
    "name: fire, kind: state, for: {metric: fire}, condition: smoke, priority: 1, realarm_after: 10min",
    "name: rain, kind: level, for: {metric: rain_1h}, unit: mm, limits: {4: 20}, on_delay: 5min, off_delay: 2min",
    "name: silent, kind: no-data, for: {}, priority: 4",
)


@cache
def county_rules() -> RuleSet:
    """Load the rules of the county, once: a rule set never changes."""
    return rules(*TEXTS)


def found_county(url: str, *, devices: int = 4) -> None:
    """Register devices 1..n, alternately in two grids, the fourth nowhere, each with stage, fire and rain."""
    with connect(url) as connection:
        connection.execute("INSERT INTO grid_versions (valid_from, source) VALUES ('2020-01-01Z', 'test')")
        connection.execute(
            """
            INSERT INTO grids (version, code, name, level, parent, shape) VALUES
                (1, 'V', '东河村', 'village', NULL, ''), (1, 'V-1', '第一网格', 'grid', 'V', ''),
                (1, 'V-2', '第二网格', 'grid', 'V', '')
            """
        )
        connection.execute("INSERT INTO metrics (name, unit) VALUES ('stage', 'm'), ('fire', '1'), ('rain_1h', 'mm')")
        connection.execute(
            """
            INSERT INTO devices (id, kind, name, lon, lat, grid)
            SELECT 'd-' || n, 'gauge', '测站' || n, 120 + n, 30, CASE WHEN n <> 4 THEN 2 + n %% 2 END
            FROM generate_series(1, %s) n
            """,
            (devices,),
        )
        connection.execute(
            """
            INSERT INTO device_metrics (device, metric, unit, interval_s)
            SELECT d.key, m.key, m.unit, 60 FROM devices d CROSS JOIN metrics m
            """
        )


def county_tags(*, devices: int = 4) -> list[Tag]:
    """List the tags that `found_county` registered."""
    metrics = {STAGE: ("stage", "m"), FIRE: ("fire", "1"), RAIN: ("rain_1h", "mm")}
    return [
        Tag(device=device, kind="gauge", metric=metric, metric_name=name, unit=unit, interval_s=60.0)
        for device in range(1, devices + 1)
        for metric, (name, unit) in metrics.items()
    ]


def fresh_engine() -> Engine:
    """Make an engine that has seen nothing."""
    return Engine(county_rules(), county_tags())


@contextmanager
def session(url: str) -> Iterator[Cursor]:
    """Open a transaction that commits at the end."""
    connection: Connection = connect(url)
    try:
        with connection, connection.cursor() as cur:
            yield cur
    finally:
        connection.close()


def store(url: str, detection: Detection, *, now: datetime = NOON) -> list[Transition]:
    """Save a detection with its incidents and changes in one transaction, as the worker does."""
    with session(url) as cur:
        version = save_rule_set(cur, county_rules())
        transitions = save(cur, detection, now=now, rule_set=version)
        changes: list[Change] = [transition.change for transition in transitions]
        append_changes(cur, changes + join(cur, transitions, now=now))
    return transitions


def restarted(url: str, *, downtime: timedelta = timedelta(0)) -> Engine:
    """Make an engine from what the database remembers."""
    with session(url) as cur:
        engine = fresh_engine()
        engine.restore(
            load_state(cur, now=NOON), last=read_last(cur), downtime_us=downtime // timedelta(microseconds=1)
        )
    return engine


def at(minute: float) -> datetime:
    """Give the device time a number of minutes after the first."""
    return instant(T0 + round(minute * MINUTE))


def alarms(url: str, columns: str = "device, condition, priority, state, version") -> list[tuple[object, ...]]:
    """Read the alarms, in order of id."""
    with session(url) as cur:
        cur.execute(f"SELECT {columns} FROM alarms ORDER BY id".encode())  # noqa: S608 - the test's own
        return list(cur.fetchall())


def write_readings(url: str, rows: Sequence[Row]) -> None:
    """Store readings, those that are there already once, as the worker does before it saves what they changed."""
    with session(url) as cur:
        for week in {at((row[2] - T0) / MINUTE) for row in rows}:
            cur.execute("SELECT ensure_readings_week(date_trunc('week', %s::timestamptz))", (week,))
        cur.execute(
            """
            INSERT INTO readings (device, metric, time, value, quality, grid, received)
            SELECT d, m, at, v, q, 0, at
            FROM unnest(%s::int[], %s::smallint[], %s::timestamptz[], %s::float8[], %s::smallint[])
                 AS r (d, m, at, v, q)
            ON CONFLICT DO NOTHING
            """,
            (
                [row[0] for row in rows],
                [row[1] for row in rows],
                [instant(row[2]) for row in rows],
                [row[3] for row in rows],
                [row[4] for row in rows],
            ),
        )
