"""Warnings over HTTP: in force as one CAP 1.2 message, one by one, and listed as Atom; each status for itself."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree as ET

import httpx
from psycopg.types.json import Jsonb

from incidents.cap import Sender, Status, publish
from tests.cap_schema import NS, checked

Client = Callable[[str | None], httpx.AsyncClient]
ATOM = "{http://www.w3.org/2005/Atom}"


def say(county: Any, clock: Any, status: Status = Status.EXERCISE) -> int:
    """Publish what is due, as the worker does once a second."""
    sender = Sender(address="gridwatch@localhost", name="县中心", status=status, zone="Asia/Shanghai", exercise="演练")
    with county.connection.transaction(), county.connection.cursor() as cur:
        return len(publish(cur, sender, now=clock()))


async def test_warnings_in_force_are_one_cap_message(client: Client, county: Any, clock: Any) -> None:
    """With nothing there is a note; an open incident of priority 1 or 2 is an `info` in each language; 3 and 4 are not."""
    screen = client("screen")
    empty = await screen.get("/api/v1/warnings.cap")
    assert empty.headers["content-type"] == "application/cap+xml"
    assert "当前无生效预警" in checked(empty.text).findtext(f"{NS}note", "")
    county.incident(grid="T1-1", priority=1)
    county.incident(grid="T2-1", priority=3)
    assert say(county, clock) == 1
    answer = await screen.get("/api/v1/warnings.cap")
    alert = checked(answer.text)
    assert (alert.tag, alert.findtext(f"{NS}status")) == (f"{NS}alert", "Exercise")
    infos = alert.findall(f"{NS}info")
    assert [info.findtext(f"{NS}severity") for info in infos] == ["Extreme", "Extreme"]
    assert infos[0].findtext(f"{NS}area/{NS}geocode/{NS}value") == "T1-1"
    assert infos[0].findtext(f"{NS}area/{NS}areaDesc") == "名C 名T1 名T1-1"
    corners = set(infos[0].findtext(f"{NS}area/{NS}polygon", "").split())
    assert corners == {"30.00000,119.00000", "30.00000,120.00000", "31.00000,119.00000", "31.00000,120.00000"}
    assert infos[0].findtext(f"{NS}onset") == "2026-06-01T16:00:00+08:00"
    assert (await screen.get("/api/v1/warnings.cap")).text == answer.text


async def test_a_list_has_one_status(client: Client, county: Any, clock: Any) -> None:
    """A test is in the list of tests alone; a status that CAP does not know is a 422; nobody reads without a login."""
    device = county.device("d-1")
    county.connection.execute("UPDATE devices SET attributes = %s WHERE key = %s", (Jsonb({"test": True}), device))
    incident, alarm = county.incident(), county.alarm("d-1")
    county.connection.execute("UPDATE alarms SET incident = %s WHERE id = %s", (incident, alarm))
    county.connection.commit()
    assert say(county, clock) == 1
    screen = client("screen")
    found = {
        status: len(checked((await screen.get(f"/api/v1/warnings.cap{asked}")).text).findall(f"{NS}info"))
        for status, asked in {"": "", "Test": "?status=Test", "Actual": "?status=Actual"}.items()
    }
    assert found == {"": 0, "Test": 2, "Actual": 0}
    assert (await screen.get("/api/v1/warnings.cap?status=Draft")).status_code == 422
    assert (await client(None).get("/api/v1/warnings.cap")).status_code == 401


async def test_the_index_leads_to_every_message_word_for_word(client: Client, county: Any, clock: Any) -> None:
    """The Atom feed lists alert and cancellation, newest first, and each address gives a valid message."""
    incident = county.incident()
    assert say(county, clock) == 1
    clock.move(timedelta(minutes=1))
    county.connection.execute("UPDATE incidents SET state = 'closed' WHERE id = %s", (incident,))
    county.connection.commit()
    assert say(county, clock) == 1
    screen = client("screen")
    answer = await screen.get("/api/v1/warnings.atom")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    entries = ET.fromstring(answer.text).findall(f"{ATOM}entry")  # noqa: S314 - our own document
    types = [entry.findall(f"{ATOM}category")[1].get("term") for entry in entries]
    assert types == ["Cancel", "Alert"]
    assert len({entry.findtext(f"{ATOM}id") for entry in entries}) == 2
    for entry, kind in zip(entries, types, strict=True):
        link = entry.find(f"{ATOM}link")
        assert link is not None
        message = checked((await screen.get(link.get("href", ""))).text)
        assert message.findtext(f"{NS}msgType") == kind
    assert (await screen.get("/api/v1/warnings/gridwatch-9-9.cap")).status_code == 404
    clock.move(timedelta(days=2))
    assert "<entry>" not in (await screen.get("/api/v1/warnings.atom")).text
