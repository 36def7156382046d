"""The grid worker's phone at 390×844: place from the phone with its accuracy, or typed; saved, and on the map."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from database import connect
from tests.browser_site import PASSWORD, Site

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def phone(site: Site, chromium: Browser, request: pytest.FixtureRequest) -> Iterator:
    """Open the page on a phone that stands somewhere and knows it to some metres; nothing on it may fail."""
    contexts = []
    faults: list[str] = []

    def open_page(
        path: str, *, accuracy: float = 9, allowed: bool = True, east: float = 0.0, role: str = "officer"
    ) -> Page:
        lon, lat = _a_place(site)
        context = chromium.new_context(
            viewport=PHONE,
            is_mobile=True,
            has_touch=True,
            permissions=["geolocation"] if allowed else [],
            geolocation={"longitude": lon + east, "latitude": lat, "accuracy": accuracy},
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(f"{site.url}/login?next={path}", wait_until="commit")
        page.fill("#name", role)
        page.fill("#password", PASSWORD)
        page.tap("button[type=submit]")
        expect(page.locator("h1")).to_have_text("现场登记")
        return page

    yield open_page
    folder = os.environ.get("GRIDWATCH_PICTURES")
    for number, context in enumerate(contexts):
        if folder:
            context.pages[0].screenshot(path=Path(folder) / f"{request.node.name}-{number}.png")
        context.close()
    assert not faults, faults


def _a_place(site: Site) -> tuple[float, float]:
    with connect(site.database_url) as connection:
        row = connection.execute("SELECT lon, lat FROM devices WHERE kind = 'smoke' ORDER BY id LIMIT 1").fetchone()
    assert row is not None
    return row


def _wait(site: Site, device: str) -> None:
    area = site.detectors[0][0]
    site.publish([(f"gridwatch/v1/{area}/{device}/senml", b'[{"n":"smoke","u":"%/m","v":0.4}]')])


def test_a_waiting_device_is_registered_where_the_phone_stands(site: Site, phone) -> None:
    """Chosen from the list, placed by the phone, named, saved: it is in its grid, and the page says so."""
    _wait(site, "newcomer-1")
    page = phone("/field")
    expect(page.locator(".save")).to_be_disabled()
    page.locator(".card[data-device='newcomer-1']").tap()
    page.locator(".first").tap()
    expect(page.locator(".place-sure")).to_contain_text("±9 米")
    expect(page.locator(".place-grid")).to_contain_text("›")
    expect(page.locator("select[name=kind]")).to_have_value("smoke")
    page.fill("input[name=name]", "3 栋 2 层走廊烟感")
    page.fill("input[name=building]", "3 栋")
    page.locator(".save").tap()
    expect(page.locator(".done")).to_have_attribute("data-device", "newcomer-1")
    expect(page.locator(".done")).to_contain_text("›")
    with connect(site.database_url) as connection:
        row = connection.execute(
            "SELECT name, building, grid IS NOT NULL, attributes FROM devices WHERE id = 'newcomer-1'"
        ).fetchone()
    assert row == ("3 栋 2 层走廊烟感", "3 栋", True, {"place_accuracy_m": 9})


def test_a_label_leads_to_its_device_and_a_vague_place_wants_a_tick(site: Site, phone) -> None:
    """The address of the label opens the device and takes the place; beyond fifty metres it is not saved unconfirmed."""
    _wait(site, "newcomer-2")
    page = phone("/field?device=newcomer-2", accuracy=120)
    expect(page.locator("input[name=device]")).to_have_value("newcomer-2")
    expect(page.locator(".sure")).to_contain_text("±120 米")
    page.locator(".save").tap()
    expect(page.locator(".wrong")).to_contain_text("请勾选确认")
    page.locator(".tick").tap()
    page.locator(".save").tap()
    expect(page.locator(".done")).to_be_visible()


def test_a_place_is_typed_in_the_datum_of_a_map_program(site: Site, phone) -> None:
    """Where the phone may not tell its place, it says so, and coordinates are typed, GCJ-02 unless said otherwise."""
    _wait(site, "newcomer-3")
    page = phone("/field?device=newcomer-3", allowed=False)
    expect(page.locator(".place-shown .warning")).to_contain_text("没有得到定位许可")
    lon, lat = _a_place(site)
    page.locator(".by-hand summary").tap()
    expect(page.locator("select[name=datum]")).to_have_value("gcj02")
    page.fill("input[name=lon]", f"{lon:.6f}")
    page.fill("input[name=lat]", f"{lat:.6f}")
    expect(page.locator(".place-shown")).to_contain_text("火星坐标")
    expect(page.locator(".save")).to_be_enabled()
    page.locator(".save").tap()
    expect(page.locator(".done")).to_be_visible()
    with connect(site.database_url) as connection:
        (stored,) = connection.execute("SELECT lon FROM devices WHERE id = 'newcomer-3'").fetchone() or (0.0,)
    assert 0.002 < lon - stored < 0.008


def test_a_device_that_moves_is_asked_about(site: Site, phone) -> None:
    """A registered device kilometres from where it is registered is more often a wrong label than a move."""
    with connect(site.database_url) as connection:
        (device,) = connection.execute(
            "SELECT id FROM devices WHERE kind = 'smoke' ORDER BY id LIMIT 1"
        ).fetchone() or ("",)
    page = phone(f"/field?device={device}", east=0.004)
    expect(page.locator(".chosen .tag")).to_have_text("已登记")
    expect(page.locator(".sure")).to_contain_text("已登记在")
    expect(page.locator("select[name=kind]")).to_be_disabled()


def test_every_target_is_large_enough_and_nothing_is_cut_off(site: Site, phone) -> None:
    """At 390 pixels nothing scrolls sideways, and whatever is tapped is at least 44 pixels high."""
    _wait(site, "newcomer-4")
    page = phone("/field")
    expect(page.locator(".card")).not_to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    heights = page.evaluate(
        "[...document.querySelectorAll('button, input:not([type=checkbox]), select, summary')]"
        ".filter(e => e.offsetParent).map(e => e.getBoundingClientRect().height)"
    )
    assert min(heights) >= 44


def test_another_id_saves_nothing_for_the_device_before(site: Site, phone) -> None:
    """While the answer about the new one is on its way there is nothing to save; one that comes too late is dropped."""
    for device in ("newcomer-5", "newcomer-6"):
        _wait(site, device)
    page = phone("/field?device=newcomer-5")
    expect(page.locator("button.save")).to_be_enabled()
    held = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/field/devices/newcomer-6*", hold)
    page.fill("input[name=device]", "newcomer-6")
    with page.expect_request("**/field/devices/newcomer-6*"):
        page.locator("input[name=device]").blur()
    expect(page.locator("button.save")).to_be_disabled()
    page.fill("input[name=device]", "newcomer-5")
    page.locator("input[name=device]").blur()
    expect(page.locator(".chosen .card-id")).to_have_text("newcomer-5")
    with page.expect_response("**/field/devices/newcomer-6*"):
        held[0].continue_()
    expect(page.locator(".chosen .card-id")).to_have_text("newcomer-5")


def test_a_place_that_is_being_typed_is_not_the_one_before(phone) -> None:
    """Half of a place is none: what the phone said before is saved under it no more."""
    page = phone("/field?device=newcomer-7")
    expect(page.locator("button.save")).to_be_enabled()
    page.locator(".by-hand summary").tap()
    page.fill("input[name=lon]", "119.9x")
    expect(page.locator("button.save")).to_be_disabled()
    expect(page.locator(".place-grid")).to_have_count(0)
