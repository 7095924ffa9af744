"""The preference centre in the shop, a subscription that outlives a changed key, the way to the Home Screen.

By the real snippet and stage under the strict policy. The browser's push is played here; it is real in
test_push_real.py and test_push_beside.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, Request, expect

from tests.browser.snippet_shop import Edge, Json, snippet_shop, sri
from tests.browser.test_snippet import until

pytestmark = pytest.mark.browser

THEME = "--a:#2f5d50;--o:#fff;--s:#fffdf8;--i:#22302b;--q:#5b6a64;--r:14px;--p:24px;--f:inherit;--c:light"
ASKED, TOLD = "/s/demo/preferences", "/s/demo/push"
VISITOR = "AAAAAAAAAAAAAAAAAAAAAA"
VIEW: Json = {
    "title": "Notifications",
    "lines": [],
    "fields": [
        ["What about?", "checkbox", "topic", [["cart", "Cart reminders", "When something was left", True]]],
        ["How often?", "radio", "pace", [["normal", "Always", "", True], ["less", "Weekly", "", False]]],
    ],
    "acts": [["save", "Save"], ["stop", "Stop all"]],
}
OFF: Json = {"title": "Notifications", "lines": ["They are off."], "fields": [], "acts": [["on", "Turn on"]]}
QUESTION: Json = {
    "id": "ask", "salt": "ask", "version": 3, "trigger": {"on": "after", "after_s": 0}, "audience": {},
    "frequency": {"max": 1, "per_h": 24}, "priority": 100, "holdout": 0,
    "variants": [{"id": "a", "weight": 100, "content": {
        "widget": "push", "title": "Remind you?", "body": "One message.", "yes": "Yes", "no": "No thanks",
        "labels": {"done": "Done.", "blocked": "Blocked.", "failed": "Failed.", "home": "One step more.",
            "share": "Tap {icon} Share", "add": "Choose Add to Home Screen", "open": "Open it", "got": "OK"},
    }}],
}  # fmt: skip

# A push service in the tab's session storage: it outlives a load, as the browser's does.
PUSH = """
const held = () => JSON.parse(sessionStorage.held || 'null')
const note = (...what) => {
  sessionStorage.did = JSON.stringify([...JSON.parse(sessionStorage.did || '[]'), what])
}
const raw = (key) => Uint8Array.from(atob(key), (c) => c.charCodeAt(0)).buffer
const made = ({ key, endpoint }) => ({
  endpoint, options: { applicationServerKey: raw(key) }, toJSON: () => ({ endpoint }),
  unsubscribe: async () => { note('unsubscribe', endpoint); delete sessionStorage.held },
})
const pushManager = {
  getSubscription: async () => held() && made(held()),
  subscribe: async ({ applicationServerKey: key }) => {
    const number = (sessionStorage.number = 1 + Number(sessionStorage.number || 0))
    sessionStorage.held = JSON.stringify({ key, endpoint: `https://push.example/endpoint-number-${number}` })
    note('subscribe', key)
    return made(held())
  },
}
const registration = { active: {}, pushManager, scope: `${location.origin}/heimta-push/` }
navigator.serviceWorker.register = async () => registration
navigator.serviceWorker.getRegistration = async () => registration
Notification.requestPermission = async () => (sessionStorage.permission = 'granted')
Object.defineProperty(Notification, 'permission', { get: () => sessionStorage.permission || 'default' })
"""


@pytest.fixture(scope="module")
def shop(bundles: dict[str, bytes]) -> Iterator[Edge]:
    with snippet_shop(bundles) as edge:
        names = ("stage", "mount", "push", "home", "renew", "preferences")
        edge.config = {
            "theme": THEME,
            "push": {"key": "AAAA", "sw": "/sw.js"},
            "preferences": {"close": "Close", "failed": "Not just now."},
            "widgets": {name: [f"/w/{name}.js", sri(bundles[name])] for name in names},
        }
        yield edge


@pytest.fixture
def edge(shop: Edge) -> Iterator[Edge]:
    config = dict(shop.config)
    shop.answers, shop.pages = {ASKED: VIEW, TOLD: {"ok": 1}}, {}
    yield shop
    shop.config = config
    shop.posted.clear()


def visit(browser: Browser, edge: Edge, *scripts: str, record: Json | None = None, size: int = 1280) -> Page:
    """A tab of the shop. record: what the browser remembers of the visitor beforehand."""
    context = browser.new_context(viewport={"width": size, "height": 800})
    page = context.new_page()
    known = {"vid": VISITOR, "last": 0, "visits": 1, "seen": {}, **(record or {})}
    for script in (*scripts, f"localStorage.heimta ||= JSON.stringify({json.dumps(known)})"):
        page.add_init_script(f"{{{script}}}")
    page.goto(edge.shop_url)
    until(page, lambda: page.evaluate("heimta.on"))
    return page


def posted(edge: Edge, path: str) -> list[Json]:
    return [body for asked, body in edge.posted if asked == path]


def did(page: Page) -> list[list[str]]:
    """What was asked of the browser's push, in order."""
    return list(json.loads(page.evaluate("sessionStorage.did || '[]'")))


