"""When a campaign shows, where only a real page can tell: over what, after what, and how it goes again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser import own_time
from tests.browser.snippet_shop import CORE, POPUP, WIDGET, Edge, Json, snippet_shop
from tests.browser.test_snippet import sri, until

pytestmark = pytest.mark.browser
ALL_WEEK = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
# All that it takes.
THERE = f"['rules', 'mount', 'popup'].every((name) => {CORE}?.parts?.[name])"
BODY = (
    "<style>body{height:4000px}</style><input aria-label=Search><button class=gift>Gift finder</button>"
    "<dialog aria-label=Size><button onclick='this.parentNode.close()'>Done</button></dialog>"
)


@pytest.fixture
def edge(bundles: dict[str, bytes]) -> Iterator[Edge]:
    with snippet_shop(bundles) as edge:
        files = {**bundles, "popup": WIDGET}
        widgets = {name: [f"/w/{name}.js", sri(files[name])] for name in ("stage", "mount", "rules", "popup")}
        edge.config = {"widgets": widgets, "adapter": "datalayer"}
        edge.pages["/long"] = edge.html() + BODY
        yield edge


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context: BrowserContext = chromium.new_context()
    yield context.new_page()
    context.close()


def visit(page: Page, edge: Edge, **campaign: Json | bool) -> None:
    edge.config["campaigns"] = [{**POPUP, **campaign}]
    page.clock.install()
    page.goto(f"{edge.shop_url}/long")
    page.keyboard.press("Shift")
    page.wait_for_function(THERE)


def shown(page: Page) -> bool:
    return bool(page.evaluate("!!window.shown"))


def test_it_waits_for_the_shopper_to_be_done_with_a_dialog_and_with_a_field(page: Page, edge: Edge):
    visit(page, edge, trigger={"on": "after", "after_s": 30})
    own_time.stop(page)  # between the dialog and the field there is a moment without either
    page.evaluate("document.querySelector('dialog').showModal()")
    page.clock.run_for(33_000)
    assert not shown(page)
    page.get_by_role("button", name="Done").click()
    page.get_by_label("Search").type("wool")
    page.clock.run_for(3000)
    assert not shown(page)
    page.get_by_label("Search").fill("")
    page.clock.run_for(3000)
    page.wait_for_function("!!window.shown")
    assert page.evaluate("errors") == []


def test_a_rare_campaign_shows_without_a_request_and_goes_with_one_call(page: Page, edge: Edge):
    schedule = {"zone": "Europe/Berlin", "days": ALL_WEEK, "hours": [[0, 1440]]}
    visit(
        page, edge, rules=True, schedule=schedule,
        audience={"devices": ["pointer"], "visitors": "new", "referrers": ["direct"]},
        trigger={"on": "scroll", "after_s": 0, "depth_pct": 60},
    )  # fmt: skip
    page.clock.run_for(4000)
    assert not shown(page)
    asked = len([method for method, _ in edge.asked if method == "GET"])
    page.evaluate("scrollTo(0, 3000)")
    page.wait_for_function("!!window.shown")
    assert len([method for method, _ in edge.asked if method == "GET"]) == asked
    page.evaluate("heimta('remove')")
    assert not shown(page)
    until(page, lambda: edge.events("campaign_exposed"))
    assert page.evaluate("errors") == []


def test_a_click_shows_it(page: Page, edge: Edge):
    visit(page, edge, rules=True, trigger={"on": "click", "after_s": 0, "selector": ".gift"})
    page.get_by_role("button", name="Gift finder").click()
    page.wait_for_function("!!window.shown")
