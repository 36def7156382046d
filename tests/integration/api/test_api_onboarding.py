"""How a device comes to be known over HTTP: it waits, is guessed, hidden, taken over, swapped; its history stays."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from psycopg.types.json import Jsonb

from alerts.carriers import Carrier, CarrierKind, ensure_carriers
from database import connect
from database.connection import Connection
from ingest.registration import NewChannel, NewDevice, lead, register
from tests.living import eventually

Client = Callable[[str | None], httpx.AsyncClient]
START = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
GAUGE = {
    "kind": "gauge",
    "name": "石桥水位站",
    "lon": 120.5,
    "lat": 31.5,
    "metrics": [{"metric": "stage", "unit": "m", "interval_s": 300, "limits": {"2": 5.5}}],
}


def wait(county: Any, device: str, payload: bytes = b"[]", source: str = "senml", **more: Any) -> None:
    """Let a device wait: it was heard eleven times within fifty minutes."""
    county.connection.execute(
        """
        INSERT INTO waiting_devices (id, source, area, first_seen, last_seen, messages, topic, payload, announced)
        VALUES (%s, %s, %s, %s, %s, 11, %s, %s, %s)
        """,
        (
            *(device, source, more.get("area", ""), START - timedelta(minutes=50), START),
            *(more.get("topic", f"gridwatch/v1/T1/{device}/senml"), payload),
            Jsonb(more["announced"]) if "announced" in more else None,
        ),
    )
    county.connection.commit()


async def test_what_waits_is_told_in_plain_words_with_a_guess(client: Client, county: Any) -> None:
    """The last payload comes decoded, with kind, metrics, units and interval; what it cannot read, it says."""
    wait(county, "g9", b'[{"n":"stage","u":"m","v":3.25},{"n":"voltage","u":"V","v":12.1}]')
    wait(county, "x9", b"\x00\x01", source="sl651", topic="sl651/T1/x9")
    wait(county, "y9", b"{}", source="a format that was taken out")
    page = (await client("admin").get("/api/v1/waiting")).json()
    by_id = {item["id"]: item for item in page["items"]}
    guess = by_id["g9"]["suggestion"]
    assert [(said["metric"], said["value"], said["unit"]) for said in guess["said"]] == [
        ("stage", 3.25, "m"),
        ("voltage", 12.1, "V"),
    ]
    assert (guess["kind"], guess["interval_s"], guess["metrics"][0]) == (
        "gauge",
        300.0,
        {"metric": "stage", "unit": "m"},
    )
    assert by_id["x9"]["suggestion"]["rejected"]
    assert by_id["x9"]["payload_text"] is None
    assert by_id["y9"]["suggestion"]["rejected"][0].startswith("unsupported")
    assert page["hidden"] == 0
    alone = (await client("admin").get("/api/v1/waiting/g9")).json()
    assert alone == by_id["g9"]


async def test_what_is_not_ours_is_hidden_and_can_be_brought_back(client: Client, county: Any) -> None:
    """Hidden with a reason it is in no list and no count but its own; shown again it waits as before."""
    wait(county, "stranger")
    admin = client("admin")
    hidden = await admin.post("/api/v1/waiting/stranger/hide", json={"reason": "邻县的设备"})
    assert (hidden.status_code, hidden.json()["hidden"]["by"]) == (200, "admin"), hidden.text
    page = (await admin.get("/api/v1/waiting")).json()
    assert (page["items"], page["hidden"]) == ([], 1)
    assert [item["id"] for item in (await admin.get("/api/v1/waiting?hidden=true")).json()["items"]] == ["stranger"]
    assert (await admin.post("/api/v1/waiting/stranger/show")).json()["hidden"] is None
    assert [item["id"] for item in (await admin.get("/api/v1/waiting")).json()["items"]] == ["stranger"]
    trail = (await admin.get("/api/v1/audit")).json()["items"]
    assert [row["action"] for row in trail[:2]] == ["waiting.show", "waiting.hide"]
    assert (await admin.post("/api/v1/waiting/nobody/hide", json={"reason": "x"})).status_code == 404


async def test_announced_devices_are_taken_over_together_with_their_gateways_place(client: Client, county: Any) -> None:
    """All of them or none; without a place of their own they stand where the gateway does, and it says so."""
    admin = client("admin")
    assert (
        await admin.put("/api/v1/devices/z2m", json={"kind": "gateway", "lon": 119.5, "lat": 30.5})
    ).status_code == 201
    channels = [{"metric": "water", "unit": "1"}, {"metric": "battery", "unit": "%EL"}]
    told = {"kind": "", "name": "机房水浸", "model": "SJCGQ11LM", "gateway": "z2m", "channels": channels}
    wait(county, "leak-1", announced=told)
    wait(county, "leak-2", announced=told | {"name": "", "gateway": None})
    body = {"devices": [{"id": "leak-1"}, {"id": "leak-2", "kind": "other", "name": "仓库"}, {"id": "nobody"}]}
    assert (await admin.post("/api/v1/waiting/register", json=body)).status_code == 404
    assert len((await admin.get("/api/v1/waiting")).json()["items"]) == 2
    done = await admin.post("/api/v1/waiting/register", json={"devices": body["devices"][:2]})
    assert done.json() == {
        "registered": ["leak-1", "leak-2"],
        "placed_by_gateway": ["leak-1"],
        "without_place": ["leak-2"],
    }, done.text
    first = (await admin.get("/api/v1/devices/leak-1")).json()
    assert (first["name"], first["gateway"], first["grid"]["code"]) == ("机房水浸", "z2m", "T1-1")
    assert first["attributes"] == {"model": "SJCGQ11LM", "place_from": "gateway"}
    assert {m["metric"]: m["interval_s"] for m in first["metrics"]} == {"battery": 300.0, "water": None}
    behind = (await admin.get("/api/v1/devices/z2m/children")).json()
    assert ([c["id"] for c in behind["items"]], behind["total"], behind["heard"]) == (["leak-1"], 1, 0)
    assert (await admin.get("/api/v1/waiting")).json()["items"] == []


async def test_a_circle_of_gateways_is_refused(client: Client) -> None:
    """A device cannot report through itself, by however many steps; nothing is written."""
    admin = client("admin")
    for device, gateway in (("a", None), ("b", "a"), ("c", "b")):
        assert (await admin.put(f"/api/v1/devices/{device}", json={"kind": "gateway", "gateway": gateway})).is_success
    for gateway in ("a", "c"):
        refused = await admin.put("/api/v1/devices/a", json={"kind": "gateway", "gateway": gateway})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "body.gateway")
    assert (await admin.get("/api/v1/devices/a")).json()["gateway"] is None


async def test_history_tells_everything_that_became_of_a_device(client: Client, county: Any) -> None:
    """Registered, changed, moved, retired and returned, each with before and after, by whom and why; nothing twice."""
    admin = client("admin")

    async def put(**change: Any) -> dict[str, Any]:
        answer = await admin.put("/api/v1/devices/g9", json=GAUGE | change)
        assert answer.is_success, answer.text
        return dict(answer.json())

    await put()
    await put()  # the same again is no change
    await put(name="新石桥水位站")
    moved = await put(name="新石桥水位站", lon=119.5)
    assert moved["grid"]["code"] == "T1-2"
    retired = await admin.post("/api/v1/devices/g9/retire", json={"version": moved["version"], "reason": "拆除"})
    assert retired.json()["state"] == "retired"
    await put(name="新石桥水位站", lon=119.5)
    items = (await admin.get("/api/v1/devices/g9/history")).json()["items"]
    assert [item["what"] for item in items] == ["returned", "retired", "moved", "changed", "registered"]
    assert {item["actor"] for item in items} == {"admin"}
    assert items[1]["note"] == "拆除"
    assert (items[2]["before"]["grid"], items[2]["after"]["grid"]) == ("T2-2", "T1-2")
    assert items[3]["before"]["name"] == "石桥水位站"
    assert items[4]["before"] is None
    assert items[4]["after"]["metrics"]["stage"]["limits"] == [None, 5.5, None, None]
    first = (await admin.get("/api/v1/devices/g9/history?limit=2")).json()
    rest = (await admin.get(f"/api/v1/devices/g9/history?cursor={first['next']}")).json()
    assert [item["id"] for item in first["items"] + rest["items"]] == [item["id"] for item in items]
    assert (await admin.get("/api/v1/devices/nobody/history")).status_code == 404


async def test_a_swap_hands_over_place_role_and_children_and_ends_open_alarms(client: Client, county: Any) -> None:
    """The new device is what the old one was; the old one's alarms end and say why, and stay findable; the chain is told."""
    admin = client("admin")
    old = (await admin.put("/api/v1/devices/gw-old", json=GAUGE | {"building": "泵房", "codec": None})).json()
    for child in ("c1", "c2"):
        body = {"kind": "gauge", "gateway": "gw-old", "attributes": {"downstream": "gw-old", "river": "东河"}}
        await admin.put(f"/api/v1/devices/{child}", json=body)
    alarm = county.alarm("gw-old")
    acked = county.alarm("gw-old", priority=3, state="acked")
    taken = await admin.post(
        "/api/v1/devices/gw-old/swap", json={"version": old["version"], "new_id": "c1", "reason": "x"}
    )
    assert (taken.status_code, taken.json()["type"]) == (409, "urn:gridwatch:taken-id")
    body = {"version": old["version"], "new_id": "gw-new", "reason": "雷击损坏"}
    new = await admin.post("/api/v1/devices/gw-old/swap", json=body)
    assert new.status_code == 200, new.text
    item = new.json()
    assert (item["id"], item["name"], item["building"], item["lon"]) == ("gw-new", "石桥水位站", "泵房", 120.5)
    assert item["metrics"][0]["limits"]["2"] == 5.5
    gone = (await admin.get("/api/v1/devices/gw-old")).json()
    assert (gone["state"], gone["replaced_by"]) == ("retired", "gw-new")
    child = (await admin.get("/api/v1/devices/c1")).json()
    assert (child["gateway"], child["attributes"]) == ("gw-new", {"downstream": "gw-new", "river": "东河"})
    told = (await admin.get(f"/api/v1/alarms/{alarm}")).json()
    assert (told["state"], told["device"]) == ("rtnun", "gw-old")
    step = told["history"][-1] if "history" in told else told["transitions"][-1]
    assert (step["cause"], step["comment"]) == ("rule-removed", "device-swapped gw-new")
    assert (await admin.get(f"/api/v1/alarms/{acked}")).json()["state"] == "norm"
    assert len((await admin.get("/api/v1/alarms?device=gw-old")).json()["items"]) == 2
    for device, what in (("gw-old", ["swapped", "registered"]), ("gw-new", ["swapped"])):
        history = (await admin.get(f"/api/v1/devices/{device}/history")).json()
        assert [entry["what"] for entry in history["items"]] == what
        assert [link["id"] for link in history["chain"]] == ["gw-old", "gw-new"]
    again = await admin.post("/api/v1/devices/gw-old/swap", json=body)
    assert (again.status_code, again.json()["type"]) == (409, "urn:gridwatch:stale-version")