def remembered(page: Page) -> Json:
    return dict(json.loads(page.evaluate("localStorage.heimta")))


def done(page: Page) -> None:
    assert page.evaluate("errors") == []
    page.context.close()


def test_it_shows_what_the_edge_says_and_brings_back_what_is_chosen(browser: Browser, edge: Edge) -> None:
    page = visit(browser, edge, PUSH)
    page.evaluate("heimta('preferences')")
    dialog = page.get_by_role("dialog", name="Notifications")
    expect(dialog).to_be_visible()
    assert page.evaluate("document.activeElement.localName") == "heimta-preferences", "it is modal"
    page.get_by_label("Weekly").check()
    page.get_by_label("Cart reminders").uncheck()
    edge.answers[ASKED] = {**VIEW, "lines": ["Saved."]}
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_have_text("Saved.")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.evaluate("heimta('preferences')")
    expect(dialog).to_be_visible()
    page.get_by_role("button", name="Close").click()
    expect(dialog).to_have_count(0)
    asked = posted(edge, ASKED)
    assert [(one["act"], one["topic"], one["pace"]) for one in asked] == [
        ("", [], ""),
        ("save", [], "less"),
        ("", [], ""),
    ]
    assert asked[1] | {"vid": VISITOR, "lang": "en", "u": "/"} == asked[1]
    done(page)


def test_a_stop_is_told_and_ends_the_browsers_subscription(chromium: Browser, edge: Edge) -> None:
    held = "sessionStorage.held ||= JSON.stringify({ key: 'AAAA', endpoint: 'https://push.example/old' })"
    granted = "sessionStorage.permission ||= 'granted'"
    page = visit(chromium, edge, PUSH, held, granted, record={"push": True})
    page.evaluate("heimta('preferences')")
    expect(page.get_by_role("dialog")).to_be_visible()
    edge.answers[ASKED] = OFF
    page.get_by_role("button", name="Stop all").click()
    expect(page.get_by_text("They are off.")).to_be_visible()
    until(
        page,
        lambda: ["unsubscribe", "https://push.example/old"] in did(page),
    )
    assert posted(edge, ASKED)[-1]["act"] == "stop"
    until(page, lambda: not remembered(page)["push"])

    edge.answers[ASKED] = {**VIEW, "lines": ["Saved."]}
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_role("button", name="Stop all")).to_be_visible()
    [yes] = [told for told in posted(edge, TOLD) if "renew" not in told]
    assert yes["said"] == ["preferences", 1, "on", "en", "/"]
    assert yes["subscription"]["endpoint"] == "https://push.example/endpoint-number-1"
    done(page)


def test_a_shop_without_push_has_the_centre_too(chromium: Browser, edge: Edge) -> None:
    edge.config = {name: value for name, value in edge.config.items() if name != "push"}
    page = visit(chromium, edge)
    page.evaluate("heimta('preferences')")
    expect(page.get_by_role("dialog", name="Notifications")).to_be_visible()
    page.get_by_role("button", name="Stop all").click()
    until(page, lambda: posted(edge, ASKED)[-1]["act"] == "stop")
    done(page)


def test_when_the_edge_does_not_answer_it_says_so(chromium: Browser, edge: Edge) -> None:
    edge.answers[ASKED] = 503
    page = visit(chromium, edge, PUSH)
    page.evaluate("heimta('preferences')")
    expect(page.get_by_role("dialog", name="Not just now.")).to_be_visible()
    done(page)


