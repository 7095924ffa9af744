"""The admin APIs of Shopify and WooCommerce where coupons are made, as published, and the faults of a test.

Shopify: https://shopify.dev/docs/api/admin-graphql/latest/mutations/discountCodeBasicCreate,
…/discountCodeFreeShippingCreate, …/discountRedeemCodeBulkAdd and …/queries/discountRedeemCodeBulkCreation:
codes are made later; one that is not has errors in place of a discountRedeemCode. What was not carried out is
200 with `errors`, THROTTLED for one: https://shopify.dev/docs/api/usage/limits. A token for a day:
https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/client-credentials-grant.
WooCommerce: https://woocommerce.github.io/woocommerce-rest-api-docs/#batch-update-coupons: up to 100 objects;
one that is not created comes as `{"id": 0, "error": {…}}`; codes are kept in small letters.
"""

from __future__ import annotations

import asyncio
import re
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
# Fields of DiscountCodeBasicInput and DiscountCodeFreeShippingInput in 2026-10. GraphQL takes no others.
_EACH = frozenset(
    [
        *("title", "code", "context", "usageLimit", "appliesOncePerCustomer", "startsAt", "endsAt"),
        *("minimumRequirement", "combinesWith", "recurringCycleLimit", "tags"),
    ]
)
BASIC = _EACH | {"customerGets"}
SHIPPING = _EACH | {
    *("destination", "maximumShippingPrice", "appliesOnOneTimePurchase", "appliesOnSubscription"),
}
COST = {
    "requestedQueryCost": 10,
    "actualQueryCost": 10,
    "throttleStatus": {"maximumAvailable": 2000.0, "currentlyAvailable": 1990, "restoreRate": 100.0},
}
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
    there already. asked: (method, path) of each request. tokens: those that are good. refusals: what Shopify
    answers the next requests, as codes of `errors`. slow_s: what WooCommerce takes for a coupon.
    ships_for_nothing: whether the shop takes such an offer.
    """

    def __init__(self) -> None:
        self.codes: dict[str, dict[str, Any]] = {}
        self.known: set[str] = set()
        self.faults: deque[Fault] = deque()
        self.asked: list[tuple[str, str]] = []
        self.tokens = {TOKEN}
        self.slow_s = 0.0
        self.ships_for_nothing = True
        self.refusals: deque[str] = deque()
        self._discounts: dict[str, dict[str, Any]] = {}
        self._bulks: dict[str, dict[str, Any]] = {}

    def app(self) -> web.Application:
        app = web.Application(middlewares=[packed, self._faulty])
        app.router.add_post("/admin/oauth/access_token", self._token)
        app.router.add_post("/admin/api/2026-10/graphql.json", self._shopify)
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
        return web.json_response({"access_token": token, "scope": "write_discounts", "expires_in": DAY_S})

    async def _shopify(self, request: web.Request) -> web.Response:
        """What is not carried out at all is answered 200 as well, with `errors`."""
        asked = await request.json()
        query, variables = asked["query"], asked["variables"]
        if self.refusals:
            return self._refused(self.refusals.popleft())
        for word, does in (
            ("BasicCreate(", self._discount),
            ("FreeShippingCreate(", self._discount),
            ("discountRedeemCodeBulkAdd(", self._add),
            ("discountRedeemCodeBulkCreation(", self._look),
        ):
            if word in query:
                field, told = does(query, variables)
                alias = re.search(rf"(\w+): \w*{re.escape(word)}", query)
                data = {alias[1] if alias else field: told}
                return web.json_response({"data": data, "extensions": {"cost": COST}})
        return self._refused("undefinedField")

    def _refused(self, code: str) -> web.Response:
        error = {"message": code.title(), "extensions": {"code": code}}
        return web.json_response({"errors": [error], "extensions": {"cost": COST}})

    def _discount(self, query: str, variables: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        given = variables["discount"]
        is_shipping = "FreeShipping" in query
        kind = "DiscountCodeFreeShipping" if is_shipping else "DiscountCodeBasic"
        assert f": {kind}Input!" in query and given.keys() <= (SHIPPING if is_shipping else BASIC), given
        wrong = ""
        for name in ("title", "code", "startsAt", "context", *(() if is_shipping else ("customerGets",))):
            wrong = wrong or ("" if given.get(name) else "BLANK")
        value = given.get("customerGets", {}).get("value", {})
        if not 0 <= value.get("percentage", 0) <= 1:
            wrong = "VALUE_OUTSIDE_RANGE"
        if given["endsAt"] <= given["startsAt"]:
            wrong = "END_DATE_BEFORE_START_DATE"
        if is_shipping and not self.ships_for_nothing:
            wrong = "INVALID"
        if given["code"].upper() in self.known | self.codes.keys():
            wrong = "TAKEN"
        if wrong:
            errors = [{"field": ["discount"], "code": wrong, "message": "…"}]
            return "created", {"codeDiscountNode": None, "userErrors": errors}
        number = f"gid://shopify/DiscountCodeNode/{1057856655 + len(self._discounts)}"
        self._discounts[number] = self.codes[given["code"].upper()] = given
        return "created", {"codeDiscountNode": {"id": number}, "userErrors": []}

    def _add(self, query: str, variables: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        codes = [one["code"] for one in variables["codes"]]
        if variables["discount"] not in self._discounts or not 0 < len(codes) <= 100:
            errors = [{"field": ["codes"], "code": "TOO_MANY_ARGUMENTS", "message": "…"}]
            return "added", {"bulkCreation": None, "userErrors": errors}
        number = f"gid://shopify/DiscountRedeemCodeBulkCreation/{989355119 + len(self._bulks)}"
        self._bulks[number] = {"looks": 0, "discount": variables["discount"], "codes": codes, "made": []}
        return "added", {"bulkCreation": {"id": number, "done": False}, "userErrors": []}

    def _look(self, query: str, variables: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        bulk = self._bulks[variables["id"]]
        bulk["looks"] += 1
        is_done = bulk["looks"] > 1
        if is_done and not bulk["made"]:
            bulk["made"] = [self._made(code, self._discounts[bulk["discount"]]) for code in bulk["codes"]]
        told = {"id": variables["id"], "done": is_done}
        if "codes(" in query:
            told["codes"] = {"nodes": bulk["made"][: variables["first"]]}
        return "bulk", told

    def _made(self, code: str, discount: dict[str, Any]) -> dict[str, Any]:
        if code.upper() in self.known | self.codes.keys():
            error = {"field": ["code"], "code": "TAKEN", "message": "…"}
            return {"code": code, "discountRedeemCode": None, "errors": [error]}
        self.codes[code.upper()] = discount
        found = {"id": f"gid://shopify/DiscountRedeemCode/{len(self.codes)}"}
        return {"code": code, "discountRedeemCode": found, "errors": []}

    async def _woo(self, request: web.Request) -> web.Response:
        wanted = (await request.json())["create"]
        await asyncio.sleep(self.slow_s * len(wanted))
        if len(wanted) > 100:
            told = {"code": "woocommerce_rest_request_entity_too_large", "data": {"status": 413}}
            return web.json_response(told, status=413)
        made: list[dict[str, Any]] = []
        for n, one in enumerate(wanted):
            code = one["code"].upper()
            if one["free_shipping"] and not self.ships_for_nothing:
                fault = {"code": "woocommerce_rest_invalid_coupon", "data": {"status": 400}}
                made.append({"id": 0, "error": fault})
            elif code in self.known or code in self.codes:
                fault = {"code": "woocommerce_rest_coupon_code_already_exists", "data": {"status": 400}}
                made.append({"id": 0, "error": fault})
            else:
                self.codes[code] = {name: value for name, value in one.items() if name in TAKEN}
                made.append({"id": 719 + n, "code": code.lower(), "amount": one["amount"]})
        return web.json_response({"create": made})
