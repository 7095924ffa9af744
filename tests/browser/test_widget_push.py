"""The push opt-in asks in two steps. The browser's part is played here; it is real in test_push_real.py."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.shop_page import ShopPage, focused, load, log, mount, new_tab
from tests.browser.widget_texts import PUSH

pytestmark = pytest.mark.browser

BROWSER = """(world_) => {
  world.permission = world_.permission
  Notification.requestPermission = async () => { world.log.push(['asked']); return world.permission }
  let old = world_.old
  const pushManager = {
    subscribe: async ({ userVisibleOnly, applicationServerKey }) => {
      if (old && old !== applicationServerKey) throw new DOMException('another key', 'InvalidStateError')
      if (world_.broken) throw new DOMException('no service', 'AbortError')
      world.log.push(['subscribe', userVisibleOnly, applicationServerKey])
      return { endpoint: 'https://push.example/1' }
    },
    getSubscription: async () => old && {
      unsubscribe: async () => { old = ''; world.log.push(['unsubscribe']) },
    },
  }
  const registration = { active: null, pushManager }
  navigator.serviceWorker.register = async (url, options) => {
    world.log.push(['register', url.replace(location.origin, 'EDGE'), options.scope])
    setTimeout(() => { registration.active = {} }, 100)
    return registration
  }
}"""
ASKED = [["asked"], ["register", "/heimta-sw.js?e=EDGE&s=demo", "/heimta-push/"]]
TOLD = {
    "subscription": {"endpoint": "https://push.example/1"},
    "said": ["exit-offer", None, "a", "en", "/"],  # the fixture's campaign has no version
}
SAVED = [["subscribe", True, "KEY"], ["post", "push", TOLD], ["accepted"]]


@pytest.mark.parametrize(
    ("world", "said", "expected"),
    [
        ({"permission": "granted"}, "Done.", [*ASKED, *SAVED]),
        ({"permission": "granted", "old": "OLD"}, "Done.", [*ASKED, ["unsubscribe"], *SAVED]),
        ({"permission": "denied"}, "Notifications are not allowed.", [["asked"]]),
        ({"permission": "granted", "broken": True}, "That did not work.", ASKED),
    ],
    ids=["subscribes", "key has changed", "blocked", "fails"],
)
def test_a_yes_asks_the_browser_and_says_how_it_went(
    page: Page, world: dict[str, Any], said: str, expected: list[Any]
) -> None:
    page.evaluate(BROWSER, world)
    page.locator("#mail").focus()
    mount(page, "push", PUSH)
    assert focused(page) == "mail"
    assert log(page) == [], "the browser is asked after our own yes, not before"
    page.get_by_role("button", name="Yes, remind me").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text(said)).to_be_visible()
    assert log(page) == expected
    assert focused(page) == "mail"
    assert page.evaluate("world.shift()") == 0


@pytest.fixture
def timed(browser: Browser, shop: ShopPage) -> Iterator[Page]:
    """The fixture page, whose time a test can let pass."""
    tab = new_tab(browser)
    tab.clock.install()
    load(tab, shop.address)
    yield tab
    assert tab.evaluate("world.violations") == []
    tab.close()


def test_what_was_said_goes_by_itself(timed: Page) -> None:
    timed.evaluate(BROWSER, {"permission": "denied"})
    mount(timed, "push", PUSH)
    timed.get_by_role("button", name="Yes, remind me").click()
    expect(timed.get_by_text("Notifications are not allowed.")).to_be_visible()
    timed.locator("#mail").focus()
    timed.clock.run_for(8000)
    expect(timed.locator("heimta-push")).to_have_count(0)
    assert log(timed)[-1] == ["closed", "close"]
    assert focused(timed) == "mail", "by then the focus is elsewhere by right"


def test_a_yes_that_could_not_be_kept_is_no_no(timed: Page) -> None:
    timed.evaluate(BROWSER, {"permission": "granted", "broken": True})
    mount(timed, "push", PUSH)
    timed.get_by_role("button", name="Yes, remind me").click()
    expect(timed.get_by_text("That did not work.")).to_be_visible()
    timed.clock.run_for(8000)
    expect(timed.locator("heimta-push")).to_have_count(0)
    assert log(timed)[-1] == ["closed", None], "asked again another time (stage/context.ts)"


def test_all_of_it_can_be_reached_on_a_phone_that_lies_with_large_letters(
    browser: Browser, shop: ShopPage
) -> None:
    tab = new_tab(browser)
    tab.set_viewport_size({"width": 640, "height": 320})
    load(tab, shop.address)
    tab.evaluate("document.body.style.fontSize = '32px'")
    long = {"title": "Einkaufswagenbenachrichtigungserinnerung", "body": "One message, and no other. " * 4}
    mount(tab, "push", PUSH | {"content": PUSH["content"] | long})
    card = tab.locator("heimta-push aside")
    top, bottom, too_wide = card.evaluate(
        "(e) => { const { top, bottom } = e.getBoundingClientRect();"
        " return [top, bottom, e.scrollWidth - e.clientWidth] }"
    )
    assert (top >= 0, bottom <= 320, too_wide) == (True, True, 0)
    for part in (tab.get_by_text("Einkaufswagen"), tab.get_by_role("button", name="No, thanks")):
        part.scroll_into_view_if_needed()
        expect(part).to_be_in_viewport(ratio=0.9)
    tab.close()


@pytest.mark.parametrize("key", ["Enter", "Escape"])
def test_a_no_is_final_and_the_browser_is_not_asked(page: Page, key: str) -> None:
    page.evaluate(BROWSER, {"permission": "granted"})
    page.locator("#mail").focus()
    mount(page, "push", PUSH)
    page.get_by_role("button", name="No, thanks").focus()
    page.keyboard.press(key)
    assert log(page) == [["closed", "no" if key == "Enter" else "escape"]]
    assert focused(page) == "mail"


@pytest.mark.parametrize("why", ["never", "no push"])
def test_where_push_cannot_be_there_is_no_question_in_any_arm(
    browser: Browser, shop: ShopPage, why: str
) -> None:
    page = new_tab(browser)
    page.add_init_script(
        "Object.defineProperty(Notification, 'permission', { get: () => 'denied', configurable: false })"
        if why == "never"
        else "delete globalThis.PushManager"
    )
    page.goto(shop.address)
    assert page.evaluate("['popup', 'push'].map((name) => name in mounts)") == [True, False]
    page.close()
