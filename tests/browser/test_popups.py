"""Where popups stand, and what is in them: in a real Chromium, and where browsers differ in Firefox too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import own_time
from tests.browser.popup_texts import EVERYTHING, FIELD, OFFER, PRIZES, popup
from tests.browser.shop_page import ShopPage, focused, load, log, mount, new_tab
from tests.browser.widget_texts import CODE

pytestmark = pytest.mark.browser

LAYOUTS = ("modal", "sheet", "corner", "slide", "bar_top", "bar_bottom")
CARD = "document.querySelector('heimta-widget').shadowRoot.firstChild"
# A shop whose own layer is as high as layers get, and covers the whole page.
COVER = """() => {
    const cover = document.createElement('div')
    const sheet = new CSSStyleSheet()
    sheet.replaceSync('#cover{position:fixed;inset:0;z-index:2147483647}')
    document.adoptedStyleSheets.push(sheet)
    cover.id = 'cover'
    document.body.append(cover)
}"""
ON_TOP = f"""() => {{
    const {{ x, y, width, height }} = {CARD}.getBoundingClientRect()
    return document.elementFromPoint(x + width / 2, y + height / 2).localName
}}"""


# In the page, since its policy forbids what waits for a function from outside: the angle, once it is turned.
TURNED = f"""() => new Promise((good) => {{
    const look = () => {{
        const wheel = {CARD}.querySelector('.disc svg')
        if (wheel?.getAnimations().length) good(parseFloat(getComputedStyle(wheel).rotate))
        else requestAnimationFrame(look)
    }}
    look()
}})"""


@pytest.fixture(scope="module")
def chromium_tab(chromium: Browser) -> Iterator[Page]:
    tab = new_tab(chromium)
    yield tab
    tab.close()


@pytest.fixture
def here(chromium_tab: Page, shop: ShopPage) -> Iterator[Page]:
    """The strict page in Chromium alone."""
    chromium_tab.set_viewport_size({"width": 1280, "height": 800})
    load(chromium_tab, shop.address)
    yield chromium_tab
    assert chromium_tab.evaluate("world.violations") == []


def show(page: Page, options: dict[str, Any]) -> None:
    mount(page, "popup-blocks", options)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_nothing_of_the_shops_covers_a_popup_and_nothing_moves_for_it(page: Page, layout: str) -> None:
    page.evaluate(COVER)
    page.locator("#mail").focus()
    show(page, popup({"layout": layout, "body": "Stay a moment."}, offer=OFFER))
    assert page.evaluate(ON_TOP) == "heimta-widget"
    assert focused(page) == ("heimta-widget" if layout in ("modal", "sheet") else "mail")
    assert page.evaluate("world.shift()") == 0
    page.keyboard.press("Escape")
    expect(page.locator("heimta-widget")).to_have_count(0)
    assert (focused(page), log(page)) == ("mail", [["closed", "escape"]])


@pytest.mark.parametrize("width", [900, 390, 320])
def test_every_layout_fits_the_screen_and_its_answers_are_in_sight(here: Page, width: int) -> None:
    here.set_viewport_size({"width": width, "height": 640})
    for layout in LAYOUTS:
        blocks = EVERYTHING if "bar" not in layout else [{"block": "countdown"}]
        show(here, popup({"layout": layout, "body": "Stay a moment.", "blocks": blocks}, offer=OFFER))
        here.evaluate(f"Promise.all({CARD}.getAnimations().map((one) => one.finished))")
        box = here.evaluate(
            f"(() => {{ const b = {CARD}.getBoundingClientRect(); return [b.left, b.right] }})()"
        )
        assert box[0] >= 0 and box[1] <= width, layout
        assert here.evaluate("document.documentElement.scrollWidth <= innerWidth"), layout
        for answer in ("Yes, please", "No thanks", "Close"):
            expect(here.get_by_role("button", name=answer)).to_be_in_viewport(ratio=1)
        sizes = [
            here.get_by_role("button", name=name).bounding_box() for name in ("Yes, please", "No thanks")
        ]
        heights = {round(size["height"]) for size in sizes if size}
        assert len(heights) == 1 and min(heights) >= 48, "a no is as large as a yes"
        here.evaluate("world.unmount()")


def test_words_that_are_longer_than_the_screen_are_broken(here: Page) -> None:
    here.set_viewport_size({"width": 320, "height": 640})
    word = "Hochleistungsakkubohrschrauber"
    line = {"sku": "1", "name": word, "qty": 1, "unit_minor": 12900}
    here.evaluate("(line) => world.setCart({...world.cart, lines: [line]})", line)
    for layout in LAYOUTS:
        blocks = [] if "bar" in layout else [{"block": "cart"}, {"block": "list", "items": [word * 2]}]
        show(here, popup({"layout": layout, "title": word, "accept": word, "blocks": blocks}, offer=OFFER))
        assert here.evaluate(f"{CARD}.scrollWidth <= {CARD}.clientWidth"), layout
        overlap = f"""() => {{
            const [name, price] = ['span', 'b'].map((one) => {CARD}.querySelector('li ' + one))
            const words = document.createRange()
            words.selectNodeContents(name || document.body)
            return name && words.getBoundingClientRect().right > price.getBoundingClientRect().left
        }}"""
        assert not here.evaluate(overlap), layout
        here.evaluate("world.unmount()")


def test_every_block_is_there_in_its_order(here: Page) -> None:
    show(here, popup({"blocks": EVERYTHING}, offer=OFFER))
    dialog = here.get_by_role("dialog", name="Before you go")
    texts = [
        " ".join(text.split()) for text in dialog.locator(".text,.offer,.list,.reassurance").all_inner_texts()
    ]
    assert texts == [
        "Made by hand.",
        "10% off",
        "Knitted in the north Warm when it is wet",
        "30 days to change your mind",
    ]
    expect(dialog.get_by_role("img", name="A hat")).to_be_visible()
    expect(dialog.get_by_text("Wool hat")).to_be_attached()
    assert dialog.locator("time").count() == 0, "without a code there is nothing to count down to"


def test_a_sheet_is_closed_by_the_gesture_that_leads_back(here: Page) -> None:
    show(here, popup({"layout": "sheet"}))
    here.evaluate(f"{CARD}.close()")
    expect(here.locator("heimta-widget")).to_have_count(0)
    assert log(here) == [["closed", "back"]]


# The field


def test_an_address_goes_with_the_words_that_were_agreed_to(page: Page) -> None:
    show(page, popup({"blocks": [FIELD]}))
    mail = page.get_by_role("textbox", name="E-mail address")
    mail.fill("ada@shop.example")
    page.get_by_role("checkbox", name="Yes, send me this cart by e-mail.").check()
    mail.press("Enter")
    expect(page.get_by_role("dialog", name="Thank you, your details are saved.")).to_be_visible()
    told = {
        "email": "ada@shop.example",
        "consent": "Yes, send me this cart by e-mail.",
        "consent_version": "cart-1",
        "wants": "cart",
    }
    assert log(page) == [["track", "visitor_identified", told], ["accepted"]]


@pytest.mark.parametrize(
    ("address", "agrees", "fault", "at"),
    [
        ("", True, "Please enter an e-mail address", "textbox"),
        ("nobody", True, "Please enter an e-mail address", "textbox"),
        ("ada@shop", True, "Please enter an e-mail address", "textbox"),
        ("ada@shop.example", False, "Please tick the box", "checkbox"),
    ],
)
def test_what_is_wrong_is_said_where_it_is_and_nothing_is_sent(
    here: Page, address: str, agrees: bool, fault: str, at: Any
) -> None:
    show(here, popup({"blocks": [FIELD]}))
    dialog = here.get_by_role("dialog")
    dialog.get_by_role("textbox").fill(address)
    dialog.get_by_role("checkbox").set_checked(agrees)
    dialog.get_by_role("button", name="Send me my cart").click()
    expect(dialog.get_by_role("alert")).to_contain_text(fault)
    expect(dialog.get_by_role(at)).to_be_focused()
    expect(dialog.get_by_role(at)).to_have_attribute("aria-invalid", "true")
    assert log(here) == []


def test_a_field_that_may_be_left_out_keeps_nobody_from_their_code(here: Page) -> None:
    show(here, popup({"blocks": [{**FIELD, "wants": "news", "required": False}]}, offer=OFFER))
    here.get_by_role("button", name="Yes, please").click()
    expect(here.get_by_text(CODE)).to_be_visible()
    assert [name for name, *_ in log(here)] == ["post", "accepted", "apply"]


def test_a_popup_with_a_field_can_be_walked_by_keyboard(page: Page) -> None:
    show(page, popup({"blocks": [{"block": "cart"}, FIELD]}))
    walked = []
    for _ in range(5):
        page.keyboard.press("Tab")
        walked.append(
            page.evaluate(
                "(() => { const one = document.querySelector('heimta-widget').shadowRoot.activeElement;"
                " return one.ariaLabel || one.type + ' ' + one.textContent })()"
            )
        )
    assert walked == ["Close", "email ", "checkbox ", "submit Send me my cart", "submit No thanks"]


# The code


@pytest.fixture
def timed(chromium: Browser, shop: ShopPage) -> Iterator[Page]:
    """The strict page in a Chromium whose time passes by our word alone."""
    tab = new_tab(chromium)
    tab.clock.install()
    load(tab, shop.address)
    own_time.stop(tab)
    yield tab
    assert tab.evaluate("world.violations") == []
    tab.close()


def test_a_countdown_goes_by_the_servers_clock_and_ends_with_the_code(timed: Page) -> None:
    now = 1_000_000_000_000  # decades from the browser's own clock
    claim = {"now": now, "expires_at": now + 2500}
    show(timed, popup({"blocks": [{"block": "countdown"}]}, claim=claim, offer=OFFER))
    timed.get_by_role("button", name="Yes, please").click()
    timed.clock.run_for(1)
    timed.clock.run_for(1)
    expect(timed.get_by_role("timer")).to_have_text(["0:00:02"])
    timed.clock.run_for(3000)
    expect(timed.get_by_role("dialog", name="This code has expired")).to_be_visible()
    assert timed.get_by_text(CODE).count() == 0, "what is worth nothing is not shown"
    expect(timed.get_by_role("link", name="Go to checkout")).to_be_visible()


def test_a_countdown_runs_though_the_shop_took_its_time_to_take_the_code(timed: Page) -> None:
    claim = {"now": 0, "expires_at": 9000}
    shown = popup({"blocks": [{"block": "countdown"}]}, claim=claim, offer=OFFER)
    show(timed, {**shown, "delay": 1500})
    timed.get_by_role("button", name="Yes, please").click()
    timed.clock.run_for(1500)
    timed.clock.run_for(1500)
    expect(timed.get_by_text(CODE)).to_be_visible()
    timed.clock.run_for(4000)
    expect(timed.get_by_role("timer")).to_have_text(["0:00:04"])


@pytest.mark.parametrize("prize", [0, 1, 2])
def test_the_wheel_says_its_odds_and_stops_at_what_was_dealt(here: Page, prize: int) -> None:
    here.emulate_media(reduced_motion="reduce")
    show(here, popup({"blocks": [{"block": "reveal"}]}, claim={"prize": prize}, prizes=PRIZES))
    rows = [" ".join(row.split()) for row in here.get_by_role("listitem").all_inner_texts()]
    assert rows == ["5% off Chance 60%", "10% off Chance 30%", "Free shipping Chance 10%"]
    here.get_by_role("button", name="Turn the wheel").click()
    turned = here.evaluate(TURNED)
    at_pointer = (-turned % 360) / 3.6  # of 100, clockwise from the first slice's beginning
    assert prize == (0 if at_pointer < 60 else 1 if at_pointer < 90 else 2)
    won = ["5% off", "10% off", "Free shipping"][prize]
    expect(here.get_by_role("dialog", name="Your discount is in the cart").get_by_text(won)).to_be_visible()
    here.emulate_media(reduced_motion=None)


def test_the_slices_are_as_wide_as_their_odds(here: Page) -> None:
    show(here, popup({"blocks": [{"block": "reveal"}]}, prizes=PRIZES))
    dashes = here.evaluate(
        f"[...{CARD}.querySelectorAll('.disc circle')]"
        ".map((one) => parseFloat(one.getAttribute('stroke-dasharray')))"
    )
    assert [round(dash + 0.6) for dash in dashes] == [60, 30, 10]


# A page of the merchant's own

HTML = {
    "block": "html",
    "title": "Ours",
    "html": "<p>Own words</p><script>parent.document.title = 'out'; top.location = '/out'</script>"
    "<img src=x onerror=\"parent.document.title = 'out'\">",
}


def test_a_page_of_the_merchants_own_cannot_leave_its_frame(chromium_tab: Page, shop: ShopPage) -> None:
    load(chromium_tab, shop.address + "?lax")
    show(chromium_tab, popup({"blocks": [HTML]}))
    frame = chromium_tab.frame_locator("iframe[title=Ours]")
    expect(frame.get_by_text("Own words")).to_be_visible()
    assert chromium_tab.locator("iframe").get_attribute("sandbox") == ""
    assert "out" not in (chromium_tab.title(), chromium_tab.url)


def test_where_the_shops_policy_forbids_the_frame_the_rest_is_shown(
    chromium_tab: Page, shop: ShopPage
) -> None:
    load(chromium_tab, shop.address)
    show(chromium_tab, popup({"blocks": [HTML, {"block": "text", "text": "Made by hand."}]}))
    expect(chromium_tab.get_by_text("Made by hand.")).to_be_visible()
    assert chromium_tab.locator("iframe").count() == 0
