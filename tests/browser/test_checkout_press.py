"""What is pressed at a checkout with help stays under the finger until the release, however slow the hand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.checkout_shop import arrive, checkout_page, checkout_shop, helps
from tests.browser.snippet_shop import Edge, Json

pytestmark = pytest.mark.browser

# A card's field that is there and not shown, as with the methods of payment in one list.
CARD = """document.querySelector('#checkout').append(
  Object.assign(document.createElement('input'), {id: 'cc-number', hidden: true}))"""
# A shop's own button at the bottom edge.
PAY = """document.body.append(Object.assign(document.createElement('button'),
  {id: 'pay', style: 'position:fixed;left:0;bottom:0;width:90px;height:56px',
   onclick: () => { window.paid = true }}))"""


@pytest.fixture(scope="module")
def edge(bundles: dict[str, bytes]) -> Iterator[Edge]:
    with checkout_shop(bundles) as edge:
        yield edge


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    with checkout_page(chromium, height=2000) as page:
        yield page


def arrive_with(page: Page, edge: Edge, bundles: dict[str, bytes], content: Json) -> None:
    helps(edge, bundles, content)
    arrive(page, edge, "magento")


def press(page: Page, button: Locator, ms: int = 400) -> None:
    """Held for as long as a slow hand does, or a slow machine; not released."""
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    assert box
    page.mouse.move(box["x"] + 20, box["y"] + 10)
    page.mouse.down()
    page.wait_for_timeout(ms)


def test_a_press_that_leaves_a_wrong_field_is_a_click(
    page: Page, edge: Edge, bundles: dict[str, bytes]
) -> None:
    arrive_with(page, edge, bundles, {"errors": True, "on_payment": True})
    page.locator("#customer-email").press_sequentially("anna@")
    press(page, page.locator("button.continue"), 700)
    assert page.locator("heimta-error").count() == 0
    page.mouse.up()
    expect(page.locator("heimta-error")).to_be_visible()
    assert page.evaluate("submits") == 1


def test_a_press_that_comes_to_pay_is_a_click(page: Page, edge: Edge, bundles: dict[str, bytes]) -> None:
    arrive_with(page, edge, bundles, {"remember": True})
    page.locator("h1").click()
    expect(page.locator("heimta-remember")).to_be_visible()
    page.evaluate(CARD)
    page.wait_for_timeout(200)  # looked at, and not shown yet
    page.evaluate("document.querySelector('#cc-number').hidden = false")
    press(page, page.locator("button.continue"))
    page.mouse.up()
    assert page.evaluate("submits") == 1
    expect(page.locator("heimta-remember")).to_have_count(0)


def test_the_order_in_view_does_not_come_over_what_is_pressed(
    page: Page, edge: Edge, bundles: dict[str, bytes]
) -> None:
    page.set_viewport_size({"width": 390, "height": 700})
    arrive_with(page, edge, bundles, {"summary": "auto", "on_payment": True})
    page.evaluate(PAY)
    page.locator("[name=city]").focus()
    expect(page.locator("heimta-summary summary")).not_to_be_visible()
    press(page, page.locator("#pay"))
    page.mouse.up()
    assert page.evaluate("window.paid")
    expect(page.locator("heimta-summary summary")).to_be_visible()


def test_a_cart_that_comes_under_a_press_covers_nothing(
    page: Page, edge: Edge, bundles: dict[str, bytes]
) -> None:
    page.set_viewport_size({"width": 390, "height": 700})
    arrive_with(page, edge, bundles, {"summary": "auto", "on_payment": True})
    line = page.locator("heimta-summary summary")
    expect(line).to_be_visible()
    page.evaluate("heimta('cart', {currency: 'EUR', lines: []})")
    expect(line).not_to_be_visible()
    page.evaluate(PAY)
    press(page, page.locator("#pay"))
    page.evaluate(
        "heimta('cart', {currency: 'EUR', lines: [{sku: '1', name: 'Hat', qty: 1, unit_minor: 500}]})"
    )
    page.wait_for_timeout(200)
    expect(line).not_to_be_visible()
    page.mouse.up()
    assert page.evaluate("window.paid")


def test_the_order_in_view_leaves_the_bottom_edge_to_a_bar_of_the_shops(
    page: Page, edge: Edge, bundles: dict[str, bytes]
) -> None:
    page.set_viewport_size({"width": 390, "height": 700})
    arrive_with(page, edge, bundles, {"summary": "auto", "on_payment": True})
    line = page.locator("heimta-summary summary")
    expect(line).to_be_visible()
    page.evaluate(f"{PAY}; document.querySelector('#pay').style.width = '100%'")
    city = page.locator("[name=city]")
    city.focus()
    expect(line).not_to_be_visible()
    city.blur()
    page.wait_for_timeout(300)
    expect(line).not_to_be_visible()
    page.locator("#pay").click()
    assert page.evaluate("window.paid")
