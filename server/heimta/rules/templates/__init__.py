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
from heimta.model.documents import Journey, ShopDoc
from heimta.rules.apply import read_documents

FOLDER = Path(__file__).parent
SPOKEN = frozenset({"en", "de", "is"})
CHECKOUT, CART = "/checkout", "/cart"  # as the templates have them, until they are fitted

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


def fitted(template: Template, shop: ShopDoc) -> Given:
    """The template as that shop would have written it. It is not live."""
    plain = _fit(msgspec.to_builtins(template.document), shop)
    plain["shop"] = shop.id
    return msgspec.convert(plain, type(template.document))


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
        return {language: value.get(language, value["en"]) for language in shop.languages}
    return {name: _fit(one, shop) for name, one in value.items()}


def _address(value: str, shop: ShopDoc) -> str:
    for ours, theirs in ((CHECKOUT, shop.urls.checkout), (CART, shop.urls.cart)):
        if value in (ours, ours + "*"):
            return theirs + value.removeprefix(ours)
    return value


def texts(value: Any) -> Iterator[dict[str, str]]:
    """Every text of a plain document that is given in languages."""
    if isinstance(value, dict) and value and value.keys() <= SPOKEN:
        yield value
    elif isinstance(value, dict | list | tuple):
        for one in value.values() if isinstance(value, dict) else value:
            yield from texts(one)
