"""Coupons at Shopify: one code discount for a batch, and its codes, each good for one use.

Contract: shopify.dev, GraphQL Admin API, `POST /admin/api/{version}/graphql.json`: discountCodeBasicCreate,
or discountCodeFreeShippingCreate, makes the discount with its first code; discountRedeemCodeBulkAdd takes the
others, 100 at most in older versions, and makes them later; discountRedeemCodeBulkCreation tells when it has,
and what became of each. A `usageLimit` is each code's own (Shopify in community.shopify.dev, topic 12269).
Wanted is the scope write_discounts, with read_discounts to ask how far it is.

200 says little there: a request that was not carried out comes with `errors`, and a discount that cannot be
with `userErrors` (DiscountErrorCode). Too many requests: `THROTTLED`, with what they cost beside it.
Its token: shopify_token.py.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from heimta.channels.outside import Answer, Outside, read
from heimta.channels.result import Delivery, failed, unknown
from heimta.channels.shop_coupons import BAD_ANSWER, MAX_ANSWER, Minted, Wanted, decimal, iso, judge
from heimta.channels.shopify_token import ShopifyTokens
from heimta.model.campaign import Offer
from heimta.model.providers import ShopApi

T = TypeVar("T")

LOOKS = 20  # at codes that are not made yet
APART_S = 1.0
# What is otherwise in a moment. TAKEN: the first code is somebody's, and the next time it is another.
_PASSING = frozenset(["THROTTLED", "INTERNAL_SERVER_ERROR", "INTERNAL_ERROR", "TIMEOUT", "TAKEN"])
# What our token may not; another one may.
_NOT_OURS = frozenset(["http_401", "http_403", "access_denied"])

_CREATE = """
mutation ($discount: %sInput!) {
  created: %sCreate(%s: $discount) { codeDiscountNode { id } userErrors { code } }
}"""
_BASIC = _CREATE % ("DiscountCodeBasic", "discountCodeBasic", "basicCodeDiscount")
_FREE_SHIPPING = _CREATE % (
    "DiscountCodeFreeShipping",
    "discountCodeFreeShipping",
    "freeShippingCodeDiscount",
)
_ADD = """
mutation ($discount: ID!, $codes: [DiscountRedeemCodeInput!]!) {
  added: discountRedeemCodeBulkAdd(discountId: $discount, codes: $codes) {
    bulkCreation { id done } userErrors { code }
  }
}"""
_LOOK = "query ($id: ID!) { bulk: discountRedeemCodeBulkCreation(id: $id) { id done } }"
_MADE = """
query ($id: ID!, $first: Int!) {
  bulk: discountRedeemCodeBulkCreation(id: $id) {
    codes(first: $first) { nodes { code discountRedeemCode { id } } }
  }
}"""


class _Extensions(Struct, frozen=True):
    code: str = ""


class _Error(Struct, frozen=True):
    message: str = ""
    extensions: _Extensions = _Extensions()


class _UserError(Struct, frozen=True):
    code: str | None = None


class _Node(Struct, frozen=True):
    id: str


class _Created(Struct, frozen=True, rename="camel"):
    code_discount_node: _Node | None
    user_errors: list[_UserError]


class _Bulk(Struct, frozen=True):
    id: str
    done: bool


class _Added(Struct, frozen=True, rename="camel"):
    bulk_creation: _Bulk | None
    user_errors: list[_UserError]


class _Code(Struct, frozen=True, rename="camel"):
    code: str
    discount_redeem_code: _Node | None = None


class _Codes(Struct, frozen=True):
    nodes: list[_Code]


class _Made(Struct, frozen=True):
    codes: _Codes


class _CreateTold(Struct, frozen=True):
    created: _Created


class _AddTold(Struct, frozen=True):
    added: _Added


class _LookTold(Struct, frozen=True):
    bulk: _Bulk


class _MadeTold(Struct, frozen=True):
    bulk: _Made


class _Told(Struct, frozen=True):
    data: msgspec.Raw = msgspec.Raw(b"null")
    errors: list[_Error] = []


_told = msgspec.json.Decoder(_Told)


class Shopify:
    """sleep: between two looks; a test hands in its own."""

    def __init__(self, outside: Outside, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._outside = outside
        self._sleep = sleep
        self._tokens = ShopifyTokens(outside)

    async def make(self, api: ShopApi, secret: str, wanted: Wanted, *, now: int) -> Minted:
        token = await self._tokens.get(api, secret, now=now)
        if isinstance(token, Delivery):
            return Minted(fault=token)
        minted = await self._make(_Line(self._outside, api, token, now), wanted)
        if minted.fault is not None and minted.fault.reason in _NOT_OURS:
            self._tokens.forget(api)
        return minted

    async def _make(self, line: _Line, wanted: Wanted) -> Minted:
        first, others = wanted.codes[:1], wanted.codes[1:]
        query = _FREE_SHIPPING if wanted.offer.kind == "free_shipping" else _BASIC
        created = await line.ask(query, {"discount": _discount(first[0], wanted)}, _CreateTold)
        if isinstance(created, Delivery):
            return Minted(fault=created)
        node = created.created.code_discount_node
        if node is None:
            return Minted(fault=_refused(created.created.user_errors), of_offer=True)
        if not others:
            return Minted(first)
        made = await self._add(line, node.id, others)
        # The first alone is no progress: the others may be there by now, and are nobody's.
        return Minted(fault=made) if isinstance(made, Delivery) else Minted(first + made)

    async def _add(self, line: _Line, discount: str, codes: tuple[str, ...]) -> tuple[str, ...] | Delivery:
        asked = {"discount": discount, "codes": [{"code": code} for code in codes]}
        added = await line.ask(_ADD, asked, _AddTold)
        if isinstance(added, Delivery):
            return added
        bulk = added.added.bulk_creation
        if bulk is None:
            return _refused(added.added.user_errors)
        is_done = bulk.done
        for _ in range(LOOKS):
            if is_done:
                return await self._made(line, bulk.id, codes)
            await self._sleep(APART_S)
            told = await line.ask(_LOOK, {"id": bulk.id}, _LookTold)
            if not isinstance(told, Delivery):
                is_done = told.bulk.done
            elif told.reason != "throttled":
                return told
        return unknown("not_completed")

    async def _made(self, line: _Line, bulk: str, codes: tuple[str, ...]) -> tuple[str, ...] | Delivery:
        """The codes that are there now, which those that failed are not."""
        told = await line.ask(_MADE, {"id": bulk, "first": len(codes)}, _MadeTold)
        if isinstance(told, Delivery):
            return told
        made = {one.code.upper() for one in told.bulk.codes.nodes if one.discount_redeem_code is not None}
        return tuple(code for code in codes if code.upper() in made)


class _Line:
    """One shop's GraphQL, for one batch."""

    def __init__(self, outside: Outside, api: ShopApi, token: str, now: int) -> None:
        self._outside = outside
        self._url = f"{api.url}/admin/api/{api.version}/graphql.json"
        self._headers = {
            "X-Shopify-Access-Token": token,
            "Content-Type": "application/json",
            "Accept": "application/json",
        }
        self._now = now

    async def ask(self, query: str, variables: dict[str, Any], shape: type[T]) -> T | Delivery:
        body = json.dumps({"query": query, "variables": variables}).encode()
        answer = await self._outside.ask(
            "POST", self._url, body, self._headers, now=self._now, most=MAX_ANSWER
        )
        if isinstance(answer, Delivery):
            return answer
        if not 200 <= answer.status < 300:
            return judge(answer)
        return _read(answer, shape)


