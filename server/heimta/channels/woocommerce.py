"""Coupons at WooCommerce: a batch of coupons, each with a usage limit of one.

Contract: WooCommerce REST API docs, "Batch update coupons" (`POST /wp-json/wc/v3/coupons/batch`, up to 100
objects): the answer lists what was created, and for what was not `{"id": 0, "error": {"code", "message"}}`.
A field that WooCommerce has no use for is passed over without a word. Authentication: the key pair by HTTP
Basic, over HTTPS only. WooCommerce keeps codes in small letters and takes them in any.
"""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import msgspec
from msgspec import Struct

from heimta.channels.outside import Outside, read
from heimta.channels.result import Delivery
from heimta.channels.shop_coupons import (
    BAD_ANSWER,
    MAX_ANSWER,
    REFUSED,
    Minted,
    Wanted,
    decimal,
    iso,
    judge,
)
from heimta.model.providers import ShopApi

PART = 20  # coupons a request: each is a post with a dozen fields there, and PHP is stopped after 30 s
PATIENCE_S = 20.0  # for a part; all parts take less than worker/mint.py holds the shop
_KINDS = {"percent": "percent", "amount": "fixed_cart", "free_shipping": "fixed_cart"}


class _Made(Struct, frozen=True):
    id: int = 0
    code: str = ""


class _Batch(Struct, frozen=True):
    create: list[_Made] = []


_batch = msgspec.json.Decoder(_Batch)


class WooCommerce:
    def __init__(self, outside: Outside) -> None:
        self._outside = outside

    async def make(self, api: ShopApi, secret: str, wanted: Wanted, *, now: int) -> Minted:
        made: tuple[str, ...] = ()
        for start in range(0, len(wanted.codes), PART):
            codes = wanted.codes[start : start + PART]
            part = await self._make(api, secret, codes, wanted, now=now)
            if isinstance(part, Delivery):
                # Those that are there are good. 400: a field of the coupons is not as it should be.
                return Minted(made, part, of_offer=part.reason == "http_400")
            made += part
        return Minted(made) if made else Minted(fault=REFUSED, of_offer=True)

    async def _make(
        self, api: ShopApi, secret: str, codes: tuple[str, ...], wanted: Wanted, *, now: int
    ) -> tuple[str, ...] | Delivery:
        body = json.dumps({"create": [_coupon(code, wanted) for code in codes]}).encode()
        headers = {
            "Authorization": f"Basic {b64encode(secret.encode()).decode()}",
            "Content-Type": "application/json",
            "Accept": "application/json",
        }
        url = f"{api.url}/wp-json/wc/v3/coupons/batch"
        answer = await self._outside.ask(
            "POST", url, body, headers, now=now, most=MAX_ANSWER, patience_s=PATIENCE_S
        )
        if isinstance(answer, Delivery):
            return answer
        if not 200 <= answer.status < 300:
            return judge(answer)
        told = read(answer.body, _batch)
        if told is None:
            return BAD_ANSWER
        made = {one.code.upper() for one in told.create if one.id > 0}
        return tuple(code for code in codes if code.upper() in made)


def _coupon(code: str, wanted: Wanted) -> dict[str, Any]:
    offer = wanted.offer
    amount = {
        "percent": str(offer.value),
        "amount": decimal(offer.value, wanted.currency),
        "free_shipping": "0",
    }[offer.kind]
    least = decimal(offer.min_cart_minor, wanted.currency) if offer.min_cart_minor else ""
    return {
        "code": code,
        "description": wanted.title,
        "discount_type": _KINDS[offer.kind],
        "amount": amount,
        "free_shipping": offer.kind == "free_shipping",
        "usage_limit": 1,
        "minimum_amount": least,
        # With its Z: without one it would be the shop's own time. `date_expires_gmt` is told and never taken:
        # the API knows it and has nothing that sets it (WC_Coupon has set_date_expires alone).
        "date_expires": iso(wanted.ends_at),
    }