def test_what_could_not_be_saved_stays_ticked_and_can_be_sent_again(browser: Browser, edge: Edge) -> None:
    page = visit(browser, edge, PUSH)
    page.evaluate("heimta('preferences')")
    page.get_by_label("Weekly").check()
    edge.answers[ASKED] = 503
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_have_text("Not just now.")
    edge.answers[ASKED] = {**VIEW, "lines": ["Saved.", "Paused."]}
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_have_text("Saved.Paused.")  # in two lines
    assert [one["pace"] for one in posted(edge, ASKED)] == ["", "less", "less"]
    inside = "document.querySelector('heimta-preferences').shadowRoot.activeElement?.localName"
    assert page.evaluate(inside) == "dialog", "its button is gone; the keyboard goes on in the dialog"
    done(page)


def test_a_line_that_hangs_is_told_as_one_that_failed(chromium: Browser, edge: Edge) -> None:
    hurry = "const wait = AbortSignal.timeout.bind(AbortSignal); AbortSignal.timeout = (ms) => wait(ms / 100)"
    page = visit(chromium, edge, PUSH, hurry)
    page.route(f"**{ASKED}", lambda _route: None)  # no answer, ever
    page.evaluate("heimta('preferences')")
    expect(page.get_by_role("dialog", name="Not just now.")).to_be_visible()
    done(page)


def test_a_link_that_is_pressed_again_on_a_slow_line_opens_one(chromium: Browser, edge: Edge) -> None:
    page = visit(chromium, edge, PUSH)
    edge.delay_s = 0.5
    page.evaluate("heimta('preferences'); heimta('preferences')")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.evaluate("heimta('preferences')")
    page.get_by_role("button", name="Save").click()
    page.keyboard.press("Escape")
    until(page, lambda: len(posted(edge, ASKED)) == 2)
    page.wait_for_timeout(300)  # what was saved is answered, and opens nothing
    assert (page.get_by_role("dialog").count(), len(posted(edge, ASKED))) == (0, 2)
    edge.delay_s = 0
    page.evaluate("heimta('preferences')")
    expect(page.get_by_role("dialog")).to_be_visible()
    done(page)


@pytest.mark.parametrize(
    "why",
    [
        "delete globalThis.PushManager; delete globalThis.Notification",
        "sessionStorage.permission = 'denied'",
        "localStorage.heimta = JSON.stringify({ consent: { analytics: false } })",
    ],
    ids=["no push", "told never to", "no consent"],
)
def test_push_is_not_offered_where_it_cannot_be(chromium: Browser, edge: Edge, why: str) -> None:
    edge.answers[ASKED] = OFF
    page = visit(chromium, edge, PUSH, why)
    page.evaluate("heimta('preferences')")
    expect(page.get_by_text("They are off.")).to_be_visible()
    expect(page.get_by_role("button", name="Turn on")).to_have_count(0)
    done(page)


def test_the_shops_own_link_is_there_for_those_who_get_messages(chromium: Browser, edge: Edge) -> None:
    link = (
        "addEventListener('DOMContentLoaded', () => { const link = document.createElement('a');"
        "Object.assign(link, { href: '#', hidden: true, textContent: 'Messages' });"
        "link.dataset.heimtaPreferences = ''; document.body.append(link) })"
    )
    edge.config |= {"campaigns": [QUESTION]}
    page = visit(chromium, edge, PUSH, link, "sessionStorage.permission = 'granted'", record={"push": True})
    page.keyboard.press("Tab")  # somebody is there, so the stage comes
    page.get_by_role("link", name="Messages").click()
    expect(page.get_by_role("dialog", name="Notifications")).to_be_visible()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.textContent") == "Messages", "the focus is given back"
    done(page)
    page = visit(chromium, edge, PUSH, link)
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Yes")).to_be_visible()  # the stage is there, and asks
    assert not page.get_by_text("Messages").is_visible()
    done(page)


