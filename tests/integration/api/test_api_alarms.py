"""Alarms over HTTP: lists, pages, one alarm, and the commands with versions, roles, areas and the audit trail."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from dashboard import audit
from database import connect

Client = Callable[[str | None], httpx.AsyncClient]
START = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)


async def ids(client: httpx.AsyncClient, query: str = "") -> list[str]:
    """List the ids of the alarms of a query."""
    answer = await client.get(f"/api/v1/alarms{query}")
    assert answer.status_code == 200, answer.text
    return [alarm["id"] for alarm in answer.json()["items"]]


async def test_an_alarm_says_what_where_and_how_bad(client: Client, county: Any) -> None:
    """An item has every field of the contract, with the grid's path from the county down."""
    county.device("g1", grid="T1-1")
    alarm = county.alarm("g1")
    item = (await client("screen").get("/api/v1/alarms")).json()["items"][0]
    assert item["id"] == str(alarm)
    assert {
        key: item[key] for key in ("device", "kind", "condition", "state", "priority", "value", "unit", "metric")
    } == {
        "device": "g1",
        "kind": "gauge",
        "condition": "level-high",
        "state": "unack",
        "priority": 2,
        "value": 5.5,
        "unit": "m",
        "metric": "stage",
    }
    assert item["grid"]["code"] == "T1-1"
    assert [part["code"] for part in item["grid"]["path"]] == ["C", "T1", "T1-1"]
    assert item["raised_at"] == "2026-06-01T08:00:00Z"
    assert (item["version"], item["incident"], item["shelved_until"]) == (1, None, None)


