"""What this browser fills in for who has ticked that, in a checkout whose steps are one page (Magento's)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.checkout_shop import WITHIN_MS, arrive, checkout_shop, helps
from tests.browser.snippet_shop import Edge

pytestmark = pytest.mark.browser

ADDRESS = {"firstname": "Anna", "lastname": "Berg", "company": "Wolle GmbH", "city": "Köln"}
CARD = """document.querySelector('#checkout').append(
  Object.assign(document.createElement('input'), {id: 'cc-number'}))"""


@pytest.fixture(scope="module")
def edge(bundles: dict[str, bytes]) -> Iterator[Edge]:
    with checkout_shop(bundles) as edge:
        helps(edge, bundles, {"remember": True})
        yield edge


@pytest.fixture
def page(chromium: Browser, edge: Edge) -> Iterator[Page]:
    """A shopper who has been here, back at the first step with everything filled in."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    arrive(page, edge, "magento")
    page.locator("h1").click()
    page.get_by_role("checkbox", name="Fill this in for me next time").check()
    for name, value in ADDRESS.items():
        page.locator(f"[name={name}]").fill(value)
        page.locator(f"[name={name}]").blur()
    arrive(page, edge, "magento")
    expect(page.locator("[name=city]")).to_have_value(ADDRESS["city"])
    yield page
    assert page.evaluate("errors") == []
    context.close()


def filled(page: Page) -> dict[str, str]:
    return {name: page.locator(f"[name={name}]").input_value() for name in ADDRESS}


@pytest.mark.parametrize(
    "step",
    ["location.hash = 'payment'", CARD, "history.pushState(null, '', '?step=delivery')"],
    ids=["by its hash", "by a card's field", "by its query"],
)
def test_on_the_way_to_the_payment_the_address_stays_with_the_shop(page: Page, step: str) -> None:
    page.evaluate("window.written = 0; addEventListener('input', () => written++)")
    page.locator("h1").click()
    host = page.locator("heimta-remember").element_handle()
    page.evaluate(step)
    page.evaluate("heimta('checkout')")  # whatever the page tells has the snippet look at its address
    page.wait_for_function("(host) => !host.isConnected", arg=host, timeout=WITHIN_MS)
    assert (filled(page), page.evaluate("written")) == (ADDRESS, 0)


def test_what_the_shopper_has_emptied_is_not_filled_in_again(page: Page, edge: Edge) -> None:
    company = page.locator("[name=company]")
    company.press("Control+a")
    company.press("Delete")
    company.blur()
    arrive(page, edge, "magento")
    expect(page.locator("[name=city]")).to_have_value(ADDRESS["city"])
    assert filled(page) == {**ADDRESS, "company": ""}


def test_unticked_in_another_tab_nothing_is_kept_in_this_one(page: Page, edge: Edge) -> None:
    other = page.context.new_page()
    arrive(other, edge, "magento")
    other.locator("h1").click()
    other.get_by_role("checkbox", name="Fill this in for me next time").uncheck()
    other.wait_for_function("!JSON.parse(localStorage.heimta).fields", timeout=WITHIN_MS)
    page.locator("h1").click()
    page.locator("[name=city]").fill("Bonn")
    page.locator("[name=city]").blur()
    expect(page.get_by_role("checkbox", name="Fill this in for me next time")).not_to_be_checked()
    page.wait_for_timeout(300)  # what was noted is written by then
    assert page.evaluate("JSON.parse(localStorage.heimta).fields") is None
