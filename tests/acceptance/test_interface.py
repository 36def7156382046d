"""The contract of the REST interface and the live feed, line by line, against a running instance."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pytest
from websockets.sync.client import ClientConnection, connect

from tests.cap_schema import checked
from tests.living import Item, Living, eventually

ALARM = {"id", "device", "kind", "condition", "state", "priority", "value", "unit", "grid", "lon", "lat", "raised_at"}
DEVICE = {"id", "kind", "area", "name", "lon", "lat", "grid", "metrics", "state", "last_seen"}
ROUND_S = 5.0


@pytest.fixture(scope="module")
def api(demo: Living) -> httpx.Client:
    """A client that has signed in as the administrator."""
    return demo.as_("admin")


@pytest.fixture(scope="module")
def raised(demo: Living, api: httpx.Client) -> list[Item]:
    """Alarms of three gauges of our own, one beside each of three of the demo's, above their first limit."""
    gauges = [demo.gauge(f"own-{number}", beside=beside) for number, beside in enumerate(demo.gauges()[:3])]
    with demo.mqtt() as publish:
        for number, gauge in enumerate(gauges, start=1):
            pack = [{"n": "stage", "u": "m", "v": 2 + number / 100, "t": round(time.time(), 3)}]
            publish(f"gridwatch/v1/{gauge['area']}/{gauge['id']}/senml", pack)
    return [eventually(lambda g=gauge: demo.every("alarms", device=g["id"]), "its alarm")[0] for gauge in gauges]


def get(client: httpx.Client, path: str, **asked: object) -> Any:
    """Ask, and expect an answer."""
    return client.get(f"/api/v1/{path}", params={k.rstrip("_"): v for k, v in asked.items()}).raise_for_status().json()


