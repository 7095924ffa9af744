"""A guest on pages that are hard to be a guest on: no page learns of us, and on most of them all works."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect

from loadtest.deliver.browsers import chromium_options
from tests.browser.hazards import CAMPAIGN, HAZARDS, STRICT, Hazard, Street, street
from tests.browser.snippet_shop import Json

pytestmark = pytest.mark.browser

PUSH_TEXTS = {
    "widget": "push", "title": "Shall we remind you?", "body": "Once.", "yes": "Yes", "no": "No",
    "labels": {"done": "Done.", "blocked": "Blocked.", "failed": "Failed."},
}  # fmt: skip


def sri(code: bytes) -> str:
    return "sha384-" + base64.b64encode(hashlib.sha384(code).digest()).decode()


def campaign(**content: object) -> Json:
    texts = PUSH_TEXTS if content.get("widget") == "push" else CAMPAIGN["variants"][0]["content"]  # type: ignore[index]
    return {**CAMPAIGN, "variants": [{"id": "a", "weight": 100, "content": {**texts, **content}}]}


def config(bundles: dict[str, bytes], **content: object) -> Json:
    widgets = {name: [f"/w/{name}.js", sri(bundles[name])] for name in ("stage", "mount", "popup", "push")}
    return {"campaigns": [campaign(**content)], "widgets": widgets}


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    yield context
    context.close()


def until(
    page: Page, true: Callable[[], object], told: Callable[[], object], within_ms: int = 60_000
) -> None:
    for _ in range(within_ms // 50):
        if true():
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"it did not come to pass in time: {told()}")


def test_no_page_learns_of_us_and_most_are_served_all_the_same(
    context: BrowserContext, bundles: dict[str, bytes]
):
    with street(bundles, HAZARDS) as shops:
        shops.config = config(bundles)
        page = context.new_page()
        thrown: list[str] = []
        page.on("pageerror", lambda error: thrown.append(str(error)))
        page.goto(shops.address, wait_until="commit")
        wanted = {name for name, hazard in HAZARDS.items() if hazard.works}

        popups = {name for name in wanted if HAZARDS[name].popup}

        def missing() -> dict[str, list[str]]:
            awaited = {"cart_updated": wanted, "campaign_exposed": popups}
            return {event: sorted(names - shops.events(event)) for event, names in awaited.items()}

        until(page, lambda: not any(missing().values()), missing)

        # Those of which no event is awaited are there in their own time.
        def silent() -> list[str]:
            return [name for name in HAZARDS if "heimta" not in report(page, name)]

        until(page, lambda: not silent(), silent)
        reports = {name: report(page, name) for name in HAZARDS}
        assert reports == dict.fromkeys(HAZARDS, "errors: ; globals: heimta")
        assert thrown == []
        for name in wanted:
            carts = [e["p"]["cart"] for e in sent(shops, name) if e["t"] == "cart_updated"]
            assert [cart["total_minor"] for cart in carts] == [3998], name


def report(page: Page, name: str) -> str:
    """Read from outside of the page's own world, which may have no Array left to answer with."""
    frames = [frame for frame in page.frames if frame.url.endswith(f"/p/{name}")]
    return str(frames[0].locator("#report").text_content()) if frames else ""


def sent(shops: Street, name: str) -> list[Json]:
    """Each event once, as the server counts."""
    found = {
        (batch["src"], event["n"]): event
        for shop, batch in shops.batches
        if shop == name
        for event in batch["ev"]
    }
    return list(found.values())


def test_a_modal_popup_stands_above_everything_and_leaves_the_others_alone(
    context: BrowserContext, bundles: dict[str, bytes]
):
    theirs = Hazard(
        style="*,*::before,*::after{all:revert!important}"
        "#theirs{position:fixed!important;inset:0!important;z-index:2147483647!important}",
        body='<div id="theirs" role="dialog"><button id="yes">20 % off</button></div>',
    )
    with street(bundles, {"shop": theirs}) as shops:
        shops.config = config(bundles, layout="modal", show_cart=False)
        page = context.new_page()
        page.goto(f"{shops.address}/p/shop")
        page.locator("#yes").focus()
        expect(page.get_by_role("dialog", name="Stay")).to_be_visible()
        on_top = "[innerWidth/2,innerHeight/2].reduce((x,y)=>document.elementFromPoint(x,y).localName)"
        page.wait_for_function(f"{on_top} === 'heimta-widget'")  # a frame after it is seen
        box = page.get_by_role("dialog", name="Stay").bounding_box()
        assert box and box["width"] <= 440 and box["y"] > 100, "it stands in the middle, as we wrote it"
        page.keyboard.press("Escape")
        expect(page.locator("heimta-widget")).to_have_count(0)
        assert page.evaluate(on_top) != "heimta-widget"
        assert page.evaluate("document.activeElement.id") == "yes"
        expect(page.locator("#theirs")).to_be_visible()


def test_a_yes_to_push_works_under_trusted_types(context: BrowserContext, bundles: dict[str, bytes]):
    """The browser's service is played; the worker is registered for real."""
    context.add_init_script(
        "Object.defineProperty(Notification,'permission',{get:()=>'default'});"
        "Notification.requestPermission=async()=>'granted';"
        "PushManager.prototype.subscribe=async()=>({endpoint:'https://push.example/1'})"
    )
    with street(bundles, {"shop": Hazard(policy=STRICT + "; worker-src 'self'")}) as shops:
        shops.config = {
            **config(bundles, widget="push"),
            "push": {"key": "KEY", "sw": "/heimta-sw.js"},
        }
        page = context.new_page()
        page.goto(f"{shops.address}/p/shop")
        page.get_by_role("button", name="Yes").click()
        expect(page.get_by_text("Done.")).to_be_visible()
        scopes = "navigator.serviceWorker.getRegistrations().then(all => all.map(one => one.scope))"
        assert page.evaluate(scopes) == [f"{shops.address}/heimta-push/"]
        assert page.locator("#report").text_content() == "errors: ; globals: heimta"


def test_a_page_comes_back_as_it_was_left(playwright: Playwright, bundles: dict[str, bytes]):
    """Chromium, which says why it would not keep a page. Playwright switches its cache off; here it is on."""
    options = {**chromium_options(), "ignore_default_args": ["--disable-back-forward-cache"]}
    browser = playwright.chromium.launch(**options)
    try:
        with street(bundles, {"shop": Hazard(), "other": Hazard()}) as shops:
            shops.config = config(bundles)
            page = browser.new_page()
            page.goto(f"{shops.address}/p/shop")
            page.mouse.click(300, 300)
            until(page, lambda: shops.events("campaign_exposed"), lambda: shops.batches)
            page.evaluate("window.kept = true")
            page.goto(f"{shops.address}/p/other")
            page.go_back(wait_until="commit")
            why = "JSON.stringify(performance.getEntriesByType('navigation')[0].notRestoredReasons)"
            assert page.evaluate("window.kept"), page.evaluate(why)
            views = [e for e in sent(shops, "shop") if e["t"] == "page_viewed"]
            until(
                page,
                lambda: len([e for e in sent(shops, "shop") if e["t"] == "page_viewed"]) == 2,
                lambda: views,
            )
    finally:
        browser.close()
