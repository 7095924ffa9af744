"""Make coupons at the shop through its admin API: each code works once, with its minimum cart and its end.

Both are asked for many codes at once. What is not known to be made (the line broke, a code of a batch was
refused) is not used: nobody has it, so nothing is lost but a code.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Protocol

from msgspec import Struct

from heimta.channels.outside import Answer
from heimta.channels.result import Delivery, failed
from heimta.model.campaign import Offer
from heimta.model.currency import exponent_of
from heimta.model.providers import ShopApi

MAX_ANSWER = 512 * 1024  # bytes: a hundred coupons with all their fields
MOST = 100  # codes a batch, at either
REFUSED = failed("every_code_refused", permanent=True)
# Done, and nobody can read what: PHP's own notice stands before the JSON, say. A merchant has to mend it, and
# each try until then leaves a hundred codes at the shop.
BAD_ANSWER = failed("bad_answer", permanent=True)
_SECONDS = re.compile(r"[0-9]{1,5}\.[0-9]{1,3}\Z")  # Shopify's Retry-After: 2.0


class Wanted(Struct, frozen=True):
    """title: what the merchant reads in the shop's list of discounts. ends_at: ms."""

    codes: tuple[str, ...]
    offer: Offer
    currency: str
    title: str
    starts_at: int
    ends_at: int


class Minted(Struct, frozen=True):
    """codes: those that were made, and are good. fault: what the shop said where that was not the end.
    of_offer: the fault is in what was asked for; the shop may well make codes of another offer.
    """

    codes: tuple[str, ...] = ()
    fault: Delivery | None = None
    of_offer: bool = False


class Maker(Protocol):
    async def make(self, api: ShopApi, secret: str, wanted: Wanted, *, now: int) -> Minted:
        """Never raises for what the shop answers."""
        ...


def decimal(minor: int, currency: str) -> str:
    """As shops write money: 12.50."""
    return str(Decimal(minor).scaleb(-exponent_of(currency)))


def iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def judge(answer: Answer) -> Delivery:
    """What an answer that is no success means. 401 and 403: the key is wrong or may not."""
    wait = answer.retry_after_s
    told = answer.headers.get("Retry-After", "")
    if wait is None and _SECONDS.match(told):
        wait = float(told)
    if answer.status == 429:
        return failed("http_429", permanent=False, retry_after_s=wait)
    permanent = 400 <= answer.status < 500 and answer.status != 408
    return failed(f"http_{answer.status}", permanent=permanent, retry_after_s=wait)