def problem(answer: httpx.Response, status: int) -> Item:
    """Read an RFC 9457 problem document."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document: Item = answer.json()
    assert {"type", "title", "status"} <= document.keys()
    assert document["status"] == status
    return document


def test_liveness_readiness_metrics_and_openapi(demo, api):
    """Each answers as documented; readiness has a reason per part."""
    anybody = httpx.Client(base_url=demo.run["http"])
    assert anybody.get("/healthz").status_code == 200
    ready = anybody.get("/readyz").json()
    assert ready["ready"]
    assert set(ready["parts"]) >= {"database", "worker"}
    metrics = anybody.get("/metrics")
    assert metrics.headers["content-type"].startswith("text/plain")
    assert "gridwatch_alarms_active" in metrics.text
    paths = api.get("/api/v1/openapi.json").raise_for_status().json()["paths"]
    for path in ("/alarms/{alarm_id}/acknowledge", "/incidents", "/devices/{device_id}/readings", "/warnings.cap"):
        assert f"/api/v1{path}" in paths, sorted(paths)
    anybody.close()


def test_nobody_comes_in_without_a_token(demo):
    """401 as a problem document, for a missing, a wrong and a wrongly asked-for token."""
    with httpx.Client(base_url=demo.run["http"]) as anybody:
        problem(anybody.get("/api/v1/alarms"), 401)
        problem(anybody.get("/api/v1/alarms", headers={"Authorization": "Bearer nonsense"}), 401)
        problem(anybody.post("/api/v1/token", data={"username": "admin", "password": "wrong"}), 401)


def test_alarms_are_listed_filtered_and_paged(api, raised):
    """Every item has its fields; each filter chooses; pages of one follow each other without loss."""
    found = get(api, "alarms", state="active", priority=4, device=raised[0]["device"])
    assert found["next"] is None
    (item,) = found["items"]
    assert item == raised[0]
    assert ALARM | {"version"} <= item.keys()
    assert {"code", "name", "path"} <= item["grid"].keys()
    assert datetime.fromisoformat(item["raised_at"]).tzinfo is not None
    town = item["grid"]["path"][1]["code"]
    assert item["id"] in {alarm["id"] for alarm in get(api, "alarms", grid=town)["items"]}
    assert get(api, "alarms", priority=1, device=item["device"])["items"] == []
    assert get(api, "alarms", state="acked", device=item["device"])["items"] == []
    whole, pages, cursor = get(api, "alarms", limit=1000)["items"], [], {}
    while True:
        page = get(api, "alarms", limit=1, **cursor)
        pages += page["items"]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert [alarm["id"] for alarm in pages] == [alarm["id"] for alarm in whole]
    assert len(pages) >= 3


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("alarms?priority=5", 422),
        ("alarms?state=wild", 422),
        ("alarms?limit=0", 422),
        ("devices?limit=x", 422),
        ("alarms?cursor=nonsense", 400),
    ],
)
def test_a_wrong_question_is_a_problem(api, asked, status):
    """A filter that cannot be is refused by name."""
    assert problem(api.get(f"/api/v1/{asked}"), status)


@pytest.mark.parametrize("path", ["alarms/999999", "alarms/x", "incidents/999999", "devices/nobody", "nowhere"])
def test_what_is_not_there_is_a_problem(api, path):
    """404 as a problem document."""
    problem(api.get(f"/api/v1/{path}"), 404)


def test_an_officer_acknowledges_and_shelves_with_the_version_seen(demo, api, raised):
    """The answer is the alarm; a stale version is refused with the current one, and changes nothing."""
    first, second = raised[0], raised[1]
    path = f"/api/v1/alarms/{first['id']}"
    officer = demo.as_("officer")
    acked = officer.post(f"{path}/acknowledge", json={"version": first["version"], "comment": "看过"})
    assert acked.raise_for_status().json()["state"] == "acked"
    stale = officer.post(f"{path}/acknowledge", json={"version": first["version"]})
    assert problem(stale, 409)["current"] == acked.json()
    detail = get(api, f"alarms/{first['id']}")
    assert [(step["cause"], step["actor"], step["comment"]) for step in detail["transitions"]] == [
        ("raised", "engine", ""),
        ("acknowledged", "officer", "看过"),
    ]
    assert detail["guidance"]["means"]
    assert detail["guidance"]["do"]
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    path = f"/api/v1/alarms/{second['id']}/shelve"
    shelved = officer.post(path, json={"version": second["version"], "until": until, "reason": "检修"})
    assert datetime.fromisoformat(shelved.raise_for_status().json()["shelved_until"]) == datetime.fromisoformat(until)
    problem(officer.post(path, json={"version": second["version"], "until": until, "reason": "检修"}), 409)
    past = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    problem(officer.post(path, json={"version": shelved.json()["version"], "until": past, "reason": "x"}), 422)
    problem(officer.post(path, json={"version": 1}), 422)
    problem(demo.as_("screen").post(path, json={"version": 1, "until": until, "reason": "x"}), 403)


def test_an_incident_is_opened_by_hand_and_goes_its_way(demo, api, raised):
    """Opened, sent, arrived, finished, closed, each with the version seen; a step that does not follow is refused."""
    grid = raised[0]["grid"]["code"]
    opened = demo.as_("dispatcher").post("/api/v1/incidents", json={"kind": "other", "priority": 2, "grid": grid})
    incident = opened.raise_for_status().json()
    assert (incident["state"], incident["dispatch"], incident["grid"]["code"]) == ("open", "awaiting", grid)
    path = f"/api/v1/incidents/{incident['id']}"
    for action, dispatch in (("send", "sent"), ("arrive", "on_scene"), ("finish", "done"), ("close", "done")):
        problem(
            demo.as_("officer").post(f"{path}/{action}", json={"version": incident["version"] - 1}),
            409 if incident["version"] > 1 else 422,
        )
        answer = demo.as_("officer").post(f"{path}/{action}", json={"version": incident["version"]})
        incident = answer.raise_for_status().json()
        assert incident["dispatch"] == dispatch
    assert incident["state"] == "closed"
    assert get(api, f"incidents/{incident['id']}")["log"]
    listed = get(api, "incidents", state="closed", grid=grid)
    assert [item["id"] for item in listed["items"]] == [incident["id"]]
    assert problem(demo.as_("officer").post(f"{path}/dance", json={"version": 1}), 422)


def test_devices_are_listed_filtered_and_changed(api, raised):
    """Items have their fields; kind, area and grid choose; a device is registered, read and changed by PUT."""
    gauges = get(api, "devices", kind="gauge", limit=1000)["items"]
    assert {device["kind"] for device in gauges} == {"gauge"}
    assert all(device.keys() >= DEVICE for device in gauges)
    gauge = get(api, f"devices/{raised[0]['device']}")
    eventually(lambda: get(api, f"devices/{gauge['id']}")["last_seen"], "last_seen, written four times a minute")
    for name, value in (("area", gauge["area"]), ("grid", gauge["grid"]["path"][1]["code"])):
        found = get(api, "devices", limit=1000, **{name: value})["items"]
        assert gauge["id"] in {device["id"] for device in found}
        assert len(found) < len(get(api, "devices", limit=1000)["items"])
    body = {"kind": "gauge", "name": "新站", "lon": gauge["lon"], "lat": gauge["lat"]}
    body["metrics"] = [{"metric": "stage", "unit": "cm", "limits": {"4": 250}}]
    made = api.put("/api/v1/devices/new-1", json=body).raise_for_status().json()
    assert (made["grid"], made["area"]) == (gauge["grid"], gauge["area"])
    problem(api.put("/api/v1/devices/new-1", json=body | {"version": made["version"] + 7}), 409)
    problem(api.put("/api/v1/devices/new-1", json=body | {"metrics": [{"metric": "stage", "unit": "Cel"}]}), 422)


def test_readings_come_as_they_came_or_by_steps(demo, api):
    """Twenty readings by pages of seven, and as min, mean and max of five minutes; unit and metric are told."""
    begins = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=3)
    body = {"kind": "gauge", "metrics": [{"metric": "stage", "unit": "ft"}]}
    area = api.put("/api/v1/devices/steps-1", json=body).raise_for_status().json()["area"] or "x"
    pack: list[Item] = [
        {"bt": begins.timestamp(), "n": "stage", "u": "ft", "v": n, "t": 60 * n}
        if n == 0
        else {"n": "stage", "u": "ft", "v": n, "t": 60 * n}
        for n in range(20)
    ]
    span = {"metric": "stage", "from": begins.isoformat(), "to": (begins + timedelta(hours=1)).isoformat()}
    with demo.mqtt() as publish:
        publish(f"gridwatch/v1/{area}/steps-1/senml", pack)
    eventually(lambda: len(get(api, "devices/steps-1/readings", **span)["items"]) == 20, "twenty readings")
    items, cursor = [], {}
    while True:
        page = get(api, "devices/steps-1/readings", limit=7, **span, **cursor)
        assert (page["metric"], page["unit"]) == ("stage", "ft")
        items += page["items"]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert [(datetime.fromisoformat(i["time"]) - begins, i["value"], i["quality"]) for i in items] == [
        (timedelta(minutes=n), float(n), 0) for n in range(20)
    ]
    steps = get(api, "devices/steps-1/readings", step="5min", **span)["items"]
    assert [(step["min"], step["mean"], step["max"]) for step in steps] == [
        (0.0, 2.0, 4.0),
        (5.0, 7.0, 9.0),
        (10.0, 12.0, 14.0),
        (15.0, 17.0, 19.0),
    ]


def test_grids_are_geojson_and_a_point_is_located(api, raised):
    """Features of one level; the path of a point, in every datum; a point outside is told so."""
    towns = api.get("/api/v1/grids.geojson", params={"level": "town"}).raise_for_status()
    assert towns.headers["content-type"] == "application/geo+json"
    features = towns.json()["features"]
    assert {feature["geometry"]["type"] for feature in features} <= {"Polygon", "MultiPolygon"}
    codes = {feature["properties"]["code"] for feature in features}
    alarm = raised[0]
    located = get(api, "grids/locate", lon=alarm["lon"], lat=alarm["lat"], datum="wgs84")
    assert located["path"] == alarm["grid"]["path"]
    assert located["path"][1]["code"] in codes
    shifted = get(api, "grids/locate", lon=alarm["lon"], lat=alarm["lat"], datum="gcj02")
    assert shifted["lon"] != pytest.approx(alarm["lon"], abs=1e-4)
    assert get(api, "grids/locate", lon=0, lat=0)["path"] == []
    problem(api.get("/api/v1/grids/locate", params={"lon": 500, "lat": 0}), 422)


def test_active_warnings_are_cap(demo, api, raised):
    """Each message that was published is valid CAP 1.2, and so are those in force as one message."""
    gauge = demo.gauge("own-red", beside=demo.gauges()[0])
    with demo.mqtt() as publish:
        pack = [{"n": "stage", "u": "m", "v": 6.0, "t": round(time.time(), 3)}]
        publish(f"gridwatch/v1/{gauge['area']}/{gauge['id']}/senml", pack)

    def published() -> list[str]:
        index = ET.fromstring(api.get("/api/v1/warnings.atom").raise_for_status().text)  # noqa: S314 -- our own answer
        return [link.get("href", "") for link in index.iterfind("{*}entry/{*}link")]

    for address in eventually(published, "a warning"):
        assert checked(api.get(address).raise_for_status().text).findtext("{*}status") == "Exercise"
    answer = api.get("/api/v1/warnings.cap").raise_for_status()
    assert "xml" in answer.headers["content-type"]
    root = checked(answer.text)
    assert root.tag == "{urn:oasis:names:tc:emergency:cap:1.2}alert"
    assert root.findtext("{*}msgType")
    assert root.find("{*}info/{*}area/{*}polygon") is not None


@pytest.fixture
def feed(demo: Living) -> Iterator[Any]:
    """Opens the live feed as an officer, from a number on if one is given."""
    token = demo.as_("officer").headers["Authorization"]

    def follow(after: int | None = None) -> ClientConnection:
        address = demo.run["http"].replace("http", "ws", 1) + "/api/v1/live"
        address += "" if after is None else f"?from={after}"
        return stack.enter_context(connect(address, additional_headers={"Authorization": token}))

    with ExitStack() as stack:
        yield follow


def until(connection: ClientConnection, type_: str, **what: object) -> Item:
    """Read frames until one of a kind says what is wanted."""
    deadline = time.monotonic() + 10 * ROUND_S
    while time.monotonic() < deadline:
        frame: Item = json.loads(connection.recv(timeout=ROUND_S))
        if frame["type"] == type_ and all(frame.get(name) == value for name, value in what.items()):
            return frame
    pytest.fail(f"no {type_} {what}")


def test_the_live_feed_begins_with_everything_goes_on_and_resumes(demo, feed, raised):
    """A snapshot, then the change with the next numbers; who comes back with a number hears what it missed."""
    alarm = demo.every("alarms", device=raised[2]["device"])[0]
    connection = feed()
    snapshot = until(connection, "snapshot")
    assert alarm["id"] in {item["id"] for item in snapshot["alarms"]}
    assert {"counters", "grids", "incidents", "at"} <= snapshot.keys()
    path = f"/api/v1/alarms/{alarm['id']}/acknowledge"
    demo.as_("officer").post(path, json={"version": alarm["version"]}).raise_for_status()
    change = until(connection, "change", kind="alarm", id=alarm["id"])
    assert change["seq"] > snapshot["seq"]
    assert change["item"]["state"] == "acked"
    assert until(connection, "beat")["worker_alive_at"]
    missed = until(feed(snapshot["seq"]), "change", kind="alarm", id=alarm["id"])
    assert (missed["seq"], missed["item"]) == (change["seq"], change["item"])
