"""Devices, readings, grids, points, what was not taken in, warnings, people, and the state of the server over HTTP."""

import base64
import gzip
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import numpy as np
import pytest
from fastapi import FastAPI

Client = Callable[[str | None], httpx.AsyncClient]
START = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)


def write_readings(county: Any, key: int, values: list[float | None], *, every: timedelta) -> None:
    """Store readings of `stage` from 8:00 on; None is a reading without a value."""
    connection = county.connection
    connection.execute("SELECT ensure_readings_week('2026-06-01')")
    for n, value in enumerate(values):
        connection.execute(
            "INSERT INTO readings SELECT %s, key, %s, %s, %s, 0, %s FROM metrics WHERE name = 'stage'",
            (key, START + n * every, float("nan") if value is None else value, 3 if value is None else 0, START),
        )
    connection.commit()


async def test_a_device_is_registered_placed_and_changed(client: Client, county: Any) -> None:
    """PUT makes a device in its grid and town, takes it off the waiting list, and changes it with its version."""
    county.connection.execute(
        "INSERT INTO waiting_devices (id, source, first_seen, last_seen, topic, payload)"
        " VALUES ('g9', 'senml', %s, %s, 't', %s)",
        (START, START, b"[{}]"),
    )
    county.connection.commit()
    admin = client("admin")
    waiting = (await admin.get("/api/v1/waiting")).json()["items"]
    assert [(item["id"], base64.b64decode(item["payload"]), item["payload_text"]) for item in waiting] == [
        ("g9", b"[{}]", "[{}]")
    ]
    body = {
        "kind": "gauge",
        "name": "石桥水位站",
        "lon": 120.5,
        "lat": 31.5,
        "metrics": [{"metric": "stage", "unit": "m", "interval_s": 300, "limits": {"4": 3, "2": 5.5}}],
    }
    made = await admin.put("/api/v1/devices/g9", json=body)
    assert made.status_code == 201, made.text
    item = made.json()
    assert (item["area"], item["grid"]["code"], item["state"]) == ("T2", "T2-2", "never_heard")
    assert item["metrics"][0]["limits"] == {"1": None, "2": 5.5, "3": None, "4": 3.0}
    assert (await admin.get("/api/v1/waiting")).json()["items"] == []
    changed = await admin.put("/api/v1/devices/g9", json=body | {"name": "新名", "version": item["version"]})
    assert (changed.status_code, changed.json()["name"]) == (200, "新名")
    stale = await admin.put("/api/v1/devices/g9", json=body | {"version": item["version"]})
    assert (stale.status_code, stale.json()["current"]["name"]) == (409, "新名")
    assert (await admin.get("/api/v1/devices/g9")).json()["version"] == changed.json()["version"]


@pytest.mark.parametrize(
    "change",
    [
        {"lon": 120.5},
        {"lon": 220, "lat": 31},
        {"kind": "No Kind"},
        {"datum": "mars"},
        {"owner": "somebody"},
        {"metrics": [{"metric": "stage", "unit": "m"}, {"metric": "stage", "unit": "m"}]},
        {"metrics": [{"metric": "stage", "unit": "m", "limits": {"5": 1}}]},
    ],
)
async def test_a_wrong_device_is_refused(client: Client, change: dict[str, Any]) -> None:
    """A body with a field that is wrong or unknown is a 422 and nothing is written."""
    answer = await client("admin").put("/api/v1/devices/x", json={"kind": "gauge"} | change)
    assert answer.status_code == 422, answer.text
    assert (await client("admin").get("/api/v1/devices/x")).status_code == 404


