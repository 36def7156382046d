"""The notifications screen: who is told, how each receiver is, what was said, and trying again."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from alerts.notification.deliveries import Refusal
from tests.browser.conftest import SignIn
from tests.browser_site import Site
from tests.notification_office import TWO, Notifying

pytestmark = pytest.mark.browser


@pytest.fixture
def office(site: Site) -> Notifying:
    """Two receivers; `duty` has taken what it was told, `town` is down."""
    office = Notifying(site.database_url, TWO.replace("group_wait: 0s", "group_wait: 0s, group_by: alarm"))
    office.refuse = lambda parcel: Refusal(reason="connection-refused") if parcel.receiver == "town" else None
    for nth in range(3):
        site.smoke(nth, 25)
    office.look(datetime.now(UTC))
    return office


def test_the_page_says_who_was_told_and_who_fails(site: Site, sign_in: SignIn, office: Notifying) -> None:
    """Both receivers have a card, the messages a row, and choosing one shows its words; a retry sends it."""
    page = sign_in("/notifications")
    expect(page.locator(".receiver-good[data-receiver=duty] .receiver-state")).to_have_text("正常")
    expect(page.locator(".receivers-note")).to_have_text("当前为演练状态：只有接收测试消息的接收方会收到通知")
    failing = page.locator(".receiver-failing[data-receiver=town]")
    expect(failing).to_contain_text("起连续失败 1 次：连接被拒绝")
    expect(page.locator(".notification-row")).to_have_count(len(office.states()))
    page.locator(".notification-row", has_text="已通知").first.click()
    expect(page.locator(".message-text")).to_contain_text("地点：")
    expect(page.get_by_role("button", name="立即重试")).to_have_count(0)
    page.select_option("#notification-filters select >> nth=1", "waiting")
    page.locator(".notification-row", has_text="【红色告警】").first.click()
    office.refuse = lambda _: None
    page.get_by_role("button", name="立即重试").click()
    expect(page.locator("#notice")).to_have_text("已安排重试")
    office.look(datetime.now(UTC))
    expect(page.locator(".receiver-good[data-receiver=town]")).to_be_visible()


def test_an_alarm_says_who_was_told_and_links_both_ways(site: Site, sign_in: SignIn, office: Notifying) -> None:
    """The alarm's detail names receiver and time; the page behind shows only that alarm; a message leads back."""
    page = sign_in("/console?alarm=1")
    expect(page.locator(".detail[data-alarm='1'] .told-block")).to_contain_text("已通知")
    expect(page.locator(".told.message-sent")).to_contain_text("duty ")
    expect(page.locator(".told.message-waiting")).to_have_text("town 待发送")
    page.click(".told-link")
    expect(page.locator(".notification-row")).to_have_count(2)
    page.locator(".notification-row").first.click()
    page.click(".alarm-link")
    expect(page.locator(".detail[data-alarm='1']")).to_be_visible()
