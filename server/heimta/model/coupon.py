"""Coupons: what a code looks like, what it is worth, what that costs, and how much of an offer is gone."""

from __future__ import annotations

import secrets

from msgspec import Struct

from heimta.model.campaign import Offer
from heimta.model.cart import Cart

# 32 letters without 0/O and 1/I; 12 of them carry 60 random bits.
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
LENGTH = 12
MAX_CODE = 64
ALARM_PCT = 80  # of a ceiling
FEW_CODES = 50  # left in a pool that has been handed out from


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


class Ledger(Struct, frozen=True):
    """One offer's figures, with the ceilings of its last hand-out; those that its document has now:
    rules/coupons.py. Money in minor units of the shop's currency; 0 for a ceiling that there is not.
    given_before: by currency, what was saved in those that the shop had before; no budget counts it.

    open_minor: set aside for coupons that are out. left: codes in its pool, None without one. refused_at:
    when somebody last got none since there was nothing left, ms. next_minor: what the next coupon sets aside
    at least; 0 where its document is gone.
    """

    shop: str
    source: str
    handed: int = 0
    redeemed: int = 0
    expired: int = 0
    given_minor: int = 0
    open_minor: int = 0
    most: int = 0
    budget_minor: int = 0
    pool: str = ""
    left: int | None = None
    refused_at: int = 0
    next_minor: int = 0
    given_before: dict[str, int] = {}

    @property
    def is_made(self) -> bool:
        """Its codes are made at the shop, a few in advance (worker/mint.py): no merchant's pool has a dot."""
        return "." in self.pool

    @property
    def is_short(self) -> bool:
        """What is left of the budget is too little for another coupon, so nobody gets one."""
        left = self.budget_minor - self.given_minor - self.open_minor
        return bool(self.budget_minor) and left < max(self.next_minor, 1)

    @property
    def used_pct(self) -> int:
        """How much of the nearest ceiling is gone, 100 when nobody gets a coupon any more; 0 without one."""
        shares = [100 * self.handed // self.most] if self.most else []
        if self.budget_minor:
            shares.append(100 * (self.given_minor + self.open_minor) // self.budget_minor)
        if self.is_short:
            shares.append(100)
        if self.left is not None and self.left < FEW_CODES and not self.is_made:
            total = self.handed + self.left
            shares.append(100 * self.handed // total if total else 100)
        if self.is_made and not self.left and self.refused_at:
            shares.append(100)  # the shop makes none, and somebody went without
        return max(shares, default=0)

    @property
    def is_alarming(self) -> bool:
        return self.used_pct >= ALARM_PCT


def new_code(prefix: str) -> str:
    """A fresh code, unguessable: prefix, then 60 random bits."""
    return prefix + "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def is_code(code: str) -> bool:
    """Whether it could be one: no other text gets into a key."""
    plain = code.replace("-", "").replace("_", "")
    return 0 < len(code) <= MAX_CODE and plain.isascii() and plain.isalnum()


def pool_of(offer: Offer, source: str) -> str:
    """Where its codes come from, '' for those that we make up. Codes made at the shop have a pool of their
    own, named after the offer and what they are worth there: when that is changed, those that were made in
    advance still give what they gave. No merchant's pool has a dot in its name.
    """
    if not offer.at_shop:
        return offer.pool
    return f"{source}.{offer.kind}-{offer.value}-{offer.min_cart_minor}"


def cost_of(offer: Offer, cart_minor: int) -> int:
    """What a coupon may cost the shop, as far as one can tell when it is handed out."""
    if offer.kind == "percent":
        return max(cart_minor, offer.min_cart_minor) * offer.value // 100
    return offer.value


def worth_of(cart: Cart | None, currency: str) -> int:
    """What is in a cart, in minor units of the shop's currency; 0 where that is not known: nothing is
    converted, and another currency's minor units would be taken for the shop's.
    """
    if cart is None or cart.currency != currency:
        return 0
    return cart.total_minor or 0


def saved_by(coupon: Coupon, total_minor: int | None) -> int | None:
    """What an order of this total saved by the coupon: about, since shipping is in the total. None where it
    is not known: of an order in another currency than the shop's, and of one that left nothing to pay.
    """
    if coupon.kind == "percent":
        left = 100 - coupon.value
        return total_minor * coupon.value // left if left and total_minor is not None else None
    return coupon.value