async def test_devices_are_listed_with_their_state(client: Client, county: Any) -> None:
    """The state says the worst there is of a device, the filters agree with it, and pages come by id."""
    for device in ("a", "b", "c", "d", "e"):
        county.device(device, grid="T1-1" if device < "d" else "T2-1", area="T1" if device < "d" else "T2")
    county.connection.execute("UPDATE devices SET last_seen = %s WHERE id IN ('a', 'b', 'c')", (START,))
    county.connection.execute("UPDATE devices SET retired_at = %s WHERE id = 'e'", (START,))
    county.connection.commit()
    county.alarm("a", priority=3)
    county.alarm("b")
    county.connection.execute("UPDATE alarms SET condition = 'no-data' WHERE device = 2")
    county.connection.commit()
    until = (START + timedelta(hours=2)).isoformat()
    out = await client("commander").post("/api/v1/devices/c/out-of-service", json={"until": until, "reason": "检修"})
    assert (out.status_code, out.json()["state"]) == (200, "out_of_service"), out.text
    screen = client("screen")
    items = (await screen.get("/api/v1/devices")).json()["items"]
    assert [(item["id"], item["state"], item["priority"]) for item in items] == [
        ("a", "alarm", 3),
        ("b", "offline", 2),
        ("c", "out_of_service", None),
        ("d", "never_heard", None),
    ]

    async def ids(query: str) -> list[str]:
        return [item["id"] for item in (await screen.get(f"/api/v1/devices?{query}")).json()["items"]]

    assert await ids("state=alarm,offline") == ["a", "b"]
    assert await ids("state=retired") == ["e"]
    assert await ids("grid=T2") == ["d"]
    assert await ids("area=T1&kind=gauge,smoke") == ["a", "b", "c"]
    assert await ids("search=设备 d") == ["d"]
    first = (await screen.get("/api/v1/devices?limit=3")).json()
    assert await ids(f"limit=3&cursor={first['next']}") == ["d"]


async def test_readings_come_with_their_unit_and_without_holes_made_up(client: Client, county: Any) -> None:
    """Readings come oldest first in pages; what the device had no value for is null."""
    key = county.device("g1")
    write_readings(county, key, [1.0, None, 3.0, 4.0, 5.0], every=timedelta(minutes=1))
    screen, path = client("screen"), "/api/v1/devices/g1/readings"
    whole = (await screen.get(path)).json()
    assert (whole["metric"], whole["unit"], whole["next"]) == ("stage", "m", None)
    assert [(item["value"], item["quality"]) for item in whole["items"]] == [(1, 0), (None, 3), (3, 0), (4, 0), (5, 0)]
    first = (await screen.get(f"{path}?limit=2")).json()
    rest = (await screen.get(f"{path}?limit=5&cursor={first['next']}")).json()
    assert first["items"] + rest["items"] == whole["items"]
    part = (await screen.get(f"{path}?from=2026-06-01T08:02:00Z&to=2026-06-01T08:04:00Z")).json()
    assert [item["value"] for item in part["items"]] == [3, 4]


async def test_steps_are_min_mean_max_of_what_has_a_value(client: Client, county: Any) -> None:
    """A step counts only readings with a value; one without any has nulls; a page goes on after the last step."""
    key = county.device("g1")
    write_readings(county, key, [1.0, 2.0, None, 6.0, None, None, 7.0], every=timedelta(minutes=1))
    screen, path = client("screen"), "/api/v1/devices/g1/readings"
    for step in ("120s", "2min", "120", "PT2M", "2m"):
        page = (await screen.get(f"{path}?step={step}")).json()
        assert page["step_s"] == 120
        assert [(item["min"], item["mean"], item["max"], item["count"]) for item in page["items"]] == [
            (1, 1.5, 2, 2),
            (6, 6, 6, 1),
            (None, None, None, 0),
            (7, 7, 7, 1),
        ]
    first = (await screen.get(f"{path}?step=2min&limit=3")).json()
    rest = (await screen.get(f"{path}?step=2min&limit=3&cursor={first['next']}")).json()
    assert [item["time"] for item in rest["items"]] == ["2026-06-01T08:06:00Z"]
    for wrong in ("0", "-5s", "soon", "P", "PT", "1y", "400d"):
        assert (await screen.get(f"{path}?step={wrong}")).status_code == 422
    assert (await screen.get(f"{path}?metric=flow")).status_code == 422
    assert (await screen.get("/api/v1/devices/none/readings")).status_code == 404