async def test_filters_choose(client: Client, county: Any) -> None:
    """State, priority, grid with all below it, device, kind and time narrow the list, alone and together."""
    officer = client("officer")
    county.device("g1", grid="T1-1")
    county.device("g2", grid="T2-1", area="T2", kind="smoke")
    one = str(county.alarm("g1", priority=1))
    two = str(county.alarm("g2", priority=2, state="acked", raised=START + timedelta(hours=1)))
    old = str(county.alarm("g2", priority=3, state="norm", raised=START - timedelta(hours=1)))
    assert await ids(officer) == [two, one, old]
    assert await ids(officer, "?state=active") == [two, one]
    assert await ids(officer, "?state=norm,acked") == [two, old]
    assert await ids(officer, "?state=active,norm") == [two, one, old]
    assert await ids(officer, "?priority=1,3") == [one, old]
    assert await ids(officer, "?grid=T2") == [two, old]
    assert await ids(officer, "?grid=C&state=active&priority=2") == [two]
    assert await ids(officer, "?device=g1") == [one]
    assert await ids(officer, "?kind=smoke&state=active") == [two]
    assert await ids(officer, "?area=T1") == [one]
    assert await ids(officer, "?raised_from=2026-06-01T08:30:00Z") == [two]
    assert await ids(officer, "?device=nothing") == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("state=broken", "query.state"),
        ("priority=5", "query.priority"),
        ("limit=0", "query.limit"),
        ("limit=1001", "query.limit"),
        ("grid=nowhere", "query.grid"),
        ("stat=active", "query.stat"),
        ("raised_from=yesterday", "query.raised_from"),
        ("raised_from=2026-06-01T08:00:00", "query.raised_from"),
    ],
)
async def test_a_wrong_filter_is_refused_by_name(client: Client, query: str, field: str) -> None:
    """A value or a parameter we do not know is a 422 that names it, never silently everything."""
    answer = await client("officer").get(f"/api/v1/alarms?{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["field"].startswith(field)


@pytest.mark.parametrize("cursor", ["x", "%00", "WzEsMl0", "e30", "W10"])
async def test_a_cursor_that_is_not_ours_is_refused(client: Client, cursor: str) -> None:
    """A made-up cursor is a 400."""
    answer = await client("officer").get(f"/api/v1/alarms?cursor={cursor}")
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:gridwatch:cursor")


async def test_pages_are_stable_while_alarms_come_in(client: Client, county: Any) -> None:
    """Going through pages gives every alarm that was there at the start exactly once, whatever is added meanwhile."""
    county.devices(40)
    there = [str(county.alarm(f"g{n}", raised=START + timedelta(minutes=n % 5))) for n in range(25)]
    officer, seen, cursor, new = client("officer"), [], "", 25
    while True:
        page = (await officer.get(f"/api/v1/alarms?limit=4{cursor}")).json()
        seen += [alarm["id"] for alarm in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
        county.alarm(f"g{new}", raised=START + timedelta(hours=1))
        new += 1
    assert sorted(seen, key=int) == there


async def test_acknowledging_is_written_down_and_told(client: Client, county: Any, database_url: str) -> None:
    """Acknowledging changes the alarm, its life, the change log and the audit trail in one transaction."""
    county.device("g1")
    alarm = county.alarm("g1")
    done = await client("officer").post(f"/api/v1/alarms/{alarm}/acknowledge", json={"version": 1, "comment": "看到了"})
    assert done.status_code == 200, done.text
    assert (done.json()["state"], done.json()["version"], done.json()["acked_by"]) == ("acked", 2, "officer")
    detail = (await client("officer").get(f"/api/v1/alarms/{alarm}")).json()
    assert [step["cause"] for step in detail["transitions"]] == ["raised", "acknowledged"]
    assert detail["transitions"][1]["comment"] == "看到了"
    with connect(database_url) as connection:
        change = connection.execute("SELECT kind, id, version FROM changes ORDER BY seq DESC LIMIT 1").fetchone()
        assert change == ("alarm", str(alarm), 2)
        row = connection.execute("SELECT actor, action, target FROM audit ORDER BY id DESC LIMIT 1").fetchone()
        assert row == ("officer", "alarm.acknowledge", f"alarm {alarm}")


async def test_a_stale_version_is_refused_with_the_newer_record(client: Client, county: Any) -> None:
    """Who decided on an older picture gets 409 with the alarm as it is and who changed it; nothing is written."""
    county.device("g1")
    alarm = county.alarm("g1")
    await client("officer").post(f"/api/v1/alarms/{alarm}/acknowledge", json={"version": 1})
    late = await client("dispatcher").post(f"/api/v1/alarms/{alarm}/acknowledge", json={"version": 1})
    assert (late.status_code, late.json()["type"]) == (409, "urn:gridwatch:stale-version")
    assert (late.json()["current"]["version"], late.json()["current"]["acked_by"]) == (2, "officer")
    assert late.json()["actor"] == "officer"
    twice = await client("dispatcher").post(f"/api/v1/alarms/{alarm}/acknowledge", json={"version": 2})
    assert (twice.status_code, twice.json()["type"]) == (409, "urn:gridwatch:illegal-transition")
    detail = (await client("officer").get(f"/api/v1/alarms/{alarm}")).json()
    assert len(detail["transitions"]) == 2


async def test_who_may_shelve_for_how_long(client: Client, county: Any) -> None:
    """An officer shelves for an hour, a dispatcher red no longer, a commander for a day; shelved alarms do not count."""
    county.device("g1")
    alarm, red = county.alarm("g1"), county.alarm("g1", priority=1)
    path = f"/api/v1/alarms/{alarm}/shelve"

    def body(hours: float, version: int = 1) -> dict[str, Any]:
        return {"version": version, "until": (START + timedelta(hours=hours)).isoformat(), "reason": "检修"}

    assert (await client("officer").post(path, json=body(1.1))).status_code == 403
    for role, status in (("screen", 403), ("dispatcher", 403), ("commander", 200)):
        assert (await client(role).post(f"/api/v1/alarms/{red}/shelve", json=body(1.1))).status_code == status
    assert (await client("commander").post(path, json=body(25))).status_code == 403
    assert (await client("officer").post(path, json=body(-1))).status_code == 422
    shelved = await client("commander").post(path, json=body(9))
    assert shelved.status_code == 200, shelved.text
    assert shelved.json()["override"] == "shelved"
    assert shelved.json()["shelved_until"] == "2026-06-01T17:00:00Z"
    metrics = (await client("admin").get("/metrics")).text
    assert 'gridwatch_alarms_active{priority="2"} 0.0' in metrics
    version = shelved.json()["version"]
    back = await client("officer").post(f"/api/v1/alarms/{alarm}/unshelve", json={"version": version})
    assert (back.status_code, back.json()["override"]) == (200, None)


async def test_an_area_limits_what_one_may_act_on(client: Client, county: Any) -> None:
    """An account of town T1 reads everything, acts on T1 and its grids, and is refused elsewhere and where is no grid."""
    county.device("here", grid="T1-2", area="")
    county.device("there", grid="T2-1", area="T2")
    county.device("nowhere", grid=None, area="")
    limited = client("limited")
    alarms = {device: county.alarm(device) for device in ("here", "there", "nowhere")}
    answers = {
        device: (await limited.post(f"/api/v1/alarms/{alarm}/acknowledge", json={"version": 1})).status_code
        for device, alarm in alarms.items()
    }
    assert answers == {"here": 200, "there": 403, "nowhere": 403}
    assert len(await ids(limited)) == 3
    theirs, ours = county.incident(grid="T2-1"), county.incident(grid="T1-1")
    assert (await limited.post(f"/api/v1/incidents/{theirs}/send", json={"version": 1})).status_code == 403
    assert (await limited.post(f"/api/v1/incidents/{ours}/send", json={"version": 1})).status_code == 200
    opening = {"kind": "fire", "priority": 1, "grid": "T2-1"}
    assert (await limited.post("/api/v1/incidents", json=opening)).status_code == 403
    assert (await limited.post("/api/v1/incidents", json=opening | {"grid": "T1-1"})).status_code == 201


async def test_an_alarm_that_is_not_there(client: Client) -> None:
    """An id of nothing is 404, also one that is no number."""
    for wrong in ("1", "x", "99999999999999999999", "-1"):
        assert (await client("officer").get(f"/api/v1/alarms/{wrong}")).status_code == 404
        answer = await client("officer").post(f"/api/v1/alarms/{wrong}/acknowledge", json={"version": 1})
        assert answer.status_code == 404


async def test_an_incident_goes_its_way(client: Client, county: Any) -> None:
    """Opened by hand, sent, arrived, finished, closed; each step with its version, each in the log."""
    dispatcher = client("dispatcher")
    opening = {"kind": "fire", "priority": 1, "grid": "T1-1", "title": "来电报警"}
    opened = await dispatcher.post("/api/v1/incidents", json=opening)
    assert (opened.status_code, opened.json()["dispatch"]) == (201, "awaiting"), opened.text
    incident = opened.json()["id"]
    again = await dispatcher.post("/api/v1/incidents", json=opening)
    assert (again.status_code, again.json()["current"]["id"]) == (409, incident)
    illegal = await dispatcher.post(f"/api/v1/incidents/{incident}/finish", json={"version": 1})
    assert (illegal.status_code, illegal.json()["type"]) == (409, "urn:gridwatch:illegal-action")
    for version, (action, dispatch) in enumerate(
        [("send", "sent"), ("arrive", "on_scene"), ("finish", "done"), ("close", "done")], start=1
    ):
        moved = await dispatcher.post(f"/api/v1/incidents/{incident}/{action}", json={"version": version})
        assert (moved.status_code, moved.json()["dispatch"]) == (200, dispatch)
    stale = await dispatcher.post(f"/api/v1/incidents/{incident}/comment", json={"version": 1, "comment": "x"})
    assert (stale.status_code, stale.json()["current"]["state"]) == (409, "closed")
    said = await client("officer").post(f"/api/v1/incidents/{incident}/comment", json={"version": 5, "comment": "x"})
    assert said.status_code == 200
    detail = (await client("screen").get(f"/api/v1/incidents/{incident}")).json()
    actions = [line["action"] for line in detail["log"]]
    assert actions == ["opened", "sent", "on_scene", "done", "closed", "commented"]
    listed = (await client("screen").get("/api/v1/incidents?state=open")).json()
    assert listed == {"items": [], "next": None}


async def test_tampering_with_the_audit_trail_shows(client: Client, county: Any, database_url: str) -> None:
    """Changing, removing or inserting a row of the trail is found, at the row where it breaks."""
    county.device("g1")
    alarm = county.alarm("g1")
    for version in (1, 2, 3, 4):
        answer = await client("officer").post(
            f"/api/v1/alarms/{alarm}/comment", json={"version": version, "comment": f"第{version}次"}
        )
        assert answer.status_code == 200, answer.text
    state = (await client("commander").get("/api/v1/audit/verify")).json()
    assert (state["whole"], state["first_broken"]) == (True, None)
    rows = (await client("commander").get("/api/v1/audit?actor=officer&limit=2")).json()
    assert [row["detail"]["comment"] for row in rows["items"]] == ["第4次", "第3次"]
    assert rows["next"] is not None
    tampering = [
        "UPDATE audit SET actor = 'somebody' WHERE id = %s",
        "UPDATE audit SET detail = '{}' WHERE id = %s",
        "UPDATE audit SET at = at + interval '1 microsecond' WHERE id = %s",
        "UPDATE audit SET hash = sha256('x') WHERE id = %s",
        "DELETE FROM audit WHERE id = %s",
    ]
    with connect(database_url) as connection, connection.cursor() as cur:
        second = cur.execute("SELECT id FROM audit ORDER BY id OFFSET 1 LIMIT 1").fetchone()
        assert second is not None
        for statement in tampering:
            with connection.transaction(force_rollback=True):
                cur.execute(statement.encode(), second)
                assert audit.verify(cur) in (second[0], second[0] + 1), statement
        assert audit.verify(cur) is None


async def test_of_many_at_once_one_acknowledges(client: Client, county: Any) -> None:
    """Of twenty officers who acknowledge the same version at once one succeeds, and the trail stays whole."""
    county.device("g1")
    alarm = county.alarm("g1")
    answers = await asyncio.gather(
        *(client("officer").post(f"/api/v1/alarms/{alarm}/acknowledge", json={"version": 1}) for _ in range(20))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 19
    assert (await client("admin").get("/api/v1/audit/verify")).json()["whole"] is True
