"""The admin APIs of Shopify and WooCommerce where coupons are made, as published, and the faults of a test.

Shopify: https://shopify.dev/docs/api/admin-rest/latest/resources/pricerule and …/discountcode: one job a shop
at a time, up to 100 codes, `queued`, `running`, `completed`; what failed has no id. 429 comes with
`Retry-After: 2.0`: https://shopify.dev/docs/api/usage/limits. A token for a day:
https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/client-credentials-grant.
WooCommerce: https://woocommerce.github.io/woocommerce-rest-api-docs/#batch-update-coupons: up to 100 objects;
one that is not created comes as `{"id": 0, "error": {…}}`; codes are kept in small letters.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.stubs.faulty import packed

TOKEN = "shpat_" + "0" * 32
APP = "f" * 32 + ":shpss_" + "1" * 32  # an app's id and secret
DAY_S = 86_399
# What WooCommerce sets of a coupon: that which its coupon has a setter for (WC_REST_Coupons_V2_Controller).
# It passes over the rest without a word, date_expires_gmt too, which its schema does not call read-only.
TAKEN = frozenset(
    [
        *("code", "amount", "discount_type", "description", "date_expires", "free_shipping"),
        *("usage_limit", "minimum_amount"),
    ]
)
KEY = "ck_" + "0" * 40 + ":cs_" + "1" * 40


@dataclass(frozen=True)
class Fault:
    """What the next request is answered instead. taken: it was done all the same. notice: stands before the
    answer, as where PHP shows its own.
    """

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    taken: bool = False
    notice: str = ""


class ShopApisStub:
    """codes: each that is good, by its capitals, with its rule as the platform says it. known: codes that are
    there already. asked: (method, path) of each request. tokens: those that are good. slow_s: what
    WooCommerce takes for a coupon.
    """

    def __init__(self) -> None:
        self.codes: dict[str, dict[str, Any]] = {}
        self.known: set[str] = set()
        self.faults: deque[Fault] = deque()
        self.asked: list[tuple[str, str]] = []
        self.tokens = {TOKEN}
        self.slow_s = 0.0
        self._rules: dict[int, dict[str, Any]] = {}
        self._jobs: dict[int, dict[str, Any]] = {}

    def app(self) -> web.Application:
        app = web.Application(middlewares=[packed, self._faulty])
        head = "/admin/api/2026-01/price_rules"
        app.router.add_post("/admin/oauth/access_token", self._token)
        app.router.add_post(f"{head}.json", self._rule)
        app.router.add_post(f"{head}/{{rule:\\d+}}/batch.json", self._job)
        app.router.add_get(f"{head}/{{rule:\\d+}}/batch/{{job:\\d+}}.json", self._look)
        app.router.add_get(f"{head}/{{rule:\\d+}}/batch/{{job:\\d+}}/discount_codes.json", self._made)
        app.router.add_post("/shop/wp-json/wc/v3/coupons/batch", self._woo)
        return app

    @web.middleware
    async def _faulty(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.asked.append((request.method, request.path))
        if not self._may(request):
            return web.json_response({"errors": "[API] Invalid API key or access token"}, status=401)
        fault = self.faults.popleft() if self.faults else None
        if fault is not None and not fault.taken:
            return web.json_response({"errors": "…"}, status=fault.status, headers=fault.headers)
        answer: web.Response = await handler(request)
        if fault is not None and fault.notice:
            return web.Response(status=answer.status, text=f"{fault.notice}{answer.text}")
        if fault is not None:
            return web.json_response({"errors": "…"}, status=fault.status, headers=fault.headers)
        return answer

    def _may(self, request: web.Request) -> bool:
        if request.path == "/admin/oauth/access_token":
            return True
        if request.path.startswith("/admin"):
            return request.headers.get("X-Shopify-Access-Token") in self.tokens
        return request.headers.get("Authorization") == f"Basic {b64encode(KEY.encode()).decode()}"

    async def _token(self, request: web.Request) -> web.Response:
        told = await request.post()
        app = f"{told['client_id']}:{told['client_secret']}"
        if told["grant_type"] != "client_credentials" or app != APP:
            return web.json_response({"error": "application_cannot_be_found"}, status=400)
        token = f"shpat_{len(self.asked):032}"
        self.tokens.add(token)
        return web.json_response({"access_token": token, "scope": "write_price_rules", "expires_in": DAY_S})

    async def _rule(self, request: web.Request) -> web.Response:
        rule = (await request.json())["price_rule"]
        for name in ("title", "target_type", "target_selection", "allocation_method", "value_type", "value"):
            if not rule.get(name):
                return web.json_response({"errors": {name: ["can't be blank"]}}, status=422)
        if float(rule["value"]) >= 0 or (rule["target_type"] == "shipping_line") != (
            rule["value"] == "-100.0"
        ):
            return web.json_response({"errors": {"value": ["must be less than zero"]}}, status=422)
        number = 507328175 + len(self._rules)
        self._rules[number] = rule
        return web.json_response({"price_rule": {"id": number, **rule}}, status=201)

    async def _job(self, request: web.Request) -> web.Response:
        codes = [one["code"] for one in (await request.json())["discount_codes"]]
        if any(job["status"] != "completed" for job in self._jobs.values()) or not 0 < len(codes) <= 100:
            return web.json_response({"errors": {"base": ["a job is running"]}}, status=422)
        number = 989355119 + len(self._jobs)
        rule = int(request.match_info["rule"])
        self._jobs[number] = {"status": "queued", "rule": rule, "codes": codes}
        return web.json_response(self._told(number), status=201)

    async def _look(self, request: web.Request) -> web.Response:
        number = int(request.match_info["job"])
        job = self._jobs[number]
        job["status"] = {"queued": "running", "running": "completed"}.get(job["status"], "completed")
        if job["status"] == "completed":
            for code in job["codes"]:
                if code.upper() not in self.known:
                    self.codes.setdefault(code.upper(), self._rules[job["rule"]])
        return web.json_response(self._told(number))

    def _told(self, number: int) -> dict[str, Any]:
        job = self._jobs[number]
        told = {"id": number, "price_rule_id": job["rule"], "status": job["status"], "logs": []}
        return {"discount_code_creation": {**told, "codes_count": len(job["codes"])}}

    async def _made(self, request: web.Request) -> web.Response:
        job = self._jobs[int(request.match_info["job"])]
        made = [
            {"id": None, "code": code, "errors": {"code": ["must be unique"]}}
            if code.upper() in self.known
            else {"id": 1054381139 + n, "code": code, "errors": {}}
            for n, code in enumerate(job["codes"])
        ]
        return web.json_response({"discount_codes": made})

    async def _woo(self, request: web.Request) -> web.Response:
        wanted = (await request.json())["create"]
        await asyncio.sleep(self.slow_s * len(wanted))
        if len(wanted) > 100:
            told = {"code": "woocommerce_rest_request_entity_too_large", "data": {"status": 413}}
            return web.json_response(told, status=413)
        made: list[dict[str, Any]] = []
        for n, one in enumerate(wanted):
            code = one["code"].upper()
            if code in self.known or code in self.codes:
                fault = {"code": "woocommerce_rest_coupon_code_already_exists", "data": {"status": 400}}
                made.append({"id": 0, "error": fault})
            else:
                self.codes[code] = {name: value for name, value in one.items() if name in TAKEN}
                made.append({"id": 719 + n, "code": code.lower(), "amount": one["amount"]})
        return web.json_response({"create": made})