async def test_grids_are_drawn_once_and_known_again(client: Client, county: Any) -> None:
    """The polygons of a level come zipped with an ETag, and a second request is told that nothing is new."""
    screen = client("screen")
    answer = await screen.get("/api/v1/grids.geojson?level=town&after=17")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/geo+json")
    assert answer.headers["content-encoding"] == "gzip"
    features = answer.json()["features"]
    assert [feature["properties"]["code"] for feature in features] == ["T1", "T2"]
    assert len((await screen.get("/api/v1/grids.geojson")).json()["features"]) == 7
    known = await screen.get("/api/v1/grids.geojson?level=town", headers={"if-none-match": answer.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")
    plain = await screen.get("/api/v1/grids.geojson?level=town", headers={"accept-encoding": "identity"})
    assert plain.json() == answer.json()
    assert (await screen.get("/api/v1/grids.geojson?level=street")).status_code == 422


async def test_a_point_is_located(client: Client) -> None:
    """A point has the path from the county down; outside there is none, but the nearest grid; a datum is converted."""
    screen = client("screen")
    found = (await screen.get("/api/v1/grids/locate?lon=120.25&lat=30.25")).json()
    assert [part["code"] for part in found["path"]] == ["C", "T2", "T2-1"]
    assert (found["grid"]["code"], found["in_gap"]) == ("T2-1", False)
    outside = (await screen.get("/api/v1/grids/locate?lon=125&lat=30.25")).json()
    assert (outside["grid"], outside["path"], outside["nearest"]["code"]) == (None, [], "T2-1")
    shifted = (await screen.get("/api/v1/grids/locate?lon=120.25&lat=30.25&datum=gcj02")).json()
    assert 0.001 < abs(shifted["lon"] - 120.25) < 0.01
    for wrong in ("lon=x&lat=1", "lat=1", "lon=181&lat=0", "lon=nan&lat=0", "lon=1&lat=1&datum=mars"):
        assert (await screen.get(f"/api/v1/grids/locate?{wrong}")).status_code == 422


async def test_points_are_columns_for_the_map(client: Client, county: Any) -> None:
    """Every device with a place is there with its kind and state; the ETag changes with a state, not without."""
    keys = [county.device(f"d{n}", kind=kind) for n, kind in enumerate(("smoke", "gauge", "camera", "pump"))]
    county.connection.execute("UPDATE devices SET lon = NULL WHERE id = 'd1'")
    county.connection.commit()
    county.alarm("d2", priority=3)
    screen = client("screen")
    answer = await screen.get("/api/v1/points.bin")
    body, n = answer.content, int.from_bytes(answer.content[:4], "little")
    assert len(body) == 4 + n * 14
    assert np.frombuffer(body, "<u4", n, 4).tolist() == [keys[0], keys[2], keys[3]]
    assert np.frombuffer(body, "<i4", n, 4 + 4 * n).tolist() == [119_500_000] * 3
    assert np.frombuffer(body, "<i4", n, 4 + 8 * n).tolist() == [30_500_000] * 3
    assert np.frombuffer(body, "u1", n, 4 + 12 * n).tolist() == [0, 3, 4]
    assert np.frombuffer(body, "u1", n, 4 + 13 * n).tolist() == [0, 3, 0]
    known = {"if-none-match": answer.headers["etag"]}
    assert (await screen.get("/api/v1/points.bin", headers=known)).status_code == 304
    county.alarm("d3", priority=1)
    assert (await screen.get("/api/v1/points.bin", headers=known)).content[-3:] == bytes([0, 3, 1])


async def test_rejected_messages_are_shown_with_their_reason(client: Client, county: Any) -> None:
    """What was not taken in is listed newest first with the raw bytes, for who may see raw payloads."""
    for reason in ("checksum", "malformed", "checksum"):
        county.connection.execute(
            "INSERT INTO rejected_messages (received, topic, source, reason, payload) VALUES (%s, 't', 'sl651', %s, %s)",
            (START, reason, b"~~\x00"),
        )
    county.connection.commit()
    admin = client("admin")
    first = (await admin.get("/api/v1/rejected?limit=2")).json()
    assert [item["reason"] for item in first["items"]] == ["checksum", "malformed"]
    assert base64.b64decode(first["items"][0]["payload"]) == b"~~\x00"
    rest = (await admin.get(f"/api/v1/rejected?limit=2&cursor={first['next']}")).json()
    assert ([item["reason"] for item in rest["items"]], rest["next"]) == (["checksum"], None)
    assert len((await admin.get("/api/v1/rejected?reason=malformed")).json()["items"]) == 1
    metrics = (await admin.get("/metrics")).text
    assert 'gridwatch_rejected_messages_total{reason="checksum"} 2.0' in metrics


async def test_accounts_are_made_over_http_within_limits(client: Client) -> None:
    """An administrator makes accounts with known areas and good passwords; a name is given once."""
    admin = client("admin")
    new = {"name": "值班员.1", "password": "a long enough one", "role": "officer", "areas": ["T1"]}
    made = await admin.post("/api/v1/users", json=new)
    assert (made.status_code, made.json()["areas"]) == (201, ["T1"]), made.text
    assert "password" not in made.text
    assert (await admin.post("/api/v1/users", json=new)).status_code == 409
    for wrong in ({"password": "short"}, {"areas": ["nowhere"]}, {"role": "king"}, {"name": "a b"}):
        answer = await admin.post("/api/v1/users", json=new | {"name": "other"} | wrong)
        assert answer.status_code in (409, 422), wrong
    names = [item["name"] for item in (await admin.get("/api/v1/users")).json()["items"]]
    assert "值班员.1" in names
    assert "other" not in names
    token = await client(None).post("/api/v1/token", data={"username": new["name"], "password": new["password"]})
    assert token.status_code == 200


async def test_readiness_has_a_reason_per_part(client: Client, county: Any, clock: Any) -> None:
    """The server is ready while a worker gave a sign within 10 s, and says who is not."""
    nobody = client(None)
    assert (await nobody.get("/healthz")).status_code == 200
    never = await nobody.get("/readyz")
    assert (never.status_code, never.json()["parts"]["worker"]["ready"]) == (503, False)
    county.alive(clock())
    ready = await nobody.get("/readyz")
    assert (ready.status_code, ready.json()["ready"]) == (200, True)
    clock.move(timedelta(seconds=11))
    silent = (await nobody.get("/readyz")).json()
    assert silent["parts"]["worker"]["reason"] == "silent for 11 s"
    assert silent["parts"]["database"] == {"ready": True, "reason": ""}


async def test_every_field_of_the_interface_is_described(app: FastAPI) -> None:
    """In the OpenAPI document every field of our own records and every parameter has a description."""
    document = app.openapi()
    schemas = document["components"]["schemas"]
    foreign = ("Body_", "HTTPValidationError", "ValidationError")
    bare = [
        f"{name}.{field}"
        for name, schema in schemas.items()
        if not name.startswith(foreign)
        for field, about in schema.get("properties", {}).items()
        if "description" not in about
    ]
    assert bare == []
    silent = [
        f"{path} {parameter['name']}"
        for path, methods in document["paths"].items()
        for method in methods.values()
        for parameter in method.get("parameters", [])
        if parameter["in"] == "query" and "description" not in parameter
    ]
    assert silent == []


async def test_big_answers_are_zipped(client: Client, county: Any) -> None:
    """A list of a hundred alarms crosses the wire as gzip."""
    county.devices(100)
    for n in range(100):
        county.alarm(f"g{n}")
    async with client("screen").stream("GET", "/api/v1/alarms") as answer:
        raw = b"".join([part async for part in answer.aiter_raw()])
    assert answer.headers["content-encoding"] == "gzip"
    assert len(raw) * 5 < len(gzip.decompress(raw))
