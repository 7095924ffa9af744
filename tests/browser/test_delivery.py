"""What is told gets home, once: from two tabs, over the back button, from a page that was rendered unseen.

The long proof of more is `make deliver` (short: test_deliver_short.py); what one page needs, test_snippet.py.
"""

from __future__ import annotations

import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from loadtest.deliver.browsers import chromium_options
from tests.browser.snippet_shop import Edge, snippet_shop

pytestmark = pytest.mark.browser

VIEW = "(sku) => dataLayer.push({event: 'view_item', ecommerce: {items: [{item_id: sku}]}})"


@pytest.fixture
def edge(bundles: dict[str, bytes]) -> Iterator[Edge]:
    with snippet_shop(bundles) as edge:
        yield edge


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context()
    yield context
    context.close()


def visit(context: BrowserContext, edge: Edge, path: str = "/p/hat") -> Page:
    page = context.new_page()
    page.goto(edge.shop_url + path)
    until(page, lambda: page.evaluate("heimta.on"))
    return page


def until(page: Page, true: Callable[[], object], within_ms: int = 30_000) -> None:
    """Playwright's own waiting, since a sleep here would hold up the browser's messages."""
    for _ in range(within_ms // 50):
        if true():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it did not come to pass in time")


def skus(edge: Edge) -> set[str]:
    return {event["p"]["sku"] for event in edge.events("product_viewed")}


def test_two_tabs_with_the_same_trouble_send_everything_once(context: BrowserContext, edge: Edge):
    one, two = visit(context, edge), visit(context, edge)
    until(one, lambda: len(edge.events("page_viewed")) == 2)
    edge.status, edge.retry_after = 503, "1"
    one.evaluate(VIEW, "a")
    two.evaluate(VIEW, "b")
    until(one, lambda: {e["p"].get("sku") for b in edge.batches for e in b["ev"]} >= {"a", "b"})
    edge.status, edge.retry_after = 200, ""
    until(one, lambda: skus(edge) == {"a", "b"})
    # Whoever came second finds the shelf empty: its turn is over when it has told something new.
    for page, sku in ((one, "c"), (two, "d")):
        page.evaluate(VIEW, sku)
    until(one, lambda: skus(edge) == {"a", "b", "c", "d"})
    taken = Counter((b["src"], e["n"]) for b in edge.batches if b["answered"] == 200 for e in b["ev"])
    assert set(taken.values()) == {1}


def test_the_back_button_brings_the_page_back_whole(edge: Edge, tmp_path: Path):
    """Leaving with something to tell and with a batch under way must not cost the shop its cache of pages."""
    edge.delay_s = 1
    go = "() => setTimeout(() => { tell('a'); location.href = '/sock' }, 1300)"
    back = f"if (event.persisted) tell('b'); else ready({go})"
    edge.pages["/hat"] = html(edge, f"addEventListener('pageshow', (event) => {{ {back} }})")
    edge.pages["/sock"] = html(edge, "ready(() => setTimeout(() => history.back(), 1500))")
    with chromium_alone(edge.shop_url + "/hat", tmp_path):
        wait(lambda: skus(edge) == {"a", "b"})
    assert edge.asked.count(("GET", "/hat")) == 1
    assert [event["u"] for event in edge.events("page_viewed")] == ["/hat", "/sock", "/hat"]
    assert len({b["src"] for b in edge.batches if b["ev"][0]["u"] == "/hat"}) == 1


def test_a_prerendered_page_counts_once_and_only_when_it_is_seen(edge: Edge, tmp_path: Path):
    rules = '{"prerender": [{"urls": ["/hat"], "eagerness": "immediate"}]}'
    go = "setTimeout(async () => { await fetch('/now'); location.href = '/hat' }, 1500)"
    # The page that is not seen yet says so by what both of them store; then it has time to tell more.
    go = f"const look = () => localStorage.ready ? {go} : setTimeout(look, 50); look()"
    unseen = "tell(document.prerendering ? 'unseen' : 'seen'); onload = () => { localStorage.ready = 1 }"
    edge.pages |= {"/now": "", "/hat": html(edge, unseen)}
    edge.pages["/start"] = f'<title>Start</title><script type="speculationrules">{rules}</script>'
    edge.pages["/start"] += f"<script>{go}</script>"
    with chromium_alone(edge.shop_url + "/start", tmp_path):
        wait(lambda: edge.events("product_viewed"))
    assert skus(edge) == {"unseen"}  # that was told while nobody looked, and waited
    now = edge.asked.index(("GET", "/now"))
    assert ("GET", "/s/demo.js") in edge.asked[:now]
    assert "POST" not in {method for method, _ in edge.asked[:now]}
    assert edge.asked.count(("GET", "/hat")) == 1
    assert len(edge.events("page_viewed")) == 1


def html(edge: Edge, script: str) -> str:
    """A page of the shop with the tag, that acts by itself."""
    tell = "(sku) => dataLayer.push({event: 'view_item', ecommerce: {items: [{item_id: sku}]}})"
    tag = f'<script async src="{edge.edge_url}/s/demo.js"></script>'
    ready = "(then) => window.heimta?.on ? then() : setTimeout(ready, 20, then)"
    own = f"<script>window.dataLayer = []; const tell = {tell}, ready = {ready}; {script}</script>"
    return f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Shop</title>{own}{tag}'


@contextmanager
def chromium_alone(address: str, profile: Path) -> Iterator[None]:
    """Without the developer tools' protocol: with it pages are not prerendered, and are at times not kept."""
    options = chromium_options()
    command = [options["executable_path"], *options["args"], "--headless=new", "--no-first-run"]
    with subprocess.Popen(
        [*command, f"--user-data-dir={profile}", address],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as browser:
        try:
            yield
        finally:
            browser.kill()
            browser.wait()


def wait(true: Callable[[], object], within_s: float = 40) -> None:
    end = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end, "it did not come to pass in time"
        time.sleep(0.05)
