"""The console: an alarm arrives, is acknowledged by one key, and every other browser sees it."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SignIn
from tests.browser_site import Site, many_alarms

pytestmark = pytest.mark.browser


def _rows(page: Page):
    return page.locator(".alarm-rows .row:visible")


def _one_alarm(site: Site, page: Page) -> None:
    site.smoke(0, 25)
    expect(_rows(page)).to_have_count(1)


def test_a_new_alarm_is_a_row_and_sounds_until_it_is_silenced(site: Site, sign_in: SignIn) -> None:
    """It comes by the feed, sounds until M is pressed, and the next one ends the silence."""
    console = sign_in("/console")
    _one_alarm(site, console)
    expect(_rows(console)).to_contain_text("烟雾浓度超限")
    expect(console.locator("#sound")).to_have_text("鸣响中，按 M 消音")
    console.wait_for_function("gridwatch.sound.sounding === 1 && gridwatch.sound.beeps > 0")
    console.keyboard.press("m")
    expect(console.locator("#sound")).to_have_text("已消音")
    site.smoke(
        len(site.detectors) - 1, 25
    )  # far from the first: two of one building would be a third alarm, of the place
    expect(_rows(console)).to_have_count(2)
    console.wait_for_function("gridwatch.sound.sounding === 1")


@pytest.mark.parametrize("key", ["a", "Space", "Enter"])
def test_one_key_acknowledges_for_every_browser(site: Site, sign_in: SignIn, key: str) -> None:
    """The selected alarm is acknowledged by one key; a second officer's open list and detail change by themselves."""
    first, second = sign_in("/console"), sign_in("/console", "officer")
    _one_alarm(site, first)
    expect(_rows(second)).to_have_count(1)
    second.keyboard.press("ArrowDown")
    expect(second.locator(".detail")).to_have_attribute("data-state", "unack")
    first.keyboard.press("ArrowDown")
    first.keyboard.press(key)
    for page in (first, second):
        expect(_rows(page)).to_have_attribute("data-state", "acked")
        expect(_rows(page)).to_contain_text("已确认")
    expect(second.locator(".detail")).to_have_attribute("data-state", "acked")
    expect(second.locator(".history li").first).to_contain_text("dispatcher")
    first.wait_for_function("gridwatch.sound.sounding === 0")


def test_the_detail_tells_what_where_and_what_to_do(site: Site, sign_in: SignIn) -> None:
    """Value and limit with units, the whole grid path, guidance, and a chart with its limit and both axes labelled."""
    for minutes in range(10, 0, -1):
        site.smoke(0, 0.5, at=datetime.now(UTC) - timedelta(minutes=minutes))
    console = sign_in("/console")
    _one_alarm(site, console)
    console.keyboard.press("ArrowDown")
    facts = console.locator(".facts-list")
    expect(facts).to_contain_text("烟雾浓度 25%/m")
    expect(facts).to_contain_text("20%/m")
    path = console.evaluate("[...gridwatch.store.alarms.values()][0].grid.path.length")
    assert path == 5
    assert facts.inner_text().count("›") == path - 1
    expect(console.locator(".guidance .steps")).not_to_be_empty()
    chart = console.locator(".chart-picture")
    expect(chart.locator(".chart-title")).to_have_text("烟雾浓度（%/m）")
    expect(chart.locator(".chart-limit-label")).to_have_text(["红色 20%/m", "橙色 6.5%/m"])
    expect(chart.locator(".chart-limit-own")).to_have_count(1)
    assert chart.locator(".chart-line").get_attribute("d")


def test_a_command_on_a_stale_alarm_shows_the_newer_record_and_who_made_it(site: Site, sign_in: SignIn) -> None:
    """Who acts on a version another officer has changed is refused, told by whom, and sees the record as it is."""
    console, other = sign_in("/console"), sign_in("/console", "officer")
    _one_alarm(site, console)
    console.keyboard.press("ArrowDown")
    console.evaluate("() => { gridwatch.seenBefore = Object.assign({}, gridwatch.list.current()); }")
    expect(_rows(other)).to_have_count(1)
    other.keyboard.press("ArrowDown")
    other.keyboard.press("a")
    expect(_rows(console)).to_have_attribute("data-state", "acked")
    console.evaluate("() => { gridwatch.commands.acknowledge(gridwatch.seenBefore); }")
    expect(console.locator("#notice")).to_contain_text("已被 officer 更新")
    expect(console.locator(".detail")).to_have_attribute("data-state", "acked")
    expect(console.locator(".history li")).to_have_count(2)


