"""Debian's Chromium and Firefox, once for the whole run, and the bundles as they ship.

A Firefox takes seconds of a core to start; a context of its own, which each test has, takes next to nothing.
Playwright's sync API keeps an event loop alive in this thread for as long: what speaks its async API here
runs in a thread of its own (`apart`).
"""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

# What stands in a file without tests tells as much where it fails.
pytest.register_assert_rewrite("tests.browser.platform_shop", "tests.browser.main_job")

from loadtest.deliver.browsers import chromium_options, program  # noqa: E402
from tests.browser.shop_page import ShopPage, load, new_tab, shop_page  # noqa: E402

ROOT = Path(__file__).parents[2]
Told = TypeVar("Told")
expect.set_options(timeout=30_000)  # ends as soon as it is so; five seconds are short on a busy machine
# Files that take longest go first (tests are dealt by file): none is then left alone at the end.
LONG = [
    "test_main_job_push", "test_push_real", "test_main_job", "test_platforms_more", "test_snippet",
    "test_platforms", "test_manners", "test_shoppers", "test_checkout_tweaks", "test_own_address",
    "test_push_beside", "test_deliver_short", "test_access_matrix", "test_preferences", "test_debug",
]  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def turn(item: pytest.Item) -> int:
        return LONG.index(item.path.stem) if item.path.stem in LONG else len(LONG)

    items.sort(key=turn)  # stable: the others stay in the order of their names


def apart(work: Coroutine[Any, Any, Told]) -> Told:
    """Run it to its end on an event loop of another thread; Playwright's own occupies this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


class Browsers:
    """Those that run. One that a test has brought down is started anew for the next file."""

    def __init__(self) -> None:
        self._running: dict[str, Browser] = {}

    @contextmanager
    def lend(self, name: str, launch: Callable[[], Browser]) -> Iterator[Browser]:
        """What the borrower leaves open is closed: its pages would work on behind the next one's back."""
        browser = self._running.get(name)
        if browser is None or not browser.is_connected():
            browser = self._running[name] = launch()
        yield browser
        for context in browser.contexts:
            context.close()

    def close(self) -> None:
        for browser in self._running.values():
            browser.close()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browsers(playwright: Playwright) -> Iterator[Browsers]:
    browsers = Browsers()
    yield browsers
    browsers.close()


@pytest.fixture(scope="module")
def chromium(playwright: Playwright, browsers: Browsers) -> Iterator[Browser]:
    with browsers.lend("chromium", lambda: playwright.chromium.launch(**chromium_options())) as browser:
        yield browser


@pytest.fixture(scope="module")
def firefox(playwright: Playwright, browsers: Browsers) -> Iterator[Browser]:
    # Playwright's own protocol needs its own Firefox; Debian's speaks WebDriver BiDi.
    options: dict[str, Any] = {"executable_path": program("firefox-esr"), "channel": "moz-firefox"}
    with browsers.lend("firefox", lambda: playwright.firefox.launch(**options)) as browser:
        yield browser


@pytest.fixture(scope="session")
def bundles() -> dict[str, bytes]:
    """The built files by their short names: `popup`, `sw`, `snippet-api`."""
    subprocess.run(["node", "build.mjs"], cwd=ROOT, check=True)
    dist = ROOT / "static/dist"
    files = json.loads((dist / "manifest.json").read_text())["files"]
    return {name: (dist / entry["file"]).read_bytes() for name, entry in files.items()}


@pytest.fixture(scope="module", params=["chromium", "firefox"])
def browser(request: pytest.FixtureRequest) -> Browser:
    """Both of them, one after the other."""
    browser: Browser = request.getfixturevalue(request.param)
    return browser


@pytest.fixture(scope="session")
def shop(bundles: dict[str, bytes]) -> Iterator[ShopPage]:
    """The widgets' fixture page."""
    with shop_page(bundles) as shop:
        yield shop


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Iterator[Page]:
    tab = new_tab(browser)
    yield tab
    tab.close()


@pytest.fixture
def page(tab: Page, shop: ShopPage) -> Iterator[Page]:
    """The fixture page under its strict policy; at the end nothing may have offended it or been thrown."""
    load(tab, shop.address)
    yield tab
    assert tab.evaluate("world.violations") == []
