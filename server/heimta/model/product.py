"""What a shop's back end says of its products: price and stock, for those who looked at them."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from heimta.model.cart import Currency, Exponent, Minor, Sku
from heimta.model.event import TimeMs, Url

MAX_PRODUCTS = 100  # a request


class Product(Struct, frozen=True):
    """at: when it came to be so, ms, by the shop's clock; of two words the later counts. name, url, image:
    for the message; left out, those that the shopper saw.
    """

    sku: Sku
    price_minor: Minor
    currency: Currency
    exponent: Exponent
    in_stock: bool
    at: TimeMs
    name: Annotated[str, Meta(max_length=200)] = ""
    url: Url = ""
    image: Url = ""


class ProductsHook(Struct, frozen=True):
    """Body of `POST /hooks/{shop}/products`."""

    products: Annotated[tuple[Product, ...], Meta(min_length=1, max_length=MAX_PRODUCTS)]


class ProductNote(Struct, frozen=True, tag="product"):
    """A product is back, or costs less. vid: '' for all of a partition who watch it, and then each of them.

    price_minor, was_minor: in the currency's own units; was_minor is 0 unless the price fell.
    """

    vid: str
    sku: str
    at: int
    price_minor: int
    currency: str
    is_back: bool
    was_minor: int
    name: str = ""
    url: str = ""
    image: str = ""
