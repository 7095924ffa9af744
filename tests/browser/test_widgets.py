"""What shoppers see and touch, in a real Chromium and a real Firefox, on a page with the strictest policy.

The page stands in for the snippet (pages/widgets.js): it mounts a widget with a context that writes
everything down. The push opt-in has its own file.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.shop_page import ShopPage, focused, log, mount, still
from tests.browser.widget_texts import CART, CHECKOUT, CODE, POPUP, changed

pytestmark = pytest.mark.browser


# The popup


def test_the_popup_shows_the_cart_as_it_is(page: Page) -> None:
    mount(page, "popup", POPUP)
    dialog = page.get_by_role("dialog", name="Before you go: 10 % off")
    expect(dialog).to_be_visible()
    rows = dialog.get_by_role("listitem").all_inner_texts()
    assert [" ".join(row.split()) for row in rows] == [
        "Wool hat 2 \u00d7 €24.90 €49.80",
        "Moss scarf 1 \u00d7 €49.90 €49.90",
        "Mug 1 \u00d7 €15.00 €15.00",
        "and 1 more",
        "Total €134.70",
    ]
    assert page.evaluate(
        """[...document.querySelector('heimta-widget').shadowRoot.querySelectorAll('img')]
        .map((img) => new URL(img.src).pathname)"""
    ) == ["/img/hat.svg", "/img/scarf.svg"], "no picture from a javascript: address"


def test_the_popup_asks_for_nothing_while_it_paints(page: Page, shop: ShopPage) -> None:
    before = list(shop.asked)
    mount(page, "popup", POPUP)
    page.wait_for_timeout(400)
    assert shop.asked == before


def test_a_claimed_code_is_applied_and_shown(page: Page) -> None:
    mount(page, "popup", changed(POPUP, delay="told"))
    page.get_by_role("button", name="Get my discount").click()
    expect(page.get_by_role("button", name="One moment …")).to_be_visible()
    page.wait_for_timeout(500)  # what moves later than that after a click counts as moved by itself
    page.evaluate("world.answer()")  # the code
    page.evaluate("world.answer()")  # and that the shop has taken it
    dialog = page.get_by_role("dialog", name="Your discount is in the cart")
    expect(dialog.get_by_text(CODE)).to_be_visible()
    expect(dialog.get_by_text("Valid until Jan 2, 2030")).to_be_visible()
    expect(dialog.get_by_role("link", name="Go to checkout")).to_have_attribute(
        "href", re.compile(r"^http://127[^#]*#checkout$")
    )
    assert log(page) == [["post", "claim", {"campaign": "exit-offer"}], ["accepted"], ["apply", CODE]]
    assert page.evaluate("world.shift()") == 0, "the answer came late, and nothing may have moved for it"


def test_the_total_follows_the_cart(page: Page) -> None:
    mount(page, "popup", POPUP)
    page.evaluate("(cart) => world.setCart({...cart, total_minor: 12123})", CART)
    expect(page.get_by_role("listitem").last).to_have_text("Total€121.23")


@pytest.mark.parametrize("applied", [False, "throws"])
def test_a_code_that_cannot_be_applied_is_given_to_the_shopper(page: Page, applied: Any) -> None:
    mount(page, "popup", changed(POPUP, applied=applied))
    page.get_by_role("button", name="Get my discount").click()
    expect(page.get_by_role("dialog", name="Your code for the checkout").get_by_text(CODE)).to_be_visible()


def test_a_code_can_be_copied_or_is_selected(page: Page) -> None:
    mount(page, "popup", POPUP)
    page.get_by_role("button", name="Get my discount").click()
    page.evaluate("""() => {
        navigator.clipboard.writeText = async (text) => { world.copied = text }
    }""")
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("world.copied") == CODE


def test_a_failed_claim_leaves_the_shopper_free_to_try_again_or_go_on(page: Page) -> None:
    mount(page, "popup", changed(POPUP, claim="claim: 503"))
    page.get_by_role("button", name="Get my discount").click()
    expect(page.get_by_role("status")).to_have_text("That did not work just now.")
    expect(page.get_by_role("link", name="Go to checkout")).to_be_visible()
    page.get_by_role("button", name="Get my discount").click()
    expect(page.get_by_role("status")).to_have_text("That did not work just now.")
    assert [name for name, *_ in log(page)] == ["post", "post"], "a failure is no acceptance"


def test_a_refusal_is_told_in_its_own_words_and_leaves_the_way_to_the_checkout(page: Page) -> None:
    said = {"en": "All codes are gone.", "de": "Alle Codes sind vergeben."}
    mount(page, "popup", changed(POPUP, claim={"said": said}) | {"lang": "de"})
    page.get_by_role("button", name="Get my discount").click()
    dialog = page.get_by_role("dialog", name="Alle Codes sind vergeben.")
    expect(dialog.get_by_role("link", name="Go to checkout")).to_be_visible()
    expect(dialog.get_by_role("button", name="Get my discount")).to_have_count(0)
    assert [name for name, *_ in log(page)] == ["post"], "a refusal is no acceptance"


def test_a_claim_that_ends_after_the_popup_is_gone_changes_nothing(page: Page) -> None:
    mount(page, "popup", changed(POPUP, delay="told"))
    page.get_by_role("button", name="Get my discount").click()
    page.keyboard.press("Escape")
    expect(page.locator("heimta-widget")).to_have_count(0)
    page.evaluate("world.answer()")
    page.wait_for_timeout(100)
    assert page.locator("heimta-widget").count() == 0


def test_without_an_offer_the_popup_only_reminds(page: Page) -> None:
    mount(page, "popup", changed(POPUP, content={"accept": "Go to checkout", "asks": False}))
    page.get_by_role("link", name="Go to checkout").click()
    assert page.url.endswith("#checkout")
    assert log(page) == [["accepted"]]


@pytest.mark.parametrize(
    ("leave", "how"),
    [
        (lambda page: page.keyboard.press("Escape"), "escape"),
        (lambda page: page.get_by_role("button", name="No, thanks").click(), "no"),
        (lambda page: page.get_by_role("button", name="Close").click(), "close"),
        (lambda page: page.mouse.click(20, 400), "outside"),
        # What a phone's back gesture does to a dialog.
        (
            lambda page: page.evaluate(
                "document.querySelector('heimta-widget').shadowRoot.firstChild.close()"
            ),
            "back",
        ),
    ],
    ids=["escape", "no", "close", "outside", "back"],
)
def test_every_way_out_of_the_popup_gives_the_focus_back(page: Page, leave: Any, how: str) -> None:
    page.locator("#before").focus()
    mount(page, "popup", POPUP)
    assert focused(page) == "heimta-widget"
    leave(page)
    expect(page.locator("heimta-widget")).to_have_count(0)
    assert focused(page) == "before"
    assert log(page) == [["closed", how]]
    assert page.evaluate("world.listeners()") == 0


def test_a_press_that_ends_outside_closes_nothing(page: Page) -> None:
    mount(page, "popup", POPUP)
    still(page)
    box = page.get_by_text("Wool hat").bounding_box()
    assert box
    page.mouse.move(box["x"] + 2, box["y"] + 2)
    page.mouse.down()
    page.mouse.move(20, 400)
    page.mouse.up()
    page.mouse.click(*[box["x"] + 2, box["y"] + 2])
    expect(page.get_by_role("dialog")).to_be_visible()


def test_the_popup_can_be_walked_by_keyboard(page: Page) -> None:
    mount(page, "popup", POPUP)
    walked = []
    for _ in range(3):
        page.keyboard.press("Tab")
        walked.append(
            page.evaluate(
                "(() => { const one = document.querySelector('heimta-widget').shadowRoot.activeElement;"
                " return one.ariaLabel || one.textContent })()"
            )
        )
    assert walked == ["Close", "Get my discount", "No, thanks"]
    page.keyboard.press("Enter")
    assert log(page) == [["closed", "no"]]


def test_the_corner_never_takes_the_focus(page: Page) -> None:
    page.locator("#mail").focus()
    mount(page, "popup", changed(POPUP, content={"layout": "corner"}))
    page.keyboard.type("anna@")
    expect(page.locator("#mail")).to_have_value("anna@")
    page.get_by_role("button", name="Get my discount").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text(CODE)).to_be_visible()
    page.keyboard.press("Escape")
    assert focused(page) == "mail", "who walked in is led back"


# The checkout


def test_the_checkout_tweak_leaves_the_page_as_it_was(page: Page) -> None:
    before = page.content()
    mount(page, "checkout", CHECKOUT)
    expect(page.locator("#promo")).not_to_be_visible()
    expect(page.get_by_role("navigation", name="Shop")).to_have_count(0)
    bar = page.get_by_role("progressbar", name="€15.30 to free shipping")
    expect(bar).to_have_count(0)  # in the middle of a page that is painted already: nothing moves by itself
    page.get_by_role("heading", name="Checkout").click()
    expect(bar).to_be_visible()
    assert page.evaluate("document.querySelector('heimta-progress').nextElementSibling.id") == "summary"
    page.evaluate("(cart) => world.setCart({...cart, total_minor: 15000})", CART)
    expect(page.get_by_role("status")).to_have_text("Free shipping is yours")
    assert page.get_by_role("progressbar").evaluate("(bar) => bar.value / bar.max") == 1
    page.evaluate("world.setCart(null)")
    expect(page.get_by_role("progressbar")).to_have_count(0)
    page.evaluate("world.unmount()")
    expect(page.locator("#promo")).to_be_visible()
    assert page.content() == before
    assert page.evaluate("[document.adoptedStyleSheets.length, world.listeners()]") == [1, 0]


def test_the_checkout_tweak_says_nothing_it_does_not_know(page: Page) -> None:
    mount(page, "checkout", changed(CHECKOUT, config={"free_shipping_minor": None}))
    assert page.locator("heimta-progress").count() == 0
    page.evaluate("world.unmount()")
    page.evaluate("(cart) => world.setCart({...cart, currency: 'USD'})", CART)
    mount(page, "checkout", changed(CHECKOUT, content={"hide": ["p{", "#promo"]}))
    expect(page.get_by_role("progressbar")).to_have_count(0)
    expect(page.locator("#promo")).not_to_be_visible()  # a misspelt selector takes no other with it
