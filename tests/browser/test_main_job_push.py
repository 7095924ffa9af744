"""The main job by push, in real browsers: a cart left, a push that the browser itself decrypted, the cart
again elsewhere, an order, and silence.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, expect

from tests.browser.main_job import SILENCE_S, add, arrive, counted, main_job, order, until
from tests.push.world import World, push_world
from tests.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with push_world() as world:
        yield world


@pytest.fixture(scope="module")
def heimta(world: World, bundles: dict[str, bytes]) -> Iterator[Stack]:
    # A message keeps its distance from the push question too; here it would only be waited for.
    with main_job(world, apart_s=1) as running:
        yield running


@pytest.mark.parametrize("browser", ["chromium", "firefox"])
def test_abandon_push_restore_elsewhere_order_and_silence(
    request: pytest.FixtureRequest, playwright: Playwright, world: World, heimta: Stack, browser: str
) -> None:
    shown = len(world.notifications.shown)
    before = counted(heimta)
    with world.launch(playwright, browser, "abandoner") as context:
        page = subscribe_with_cart(context, heimta, browser)
        [*_, note] = world.notifications.wait(shown + 1, pump=page.wait_for_timeout)
        assert (note.title, note.text) == (
            "Your cart is waiting",
            "Wool hat, M is still here. Pick up where you left off.",
        )
        page.wait_for_timeout(1000)  # nobody clicks before they have read; see the worker's comment
        with context.expect_page() as opened:
            world.notifications.click(note.id)
        opened.value.wait_for_url("**/cart")  # the token has left the address again
        expect(opened.value.locator("main")).to_contain_text("Lopapeysa sweater")
        landed = opened.value.evaluate("() => performance.getEntriesByType('navigation')[0].name")
        token = parse_qs(urlsplit(landed).query)["heimta_r"][0]
    with request.getfixturevalue(browser).new_context() as context:
        page = context.new_page()
        page.goto(f"{heimta.edge_url}/r/{token}")
        page.get_by_role("button", name="Allow", exact=True).click()
        expect(page.locator("main")).to_contain_text("Wool hat")
        expect(page.locator("main")).to_contain_text("Lopapeysa sweater")
        page.goto(f"{heimta.shop_url}/checkout")
        order(page)
        total = heimta.orders()[-1]["total_minor"]
        assert total == 22300
        grown = {"orders": 1, "recovered": 1, "recovered_minor.EUR": total, "message.sent": 1}
        until(page, heimta, {name: before[name] + by for name, by in grown.items()})
    # Takes longer than a silence: the buyer would have heard by now.
    flip_a_bit(world, heimta, playwright, browser)
    assert len(world.notifications.shown) == shown + 1
    assert counted(heimta)["message.sent"] == before["message.sent"] + 2


def flip_a_bit(world: World, heimta: Stack, p: Playwright, browser: str) -> None:
    """Another shopper's push, one bit of its ciphertext turned on the way: sent, and nothing is shown."""
    sent = counted(heimta)["message.sent"]
    began = time.monotonic()
    world.service(browser).corrupt_next = True
    with world.launch(p, browser, "flipped") as context:
        page = subscribe_with_cart(context, heimta, browser)
        until(page, heimta, {"message.sent": sent + 1})
        page.wait_for_timeout(3000)
    assert time.monotonic() - began > SILENCE_S


def subscribe_with_cart(context: BrowserContext, heimta: Stack, browser: str) -> Page:
    """Two items in the cart, and a yes to the reminder."""
    page = arrive(context, heimta)
    add(page, heimta, "wool-hat", "m")
    add(page, heimta, "lopapeysa", "s")
    page.goto(f"{heimta.shop_url}/cart")
    page.mouse.move(300, 300)
    page.mouse.wheel(0, 200)
    yes = page.get_by_role("button", name="Yes, remind me")
    expect(yes).to_be_visible()
    yes.click()
    return page
