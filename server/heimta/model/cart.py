"""Carts and money. Money is an integer of minor units with its currency and exponent."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from heimta.model.ids import Short

MAX_MINOR = 10**12  # ten billion euros: more is a mistake, and its square would not fit a counter
Minor = Annotated[int, Meta(ge=0, le=MAX_MINOR)]
Currency = Annotated[
    str, Meta(pattern=r"^[A-Z]{3}\Z", description="three capital letters (ISO 4217), for example EUR")
]  # ISO 4217
Exponent = Annotated[int, Meta(ge=0, le=4)]  # minor units per unit: 10 ** exponent
Sku = Annotated[str, Meta(min_length=1, max_length=64)]


class Line(Struct, frozen=True, omit_defaults=True, gc=False):
    """One line of a cart. `unit_minor` is the price of one, after the shop's own discounts; None: unknown."""

    sku: Sku
    name: Annotated[str, Meta(max_length=200)]
    qty: Annotated[int, Meta(ge=1, le=100_000)]
    unit_minor: Minor | None = None
    url: Annotated[str, Meta(max_length=1000)] = ""
    image: Annotated[str, Meta(max_length=1000)] = ""


class Cart(Struct, frozen=True, omit_defaults=True, gc=False):
    """A whole cart as the shop shows it, never a difference.

    id: made by the snippet when a cart stops being empty, dropped when it is ordered or emptied.
    total_minor: what the shopper would pay for the lines, after discounts, before shipping.
        None: unknown, since the page could not be read. A made-up sum would be told to the shopper.
    An empty cart has no lines and a total of 0.
    """

    id: Short
    currency: Currency
    exponent: Exponent
    total_minor: Minor | None = None
    lines: Annotated[tuple[Line, ...], Meta(max_length=100)] = ()
    code: Annotated[str, Meta(max_length=64)] = ""  # the discount code in force, if any
