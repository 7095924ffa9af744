"""What a document leaves out is filled in: our texts in the shop's languages."""

from __future__ import annotations

from typing import Any

from heimta.model.document import Text
from heimta.rules.texts import DEFAULTS, LABELS

Json = dict[str, Any]


def fill(text: Text, widget: str, name: str, languages: tuple[str, ...]) -> Text:
    """The merchant's text, or ours in the shop's languages."""
    if text:
        return text
    known = DEFAULTS.get(widget, {}).get(name, {})
    return {language: known[language] for language in languages if language in known} or known.get("en", "")


def labels(widget: str, languages: tuple[str, ...]) -> dict[str, Text]:
    """What the widget says by itself."""
    return {name: pick(known, languages) for name, known in LABELS[widget].items()}


def pick(known: dict[str, str], languages: tuple[str, ...]) -> Text:
    """Our text in the shop's languages, English where we speak none of them."""
    chosen = {language: known[language] for language in languages if language in known}
    return chosen or known["en"]
