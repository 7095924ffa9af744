"""What CLDR knows of a language: for a tag that it does not know, English."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from babel import Locale, UnknownLocaleError

# As people write it -> as pages and browsers say it (BCP 47): countries, and tags that have another name now.
_SAID = {
    **{"no": "nb", "iw": "he", "in": "id", "dk": "da", "se": "sv", "cz": "cs", "gr": "el", "jp": "ja"},
    **{"cn": "zh", "kr": "ko", "ua": "uk", "us": "en", "gb": "en", "at": "de"},
}


def locale_of(language: str) -> Locale:
    """language: a BCP 47 primary tag, as a merchant wrote it."""
    try:
        return Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en")


def direction_of(language: str) -> str:
    """`ltr` or `rtl`, as HTML's `dir` has it."""
    return str(locale_of(language).text_direction)


def language_notes(languages: Sequence[str]) -> Iterator[str]:
    """Languages of a shop in which hardly anybody is written to, or with dates and sums in English."""
    for language in languages:
        said = _SAID.get(language)
        if said is not None and said not in languages:
            yield f"languages has {language!r}; pages, browsers and dates say {said!r}, name it so"
