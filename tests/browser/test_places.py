"""An alarm of a place: what it rests on is shown with it, and a storm's incident says how many grids."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from database import connect
from tests.browser.conftest import SignIn
from tests.browser_site import Site

pytestmark = pytest.mark.browser


def _of_one_house(site: Site) -> list[int]:
    """Find two detectors of one house."""
    with connect(site.database_url) as connection:
        rows = connection.execute(
            "SELECT array_agg(id ORDER BY id) FROM devices WHERE kind = 'smoke' AND building IS NOT NULL"
            " GROUP BY building HAVING count(*) > 2 ORDER BY 1"
        ).fetchall()
    ids = [device for _, device in site.detectors]
    return next([ids.index(device) for device in found[:3]] for (found,) in rows if set(found) <= set(ids))


def _spread(site: Site) -> None:
    """Put the detectors of every town into its micro-grids in turn: the small county has them in four or five."""
    with connect(site.database_url) as connection:
        connection.execute(
            """
            WITH seats AS (
                SELECT key, left(code, 9) AS town, row_number() OVER (PARTITION BY left(code, 9) ORDER BY code) - 1 AS nth,
                       count(*) OVER (PARTITION BY left(code, 9)) AS seats FROM grids WHERE level = 'micro-grid'
            ), sitting AS (
                SELECT key, area, row_number() OVER (PARTITION BY area ORDER BY key) AS nth FROM devices
                WHERE kind = 'smoke' AND NOT is_carrier
            )
            UPDATE devices d SET grid = s.key FROM sitting x JOIN seats s ON s.town = x.area AND s.nth = x.nth % s.seats
            WHERE d.key = x.key
            """
        )


def _picture(page: Page, name: str) -> None:
    folder = os.environ.get("GRIDWATCH_PICTURES")
    if folder:
        for width, height in ((1920, 1080), (3840, 2160)):
            page.set_viewport_size({"width": width, "height": height})
            page.screenshot(path=Path(folder) / f"{name}-{width}.png")


def test_the_alarm_of_a_house_opens_to_its_detectors(site: Site, sign_in: SignIn) -> None:
    """Three detectors of a house: one alarm of the house above them, with its number of devices and a list of them."""
    console = sign_in("/console")
    for nth in _of_one_house(site):
        site.smoke(nth, 25)
    rows = console.locator(".alarm-rows .row:visible")
    expect(rows).to_have_count(4)
    house = rows.filter(has_text="多点火警")
    expect(house).to_have_count(1)
    expect(house).to_contain_text("台")
    house.click()
    expect(console.locator(".detail")).to_contain_text("由 3 条告警综合得出")
    expect(console.locator(".guidance .steps")).to_contain_text("119")
    _picture(console, "house")


def test_a_storm_is_one_line_on_the_wall(site: Site, sign_in: SignIn) -> None:
    """Fires in many grids at once: few incidents, each with its town and the number of grids."""
    _spread(site)
    wall = sign_in("/wall")
    site.smoke_all(25)
    line = wall.locator(".wall-row-what").filter(has_text="个网格")
    expect(line.first).to_be_visible()
    wall.wait_for_function(
        "[...gridwatch.store.incidents.values()].some((one) => one.grids > 5 && one.state === 'open')"
    )
    _picture(wall, "storm")
