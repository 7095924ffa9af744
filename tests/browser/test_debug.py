"""The debug overlay: only where it is asked for, true to what the snippet does, gone when it is closed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.snippet_shop import POPUP, WIDGET, Edge, snippet_shop
from tests.browser.test_snippet import ADD, NO, YES, sri, until

pytestmark = pytest.mark.browser
# Once is enough for what no browser does in a way of its own.
in_chromium = pytest.mark.parametrize("browser", ["chromium"], indirect=True)

# The panel's shadow root is closed to the page; a test looks in through the door it leaves itself.
PEEK = (
    "{const open=Element.prototype.attachShadow;Element.prototype.attachShadow=function(how){"
    "return this.localName==='heimta-debug'?open.call(this,{...how,mode:'open'}):open.call(this,how)}}"
)


@pytest.fixture
def edge(bundles: dict[str, bytes]) -> Iterator[Edge]:
    with snippet_shop(bundles) as edge:
        files = {**bundles, "popup": WIDGET}
        widgets = {
            name: [f"/w/{name}.js", sri(files[name])]
            for name in ("stage", "mount", "rules", "debug", "popup")
        }
        edge.config = {"widgets": widgets, "campaigns": [POPUP], "adapter": "datalayer"}
        yield edge


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    context.add_init_script(PEEK)
    yield context
    context.close()


def opened(context: BrowserContext, edge: Edge) -> Page:
    page = context.new_page()
    page.goto(f"{edge.shop_url}/p/hat?heimta=debug")
    page.get_by_role("button", name="Heimta", exact=True).click()
    expect(page.get_by_role("heading", name="Campaigns")).to_be_visible()
    return page


@in_chromium
def test_a_shopper_never_gets_it(context: BrowserContext, edge: Edge):
    page = context.new_page()
    page.goto(f"{edge.shop_url}/p/hat")
    until(page, lambda: edge.events("page_viewed"))
    page.wait_for_timeout(300)
    assert ("GET", "/w/debug.js") not in edge.asked
    assert page.locator("heimta-debug").count() == 0


def test_it_tells_what_was_seen_decided_and_sent(context: BrowserContext, edge: Edge):
    page = opened(context, edge)
    panel = page.get_by_role("complementary", name="Heimta debug")
    page.evaluate(ADD)
    expect(panel.get_by_text("2 items, €39.98.")).to_be_visible()
    expect(panel.get_by_text("Read by the adapter “datalayer”.")).to_be_visible()
    expect(panel.get_by_text("The cart: 2 items, €39.98")).to_be_visible()
    expect(panel.get_by_text("Waits until the shopper is about to leave.")).to_be_visible()
    expect(panel.get_by_text("The edge took the last batch")).to_be_visible()
    asked = [path for method, path in edge.asked if method == "POST"]
    assert set(asked) == {"/s/demo"}
    assert page.evaluate("errors") == []


@in_chromium
def test_it_stays_for_the_visit_until_it_is_closed(context: BrowserContext, edge: Edge):
    page = opened(context, edge)
    page.goto(f"{edge.shop_url}/p/sock")
    panel = page.get_by_role("complementary", name="Heimta debug")
    expect(panel).to_be_visible()
    panel.get_by_role("button", name="Fold").click()
    expect(panel.get_by_role("heading", name="Cart")).to_be_hidden()
    panel.get_by_role("button", name="Heimta", exact=True).press("Enter")
    expect(panel.get_by_role("heading", name="Cart")).to_be_visible()
    page.get_by_role("button", name="Close and end debugging").press("Enter")
    expect(panel).to_have_count(0)
    assert page.evaluate("sessionStorage.length") == 0
    sent = edge.asked.count(("GET", "/w/debug.js"))
    page.goto(f"{edge.shop_url}/p/mug")
    until(page, lambda: len(edge.events("page_viewed")) == 3)
    assert edge.asked.count(("GET", "/w/debug.js")) == sent
    assert page.evaluate("errors") == []


@in_chromium
def test_without_consent_it_says_so_and_follows_a_yes_and_a_no(context: BrowserContext, edge: Edge):
    edge.config = {**edge.config, "consent": "ask"}
    page = opened(context, edge)
    panel = page.get_by_role("complementary", name="Heimta debug")
    expect(panel.get_by_text("Not given yet, or taken back")).to_be_visible()
    expect(panel.get_by_text("Without consent nothing is decided")).to_be_visible()
    page.wait_for_timeout(500)
    assert edge.batches == []
    assert page.evaluate("indexedDB.databases()") == []
    page.evaluate(YES)
    expect(panel.get_by_text("Given, for marketing too")).to_be_visible()
    page.evaluate(NO)
    expect(panel.get_by_text("Refused: nothing but this no is stored")).to_be_visible()
    until(page, lambda: page.evaluate("indexedDB.databases()") == [])
    assert page.evaluate("errors") == []


@in_chromium
def test_the_pill_leaves_a_banner_its_place_and_goes_where_it_is_told(context: BrowserContext, edge: Edge):
    banner = (
        "<div style='position:fixed;inset:auto 0 0;height:90px;text-align:right'>"
        "<button onclick='this.textContent=1'>Yes</button></div>"
    )
    edge.pages["/banner"] = edge.html() + banner
    page = context.new_page()
    page.goto(f"{edge.shop_url}/banner?heimta=debug")
    pill = page.get_by_role("button", name="Heimta", exact=True)
    expect(pill).to_be_visible()
    assert (pill.bounding_box() or {})["y"] < 100
    page.get_by_role("button", name="Yes").click()
    pill.press("Enter")
    panel = page.get_by_role("complementary", name="Heimta debug")
    box = panel.bounding_box() or {}
    assert box["width"] <= 380
    page.get_by_role("button", name="Move to another corner").press("Enter")
    moved = panel.bounding_box() or {}
    assert (moved["x"], moved["y"]) != (box["x"], box["y"])
    page.reload()
    expect(panel).to_be_visible()
    assert panel.bounding_box() == moved


@in_chromium
def test_each_condition_is_told_and_a_preview_is_counted_nowhere(context: BrowserContext, edge: Edge):
    rare = {
        **POPUP, "holdout": 10_000, "rules": True,
        "trigger": {"on": "scroll", "after_s": 0, "depth_pct": 101},
        "audience": {"min_cart_minor": 1000, "attributes": {"group": ["vip"]}},
    }  # fmt: skip
    edge.config["campaigns"] = [rare]
    page = opened(context, edge)
    panel = page.get_by_role("complementary", name="Heimta debug")
    expect(panel.get_by_text("Not for this visitor here. A cart from €10.00")).to_be_visible()
    page.evaluate(ADD)
    page.evaluate("heimta('attributes', {group: 'VIP'})")
    expect(panel.get_by_text("Waits until 101 % of the page were seen.")).to_be_visible()
    panel.get_by_text("conditions not met").click()
    for text in (
        "A cart from €10.00: it is €39.98.",
        "group is “VIP”.",
        "At most 3 a day",
        "100 % of all are.",
    ):
        expect(panel.get_by_text(text)).to_be_visible()
    panel.get_by_role("button", name="Preview “a”").click()
    page.wait_for_function("window.shown === 'Wait!'")
    page.get_by_role("button", name="End preview").click()
    page.wait_for_function("window.shown === ''")
    assert edge.events("campaign_exposed") == []
    assert "exit-offer" not in page.evaluate("localStorage.heimta")
    assert page.evaluate("errors") == []
