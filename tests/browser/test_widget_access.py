"""Every view of every widget can be used by everyone: axe finds nothing, and a thumb hits what it aims at."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser

from tests.browser.shop_page import PHONE, WIDE, ShopPage, mount, open_page, still
from tests.browser.widget_texts import CHECKOUT, POPUP, PUSH, SURVEY, changed

pytestmark = pytest.mark.browser

# Headless browsers answer 'denied' before they are asked.
ALLOWED = "() => Object.defineProperty(Notification, 'permission', { get: () => 'default' })"

VIEWS: list[Any] = [
    pytest.param("popup", POPUP, [], id="popup"),
    pytest.param("popup", POPUP, ["Get my discount"], id="popup-claimed"),
    pytest.param("popup", changed(POPUP, claim="503"), ["Get my discount"], id="popup-failed"),
    pytest.param("popup", changed(POPUP, content={"layout": "corner"}), [], id="popup-corner"),
    pytest.param("survey", SURVEY, [], id="survey"),
    pytest.param("survey", SURVEY, ["slider", "Next"], id="survey-words"),
    pytest.param("checkout", CHECKOUT, [], id="checkout"),
    pytest.param("push", PUSH, [], id="push"),
]


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize(("widget", "options", "steps"), VIEWS)
def test_axe_finds_nothing(
    browser: Browser, shop: ShopPage, size: tuple[int, int], widget: str, options: Any, steps: list[str]
) -> None:
    page = open_page(browser, shop.address + "?lax", size)
    page.evaluate(ALLOWED)
    mount(page, widget, options)
    for step in steps:
        if step == "slider":
            page.get_by_role("slider").fill("3")
        else:
            page.get_by_role("button", name=step).click()
    still(page)
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out sideways"
    page.close()


@pytest.mark.parametrize("widget", ["popup", "survey", "push"])
def test_targets_are_large_enough_for_a_thumb(browser: Browser, shop: ShopPage, widget: str) -> None:
    page = open_page(browser, shop.address, PHONE)
    page.evaluate(ALLOWED)
    mount(page, widget, {"popup": POPUP, "survey": SURVEY, "push": PUSH}[widget])
    still(page)
    sizes = page.evaluate(
        """(name) =>
      [...document.querySelector(name).shadowRoot.querySelectorAll('button,a,input')].map((one) => {
        const { width, height } = one.getBoundingClientRect()
        return Math.min(width, height)
      })""",
        "heimta-push" if widget == "push" else "heimta-widget",
    )
    assert sizes and min(sizes) >= 44, sizes
    page.close()
