"""A shopper's browser without the browser: calls the shop's ASGI app and keeps its cookies."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from starlette.applications import Starlette


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def location(self) -> str:
        return self.headers.get("location", "")

    @property
    def events(self) -> list[dict[str, Any]]:
        """The dataLayer events in the page's head; each must come behind a reset."""
        pushes = re.findall(r"^dataLayer\.push\((.*)\)$", self.text, re.M)
        assert pushes[0::2] == ["{ ecommerce: null }"] * (len(pushes) // 2)
        return [json.loads(push) for push in pushes[1::2]]


@dataclass
class Shopper:
    app: Starlette
    language: str = "en"
    cookies: dict[str, str] = field(default_factory=dict)

    async def get(self, path: str, **headers: str) -> Reply:
        return await self._call("GET", path, b"", headers)

    async def follow(self, path: str) -> Reply:
        reply = await self.get(path)
        while reply.location:
            reply = await self.get(reply.location)
        return reply

    async def form(self, path: str, **fields: object) -> Reply:
        headers = {"content-type": "application/x-www-form-urlencoded"}
        return await self._call("POST", path, urlencode(fields).encode(), headers)

    async def fetch(self, path: str, **body: object) -> Reply:
        headers = {"content-type": "application/json", "accept": "application/json"}
        return await self._call("POST", path, json.dumps(body).encode(), headers)

    async def fill(self, **lines: int) -> Reply:
        """fill(wool_hat_m=2): put lines into the cart, sku with underscores for hyphens."""
        for sku, qty in lines.items():
            reply = await self.fetch("/cart/add", sku=sku.replace("_", "-"), qty=qty)
        return reply

    async def order(self, **change: str) -> Reply:
        """Fill in the checkout as it is shown, and send it."""
        page = await self.get("/checkout")
        seen = re.search(r'name="total_minor" value="(\d+)"', page.text)
        fields = {
            "email": "anna@example.com",
            "name": "Anna Jónsdóttir",
            "street": "Aðalstræti 12",
            "postcode": "600",
            "city": "Akureyri",
            "country": "IS",
            "payment": "card",
            "total_minor": seen[1] if seen else "",
        }
        return await self.form("/checkout", **(fields | change))

    async def _call(self, method: str, target: str, body: bytes, headers: dict[str, str]) -> Reply:
        parts = urlsplit(target)
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {"host": "shop.test", "accept-language": self.language, "cookie": cookie} | headers
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": _decoded(parts.path),
            "raw_path": quote(parts.path, safe="/%:,").encode(),
            "query_string": parts.query.encode(),
            "root_path": "",
            "server": ("shop.test", 80),
            "headers": [(name.lower().encode(), value.encode()) for name, value in sent.items()],
        }
        messages: list[Any] = []
        unread = [body]

        async def receive() -> dict[str, Any]:
            if not unread:
                await asyncio.Event().wait()  # this shopper never hangs up
            body = unread.pop()
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            messages.append(message)

        await self.app(scope, receive, send)
        return self._reply(messages)

    def _reply(self, messages: list[Any]) -> Reply:
        start, *rest = messages
        pairs = [(name.decode(), value.decode()) for name, value in start["headers"]]
        for name, value in pairs:
            if name == "set-cookie":
                self.cookies |= {key: morsel.value for key, morsel in SimpleCookie(value).items()}
        return Reply(start["status"], dict(pairs), b"".join(message.get("body", b"") for message in rest))


def _decoded(path: str) -> str:
    return re.sub("(?:%[0-9A-Fa-f]{2})+", lambda m: bytes.fromhex(m[0].replace("%", "")).decode(), path)