def _is_waited_for(connection: Connection) -> bool:
    return connection.execute("SELECT count(*) > 0 FROM pg_locks WHERE NOT granted").fetchone() == (True,)


async def test_what_another_registers_meanwhile_is_not_taken_over_again(
    client: Client, county: Any, database_url: str
) -> None:
    """Whoever comes second finds that it waits no longer; name and limits of the first stand."""
    wait(county, "g9", b'[{"n":"stage","u":"m","v":3.25}]')
    with connect(database_url) as other:
        limits = (None, 5.5, None, None)
        channels = (NewChannel(metric="stage", unit="m", limits=limits),)
        first = NewDevice(id="g9", kind="gauge", name="石桥水位站", lon=120.5, lat=31.5, channels=channels)
        register(other.cursor(), [first], now=START)
        second = asyncio.create_task(client("admin").post("/api/v1/waiting/register", json={"devices": [{"id": "g9"}]}))
        await asyncio.to_thread(eventually, lambda: _is_waited_for(other) or second.done(), "the second one to wait")
    answer = await second
    assert answer.status_code == 404, answer.text
    item = (await client("admin").get("/api/v1/devices/g9")).json()
    assert (item["name"], item["metrics"][0]["limits"]["2"]) == ("石桥水位站", 5.5)


async def test_who_registers_while_a_county_is_imported_is_told_to_wait(client: Client, database_url: str) -> None:
    """The database is not said to be away: it is busy."""
    with connect(database_url) as importing:
        lead(importing.cursor())
        answer = await client("admin").put("/api/v1/devices/g9", json=GAUGE)
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:gridwatch:busy"), answer.text


