"""An edge for the shop to talk to: knows some codes, hears orders, and checks every signature by itself."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

SECRET = "the-shop-secret"


class StubEdge:
    """answers: statuses for the next order webhooks, before 200 becomes the rule."""

    def __init__(self) -> None:
        self.coupons: dict[str, dict[str, Any]] = {}
        self.answers: list[int] = []
        self.tries = 0
        self.orders: list[dict[str, Any]] = []
        self.heard = asyncio.Event()
        self.worker_reads = 0
        app = web.Application()
        app.router.add_get("/hooks/demo/coupon/{code}", self._coupon)
        app.router.add_post("/hooks/demo/generic", self._order)
        app.router.add_get("/w/sw.js", self._worker)
        self.server = TestServer(app)

    @property
    def url(self) -> str:
        return str(self.server.make_url("")).rstrip("/")

    def coupon(self, code: str, kind: str, value: int, **change: object) -> None:
        a_day_on = (time.time_ns() // 1_000_000) + 86_400_000
        self.coupons[code] = {
            "code": code,
            "kind": kind,
            "value": value,
            "min_cart_minor": 0,
            "expires_at": a_day_on,
            "state": "open",
        } | change

    async def order(self) -> dict[str, Any]:
        """The next order that is heard."""
        await asyncio.wait_for(self.heard.wait(), 30)
        self.heard.clear()
        return self.orders[-1]

    def _is_signed(self, request: web.Request, payload: bytes) -> bool:
        fields = dict(pair.split("=", 1) for pair in request.headers["Heimta-Signature"].split(","))
        wanted = hmac.new(SECRET.encode(), f"{fields['t']}.".encode() + payload, hashlib.sha256).hexdigest()
        return hmac.compare_digest(wanted, fields["v1"]) and abs(time.time() - int(fields["t"])) < 300

    async def _coupon(self, request: web.Request) -> web.Response:
        code = request.match_info["code"]
        if not self._is_signed(request, code.encode()):
            return web.Response(status=401)
        known = self.coupons.get(code)
        return web.json_response(known) if known else web.Response(status=404)

    async def _order(self, request: web.Request) -> web.Response:
        self.tries += 1
        body = await request.read()
        if not self._is_signed(request, body):
            return web.Response(status=401)
        if self.answers:
            return web.Response(status=self.answers.pop(0))
        self.orders.append(json.loads(body))
        self.heard.set()
        return web.json_response({"ok": 1})

    async def _worker(self, request: web.Request) -> web.Response:
        self.worker_reads += 1
        return web.Response(text="// the push worker", content_type="text/javascript")
