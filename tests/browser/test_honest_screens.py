"""A slow line, a sleeping laptop, a lost page, a key too late: the screen says what is so, and acts on what was meant."""

import signal
from datetime import timedelta

import pytest
from playwright.sync_api import APIResponse, Page, Route, expect

from database import connect
from tests.browser.conftest import SignIn
from tests.browser_site import Site, many_alarms

pytestmark = pytest.mark.browser
DETAIL = "**/api/v1/alarms/*?lang=zh"
SELECTED = "gridwatch.list.selected"


def _rows(page: Page):
    return page.locator(".alarm-rows .row:visible")


def _two_alarms(site: Site, console: Page) -> None:
    site.smoke(0, 25)
    site.smoke(len(site.detectors) - 1, 25)
    expect(_rows(console)).to_have_count(2)


def test_what_came_while_the_link_was_away_ends_the_silence(site: Site, sign_in: SignIn) -> None:
    """Silenced on an empty list, the console sounds for the alarm a reconnection brings."""
    console = sign_in("/console")
    expect(console.locator("#list-shown")).to_contain_text("0")
    console.keyboard.press("m")
    site.stop()
    site.smoke(0, 25)
    site.start()
    expect(_rows(console)).to_have_count(1)
    console.wait_for_function("gridwatch.sound.sounding === 1")


