"""Debian's Chromium and Firefox, once for each test file, and the bundles as they ship.

Not once for the whole run: Playwright's sync API keeps an event loop alive in this thread, and no
async test of another file could run beside it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from tests.browser.shop_page import ShopPage, load, new_tab, shop_page

ROOT = Path(__file__).parents[2]
# Files that take longest go first (tests are dealt by file): none is then left alone at the end.
LONG = ["test_main_job_push", "test_shoppers", "test_main_job", "test_push_real", "test_manners"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def turn(item: pytest.Item) -> int:
        return LONG.index(item.path.stem) if item.path.stem in LONG else len(LONG)

    items.sort(key=turn)  # stable: the others stay in the order of their names


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


def chromium_options() -> dict[str, Any]:
    """How Debian's Chromium is launched; without its sandbox only as root, who may have none."""
    args = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {"executable_path": program("chromium"), "args": args}


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(**chromium_options())
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def firefox(playwright: Playwright) -> Iterator[Browser]:
    # Playwright's own protocol needs its own Firefox; Debian's speaks WebDriver BiDi.
    browser = playwright.firefox.launch(executable_path=program("firefox-esr"), channel="moz-firefox")
    yield browser
    browser.close()


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


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise RuntimeError(f"{name} is missing; install the package {name}")
    return found
