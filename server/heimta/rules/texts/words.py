"""What the texts are made of: language (BCP 47 primary tag) -> words."""

from __future__ import annotations

Texts = dict[str, str]


def said_in(text: str | Texts, *languages: str) -> str:
    """In the first of the languages in which it says something, else as it was written first."""
    if isinstance(text, str):
        return text
    return next((text[one] for one in languages if text.get(one)), next(iter(text.values()), ""))
