"""A shop's own path and its cookie, with a real edge: www.shop.localhost and e.shop.localhost."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from heimta.launch.valkey import embedded
from tests.browser.shop_server import ShopServer
from tests.stack import ROOT, Stack

pytestmark = pytest.mark.browser
# Once is enough for what no browser does in a way of its own.
in_chromium = pytest.mark.parametrize("browser", ["chromium"], indirect=True)

DOCUMENT = """
kind: shop
id: demo
name: Demo
origins: ["{shop}"]
currency: EUR
own_path: /assets/k7
cookie_domain: shop.localhost
"""
TAG = '<script async src="{edge}/assets/k7.js"></script>'
# docs/snippet.md, "Pinned by hash"
PINNED = """<script>fetch('{edge}/assets/k7.json').then((answer) => answer.json()).then((config) => {{
window.__HEIMTA_CONFIG__ = config
document.head.append(Object.assign(document.createElement('script'), {{ crossOrigin: 'anonymous',
src: '{edge}/w/{file}', integrity: '{sri}' }}))
}})</script>"""


@dataclass
class Street:
    """shop, edge: addresses. tags: the shop's pages by path."""

    shop: str = ""
    edge: str = ""
    tags: dict[str, str] = field(default_factory=dict)


@contextmanager
def shop_server(street: Street) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            tag = street.tags.get(self.path, TAG).format(edge=street.edge, **pinned())
            body = f'<!doctype html><html lang="en"><title>Shop</title>{tag}<h1>Shop</h1>'.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet: pytest shows what matters."""

    server = ShopServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    street.shop = f"http://www.shop.localhost:{server.server_address[1]}"
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def pinned() -> dict[str, str]:
    """The file and the hash that a merchant copies."""
    entry = json.loads((ROOT / "static/dist/manifest.json").read_text())["files"]["snippet-datalayer"]
    return {"file": entry["file"], "sri": entry["sri"]}


@pytest.fixture(scope="module")
def street(bundles: dict[str, bytes]) -> Iterator[Street]:
    made = Street(tags={"/pinned": PINNED})
    with (
        tempfile.TemporaryDirectory() as folder,
        embedded(Path(folder) / "store") as store,
        shop_server(made),
    ):
        stack = Stack(Path(folder), store, {})
        stack.heimta("shop", "create", "demo")
        (stack.folder / "shop.yaml").write_text(DOCUMENT.format(shop=made.shop))
        stack.heimta("apply", str(stack.folder / "shop.yaml"))
        try:
            stack.spawn("edge")
            stack.wait(f"{stack.edge_url}/s/demo.js")
            made.edge = stack.edge_url.replace("127.0.0.1", "e.shop.localhost")
            yield made
        finally:
            stack.stop()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    yield context
    context.close()


def cookie(context: BrowserContext) -> tuple[str, str, bool] | None:
    """(domain, value, is for a year) of the visitor's cookie.

    Firefox may still list one that has run out, which no page and no server sees any more: where it was busy
    when the cookie was taken away, that was for a moment after now.
    """
    now = time.time()
    named = [one for one in context.cookies() if one["name"] == "heimta_v"]
    found = [one for one in named if not 0 < one["expires"] < now]
    assert len(found) <= 1
    return (found[0]["domain"], found[0]["value"], found[0]["expires"] > 0) if found else None


def until_set(page: Page, context: BrowserContext, wanted: bool) -> None:
    for _ in range(1200):
        if (cookie(context) is not None) is wanted:
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"the cookie is {cookie(context)}")


def arrive(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_function("window.heimta?.on")


YES = "heimta('consent', {analytics: true, marketing: false})"
NO = "heimta('consent', {analytics: false, marketing: false})"
VID = "JSON.parse(localStorage.heimta).vid"


def test_everything_goes_by_the_shops_own_path_and_the_server_sets_the_cookie(
    context: BrowserContext, street: Street
):
    asked: list[str] = []
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    arrive(page, f"{street.shop}/")
    page.evaluate(YES)
    vid = page.evaluate(VID)
    # Take the script's own cookie away: what comes now is the server's.
    page.evaluate("document.cookie = 'heimta_v=;max-age=0;path=/;domain=shop.localhost'")
    until_set(page, context, True)
    assert cookie(context) == (".shop.localhost", vid, True)
    assert f"{street.edge}/assets/k7" in asked
    assert [url for url in asked if url.startswith(street.edge) and "/assets/k7" not in url] == []
    # Safari empties what scripts have stored: the visitor is known again.
    page.evaluate("localStorage.clear()")
    arrive(page, f"{street.shop}/again")
    page.evaluate(YES)
    assert page.evaluate(VID) == vid
    page.evaluate(NO)
    until_set(page, context, False)
    arrive(page, f"{street.shop}/after")
    assert cookie(context) is None
    stored = json.loads(page.evaluate("JSON.stringify(localStorage)"))
    assert stored == {"heimta": '{"consent":{"analytics":false}}'}, "the no itself, without an id"


@in_chromium
def test_a_snippet_pinned_by_its_hash_runs_with_the_config_as_data(context: BrowserContext, street: Street):
    page = context.new_page()
    arrive(page, f"{street.shop}/pinned")
    page.evaluate(YES)
    vid = page.evaluate(VID)
    page.evaluate("document.cookie = 'heimta_v=;max-age=0;path=/;domain=shop.localhost'")
    until_set(page, context, True)  # so the edge has got the events, under the shop's own path
    assert cookie(context) == (".shop.localhost", vid, True)
