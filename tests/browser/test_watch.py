"""The checkout watch in real browsers: what it tells when a shopper struggles, stops and leaves."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.snippet_shop import CART, Edge, snippet_shop

pytestmark = pytest.mark.browser

SECRETS = ("anna@secret.example", "Secret Street 7", "4242424242424242", "99999")
CHECKOUT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Checkout</title>
<script>
window.heimta = window.heimta || function () { (heimta.q = heimta.q || []).push(arguments) }
window.dataLayer = [{event: 'begin_checkout', ecommerce: {currency: 'EUR', value: 39.98, items: [%(item)s]}}]
window.fail = () => { setTimeout(() => nothing.here) }
</script>
<script async src="%(edge)s/s/demo.js"></script>
<ol><li>Cart</li><li aria-current="step">Your address</li></ol>
<form>
  <input id="email" type="email" autocomplete="email" required>
  <input id="street" autocomplete="street-address" required>
  <input id="zip" name="postcode" required>
  <input id="number" autocomplete="cc-number">
  <label><input id="paypal" type="radio" name="payment" value="paypal">PayPal</label>
  <iframe name="card-frame" title="Card" srcdoc="<input id='inside'>"></iframe>
</form>"""


@pytest.fixture
def edge(bundles: dict[str, bytes]) -> Iterator[Edge]:
    with snippet_shop(bundles) as edge:
        digest = base64.b64encode(hashlib.sha384(bundles["watch"]).digest()).decode()
        edge.config = {"widgets": {"watch": ["/w/watch.js", f"sha384-{digest}"]}}
        edge.pages["/no/tag"] = "<!doctype html><title>Bye</title>"
        edge.pages["/checkout"] = CHECKOUT % {"item": json.dumps(CART), "edge": edge.edge_url}
        yield edge


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    yield context
    context.close()


def told(page: Page, edge: Edge, name: str, count: int = 1) -> list[dict[str, Any]]:
    """The properties of that many events of a name, once they have come."""
    for _ in range(1200):
        found = [event["p"] for event in edge.events(name)]
        if len(found) >= count:
            return found
        page.wait_for_timeout(50)
    raise AssertionError(f"{name}: {found}")


def arrive(context: BrowserContext, edge: Edge) -> Page:
    """At the checkout, with the watch at work: it tells the step that the page itself names."""
    page = context.new_page()
    page.goto(edge.shop_url + "/checkout")
    assert told(page, edge, "checkout_step_reached") == [{"step": "address"}]
    return page


def test_fields_are_told_by_kind_as_the_page_is_left_and_never_what_was_typed(
    context: BrowserContext, edge: Edge
) -> None:
    page = arrive(context, edge)
    page.click("#email")
    page.keyboard.type("anna")  # no address yet
    page.click("#street")
    page.keyboard.type(SECRETS[1])
    page.click("#email")
    page.keyboard.type("@secret.example")
    page.click("#number")
    page.keyboard.type(SECRETS[2])
    page.click("#zip")
    page.goto(edge.shop_url + "/no/tag")  # nobody there could send what was left behind
    [one] = told(page, edge, "checkout_fields")
    fields = {field["kind"]: (field["state"], min(field["changes"], 2)) for field in one["fields"]}
    assert fields == {
        "email": ("error", 2),
        "street": ("filled", 1),
        "card": ("filled", 1),
        "zip": ("empty", 0),
    }
    assert one["last"] == "zip"
    everything = json.dumps(edge.batches)
    assert [secret for secret in SECRETS if secret in everything] == []


def test_a_thank_you_page_below_the_checkout_is_none(context: BrowserContext, edge: Edge) -> None:
    order = "<script>heimta('order', {order: '7'})</script>"
    edge.pages["/checkout/done"] = edge.pages["/checkout"].replace("<ol>", order + "<ol>")
    page = context.new_page()
    page.goto(edge.shop_url + "/checkout/done")
    told(page, edge, "order_completed")
    page.wait_for_function("performance.getEntriesByType('resource').some(({name}) => /watch/.test(name))")
    page.wait_for_timeout(300)  # it has run
    page.click("#email")
    page.keyboard.type("anna")
    page.evaluate("heimta('product', {sku: 'last'})")
    page.goto(edge.shop_url + "/no/tag")
    told(page, edge, "product_viewed")  # what was left behind has come
    assert edge.events("checkout_fields") == edge.events("checkout_step_reached") == []


def test_payment_is_reached_by_a_frame_a_method_and_a_card(context: BrowserContext, edge: Edge) -> None:
    page = arrive(context, edge)
    page.frame_locator("iframe").locator("#inside").click()
    page.check("#paypal")
    page.fill("#number", SECRETS[2])
    ways = told(page, edge, "payment_info_added", 3)
    assert ways == [{"how": "frame"}, {"how": "method"}, {"how": "card"}]
    assert told(page, edge, "checkout_step_reached", 2)[1:] == [{"step": "payment"}]


def test_faults_are_tied_to_the_cart_they_may_cost(context: BrowserContext, edge: Edge) -> None:
    page = arrive(context, edge)
    # The shop's server knows no PUT: 501.
    page.evaluate("fetch('/api/rates/99999?zip=99999', {method: 'PUT'}).then(() => fail())")
    faults = told(page, edge, "fault_met", 2)
    assert {fault["what"].partition(":")[0] for fault in faults} == {
        "501 /api/rates/*",
        "ReferenceError /checkout",
    }
    cart = told(page, edge, "cart_updated")[-1]["cart"]["id"]
    assert [fault["cart"] for fault in faults] == [cart, cart]