def test_a_page_asked_for_before_a_newer_snapshot_brings_nothing_back(site: Site, sign_in: SignIn) -> None:
    """An alarm that ended while the link was away stays ended, however late an older answer comes."""
    many_alarms(site, 600)
    console = sign_in("/devices")
    held: list[tuple[Route, APIResponse]] = []

    def hold(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append((route, route.fetch()))

    console.route("**/api/v1/alarms?state=active**", hold)
    console.goto(f"{site.url}/console")
    console.wait_for_function("gridwatch.store.size === 500")
    while not held:
        console.wait_for_timeout(50)
    route, answer = held[0]
    ended = answer.json()["items"][0]["id"]
    site.stop()
    site.smoke(0, 25)
    with connect(site.database_url) as connection:
        connection.execute("UPDATE alarms SET state = 'norm', version = version + 1 WHERE id = %s", (int(ended),))
    site.start()
    console.wait_for_function("gridwatch.store.size >= 600")
    with console.expect_event("requestfinished"):
        route.fulfill(response=answer)
    console.evaluate("new Promise(done => setTimeout(done, 200))")  # behind the reading of that answer
    assert console.evaluate("id => gridwatch.store.alarms.has(id)", ended) is False


def test_a_page_of_a_long_list_that_fails_is_asked_for_again(site: Site, sign_in: SignIn) -> None:
    """A list cut short by one lost answer completes itself."""
    many_alarms(site, 600)
    console = sign_in("/devices")
    console.route("**/api/v1/alarms?state=active**", lambda route: route.abort(), times=1)
    console.goto(f"{site.url}/console")
    console.wait_for_function("gridwatch.store.size === 600")


def test_space_on_what_unfolds_acknowledges_nothing(site: Site, sign_in: SignIn) -> None:
    """A key that opens the rule's parameters is not a command on the alarm."""
    console = sign_in("/console")
    site.smoke(0, 25)
    expect(_rows(console)).to_have_count(1)
    console.keyboard.press("ArrowDown")
    console.locator(".why-rule summary").focus()
    console.keyboard.press("Space")
    expect(console.locator(".words-list")).to_be_visible()
    console.keyboard.press("Enter")
    expect(console.locator(".words-list")).to_be_hidden()
    assert console.evaluate("gridwatch.list.current().state") == "unack"


def test_the_detail_is_never_that_of_another_alarm(site: Site, sign_in: SignIn) -> None:
    """On a slow or failing line the detail says what the list knows of the chosen alarm, and completes itself."""
    console = sign_in("/console")
    _two_alarms(site, console)
    console.keyboard.press("ArrowDown")
    expect(console.locator(".guidance")).to_be_visible()
    held: list[Route] = []
    console.route(DETAIL, lambda route: held.append(route), times=1)  # noqa: PLW0108 -- see test_rules
    console.keyboard.press("ArrowDown")
    expect(console.locator(".detail")).to_have_attribute("data-alarm", console.evaluate(SELECTED))
    expect(console.locator(".guidance")).to_have_count(0)
    while not held:
        console.wait_for_timeout(50)
    held[0].fulfill(status=503, json={"title": "away"})
    expect(console.locator(".guidance")).to_be_visible()
    expect(console.locator(".detail")).to_have_attribute("data-alarm", console.evaluate(SELECTED))


def test_a_button_under_the_mouse_is_not_that_of_the_alarm_that_slipped_in(site: Site, sign_in: SignIn) -> None:
    """An alarm ends as its button is pressed: the press is not taken for the next alarm."""
    console = sign_in("/console")
    _two_alarms(site, console)
    console.keyboard.press("ArrowDown")
    expect(console.locator(".guidance")).to_be_visible()
    asked: list[str] = []
    console.on("request", lambda request: asked.append(request.url) if request.method == "POST" else None)
    console.evaluate(
        "() => { const ended = gridwatch.list.current(); return new Promise(done => { const watch = () => {"
        " if (gridwatch.list.selected === ended.id) { return requestAnimationFrame(watch); }"
        " document.getElementById('acknowledge').click(); done(); }; watch();"
        " gridwatch.store.mergeAlarm(Object.assign({}, ended, { state: 'norm', version: ended.version + 1 })); }); }"
    )
    console.wait_for_function("!gridwatch.list.hasSlipped()")
    assert asked == []
    console.click("#acknowledge")
    console.wait_for_function("gridwatch.list.current().state === 'acked'")


def test_a_screen_that_slept_is_stale_at_once(site: Site, sign_in: SignIn) -> None:
    """A sleeping machine stops the steady clock: the wall clock alone shows that the picture is an hour old."""
    wall = sign_in("/wall", "screen")
    expect(wall.locator("#stale")).to_be_hidden()
    assert site.process is not None
    site.process.send_signal(signal.SIGSTOP)
    wall.evaluate(
        "() => { const asleep = performance.now(), wall = Date.now; performance.now = () => asleep;"
        " Date.now = () => wall() + 3600000; }"
    )
    expect(wall.locator("#stale")).to_be_visible()
    site.process.send_signal(signal.SIGCONT)


def test_a_row_of_yesterday_says_its_day(site: Site, sign_in: SignIn) -> None:
    """A wall that was not loaded anew since yesterday does not show a time of then as one of today."""
    wall = sign_in("/devices", "screen")
    wall.clock.install()
    wall.goto(f"{site.url}/wall")
    site.smoke(0, 25)
    row = wall.locator("#newest .wall-row-time")
    expect(row).to_have_count(1)
    assert "/" not in row.inner_text()
    assert site.process is not None
    site.process.send_signal(signal.SIGSTOP)
    wall.clock.fast_forward(int(timedelta(days=1) / timedelta(milliseconds=1)))
    expect(row).to_contain_text("/")
    site.process.send_signal(signal.SIGCONT)


def test_keys_stay_in_an_open_dialog(site: Site, sign_in: SignIn) -> None:
    """Tab does not reach the buttons behind it, and Escape closes it after a click on blank paper."""
    console = sign_in("/console")
    site.smoke(0, 25)
    expect(_rows(console)).to_have_count(1)
    console.keyboard.press("ArrowDown")
    expect(console.locator(".guidance")).to_be_visible()
    console.keyboard.press("c")
    for _ in range(8):
        console.keyboard.press("Tab")
        assert console.evaluate("document.activeElement === document.body || !!document.activeElement.closest('.veil')")
    console.locator(".dialog h2").click()
    console.keyboard.press("Escape")
    expect(console.locator(".veil")).to_have_count(0)


def test_a_comment_written_while_the_alarm_changed_is_kept(site: Site, sign_in: SignIn) -> None:
    """What an officer typed stands in the history, though another acknowledged the alarm meanwhile."""
    console, other = sign_in("/console"), sign_in("/console", "officer")
    site.smoke(0, 25)
    for page in (console, other):
        expect(_rows(page)).to_have_count(1)
        page.keyboard.press("ArrowDown")
    console.keyboard.press("c")
    console.fill("textarea[name=comment]", "电话无人接听")
    other.keyboard.press("a")
    expect(_rows(console)).to_have_attribute("data-state", "acked")
    console.click(".dialog .press-first")
    expect(console.locator(".history q")).to_have_text("电话无人接听")


def test_a_number_is_neither_nothing_nor_a_line_of_digits(sign_in: SignIn) -> None:
    """Little is not written as 0, nothing as -0, and what is beyond measure in three hundred digits."""
    page = sign_in("/devices")
    shown = "([value, unit]) => gridwatch.text.number(value, unit)"
    given = [(0.004, "MPa"), (-0.0042, "MPa"), (3e-9, "MPa"), (-0.001, "m"), (0, "Cel"), (1e300, "m"), (1.25, "m")]
    expected = ["0.004", "-0.0042", "3.0e-9", "0.00", "0", "1.00e+300", "1.25"]
    assert [page.evaluate(shown, list(pair)) for pair in given] == expected
