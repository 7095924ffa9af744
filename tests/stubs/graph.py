"""Meta's Graph API for Messenger, as published: what it was asked to send, and the faults a test asks for.

https://developers.facebook.com/docs/messenger-platform/reference/send-api: POST JSON to
/{version}/{page}/messages; `recipient_id` and `message_id`, or `error` with its codes (.../error-codes).
Limits of the templates: .../send-messages/template/generic and /button. What the header tells of limits:
https://developers.facebook.com/docs/graph-api/overview/rate-limiting
"""

from __future__ import annotations

import hmac
import json
from hashlib import sha256
from typing import Any

from aiohttp import web

from tests.stubs.faulty import Fault, Faults, packed

PAGE, TOKEN, APP_SECRET = "102030405060708", "EAAB-page", "app-secret-of-the-demo-shop"


def error(code: int, subcode: int = 0, *, status: int = 400, **headers: str) -> Fault:
    told = {"message": "…", "type": "OAuthException", "code": code, "fbtrace_id": "A"}
    if subcode:
        told["error_subcode"] = subcode
    return Fault(status, json.dumps({"error": told}), {n.replace("_", "-"): v for n, v in headers.items()})


def limited(minutes: int) -> Fault:
    """Too many calls, and when Meta listens again."""
    use = {"type": "messenger", "call_count": 100, "estimated_time_to_regain_access": minutes}
    told = error(613)
    return Fault(400, told.body, {"X-Business-Use-Case-Usage": json.dumps({PAGE: [use]})})


class GraphStub:
    """sent: (person, message) of each that went out. asked: requests in all. wrong: what none may be."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.asked = 0
        self.faults = Faults()
        self.wrong: list[str] = []

    def app(self) -> web.Application:
        app = web.Application(middlewares=[packed])
        app.router.add_post("/{version}/{page}/messages", self._messages)
        app.router.add_get("/{version}/me", self._me)
        return app

    async def _messages(self, request: web.Request) -> web.Response:
        self.asked += 1
        told = json.loads(await request.read())
        person, message = told["recipient"]["id"], told["message"]
        if fault := self.faults.next():
            if fault.taken:
                self.sent.append((person, message))
            return await self.faults.answer(fault, request)
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return await self.faults.answer(error(190), request)
        proof = request.query.get("appsecret_proof", "")
        if proof and proof != hmac.new(APP_SECRET.encode(), TOKEN.encode(), sha256).hexdigest():
            return await self.faults.answer(error(100), request)
        self._check(request, told)
        self.sent.append((person, message))
        return web.json_response({"recipient_id": person, "message_id": f"m_{len(self.sent)}"})

    async def _me(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return await self.faults.answer(error(190), request)
        return web.json_response({"id": PAGE, "name": "A page"})

    def _check(self, request: web.Request, told: dict[str, Any]) -> None:
        if request.match_info["page"] != PAGE:
            self.wrong.append(f"page {request.match_info['page']}")
        if told.get("messaging_type") not in ("RESPONSE", "UPDATE"):
            self.wrong.append(f"messaging_type {told.get('messaging_type')!r}")
        payload = told["message"]["attachment"]["payload"]
        if payload["template_type"] == "generic":
            self._check_cards(payload["elements"])
        elif not 0 < len(payload["text"]) <= 640 or not 1 <= len(payload["buttons"]) <= 3:
            self.wrong.append(f"a text of {len(payload['text'])} with {len(payload['buttons'])} buttons")
        for card in (payload, *payload.get("elements", ())):
            self._check_buttons(card.get("buttons", []))

    def _check_cards(self, cards: list[dict[str, Any]]) -> None:
        if not 1 <= len(cards) <= 10:
            self.wrong.append(f"{len(cards)} cards")
        for card in cards:
            if not 0 < len(card["title"]) <= 80 or len(card.get("subtitle", "")) > 80 or len(card) < 2:
                self.wrong.append(f"a card: {card}")

    def _check_buttons(self, buttons: list[dict[str, Any]]) -> None:
        for button in buttons:
            if not 0 < len(button["title"]) <= 20 or len(buttons) > 3:
                self.wrong.append(f"a button: {button}")
            if button["type"] == "web_url" and not button["url"].startswith("http"):
                self.wrong.append(f"a button's address: {button['url']}")
