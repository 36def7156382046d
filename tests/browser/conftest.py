"""A real Chromium, one page a person, and the site they look at."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect, sync_playwright

from tests.browser_site import PASSWORD, Site, running_site

WIDTH, HEIGHT = 1920, 1080
PATIENCE_MS = 30_000  # how long a busy machine may take; what is waited for comes at once
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=user-gesture-required",
)
SignIn = Callable[..., Page]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, or the one CHROMIUM names; ended before other tests: Playwright holds an event loop of its own."""
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    assert program is not None, "Chromium is missing: `make test` installs it (tests/debian_packages.sh)."
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> Iterator[Site]:
    """A running site of the test's own."""
    with running_site(database_url, tmp_path) as running:
        yield running


@pytest.fixture
def sign_in(site: Site, chromium: Browser, request: pytest.FixtureRequest) -> Iterator[SignIn]:
    """Sign in as a role and open a page, each time in a browser of its own; no page may fail or ask a foreign host."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def watch(asked: Request) -> None:
        if not asked.url.startswith((site.url, site.url.replace("http", "ws", 1), "data:", "blob:")):
            faults.append(f"asked {asked.url}")

    def sign_in(path: str, role: str = "dispatcher") -> Page:
        context = chromium.new_context(viewport={"width": WIDTH, "height": HEIGHT})
        contexts.append(context)
        page = context.new_page()
        page.on("request", watch)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(f"{site.url}/login?next={path}", wait_until="commit")
        page.fill("#name", role)
        page.fill("#password", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_function("window.gridwatch?.feed?.state === 'open'")
        return page

    yield sign_in
    for number, context in enumerate(contexts):
        _keep_picture(context, f"{request.node.name}-{number}")
        context.close()
    assert not faults, faults


def _keep_picture(context: BrowserContext, name: str) -> None:
    folder = os.environ.get("GRIDWATCH_PICTURES")
    if folder:
        for page in context.pages:
            page.screenshot(path=Path(folder) / f"{name}.png")
