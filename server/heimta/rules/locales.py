"""What CLDR knows of a language: for a tag that it does not know, English."""

from __future__ import annotations

from babel import Locale, UnknownLocaleError


def locale_of(language: str) -> Locale:
    """language: a BCP 47 primary tag, as a merchant wrote it."""
    try:
        return Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en")


def direction_of(language: str) -> str:
    """`ltr` or `rtl`, as HTML's `dir` has it."""
    return str(locale_of(language).text_direction)
