"""The overrides page: what is shelved, suppressed and out of service, taken out and ended by hand, seen on the console."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

import alerts
from database import append_changes, connect
from tests.browser.conftest import SignIn
from tests.browser_site import Site

pytestmark = pytest.mark.browser


def rows(page: Page):
    """Give the rows of the list."""
    return page.locator(".override-row")


def orange(site: Site) -> None:
    """Let a detector stay above the orange limit for longer than its delay."""
    now = datetime.now(UTC)
    site.smoke(0, 10, at=now - timedelta(seconds=20))
    site.smoke(0, 10, at=now - timedelta(seconds=10))


def shelve(site: Site, *, minutes: float = 25, reason: str = "住户正在装修，已电话核实") -> None:
    """Shelve the one orange alarm as an officer does."""
    now = datetime.now(UTC)
    with connect(site.database_url) as connection, connection.cursor() as cur:
        row = cur.execute("SELECT id, version FROM alarms WHERE priority = 2 ORDER BY id LIMIT 1").fetchone()
        assert row is not None
        until = now + timedelta(minutes=minutes)
        changes = alerts.shelve(cur, row[0], version=row[1], until=until, reason=reason, actor="officer", now=now)
        append_changes(cur, changes)


def grid_of(site: Site) -> str:
    """Give the code of the grid above the first detector's own."""
    with connect(site.database_url) as connection:
        row = connection.execute(
            "SELECT g.parent FROM devices d JOIN grids g ON g.key = d.grid WHERE d.id = %s", (site.detectors[0][1],)
        ).fetchone()
    assert row is not None
    return str(row[0])


def test_a_grid_is_taken_out_from_the_page_and_every_screen_follows(site: Site, sign_in: SignIn) -> None:
    """One act takes out a whole grid; the console shows it on the row and in the detail; ended, its alarms sound again."""
    site.smoke(0, 25)
    console = sign_in("/console")
    expect(console.locator(".alarm-rows .row:visible")).to_have_count(1)
    page = sign_in("/overrides", "commander")
    expect(page.locator(".override-list .empty")).to_have_text("现在没有搁置、抑制或停用")
    page.get_by_role("button", name="新建停用").click()
    page.select_option("select[name=scope]", "grid")
    page.fill("input[name=target]", grid_of(site))
    page.click(".dialog .press-first")
    expect(page.locator(".dialog-wrong")).to_have_text("请写明原因")
    page.fill("input[name=reason]", "更换整栋楼的烟感电池，维保公司在场")
    page.click(".dialog .press-first")
    expect(page.locator("#notice")).to_contain_text("已停用")
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("commander")
    expect(rows(page)).to_contain_text("台设备")
    expect(rows(page).locator(".override-left")).to_contain_text("还有 4 小时")
    expect(rows(page).locator(".cell-alarms")).to_have_text("1")
    expect(console.locator(".alarm-rows .row:visible").first).to_contain_text("设备停用")
    expect(console.locator(".alarm-rows .row:visible").first).to_contain_text("还有 4 小时")
    console.wait_for_function("gridwatch.sound.sounding === 0")
    console.keyboard.press("ArrowDown")
    expect(console.locator(".override-block")).to_contain_text("更换整栋楼的烟感电池")
    page.get_by_role("button", name="立即结束").click()
    page.click(".dialog .press-first")
    expect(page.locator("#notice")).to_have_text("已结束")
    expect(rows(page)).to_have_count(0)
    expect(console.locator(".alarm-rows .row:visible").first).to_contain_text("未确认")
    console.wait_for_function("gridwatch.sound.sounding > 0")
    expect(console.locator(".history q").first).to_have_text("停用结束，告警条件仍在，再次告警")
    page.click("[data-state=ended]")
    expect(rows(page).locator(".override-left")).to_contain_text("commander结束")


def test_a_plan_is_listed_until_it_begins_and_is_cancelled(site: Site, sign_in: SignIn) -> None:
    """Maintenance of tomorrow stands under planned, in the centre's time whatever the browser's zone, and can be cancelled."""
    page = sign_in("/overrides", "commander")
    page.get_by_role("button", name="新建停用").click()
    page.fill("input[name=target]", site.detectors[0][1])
    page.fill("input[name=starts]", "明天")
    page.click(".dialog .press-first")
    expect(page.locator(".dialog-wrong")).to_have_text("时间请写成 2026-06-01 08:30")
    page.fill("input[name=starts]", "2099-05-01 09:00")
    page.fill("input[name=ends]", "2099-05-01 08:00")
    page.fill("input[name=reason]", "年度检修")
    page.click(".dialog .press-first")
    expect(page.locator(".dialog-wrong")).to_have_text("结束时间要在开始之后，并且在将来")
    page.fill("input[name=ends]", "2099-05-01 17:00")
    page.click(".dialog .press-first")
    expect(page.locator("#notice")).to_contain_text("已列入计划")
    page.click("[data-state=planned]")
    expect(rows(page).locator(".cell-from")).to_have_text("05/01 09:00")
    expect(rows(page).locator(".override-left")).to_contain_text("后开始")
    page.get_by_role("button", name="取消计划").click()
    page.click(".dialog .press-first")
    expect(rows(page)).to_have_count(0)


