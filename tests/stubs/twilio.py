"""A gateway that speaks Twilio's API, as published: what it was asked to send, and the faults of a test.

https://www.twilio.com/docs/messaging/api/message-resource: POST a form to
/2010-04-01/Accounts/{sid}/Messages.json with HTTP Basic; 201 and the message as JSON.
https://www.twilio.com/docs/usage/twilios-response: errors are `{"code", "message", "more_info", "status"}`.
https://www.twilio.com/docs/usage/webhooks/webhooks-security: how it signs what it asks us.
"""

from __future__ import annotations

import json
from base64 import b64decode
from urllib.parse import parse_qs

from aiohttp import web

from tests.stubs.faulty import Fault, Faults, packed

ACCOUNT, TOKEN = "AC" + "0" * 32, "twilio-auth-token-of-the-demo-shop"


def error(code: int, *, status: int = 400, **headers: str) -> Fault:
    told = {"code": code, "message": "…", "more_info": f"https://www.twilio.com/docs/errors/{code}"}
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fault(status, json.dumps({**told, "status": status}), names)


class TwilioStub:
    """sent: the form of each message that went out. asked: requests in all. wrong: what none may be."""

    def __init__(self) -> None:
        self.sent: list[dict[str, str]] = []
        self.asked = 0
        self.faults = Faults()
        self.wrong: list[str] = []

    def app(self) -> web.Application:
        app = web.Application(middlewares=[packed])
        app.router.add_post("/2010-04-01/Accounts/{account}/Messages.json", self._messages)
        app.router.add_get("/2010-04-01/Accounts/{account}.json", self._account)
        return app

    async def _messages(self, request: web.Request) -> web.Response:
        self.asked += 1
        fields = parse_qs((await request.read()).decode(), strict_parsing=True)
        form = {name: values[0] for name, values in fields.items()}
        if fault := self.faults.next():
            if fault.taken:
                self.sent.append(form)
            return await self.faults.answer(fault, request)
        if not self._is_known(request):
            return await self.faults.answer(error(20003, status=401), request)
        self._check(request, form)
        self.sent.append(form)
        told = {"sid": f"SM{len(self.sent):032x}", "status": "queued", "error_code": None, **form}
        return web.json_response(told, status=201)

    async def _account(self, request: web.Request) -> web.Response:
        """https://www.twilio.com/docs/iam/api/account: the account itself."""
        if (fault := self.faults.next()) or not self._is_known(request):
            return await self.faults.answer(fault or error(20003, status=401), request)
        return web.json_response({"sid": ACCOUNT, "status": "active"})

    def _is_known(self, request: web.Request) -> bool:
        login = request.headers.get("Authorization", "").removeprefix("Basic ")
        is_ours = request.match_info["account"] == ACCOUNT
        return is_ours and b64decode(login).decode() == f"{ACCOUNT}:{TOKEN}"

    def _check(self, request: web.Request, form: dict[str, str]) -> None:
        if request.content_type != "application/x-www-form-urlencoded":
            self.wrong.append(f"content type {request.content_type}")
        if not form.get("To", "").startswith("+"):
            self.wrong.append(f"To is {form.get('To')!r}, no E.164")
        if ("From" in form) == ("MessagingServiceSid" in form):
            self.wrong.append("From or MessagingServiceSid, one of them")
        if not 0 < len(form.get("Body", "")) <= 1600:
            self.wrong.append(f"Body has {len(form.get('Body', ''))} characters")
