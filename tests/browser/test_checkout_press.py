"""What is said under a field as it is left moves nothing from under the finger that leaves it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.checkout_shop import arrive, checkout_shop, helps
from tests.browser.snippet_shop import Edge

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def edge(bundles: dict[str, bytes]) -> Iterator[Edge]:
    with checkout_shop(bundles) as edge:
        helps(edge, bundles, {"errors": True, "on_payment": True})
        yield edge


def test_a_press_that_leaves_a_wrong_field_is_a_click(chromium: Browser, edge: Edge) -> None:
    page = chromium.new_context(viewport={"width": 1280, "height": 2000}).new_page()
    arrive(page, edge, "magento")
    page.locator("#customer-email").press_sequentially("anna@")
    button = page.locator("button.continue")
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    assert box
    page.mouse.move(box["x"] + 20, box["y"] + 10)
    page.mouse.down()
    page.wait_for_timeout(700)  # a slow hand's press, or a slow machine's
    assert page.locator("heimta-error").count() == 0
    page.mouse.up()
    expect(page.locator("heimta-error")).to_be_visible()
    assert page.evaluate("submits") == 1
    page.context.close()
