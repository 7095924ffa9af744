"""Every view of every widget can be used by everyone: axe finds nothing, and a thumb hits what it aims at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page

from tests.browser.shop_page import PHONE, WIDE, ShopPage, load, mount, new_tab, still
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


# axe judges roles, names and colours, which do not differ between browsers; one of them is enough.
@pytest.fixture(scope="module", params=[WIDE, PHONE], ids=["wide", "phone"])
def lax(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:
    tab = new_tab(chromium, request.param)
    yield tab
    tab.close()


@pytest.mark.parametrize(("widget", "options", "steps"), VIEWS)
def test_axe_finds_nothing(lax: Page, shop: ShopPage, widget: str, options: Any, steps: list[str]) -> None:
    load(lax, shop.address + "?lax")
    lax.evaluate(ALLOWED)
    mount(lax, widget, options)
    if widget == "checkout":
        lax.get_by_role("heading", name="Checkout").click()  # what takes up room waits for that
    for step in steps:
        if step == "slider":
            lax.get_by_role("slider").fill("3")
        else:
            lax.get_by_role("button", name=step).click()
    still(lax)
    results = Axe().run(lax)
    assert results.violations_count == 0, results.generate_report()
    assert lax.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out sideways"


@pytest.mark.parametrize("widget", ["popup", "survey", "push"])
def test_targets_are_large_enough_for_a_thumb(page: Page, widget: str) -> None:
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
