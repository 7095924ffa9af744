"""What the texts are made of: language (BCP 47 primary tag) -> words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Texts = dict[str, str]


def said_in(text: str | Texts, *languages: str) -> str:
    """In the first of the languages in which it says something, else as it was written first."""
    if isinstance(text, str):
        return text
    return next((text[one] for one in languages if text.get(one)), next(iter(text.values()), ""))


def language_of(wanted: Iterable[str], known: Sequence[str]) -> str:
    """The first of the wanted languages that is known, else the first known. wanted: tags, best first."""
    primaries = (tag.partition("-")[0].strip().lower() for tag in wanted)
    return next((primary for primary in primaries if primary in known), known[0])
