"""A shop on some platform, as far as the snippet can see it, an edge beside it, and a shopper who buys.

A `Platform` answers its addresses in its platform's shapes, keeps the cart, and so knows the truth. Its `buy`
replays the platform's real order of events with a `Shopper`, who compares what the snippet has told with the
truth at every step, and at the end what has reached the edge with all of it. Nothing sleeps: what must not
happen is found by the order of what did.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler
from threading import Lock, Thread
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

from playwright.sync_api import Browser, Page

from tests.browser.shop_server import ShopServer
from tests.browser.snippet_shop import CONFIG

Json = dict[str, Any]
WITHIN_MS = 60_000
# What adapters fetch later.
LATER = ("schema", "selectors", "opencart")
# Longer than a hint waits for others. Timers and idle callbacks of one page come in turn, so after this the
# snippet has asked; two requests later it has its answer, however slow the machine is.
ASKED = """() => new Promise((done) => setTimeout(() => requestIdleCallback(done), 400))
  .then(() => fetch('/asked')).then(() => fetch('/asked')).then(() => 1)"""
# In every double's answers where the platform has such: none of it may ever leave the browser.
SECRETS = ("Jane Hidden", "7 Hidden Street", "jane@hidden.example", "hiddenkey", "+4917000000")


@dataclass(frozen=True)
class Cart:
    """The truth. Minor units of the currency; lines: sku -> (quantity, price of one)."""

    currency: str
    exponent: int
    total_minor: int | None  # None: the page does not say
    lines: dict[str, tuple[int, int]]
    code: str = ""


@dataclass(frozen=True)
class Ask:
    """What a browser asked of the shop. body: a form's fields, or what was sent as JSON under its keys."""

    method: str
    path: str
    query: dict[str, str]
    body: Json
    cookies: dict[str, str]


@dataclass(frozen=True)
class Reply:
    """cookies: as in Set-Cookie, without the name of the shop; an empty value takes one away."""

    body: str | bytes
    status: int = 200
    kind: str = "text/html; charset=utf-8"
    cookies: dict[str, str] = field(default_factory=dict)
    to: str = ""

    @staticmethod
    def data(value: object, status: int = 200, **cookies: str) -> Reply:
        return Reply(json.dumps(value), status, "application/json", cookies)


class Platform:
    """One shop. adapter: the bundle's name. config: what differs from the others' public config."""

    adapter: ClassVar[str]
    config: ClassVar[Json] = {}

    def on_tag(self) -> str:
        """What the shop's template writes on our tag."""
        return ""

    def reply(self, ask: Ask) -> Reply:
        raise NotImplementedError

    def truth(self) -> Cart:
        raise NotImplementedError

    def buy(self, shopper: Shopper) -> None:
        raise NotImplementedError


def html(body: str, *, head: str = "", classes: str = "", title: str = "Shop") -> Reply:
    """A page of the shop with the tag in it, as async as on a real one; `told` has what was tracked on it."""
    return Reply(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>{head}{{tag}}'
        f'<body class="{classes}">{body}</body></html>'
    )


TAG = (
    "<script>window.errors=[];window.told=[];addEventListener('error',e=>errors.push(e.message));"
    "addEventListener('unhandledrejection',e=>errors.push(String(e.reason)));"
    "window.heimta=window.heimta||function(){(heimta.q=heimta.q||[]).push(arguments)};"
    "heimta('plugin',c=>c.taps.push((t,p)=>told.push([t,p])))</script>"
    '<script async src="EDGE/s/demo.js" WORDS></script>'
)


@dataclass
class PlatformShop:
    """The double, where it is, and what the edge got."""

    platform: Platform
    url: str = ""
    edge_url: str = ""
    batches: list[Json] = field(default_factory=list)
    asked: list[Ask] = field(default_factory=list)

    def events(self, name: str) -> list[Json]:
        taken = {(b["src"], e["n"]): e for b in self.batches for e in b["ev"]}
        return sorted((e for e in taken.values() if e["t"] == name), key=lambda e: (e["at"], e["n"]))


def cart_of(cart: Json | None) -> Cart | None:
    """What the snippet told, in the words of the truth. An empty cart is one, whatever its currency."""
    if not cart or not cart["lines"]:
        return None
    lines = {line["sku"]: (line["qty"], line["unit_minor"]) for line in cart["lines"]}
    return Cart(cart["currency"], cart["exponent"], cart.get("total_minor"), lines, cart["code"])