def test_an_officer_sees_a_shelving_with_its_end_and_ends_it(site: Site, sign_in: SignIn) -> None:
    """Who, why, which priority and below, and how long still; an officer may end it, but takes nothing out."""
    orange(site)
    shelve(site)
    page = sign_in("/overrides", "officer")
    expect(rows(page)).to_have_count(1)
    for words in ("搁置", "烟雾浓度超限（橙色及以下）", "住户正在装修，已电话核实", "officer", "还有 25 分钟"):
        expect(rows(page)).to_contain_text(words)
    expect(page.get_by_role("button", name="新建停用")).to_have_count(0)
    page.get_by_role("button", name="立即结束").click()
    page.fill("input[name=comment]", "装修结束")
    page.click(".dialog .press-first")
    expect(rows(page)).to_have_count(0)


def test_red_above_a_shelved_orange_still_sounds(site: Site, sign_in: SignIn) -> None:
    """Row 15 of lessons: what is worse than what was put aside, or acknowledged, is a line of its own, on top, and sounds."""
    console = sign_in("/console")
    orange(site)
    row = console.locator(".alarm-rows .row:visible")
    expect(row).to_have_count(1)
    shelve(site)
    expect(row.first).to_contain_text("已搁置")
    console.wait_for_function("gridwatch.sound.sounding === 0")
    site.smoke(0, 25)
    expect(row).to_have_count(2)
    expect(row.filter(has_text="红色")).to_have_attribute("data-state", "unack")
    console.wait_for_function("gridwatch.sound.sounding === 1")
    first = console.evaluate("gridwatch.list.rows()[0].priority")
    assert first == 1


def test_a_deadline_left_lying_is_said_above_every_page(site: Site, sign_in: SignIn) -> None:
    """Row 14 of lessons: the picture is live, and still says that nobody looks after what falls due."""
    page = sign_in("/console", "officer")
    with connect(site.database_url) as connection:
        connection.execute(
            "INSERT INTO deadlines (kind, subject, due_at) VALUES ('realarm', 1, now() - interval '2 min')"
        )
    expect(page.locator("#stale")).to_contain_text("时限停摆")
    expect(page.locator("#stale")).to_be_visible()
    assert not page.evaluate("document.documentElement.classList.contains('is-stale')")
    with connect(site.database_url) as connection:
        connection.execute("UPDATE deadlines SET done_at = now()")
    expect(page.locator("#stale")).to_be_hidden()


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_nothing_is_cut_off(site: Site, sign_in: SignIn, language: str) -> None:
    """Every kind of override in one list, on a desk and on a wall: each cell holds its words."""
    orange(site)
    shelve(site)
    page = sign_in(f"/overrides?lang={language}", "commander")
    now = datetime.now(UTC)
    for body in (
        {"kind": "out_of_service", "grid": grid_of(site), "reason": "整村停电检修，供电所计划停电通知 2026-112 号"},
        {"kind": "suppressed", "device": site.detectors[3][1], "condition": "fault", "reason": "演练"},
    ):
        until = {"ends_at": (now + timedelta(hours=30)).isoformat()}
        page.evaluate("body => gridwatch.api.post('/overrides', body)", body | until)
    expect(rows(page)).to_have_count(3)
    for width, height in ((3840, 2160), (1920, 1080)):
        page.set_viewport_size({"width": width, "height": height})
        cut = page.evaluate(
            "[...document.querySelectorAll('.override-row > span, .row-head > span, .header, .header-right, .filters')]"
            ".filter(e => e.scrollWidth > e.clientWidth + 1 || e.getBoundingClientRect().right > innerWidth + 1).map(e => e.className + ' ' + e.textContent)"
        )
        assert cut == []


def test_a_device_is_taken_out_from_its_own_page(site: Site, sign_in: SignIn) -> None:
    """Who may take it out finds it on the device: already filled in, and shown there afterwards with its end."""
    device = site.detectors[0][1]
    page = sign_in("/devices", "commander")
    page.click(f".device-row[data-device='{device}']")
    page.get_by_role("button", name="新建停用").click()
    expect(page.locator("input[name=target]")).to_have_value(device)
    page.fill("input[name=reason]", "探头更换")
    page.click(".dialog .press-first")
    expect(page.locator("#notice")).to_contain_text("已停用 1 台设备")
    page.click(f".device-row[data-device='{device}']")
    expect(page.locator(".override-block")).to_contain_text("探头更换")
