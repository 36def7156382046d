"""The devices screen: the registry by filters and pages, and how a device that only waits is registered."""

import json
import time
from datetime import UTC, datetime
from functools import partial

import pytest
from playwright.sync_api import expect

from alerts.notification.metric_words import metric_words
from database import connect
from gridwatch.courier import say
from ingest.registration import NewDevice, register
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


def test_an_answer_that_is_cut_off_is_no_answer(site: Site, sign_in: SignIn) -> None:
    """It is said, nothing breaks, and the next one is shown."""
    page = sign_in("/devices")
    rows = page.locator(".device-row")
    expect(rows).to_have_count(60)
    page.route("**/api/v1/devices?*", lambda route: route.fulfill(body='{"items": ['))
    page.select_option("#device-filters select >> nth=0", "gauge")
    expect(page.locator("#notice")).to_have_text("连接不上服务器")
    expect(rows).to_have_count(0)
    page.unroute("**/api/v1/devices?*")
    page.select_option("#device-filters select >> nth=0", "")
    expect(rows).to_have_count(60)


def test_a_device_shows_its_newest_readings_and_a_chart(site: Site, sign_in: SignIn) -> None:
    """Choosing a device shows its place, its newest readings with units, and the last day of the chosen metric."""
    device = site.smoke(0, 1.5)
    page = sign_in("/devices")
    page.click(f".device-row[data-device='{device}']")
    expect(page.locator(".facts-list").first).to_contain_text("›")
    expect(page.locator(".reading", has_text="烟雾浓度")).to_contain_text("1.5%/m")
    page.locator(".reading", has_text="烟雾浓度").click()
    expect(page.locator(".chart-title")).to_have_text("烟雾浓度（%/m）")


def test_no_two_ticks_of_a_chart_read_the_same(site: Site, sign_in: SignIn) -> None:
    """A value that hardly moves has an axis in small steps, each written with all its decimals."""
    device = site.smoke(1, 0.03)
    page = sign_in("/devices")
    page.click(f".device-row[data-device='{device}']")
    page.locator(".reading", has_text="烟雾浓度").click()
    expect(page.locator(".chart-title")).to_have_text("烟雾浓度（%/m）")
    ticks = page.locator(".chart-label[text-anchor=end]")
    expect(ticks).to_have_text(["0.0290", "0.0295", "0.0300", "0.0305", "0.0310"])


def test_what_a_foreign_device_measures_is_said_in_words(site: Site, sign_in: SignIn) -> None:
    """A name that is put together is said part by part; 1 of a count is a number, of a fact yes; units are written as read."""
    area = site.detectors[0][0]
    records = (
        b'[{"n":"stage_2_5min","u":"m","v":1.5},{"n":"pm2_5","u":"ug/m3","v":35},{"n":"events_box_opened","u":"1","v":1},'
        b'{"n":"tamper","u":"1","v":1},{"n":"bme280.temperature","u":"Cel","v":20.5},{"n":"our_own_word","u":"1","v":0}]'
    )
    site.publish([(f"gridwatch/v1/{area}/newcomer-2/senml", records)])
    page = sign_in("/devices", "admin")
    page.click("#tab-waiting")
    expect(page.locator(".waiting .said")).to_have_text(
        [
            "5 分钟水位 21.50\u00a0m",
            "PM2.535\u00a0µg/m³",
            "箱门打开次数1",
            "防拆是",
            "bme280 温度20.5℃",
            "our_own_word0",
        ]
    )


def test_what_an_unknown_camera_sees_is_said_in_words(site: Site, sign_in: SignIn) -> None:
    """Labels of detection models have names; one that only its owner knows stays as it is written."""
    for camera, label in (("gate", "car"), ("yard", "forklift")):
        event = {"id": f"1.0-{camera}", "camera": camera, "label": label, "start_time": time.time(), "end_time": None}
        site.publish([("frigate/events", json.dumps({"type": "new", "before": event, "after": event}).encode())])
    page = sign_in("/devices", "admin")
    page.click("#tab-waiting")
    said = page.locator(".waiting[data-device=gate] .said, .waiting[data-device=yard] .said")
    expect(said).to_have_count(2)
    assert set(said.locator("strong").all_inner_texts()) == {"车辆", "forklift"}


def test_a_page_says_a_metric_as_a_message_does(sign_in: SignIn) -> None:
    """What an officer reads on the phone is what stands on the screen, whole names and those put together."""
    endings = ("", "_2", "_5min", "_1h", "_40cm", "_max", "_avg", "_today", "_2_1h_min", "_wrong", "_part", "_n")
    roots = ("stage", "pm2_5", "cod", "temperature", "bme280.temperature", "our_own", "a.b", "smoke_2")
    names = [root + ending for root in roots for ending in endings]
    page = sign_in("/devices")
    said = page.evaluate("names => names.map(name => window.gridwatch.text.metric(name))", names)
    assert said == [metric_words(partial(say, "zh-CN"), name) for name in names]


