"""Templates: documents that are good as they are, one file for each goal. docs/gallery.md shows them all.

They are part of the program, read once and never written; so reading them is no more I/O than an import is.
A template is fitted to a shop: its id, its addresses, its languages. For a language that we do not speak the
English text is put in, so that nothing is ever shown empty, and whoever prints it is told what to translate.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from heimta.model.campaign import Campaign
from heimta.model.documents import ShopDoc
from heimta.model.journey import Journey
from heimta.rules.apply import read_documents
from heimta.rules.money import in_words

FOLDER = Path(__file__).parent
SPOKEN = frozenset({"en", "de", "is"})
CHECKOUT, CART = "/checkout", "/cart"  # as the templates have them, until they are fitted
FREE = "{free}"  # in a text: from which sum on the shop ships for free
NEAR_PCT = 60  # of that sum: from here on it is near

Given = Campaign | Journey


class Template(Struct, frozen=True):
    """purpose: what it is for, in a sentence or two."""

    name: str
    purpose: str
    document: Given

    @property
    def widget(self) -> str:
        """What it shows; '' for a journey."""
        if isinstance(self.document, Journey):
            return ""
        return str(self.document.variants[0].content.__struct_config__.tag)


@lru_cache(maxsize=1)
def templates() -> dict[str, Template]:
    """By name, in the order of their names."""
    return {file.stem: _read(file) for file in sorted(FOLDER.glob("*.yaml"))}


def _read(file: Path) -> Template:
    text = file.read_text()
    head = [line[1:].strip() for line in text.splitlines() if line.startswith("#")]
    [document] = read_documents(text)
    assert isinstance(document, Campaign | Journey), f"{file.name} is no campaign and no journey"
    return Template(file.stem, " ".join(head), document)


class NotForShop(ValueError):
    """The template speaks of something that this shop does not have; says what, and the way out."""


def fitted(template: Template, shop: ShopDoc) -> Given:
    """The template as that shop would have written it. It is not live. Raises NotForShop."""
    plain = _fit(msgspec.to_builtins(template.document), shop)
    plain["shop"] = shop.id
    if any(FREE in words for text in texts(template.document) for words in text.values()):
        free = _free(template, shop)
        near = {"min_cart_minor": free * NEAR_PCT // 100, "max_cart_minor": free - 1}
        plain["audience"] = plain["audience"] | near
    return msgspec.convert(plain, type(template.document))


def _free(template: Template, shop: ShopDoc) -> int:
    if shop.free_shipping_minor is None:
        raise NotForShop(
            f"template {template.name!r} says from which sum on shipping is free, and shop {shop.id!r} "
            "has no free_shipping_minor; add it to the shop's document first"
        )
    return shop.free_shipping_minor


def untranslated(shop: ShopDoc) -> list[str]:
    """The shop's languages in which we have nothing to say."""
    return [language for language in shop.languages if language not in SPOKEN]


def _fit(value: Any, shop: ShopDoc) -> Any:
    if isinstance(value, list | tuple):
        return [_fit(one, shop) for one in value]
    if isinstance(value, str):
        return _address(value, shop)
    if not isinstance(value, dict):
        return value
    if value and value.keys() <= SPOKEN:
        return {one: _worded(str(value.get(one, value["en"])), one, shop) for one in shop.languages}
    return {name: _fit(one, shop) for name, one in value.items()}


def _worded(words: str, language: str, shop: ShopDoc) -> str:
    if FREE not in words or shop.free_shipping_minor is None:
        return words
    known = language if language in SPOKEN else "en"
    return words.replace(FREE, in_words(shop.free_shipping_minor, shop.currency, known))


def _address(value: str, shop: ShopDoc) -> str:
    for ours, theirs in ((CHECKOUT, shop.urls.checkout), (CART, shop.urls.cart)):
        if value in (ours, ours + "*"):
            return theirs + value.removeprefix(ours)
    return value


def texts(value: Any) -> Iterator[dict[str, str]]:
    """Every text of a document that is given in languages."""
    if isinstance(value, msgspec.Struct):
        value = msgspec.to_builtins(value)
    if isinstance(value, dict) and value and value.keys() <= SPOKEN:
        yield value
    elif isinstance(value, dict | list | tuple):
        for one in value.values() if isinstance(value, dict) else value:
            yield from texts(one)