@pytest.mark.parametrize("campaigns", [[QUESTION], []], ids=["a campaign", "none is live"])
def test_a_changed_key_is_renewed_once_and_without_a_question(
    browser: Browser, edge: Edge, campaigns: list[Json]
) -> None:
    edge.config |= {"campaigns": campaigns}
    old = "sessionStorage.held ||= JSON.stringify({ key: 'OLDK', endpoint: 'https://push.example/old' })"
    granted = "sessionStorage.permission ||= 'granted'"
    page = visit(browser, edge, PUSH, old, granted, record={"push": True})
    page.keyboard.press("Tab")
    until(page, lambda: posted(edge, TOLD))
    zone = page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone")
    until(page, lambda: remembered(page)["push"] == f"ndpoint-number-1{zone}")
    asked = len(edge.asked)
    page.reload()
    page.keyboard.press("Tab")
    until(page, lambda: ("GET", "/w/renew.js") in edge.asked[asked:])
    page.evaluate("heimta('preferences')")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert did(page) == [
        ["unsubscribe", "https://push.example/old"],
        ["subscribe", "AAAA"],
    ]
    [told] = posted(edge, TOLD)
    new = {"endpoint": "https://push.example/endpoint-number-1"}
    assert told == {"vid": VISITOR, "subscription": new, "renew": True, "tz": zone}
    # Taken back in the browser's settings: the edge is told, and nothing is subscribed again.
    page.evaluate("sessionStorage.permission = 'denied'")
    page.reload()
    page.keyboard.press("Tab")
    until(page, lambda: len(posted(edge, TOLD)) == 2)
    assert posted(edge, TOLD)[1] == {"vid": VISITOR, "subscription": None}
    until(page, lambda: remembered(page)["push"] is False)
    done(page)


PHONE = """delete globalThis.PushManager
Object.defineProperty(navigator, 'standalone', { get: () => false })
addEventListener('DOMContentLoaded', () => {
  const link = document.createElement('link')
  Object.assign(link, { rel: 'manifest', href: '/app.webmanifest' })
  document.head.append(link)
})"""


@pytest.mark.parametrize(
    ("manifest", "is_told"),
    [({"display": "standalone"}, True), ({"display": "browser"}, False), (None, False)],
    ids=["stands alone", "a bookmark", "no manifest"],
)
def test_the_home_screen_is_explained_only_where_it_helps(
    chromium: Browser, edge: Edge, manifest: Json | None, is_told: bool
) -> None:
    edge.config |= {"campaigns": [QUESTION]}
    # The shop's page may read its own manifest: connect-src 'self'.
    policy, edge.policy = edge.policy, edge.policy.replace("connect-src", "connect-src 'self'")
    if manifest is not None:
        edge.pages["/app.webmanifest"] = json.dumps(manifest)
    gone_out: list[Request] = []
    page = visit(chromium, edge, PHONE, size=390)
    page.on("request", lambda request: gone_out.append(request))
    page.keyboard.press("Tab")
    until(page, lambda: any(request.url.endswith("/push.js") for request in gone_out))
    card = page.get_by_role("complementary", name="Remind you?")
    if is_told:
        expect(card.get_by_role("listitem")).to_have_text(
            ["Tap  Share", "Choose Add to Home Screen", "Open it"]
        )
        page.set_viewport_size({"width": 667, "height": 220})  # the phone is turned
        assert card.evaluate("(card) => card.getBoundingClientRect().top") >= 0, "its head can be reached"
        page.get_by_role("button", name="No thanks").click()
        expect(card).to_have_count(0)
        until(page, lambda: edge.events("campaign_dismissed"))
    else:
        page.wait_for_timeout(1500)
        assert card.count() == 0 and edge.events("campaign_exposed") == []
    edge.batches.clear()
    edge.policy = policy
    done(page)


def test_axe_finds_nothing_in_the_preference_centre(chromium: Browser, edge: Edge) -> None:
    policy, edge.policy = edge.policy, "default-src * 'unsafe-inline'"
    page = visit(chromium, edge, PUSH, size=390)
    page.evaluate("heimta('preferences')")
    expect(page.get_by_role("dialog")).to_be_visible()
    results: Any = Axe().run(page, context="heimta-preferences")
    assert results.violations_count == 0, results.generate_report()
    small = page.evaluate(
        "[...document.querySelector('heimta-preferences').shadowRoot.querySelectorAll('button,label')]"
        ".filter((one) => one.getBoundingClientRect().height < 48).length"
    )
    assert small == 0
    edge.policy = policy
    done(page)
