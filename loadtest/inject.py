"""`make inject`: scripts in every text, address, colour and attribute of every widget: none runs.

Two lines of defence, each without the other's help. At the door: what is no text of the merchant's (colours,
fonts, addresses, ids) is refused by `heimta apply`. Behind it: every payload is put into every string that a
widget is told, in a real browser, with a strict policy (no report) and without one (no execution); everything
that can be pressed is pressed. PAYLOADS=20 takes a part.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, field
from playwright.sync_api import Browser, Page, Route, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from loadtest.deliver.browsers import chromium_options
from loadtest.injection.payloads import PAYLOADS
from loadtest.injection.places import at_the_door, surfaces
from loadtest.verdict import Verdict, conclude
from tests.browser.shop_page import PAGES, shop_page

ROOT = Path(__file__).parents[1]
# What docs/snippet.md asks for, and pictures from anywhere.
POLICY = (
    "default-src 'none'; script-src 'nonce-n'; style-src 'none'; img-src *; connect-src 'self'; "
    "require-trusted-types-for 'script'; trusted-types heimta heimta-frame 'allow-duplicates'"
)
FILES = (
    "popup-blocks", "popup", "reveal", "html", "pictures", "survey", "questions", "checkout", "checkout-form",
    "checkout-calm", "checkout-progress", "checkout-delivery", "checkout-remember", "push", "home",
    "preferences", "debug",
)  # fmt: skip
# What else is built, and puts nothing on a page: the snippet itself, its later files, what sends a code or an
# address to the shop or the edge, and the worker, which has no page.
NOT_DRAWING = frozenset({
    "stage", "mount", "rules", "banner", "unsubscribe", "schema", "selectors", "opencart", "watch", "renew",
    "answered", "sw", "apply-own", "apply-shopify", "apply-woocommerce",
})  # fmt: skip
# Each is an element of ours: where one was never on the page, a file has not been asked.
DRAWN = frozenset({
    "heimta-widget", "heimta-push", "heimta-preferences", "heimta-debug", "heimta-progress",
    "heimta-delivery", "heimta-remember", "heimta-reassurance", "heimta-coupon", "heimta-summary",
    "heimta-error", "heimta-said",
})  # fmt: skip
A_PAGE = 12  # payloads; what a page has been through makes it slower
PATIENCE_MS = 180_000  # for slow machines; nothing is timed by it
FOLDER = Path(__file__).parent / "injection"
DRIVE, LEND = (FOLDER / "drive.js").read_text(), (FOLDER / "lend.js").read_text()
# What the checkout's help is about.
FORM = (
    '<form id="pay"><label>Name <input name="name" required></label>'
    '<p id="coupon"><input name="promo_code"></p><button type="submit">Pay</button></form>'
)


class Told(Struct):
    """mounts: done. ran: what was executed. reported: by the policy. odd: nodes that should not be there.

    drawn: names of our elements that were on the page.
    """

    mounts: int = 0
    ran: list[str] = field(default_factory=list)
    reported: list[str] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)
    drawn: set[str] = field(default_factory=set)

    def add(self, told: dict[str, Any]) -> None:
        self.mounts += told["mounts"]
        self.ran += told["ran"]
        self.reported += told["reported"]
        self.odd += told["odd"]
        self.drawn |= set(told["drawn"])


def page_of(browser: Browser, address: str, policy: str) -> Page:
    """The widgets' page with all their files, under this policy; nothing beyond it can be reached."""
    head, _, rest = (PAGES / "widgets.html").read_text().partition('<script nonce="n" src="/dist/')
    scripts = f'<script nonce="n">{LEND}</script>' + "".join(
        f'<script nonce="n" src="/dist/{name}.js"></script>' for name in FILES
    )
    html = head + scripts + "</head>" + rest.partition("</head>")[2].replace("</main>", f"{FORM}</main>")
    page = browser.new_page()

    def serve(route: Route) -> None:
        if route.request.url == address:
            headers = {"Content-Security-Policy": policy} if policy else {}
            route.fulfill(body=html, content_type="text/html; charset=utf-8", headers=headers)
        elif route.request.url.startswith(address):
            route.continue_()
        else:
            route.abort()

    page.route("**/*", serve)
    page.set_default_timeout(PATIENCE_MS)
    page.goto(address)
    return page


