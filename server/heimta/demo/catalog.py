"""What the shop sells: products, their sizes, and what they are called in three languages.

A sku names one size of one product (`wool-hat-m`), or the product itself when it has only one size.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import msgspec

CURRENCY = "EUR"
EXPONENT = 2
COLLECTIONS = ("wool", "outdoors", "home")


class Option(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A size. Its id is the end of the sku; empty when there is only one."""

    id: str
    label: str
    sold_out: bool = False


class ProductText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    line: str
    story: str
    facts: tuple[str, ...]


class Product(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """was_minor: the price before a sale, 0 when there is none."""

    slug: str
    collection: str
    price_minor: int
    options: tuple[Option, ...]
    text: dict[str, ProductText]
    was_minor: int = 0

    def sku(self, option: Option) -> str:
        return f"{self.slug}-{option.id}" if option.id else self.slug

    @property
    def sold_out(self) -> bool:
        return all(option.sold_out for option in self.options)

    @property
    def has_sizes(self) -> bool:
        return len(self.options) > 1

    @property
    def url(self) -> str:
        return f"/product/{self.slug}"

    @property
    def image(self) -> str:
        return f"/static/img/{self.slug}.svg"


class Variant(msgspec.Struct, frozen=True):
    """What can be put into a cart."""

    sku: str
    product: Product
    option: Option

    def name(self, lang: str) -> str:
        name = self.product.text[lang].name
        return f"{name}, {self.option.label}" if self.product.has_sizes else name

    @property
    def url(self) -> str:
        return f"{self.product.url}?size={self.option.id}" if self.product.has_sizes else self.product.url


class Catalog:
    def __init__(self, products: tuple[Product, ...]) -> None:
        self.products = products
        self.by_slug = {product.slug: product for product in products}

    @classmethod
    def load(cls) -> Catalog:
        file = Path(__file__).with_name("catalog.json")
        return cls(msgspec.json.decode(file.read_bytes(), type=tuple[Product, ...]))

    @cached_property
    def variants(self) -> dict[str, Variant]:
        return {
            product.sku(option): Variant(product.sku(option), product, option)
            for product in self.products
            for option in product.options
        }

    def collection(self, name: str) -> tuple[Product, ...]:
        return tuple(product for product in self.products if product.collection == name)

    def beside(self, product: Product) -> tuple[Product, ...]:
        """Three others for the foot of a product's page: its own collection first, sold-out ones never."""
        others = [p for p in self.products if p is not product and not p.sold_out]
        return tuple(sorted(others, key=lambda p: p.collection != product.collection)[:3])
