"""Before a decision nothing is stored and nothing is sent, whoever is to tell of it; a no erases and stops.

In a real browser, since only there is a database that must not come into being.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.browser.snippet_shop import POLICY, Edge, snippet_shop
from tests.browser.test_snippet import NOTHING, STORED, until

pytestmark = pytest.mark.browser

TCF = """{
  const all = (yes) => Object.fromEntries([1, 3, 4, 7, 8].map((one) => [one, yes]))
  const listeners = []
  window.__tcfapi = (_, __, tell) => listeners.push(tell)
  window.say = (yes) => listeners.forEach((tell) => tell(
    {eventStatus: 'useractioncomplete', gdprApplies: true, purpose: {consents: all(yes)}}, true))
}"""
CONSENT_MODE = """{
  window.dataLayer = []
  const gtag = function () { dataLayer.push(arguments) }
  gtag('consent', 'default', {analytics_storage: 'denied', ad_storage: 'denied'})
  const word = (yes) => yes ? 'granted' : 'denied'
  window.say = (yes) => gtag('consent', 'update', {analytics_storage: word(yes), ad_storage: word(yes)})
}"""
OWN = "window.say = (yes) => heimta('consent', {analytics: yes, marketing: yes})"
GPC = "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => true});" + OWN
# The platform's own: its library is loaded on request, and tells of a decision by an event on the document.
SHOPIFY = """{
  let said
  const may = () => said === true
  window.Shopify = {shop: 'demo.myshopify.com', routes: {root: '/'}, loadFeatures: (_, done) => {
    window.Shopify.customerPrivacy = {
      analyticsProcessingAllowed: may, marketingAllowed: may, preferencesProcessingAllowed: may,
      shouldShowBanner: () => said === undefined, getRegion: () => 'DE',
      currentVisitorConsent: () => {
        const word = said === undefined ? '' : said ? 'yes' : 'no'
        return {analytics: word, marketing: word, preferences: word, sale_of_data: word}
      },
    }
    setTimeout(done, 0)
  }}
  window.say = (yes) => {
    said = yes
    document.dispatchEvent(new CustomEvent('visitorConsentCollected', {detail: {
      analyticsAllowed: yes, marketingAllowed: yes, preferencesAllowed: yes, saleOfDataAllowed: yes}}))
  }
}"""
SOURCES = {
    "tcf": (TCF, "datalayer", "implied"),
    "consent-mode": (CONSENT_MODE, "datalayer", "implied"),
    "gpc": (GPC, "datalayer", "implied"),
    "own": (OWN, "datalayer", "ask"),
    "shopify": (SHOPIFY, "shopify", "implied"),
}


@pytest.fixture
def edge(bundles: dict[str, bytes]) -> Iterator[Edge]:
    with snippet_shop(bundles) as edge:
        yield edge


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context()
    yield context
    context.close()


@pytest.mark.parametrize("source", SOURCES)
def test_nothing_before_a_yes_and_nothing_after_a_no(context: BrowserContext, edge: Edge, source: str):
    script, edge.adapter, consent = SOURCES[source]
    edge.config = {"consent": consent}
    context.add_init_script(script)
    edge.policy = POLICY.replace(
        "connect-src", "connect-src 'self'"
    )  # the cart of a platform is on its own origin
    page = context.new_page()
    page.clock.install()
    page.goto(f"{edge.shop_url}/p/hat")
    until(page, lambda: page.evaluate("heimta.on"))
    page.mouse.click(200, 200)
    page.evaluate("heimta('product', {sku: 'hat', name: 'Hat', unit_minor: 1999, currency: 'EUR'})")
    page.clock.run_for(60_000)
    assert page.evaluate(STORED) == NOTHING
    # A banner that speaks TCF or Consent Mode is heard by a file of its own; fetching that tells nothing.
    files = ["/s/demo.js", "/w/banner.js"] if source in ("tcf", "consent-mode") else ["/s/demo.js"]
    assert [path for method, path in edge.asked if path.startswith(("/s/", "/w/"))] == files
    assert not [path for method, path in edge.asked if method == "POST"]

    page.evaluate("say(true)")
    until(page, lambda: edge.events("product_viewed"))
    assert edge.events("page_viewed")
    stored = page.evaluate(STORED)
    assert stored["cookie"].startswith("heimta_v=") and stored["databases"] == ["heimta"]

    page.evaluate("say(false)")
    until(page, lambda: [e for e in edge.events("consent_changed") if not e["p"]["analytics"]])
    until(page, lambda: page.evaluate(STORED)["databases"] == [])
    sent = len(edge.batches)
    page.evaluate("heimta('product', {sku: 'cap', name: 'Cap', unit_minor: 999, currency: 'EUR'})")
    page.clock.run_for(60_000)
    left = page.evaluate(STORED)
    assert (left["cookie"], left["databases"], len(edge.batches)) == ("", [], sent)
    # Where consent is implied, the no itself is remembered, without any id.
    assert "vid" not in left["local"].get("heimta", "")
    assert page.evaluate("errors") == []
