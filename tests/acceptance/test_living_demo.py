"""With the demo running: from an ordinary MQTT client to every browser, and back by one key."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.living import Item, Living, eventually

ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
PATIENCE_MS = 30_000


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, or the one CHROMIUM names."""
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    assert program is not None, "Chromium is missing: `make test` installs it (tests/debian_packages.sh)."
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def sign_in(demo: Living, chromium: Browser) -> Iterator[Callable[[str, str], Page]]:
    """Sign in by name and password, each time in a browser of its own."""
    contexts = []

    def sign_in(path: str, name: str) -> Page:
        contexts.append(chromium.new_context(viewport={"width": 1920, "height": 1080}))
        page: Page = contexts[-1].new_page()
        page.goto(f"{demo.run['http']}/login?next={path}", wait_until="commit")
        page.fill("#name", name)
        page.fill("#password", demo.password(name))
        page.click("button[type=submit]")
        page.wait_for_function("window.gridwatch?.feed?.state === 'open'")
        return page

    yield sign_in
    for context in contexts:
        context.close()


def limited(demo: Living, kind: str) -> tuple[Item, Item, float]:
    """Find a device of a kind without alarms that has a limit: the device, its metric, its lowest limit."""
    for device in demo.every("devices", kind=kind):
        for metric in device["metrics"]:
            limits = [limit for limit in metric["limits"].values() if limit is not None]
            if limits and not demo.every("alarms", device=device["id"]):
                return device, metric, min(limits)
    pytest.fail(f"no quiet {kind} with a limit")


def topic(device: Item) -> str:
    """Name the device's own topic."""
    return f"gridwatch/v1/{device['area']}/{device['id']}/senml"


def above(metric: Item, limit: float) -> list[Item]:
    """Write one SenML reading above a limit, now, to the millisecond."""
    return [{"n": metric["metric"], "u": metric["unit"], "v": limit + 0.01, "t": round(time.time(), 3)}]


def of_levels(demo: Living, device: Item) -> list[Item]:
    """List the alarms of a device's limits; a sudden rise is another one."""
    return [alarm for alarm in demo.every("alarms", device=device["id"]) if alarm["condition"] == "level-high"]


@pytest.mark.parametrize("kind", ["gauge", "rain"])
def test_a_reading_above_its_limit_is_an_alarm(demo, kind):
    """Value, unit, priority, device time and grid path are the published ones, whatever format the device else speaks."""
    device, metric, limit = limited(demo, kind)
    place = {"lon": device["lon"], "lat": device["lat"]}
    located = demo.as_().get("/api/v1/grids/locate", params=place).raise_for_status().json()
    with demo.mqtt() as publish:
        records = above(metric, limit)
        publish(topic(device), records)
        (alarm,) = eventually(lambda: of_levels(demo, device), "the alarm")
    assert (alarm["device"], alarm["priority"], alarm["state"]) == (device["id"], 4, "unack")
    assert alarm["value"] == pytest.approx(limit + 0.01)
    assert (alarm["unit"], alarm["metric"]) == (metric["unit"], metric["metric"])
    assert alarm["grid"]["path"] == located["path"]
    assert [grid["level"] for grid in located["path"]] == ["county", "town", "village", "grid", "micro-grid"]
    assert _seconds(alarm["raised_at"]) == pytest.approx(records[0]["t"], abs=0.001)


def test_an_open_console_shows_it_and_one_key_changes_it_for_everybody(demo, sign_in):
    """A new row in two officers' consoles; acknowledged by a key in one, it is acknowledged in both and over REST."""
    first, second = sign_in("/console", "officer"), sign_in("/console", "dispatcher")
    device = demo.gauge("console-1", beside=demo.gauges()[0])
    (metric,) = device["metrics"]
    known = "id => [...gridwatch.store.alarms.values()].some(alarm => alarm.device === id)"
    with demo.mqtt() as publish:
        publish(topic(device), above(metric, 2.0))
        for page in (first, second):
            page.wait_for_function(known, arg=device["id"], timeout=PATIENCE_MS)
    (alarm,) = demo.every("alarms", device=device["id"])
    rows = [page.locator(f".alarm-rows .row[data-alarm='{alarm['id']}']") for page in (first, second)]
    for row in rows:
        expect(row).to_have_attribute("data-state", "unack")
    rows[0].click()
    first.keyboard.press("a")
    for row in rows:
        expect(row).to_have_attribute("data-state", "acked")
    (now,) = demo.every("alarms", device=device["id"])
    assert (now["state"], now["acked_by"], now["version"]) == ("acked", "officer", alarm["version"] + 1)


def _seconds(instant: str) -> float:
    return datetime.fromisoformat(instant).timestamp()
