"""The main job, in real browsers, from the first visit to the order: left, asked, won back, or held out."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect

from tests.browser.main_job import add, arrive, counted, leave, main_job, order, shown, until
from tests.browser.shop_page import still
from tests.push.world import World, push_world
from tests.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with push_world() as world:
        yield world


@pytest.fixture(scope="module")
def heimta(world: World, bundles: dict[str, bytes]) -> Iterator[Stack]:
    with main_job(world) as running:
        yield running


@pytest.mark.parametrize("browser", ["chromium", "firefox"])
def test_leave_popup_claim_order(request: pytest.FixtureRequest, heimta: Stack, browser: str) -> None:
    before = counted(heimta)
    with request.getfixturevalue(browser).new_context() as context:
        page = arrive(context, heimta)
        add(page, heimta, "wool-hat", "m")
        add(page, heimta, "lopapeysa", "s")
        leave(page)
        popup = shown(page, "Leaving without your wool?")
        expect(popup).to_be_visible()
        expect(popup).to_contain_text("Wool hat, M")
        expect(popup).to_contain_text("Lopapeysa sweater, S")
        expect(popup).to_contain_text("223.00")
        popup.get_by_role("button", name="Take 10 % off").click()
        won = page.get_by_role("dialog", name="Your discount is in the cart")
        expect(won).to_contain_text("FELL")
        page.goto(f"{heimta.shop_url}/checkout")
        expect(page.locator(".order-summary")).to_contain_text("200.70")
        expect(page.locator(".site-nav a").first).to_be_hidden()
        order(page)
        placed = heimta.orders()[-1]
        assert placed["total_minor"] == 20070
        assert [code[:4] for code in placed["codes"]] == ["FELL"]
        until(
            page,
            heimta,
            {
                "orders_minor.EUR": before["orders_minor.EUR"] + 20070,
                "c.exit-offer.ten-percent.accepted": before["c.exit-offer.ten-percent.accepted"] + 1,
            },
        )


def test_a_holdout_visitor_sees_nothing_and_is_counted(
    playwright: Playwright, world: World, heimta: Stack
) -> None:
    install(playwright, heimta, holdout_pct=100)
    try:
        before = counted(heimta)
        with world.launch(playwright, "chromium", "heldout") as context:
            page = arrive(context, heimta)
            add(page, heimta, "wool-hat", "m")
            leave(page)
            until(
                page,
                heimta,
                {
                    "c.exit-offer.holdout.exposed": before["c.exit-offer.holdout.exposed"] + 1,
                },
            )
            assert page.get_by_role("dialog", name="Leaving without your wool?").count() == 0
            assert page.get_by_text("Shall we remind you").count() == 0
    finally:
        install(playwright, heimta, holdout_pct=0)


def install(playwright: Playwright, heimta: Stack, *, holdout_pct: int) -> None:
    """Returns once the edge says so, within a second or two: who comes before keeps what was told."""
    heimta.install(silence_s=12, holdout_pct=holdout_pct)
    asking = playwright.request.new_context()
    for _ in range(300):
        if f'"holdout":{holdout_pct * 100},' in asking.get(f"{heimta.edge_url}/s/demo.js").text():
            break
        time.sleep(0.2)
    else:
        raise AssertionError(f"the edge never heard of a holdout of {holdout_pct} %")
    asking.dispose()


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_in_the_shop_with_heimta_on_it(
    chromium: Browser, heimta: Stack, width: int
) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 844})
    faults = walk_the_shop(context, heimta)
    context.close()
    assert faults == {name: [] for name in faults}


def walk_the_shop(context: BrowserContext, heimta: Stack) -> dict[str, list[str]]:
    """Every page a shopper sees, with what Heimta shows on it."""
    page = arrive(context, heimta)
    faults = {"home": accessible(page)}
    page.goto(f"{heimta.shop_url}/product/wool-hat?size=m")
    faults["product"] = accessible(page)
    page.get_by_role("button", name="Add to cart").click()
    expect(page.locator("#drawer")).to_be_visible()
    still(page)  # it slides in, and colours are judged as they are seen
    faults["drawer"] = accessible(page)
    page.keyboard.press("Escape")
    leave(page)
    expect(shown(page, "Leaving without your wool?")).to_be_visible()
    still(page)
    faults["popup"] = accessible(page)
    page.goto(f"{heimta.shop_url}/cart")
    faults["cart"] = accessible(page)
    page.goto(f"{heimta.shop_url}/checkout")
    expect(page.locator(".site-nav a").first).to_be_hidden()
    faults["checkout"] = accessible(page)
    order(page)
    faults["thanks"] = accessible(page)
    return faults


def accessible(page: Page) -> list[str]:
    """What axe finds: nothing, one hopes."""
    found = Axe().run(page).response["violations"]
    return [f"{fault['id']}: {fault['nodes'][0]['html'][:120]}" for fault in found]
