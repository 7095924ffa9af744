"""Coupons: what a code looks like, what it is worth, and what that costs."""

from __future__ import annotations

import secrets

from msgspec import Struct

from heimta.model.campaign import Offer

# 32 letters without 0/O and 1/I; 12 of them carry 60 random bits.
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
LENGTH = 12
MAX_CODE = 64


class Coupon(Struct, frozen=True):
    """value: percent for `percent`, minor units for `amount`. order: who redeemed it, '' while open.

    source: the offer it is of, as ledgers name it. ref: the hand-out it came by.
    """

    code: str
    kind: str
    value: int
    min_cart_minor: int
    expires_at: int  # ms
    source: str = ""
    ref: str = ""
    order: str = ""


def new_code(prefix: str) -> str:
    """A fresh code, unguessable: prefix, then 60 random bits."""
    return prefix + "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def is_code(code: str) -> bool:
    """Whether it could be one: no other text gets into a key."""
    plain = code.replace("-", "").replace("_", "")
    return 0 < len(code) <= MAX_CODE and plain.isascii() and plain.isalnum()


def cost_of(offer: Offer, cart_minor: int) -> int:
    """What a coupon may cost the shop, as far as one can tell when it is handed out."""
    if offer.kind == "percent":
        return max(cart_minor, offer.min_cart_minor) * offer.value // 100
    return offer.value


def saved_by(coupon: Coupon, total_minor: int) -> int:
    """What an order of this total saved by the coupon: about, since shipping is in the total."""
    if coupon.kind == "percent":
        left = 100 - coupon.value
        return total_minor * coupon.value // left if left else 0
    return coupon.value