def attack(page: Page, payloads: list[str]) -> Told:
    told = Told()
    for payload in payloads:
        cases = [{"name": name, **options} for name, options in surfaces(payload)]
        told.add(page.evaluate(DRIVE, {"payload": payload, "cases": cases}))
    page.wait_for_timeout(500)  # what was started by the last of them
    told.add(page.evaluate(DRIVE, {"payload": "", "cases": []}))
    return told


def proof_of_the_trap(page: Page) -> Told:
    """What a widget would do that trusts: one payload as markup. The trap must tell of it, or it is none."""
    told = Told()
    told.add(page.evaluate(DRIVE, {"payload": "", "cases": []}))
    page.evaluate("""() => {
        const box = document.createElement('div')
        document.body.append(box)
        try { box.innerHTML = '<img src=x onerror=alert(1)>' } catch (e) { world.violations.push(String(e)) }
    }""")
    with suppress(PlaywrightTimeout):  # a picture fails when the machine has time for it
        page.wait_for_function("() => ran.length", timeout=20_000)
    told.add(page.evaluate(DRIVE, {"payload": "", "cases": []}))
    return told


def main() -> int:
    subprocess.run(["node", "build.mjs"], cwd=ROOT, check=True)
    payloads = list(PAYLOADS)[: int(os.environ.get("PAYLOADS", len(PAYLOADS)))]
    door = [(place, refused, p) for p in payloads for place, refused in at_the_door(p)]
    passed = [(place, p) for place, refused, p in door if not refused]
    for place, payload in passed:
        print(f"through the door: {payload!r} in {place}")
    found: dict[str, Told] = {}
    with shop_page(_bundles()) as shop, sync_playwright() as playwright:
        browser = playwright.chromium.launch(**chromium_options())
        for name, policy in (("strict", POLICY), ("open", "")):
            found[name] = Told()
            for begin in range(0, len(payloads), A_PAGE):
                page = page_of(browser, shop.address, policy)
                part = attack(page, payloads[begin : begin + A_PAGE])
                found[name].add(msgspec.structs.asdict(part))
                page.close()
                asked = min(begin + A_PAGE, len(payloads))
                print(f"{name}: {asked} of {len(payloads)} payloads, {found[name].mounts} mounts", flush=True)
        trap = proof_of_the_trap(page_of(browser, shop.address, ""))
        browser.close()
    return conclude(verdicts(payloads, len(door), len(passed), found, trap))


def verdicts(
    payloads: list[str], fields: int, passed: int, found: dict[str, Told], trap: Told
) -> list[Verdict]:
    for name, told in found.items():
        missed = [f"{one} was never on the page" for one in sorted(DRAWN - told.drawn)]
        for one in (*told.ran[:20], *told.reported[:20], *told.odd[:20], *missed):
            print(f"{name}: {one}")
    return [
        Verdict("inject-payloads", len(payloads), ">=", 150),
        Verdict("inject-fields-at-the-door", fields, ">=", 10 * len(payloads)),
        Verdict("inject-through-the-door", passed, "<=", 0),
        Verdict("inject-mounts", sum(told.mounts for told in found.values()), ">=", 1000),
        Verdict("inject-not-drawn", sum(len(DRAWN - told.drawn) for told in found.values()), "<=", 0),
        Verdict("inject-executions", sum(len(told.ran) for told in found.values()), "<=", 0),
        Verdict("inject-reports", sum(len(told.reported) for told in found.values()), "<=", 0),
        Verdict("inject-strange-nodes", sum(len(told.odd) for told in found.values()), "<=", 0),
        Verdict("inject-trap-works", len(trap.ran), ">=", 1),
    ]


def _bundles() -> dict[str, bytes]:
    dist = ROOT / "static/dist"
    files = msgspec.json.decode((dist / "manifest.json").read_bytes())["files"]
    return {name: (dist / entry["file"]).read_bytes() for name, entry in files.items()}


if __name__ == "__main__":
    sys.exit(main())
