"""The performance page: figures with their bounds, four charts, and ranges from a shift to a month."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from database import connect
from tests.browser.conftest import SignIn
from tests.browser_site import Site

pytestmark = pytest.mark.browser


def a_busy_month(site: Site) -> None:
    """Write a month of alarms with a flood in the last shift, a chattering detector and late acknowledgements."""
    with connect(site.database_url) as connection:
        connection.execute(
            """
            INSERT INTO alarms (device, rule, metric, condition, priority, state, unit, grid, lon, lat, raised_at,
                                recorded_at)
            SELECT d.key, 'smoke-density', m.key, CASE WHEN n % 3 = 0 THEN 'level-high' ELSE 'fault' END,
                   CASE WHEN n % 100 = 0 THEN 1 WHEN n % 16 = 0 THEN 2 WHEN n % 6 = 0 THEN 3 ELSE 4 END, 'norm', '%/m',
                   d.grid, d.lon, d.lat,
                   now() - CASE WHEN n <= 60 THEN interval '3 h' + n * interval '20 s'
                                ELSE random() * interval '30 d' END, now()
            FROM generate_series(1, 4000) n
            JOIN LATERAL (SELECT * FROM devices WHERE kind = 'smoke' ORDER BY key
                          OFFSET (n * n) % 40 LIMIT 1) d ON true
            JOIN metrics m ON m.name = 'smoke'
            """
        )
        connection.execute(
            """
            INSERT INTO alarm_transitions (alarm, version, at, recorded_at, cause, from_state, to_state)
            SELECT a.id, v, t.at, t.at, (ARRAY['raised', 'acknowledged', 'returned'])[v], 'norm', 'unack'
            FROM alarms a, generate_series(1, 3) v,
                 LATERAL (SELECT a.raised_at + (v - 1) * (20 + a.id * 7 % 400) * interval '1 s' AS at) t
            """
        )
        worst = connection.execute("SELECT min(id) FROM alarms").fetchone()
        assert worst is not None
        now = datetime.now(UTC)
        connection.cursor().executemany(
            "INSERT INTO alarm_transitions (alarm, version, at, recorded_at, cause, from_state, to_state)"
            " VALUES (%s, %s, %s, %s, %s, 'norm', 'unack')",
            [
                (worst[0], 4 + nth, at, at, "raised")
                for nth in range(30)
                for at in [now - timedelta(hours=2) + nth * timedelta(seconds=15)]
            ],
        )


def test_the_room_sees_its_own_figures_with_their_bounds(site: Site, sign_in: SignIn) -> None:
    """Every figure says its bound and whether it is kept; bounds are drawn; a longer range asks for more."""
    a_busy_month(site)
    page = sign_in("/performance", "commander")
    flood = page.locator("[data-card=flood]")
    expect(flood).to_contain_text("ISA-18.2")
    expect(flood).to_contain_text("超出")
    expect(page.locator("[data-card=standing]")).to_contain_text("达标")
    expect(page.locator("[data-card=chattering] .card-value")).to_have_text("1")
    expect(page.locator("#performance-rate .bars-bound")).to_have_count(3)
    expect(page.locator("#performance-rate .bars-shade").first).to_be_attached()
    expect(page.locator("#performance-priorities .bars-mark")).to_have_count(4)
    expect(page.locator("#performance-tags .bars-row")).to_have_count(10)
    expect(page.locator("#performance-tags .bars-row").first).to_contain_text("抖动")
    expect(page.locator("#performance-answer .bars-row").first).to_contain_text("95%")
    page.click("[data-hours='720']")
    expect(page.locator("#performance")).to_have_attribute("data-hours", "720")
    expect(page.locator(".performance-seats")).to_contain_text("4,0")
    assert _cut(page) == []


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_nothing_is_cut_off_in_either_language(site: Site, sign_in: SignIn, language: str) -> None:
    """No card and no note is wider or higher than its place, on a desk and on a wall."""
    a_busy_month(site)
    page = sign_in(f"/performance?lang={language}", "screen")
    for width, height in ((3840, 2160), (1920, 1080)):
        page.set_viewport_size({"width": width, "height": height})
        expect(page.locator("#performance-rate .bars-column").first).to_be_attached()
        assert _cut(page) == []


def _cut(page: Page) -> list[str]:
    """List what holds more than it shows."""
    cut: list[str] = page.evaluate(
        "[...document.querySelectorAll('.performance-card, .card-value, .card-name, .performance-note, .bars, .bars-value,"
        " .header, .header-right, .performance-ranges')].filter(e => e.getBoundingClientRect().right > innerWidth + 1 || e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 2)"
        ".map(e => `${e.className}: ${e.textContent} ${e.scrollWidth}/${e.clientWidth} ${e.scrollHeight}/${e.clientHeight}`)"
    )
    return cut
