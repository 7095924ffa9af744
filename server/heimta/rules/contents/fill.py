"""What a document leaves out is filled in: the shop's own words, else ours, in the shop's languages."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from heimta.model.document import Text
from heimta.model.documents import ShopDoc
from heimta.rules.texts import DEFAULTS, LABELS
from heimta.rules.texts.words import Texts

Json = dict[str, Any]


class Spoken(Struct, frozen=True):
    """languages: the shop's, the first for whoever speaks none of them. words: its own, as ShopDoc.words."""

    languages: tuple[str, ...]
    words: dict[str, Texts] = {}


def spoken(shop: ShopDoc) -> Spoken:
    return Spoken(shop.languages, shop.words)


def fill(text: Text, widget: str, name: str, tongue: Spoken) -> Text:
    """The merchant's text, or what is said where it is left out."""
    if text:
        return text
    known = DEFAULTS.get(widget, {}).get(name)
    return pick(f"{widget}.{name}", known, tongue) if known else ""


def labels(widget: str, tongue: Spoken) -> dict[str, Text]:
    """What the widget says by itself."""
    return {name: pick(f"{widget}.label.{name}", known, tongue) for name, known in LABELS[widget].items()}


def pick(key: str, ours: Texts, tongue: Spoken) -> Text:
    """In the shop's languages; English where nobody gave words for any of them. key: as in ShopDoc.words."""
    known = ours | tongue.words.get(key, {})
    chosen = {language: known[language] for language in tongue.languages if language in known}
    return chosen or ours["en"]
