"""The devices screen: the registry by filters and pages, and how a device that only waits is registered."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import SignIn
from tests.browser_site import Site

pytestmark = pytest.mark.browser


def test_filters_and_pages_reach_every_device(site: Site, sign_in: SignIn) -> None:
    """The list grows page by page until nothing is left, and a kind shows only its own."""
    page = sign_in("/devices")
    rows = page.locator(".device-row")
    expect(rows).to_have_count(60)
    page.click(".more")
    expect(rows).to_have_count(120)
    expect(page.locator(".more")).to_have_count(0)
    page.select_option("#device-filters select >> nth=0", "gauge")
    expect(rows.first).to_contain_text("水位站")
    assert all("水位站" in text for text in rows.all_inner_texts())


def test_a_device_shows_its_newest_readings_and_a_chart(site: Site, sign_in: SignIn) -> None:
    """Choosing a device shows its place, its newest readings with units, and the last day of the chosen metric."""
    device = site.smoke(0, 1.5)
    page = sign_in("/devices")
    page.click(f".device-row[data-device='{device}']")
    expect(page.locator(".facts-list")).to_contain_text("›")
    expect(page.locator(".reading", has_text="烟雾浓度")).to_contain_text("1.5%/m")
    page.locator(".reading", has_text="烟雾浓度").click()
    expect(page.locator(".chart-title")).to_have_text("烟雾浓度（%/m）")


def test_a_waiting_device_shows_what_it_sent_and_is_registered(site: Site, sign_in: SignIn) -> None:
    """An unknown device is listed with its last payload; the form registers it with its place, and it waits no more."""
    area = site.detectors[0][0]
    site.publish([(f"gridwatch/v1/{area}/newcomer-1/senml", b'[{"n":"smoke","u":"%/m","v":0.4}]')])
    page = sign_in("/devices", "admin")
    page.click("#tab-waiting")
    card = page.locator(".waiting")
    expect(card).to_have_count(1)
    expect(card.locator(".payload").first).to_have_text('[{"n":"smoke","u":"%/m","v":0.4}]')
    card.locator("summary").click()
    expect(card.locator("details .payload")).to_contain_text("0000  5b 7b 22 6e")
    card.get_by_role("button", name="登记").click()
    page.click(".dialog .press-first")
    expect(page.locator(".dialog-wrong")).to_have_text("请填写名称、经度和纬度")
    page.fill("input[name=name]", "新楼 1 层烟感")
    page.fill("input[name=lon]", "119.0")
    page.fill("input[name=lat]", "28.4")
    page.click(".dialog .press-first")
    expect(page.locator("#notice")).to_have_text("设备已登记")
    expect(page.locator(".waiting")).to_have_count(0)
    expect(page.locator(".detail[data-device='newcomer-1']")).to_contain_text("新楼 1 层烟感")


def test_only_an_administrator_sees_what_waits(site: Site, sign_in: SignIn) -> None:
    """Raw payloads are the administrator's: anybody else is told so."""
    page = sign_in("/devices", "officer")
    page.click("#tab-waiting")
    expect(page.locator(".device-list")).to_contain_text("只有管理员可以查看和登记")