async def test_a_device_that_is_named_twice_is_taken_over_by_no_guess(client: Client, county: Any) -> None:
    """It is said, and nothing is registered."""
    wait(county, "g9", b'[{"n":"stage","u":"m","v":3.25}]')
    body = {"devices": [{"id": "g9"}, {"id": "g9", "name": "x"}]}
    assert (await client("admin").post("/api/v1/waiting/register", json=body)).status_code == 422
    assert (await client("admin").get("/api/v1/devices/g9")).status_code == 404


async def test_what_is_to_be_new_changes_none_that_is_there(client: Client) -> None:
    """Two officers register the same id: the second is told. One that was retired may be registered again so."""
    admin = client("admin")
    new = GAUGE | {"version": 0}
    item = (await admin.put("/api/v1/devices/g9", json=new)).json()
    again = await admin.put("/api/v1/devices/g9", json=new | {"metrics": []})
    assert (again.status_code, again.json()["current"]["id"]) == (409, "g9")
    await admin.post("/api/v1/devices/g9/retire", json={"version": item["version"], "reason": "x"})
    assert (await admin.put("/api/v1/devices/g9", json=new)).status_code == 200


async def test_what_carries_the_alarms_of_a_link_is_no_device(client: Client, county: Any) -> None:
    """It is not registered, taken over, swapped or retired: the outage of a town's network hangs on it."""
    (key,) = ensure_carriers(
        county.connection.cursor(), [Carrier(id="link:T1", kind=CarrierKind.LINK, name="T1 网络", area="T1")]
    ).values()
    wait(county, "link:T1", b'[{"n":"stage","u":"m","v":3.25}]')
    admin = client("admin")
    for answer in (
        await admin.put("/api/v1/devices/link:T1", json=GAUGE),
        await admin.post("/api/v1/waiting/register", json={"devices": [{"id": "link:T1"}]}),
        await admin.post("/api/v1/devices/link:T1/retire", json={"version": 1, "reason": "x"}),
        await admin.post("/api/v1/devices/link:T1/swap", json={"version": 1, "new_id": "n", "reason": "x"}),
    ):
        assert answer.status_code in {404, 422}, answer.text
    row = county.connection.execute("SELECT kind, retired_at FROM devices WHERE key = %s", (key,)).fetchone()
    assert row == ("link", None)