def _read(answer: Answer, shape: type[T]) -> T | Delivery:
    told = read(answer.body, _told)
    if told is None:
        return BAD_ANSWER
    if told.errors:
        first = told.errors[0]
        code = (first.extensions.code or first.message).upper()
        return _fault(code if first.extensions.code or code == "THROTTLED" else "ERRORS")
    found = read(told.data, msgspec.json.Decoder(shape))
    return BAD_ANSWER if found is None else found


def _refused(errors: Sequence[_UserError]) -> Delivery:
    return _fault((errors[0].code if errors else None) or "REFUSED")


def _fault(code: str) -> Delivery:
    return failed(code.lower(), permanent=code not in _PASSING)


def _discount(code: str, wanted: Wanted) -> dict[str, Any]:
    offer = wanted.offer
    discount = {
        "title": wanted.title,
        "code": code,
        "context": {"all": "ALL"},
        "usageLimit": 1,
        "appliesOncePerCustomer": True,
        "startsAt": iso(wanted.starts_at),
        "endsAt": iso(wanted.ends_at),
        **_worth(offer, wanted.currency),
    }
    if offer.min_cart_minor:
        least = decimal(offer.min_cart_minor, wanted.currency)
        discount["minimumRequirement"] = {"subtotal": {"greaterThanOrEqualToSubtotal": least}}
    return discount


def _worth(offer: Offer, currency: str) -> dict[str, Any]:
    if offer.kind == "free_shipping":
        return {"destination": {"all": True}}
    value: dict[str, Any] = {"percentage": offer.value / 100}
    if offer.kind == "amount":
        value = {"discountAmount": {"amount": decimal(offer.value, currency), "appliesOnEachItem": False}}
    return {"customerGets": {"items": {"all": True}, "value": value}}
