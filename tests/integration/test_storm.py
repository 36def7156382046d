"""Promise 5: 5,000 alarms in a minute are a few incidents an officer can read, at a cost that does not grow with them."""

from collections import Counter
from datetime import timedelta

import psycopg
import pytest
from psycopg.rows import TupleRow

from alerts import Cause, Detection, PointChange, save
from database import append_changes, connect
from incidents import join
from tests.alarm_county import NOON, session
from tests.engine_feed import SECOND, T0

TOWNS, VILLAGES, GRIDS, DEVICES = 16, 5, 5, 5000


class CountingCursor(psycopg.Cursor[TupleRow]):
    """A cursor that counts its statements."""

    statements = 0

    def execute(self, *args, **words):
        """Count one, and run it."""
        CountingCursor.statements += 1
        return super().execute(*args, **words)


@pytest.fixture
def county(database_url):
    """Sixteen towns of 25 grids, and 5,000 detectors spread over them."""
    with connect(database_url) as connection:
        connection.execute("INSERT INTO grid_versions (valid_from, source) VALUES ('2020-01-01Z', 'test')")
        connection.execute(
            """
            INSERT INTO grids (version, code, name, level, parent, shape)
            SELECT 1, 'T' || t, '第' || t || '镇', 'town', NULL, ''::bytea FROM generate_series(1, %(towns)s) t UNION ALL
            SELECT 1, 'T' || t || 'V' || v, v || '村', 'village', 'T' || t, ''
            FROM generate_series(1, %(towns)s) t, generate_series(1, %(villages)s) v UNION ALL
            SELECT 1, 'T' || t || 'V' || v || 'G' || g, g || '网格', 'grid', 'T' || t || 'V' || v, ''
            FROM generate_series(1, %(towns)s) t, generate_series(1, %(villages)s) v, generate_series(1, %(grids)s) g
            """,
            {"towns": TOWNS, "villages": VILLAGES, "grids": GRIDS},
        )
        connection.execute("INSERT INTO metrics (name, unit) VALUES ('fire', '1')")
        connection.execute(
            """
            INSERT INTO devices (id, kind, grid, lon, lat)
            SELECT 's-' || n, 'smoke', g.key, 120, 30 FROM generate_series(0, %s - 1) n
            JOIN (SELECT key, row_number() OVER (ORDER BY length(code), code) - 1 AS nth FROM grids WHERE level = 'grid') g
              ON g.nth = n %% %s ORDER BY n
            """,
            (DEVICES, TOWNS * VILLAGES * GRIDS),
        )
    return database_url


def raise_(url, devices, *, now=NOON):
    """Raise the alarm of some devices in one batch; gives the number of statements."""
    changes = tuple(
        PointChange(device=d, metric=1, rule="r", condition="smoke", priority=1, active=True, time=T0 + d * SECOND // 100,
                    value=1.0, cause=Cause.RAISED)
        for d in devices
    )  # fmt: skip
    CountingCursor.statements = 0
    with connect(url) as connection:
        connection.cursor_factory = CountingCursor
        with connection.cursor() as cur:
            transitions = save(cur, Detection(changes=changes), now=now)
            append_changes(cur, [t.change for t in transitions] + join(cur, transitions, now=now))
    return CountingCursor.statements


def incidents(url, columns="place, title", state="open"):
    """Read the incidents in one state."""
    with session(url) as cur:
        cur.execute(f"SELECT {columns} FROM incidents WHERE state = %s ORDER BY place, id", (state,))  # noqa: S608
        return list(cur.fetchall())


def test_five_thousand_alarms_in_a_minute_are_sixteen_incidents(county):
    """In twenty batches: one incident a town, which says how many grids; every alarm is in one; no batch asks more than others."""
    statements = [
        raise_(county, range(n + 1, n + 251), now=NOON + timedelta(seconds=n / 100)) for n in range(0, DEVICES, 250)
    ]
    listed = incidents(county)
    assert len(listed) == TOWNS
    assert ("T1", "第1镇 25 个网格 火情") in listed
    with session(county) as cur:
        cur.execute("SELECT i.place, count(*) FROM alarms a JOIN incidents i ON i.id = a.incident GROUP BY 1")
        by_place = dict(cur.fetchall())
    assert sum(by_place.values()) == DEVICES
    assert set(by_place) == {f"T{n}" for n in range(1, TOWNS + 1)}
    assert max(statements) - min(statements) <= 3


def test_the_cost_is_the_same_for_ten_and_for_a_thousand(county):
    """The number of statements a batch does not grow with its alarms or incidents."""
    few = raise_(county, range(1, 11))
    many = raise_(county, range(1000, 2000), now=NOON + timedelta(hours=1))
    assert many <= few + 3


def test_the_log_of_a_storm_can_be_read(county):
    """A line a batch with the number of alarms, not a line an alarm."""
    for n in range(0, 2000, 500):
        raise_(county, range(n + 1, n + 501))
    with session(county) as cur:
        cur.execute(
            "SELECT action, detail FROM incident_log l JOIN incidents i ON i.id = l.incident WHERE i.place = 'T1' ORDER BY l.id"
        )
        log = cur.fetchall()
    assert [action for action, _ in log] == ["opened", "joined", "joined", "joined"]
    assert sum(detail["alarms"] for _, detail in log) == 2000 // TOWNS


def test_what_opened_before_the_storm_was_one_is_part_of_it(county):
    """Five fires are five incidents; the sixth of the minute makes them one, and each of the five says where it went."""
    in_first_town = [1 + 0, 1 + 1, 1 + 2, 1 + 3, 1 + 4]
    raise_(county, in_first_town)
    assert len(incidents(county)) == len(in_first_town)
    raise_(county, [6, 7], now=NOON + timedelta(seconds=30))
    assert [title for _, title in incidents(county)] == ["第1镇 7 个网格 火情"]
    with session(county) as cur:
        cur.execute("SELECT detail ->> 'into', count(*) FROM incident_log WHERE action = 'gathered' GROUP BY 1")
        (gathered,) = cur.fetchall()
        cur.execute("SELECT id::text FROM incidents WHERE state = 'open'")
        assert cur.fetchone() == (gathered[0],)
    assert Counter(incidents(county, "state", state="closed")) == {("closed",): 5}


def test_slow_fires_are_no_storm(county):
    """Seven places of a town in seven minutes are seven incidents."""
    for minute, device in enumerate(range(1, 8)):
        raise_(county, [device], now=NOON + timedelta(minutes=minute, seconds=minute))
    assert len(incidents(county)) == 7


def test_the_next_day_is_another_happening(county):
    """A storm's incident that is still open does not swallow what burns tomorrow."""
    raise_(county, range(1, 11))
    raise_(county, [11], now=NOON + timedelta(minutes=5))
    assert len(incidents(county)) == 1
    raise_(county, [12], now=NOON + timedelta(days=1))
    assert len(incidents(county)) == 2