class Shopper:
    """Walks through the shop in one tab, and keeps what should have been told."""

    def __init__(self, tab: Page, shop: PlatformShop) -> None:
        self.tab, self.shop = tab, shop
        self.carts: list[Cart | None] = []
        self.products: list[tuple[str, int | None, str]] = []
        self.orders: list[str] = []
        self.checkouts = 0
        self.last: Cart | None = None

    def open(self, path: str) -> None:
        """Goes to a page, and waits until the snippet has taken it in."""
        self.leave()
        self.tab.goto(self.shop.url + path)
        self.until("window.heimta?.on")

    def reload(self) -> None:
        """By the browser's button, and until the snippet has looked around."""
        self.leave()
        self.tab.reload()
        self.until("window.heimta?.on")
        self.tab.evaluate(ASKED)

    def do(self, script: str) -> None:
        """Runs the page's own script, for as long as it takes, as a click would."""
        self.tab.evaluate(script)

    def submit(self, script: str) -> None:
        """As `do`, but it leads to another page: a form that is posted, a link."""
        self.leave()
        with self.tab.expect_navigation():
            self.tab.evaluate(script)
        self.until("window.heimta?.on")

    def leave(self) -> None:
        self.last = self.now()

    def until(self, true: str) -> None:
        self.wait(lambda: self.tab.evaluate(true), true)

    def now(self) -> Cart | None:
        """The cart that was told last, on this page or before."""
        told = self.tab.evaluate("window.told?.filter(([t]) => t === 'cart_updated').at(-1)?.[1].cart")
        return cart_of(told) if told else self.last

    def sees_the_truth(self) -> None:
        """What the snippet told is what the shop has, to the cent."""
        truth = self.shop.platform.truth()
        wanted = truth if truth.lines else None
        if self.now() == wanted:  # then it must stay so, once the snippet has looked again
            self.tab.evaluate(ASKED)
        self.wait(lambda: self.now() == wanted, lambda: f"{self.now()} is not {wanted}")
        if wanted != (self.carts[-1] if self.carts else None):
            self.carts.append(wanted)

    def sees_the_product(self, sku: str, unit_minor: int | None, currency: str) -> None:
        """unit_minor: None where the page tells of several prices, and so of none."""
        self.products.append((sku, unit_minor, currency))
        self.until("told.some(([t]) => t === 'product_viewed')")

    def starts_the_checkout(self) -> None:
        self.checkouts += 1
        self.until("told.some(([t]) => t === 'checkout_started')")

    def has_ordered(self, order: str, *, is_news: bool = True) -> None:
        """The cart is over with the order: nothing is told of it any more."""
        if is_news:
            self.orders.append(order)
            self.until("told.some(([t]) => t === 'order_completed')")
        self.last = None
        self.carts.append(None)

    def wait(self, true: Any, what: Any) -> None:
        """Playwright's own waiting, since a sleep would hold up the browser's messages."""
        for _ in range(WITHIN_MS // 50):
            if true():
                return
            self.tab.wait_for_timeout(50)
        raise AssertionError(what() if callable(what) else f"it did not come to pass: {what}")

    def checks_out_of_here(self) -> None:
        """Leaves, and compares everything that reached the edge with everything that was true."""
        assert self.tab.evaluate("errors") == []
        self.tab.goto("about:blank")
        told = lambda name: [e["p"] for e in self.shop.events(name)]  # noqa: E731
        # An order ends a cart without a word about the cart.
        carts = [cart for cart in self.carts if cart]
        self.wait(
            lambda: (
                len([c for c in told("cart_updated") if c["cart"]["lines"]]) >= len(carts)
                and len(told("order_completed")) >= len(self.orders)
                and len(told("checkout_started")) >= self.checkouts
                and len(told("product_viewed")) >= len(self.products)
            ),
            lambda: f"the edge has {told('cart_updated')}, {told('order_completed')}",
        )
        assert [cart for p in told("cart_updated") if (cart := cart_of(p["cart"]))] == carts
        assert [p["order"] for p in told("order_completed")] == self.orders
        assert len(told("checkout_started")) == self.checkouts
        viewed = [(p["sku"], p.get("unit_minor"), p["currency"]) for p in told("product_viewed")]
        assert viewed == self.products
        sent = json.dumps(self.shop.batches)
        assert [secret for secret in SECRETS if secret in sent] == []


def _asked(handler: BaseHTTPRequestHandler) -> Ask:
    url = urlsplit(handler.path)
    raw = handler.rfile.read(int(handler.headers.get("Content-Length") or 0)).decode()
    if "multipart/form-data" in handler.headers.get("Content-Type", ""):
        body: Json = dict(re.findall(r'name="([^"]+)"\r\n\r\n(.*?)\r\n', raw))
    else:
        body = json.loads(raw) if raw[:1] in ("{", "[") else dict(parse_qsl(raw))
    cookies = {name: one.value for name, one in SimpleCookie(handler.headers.get("Cookie", "")).items()}
    return Ask(handler.command, url.path, dict(parse_qsl(url.query, keep_blank_values=True)), body, cookies)


def _answer(handler: BaseHTTPRequestHandler, reply: Reply, **headers: str) -> None:
    body = reply.body.encode() if isinstance(reply.body, str) else reply.body
    handler.send_response(302 if reply.to else reply.status)
    if reply.to:
        handler.send_header("Location", reply.to)
    for name, value in reply.cookies.items():
        handler.send_header("Set-Cookie", f"{name}={value}; path=/" + ("" if value else "; max-age=0"))
    for name, value in {"Content-Type": reply.kind, "Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def _handlers(shop: PlatformShop, bundles: dict[str, bytes]) -> list[type[BaseHTTPRequestHandler]]:
    lock = Lock()
    snippet = bundles[f"snippet-{shop.platform.adapter}"]

    class Quiet(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            """pytest shows what matters."""

    class Store(Quiet):
        def do_GET(self) -> None:
            ask = _asked(self)
            with lock:
                shop.asked.append(ask)
                reply = shop.platform.reply(ask)
            if isinstance(reply.body, str) and "{tag}" in reply.body:
                tag = TAG.replace("EDGE", shop.edge_url).replace("WORDS", shop.platform.on_tag())
                whole = reply.body.replace("{tag}", tag)
                reply = Reply(whole, reply.status, reply.kind, reply.cookies)
            _answer(self, reply)

        do_POST = do_PUT = do_GET

    class Edge(Quiet):
        def do_GET(self) -> None:
            if self.path.startswith("/w/"):
                later = Reply(bundles[self.path.removeprefix("/w/")], kind="text/javascript")
                return _answer(self, later, Access_Control_Allow_Origin="*")
            widgets = {name: [f"/w/{name}", ""] for name in LATER if name in bundles}
            config = json.dumps({**CONFIG, "widgets": widgets, **shop.platform.config}).encode()
            _answer(self, Reply(snippet.replace(b"__HEIMTA_CONFIG__", config), kind="text/javascript"))

        def do_POST(self) -> None:
            shop.batches.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            _answer(self, Reply.data({"ok": 1}), Access_Control_Allow_Origin=self.headers["Origin"])

    return [Store, Edge]


@contextmanager
def platform_shop(platform: Platform, bundles: dict[str, bytes]) -> Iterator[PlatformShop]:
    shop = PlatformShop(platform)
    handlers = _handlers(shop, bundles)
    servers = [ShopServer(("127.0.0.1", 0), handler) for handler in handlers]
    threads = [Thread(target=s.serve_forever, kwargs={"poll_interval": 0.05}) for s in servers]
    for thread in threads:
        thread.start()
    shop.url, shop.edge_url = (f"http://127.0.0.1:{s.server_address[1]}" for s in servers)
    try:
        yield shop
    finally:
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            server.server_close()
            thread.join()


def shop_and_buy(browser: Browser, platform: Platform, bundles: dict[str, bytes]) -> PlatformShop:
    """The whole story of one platform, in a browser that knows nothing yet."""
    context = browser.new_context()
    try:
        with platform_shop(platform, bundles) as shop:
            shopper = Shopper(context.new_page(), shop)
            platform.buy(shopper)
            shopper.checks_out_of_here()
            return shop
    finally:
        context.close()
