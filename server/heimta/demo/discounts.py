"""Is a code good for this cart? The shop's own first, then the edge is asked.

Refusals are values: a key of words.json that says why, so that every door tells the same story.
"""

from __future__ import annotations

import re

import msgspec

from heimta.demo.edge import Edge, EdgeAway
from heimta.demo.pricing import Discount
from heimta.demo.records import Records

OURS = {"WELCOME5": Discount("WELCOME5", "percent", 5, ours=True)}
LOOKS_LIKE_A_CODE = re.compile(r"[A-Z0-9][A-Z0-9_-]{1,31}")


class Refused(msgspec.Struct, frozen=True):
    """key: a word; is_away: nothing is wrong with the code, only nobody could be asked."""

    key: str
    code: str
    min_cart_minor: int = 0
    is_away: bool = False


def tidy(code: str) -> str:
    """As it is printed: shoppers type small letters and copy spaces along."""
    return "".join(code.split()).upper()


async def check(
    code: str, *, subtotal_minor: int, edge: Edge, records: Records, now: int
) -> Discount | Refused:
    """Never raises. `code` is tidied here."""
    code = tidy(code)
    if not code:
        return Refused("code_missing", code)
    found = OURS.get(code) or await _ask(code, edge=edge, records=records, now=now)
    if isinstance(found, Refused):
        return found
    if found.expires_at and now >= found.expires_at:
        return Refused("code_expired", code)
    # An empty cart may take a code along (a link in a mail); it counts once the cart is large enough.
    if 0 < subtotal_minor < found.min_cart_minor:
        return Refused("code_min", code, found.min_cart_minor)
    return found


async def _ask(code: str, *, edge: Edge, records: Records, now: int) -> Discount | Refused:
    if not LOOKS_LIKE_A_CODE.fullmatch(code):
        return Refused("code_unknown", code[:32])
    # Our own orders know first: the webhook that redeems the code at the edge may still be on its way.
    if records.is_redeemed(code):
        return Refused("code_redeemed", code)
    try:
        coupon = await edge.coupon(code, now=now)
    except EdgeAway:
        return Refused("code_away", code, is_away=True)
    if coupon is None:
        return Refused("code_unknown", code)
    if coupon.state == "redeemed":
        return Refused("code_redeemed", code)
    return Discount(code, coupon.kind, coupon.value, coupon.min_cart_minor, coupon.expires_at)
