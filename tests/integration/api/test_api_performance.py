"""The figures of the room itself, counted in the database."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import httpx

from alerts import performance as room
from database import connect
from tests.integration.api.conftest import START

Client = Callable[[str | None], httpx.AsyncClient]
MINUTE = timedelta(minutes=1)


def step(county: Any, alarm: int, version: int, cause: str, at: datetime, comment: str = "") -> None:
    """Write a step of an alarm."""
    county.connection.execute(
        "INSERT INTO alarm_transitions (alarm, version, at, recorded_at, cause, from_state, to_state, comment)"
        " VALUES (%s, %s, %s, %s, %s, 'unack', 'unack', %s)",
        (alarm, version, at, at, cause, comment),
    )
    county.connection.commit()


async def ask(client: Client, **query: str) -> dict[str, Any]:
    """Ask for the figures."""
    answer = await client("screen").get("/api/v1/performance", params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_a_quiet_shift_has_figures_of_nought(client: Client, county: Any) -> None:
    """The last eight hours in 48 periods, every priority there, every bound with its source."""
    found = await ask(client)
    assert (found["from"], found["to"]) == ("2026-06-01T00:00:00Z", "2026-06-01T08:00:00Z")
    assert found["periods"] == [0] * 48
    assert (found["alarms"], found["priorities"]) == (0, {"1": 0, "2": 0, "3": 0, "4": 0})
    assert (found["floods"], found["tags"], found["acknowledgement"], found["seats"]) == ([], [], [], 1)
    assert found["bounds"]["rate_flood"] == {"value": 10, "source": "ISA-18.2"}


async def test_alarms_are_counted_when_they_sound(client: Client, county: Any) -> None:
    """A raise and a re-alarm count; what was overridden when it was raised does not; nor do officers' steps."""
    county.device("g1")
    county.device("quiet")
    alarm = county.alarm("g1", priority=3, raised=START - 30 * MINUTE)
    county.alarm("quiet", priority=1, raised=START - 20 * MINUTE)
    county.connection.execute(
        "INSERT INTO overrides (kind, device, starts_at, ends_at, reason, actor)"
        " SELECT 'out_of_service', key, %s, %s, 'x', 'x' FROM devices WHERE id = 'quiet'",
        (START - 60 * MINUTE, START + 60 * MINUTE),
    )
    step(county, alarm, 2, "acknowledged", START - 26 * MINUTE)
    step(county, alarm, 3, "realarmed", START - 16 * MINUTE, "nobody-sent 10min")
    step(county, alarm, 4, "acknowledged", START - 15 * MINUTE)
    found = await ask(client)
    assert (found["alarms"], found["priorities"]["3"], found["priorities"]["1"]) == (2, 2, 0)
    assert [(i, n) for i, n in enumerate(found["periods"]) if n] == [(45, 1), (46, 1)]
    assert found["again"] == {"nobody-sent": 1}
    assert found["tags"] == [
        {
            "device": "g1",
            "name": "设备 g1",
            "condition": "level-high",
            "metric": "stage",
            "alarms": 2,
            "chatters": False,
        }
    ]
    assert found["acknowledgement"] == [{"priority": 3, "alarms": 2, "p50_s": 150.0, "p95_s": 231.0}]
    assert (found["standing"], found["stale"], found["overrides"]["out_of_service"]) == (1, 0, 1)
    assert found["average"] == 2 / 48


async def test_chattering_floods_and_stale_alarms_are_found(client: Client, county: Any) -> None:
    """Three raises within a minute chatter; eleven alarms in ten minutes are a flood; a day is stale."""
    county.device("g1")
    county.device("old")
    county.alarm("old", raised=START - timedelta(hours=25))
    first = START - 60 * MINUTE
    alarm = county.alarm("g1", raised=first)
    for nth in range(1, 12):
        step(county, alarm, 2 * nth, "returned", first + nth * timedelta(seconds=20))
        step(county, alarm, 2 * nth + 1, "raised", first + nth * timedelta(seconds=21))
    found = await ask(client)
    assert (found["chattering"], found["stale"], found["standing"]) == (1, 1, 2)
    assert found["tags"][0]["chatters"]
    assert found["top_ten_share"] == 1.0
    (flood,) = found["floods"]
    assert (flood["start"], flood["peak"], flood["alarms"]) == ("2026-06-01T07:00:00Z", 12, 12)
    assert flood["end"] == "2026-06-01T07:12:00Z"
    assert found["flood_share"] == 12 / 480
    metrics = (await client("admin").get("/metrics")).text
    assert "gridwatch_alarms_chattering 1.0" in metrics
    assert "gridwatch_alarm_flood 0.0" in metrics


async def test_a_range_is_at_most_a_month_and_not_backwards(client: Client, county: Any) -> None:
    """What cannot be is a 422 that names the field."""
    for query in ({"from": "2026-01-01T00:00:00Z"}, {"from": "2026-06-02T00:00:00Z"}, {"hours": "8"}):
        answer = await client("screen").get("/api/v1/performance", params=query)
        assert answer.status_code == 422
    long = await ask(client, **{"from": "2026-05-02T08:00:00Z", "to": "2026-06-01T08:00:00Z"})
    assert len(long["periods"]) == 30 * 144


def test_a_shift_among_a_hundred_thousand_steps_reads_its_own_only(database_url: str) -> None:
    """The figures of eight hours are read by the index of causes and times, whatever the history holds."""
    with connect(database_url) as connection, connection.cursor() as cur:
        cur.execute("INSERT INTO devices (id, kind) SELECT 'd' || n, 'smoke' FROM generate_series(1, 1000) n")
        cur.execute(
            "INSERT INTO alarms (device, rule, condition, priority, state, raised_at, recorded_at) SELECT 1 + n %% 1000,"
            " 'r', 'smoke', 1 + n %% 4, 'norm', %s - n * interval '1 min', %s FROM generate_series(1, 40000) n",
            (START, START),
        )
        cur.execute(
            "INSERT INTO alarm_transitions (alarm, version, at, recorded_at, cause, from_state, to_state)"
            " SELECT id, v, raised_at, raised_at, (ARRAY['raised', 'acknowledged', 'returned'])[v], 'norm', 'unack'"
            " FROM alarms, generate_series(1, 3) v"
        )
        cur.execute("ANALYZE")
        figures = room.measure(cur, start=START - timedelta(hours=8), end=START)
        assert figures.alarms == 480
        assert sum(figures.minutes.values()) == 480
        plan = cur.execute(
            "EXPLAIN SELECT alarm, version, at FROM alarm_transitions WHERE cause = ANY('{raised,realarmed}')"
            " AND recorded_at >= %s AND recorded_at < %s",
            (START - timedelta(hours=8), START),
        ).fetchall()
    assert any("alarm_transitions_by_cause" in line for (line,) in plan), plan
