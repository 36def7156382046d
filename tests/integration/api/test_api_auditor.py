"""The auditor: whoever looks after deadlines is looked after, by another process than his own."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx

from tests.integration.api.conftest import START, Clock

Client = Callable[[str | None], httpx.AsyncClient]


async def test_a_deadline_left_lying_is_told_by_the_web_server(client: Client, county: Any, clock: Clock) -> None:
    """Row 14 of lessons: due for over a minute is a metric and a reason not to be ready, though the worker gives signs."""
    county.alive(START)
    county.connection.execute(
        "INSERT INTO deadlines (kind, subject, due_at) VALUES ('realarm', 1, %s), ('override-ends', 1, %s)",
        (START - timedelta(seconds=61), START - timedelta(seconds=59)),
    )
    county.connection.commit()
    answer = await client(None).get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["parts"]["deadlines"] == {"ready": False, "reason": "1 left undone, the oldest since 61 s"}
    assert answer.json()["parts"]["worker"]["ready"]
    assert "gridwatch_deadlines_overdue 1.0" in (await client("admin").get("/metrics")).text
    county.connection.execute("UPDATE deadlines SET done_at = %s WHERE kind = 'realarm'", (START,))
    county.connection.commit()
    assert (await client(None).get("/readyz")).status_code == 200
    clock.move(timedelta(seconds=2))
    county.alive(clock())
    assert (await client(None).get("/readyz")).json()["parts"]["deadlines"][
        "reason"
    ] == "1 left undone, the oldest since 61 s"


async def test_the_audit_reads_what_is_open_and_nothing_else(county: Any) -> None:
    """Row 14 of lessons: the audit there was switched off because its query was too slow; this one has an index."""
    county.connection.execute(
        "INSERT INTO deadlines (kind, subject, due_at, done_at)"
        " SELECT 'realarm', n, %s, %s FROM generate_series(1, 50000) n",
        (START - timedelta(hours=1), START),
    )
    county.connection.execute("ANALYZE deadlines")
    plan = county.connection.execute(
        "EXPLAIN SELECT count(*), min(due_at) FROM deadlines WHERE done_at IS NULL AND due_at < %s", (START,)
    ).fetchall()
    assert any("deadlines_due" in line for (line,) in plan), plan
