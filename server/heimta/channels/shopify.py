"""Coupons at Shopify: one price rule for a batch, and its codes, each good for one use.

Contract: shopify.dev, Admin REST API, PriceRule (`usage_limit` is per code) and DiscountCode, "Creates a
discount code creation job": up to 100 codes, one job a shop at a time, `queued`, `running`, `completed`; what
became of each code is told by `batch/{id}/discount_codes.json`. 429 comes with `Retry-After` in seconds.
The REST Admin API is called legacy there; apps of one shop may go on using it. Its token: shopify_token.py.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from heimta.channels.outside import Answer, Outside
from heimta.channels.result import Delivery, unknown
from heimta.channels.shop_coupons import BAD_ANSWER, MAX_ANSWER, Minted, Wanted, decimal, iso, judge
from heimta.channels.shopify_token import ShopifyTokens
from heimta.model.campaign import Offer
from heimta.model.providers import ShopApi

T = TypeVar("T")

LOOKS = 20  # at a job that is not completed
APART_S = 1.0


class _Named(Struct, frozen=True):
    id: int
    status: str = ""


class _Rule(Struct, frozen=True):
    price_rule: _Named


class _Job(Struct, frozen=True):
    discount_code_creation: _Named


class _Code(Struct, frozen=True):
    code: str
    id: int | None = None


class _Codes(Struct, frozen=True):
    discount_codes: list[_Code]


class Shopify:
    """sleep: between two looks at a job; a test hands in its own."""

    def __init__(self, outside: Outside, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._outside = outside
        self._sleep = sleep
        self._tokens = ShopifyTokens(outside)

    async def make(self, api: ShopApi, secret: str, wanted: Wanted, *, now: int) -> Minted:
        token = await self._tokens.get(api, secret, now=now)
        if isinstance(token, Delivery):
            return Minted(fault=token)
        made = await self._make(api, token, wanted, now)
        if not isinstance(made, Delivery):
            return Minted(made)
        if made.reason in ("http_401", "http_403"):
            self._tokens.forget(api)
        return Minted(fault=made)

    async def _make(self, api: ShopApi, token: str, wanted: Wanted, now: int) -> tuple[str, ...] | Delivery:
        rule = await self._ask(api, token, "POST", "", {"price_rule": _rule(wanted)}, _Rule, now)
        if isinstance(rule, Delivery):
            return rule
        place = f"/{rule.price_rule.id}/batch"
        asked = {"discount_codes": [{"code": code} for code in wanted.codes]}
        job = await self._ask(api, token, "POST", place, asked, _Job, now)
        for _ in range(LOOKS):
            if isinstance(job, Delivery):
                return job
            told = job.discount_code_creation
            if told.status == "completed":
                return await self._made(api, token, f"{place}/{told.id}/discount_codes", wanted, now)
            await self._sleep(APART_S)
            job = await self._ask(api, token, "GET", f"{place}/{told.id}", None, _Job, now)
        return unknown("not_completed")

    async def _made(
        self, api: ShopApi, token: str, place: str, wanted: Wanted, now: int
    ) -> tuple[str, ...] | Delivery:
        """The codes of a job that have an id, which those that failed have not."""
        told = await self._ask(api, token, "GET", place, None, _Codes, now)
        if isinstance(told, Delivery):
            return told
        made = {one.code for one in told.discount_codes if one.id}
        return tuple(code for code in wanted.codes if code in made)

    async def _ask(
        self, api: ShopApi, token: str, method: str, place: str, body: Any, shape: type[T], now: int
    ) -> T | Delivery:
        url = f"{api.url}/admin/api/{api.version}/price_rules{place}.json"
        headers = {"X-Shopify-Access-Token": token, "Accept": "application/json"}
        raw = b""
        if body is not None:
            raw, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        answer = await self._outside.ask(method, url, raw, headers, now=now, most=MAX_ANSWER)
        if isinstance(answer, Delivery):
            return answer
        if not 200 <= answer.status < 300:
            return judge(answer)
        return _read(answer, shape)


def _read(answer: Answer, shape: type[T]) -> T | Delivery:
    try:
        return msgspec.json.decode(answer.body, type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return BAD_ANSWER


def _rule(wanted: Wanted) -> dict[str, Any]:
    offer = wanted.offer
    rule = {
        "title": wanted.title,
        "customer_selection": "all",
        "usage_limit": 1,
        "once_per_customer": True,
        "starts_at": iso(wanted.starts_at),
        "ends_at": iso(wanted.ends_at),
        **_worth(offer, wanted.currency),
    }
    if offer.min_cart_minor:
        least = decimal(offer.min_cart_minor, wanted.currency)
        rule["prerequisite_subtotal_range"] = {"greater_than_or_equal_to": least}
    return rule


def _worth(offer: Offer, currency: str) -> dict[str, str]:
    if offer.kind == "free_shipping":
        return {
            "target_type": "shipping_line",
            "target_selection": "all",
            "allocation_method": "each",
            "value_type": "percentage",
            "value": "-100.0",
        }
    is_percent = offer.kind == "percent"
    return {
        "target_type": "line_item",
        "target_selection": "all",
        "allocation_method": "across",
        "value_type": "percentage" if is_percent else "fixed_amount",
        "value": f"-{offer.value}.0" if is_percent else f"-{decimal(offer.value, currency)}",
    }
