"""The built snippet in real browsers, under a strict policy: what it sends, holds and leaves alone."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser import own_time
from tests.browser.snippet_shop import CART, CORE, POPUP, WIDGET, Edge, snippet_shop

pytestmark = pytest.mark.browser

# In Firefox too, as pages of the street that is full of hazards (hazards.py).
in_chromium = pytest.mark.parametrize("browser", ["chromium"], indirect=True)

ADD = f"dataLayer.push({{event: 'add_to_cart', ecommerce: {{currency: 'EUR', items: [{json.dumps(CART)}]}}}})"
YES = "heimta('consent', {analytics: true, marketing: true})"
NO = "heimta('consent', {analytics: false, marketing: false})"
STORED = """async () => ({
  local: {...localStorage}, cookie: document.cookie,
  databases: (await indexedDB.databases()).map((one) => one.name),
})"""
NOTHING = {"local": {}, "cookie": "", "databases": []}
# The no itself stays, without an id: the next page must know of it.
A_NO = {**NOTHING, "local": {"heimta": '{"consent":{"analytics":false}}'}}
# Whether the only campaign waits for nothing but its moment.
WAITS = f"{CORE}.why?.({CORE}.config.campaigns[0]) === 'trigger'"
# The sources of the events that still wait for an answer of the edge.
WAITING = """() => new Promise((good) => {
  indexedDB.open('heimta').onsuccess = ({ target: { result } }) => {
    result.transaction('heimta').objectStore('heimta').getAll().onsuccess = (got) => {
      result.close()
      good(got.target.result.map((one) => one.src))
    }
  }
})"""


@pytest.fixture
def edge(bundles: dict[str, bytes]) -> Iterator[Edge]:
    with snippet_shop(bundles) as edge:
        yield edge


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    yield context
    context.close()


def visit(context: BrowserContext, edge: Edge, path: str = "/p/hat", *, own_clock: bool = False) -> Page:
    page = context.new_page()
    if own_clock:
        page.clock.install()
    page.goto(edge.shop_url + path)
    until(page, lambda: page.evaluate("heimta.on"))
    return page


def until(page: Page, true: Callable[[], object], within_ms: int = 60_000) -> None:
    """Playwright's own waiting, since a sleep here would hold up the browser's messages."""
    for _ in range(within_ms // 50):
        if true():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it did not come to pass in time")


def test_a_batch_arrives_without_preflight_and_without_cookies(context: BrowserContext, edge: Edge):
    page = visit(context, edge)
    page.evaluate(ADD)
    until(page, lambda: edge.events("cart_updated"))
    assert [e["t"] for e in edge.events()] == ["page_viewed", "cart_updated"]
    assert edge.events("cart_updated")[0]["p"]["cart"]["total_minor"] == 3998
    assert "OPTIONS" not in {method for method, _ in edge.asked}
    headers = {name.lower(): value for name, value in edge.headers[0].items()}
    assert headers["content-type"].startswith("text/plain")
    assert "cookie" not in headers
    [cookie] = context.cookies()
    assert (cookie["name"], cookie["sameSite"]) == ("heimta_v", "Lax")
    assert cookie["value"] == edge.batches[0]["vid"]
    assert page.evaluate("errors") == []


def test_consent_holds_everything_and_its_withdrawal_erases_everything(context: BrowserContext, edge: Edge):
    edge.config = {"consent": "ask"}
    page = visit(context, edge)
    page.evaluate(ADD)
    page.wait_for_timeout(2500)
    assert edge.batches == []
    assert page.evaluate(STORED) == NOTHING
    page.evaluate(YES)
    until(page, lambda: edge.events("consent_changed"))
    assert [e["t"] for e in edge.events()] == ["page_viewed", "cart_updated", "consent_changed"]
    assert page.evaluate(STORED)["databases"] == ["heimta"]
    page.evaluate(NO)
    until(page, lambda: len(edge.events("consent_changed")) == 2)
    until(page, lambda: page.evaluate(STORED) == A_NO)
    sent = len(edge.batches)
    page.evaluate(ADD)
    page.wait_for_timeout(4000)  # longer than the rescue waits
    page.goto("about:blank")
    page.wait_for_timeout(300)
    assert len(edge.batches) == sent


@pytest.mark.parametrize("how", ["navigate", "close"])
def test_leaving_delivers_what_just_happened(context: BrowserContext, edge: Edge, how: str):
    edge.delay_s = 0.2
    page, other = visit(context, edge), context.new_page()
    page.evaluate(ADD)
    if how == "close":
        page.close(run_before_unload=True)
    else:
        page.goto(edge.shop_url + "/elsewhere")
    until(other, lambda: edge.events("cart_updated"))


def test_what_the_edge_could_not_take_waits_for_the_next_page(context: BrowserContext, edge: Edge):
    edge.status, edge.retry_after = 503, "600"
    page = visit(context, edge)
    page.evaluate(ADD)
    until(page, lambda: edge.batches)
    page.wait_for_timeout(1200)  # the second event has been tried, or waits with the first
    tried = edge.batches[0]
    page.goto("about:blank")
    edge.status, edge.retry_after = 200, ""
    page.goto(edge.shop_url + "/p/sock")
    until(page, lambda: len(edge.events("page_viewed")) == 2 and edge.events("cart_updated"))
    again = [b for b in edge.batches if b["src"] == tried["src"] and b["answered"] == 200]
    assert sorted({e["n"] for b in again for e in b["ev"]}) == [0, 1]
    assert again[0]["vid"] == tried["vid"]
    # The double notes a batch before the browser has its answer: leaving in between rightly sends it again.
    until(page, lambda: tried["src"] not in page.evaluate(WAITING))
    sent = len(edge.batches)
    page.goto(edge.shop_url + "/p/mug")
    page.wait_for_timeout(5000)
    assert [b for b in edge.batches[sent:] if b["src"] == tried["src"]] == []


def test_the_tag_pasted_twice_runs_once(context: BrowserContext, edge: Edge):
    edge.tags = 2
    page = visit(context, edge)
    page.evaluate(ADD)
    until(page, lambda: edge.events("cart_updated"))
    assert [e["t"] for e in edge.events()] == ["page_viewed", "cart_updated"]
    assert edge.asked.count(("GET", "/s/demo.js")) >= 1


@in_chromium
@pytest.mark.parametrize("broken", ["() => { throw new Error('patched') }", "() => 7", "undefined"])
def test_a_broken_fetch_never_surfaces(context: BrowserContext, edge: Edge, broken: str):
    context.add_init_script(f"window.fetch = {broken}")
    page = visit(context, edge)
    page.evaluate(ADD)
    page.wait_for_timeout(2000)
    assert page.evaluate("errors") == []


@in_chromium
def test_blocked_storage_never_surfaces(context: BrowserContext, edge: Edge):
    context.add_init_script(
        "for (const name of ['localStorage', 'indexedDB'])"
        "Object.defineProperty(window, name, {get() { throw new DOMException('no', 'SecurityError') }})"
    )
    page = visit(context, edge)
    page.evaluate(ADD)
    page.wait_for_timeout(2000)
    assert page.evaluate("errors") == []


def test_two_tabs_share_one_visitor_and_one_cart(context: BrowserContext, edge: Edge):
    one, two = visit(context, edge), visit(context, edge, "/p/sock")
    until(one, lambda: len(edge.events("page_viewed")) == 2)
    one.evaluate(ADD)
    until(two, lambda: two.evaluate("JSON.parse(localStorage.heimta).cart"))
    two.evaluate(ADD)
    until(two, lambda: len(edge.events("cart_updated")) == 2)
    assert len({b["vid"] for b in edge.batches}) == 1
    carts = [e["p"]["cart"] for e in sorted(edge.events("cart_updated"), key=lambda e: e["at"])]
    assert [cart["total_minor"] for cart in carts] == [3998, 7996]
    assert carts[0]["id"] == carts[1]["id"]


def test_at_the_exit_a_popup_shows_without_a_request(
    context: BrowserContext, edge: Edge, bundles: dict[str, bytes], browser: Browser
):
    edge.config = {
        "campaigns": [POPUP],
        "widgets": {
            "stage": ["/w/stage.js", sri(bundles["stage"])],
            "mount": ["/w/mount.js", sri(bundles["mount"])],
            "popup": ["/w/popup.js", sri(WIDGET)],
        },
    }
    page = visit(context, edge, own_clock=True)
    page.mouse.move(600, 400)
    page.mouse.click(600, 410)
    until(page, lambda: page.evaluate(WAITS))
    own_time.stop(page)
    page.clock.run_for(3200)
    asked = [path for method, path in edge.asked if method == "GET"]
    page.mouse.move(600, 300)
    is_chromium = browser.browser_type.name == "chromium"
    own_time.go_out(page, 602, (90, 70, 50, 30, 10), -5 if is_chromium else None)
    page.clock.run_for(1000)
    assert page.evaluate("window.shown") == "Wait!"
    page.clock.resume()
    until(page, lambda: edge.events("campaign_exposed"))
    assert [path for method, path in edge.asked if method == "GET"] == asked
    [exit] = edge.events("exit_intended")
    assert exit["p"]["device"] == "pointer" and exit["p"]["score"] > 0
    assert edge.events("campaign_exposed")[0]["p"] == {
        "campaign": "exit-offer", "arm": "a", "p": 10_000, "version": 1,
    }  # fmt: skip
    assert page.evaluate("errors") == []


def test_a_widget_that_was_tampered_with_never_runs(
    context: BrowserContext, edge: Edge, bundles: dict[str, bytes]
):
    edge.config = {"campaigns": [POPUP], "widgets": {"stage": ["/w/stage.js", sri(b"another")]}}
    page = visit(context, edge)
    page.mouse.click(600, 410)
    until(page, lambda: ("GET", "/w/stage.js") in edge.asked)
    page.wait_for_timeout(2500)
    assert ("GET", "/w/popup.js") not in edge.asked


def sri(code: bytes) -> str:
    return "sha384-" + base64.b64encode(hashlib.sha384(code).digest()).decode()