def test_shelving_takes_an_alarm_off_attention_with_reason_and_end(site: Site, sign_in: SignIn) -> None:
    """S asks for minutes and a reason and refuses to go without one; what is shelved neither sounds nor counts."""
    console = sign_in("/console")
    _one_alarm(site, console)
    console.keyboard.press("ArrowDown")
    console.keyboard.press("s")
    console.fill("input[name=minutes]", "30")
    console.click(".dialog .press-first")
    expect(console.locator(".dialog-wrong")).to_have_text("请写明原因")
    console.fill("input[name=reason]", "正在检修")
    console.click(".dialog .press-first")
    expect(console.locator(".dialog")).to_have_count(0)
    expect(_rows(console)).to_contain_text("已搁置")
    console.wait_for_function("gridwatch.sound.sounding === 0")
    expect(console.locator("[data-count='alarms.1']")).to_have_text("0")


def test_a_comment_is_in_the_history(site: Site, sign_in: SignIn) -> None:
    """C asks for words; they stand in the alarm's history as text, whatever they contain."""
    console = sign_in("/console")
    _one_alarm(site, console)
    console.keyboard.press("ArrowDown")
    console.keyboard.press("c")
    console.fill("textarea[name=comment]", "<img src=x onerror=alert(1)> 电话无人接听")
    console.click(".dialog .press-first")
    expect(console.locator(".history q")).to_have_text("<img src=x onerror=alert(1)> 电话无人接听")
    expect(console.locator(".history img")).to_have_count(0)


def test_an_incident_is_moved_to_its_end(site: Site, sign_in: SignIn) -> None:
    """The dispatcher sends, arrives, finishes and closes; each step offers the next, and the wall follows."""
    console, wall = sign_in("/console"), sign_in("/wall", "screen")
    _one_alarm(site, console)
    console.keyboard.press("ArrowDown")
    for action, stage in (("send", "sent"), ("arrive", "on_scene"), ("finish", "done")):
        console.click(f"[data-action={action}]")
        expect(console.locator(".incident-block")).to_have_attribute("data-dispatch", stage)
        expect(wall.locator(f"[data-count='incidents.{stage}']")).to_have_text("1")
    console.click("[data-action=close]")
    expect(console.locator(".incident-block .dispatch")).to_have_text("已结束")
    expect(wall.locator("#incidents .wall-row")).to_have_count(0)


def test_a_screen_account_can_look_but_not_act(site: Site, sign_in: SignIn) -> None:
    """Who may not acknowledge is told so, and nothing changes."""
    console = sign_in("/console", "screen")
    _one_alarm(site, console)
    console.keyboard.press("ArrowDown")
    console.keyboard.press("a")
    expect(console.locator("#notice")).to_have_text("您没有这项操作的权限")
    expect(_rows(console)).to_have_attribute("data-state", "unack")


def test_ten_thousand_alarms_are_usable(site: Site, sign_in: SignIn) -> None:
    """All of them are loaded, only the rows in sight exist, filters work, and one key acknowledges at once."""
    many_alarms(site, 10_000)
    console = sign_in("/console")
    console.wait_for_function("gridwatch.store.size === 10000")
    console.wait_for_function("gridwatch.list.rows().length === 10000")
    expect(console.locator("#list-shown")).to_have_text("显示 10,000 / 共 10,000 条")
    assert console.locator(".alarm-rows .row").count() < 60
    console.keyboard.press("End")
    console.wait_for_function("gridwatch.list.selected === String(gridwatch.list.rows().at(-1).id)")
    console.keyboard.press("a")
    expect(console.locator(".row.is-selected")).to_have_attribute("data-state", "acked")
    console.click("[data-priority='3']")
    console.wait_for_function("gridwatch.list.rows().length > 0 && gridwatch.list.rows().every(a => a.priority === 3)")
    console.fill("#filter-place", "没有这个地方")
    expect(console.locator(".list-empty")).to_have_text("没有符合条件的告警")


def test_the_console_speaks_english_by_its_button(site: Site, sign_in: SignIn) -> None:
    """The language button changes every text, the guidance of the rule included."""
    console = sign_in("/console")
    _one_alarm(site, console)
    console.click("#other-language")
    expect(console.locator("h1")).to_have_text("Console")
    expect(_rows(console)).to_contain_text("Smoke above limit")
    console.keyboard.press("ArrowDown")
    expect(console.locator(".guidance")).to_contain_text("What to do")
    steps = console.locator(".guidance .steps").inner_text()
    assert not any("\u4e00" <= character <= "\u9fff" for character in steps)
