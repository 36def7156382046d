"""A rule is changed under two pairs of eyes: proposed, tried, refused to its author, admitted by another, judged by."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, Route, expect

from database import connect
from tests.browser.conftest import SignIn
from tests.browser_site import Site

pytestmark = pytest.mark.browser

OLD, NEW = "2: {at: 6.5, on_delay: 5s}", "2: {at: 4.5, on_delay: 5s}"


def _propose(page: Page, *, change: tuple[str, str] = (OLD, NEW), note: str = "6.5 报得太晚") -> None:
    page.get_by_role("button", name="提出修改").click()
    editor = page.locator("textarea[name=text]")
    text = editor.input_value()
    assert change[0] in text
    editor.fill(text.replace(*change))
    page.fill("input[name=note]", note)
    page.click("[data-action=propose]")


def _history_of_a_kitchen(site: Site) -> None:
    """Smoke that passed 5 %/m yesterday, for the trial to find: new by the proposed rule, nothing by the old one."""
    start = datetime.now(UTC) - timedelta(days=1)
    for second, value in enumerate([0.4, 3.0, 5.2, 5.4, 5.3, 0.5]):
        site.smoke(0, value, at=start + timedelta(seconds=6 * second))


def test_the_rules_in_force_are_listed_with_words_and_text(site: Site, sign_in: SignIn) -> None:
    """Each rule opens to its guidance, its parameters in words, and its own lines of the file."""
    page = sign_in("/rules", "screen")
    expect(page.locator("#rule-tools")).to_contain_text("第 1 版")
    page.click(".device-row[data-id='smoke-density']")
    expect(page.locator(".detail")).to_contain_text("室内烟雾浓度持续超过报警值")
    expect(page.locator(".words-list")).to_contain_text("橙色 6.5%/m (触发延时 5 秒)，红色 20%/m")
    expect(page.locator(".rules-text")).to_contain_text("name: smoke-density")
    expect(page.locator(".rules-text")).not_to_contain_text("name: room-heat")
    expect(page.get_by_role("button", name="提出修改")).to_be_disabled()


def test_a_faulty_text_is_refused_with_its_line(site: Site, sign_in: SignIn) -> None:
    """The author stays in the text, at the line that is wrong."""
    page = sign_in("/rules", "officer")
    _propose(page, change=(OLD, "2: {at: zehn, on_delay: 5s}"))
    expect(page.locator(".dialog-wrong")).to_contain_text("'zehn' is not a number")
    expect(page.locator(".dialog-wrong")).to_contain_text("行：")
    chosen = page.evaluate(
        "() => { const t = document.activeElement; return t.value.slice(t.selectionStart, t.selectionEnd); }"
    )
    assert "zehn" in chosen


def test_a_changed_rule_comes_into_force_by_a_second_officer_who_saw_the_table(site: Site, sign_in: SignIn) -> None:
    """The author may try but not admit; another sees the table and admits; then the new limit raises, under its version."""
    _history_of_a_kitchen(site)
    author = sign_in("/rules", "commander")
    _propose(author)
    expect(author.locator(".diff-removed .diff-text")).to_contain_text(OLD)
    expect(author.locator(".diff-added .diff-text")).to_contain_text(NEW)
    expect(author.locator("[data-action=admit]")).to_be_disabled()
    author.click("[data-action=try]")
    author.click(".dialog .press-first")
    expect(author.locator(".comparison-new .comparison-count")).to_have_text("1", timeout=60_000)
    expect(author.locator(".comparison-gone .comparison-count")).to_have_text("0")
    expect(author.locator(".comparison details[data-kind=new]")).to_contain_text(site.detectors[0][1])
    expect(author.locator("[data-action=admit]")).to_be_disabled()
    expect(author.locator(".rules-actions")).to_contain_text("提出人")

    second = sign_in("/rules", "admin")
    expect(second.locator("#tab-proposals")).to_contain_text("1")
    second.click("#tab-proposals")
    second.click("#rule-list .device-row")
    expect(second.locator(".comparison-new .comparison-count")).to_have_text("1")
    second.click("[data-action=admit]")
    expect(second.locator(".dialog")).to_contain_text("新增 1 条")
    second.click(".dialog .press-first")
    expect(second.locator(".detail")).to_have_attribute("data-state", "admitted")
    expect(author.locator(".detail")).to_have_attribute("data-state", "admitted")
    expect(author.locator("#rule-tools")).to_contain_text("第 2 版")

    site.pipeline.reload(now=datetime.now(UTC))
    for second_of in (10, 4):
        site.smoke(1, 5.2, at=datetime.now(UTC) - timedelta(seconds=second_of))
    with connect(site.database_url) as connection:
        assert connection.execute("SELECT rule, rule_set FROM alarms").fetchall() == [("smoke-density", 2)]
    console = sign_in("/console")
    console.keyboard.press("ArrowDown")
    expect(console.locator(".facts-list")).to_contain_text("烟雾浓度 第 2 版")
    expect(console.locator(".chart-limit-label")).to_have_text(["红色 20%/m", "橙色 4.5%/m"])


def test_rows_of_one_tab_never_stand_under_another(site: Site, sign_in: SignIn) -> None:
    """While the answer is under way the list is empty: nobody takes a rule for a proposal."""
    page = sign_in("/rules", "officer")
    rows = page.locator("#rule-list .device-row")
    expect(rows.first).to_be_visible()
    held: list[Route] = []
    listing = re.compile(r"/rules/proposals\?limit=")
    page.route(listing, lambda route: held.append(route))  # noqa: PLW0108 -- Playwright marks its handlers, a method cannot be
    with page.expect_request(listing):
        page.click("#tab-proposals")
    expect(page.locator("#tab-proposals")).to_have_attribute("aria-selected", "true")
    expect(rows).to_have_count(0)
    for route in held:
        route.continue_()
    expect(page.locator("#rule-list .empty")).to_be_visible()


def test_a_proposal_is_refused_with_a_reason(site: Site, sign_in: SignIn) -> None:
    """Its author reads why; nobody can admit it any more."""
    author = sign_in("/rules", "officer")
    _propose(author)
    expect(author.locator("[data-action=refuse]")).to_be_disabled()
    reviewer = sign_in("/rules", "commander")
    reviewer.click("#tab-proposals")
    reviewer.click("#rule-list .device-row")
    reviewer.click("[data-action=refuse]")
    reviewer.click(".dialog .press-first")
    expect(reviewer.locator(".dialog-wrong")).to_have_text("请写明原因")
    reviewer.fill(".dialog textarea", "厨房会误报")
    reviewer.click(".dialog .press-first")
    expect(author.locator(".detail")).to_have_attribute("data-state", "refused")
    expect(author.locator(".detail .facts-list")).to_contain_text("厨房会误报")
    expect(author.locator("[data-action=admit]")).to_have_count(0)
