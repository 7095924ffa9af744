"""The main job, in real browsers, from the first visit to the order; with a push that the browser
decrypted itself.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from heimta.store import keys
from heimta.store.connect import connect
from tests.browser.conftest import chromium_options
from tests.push.world import World, push_world
from tests.stack import ADDRESS, Stack, stack

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with push_world() as world:
        yield world


@pytest.fixture(scope="module")
def heimta(world: World, bundles: dict[str, bytes]) -> Iterator[Stack]:
    environ = {
        "HEIMTA_PUSH_ORIGINS": world.push_origins,
        "HEIMTA_PUSH_CONNECT_TO": world.connect_to,
    }
    with stack(environ=environ) as running:
        yield running


def counted(heimta: Stack) -> Counter[str]:
    """All counters of the shop, over all hours."""

    async def read() -> Counter[str]:
        redis = connect(heimta.redis_url)
        sums: Counter[str] = Counter()
        for p in range(16):
            for key in await redis.keys(keys.rollup(p, "demo", "*")):
                for field, by in (await redis.hgetall(key)).items():
                    sums[field.decode().partition(":")[2]] += int(by)
        await redis.aclose()
        return sums

    with ThreadPoolExecutor(1) as pool:  # Playwright's own loop occupies this thread
        return pool.submit(asyncio.run, read()).result(20)


def until(page: Page, heimta: Stack, wanted: dict[str, int], seconds: float = 15) -> None:
    """Wait until the counters have grown to these values."""
    for _ in range(int(seconds * 5)):
        seen = counted(heimta)
        if all(seen[name] >= value for name, value in wanted.items()):
            break
        page.wait_for_timeout(200)
    assert {name: seen[name] for name in wanted} == wanted


def arrive(context: BrowserContext, heimta: Stack, path: str = "/") -> Page:
    """A new shopper, as a real one (not the merchant's preview), who allows the shop to remember."""
    page = context.new_page()
    page.goto(f"{heimta.shop_url}/?honest=1")
    page.get_by_role("button", name="Allow", exact=True).click()
    if path != "/":
        page.goto(heimta.shop_url + path)
    return page


def add(page: Page, heimta: Stack, slug: str, size: str) -> None:
    page.goto(f"{heimta.shop_url}/product/{slug}?size={size}")
    page.get_by_role("button", name="Add to cart").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")


# The end of the gesture, in the page at its own pace: from outside, a busy machine makes it a stroll.
# A headless browser has no window that a pointer could leave, so the last word is said for it.
OUT_OF_THE_WINDOW = """async () => {
  const say = (kind, y) => document.documentElement.dispatchEvent(new PointerEvent(kind,
    { bubbles: true, clientX: 320, clientY: y, relatedTarget: null }))
  for (let y = 180; y > 0; y -= 15) {
    say('pointermove', y)
    await new Promise((done) => setTimeout(done, 12))
  }
  say('mouseout', -2)
}"""


def leave(page: Page) -> None:
    """Move the pointer as someone does who goes for the tab's close button, and beyond the page."""
    page.wait_for_timeout(3500)  # nobody is asked in the first seconds
    for y in range(420, 180, -30):
        page.mouse.move(320, y)
    page.evaluate(OUT_OF_THE_WINDOW)


def order(page: Page) -> None:
    for name, value in ADDRESS.items():
        page.locator(f"#{name}").fill(value)
    page.locator("#country").select_option("IS")
    page.locator("#checkout button.button-big").click()
    page.wait_for_url("**/thanks/**")


@pytest.mark.parametrize("browser", ["chromium", "firefox"])
def test_leave_popup_claim_order(world: World, heimta: Stack, browser: str) -> None:
    before = counted(heimta)
    with sync_playwright() as p, world.launch(p, browser, "leaver") as context:
        page = arrive(context, heimta)
        add(page, heimta, "wool-hat", "m")
        add(page, heimta, "lopapeysa", "s")
        page.wait_for_timeout(1500)  # the popup's file is fetched while the shopper looks around
        leave(page)
        popup = page.get_by_role("dialog", name="Leaving without your wool?")
        expect(popup).to_be_visible()
        expect(popup).to_contain_text("Wool hat, M")
        expect(popup).to_contain_text("Lopapeysa sweater, S")
        expect(popup).to_contain_text("223.00")
        page.screenshot(path=f"/tmp/popup-{browser}.png")
        popup.get_by_role("button", name="Take 10 % off").click()
        won = page.get_by_role("dialog", name="Your discount is in the cart")
        expect(won).to_contain_text("FELL")
        page.screenshot(path=f"/tmp/claimed-{browser}.png")
        page.goto(f"{heimta.shop_url}/checkout")
        expect(page.locator(".order-summary")).to_contain_text("200.70")
        page.wait_for_timeout(800)
        expect(page.locator(".site-nav")).to_be_hidden()
        page.screenshot(path=f"/tmp/checkout-{browser}.png", full_page=True)
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


@pytest.mark.parametrize("browser", ["chromium", "firefox"])
def test_abandon_push_restore_elsewhere_order_and_silence(world: World, heimta: Stack, browser: str) -> None:
    shown = len(world.notifications.shown)
    before = counted(heimta)
    with sync_playwright() as p:
        with world.launch(p, browser, "abandoner") as context:
            page = subscribe_with_cart(context, heimta, browser)
            [*_, note] = world.notifications.wait(shown + 1, timeout_s=30, pump=page.wait_for_timeout)
            assert (note.title, note.text) == (
                "Your cart is waiting",
                "Wool hat, M is still here. Pick up where you left off.",
            )
            with context.expect_page() as opened:
                world.notifications.click(note.id)
            opened.value.wait_for_url("**/cart")  # the token has left the address again
            expect(opened.value.locator("main")).to_contain_text("Lopapeysa sweater")
            landed = opened.value.evaluate("() => performance.getEntriesByType('navigation')[0].name")
            token = parse_qs(urlsplit(landed).query)["heimta_r"][0]
        with world.launch(p, browser, "another") as context:
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
            page.wait_for_timeout(16_000)  # more than a silence
    assert len(world.notifications.shown) == shown + 1
    assert counted(heimta)["message.sent"] == before["message.sent"] + 1


@pytest.mark.parametrize("browser", ["chromium", "firefox"])
def test_one_flipped_bit_and_nothing_is_shown(world: World, heimta: Stack, browser: str) -> None:
    shown = len(world.notifications.shown)
    before = counted(heimta)
    world.service(browser).corrupt_next = True
    with sync_playwright() as p, world.launch(p, browser, "flipped") as context:
        page = subscribe_with_cart(context, heimta, browser)
        until(page, heimta, {"message.sent": before["message.sent"] + 1})
        page.wait_for_timeout(3000)
    assert len(world.notifications.shown) == shown


def subscribe_with_cart(context: BrowserContext, heimta: Stack, browser: str) -> Page:
    """Two items in the cart, and a yes to the reminder."""
    page = arrive(context, heimta)
    add(page, heimta, "wool-hat", "m")
    add(page, heimta, "lopapeysa", "s")
    page.goto(f"{heimta.shop_url}/cart")
    page.mouse.move(300, 300)
    page.mouse.wheel(0, 200)
    yes = page.get_by_role("button", name="Yes, remind me")
    expect(yes).to_be_visible(timeout=15_000)
    yes.click()
    return page


def test_a_holdout_visitor_sees_nothing_and_is_counted(world: World, heimta: Stack) -> None:
    heimta.install(silence_s=12, holdout_pct=100)
    try:
        before = counted(heimta)
        with sync_playwright() as p, world.launch(p, "chromium", "heldout") as context:
            page = arrive(context, heimta)
            for _ in range(50):  # the edge takes the new documents within a second or two
                if '"holdout":10000' in page.request.get(f"{heimta.edge_url}/s/demo.js").text():
                    break
                page.wait_for_timeout(200)
            add(page, heimta, "wool-hat", "m")
            page.wait_for_timeout(1000)
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
        heimta.install(silence_s=12, holdout_pct=0)


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_in_the_shop_with_heimta_on_it(heimta: Stack, width: int) -> None:
    with sync_playwright() as p:
        browser = p.chromium.launch(**chromium_options())
        context = browser.new_context(viewport={"width": width, "height": 844})
        faults = walk_the_shop(context, heimta)
        browser.close()
    assert faults == {name: [] for name in faults}


def walk_the_shop(context: BrowserContext, heimta: Stack) -> dict[str, list[str]]:
    """Every page a shopper sees, with what Heimta shows on it."""
    page = arrive(context, heimta)
    faults = {"home": accessible(page)}
    page.goto(f"{heimta.shop_url}/product/wool-hat?size=m")
    faults["product"] = accessible(page)
    page.get_by_role("button", name="Add to cart").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.wait_for_timeout(600)  # it slides in, and colours are judged as they are seen
    faults["drawer"] = accessible(page)
    page.keyboard.press("Escape")
    page.wait_for_timeout(1200)
    leave(page)
    expect(page.get_by_role("dialog", name="Leaving without your wool?")).to_be_visible()
    page.wait_for_timeout(600)
    faults["popup"] = accessible(page)
    page.goto(f"{heimta.shop_url}/cart")
    faults["cart"] = accessible(page)
    page.goto(f"{heimta.shop_url}/checkout")
    expect(page.locator(".site-nav")).to_be_hidden()
    faults["checkout"] = accessible(page)
    order(page)
    faults["thanks"] = accessible(page)
    return faults


def accessible(page: Page) -> list[str]:
    """What axe finds: nothing, one hopes."""
    found = Axe().run(page).response["violations"]
    return [f"{fault['id']}: {fault['nodes'][0]['html'][:120]}" for fault in found]
