"""What waits for its moment stands on the page unseen and in nobody's way; its moment has only to show it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.popup_texts import popup
from tests.browser.snippet_shop import CORE, POPUP, Edge, Json, snippet_shop
from tests.browser.test_snippet import sri, until
from tests.browser.widget_texts import SURVEY

pytestmark = pytest.mark.browser

FILES = ("stage", "mount", "rules", "pictures", "html", "survey")
BODY = "<style>p{height:3000px}</style><input aria-label=Search><p>Wool</p>"
HOST = "document.querySelector('body > heimta-widget')"
CARD = f"{HOST}.shadowRoot.firstElementChild"
LOOKED_AT = f"{CORE}.seconds > 2"  # before that nothing interrupts
SEEN = f"({CARD}.style.opacity === '')"


@pytest.fixture(params=["chromium", "firefox"])
def page(request: pytest.FixtureRequest) -> Iterator[Page]:
    browser: Browser = request.getfixturevalue(request.param)
    context: BrowserContext = browser.new_context(viewport={"width": 1280, "height": 800})
    yield context.new_page()
    context.close()


@pytest.fixture
def edge(bundles: dict[str, bytes]) -> Iterator[Edge]:
    with snippet_shop(bundles) as edge:
        files = {name: name for name in FILES} | {"popup": "popup-blocks"}
        edge.config = {
            "widgets": {name: [f"/w/{file}.js", sri(bundles[file])] for name, file in files.items()}
        }
        edge.pages["/wool"] = edge.html() + BODY
        yield edge


def visit(page: Page, edge: Edge, content: Json, **campaign: object) -> None:
    """A page on which this campaign waits to be called for, with all that it takes."""
    variants = [{"id": "a", "weight": 1, "content": content}]
    called = {"rules": True, "trigger": {"on": "call", "after_s": 0}}
    edge.config["campaigns"] = [{**POPUP, **called, "variants": variants, **campaign}]
    page.goto(f"{edge.shop_url}/wool")
    page.get_by_label("Search").focus()
    page.keyboard.press("Shift")


def wait(page: Page, edge: Edge, content: Json) -> None:
    """The same, once it stands there unseen."""
    visit(page, edge, content)
    page.wait_for_function(f"{HOST}?.isConnected", timeout=60_000)


def modal() -> Json:
    content: Json = popup({"layout": "modal", "body": "Stay a moment."})["content"]
    return content


def look(page: Page) -> Json:
    """What a page can tell of itself."""
    found: Json = page.evaluate(
        """() => [
          document.activeElement.getAttribute('aria-label'), document.elementFromPoint(640, 400).localName,
          document.elementFromPoint(1200, 700).localName, document.body.scrollHeight, document.body.innerText,
          document.querySelector('input').getBoundingClientRect().top,
          document.querySelectorAll(':modal').length,
        ]"""
    )
    return found


def spoken(page: Page) -> list[str]:
    """All that a screen reader could come by; Firefox tells it to nobody here."""
    if page.context.browser is None or page.context.browser.browser_type.name != "chromium":
        return []
    session = page.context.new_cdp_session(page)
    tree = session.send("Accessibility.getFullAXTree")["nodes"]
    return [node.get("name", {}).get("value", "") for node in tree if not node["ignored"]]


@pytest.mark.parametrize("layout", ["modal", "bar_top"])
def test_until_its_moment_nobody_can_tell(page: Page, edge: Edge, layout: str):
    page.goto(f"{edge.shop_url}/wool")
    page.get_by_label("Search").focus()
    before = look(page)
    wait(page, edge, {**modal(), "layout": layout})
    assert page.evaluate(f"getComputedStyle({CARD}).opacity") == "0"
    assert look(page) == before
    assert page.evaluate(f"{CARD}.inert") is True
    assert "Before you go" not in spoken(page)
    page.keyboard.press("Tab")  # leads past it, out of the page
    assert page.evaluate(f"document.activeElement !== {HOST}")
    page.keyboard.press("Escape")
    assert page.evaluate(f"{HOST}.isConnected") is True
    assert page.evaluate("errors") == []


def test_a_call_shows_it_where_everything_is_as_if_it_were_new(page: Page, edge: Edge):
    wait(page, edge, modal())
    asked = len(edge.asked)
    page.evaluate(f"window.waiting = {HOST}; heimta('show', 'exit-offer')")
    page.wait_for_function(SEEN)
    dialog = page.get_by_role("dialog", name="Before you go")
    expect(dialog).to_be_visible()
    page.wait_for_function(
        f"{HOST}.shadowRoot.activeElement === {CARD}"
    )  # it is modal by then, and has the focus
    assert page.evaluate(f"{CARD}.matches(':modal')") is True
    assert page.evaluate(f"window.waiting === {HOST}") is True
    assert [path for _, path in edge.asked[asked:] if path.startswith("/w/")] == []
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Search"
    until(page, lambda: [one["p"]["how"] for one in edge.events("campaign_dismissed")] == ["escape"])
    assert page.evaluate("errors") == []


def test_it_may_be_answered_in_the_very_frame_in_which_it_comes(page: Page, edge: Edge):
    wait(page, edge, modal())
    page.wait_for_function(LOOKED_AT)
    page.evaluate(f"heimta('show', 'exit-offer'); {CARD}.querySelector('button:not(.a,.x)').click()")
    assert page.evaluate(f"!{HOST}") is True
    page.wait_for_timeout(400)
    assert page.evaluate(f"!{HOST}") is True
    until(page, lambda: [one["p"]["how"] for one in edge.events("campaign_dismissed")] == ["no"])
    assert len(edge.events("campaign_exposed")) == 1
    assert page.evaluate("errors") == []


def test_its_first_frame_takes_no_press_that_was_meant_for_the_page(page: Page, edge: Edge):
    wait(page, edge, modal())
    page.wait_for_function(LOOKED_AT)
    at_once, settled = page.evaluate(
        f"""async () => {{
          const hit = () => document.elementFromPoint(640, 400).localName
          heimta('show', 'exit-offer')
          const before = hit()
          while ({CARD}.inert) await new Promise((good) => setTimeout(good, 20))
          return [before, hit()]
        }}"""
    )
    assert (at_once == "heimta-widget", settled) == (False, "heimta-widget")
    if page.context.browser is not None and page.context.browser.browser_type.name == "chromium":
        assert "Before you go" in spoken(page)


def test_a_frame_within_it_loads_when_it_is_seen_and_not_before(page: Page, edge: Edge):
    html = {"block": "html", "html": "<p>Ours</p>", "title": "A note", "height_px": 80}
    visit(page, edge, popup({"layout": "corner", "blocks": [html]})["content"])
    until(page, lambda: ("GET", "/w/html.js") in edge.asked)
    page.wait_for_timeout(3000)
    assert page.evaluate(f"!{HOST}") is True
    page.evaluate("heimta('show', 'exit-offer')")
    page.wait_for_function(f"{HOST} && {SEEN} && {CARD}.querySelector('iframe').isConnected")
    assert page.evaluate("errors") == []


def test_a_page_that_throws_it_out_gets_it_back_at_its_moment(page: Page, edge: Edge):
    wait(page, edge, {"widget": "survey", **SURVEY["content"]})
    page.evaluate(f"{HOST}.remove(); heimta('show', 'exit-offer')")
    expect(page.get_by_role("dialog", name="How easy was it?")).to_be_visible()
    assert page.evaluate("errors") == []


def test_one_call_takes_what_waits_away(page: Page, edge: Edge):
    wait(page, edge, modal())
    page.evaluate("heimta('remove')")
    assert page.evaluate(f"!{HOST}") is True
    page.wait_for_timeout(2500)
    assert page.evaluate(f"!{HOST}") is True


def test_for_who_is_held_out_there_is_nothing(page: Page, edge: Edge):
    visit(page, edge, modal(), holdout=10_000)
    until(page, lambda: ("GET", "/w/popup-blocks.js") in edge.asked)
    page.wait_for_timeout(3000)
    assert page.evaluate(f"!{HOST}") is True
    page.evaluate("heimta('show', 'exit-offer')")
    until(page, lambda: [one["p"]["arm"] for one in edge.events("campaign_exposed")] == ["holdout"])
    assert page.evaluate(f"!{HOST}") is True
