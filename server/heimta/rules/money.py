"""A sum in words, as the shopper's language has it: `14,00 €`. The exponent is ISO 4217's, never CLDR's."""

from __future__ import annotations

from decimal import Decimal

from babel.numbers import format_currency

from heimta.model.currency import exponent_of
from heimta.rules.locales import locale_of


def in_words(minor: int, currency: str, language: str) -> str:
    """minor: in the currency's own minor units. language: BCP 47 primary tag; English for one unknown."""
    locale = locale_of(language)
    exponent = exponent_of(currency)
    pattern = locale.currency_formats["standard"].pattern
    digits = "." + "0" * exponent if exponent else ""
    amount = Decimal(minor).scaleb(-exponent)
    return format_currency(
        amount, currency, pattern.replace(".00", digits), locale=locale, currency_digits=False
    )
