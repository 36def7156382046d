"""Official warnings on the screens: a strip in their colours, an exercise in grey, all of them in a panel, live."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import shapely
from playwright.sync_api import Page, expect

from database import connect
from tests.browser.conftest import SignIn
from tests.browser_site import Site
from tests.warning_messages import cap, cap_info, cited, time_of

pytestmark = pytest.mark.browser
WIDTHS = ((1920, 1080), (3840, 2160))


def _town(site: Site, nth: int) -> tuple[str, str]:
    """Give the code of a town and the ring of it as CAP writes it, a little inside of its border."""
    with connect(site.database_url) as connection:
        rows = connection.execute("SELECT code, shape FROM grids WHERE level = 'town' ORDER BY code").fetchall()
    code, shape = rows[nth]
    inner = shapely.from_wkb(shape).buffer(-0.004)
    largest = max(shapely.get_parts(inner), key=lambda part: part.area)
    return code, " ".join(f"{lat:.4f},{lon:.4f}" for lon, lat in shapely.simplify(largest, 0.002).exterior.coords)


def _warn(site: Site, identifier: str, area: str, **words: str) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    about = {key: value for key, value in words.items() if key in {"event", "headline", "severity"}}
    around = {key: value for key, value in words.items() if key not in about}
    text = "<description>预计未来3小时县城及北部乡镇有50毫米以上降雨，局地伴有8级大风，请注意防范山洪和地质灾害。</description>"
    info = cap_info(area=area, expires=now + timedelta(hours=6), **about).replace("</headline>", f"</headline>{text}")
    info = info.replace("<headline>", "<senderName>某县气象台</senderName><headline>")
    site.publish([("cap/met", cap(identifier, sent=now, infos=info, **around))])


def _everything(site: Site) -> str:
    """Take in one of each: a red polygon, an orange county, a blue one that nobody can place, an exercise."""
    code, ring = _town(site, 1)
    _warn(site, "red", f"<areaDesc>北部</areaDesc><polygon>{ring}</polygon>", headline="某县气象台发布暴雨红色预警信号")
    county = (
        "<areaDesc>某县</areaDesc><geocode><valueName>行政区划代码</valueName><value>339900000000</value></geocode>"
    )
    _warn(site, "orange", county, event="雷电", headline="某县气象台发布雷电橙色预警信号")
    _warn(site, "blue", "<areaDesc>沿江一带</areaDesc>", event="大风", headline="某县气象台发布大风蓝色预警信号")
    _warn(site, "drill", county, event="山洪", headline="山洪黄色预警（演练）", status="Exercise")
    return code


def _pictures(page: Page, name: str) -> None:
    folder = os.environ.get("GRIDWATCH_PICTURES")
    for width, height in WIDTHS if folder else ():
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function("new Promise(done => setTimeout(() => done(true), 500))")
        page.screenshot(path=Path(str(folder)) / f"{name}-{width}.png")


def test_the_wall_shows_what_holds_worst_first(site: Site, sign_in: SignIn) -> None:
    """Red before orange before blue, as many as fit whole; what has no place says so; the red one is drawn on the map."""
    wall = sign_in("/wall", role="screen")
    expect(wall.locator("#weather-strip")).to_be_hidden()
    _everything(site)
    chips = wall.locator(".weather-chip")
    expect(chips.locator(".weather-what")).to_have_text(["暴雨红色预警", "雷电橙色预警", "大风蓝色预警"])
    expect(wall.locator(".weather-more")).to_have_text("另有 1 条")
    expect(chips.nth(2)).to_contain_text("范围不明")
    expect(chips.nth(0)).to_contain_text("至 ")
    expect(wall.locator(".leaflet-weather-pane path")).to_have_count(1)
    assert wall.evaluate("(s => s.scrollWidth <= s.clientWidth)(document.getElementById('weather-strip'))")
    _pictures(wall, "weather-wall")


def test_a_cancellation_takes_it_off_every_screen(site: Site, sign_in: SignIn) -> None:
    """The strip goes with the last warning, without anybody loading the page again."""
    wall = sign_in("/wall", role="screen")
    _, ring = _town(site, 0)
    now = datetime.now(UTC).replace(microsecond=0)
    area = f"<areaDesc>x</areaDesc><polygon>{ring}</polygon>"
    _warn(site, "one", area)
    expect(wall.locator(".weather-chip")).to_have_count(1)
    lifted = cap("two", sent=now, kind="Cancel", references=cited("one", sent=now), infos=cap_info(area=area))
    site.publish([("cap/met", lifted)])
    expect(wall.locator("#weather-strip")).to_be_hidden()


def test_an_officer_reads_them_in_full(site: Site, sign_in: SignIn) -> None:
    """W opens all of them with what they say, where, and since when each source has answered."""
    _everything(site)
    with connect(site.database_url) as connection:
        connection.execute(
            "INSERT INTO weather_feeds (name, looked_at, heard_at, fault, documents, failures)"
            " VALUES ('http://10.8.3.20/cap/index.atom', now(), now() - interval '12 min', 'it answers 500', 41, 7),"
            " ('folder', now(), now(), '', 3, 0)"
        )
    console = sign_in("/console", role="officer")
    expect(console.locator(".weather-chip.is-unmeant")).to_contain_text("【演练】")
    expect(console.locator(".weather-silent")).to_contain_text("预警接收中断 12 分钟")
    _pictures(console, "weather-console")
    console.keyboard.press("w")
    cards = console.locator(".weather-card")
    expect(cards).to_have_count(4)
    expect(cards.nth(0)).to_contain_text("预计未来3小时")
    expect(cards.nth(2)).to_contain_text("沿江一带")
    expect(console.locator(".weather-source")).to_have_count(2)
    _pictures(console, "weather-panel")
    console.keyboard.press("Escape")
    expect(cards).to_have_count(0)


def test_what_is_coming_says_from_when(site: Site, sign_in: SignIn) -> None:
    """A warning whose onset is ahead is shown by its beginning."""
    _, ring = _town(site, 0)
    onset = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=2)
    info = cap_info(area=f"<areaDesc>x</areaDesc><polygon>{ring}</polygon>", expires=onset + timedelta(hours=3))
    site.publish([("cap/met", cap(infos=info.replace("<expires>", f"<onset>{time_of(onset)}</onset><expires>")))])
    wall = sign_in("/wall", role="screen")
    expect(wall.locator(".weather-chip.is-coming")).to_contain_text("起")


def test_the_worst_is_shown_however_many_there_are(site: Site, sign_in: SignIn) -> None:
    """A red one that has held for long stands before a hundred and twenty that begin later."""
    _, ring = _town(site, 0)
    _warn(site, "red", f"<areaDesc>x</areaDesc><polygon>{ring}</polygon>", headline="某县气象台发布暴雨红色预警信号")
    with connect(site.database_url) as connection:
        connection.execute(
            "INSERT INTO weather_warnings (id, event, priority, grids, from_at, until_at, source, recorded_at, actor, placed)"
            " SELECT 'b' || n, 'gale', 4, '{}', now() + interval '1 h', now() + interval '9 h', 'x', now(), 'test', 'unknown'"
            " FROM generate_series(1, 120) n"
        )
    wall = sign_in("/wall", role="screen")
    expect(wall.locator(".weather-chip").first).to_contain_text("暴雨红色预警")
    expect(wall.locator(".weather-more")).to_contain_text("1")
    assert wall.evaluate("window.gridwatch.weather.items.length") == 121