async def test_a_swap_that_would_make_a_circle_of_gateways_is_refused(client: Client) -> None:
    """The new device is the gateway of the old one's gateway."""
    admin = client("admin")
    await admin.put("/api/v1/devices/mid", json={"kind": "gateway", "gateway": "far"})
    old = (await admin.put("/api/v1/devices/old", json=GAUGE | {"gateway": "mid"})).json()
    body = {"version": old["version"], "new_id": "far", "reason": "x"}
    answer = await admin.post("/api/v1/devices/old/swap", json=body)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:gridwatch:invalid"), answer.text
    assert (await admin.get("/api/v1/devices/old")).json()["state"] == "never_heard"


# A grid worker in the field -------------------------------------------------------------------------------------------

HERE = {
    "lon": 119.5,
    "lat": 30.5,
    "datum": "wgs84",
    "accuracy_m": 8,
    "kind": "smoke",
    "name": "3 栋 2 层",
    "building": "3 栋",
}


async def test_a_grid_worker_registers_what_waits_where_he_stands(client: Client, county: Any) -> None:
    """An officer's account does it, with the metrics that were heard; who, where and how sure is in trail and history."""
    wait(county, "s9", b'[{"n":"smoke","u":"%/m","v":0.4}]', area="T1")
    officer = client("officer")
    (near,) = (await officer.get("/api/v1/field/devices?lon=119.5&lat=30.5")).json()["items"]
    assert (near["id"], near["state"], near["kind"]) == ("s9", "waiting", "smoke")
    done = await officer.post("/api/v1/field/devices/s9", json=HERE)
    assert done.status_code == 200, done.text
    item = done.json()
    assert (item["grid"]["code"], item["area"], item["building"]) == ("T1-1", "T1", "3 栋")
    assert item["metrics"][0]["metric"] == "smoke"
    (entry,) = (await officer.get("/api/v1/devices/s9/history")).json()["items"]
    assert (entry["way"], entry["actor"], entry["note"]) == ("field", "officer", "±8 m")
    (row, *_) = (await client("admin").get("/api/v1/audit")).json()["items"]
    assert (row["action"], row["detail"]["accuracy_m"], row["detail"]["datum"]) == ("device.field", 8, "wgs84")
    assert (await officer.get("/api/v1/field/devices/s9?lon=119.5&lat=30.5")).json()["state"] == "registered"