def test_a_waiting_device_is_told_in_plain_words_and_registered(site: Site, sign_in: SignIn) -> None:
    """An unknown device is listed with what it said and probably is; the form is filled, checks itself, and shows the grid."""
    area = site.detectors[0][0]
    site.publish([(f"gridwatch/v1/{area}/newcomer-1/senml", b'[{"n":"smoke","u":"%/m","v":0.4}]')])
    page = sign_in("/devices", "admin")
    page.click("#tab-waiting")
    card = page.locator(".waiting")
    expect(card).to_have_count(1)
    expect(card.locator(".waiting-guess")).to_contain_text("可能是烟感")
    expect(card.locator(".said")).to_have_text("烟雾浓度0.4%/m")
    expect(card.locator(".payload").first).to_be_hidden()
    card.locator("summary").click()
    expect(card.locator(".payload").first).to_have_text('[{"n":"smoke","u":"%/m","v":0.4}]')
    expect(card.locator(".payload").last).to_contain_text("0000  5b 7b 22 6e")
    card.get_by_role("button", name="登记").click()
    form = page.locator(".device-form")
    expect(form.locator(".metric-row input[name=metric]")).to_have_value("smoke")
    expect(form.locator(".located")).to_contain_text("没有位置")
    form.locator("input[name=lat]").fill("x")
    form.locator("input[name=limit_1]").fill("5")
    form.locator("input[name=limit_2]").fill("6")
    form.locator("input[name=limit_3]").fill("5")
    form.locator(".press-first").click()
    expect(form.locator(".form-name .field-wrong")).to_have_text("必填")
    expect(form.locator(".form-lat .field-wrong")).to_have_text("不是数字")
    expect(form.locator(".metric-wrong")).to_contain_text("逐级升高")
    form.locator("input[name=limit_2]").fill("")
    form.locator("input[name=limit_3]").fill("")
    form.locator("input[name=name]").fill("新楼 1 层烟感")
    form.locator("input[name=lat]").fill("")
    form.locator(".form-map").click(position={"x": 200, "y": 150})
    expect(form.locator(".located")).to_contain_text("位于")
    form.locator(".press-first").click()
    expect(page.locator("#notice")).to_have_text("设备已登记")
    expect(page.locator(".waiting")).to_have_count(0)
    detail = page.locator(".detail[data-device='newcomer-1']")
    expect(detail).to_contain_text("新楼 1 层烟感")
    expect(detail.locator(".history-entry")).to_contain_text("登记")
    expect(detail.locator("#device-health")).to_have_attribute("data-device", "newcomer-1")
    expect(detail.locator(".limit")).to_have_text("5")


def test_a_stranger_is_ignored_and_brought_back(site: Site, sign_in: SignIn) -> None:
    """What is not ours goes out of sight with a reason, is counted, and comes back."""
    area = site.detectors[0][0]
    site.publish([(f"gridwatch/v1/{area}/stranger-1/senml", b'[{"n":"smoke","u":"%/m","v":0.4}]')])
    page = sign_in("/devices?tab=waiting", "admin")
    page.locator(".waiting").get_by_role("button", name="忽略").click()
    page.fill(".dialog input[name=reason]", "邻县的")
    page.click(".dialog .press-first")
    expect(page.locator(".device-list")).to_contain_text("没有待登记的设备")
    page.get_by_role("button", name="已忽略 1 台").click()
    expect(page.locator(".waiting")).to_contain_text("邻县的")
    page.get_by_role("button", name="恢复提示").click()
    page.get_by_role("button", name="返回待登记").click()
    expect(page.locator(".waiting")).to_have_count(1)


def test_announced_devices_are_chosen_and_registered_together(site: Site, sign_in: SignIn) -> None:
    """What announces itself by Home Assistant's discovery is ticked and registered in one act."""
    for n in (1, 2):
        told = {"name": "Leak", "unique_id": f"leak-{n}", "state_topic": f"leak/{n}/state", "device_class": "moisture"}
        told["device"] = {"identifiers": [f"leak-{n}"], "name": f"机房水浸 {n}", "model": "SJCGQ11LM"}
        site.publish([(f"homeassistant/binary_sensor/leak-{n}/config", json.dumps(told).encode())])
    page = sign_in("/devices?tab=waiting", "admin")
    expect(page.locator(".waiting")).to_have_count(2)
    expect(page.locator(".guess-mark").first).to_have_text("设备自报")
    for tick in page.locator(".waiting .tick").all():
        tick.check()
    page.click("#take-over")
    page.click(".dialog .press-first")
    expect(page.locator("#notice")).to_contain_text("已登记 2 台")
    expect(page.locator(".waiting")).to_have_count(0)


