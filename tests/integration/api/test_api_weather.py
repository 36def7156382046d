"""Weather warnings over HTTP: who may, what is refused, and that the same one twice is one."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from alerts.weather_intake import WeatherIntake, WeatherOptions
from database import connect
from gridwatch.weather_record import Look, note_look
from ingest.decoders import decoder
from ingest.readings import OfficialWarning
from tests.warning_messages import cap, cap_info, cited

Client = Callable[[str | None], httpx.AsyncClient]
START = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
PATH = "/api/v1/weather-warnings"
BODY = {
    "id": "33-20260601-1",
    "event": "rainstorm",
    "priority": 2,
    "headline": "暴雨橙色预警",
    "grids": ["T1"],
    "from_at": START.isoformat(),
    "until_at": (START + timedelta(hours=3)).isoformat(),
    "source": "县气象台",
}


async def test_a_warning_is_taken_in_listed_and_cancelled(client: Client, county: Any) -> None:
    """201, then 200 for the same again; it is listed while it holds, and cancelled with a reason that stays."""
    dispatcher = client("dispatcher")
    made = await dispatcher.post(PATH, json=BODY)
    assert made.status_code == 201, made.text
    assert (made.json()["state"], made.json()["grids"]) == ("holding", ["T1"])
    again = await dispatcher.post(PATH, json=BODY)
    assert (again.status_code, again.json()) == (200, made.json())
    listed = (await client("screen").get(PATH, params={"grid": "T1-1"})).json()["items"]
    assert [item["id"] for item in listed] == [BODY["id"]]
    assert (await client("screen").get(PATH, params={"grid": "T2-1"})).json()["items"] == []
    ended = await dispatcher.post(f"{PATH}/{BODY['id']}/cancel", json={"reason": "雨已停"})
    assert (ended.json()["state"], ended.json()["end_reason"], ended.json()["ended_by"]) == (
        "ended",
        "雨已停",
        "dispatcher",
    )
    assert (await dispatcher.get(PATH)).json()["items"] == []
    audit = (await client("commander").get("/api/v1/audit")).json()["items"]
    assert [entry["action"] for entry in audit] == ["weather.cancel", "weather.declare"]


async def test_a_polygon_becomes_the_grids_it_reaches_into(client: Client, county: Any) -> None:
    """A drawn area is kept as the finest grids that it touches."""
    ring = [[119.5, 30.5], [119.9, 30.5], [119.9, 30.9], [119.5, 30.9], [119.5, 30.5]]
    body = {key: value for key, value in BODY.items() if key != "grids"}
    made = await client("admin").post(PATH, json=body | {"polygon": {"type": "Polygon", "coordinates": [ring]}})
    assert (made.status_code, made.json()["grids"]) == (201, ["T1-1"])


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"grids": ["X"]}, "body.grids.0"),
        ({"grids": []}, "body"),
        ({"until_at": START.isoformat()}, "body"),
        ({"event": "Rain Storm"}, "body.event"),
        ({"grids": [], "polygon": {"type": "Polygon"}}, "body.polygon"),
        ({"priority": 5}, "body.priority"),
        ({"from_at": "0001-01-01T00:00:00Z"}, "body"),
        ({"until_at": "9999-12-31T00:00:00Z"}, "body"),
        ({"grids": [], "polygon": {"type": "Point", "coordinates": [1e308, 1e308]}}, "body.polygon"),
        (
            {"grids": [], "polygon": {"type": "Polygon", "coordinates": [[[1e308, 0], [1, 2], [3, 4], [1e308, 0]]]}},
            "body.polygon",
        ),
    ],
)
async def test_what_is_no_warning_is_refused(client: Client, county: Any, change: dict[str, Any], where: str) -> None:
    """422 names the field."""
    refused = await client("dispatcher").post(PATH, json=BODY | change)
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == [where]


async def test_an_identifier_stands_for_one_thing(client: Client, county: Any) -> None:
    """409 for another content under the same identifier."""
    dispatcher = client("dispatcher")
    await dispatcher.post(PATH, json=BODY)
    assert (await dispatcher.post(PATH, json=BODY | {"priority": 1})).status_code == 409


async def test_a_test_ends_no_warning_that_is_meant(client: Client, county: Any) -> None:
    """409 where the statuses differ, and the warning holds as before."""
    dispatcher = client("dispatcher")
    await dispatcher.post(PATH, json=BODY)
    for status in ("test", "exercise", "draft"):
        refused = await dispatcher.post(PATH, json=BODY | {"id": status, "status": status, "supersedes": BODY["id"]})
        assert refused.status_code == 409
    assert [item["id"] for item in (await dispatcher.get(PATH)).json()["items"]] == [BODY["id"]]
    renewed = await dispatcher.post(PATH, json=BODY | {"id": "2", "supersedes": BODY["id"]})
    assert renewed.status_code == 201
    assert [item["id"] for item in (await dispatcher.get(PATH)).json()["items"]] == ["2"]


async def test_an_account_of_one_town_ends_no_warning_of_another(client: Client, county: Any) -> None:
    """Neither by cancelling it nor by one of its own that supersedes it."""
    await client("dispatcher").post(PATH, json=BODY | {"id": "far", "grids": ["T2"]})
    limited = client("limited")
    assert (await limited.post(f"{PATH}/far/cancel", json={"reason": "x"})).status_code == 403
    assert (await limited.post(PATH, json=BODY | {"id": "mine", "supersedes": "far"})).status_code == 403
    assert [item["id"] for item in (await limited.get(PATH)).json()["items"]] == ["far"]


async def test_who_may(client: Client, county: Any) -> None:
    """An officer may look; a dispatcher of one town lowers no limits of another."""
    assert (await client("officer").post(PATH, json=BODY)).status_code == 403
    assert (await client("limited").post(PATH, json=BODY)).status_code == 201
    assert (await client("limited").post(PATH, json=BODY | {"id": "x", "grids": ["T2-1"]})).status_code == 403
    assert (await client("officer").get(PATH)).status_code == 200
    assert (await client("dispatcher").post(f"{PATH}/nothing/cancel", json={"reason": "x"})).status_code == 404


async def test_an_official_warning_says_all_it_was_issued_with(client: Client, county: Any, database_url: str) -> None:
    """Words, colour, references and place; what lies elsewhere is told to whoever asks for it."""
    area = "<areaDesc>北部</areaDesc><polygon>30.6,119.6 30.6,119.7 30.7,119.7 30.6,119.6</polygon>"
    far = "<areaDesc>x</areaDesc><polygon>10,10 10,11 11,11</polygon>"
    messages = (
        cap(
            "w-2",
            sent=START,
            kind="Update",
            references=cited("w-1"),
            infos=cap_info(area=area, more="<description>大雨</description>"),
        ),
        cap("w-3", sent=START, infos=cap_info(area=far)),
    )
    found = [item for body in messages for item in decoder("cap12")("cap/x", body, START)]
    with connect(database_url) as connection, connection.cursor() as cur:
        warnings = [item for item in found if isinstance(item, OfficialWarning)]
        WeatherIntake(WeatherOptions()).take(cur, warnings, actor="mqtt", now=START)
    (item,) = (await client("screen").get(PATH)).json()["items"]
    assert (item["id"], item["kind"], item["references"]) == (
        "met@county.example,w-2",
        "update",
        ["met@county.example,w-1"],
    )
    assert (item["event_text"], item["priority"], item["description"]) == ("暴雨", 2, "大雨")
    assert (item["placed"], item["grids"], [place["code"] for place in item["places"]]) == ("placed", ["T1-1"], ["T1"])
    assert item["areas"][0]["polygons"][0][0] == [119.6, 30.6]
    both = (await client("screen").get(PATH, params={"elsewhere": "true"})).json()["items"]
    assert {one["placed"] for one in both} == {"placed", "elsewhere"}
    ended = await client("dispatcher").post(f"{PATH}/{item['id']}/cancel", json={"reason": "雨已停"})
    assert ended.json()["state"] == "ended"


async def test_sources_say_how_they_fare(client: Client, county: Any, database_url: str) -> None:
    """By name, with the last answer and the last fault."""
    with connect(database_url) as connection, connection.cursor() as cur:
        note_look(cur, Look(name="folder", at=START, taken=2))
        note_look(cur, Look(name="folder", at=START + timedelta(minutes=1), fault="away"))
    (source,) = (await client("screen").get(f"{PATH}/sources")).json()
    assert (source["documents"], source["failures"], source["fault"]) == (2, 1, "away")
    assert source["heard_at"].startswith("2026-06-01T08:00:00")
