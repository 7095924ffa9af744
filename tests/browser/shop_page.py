"""Serves the widgets' fixture page on a free port, under the strictest policy a shop can have."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Thread
from typing import Any

from playwright.sync_api import Browser, Page

from tests.browser.shop_server import ShopServer
from tests.browser.widget_texts import CART

WIDE, PHONE = (1280, 800), (390, 780)
PAGES = Path(__file__).parent / "pages"

# `style-src 'none'` forbids style elements and style attributes; Trusted Types forbid markup in strings.
STRICT = (
    "default-src 'none'; script-src 'nonce-n'; style-src 'none'; img-src 'self'; connect-src 'self'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)

COLOURS = {"hat": "#c98a3b", "scarf": "#7a8f6a", "mug": "#4a6b82", "sock": "#a65a4a", "gone": ""}


@dataclass
class ShopPage:
    """address: of the page; `?lax` lifts the policy, for tools that inject scripts. asked: paths in order."""

    address: str = ""
    asked: list[str] = field(default_factory=list)


def picture(name: str) -> bytes | None:
    colour = COLOURS.get(name)
    if not colour:
        return None
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 56 56"><rect width="56" height="56" '
        f'fill="{colour}" opacity=".25"/><circle cx="28" cy="28" r="15" fill="{colour}"/></svg>'
    ).encode()


@contextmanager
def shop_page(bundles: dict[str, bytes]) -> Iterator[ShopPage]:
    shop = ShopPage()
    files: dict[str, tuple[str, bytes]] = {
        "/": ("text/html; charset=utf-8", (PAGES / "widgets.html").read_bytes()),
        "/widgets.js": ("text/javascript; charset=utf-8", (PAGES / "widgets.js").read_bytes()),
    }
    for name, code in bundles.items():
        files[f"/dist/{name}.js"] = ("text/javascript; charset=utf-8", code)
    for name in COLOURS:
        if drawn := picture(name):
            files[f"/img/{name}.svg"] = ("image/svg+xml", drawn)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            shop.asked.append(path)
            kind, body = files.get(path, ("text/plain", b""))
            self.send_response(200 if path in files else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "max-age=600")
            if path == "/" and query != "lax":
                self.send_header("Content-Security-Policy", STRICT)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet: pytest shows what matters."""

    server = ShopServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        shop.address = f"http://127.0.0.1:{server.server_address[1]}/"
        yield shop
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


# All animations and transitions of the page and of what is in shadow roots, and the frame after them.
AT_REST = """async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(done))
  await frame()
  const roots = [...document.querySelectorAll('*')].map((one) => one.shadowRoot).filter(Boolean)
  const moving = [document, ...roots].flatMap((root) => root.getAnimations())
  const ending = moving.filter((one) => one.effect.getTiming().iterations !== Infinity)
  await Promise.all(ending.map((one) => one.finished.catch(() => 0)))
  await frame()
  await frame()
}"""


def new_tab(browser: Browser, size: tuple[int, int] = WIDE) -> Page:
    """A tab serves many tests: a load makes all of it new, and costs far less than a tab."""
    return browser.new_page(viewport={"width": size[0], "height": size[1]})


def load(tab: Page, address: str) -> None:
    tab.goto(address)
    tab.evaluate("(cart) => world.setCart(cart)", CART)


def mount(page: Page, widget: str, options: dict[str, Any]) -> None:
    page.evaluate("([widget, options]) => world.mount(widget, options)", [widget, options])


def log(page: Page) -> list[list[Any]]:
    """What the widget asked of its context, in order."""
    written: list[list[Any]] = page.evaluate("world.log")
    return written


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id || document.activeElement.localName"))


def still(page: Page) -> None:
    """Waits until what comes in has come in: only then are colours and sizes what they are."""
    page.evaluate(AT_REST)
