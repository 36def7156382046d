"""Rules tried out on the readings a real database holds, and the database asked why."""

from datetime import UTC, datetime, timedelta

import pytest
from psycopg.conninfo import conninfo_to_dict
from typer.testing import CliRunner

from alerts.errors import UnknownAlarmError
from alerts.explained import Reason
from alerts.trial_history import explain_stored, trial_over_history
from database import connect
from gridwatch.cli import app
from tests.alarm_county import NOON, found_county
from tests.engine_feed import rules

HIGH = "name: stage, kind: level, for: {metric: stage}, unit: m, limits: {2: 2}"
HIGHER = "name: stage, kind: level, for: {metric: stage}, unit: m, limits: {2: 2.5}"
SILENT = "name: silent, kind: no-data, for: {}, priority: 4"
DAY = timedelta(days=1)


def keep(connection, device, values, *, start=NOON, received_after=timedelta(seconds=1)):
    """Store a stage a minute."""
    connection.execute("SELECT ensure_readings_week(date_trunc('week', %s::timestamptz))", (start,))
    with connection.cursor() as cur:
        cur.executemany(
            "INSERT INTO readings (device, metric, time, value, quality, grid, received) VALUES (%s, 1, %s, %s, 0, 0, %s)",
            [
                (device, start + timedelta(minutes=n), value, start + timedelta(minutes=n) + received_after)
                for n, value in enumerate(values)
            ],
        )


@pytest.fixture
def history(database_url):
    """A session to a county where device 1 passed 2 m once and device 2 passed 3 m once."""
    found_county(database_url)
    with connect(database_url) as connection:
        keep(connection, 1, [1, 2.2, 1])
        keep(connection, 2, [1, 3, 1])
        keep(connection, 4, [1, 1, 1])
        yield connection
        connection.rollback()


def test_alarms_that_a_higher_limit_would_spare_are_gone(history):
    """One of two, counted by grid; nothing is written."""
    found = trial_over_history(history, rules(HIGHER), NOON - DAY, NOON + DAY, in_force=rules(HIGH))
    assert (found.same, found.gone, found.new, found.moved) == (1, 1, 0, 0)
    assert [alarm.device for alarm in found.gone_alarms] == ["d-1"]
    assert {(row.place, row.count.before, row.count.after) for row in found.places} == {("V-1", 1, 1), ("V-2", 1, 0)}
    assert history.execute("SELECT count(*) FROM alarms").fetchone() == (0,)


def test_a_trial_may_be_of_one_grid_and_those_below_it(history):
    """The village has both its grids, a grid only its own devices."""
    whole = trial_over_history(history, rules(HIGH), NOON - DAY, NOON + DAY, in_force=rules(HIGH), grid="V")
    part = trial_over_history(history, rules(HIGH), NOON - DAY, NOON + DAY, in_force=rules(HIGH), grid="V-1")
    assert (whole.total.after, part.total.after) == (2, 1)
    assert (whole.devices, part.devices) == (3, 1)


def test_readings_outside_of_the_span_do_not_count(history):
    """From the first instant on, up to the last and without it."""
    found = trial_over_history(history, rules(HIGH), NOON + timedelta(minutes=1), NOON + DAY, in_force=rules(HIGH))
    assert found.rows == 6
    assert trial_over_history(history, rules(HIGH), NOON - DAY, NOON, in_force=rules(HIGH)).rows == 0


def test_readings_are_judged_once_whenever_they_came(history):
    """Some at once, one an hour late, some imported days later: each is judged, in one trial, once."""
    later = NOON + timedelta(hours=6)
    keep(history, 1, [1], start=later, received_after=timedelta(hours=1))
    keep(history, 2, [1] * 90, start=later)
    keep(history, 4, [1] * 90, start=later, received_after=timedelta(days=9))
    found = trial_over_history(history, rules(SILENT), later - DAY, later + DAY, in_force=rules(SILENT))
    assert found.rows == 9 + 1 + 180


def test_the_database_is_asked_why(history):
    """The alarm that stood, with its limit, and the override that kept it quiet."""
    history.execute(
        "INSERT INTO overrides (kind, device, starts_at, ends_at, reason, actor) VALUES ('shelved', 1, %s, %s, '检修', 'officer')",
        (NOON - DAY, NOON + DAY),
    )
    at = NOON + timedelta(minutes=1, seconds=30)
    (point,) = explain_stored(history, rules(HIGH), "d-1", at).points
    assert (point.reason, point.measured, point.limit, point.is_silenced) == (Reason.BEYOND, 2.2, 2.0, True)
    found = explain_stored(history, rules(HIGH), "d-4", at, metric="stage")
    assert [point.reason for point in found.points] == [Reason.WITHIN]
    assert found.newest[0].time == datetime(2024, 5, 1, 12, 1, tzinfo=UTC)


def test_a_device_nobody_registered_cannot_be_asked(history):
    """It is said, not answered with nothing."""
    with pytest.raises(UnknownAlarmError, match="no device 'ghost'"):
        explain_stored(history, rules(HIGH), "ghost", NOON)


def test_both_commands_ask_the_instance_by_its_settings(history, database_url, tmp_path):
    """`rules backtest --from` and `rules explain` find the database, and compare with the rules in force."""
    history.commit()
    config = tmp_path / "gridwatch.yaml"
    at = conninfo_to_dict(database_url)
    url = f"postgresql://{at['user']}:{at['password']}@{at['host']}:{at['port']}/{at['dbname']}"
    config.write_text(f"database: {{url: '{url}'}}\n", encoding="utf-8")
    (tmp_path / "county.yaml").write_text(rules(HIGHER).text, encoding="utf-8")
    where = ["--data-dir", str(tmp_path), "--config", str(config), "--rules", str(tmp_path / "county.yaml")]
    span = ["--from", "2024-05-01T00:00:00Z", "--to", "2024-05-02T00:00:00Z"]
    told = CliRunner().invoke(app, ["rules", "backtest", *span, *where], catch_exceptions=False).output
    assert "9 条读数 readings · 4 台设备 devices" in told
    assert "level-high" in told
    when = ["--at", "2024-05-01T12:01:30Z"]
    told = CliRunner().invoke(app, ["rules", "explain", "d-2", *when, *where], catch_exceptions=False).output
    assert "有告警 alarm: level-high P2" in told
