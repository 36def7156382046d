"""The wall: what it shows, that it changes by itself, and that it never looks live when it is not."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import SignIn
from tests.browser_site import Site

pytestmark = pytest.mark.browser


def _until_map_is_drawn(page: Page) -> None:
    page.wait_for_function("gridwatch.map.ready && gridwatch.points.size > 0")


def test_the_map_is_drawn_in_whatever_order_its_parts_come(site: Site, sign_in: SignIn) -> None:
    """On a slow line villages may come first: nothing breaks, and the county fills the map when its outline is there."""
    wall = sign_in("/devices", "screen")
    held: list[Route] = []
    wall.route(re.compile(r"grids\.geojson\?level=(town|grid)$"), lambda route: held.append(route))  # noqa: PLW0108 -- see test_rules
    wall.goto(f"{site.url}/wall")
    wall.wait_for_function("document.querySelectorAll('#map path').length > 0")
    wall.evaluate("new Promise(done => setTimeout(done, 60))")  # behind the timer of the page's own
    expect(wall.locator("#map")).not_to_have_class(re.compile("map-ready"))
    assert len(held) == 2
    for route in held:
        route.continue_()
    _until_map_is_drawn(wall)
    expect(wall.locator("#map")).to_have_class(re.compile("map-ready"))


def test_a_new_alarm_appears_without_asking(site: Site, sign_in: SignIn) -> None:
    """A reading above its limit is a row, a counter, a coloured grid, a red dot and an incident on an open wall."""
    wall = sign_in("/wall", "screen")
    _until_map_is_drawn(wall)
    expect(wall.locator("#newest .wall-row")).to_have_count(0)
    device = site.smoke(0, 25)
    row = wall.locator("#newest .wall-row")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("红色")
    expect(row).to_contain_text("烟雾浓度超限")
    expect(row).to_contain_text("25%/m")
    expect(row).to_contain_text("未确认")
    expect(wall.locator("[data-count='alarms.1']")).to_have_text("1")
    expect(wall.locator("[data-count='incidents.awaiting']")).to_have_text("1")
    expect(wall.locator("#incidents .wall-row")).to_contain_text("待派单")
    expect(wall.locator(".incident-mark.priority-1")).to_have_count(1)
    painted = "device => { const alarm = [...gridwatch.store.alarms.values()].find(a => a.device === device);"
    grid = wall.evaluate(
        painted + "return gridwatch.map.colourOf(alarm.grid.path.find(step => step.level === 'grid').code); }", device
    )
    state = wall.evaluate(
        painted + "const dots = gridwatch.points.layer(); return dots.state[dots.rank.get(alarm.device_key)]; }", device
    )
    assert grid == wall.evaluate("gridwatch.map.colours[1]")
    assert state == 1


def test_the_county_fills_the_map_and_names_its_towns(site: Site, sign_in: SignIn) -> None:
    """The map shows the whole county from its own polygons, each town by name, with no tile from anywhere."""
    wall = sign_in("/wall", "screen")
    _until_map_is_drawn(wall)
    expect(wall.locator(".place-town")).to_have_count(4)
    expect(wall.locator(".leaflet-tile-pane img")).to_have_count(0)
    inside = wall.evaluate(
        "() => { const map = document.getElementById('map').getBoundingClientRect();"
        " return [...document.querySelectorAll('.place-town')].every(name => { const box = name.getBoundingClientRect();"
        " return box.left > map.left && box.right < map.right && box.top > map.top && box.bottom < map.bottom; }); }"
    )
    assert inside


def test_a_wall_without_its_server_is_unmistakably_stale_and_recovers_by_itself(site: Site, sign_in: SignIn) -> None:
    """When the server dies the banner says since when; when it is back the wall is live and knows what happened."""
    wall = sign_in("/wall", "screen")
    _until_map_is_drawn(wall)
    expect(wall.locator("#stale")).to_be_hidden()
    site.stop()
    expect(wall.locator("#stale")).to_be_visible()
    expect(wall.locator("#stale")).to_contain_text("画面已过期")
    expect(wall.locator("#stale-reason")).to_contain_text("画面停在")
    expect(wall.locator("#link-state")).to_have_text("链路中断")
    assert "grayscale" in wall.locator("main").evaluate("element => getComputedStyle(element).filter")
    site.smoke(0, 25)
    site.start()
    expect(wall.locator("#stale")).to_be_hidden()
    expect(wall.locator("#newest .wall-row")).to_have_count(1)


def test_a_silent_worker_makes_the_wall_stale_although_the_link_is_fine(site: Site, sign_in: SignIn) -> None:
    """Beats that come from a server whose worker gave no sign for ten seconds do not keep the picture live."""
    wall = sign_in("/wall", "screen")
    expect(wall.locator("#link-state")).to_have_text("链路正常")
    site.beat(datetime.now(UTC) - timedelta(seconds=30))
    expect(wall.locator("#stale")).to_be_visible()
    expect(wall.locator("#stale-reason")).to_contain_text("采集服务没有心跳")
    expect(wall.locator("#link-state")).to_have_text("采集中断")
    assert wall.evaluate("gridwatch.feed.state") == "open"


def test_the_wall_renders_at_most_fifty_rows_in_a_storm(site: Site, sign_in: SignIn) -> None:
    """Every detector of the county at once: the list stays short, the counters count all, nothing is lost."""
    wall = sign_in("/wall", "screen")
    _until_map_is_drawn(wall)
    now = datetime.now(UTC).timestamp()
    pack = b'[{"n":"smoke","u":"%%/m","v":25,"t":%f},{"n":"temperature","u":"Cel","v":90,"t":%f}]' % (now, now)
    site.publish([(f"gridwatch/v1/{area}/{device}/senml", pack) for area, device in site.detectors])
    wall.wait_for_function("gridwatch.store.size >= 60")
    everything = "Object.values(gridwatch.store.counters.alarms).reduce((a, b) => a + b, 0)"
    wall.wait_for_function(f"{everything} === gridwatch.store.size")
    red = str(wall.evaluate("gridwatch.store.counters.alarms['1']"))
    expect(wall.locator("[data-count='alarms.1']")).to_have_text(red)
    expect(wall.locator("#newest .wall-row")).to_have_count(50)
    assert wall.evaluate("gridwatch.feed.gaps") == 0


def test_the_same_picture_at_4k(site: Site, sign_in: SignIn) -> None:
    """Twice the pixels show the same layout twice as sharp: nothing is cut off and nothing moves."""
    wall = sign_in("/wall", "screen")
    _until_map_is_drawn(wall)
    shares = (
        "() => [...document.querySelectorAll('.panel')].map(panel => { const box = panel.getBoundingClientRect();"
        " return [box.left / innerWidth, box.right / innerWidth, box.top / innerHeight, box.bottom / innerHeight]"
        ".map(share => Math.round(share * 200)); })"
    )
    cut = (
        "() => [...document.querySelectorAll('.wall-left .panel')].filter(panel => panel.scrollHeight >"
        " panel.clientHeight + 2).map(panel => panel.className)"
    )
    small = wall.evaluate(shares)
    assert wall.evaluate(cut) == []
    wall.set_viewport_size({"width": 3840, "height": 2160})
    wall.wait_for_function("innerWidth === 3840")
    assert wall.evaluate(shares) == small
    assert wall.evaluate(cut) == []


def test_the_wall_speaks_english_when_asked(site: Site, sign_in: SignIn) -> None:
    """`?lang=en` shows every fixed text in English and is remembered for the next visit."""
    wall = sign_in("/wall?lang=en", "screen")
    expect(wall.locator("h1")).to_have_text("Fire and Flood Command")
    expect(wall.locator("#link-state")).to_have_text("Live")
    fixed = wall.locator(".panel-title, .tile-name, .tile-level, .stage-name, .fact-name, .legend, .empty, .header")
    chinese = [
        text for text in fixed.all_inner_texts() if any("\u4e00" <= c <= "\u9fff" for c in text.replace("中文", ""))
    ]
    assert chinese == []
    wall.goto(f"{site.url}/wall", wait_until="commit")
    expect(wall.locator("h1")).to_have_text("Fire and Flood Command")
    assert wall.evaluate("document.documentElement.lang") == "en"
