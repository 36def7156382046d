"""Overrides over HTTP: one list with every end, plans in one act, an end by hand, and who may."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

import alerts
from tests.integration.api.conftest import START, Clock

Client = Callable[[str | None], httpx.AsyncClient]
HOUR = timedelta(hours=1)
PATH = "/api/v1/overrides"


def plan(hours: float = 2, **more: Any) -> dict[str, Any]:
    """Make the body of an act that ends some hours after the start of the test."""
    return {"kind": "out_of_service", "ends_at": (START + hours * HOUR).isoformat(), "reason": "更换电池"} | more


async def items(client: Client, **query: Any) -> list[dict[str, Any]]:
    """List overrides."""
    answer = await client("screen").get(PATH, params=query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def alarm_of(client: Client, alarm: int) -> dict[str, Any]:
    """Read one alarm."""
    return dict((await client("screen").get(f"/api/v1/alarms/{alarm}")).json())


async def test_every_kind_is_in_one_list_with_its_end(client: Client, county: Any) -> None:
    """Shelved, suppressed and out of service stand together, the one that ends first first, each with who and why."""
    for name in ("g1", "g2", "g3"):
        county.device(name)
    alarm = county.alarm("g1", priority=3)
    body = {"version": 1, "until": (START + 0.5 * HOUR).isoformat(), "reason": "正在检修"}
    assert (await client("officer").post(f"/api/v1/alarms/{alarm}/shelve", json=body)).status_code == 200
    assert (await client("commander").post(PATH, json=plan(2, device="g2"))).status_code == 201
    suppressed = plan(1, device="g3", kind="suppressed", condition="level-high")
    assert (await client("commander").post(PATH, json=suppressed)).status_code == 201
    found = await items(client)
    assert [(i["kind"], i["device"], i["condition"], i["priority"], i["state"]) for i in found] == [
        ("shelved", "g1", "level-high", 3, "in_force"),
        ("suppressed", "g3", "level-high", None, "in_force"),
        ("out_of_service", "g2", None, None, "in_force"),
    ]
    assert (found[0]["actor"], found[0]["reason"], found[0]["metric"], found[0]["alarms"]) == (
        *("officer", "正在检修", "stage"),
        1,
    )
    assert [i["device"] for i in await items(client, kind="shelved,suppressed")] == ["g1", "g3"]
    assert [i["device"] for i in await items(client, device="g2")] == ["g2"]
    first = (await client("screen").get(PATH, params={"limit": 2})).json()
    rest = (await client("screen").get(PATH, params={"limit": 2, "cursor": first["next"]})).json()
    assert [i["device"] for i in first["items"] + rest["items"]] == ["g1", "g3", "g2"]
    assert rest["next"] is None


async def test_a_grid_is_taken_out_and_put_back_in_one_act(client: Client, county: Any) -> None:
    """All devices of a grid and below are one item; ending it ends all of it, and what holds sounds again."""
    county.device("g1", grid="T1-1")
    county.device("g2", grid="T1-2")
    county.device("away", grid="T2-1", area="T2")
    alarm, other = county.alarm("g2"), county.alarm("away")
    made = (await client("commander").post(PATH, json=plan(grid="T1"))).json()
    assert (made["devices"], made["scope"], made["target"], made["alarms"]) == (2, "grid", "T1", 1)
    (item,) = await items(client)
    assert item == made
    assert [i["id"] for i in await items(client, device="g2")] == [made["id"]]
    assert [i["id"] for i in await items(client, grid="T1-2")] == [made["id"]]
    assert (await alarm_of(client, alarm))["override"] == "out_of_service"
    assert (await alarm_of(client, other))["override"] is None
    ended = await client("commander").post(f"{PATH}/{made['id']}/end", json={"version": 1})
    assert (ended.status_code, ended.json()["state"], ended.json()["ended_by"]) == (200, "ended", "commander")
    assert await items(client) == []
    assert (await items(client, state="ended"))[0]["devices"] == 2
    again = await alarm_of(client, alarm)
    assert (again["state"], again["override"]) == ("unack", None)
    last = again["transitions"][-1]
    assert (last["cause"], last["comment"]) == ("realarmed", "override-ended out_of_service")


async def test_a_gateway_takes_what_is_behind_it(client: Client, county: Any) -> None:
    """The gateway itself and the devices that report through it, and no other."""
    for name in ("gw", "g1", "g2"):
        county.device(name)
    county.connection.execute("UPDATE devices SET gateway = 'gw' WHERE id = 'g1'")
    county.connection.commit()
    made = (await client("commander").post(PATH, json=plan(gateway="gw"))).json()
    assert made["devices"] == 2
    assert await items(client, device="g2") == []


async def test_what_is_planned_covers_from_its_start_only(client: Client, county: Any, clock: Clock) -> None:
    """Until it begins an alarm sounds; a plan that is cancelled before it begins says nothing to any alarm."""
    county.device("g1")
    alarm = county.alarm("g1")
    body = plan(0.5, device="g1", starts_at=(START + HOUR / 4).isoformat())
    made = (await client("commander").post(PATH, json=body)).json()
    assert made["state"] == "planned"
    assert [i["state"] for i in await items(client)] == ["planned"]
    assert (await alarm_of(client, alarm))["override"] is None
    clock.move(HOUR / 4)
    with county.connection.transaction(), county.connection.cursor() as cur:
        (begun,) = alerts.fire_deadlines(cur, clock())
    assert (begun.id, begun.version) == (made["id"], 2)
    assert (await alarm_of(client, alarm))["override"] == "out_of_service"
    clock.move(HOUR / 4)
    with county.connection.transaction(), county.connection.cursor() as cur:
        alerts.fire_deadlines(cur, clock())
    assert [s["cause"] for s in (await alarm_of(client, alarm))["transitions"]] == ["raised", "realarmed"]
    later = (clock() + HOUR).isoformat()
    made = (await client("commander").post(PATH, json=plan(9, device="g1", starts_at=later))).json()
    await client("commander").post(f"{PATH}/{made['id']}/end", json={"version": 1})
    assert len((await alarm_of(client, alarm))["transitions"]) == 2


async def test_a_stale_end_is_refused_with_the_record(client: Client, county: Any) -> None:
    """Who ends what another has ended is told by whom, and nothing is written twice."""
    county.device("g1")
    made = (await client("commander").post(PATH, json=plan(device="g1"))).json()
    end = f"{PATH}/{made['id']}/end"
    assert (await client("admin").post(end, json={"version": 1})).status_code == 200
    late = await client("commander").post(end, json={"version": 1})
    assert (late.status_code, late.json()["type"]) == (409, "urn:gridwatch:stale-version")
    assert (late.json()["actor"], late.json()["current"]["state"]) == ("admin", "ended")
    assert (await client("commander").post(f"{PATH}/999/end", json={"version": 1})).status_code == 404
    trail = (await client("commander").get("/api/v1/audit")).json()["items"]
    assert [row["action"] for row in trail][:2] == ["override.end", "override.out-of-service"]


async def test_who_may_end_what(client: Client, county: Any) -> None:
    """An officer ends a shelving but no maintenance; nobody acts outside of his areas."""
    county.device("g1")
    county.device("g2", grid="T2-1", area="T2")
    alarm = county.alarm("g1", priority=3)
    body = {"version": 1, "until": (START + 0.5 * HOUR).isoformat(), "reason": "x"}
    await client("officer").post(f"/api/v1/alarms/{alarm}/shelve", json=body)
    (shelving,) = await items(client)
    assert (await client("screen").post(f"{PATH}/{shelving['id']}/end", json={"version": 1})).status_code == 403
    assert (await client("officer").post(f"{PATH}/{shelving['id']}/end", json={"version": 1})).status_code == 200
    assert (await client("officer").post(PATH, json=plan(device="g1"))).status_code == 403
    made = (await client("commander").post(PATH, json=plan(device="g2"))).json()
    assert (await client("officer").post(f"{PATH}/{made['id']}/end", json={"version": 1})).status_code == 403
    county.connection.execute("UPDATE users SET areas = '{T1}' WHERE name = 'admin'")
    county.connection.commit()
    assert (await client("admin").post(f"{PATH}/{made['id']}/end", json={"version": 1})).json()["type"].endswith("area")
    assert (await client("admin").post(PATH, json=plan(grid="C"))).status_code == 403


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({}, 422),
        ({"device": "g1", "grid": "T1"}, 422),
        ({"device": "nobody"}, 404),
        ({"grid": "nowhere"}, 422),
        ({"gateway": "none"}, 422),
        ({"device": "g1", "reason": ""}, 422),
        ({"device": "g1", "reason": "  "}, 422),
        ({"device": "g1", "ends_at": (START - HOUR).isoformat()}, 422),
        ({"device": "g1", "ends_at": (START + 91 * 24 * HOUR).isoformat()}, 422),
        ({"device": "g1", "starts_at": (START + 3 * HOUR).isoformat()}, 422),
        ({"device": "g1", "kind": "shelved"}, 422),
    ],
)
async def test_what_cannot_be_is_refused_by_name(client: Client, county: Any, more: Any, status: int) -> None:
    """One target, a reason, an end in the future and within 90 days: else nothing is written."""
    county.device("g1")
    assert (await client("commander").post(PATH, json=plan(**more))).status_code == status
    assert await items(client) == []


async def test_a_retired_device_is_out_of_every_count_and_its_alarms_are_over(client: Client, county: Any) -> None:
    """An unseen alarm still wants its officer; the record stays; a stale version is refused; a PUT brings it back."""
    county.device("g1")
    alarm = county.alarm("g1")
    path = "/api/v1/devices/g1"
    stale = await client("admin").post(f"{path}/retire", json={"version": 9, "reason": "拆除"})
    assert (stale.status_code, stale.json()["current"]["id"]) == (409, "g1")
    assert (await client("commander").post(f"{path}/retire", json={"version": 1, "reason": "x"})).status_code == 403
    gone = await client("admin").post(f"{path}/retire", json={"version": 1, "reason": "拆除"})
    assert (gone.status_code, gone.json()["state"], gone.json()["version"]) == (200, "retired", 2)
    assert (await client("screen").get("/api/v1/devices")).json()["items"] == []
    over = await alarm_of(client, alarm)
    assert (over["state"], over["transitions"][-1]["comment"]) == ("rtnun", "device-retired admin")
    back = await client("admin").put(path, json={"kind": "gauge"})
    assert (back.status_code, back.json()["state"]) == (200, "alarm")
