"""Every alarm opens to what made it, and every absence can be asked."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from database import connect
from ingest.readings import Quality
from tests.browser.conftest import SignIn
from tests.browser_site import Site

pytestmark = pytest.mark.browser


def _fire(site: Site, sign_in: SignIn) -> Page:
    """Let smoke grow past both limits over a hole in the readings, with one number that cannot be; open the alarm."""
    _, device = site.detectors[0]
    start = datetime.now(UTC) - timedelta(minutes=18)
    smoke = [0.4, 0.5, 0.4, 0.6, None, None, None, None, None, 0.5, 0.9, 2.5, 7.1, 9.0, 12.0, 14.0, 15.0]
    for minute, value in enumerate(smoke):
        if value is not None:
            site.smoke(0, value, at=start + timedelta(minutes=minute))
    with connect(site.database_url) as connection:
        connection.execute(
            "INSERT INTO readings (time, device, metric, value, quality, received, grid)"
            " SELECT %s, d.key, m.key, -9999, %s, now(), 0 FROM devices d, metrics m WHERE d.id = %s AND m.name = 'smoke'",
            (start + timedelta(minutes=9, seconds=30), Quality.IMPLAUSIBLE.value, device),
        )
    console = sign_in("/console")
    expect(console.locator("#alarm-list .alarm-rows .row")).to_have_count(1)
    console.keyboard.press("ArrowDown")
    expect(console.locator(".chart-picture")).to_be_visible()
    return console


def test_an_alarm_opens_to_readings_limits_and_delays(site: Site, sign_in: SignIn) -> None:
    """The chart has every limit, the deadband and delay, when it was first seen and raised; a sentence says the same."""
    console = _fire(site, sign_in)
    expect(console.locator(".why-sentence")).to_contain_text("烟雾浓度 9%/m，达到橙色限值 6.5%/m，连续 5 秒后触发")
    expect(console.locator(".why-sentence")).to_contain_text("低于 4.5%/m 才算恢复")
    expect(console.locator(".chart-limit-label")).to_have_text(["红色 20%/m", "橙色 6.5%/m"])
    expect(console.locator(".chart-band")).to_have_count(1)
    expect(console.locator(".chart-delay")).to_have_count(1)
    expect(console.locator(".chart-moment-label")).to_have_text(["触发", "首次越限"])
    expect(console.locator(".why-rule")).to_contain_text("规则 smoke-density（第 1 版，限值）")
    console.locator(".why-rule summary").click()
    expect(console.locator(".words-list")).to_contain_text("橙色 6.5%/m (触发延时 5 秒)，红色 20%/m")


def test_a_hole_stays_a_hole_and_what_cannot_be_is_no_value(site: Site, sign_in: SignIn) -> None:
    """The line has a break where nothing was heard; -9999 is a mark beside it and stretches no axis."""
    console = _fire(site, sign_in)
    line = console.locator(".chart-line").get_attribute("d") or ""
    assert line.count("M") == 3, "before the hole, after it, and after the number that cannot be"
    expect(console.locator(".chart-implausible")).to_have_count(1)
    expect(console.locator(".chart-implausible-label")).to_have_text("不可信 -9,999%/m")
    assert not any("-" in label for label in console.locator(".chart-label").all_text_contents())


def test_silence_is_a_bar_of_what_was_expected(site: Site, sign_in: SignIn) -> None:
    """No-data shows when the device was last heard, how often it should be, and where patience ended."""
    _, device = site.detectors[1]
    site.smoke(1, 0.3)
    with connect(site.database_url) as connection:
        heard = datetime.now(UTC)
        connection.execute(
            """
            INSERT INTO alarms (device, rule, rule_set, condition, priority, state, value, unit, grid, lon, lat,
                                raised_at, recorded_at, opened_at)
            SELECT key, 'silent-device', 1, 'no-data', 4, 'unack', 900, 's', grid, lon, lat, %(at)s, %(at)s, %(at)s
            FROM devices WHERE id = %(device)s
            """,
            {"device": device, "at": heard + timedelta(seconds=1)},
        )
    console = sign_in("/console")
    expect(console.locator("#alarm-list .alarm-rows .row")).to_have_count(1)
    console.keyboard.press("ArrowDown")
    expect(console.locator(".why-sentence")).to_contain_text("没有数据即告警")
    expect(console.locator(".silence .silence-bar")).to_be_visible()
    expect(console.locator(".silence .chart-title")).to_contain_text("静默")


def test_a_device_is_asked_why_there_is_no_alarm(site: Site, sign_in: SignIn) -> None:
    """Each rule that judges the device says what it measured, its limit and why it is quiet; the others are counted."""
    device = site.smoke(2, 3.0)
    page = sign_in("/devices")
    page.click(f".device-row[data-device='{device}']")
    page.get_by_role("button", name="为什么没有告警").click()
    rows = page.locator(".explain-row[data-rule='smoke-density']")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("3%/m")
    expect(rows.first).to_contain_text("未越限")
    expect(page.locator(".explain-verdict")).to_contain_text("没有规则判为告警")
    expect(page.locator(".explain-answer")).to_contain_text("按当时的规则（第 1 版）")
    page.locator(".explain input").fill("2020-01-01 00:00:00")
    page.locator(".explain").get_by_role("button", name="查询").click()
    expect(rows.first).to_contain_text("之前没有读数")


def test_a_device_whose_newest_number_cannot_be_says_so(site: Site, sign_in: SignIn) -> None:
    """The newest value is none; what was sent stands there as what it is."""
    area, device = site.detectors[3]
    site.publish([(f"gridwatch/v1/{area}/{device}/senml", json.dumps([{"n": "smoke", "u": "%/m", "v": 0.4}]).encode())])
    with connect(site.database_url) as connection:
        connection.execute(
            "UPDATE device_last l SET value = -9999, quality = %s FROM devices d, metrics m"
            " WHERE d.key = l.device AND m.key = l.metric AND d.id = %s AND m.name = 'smoke'",
            (Quality.IMPLAUSIBLE.value, device),
        )
    page = sign_in("/devices")
    page.click(f".device-row[data-device='{device}']")
    expect(page.locator(".reading", has_text="烟雾浓度")).to_contain_text("不可信 -9,999%/m")
