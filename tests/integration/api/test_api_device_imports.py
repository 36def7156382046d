"""A file of devices over HTTP: handed in, judged line by line, looked at, registered whole or not at all."""

import asyncio
import csv
import io
from collections.abc import Callable
from typing import Any

import httpx
import openpyxl

from ingest.device_file import read_content
from ingest.device_report import Report

Client = Callable[[str | None], httpx.AsyncClient]
HEADER = "编号,类型,名称,经度,纬度,坐标系,指标,单位,周期秒,橙色限值,网关"
ROWS = (
    "a1,烟感,甲,119.5,30.5,wgs84,烟雾浓度,%/m,300,,gw",
    "a2,烟感,乙,120.5,30.5,wgs84,烟雾浓度,%/m,300,,gw",
    "a3,水位站,丙,130,31.5,wgs84,水位,m,300,5,nobody",
    "gw,网关,丁,,,,,,,,",
)
WITHIN_S = 60


def table(*rows: str) -> bytes:
    """Write a file."""
    return "\n".join((HEADER, *rows)).encode()


async def hand_in(client: httpx.AsyncClient, content: bytes, name: str = "设备.csv") -> dict[str, Any]:
    """Hand a file in and wait until it was read."""
    answer = await client.post("/api/v1/devices/import", files={"file": (name, content)})
    assert answer.status_code == 202, answer.text
    return await settled(client, answer.json()["id"])


