"""What a popup waits for though it was called for: a word that is being written, the shopper's own dialog."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import own_time
from tests.browser.snippet_shop import CORE, POPUP, Edge, snippet_shop
from tests.browser.test_snippet import sri

pytestmark = pytest.mark.browser

BODY = """<script nonce="n0">customElements.define('shop-search', class extends HTMLElement {
  connectedCallback() { this.attachShadow({mode: 'open'}).append(document.createElement('input')) }
  input() { return this.shadowRoot.firstChild }
})</script><button>Elsewhere</button><shop-search></shop-search>
<iframe title=Card srcdoc="<input>"></iframe><iframe title=Film allowfullscreen srcdoc="<input>"></iframe>"""
FIELD = "document.querySelector('shop-search').input()"
WRITES = f"{FIELD}.focus(); {FIELD}.value = 'wool'"
IN_FRAME = "document.querySelector('[title={}]').contentDocument.querySelector('input').focus()"
OPENS = "heimta('preferences')"
IS_OPEN = "document.querySelector('heimta-preferences')?.shadowRoot?.querySelector('dialog')?.open"
# All that it takes.
THERE = f"['rules', 'mount', 'popup'].every((name) => {CORE}?.parts?.[name])"
SHUTS = "document.querySelector('heimta-preferences').shadowRoot.querySelector('dialog').close()"


@pytest.fixture(scope="module")
def edge(bundles: dict[str, bytes]) -> Iterator[Edge]:
    with snippet_shop(bundles) as edge:
        edge.config = {
            "widgets": {
                name: [f"/w/{name}.js", sri(bundles[name])]
                for name in ("stage", "mount", "rules", "preferences")
            },
            "preferences": {"close": "Close", "failed": "Not now."},
            "campaigns": [{**POPUP, "rules": True, "trigger": {"on": "call", "after_s": 0}}],
        }
        edge.config["widgets"]["popup"] = ["/w/popup.js", ""]
        edge.answers["/s/demo/preferences"] = {"title": "Messages", "lines": [], "fields": [], "acts": []}
        edge.pages["/wool"] = edge.html() + BODY
        yield edge


@pytest.fixture
def page(chromium: Browser, edge: Edge) -> Iterator[Page]:
    """A shopper on a page where all is that a popup takes; it has a clock that a test may stop."""
    context = chromium.new_context()
    page = context.new_page()
    page.clock.install()
    page.goto(f"{edge.shop_url}/wool")
    page.get_by_role("button").click()
    page.wait_for_function(THERE)
    yield page
    assert page.evaluate("errors") == []
    context.close()


def stay(page: Page) -> None:
    """For as long as nothing may interrupt."""
    own_time.stop(page)
    page.clock.run_for(2500)


def shown(page: Page) -> bool:
    """Whether the popup comes, called for now and looked for twice."""
    page.evaluate("heimta('show', 'exit-offer')")
    page.clock.run_for(2200)
    return bool(page.evaluate("!!window.shown"))


@pytest.mark.parametrize(
    ("busy", "free"),
    [
        (WRITES, f"{FIELD}.blur()"),
        (IN_FRAME.format("Card"), "document.querySelector('button').focus()"),
        (OPENS, SHUTS),
    ],
    ids=["a field of a web component", "a frame", "the preference centre"],
)
def test_nothing_comes_in_between(page: Page, busy: str, free: str) -> None:
    page.evaluate(busy)
    if busy == OPENS:
        page.wait_for_function(IS_OPEN)
    stay(page)
    assert not shown(page)
    page.evaluate(free)
    page.wait_for_function("!document.querySelector('heimta-preferences')")
    page.clock.run_for(500)
    assert shown(page)


def test_a_film_in_the_page_is_no_word(page: Page) -> None:
    page.evaluate(IN_FRAME.format("Film"))
    stay(page)
    assert shown(page)
