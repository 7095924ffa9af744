"""Checkouts of three shops with the real snippet in them, and campaigns that help them along.

The demo's page is rendered by the demo itself; the others are true to their platforms' templates
(checkouts/*.html). Each page keeps what it was before anything of ours came (checkouts/shop.js), so that a
test can say whether it is so again.
"""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from playwright.sync_api import Browser, Page

from heimta.demo.app import create_app
from heimta.model.contents import CheckoutContent
from heimta.rules.apply import read_documents
from heimta.rules.contents import checkout
from heimta.rules.contents.fill import Spoken
from tests.browser.snippet_shop import Edge, Json, snippet_shop, sri
from tests.demo.shopper import Shopper

PAGES = Path(__file__).parent / "checkouts"
CSS = Path(__file__).parents[2] / "static/demo/shop.css"
FILES = ("stage", "mount", "watch", "checkout", *checkout.FILES)
WITHIN_MS = 60_000
CART = {
    "currency": "EUR",
    "total_minor": 8980,
    "lines": [
        {"sku": "1", "name": "Wollmütze", "qty": 2, "unit_minor": 1995},
        {"sku": "2", "name": "Schal", "qty": 1, "unit_minor": 4990},
    ],
}
STUB = "window.heimta=window.heimta||function(){(heimta.q=heimta.q||[]).push(arguments)};"
CAMPAIGN = """{kind: campaign, id: calm, shop: demo, name: Calm, live: true, trigger: {on: checkout},
  variants: [{id: a, content: {widget: checkout}}]}"""


async def _demo(language: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(
            data_dir=Path(folder), edge_url="http://127.0.0.1:9", webhook_secret="s" * 32, records=True
        )
        async with app.router.lifespan_context(app):
            shopper = Shopper(app, language)
            await shopper.fill(wool_hat_m=2)
            return (await shopper.get("/checkout")).text


def demo_page(language: str) -> str:
    """The demo's checkout with a hat in the cart, its style in it, and no script but ours."""
    # In a thread of its own: in this one Playwright's loop is running.
    with ThreadPoolExecutor(1) as pool:
        page = pool.submit(asyncio.run, _demo(language)).result()
    page = re.sub(r"<script.*?</script>", "", page, flags=re.S)
    page = re.sub(r'<link rel="(stylesheet|manifest|icon)".*?>', "", page)
    page = re.sub(r'src="/static/[^"]*"', 'src="data:,"', page)
    page = re.sub(r'(<section class="consent"[^>]*?)( hidden)?>', r"\1 hidden>", page)
    style = CSS.read_text("utf-8").replace('url("', 'url("data:,')
    return page.replace("</head>", f"<style>{style}</style>{{tag}}</head>")


def compiled(content: Json, language: str = "en") -> Json:
    """What the server would make of it, now."""
    now = int(time.time() * 1000)
    document = msgspec.convert({"widget": "checkout", **content}, CheckoutContent)
    [campaign] = read_documents(CAMPAIGN)
    whole = checkout.compile_content(document, Spoken((language,)), campaign, "Europe/Berlin", now)  # type: ignore[arg-type]
    parts = sorted(checkout.needs(document))
    return {**whole, **({"with": parts} if parts else {})}


def campaign(content: Json) -> Json:
    return {
        "id": "calm", "salt": "calm", "version": 1, "trigger": {"on": "checkout", "after_s": 0},
        "audience": {}, "frequency": {"max": 1, "per_h": 24}, "priority": 100, "holdout": 0,
        "variants": [{"id": "a", "weight": 100, "content": content}],
    }  # fmt: skip


@contextmanager
def checkout_shop(bundles: dict[str, bytes]) -> Iterator[Edge]:
    script = (PAGES / "shop.js").read_text("utf-8").replace("CART", json.dumps(CART), 1)
    pages = {
        "/checkout/woocommerce": (PAGES / "woocommerce.html").read_text("utf-8"),
        "/checkout/magento": (PAGES / "magento.html").read_text("utf-8"),
        "/checkout/demo": demo_page("en"),
        "/checkout/demo-de": demo_page("de"),
    }
    with snippet_shop(bundles) as edge:
        tag = f'<script>{STUB}{script}</script><script async src="{edge.edge_url}/s/demo.js"></script>'
        edge.adapter = "api"
        edge.pages = {path: page.replace("{tag}", tag) for path, page in pages.items()}
        edge.pages["/away"] = "<!doctype html><title>Away</title>"
        yield edge


@contextmanager
def checkout_page(browser: Browser, *, height: int) -> Iterator[Page]:
    """A wide page that meets no error; its clicks, too, need no scrolling where it is high."""
    page = browser.new_context(viewport={"width": 1280, "height": height}).new_page()
    yield page
    assert page.evaluate("errors") == []
    page.context.close()


def helps(edge: Edge, bundles: dict[str, bytes], content: Json, language: str = "en", **config: Any) -> None:
    """Has one campaign help at every checkout from now on."""
    edge.config = {
        "languages": [language],
        "free_shipping_minor": 15000,
        "theme": "--a:#1f4d3f;--o:#ffffff;--s:#ffffff;--i:#1a1f1d;--q:#55605c;--r:12px;--p:24px;--f:inherit",
        "widgets": {name: [f"/w/{name}.js", sri(bundles[name])] for name in FILES},
        "campaigns": [campaign(compiled(content, language))],
        **config,
    }


def arrive(page: Page, edge: Edge, shop: str, query: str = "") -> None:
    """At the checkout, with the help in place."""
    page.goto(f"{edge.shop_url}/checkout/{shop}{query}")
    page.wait_for_function("told.some(([name]) => name === 'campaign_exposed')", timeout=WITHIN_MS)


def undo(page: Page) -> None:
    page.evaluate("heimta('remove')")


def as_before(page: Page) -> None:
    """To the byte: the page, its sheets, and what is in its fields."""
    assert page.evaluate("look()") == page.evaluate("before")