async def settled(client: httpx.AsyncClient, id_: str) -> dict[str, Any]:
    """Ask until a process has done its part."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            item: dict[str, Any] = (await client.get(f"/api/v1/devices/import/{id_}")).json()
            if item["state"] not in {"reading", "registering"}:
                return item
            await asyncio.sleep(0.1)


async def ids(client: httpx.AsyncClient) -> list[str]:
    """List what is registered."""
    return [item["id"] for item in (await client.get("/api/v1/devices")).json()["items"]]


async def test_a_file_is_judged_then_registered(client: Client) -> None:
    """Nothing is there before `apply`; doubts are told; then all is there, in grids, with history, and once only."""
    admin = client("admin")
    item = await hand_in(admin, table(*ROWS))
    assert item["state"] == "ready", item
    report = item["report"]
    assert (report["devices"], report["faults_total"]) == (4, 0)
    assert report["counts"] == {"new": 4, "changed": 0, "unchanged": 0, "returning": 0, "placed": 2, "unplaced": 2}
    assert {(doubt["line"], doubt["code"]) for doubt in report["doubts"]} == {
        (4, "outside"),
        (4, "gateway-unknown"),
        (5, "no-place"),
    }
    assert await ids(admin) == []
    assert (await admin.post(f"/api/v1/devices/import/{item['id']}/apply")).status_code == 202
    assert (await settled(admin, item["id"]))["state"] == "registered"
    assert await ids(admin) == ["a1", "a2", "a3", "gw"]
    first = (await admin.get("/api/v1/devices/a1")).json()
    assert (first["grid"]["code"], first["gateway"], first["kind"]) == ("T1-1", "gw", "smoke")
    (entry,) = (await admin.get("/api/v1/devices/a1/history")).json()["items"]
    assert (entry["way"], entry["note"], entry["actor"]) == ("file", "设备.csv", "admin")
    again = await admin.post(f"/api/v1/devices/import/{item['id']}/apply")
    assert (again.status_code, again.json()["type"]) == (409, "urn:gridwatch:stale-version")
    assert (await admin.get("/api/v1/audit")).json()["items"][0]["action"] == "device.import"


async def test_a_second_file_says_what_it_would_change(client: Client) -> None:
    """The same file changes nothing; a column that is not there leaves what is registered as it is."""
    admin = client("admin")
    item = await hand_in(admin, table(*ROWS[:2]))
    await admin.post(f"/api/v1/devices/import/{item['id']}/apply")
    await settled(admin, item["id"])
    await admin.put("/api/v1/devices/gw", json={"kind": "gateway"})
    same = await hand_in(admin, table(*ROWS[:2]))
    assert same["report"]["counts"]["unchanged"] == 2
    assert same["report"]["doubts_total"] == 0
    changed = await hand_in(admin, table(ROWS[0].replace("甲", "甲二"), ROWS[1].replace("wgs84", "gcj02")))
    assert [(doubt["line"], doubt["code"]) for doubt in changed["report"]["doubts"]] == [
        (2, "known"),
        (3, "known"),
        (3, "datum-suspect"),
    ]
    assert changed["report"]["doubts"][0]["zh"] == "已登记，将修改：名称"
    without = table(*ROWS[:1]).decode().replace(",网关", "").replace(",gw", "").replace("甲", "甲三")
    item = await hand_in(admin, without.encode())
    await admin.post(f"/api/v1/devices/import/{item['id']}/apply")
    await settled(admin, item["id"])
    kept = (await admin.get("/api/v1/devices/a1")).json()
    assert (kept["name"], kept["gateway"], kept["lon"]) == ("甲三", "gw", 119.5)


async def test_limits_that_are_kept_are_said_in_the_unit_of_the_file(client: Client) -> None:
    """A list in centimetres without columns of limits leaves 5 m a limit of 500 cm, never of 5 cm."""
    admin = client("admin")
    for content in (
        table(ROWS[2]),
        table(ROWS[2]).replace("橙色限值".encode(), b"").replace(b",m,300,5,", b",cm,300,,"),
    ):
        item = await hand_in(admin, content)
        await admin.post(f"/api/v1/devices/import/{item['id']}/apply")
        assert (await settled(admin, item["id"]))["state"] == "registered"
    (stage,) = (await admin.get("/api/v1/devices/a3")).json()["metrics"]
    assert (stage["unit"], stage["limits"]["2"]) == ("cm", 500.0)


async def test_a_faulty_file_is_refused_whole_with_a_table_of_its_faults(client: Client) -> None:
    """Every faulty line is named, a circle of gateways too; nothing is registered, and it cannot be applied."""
    admin = client("admin")
    wrong = ("b1,烟感,戊,119.5,,wgs84,烟雾浓度,%/m,300,,", "=cmd,烟感,己,x,30,wgs84,烟雾浓度,Cel,0,,")
    circle = ("c1,网关,,,,,,,,,c2", "c2,网关,,,,,,,,,c1")
    item = await hand_in(admin, table(ROWS[0], *wrong, *circle))
    assert item["state"] == "refused"
    assert {(fault["line"], fault["code"]) for fault in item["report"]["faults"]} == {
        (3, "half-place"),
        (4, "number"),
        (4, "unit"),
        (4, "interval"),
        (5, "gateway-circle"),
        (6, "gateway-circle"),
    }
    assert await ids(admin) == []
    assert (await admin.post(f"/api/v1/devices/import/{item['id']}/apply")).status_code == 409
    text = (await admin.get(f"/api/v1/devices/import/{item['id']}/report.csv")).content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[1][:4] == ["3", "纬度", "", "错误 fault"]
    no_table = await hand_in(admin, b"\xd0\xcf\x11\xe0" + bytes(600), "old.xls")
    assert (no_table["state"], "XLSX" in no_table["fault"]) == ("refused", True)


async def test_the_template_is_what_is_read(client: Client) -> None:
    """Both forms in both languages have every column and examples that are left out; a filled-in workbook goes in."""
    admin = client("admin")
    for lang in ("zh", "en"):
        for ending in ("csv", "xlsx"):
            answer = await admin.get(f"/api/v1/devices/import/template.{ending}?lang={lang}")
            report = Report()
            read = read_content(answer.content, report, name="template")
            assert (read.devices, report.faults, report.doubts, len(read.columns)) == ([], [], [], 20)
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    for row in list(book.active.iter_rows())[1:]:
        row[0].value = row[0].value.lstrip("#")
    filled = io.BytesIO()
    book.save(filled)
    item = await hand_in(admin, filled.getvalue(), "devices.xlsx")
    assert (item["state"], item["report"]["devices"]) == ("ready", 3), item


async def test_what_is_too_large_or_not_allowed_is_refused_at_the_door(client: Client) -> None:
    """Length is asked for before anything is read; a role that may not register hands in nothing."""
    admin = client("admin")
    head = {"content-length": str(100 << 20), "content-type": "multipart/form-data; boundary=x"}
    too_large = await admin.post("/api/v1/devices/import", content=b"x", headers=head)
    assert (too_large.status_code, too_large.json()["type"]) == (413, "urn:gridwatch:too-large")
    assert (await admin.post("/api/v1/devices/import", data={"a": "b"})).status_code == 422
    assert (await client("officer").post("/api/v1/devices/import", files={"file": b""})).status_code == 403
    assert (await admin.get("/api/v1/devices/import/nothing")).status_code == 404


async def test_an_account_of_one_town_imports_nothing_for_another(client: Client, county: Any) -> None:
    """A line outside of the areas of the account is a fault of the file."""
    county.connection.execute("UPDATE users SET role = 'admin' WHERE name = 'limited'")
    county.connection.commit()
    item = await hand_in(client("limited"), table(*ROWS[:2]))
    assert [(fault["line"], fault["code"]) for fault in item["report"]["faults"]] == [(3, "foreign-area")]
