"""A shop page and an edge on two origins, for the snippet alone.

The edge keeps what it gets, and answers as it is told to.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from threading import Thread
from time import sleep
from typing import Any

from tests.browser.shop_server import ShopServer

Json = dict[str, Any]

POPUP = {
    "id": "exit-offer", "salt": "exit-offer", "version": 1, "trigger": {"on": "exit", "after_s": 0},
    "audience": {}, "frequency": {"max": 1, "per_h": 24}, "priority": 100, "holdout": 0,
    "variants": [{"id": "a", "weight": 100, "content": {"widget": "popup", "title": "Wait!"}}],
}  # fmt: skip
CONFIG: Json = {
    "shop": "demo", "rev": "1", "consent": "implied", "languages": ["en"], "currency": "EUR", "exponent": 2,
    "urls": {"cart": "/cart", "checkout": "/checkout", "restore": "/cart/{lines}", "apply": "/code/{code}"},
    "checkout": "^/checkout(?!\\w)", "theme": "", "widgets": {}, "campaigns": [],
}  # fmt: skip
WIDGET = b"""heimta('widget', 'popup', (c) => {
  const host = document.createElement('heimta-widget')
  return {
    open() { window.shown = c.text(c.content.title); document.body.append(host) },
    remove() { window.shown = ''; host.remove() },
  }
})"""
# The core, as the snippet hands it to a plugin, at once; undefined until the snippet is there.
CORE = "((core) => (window.heimta?.('plugin', (one) => { core = one }), core))()"
CART = {"item_id": "hat-m", "item_name": "Hat", "price": 19.99, "quantity": 2}
# Nothing but what docs/snippet.md asks for.
POLICY = (
    "default-src 'none'; script-src 'nonce-n0' 'strict-dynamic'; style-src 'none'; connect-src {edge}; "
    "img-src 'self'; require-trusted-types-for 'script'; trusted-types heimta"
)


def sri(code: bytes) -> str:
    return "sha384-" + base64.b64encode(hashlib.sha384(code).digest()).decode()


@dataclass
class Edge:
    """status, retry_after, delay_s: how batches are answered. asked: (method, path) in order.

    pages: HTML by path, of pages that the shop has besides, without a policy. answers: JSON by path, of posts
    that are no batch; those are kept in `posted`.
    """

    status: int = 200
    retry_after: str = ""
    delay_s: float = 0
    config: Json = field(default_factory=dict)
    tags: int = 1
    adapter: str = "datalayer"
    policy: str = POLICY
    pages: dict[str, str] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)
    posted: list[tuple[str, Json]] = field(default_factory=list)
    shop_url: str = ""
    edge_url: str = ""
    batches: list[Json] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def events(self, name: str = "") -> list[Json]:
        """What was taken, each (src, n) once."""
        taken = {(b["src"], e["n"]): e for b in self.batches if b["answered"] == 200 for e in b["ev"]}
        return [event for event in taken.values() if name in ("", event["t"])]

    def html(self) -> str:
        tag = f'<script async nonce="n0" src="{self.edge_url}/s/demo.js"></script>'
        return (
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>Shop</title><script nonce="n0">'
            "window.heimta=window.heimta||function(){(heimta.q=heimta.q||[]).push(arguments)};"
            "window.errors=[];addEventListener('error',e=>errors.push(e.message));"
            "addEventListener('unhandledrejection',e=>errors.push(String(e.reason)));"
            "document.addEventListener('securitypolicyviolation',"
            "e=>errors.push(e.violatedDirective+' '+e.blockedURI))"
            f"</script>{tag * self.tags}<body><h1>Shop</h1>"
        )


def _handler(edge: Edge, files: dict[str, bytes]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self, status: int, kind: str, body: bytes, **headers: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            edge.asked.append(("GET", path))
            if path == "/s/demo.js":
                code = files[f"snippet-{edge.adapter}"].decode()
                # Every shop may have a banner that speaks TCF.
                later = {"banner": ["/w/banner.js", sri(files["banner"])], **edge.config.get("widgets", {})}
                config = json.dumps({**CONFIG, **edge.config, "widgets": later})
                self.answer(200, "text/javascript", code.replace("__HEIMTA_CONFIG__", config).encode())
            elif path.startswith("/w/"):
                body = files[path.removeprefix("/w/").removesuffix(".js")]
                self.answer(200, "text/javascript", body, Access_Control_Allow_Origin="*")
            elif path in edge.pages:
                kind = "text/javascript" if path.endswith(".js") else "text/html"
                self.answer(200, kind, edge.pages[path].encode())
            else:
                policy = edge.policy.format(edge=edge.edge_url)
                self.answer(200, "text/html", edge.html().encode(), Content_Security_Policy=policy)

        def do_POST(self) -> None:
            edge.asked.append(("POST", self.path))
            batch = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            sleep(edge.delay_s)
            if self.path in edge.answers:
                edge.posted.append((self.path, batch))
                answer = edge.answers[self.path]
                status = answer if isinstance(answer, int) else 200
                told, origin = json.dumps(answer).encode(), self.headers.get("Origin", "")
                self.answer(status, "application/json", told, Access_Control_Allow_Origin=origin)
                return
            edge.headers.append(dict(self.headers))
            edge.batches.append({**batch, "answered": edge.status})
            more = {"Retry_After": edge.retry_after} if edge.retry_after else {}
            origin = self.headers.get("Origin", "")
            self.answer(
                edge.status, "application/json", b'{"ok":1}', Access_Control_Allow_Origin=origin,
                Access_Control_Expose_Headers="Retry-After", **more,
            )  # fmt: skip

        def do_OPTIONS(self) -> None:
            edge.asked.append(("OPTIONS", self.path))
            self.answer(204, "text/plain", b"")

        def log_message(self, format: str, *args: object) -> None:
            """Quiet: pytest shows what matters."""

    return Handler


@contextmanager
def snippet_shop(bundles: dict[str, bytes]) -> Iterator[Edge]:
    edge = Edge()
    files = {**bundles, "popup": WIDGET}
    servers = [ShopServer(("127.0.0.1", 0), _handler(edge, files)) for _ in range(2)]
    threads = [Thread(target=s.serve_forever, kwargs={"poll_interval": 0.05}) for s in servers]
    for thread in threads:
        thread.start()
    edge.shop_url, edge.edge_url = (f"http://127.0.0.1:{s.server_address[1]}" for s in servers)
    try:
        yield edge
    finally:
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            server.server_close()
            thread.join()