async def test_a_vague_place_or_one_in_no_grid_wants_a_word(client: Client) -> None:
    """More than fifty metres, or outside of every grid, is refused until it is said to be meant."""
    officer = client("officer")
    for change in ({"accuracy_m": 51}, {"lon": 125.0}):
        refused = await officer.post("/api/v1/field/devices/n1", json=HERE | change)
        assert (refused.status_code, refused.json()["type"]) == (422, "urn:gridwatch:unsure"), refused.text
        assert (await officer.post("/api/v1/field/devices/n1", json=HERE | change | {"is_meant": True})).is_success


async def test_a_known_device_gets_its_place_and_keeps_all_else(client: Client, county: Any) -> None:
    """Limits, kind and gateway are not the phone's to change; a datum of a map program is converted."""
    admin = client("admin")
    await admin.put("/api/v1/devices/g9", json=GAUGE | {"attributes": {"place_from": "gateway", "river": "东河"}})
    (near,) = (await client("officer").get("/api/v1/field/devices")).json()["items"]
    assert (near["id"], near["state"]) == ("g9", "unplaced")
    body = HERE | {"datum": "gcj02", "accuracy_m": None, "name": ""}
    moved = (await client("officer").post("/api/v1/field/devices/g9", json=body)).json()
    assert (moved["kind"], moved["name"], moved["grid"]["code"]) == ("gauge", "石桥水位站", "T1-1")
    assert moved["lon"] == pytest.approx(119.5 - 0.0045, abs=0.002)
    assert moved["lon"] != 119.5
    assert moved["attributes"] == {"river": "东河"}
    assert moved["metrics"][0]["limits"]["2"] == 5.5


async def test_the_field_ends_where_the_areas_of_the_account_end(client: Client, county: Any) -> None:
    """Whoever has one town registers nothing in another and moves nothing out of it; a screen registers nothing at all."""
    limited = client("limited")
    assert (await limited.post("/api/v1/field/devices/n1", json=HERE)).is_success
    elsewhere = await limited.post("/api/v1/field/devices/n2", json=HERE | {"lon": 120.5})
    assert (elsewhere.status_code, elsewhere.json()["type"]) == (403, "urn:gridwatch:area")
    await client("admin").put("/api/v1/devices/t2", json=GAUGE)
    assert (await limited.post("/api/v1/field/devices/t2", json=HERE)).status_code == 403
    assert (await client("screen").post("/api/v1/field/devices/n3", json=HERE)).status_code == 403
    retired = (await client("admin").get("/api/v1/devices/n1")).json()
    await client("admin").post("/api/v1/devices/n1/retire", json={"version": retired["version"], "reason": "x"})
    assert (await limited.post("/api/v1/field/devices/n1", json=HERE)).status_code == 409


async def test_the_pages_of_the_field_are_served(client: Client, county: Any) -> None:
    """The phone's page may ask for the place, no other page may; labels carry a code for each device."""
    officer = client("officer")
    page = await officer.get("/field?device=s9")
    assert page.status_code == 200
    assert "geolocation=(self)" in page.headers["permissions-policy"]
    assert "geolocation=()" in (await officer.get("/devices")).headers["permissions-policy"]
    county.device("g1")
    sheet = (await officer.get("/labels?device=g1&device=<b>")).text
    assert sheet.count("<svg") == 2
    assert "设备 g1" in sheet
    assert "<b>" not in sheet
    for wrong in ("x" * 5000, ""):
        assert (await officer.get("/labels", params={"device": wrong})).status_code == 422
    assert (await officer.get("/labels", params={"device": "长" * 128})).status_code == 200
    code = await officer.get("/labels/g1.svg")
    assert code.headers["content-type"] == "image/svg+xml"
    assert (await client(None).get("/field", headers={"accept": "text/html"})).status_code == 303
