"""What a cart costs, to the cent. Pure: the time is an argument.

goods   the lines after the discount: what `cart total_minor` means to everyone outside
total   goods and delivery: what the shopper pays
"""

from __future__ import annotations

from typing import Literal

import msgspec

from heimta.demo.catalog import Catalog, Variant

DELIVERY_MINOR = 490
FREE_FROM_MINOR = 8000
MAX_QTY = 20  # of one sku; what the post van takes

Kind = Literal["percent", "amount", "free_shipping"]


class Discount(msgspec.Struct, frozen=True):
    """A code on a cart. expires_at: ms since the epoch, 0 for never. ours: the shop's own, never used up."""

    code: str
    kind: Kind
    value: int
    min_cart_minor: int = 0
    expires_at: int = 0
    ours: bool = False


class PricedLine(msgspec.Struct, frozen=True):
    variant: Variant
    qty: int

    @property
    def unit_minor(self) -> int:
        return self.variant.product.price_minor

    @property
    def line_minor(self) -> int:
        return self.unit_minor * self.qty


class Priced(msgspec.Struct, frozen=True):
    """A cart with its sums. state: why a code that is on the cart gives nothing, or '' when it counts."""

    lines: tuple[PricedLine, ...]
    discount: Discount | None
    state: Literal["", "below_min", "expired"]
    subtotal_minor: int
    off_minor: int
    delivery_minor: int

    @property
    def count(self) -> int:
        return sum(line.qty for line in self.lines)

    @property
    def goods_minor(self) -> int:
        return self.subtotal_minor - self.off_minor

    @property
    def total_minor(self) -> int:
        return self.goods_minor + self.delivery_minor

    @property
    def code(self) -> str:
        """The code in force: one that gives nothing at the moment is not."""
        return self.discount.code if self.discount and not self.state else ""


def off(discount: Discount, subtotal_minor: int) -> int:
    """Minor units taken off; half a cent goes to the shopper."""
    if discount.kind == "percent":
        return (subtotal_minor * discount.value + 50) // 100
    if discount.kind == "amount":
        return min(discount.value, subtotal_minor)
    return 0


def state_of(
    discount: Discount | None, subtotal_minor: int, *, now: int
) -> Literal["", "below_min", "expired"]:
    if discount and discount.expires_at and now >= discount.expires_at:
        return "expired"
    return "below_min" if discount and subtotal_minor < discount.min_cart_minor else ""


def price(catalog: Catalog, lines: dict[str, int], discount: Discount | None, *, now: int) -> Priced:
    """lines: sku -> quantity. A sku the shop no longer sells is left out."""
    priced = tuple(
        PricedLine(catalog.variants[sku], qty) for sku, qty in lines.items() if sku in catalog.variants
    )
    subtotal = sum(line.line_minor for line in priced)
    state = state_of(discount, subtotal, now=now)
    counts = discount if not state else None
    taken = off(counts, subtotal) if counts else 0
    is_free = subtotal - taken >= FREE_FROM_MINOR or (counts is not None and counts.kind == "free_shipping")
    delivery = 0 if is_free or not priced else DELIVERY_MINOR
    return Priced(priced, discount, state, subtotal, taken, delivery)