def test_a_device_is_changed_swapped_and_retired_with_its_history(site: Site, sign_in: SignIn) -> None:
    """The page of a device changes it, puts another into its place, shows the chain, and retires it with a reason."""
    device = site.smoke(0, 1.5)
    page = sign_in(f"/devices?device={device}", "admin")
    page.get_by_role("button", name="修改").click()
    page.locator(".device-form input[name=building]").fill("3 栋")
    page.locator(".device-form .press-first").click()
    detail = page.locator(f".detail[data-device='{device}']")
    expect(detail.locator(".history-entry").first).to_contain_text("→ 3 栋")
    page.get_by_role("button", name="更换设备").click()
    page.fill(".dialog input[name=new_id]", "fresh-1")
    page.fill(".dialog input[name=reason]", "雷击")
    page.click(".dialog .press-first")
    fresh = page.locator(".detail[data-device='fresh-1']")
    expect(fresh.locator(".chain")).to_contain_text(device)
    expect(fresh.locator(".facts-list")).to_contain_text("3 栋")
    page.get_by_role("button", name="撤除").click()
    page.fill(".dialog input[name=reason]", "拆除")
    page.click(".dialog .press-first")
    expect(fresh.locator(".detail-state")).to_have_text("已撤除")
    fresh.locator(".chain .link-button").click()
    expect(detail.locator(".history-entry").first).to_contain_text("更换为")


def test_a_gateway_shows_what_hangs_on_it(site: Site, sign_in: SignIn) -> None:
    """The children of a gateway stand on its page, with how many are heard."""
    device = site.smoke(0, 1.5)
    with connect(site.database_url) as connection, connection.cursor() as cur:
        cur.execute("UPDATE devices SET gateway = 'gw-1' WHERE id = %s OR id = %s", (device, site.detectors[1][1]))
        register(
            cur, [NewDevice(id="gw-1", kind="gateway", name="1 号网关", lon=None, lat=None)], now=datetime.now(UTC)
        )
    page = sign_in("/devices?device=gw-1", "admin")
    expect(page.locator(".children-count")).to_have_text("1 / 2 台有数据")
    expect(page.locator(".child-row")).to_have_count(2)


def test_a_file_is_looked_at_and_then_registered(site: Site, sign_in: SignIn) -> None:
    """A faulty file is refused with its lines; mended it is judged, confirmed, and there."""
    page = sign_in("/devices?tab=import", "admin")
    heading = "编号,类型,名称,经度,纬度,坐标系,指标,单位,周期秒,红色限值"
    wrong = f"{heading}\nf-1,烟感,甲,119.0,,wgs84,烟雾浓度,Cel,300,5\nf-2,烟感,乙,129,28,wgs84,烟雾浓度,%/m,300,5\n"
    page.set_input_files(
        "#import-file", {"name": "设备.csv", "mimeType": "text/csv", "buffer": wrong.encode("gb18030")}
    )
    expect(page.locator(".import-verdict")).to_contain_text("有错误，没有导入")
    faults = page.locator(".finding-table").first
    expect(faults.locator(".finding-line")).to_have_text(["2", "2"])
    expect(faults).to_contain_text("经度和纬度要么都填")
    right = wrong.replace("119.0,,wgs84,烟雾浓度,Cel", "119.0,28.4,wgs84,烟雾浓度,%/m")
    page.set_input_files("#import-file", {"name": "设备2.csv", "mimeType": "text/csv", "buffer": right.encode()})
    expect(page.locator(".import-verdict")).to_contain_text("检查通过")
    expect(page.locator(".finding-doubts")).to_contain_text("请核对")
    page.click("#import-apply")
    expect(page.locator(".import-verdict")).to_contain_text("已全部登记")
    page.click("#tab-list")
    page.locator("#device-filters input[type=search] >> nth=1").fill("f-1")
    expect(page.locator(".device-row")).to_have_count(1)


def test_only_an_administrator_sees_what_waits(site: Site, sign_in: SignIn) -> None:
    """Raw payloads are the administrator's: anybody else is told so, and has no button that would fail."""
    page = sign_in("/devices", "officer")
    expect(page.locator("#new-device")).to_have_count(0)
    expect(page.locator("#tab-import")).to_have_count(0)
    page.click("#tab-waiting")
    expect(page.locator(".device-list")).to_contain_text("只有管理员可以查看和登记")


def test_what_is_listed_does_not_grow_old(site: Site, sign_in: SignIn) -> None:
    """A device that begins to burn changes its row; one that was not heard for a day is not called well."""
    page = sign_in("/devices")
    _, device = site.detectors[0]
    with connect(site.database_url) as connection:
        connection.execute("UPDATE devices SET last_seen = now() - interval '3 days' WHERE id = %s", (device,))
    page.goto(f"{site.url}/devices")
    state = page.locator(f".device-row[data-device='{device}'] .cell-state")
    page.get_by_placeholder("编号或名称").fill(device)
    expect(state).to_have_text("久无数据")
    page.locator(f".device-row[data-device='{device}']").click()
    expect(page.locator("#detail .detail-state")).to_have_text("久无数据")
    site.smoke(0, 25)
    expect(state).to_have_text("告警中")
    expect(page.locator("#detail .detail-state")).to_have_text("告警中")
