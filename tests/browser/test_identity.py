"""What an officer sees of clocks, of data told late, and of who speaks as somebody else."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from database import connect
from tests.browser.conftest import SignIn
from tests.browser_site import Site

pytestmark = pytest.mark.browser


def test_an_alarm_told_late_is_marked_and_makes_no_sound(site: Site, sign_in: SignIn, tmp_path: Path) -> None:
    """The list and the alarm say 补报; nothing sounds."""
    with connect(site.database_url) as connection:
        row = connection.execute("SELECT key FROM devices WHERE id = %s", (site.detectors[0][1],)).fetchone()
    assert row is not None
    site.pipeline._clocks.restore([row[0]], [300_000])  # its clock was right when it went away
    begun = datetime.now(UTC) - timedelta(hours=2)
    for minute, value in enumerate((25.0, 26.0, 0.4, 0.3, 0.3)):  # smoke for a minute, two hours ago
        site.smoke(0, value, at=begun + timedelta(minutes=minute))
    console = sign_in("/console")
    row = console.locator("#alarm-list .alarm-rows .row").first
    expect(row).to_contain_text("补报")
    console.keyboard.press("ArrowDown")
    expect(console.locator(".detail-late").first).to_have_text("补报")
    expect(console.locator(".detail-late-why")).to_contain_text("不响铃")
    expect(console.locator("#sound")).not_to_have_class("sound-sounding")
    console.screenshot(path=tmp_path / "late.png")


def test_clocks_and_foreign_speakers_are_listed(site: Site, sign_in: SignIn, tmp_path: Path) -> None:
    """A detector 192 s ahead and one that names another are found on the devices screen, in plain words."""
    device = site.smoke(0, 0.4, at=datetime.now(UTC) + timedelta(seconds=192))
    area, victim = site.detectors[1]
    body = json.dumps([{"bn": f"{victim}:", "n": "smoke", "u": "%/m", "v": 1}]).encode()
    site.publish([(f"gridwatch/v1/{area}/{device}/senml", body)] * 2)
    page = sign_in("/devices", "admin")
    page.click(f".device-row[data-device='{device}']")
    expect(page.locator("#device-health")).to_contain_text("快 3 分 1")
    expect(page.locator("#detail .facts-list").first).to_contain_text("设备时钟快 3 分 1")
    page.screenshot(path=tmp_path / "clock.png")
    page.click("#tab-waiting")
    expect(page.locator("#identity-foreign .identity-row")).to_contain_text(f"冒用 {victim}")
    expect(page.locator("#identity-foreign .identity-row")).to_contain_text("2 次")
    expect(page.locator("#identity-clocks .identity-row")).to_contain_text("快 3 分 1")
    page.screenshot(path=tmp_path / "identity.png")
    page.set_viewport_size({"width": 3840, "height": 2160})
    page.screenshot(path=tmp_path / "identity-3840.png")
