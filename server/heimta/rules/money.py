"""A sum in words, as the shopper's language has it: `14,00 €`. The exponent is ISO 4217's, never CLDR's."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from babel.numbers import format_currency, get_currency_symbol

from heimta.model.currency import exponent_of
from heimta.rules.locales import locale_of

_SPACE = "\N{NO-BREAK SPACE}"


def in_words(minor: int, currency: str, language: str, *, is_short: bool = False) -> str:
    """minor: in the currency's own minor units. language: BCP 47 primary tag; English for one unknown.

    is_short: €5, but €4.50.
    """
    locale, exponent = locale_of(language), exponent_of(currency)
    amount = Decimal(minor).scaleb(-exponent)
    is_whole = not exponent or (is_short and amount == amount.to_integral_value())
    digits = "" if is_whole else "." + "0" * exponent
    pattern = re.sub(r"\.0+", digits, locale.currency_formats["standard"].pattern)
    pattern = _spaced(pattern, get_currency_symbol(currency, locale))
    return format_currency(amount, currency, pattern, locale=locale, currency_digits=False)


def _spaced(pattern: str, symbol: str) -> str:
    """`CHF 14.00`, but `€14.00`: a letter does not touch a digit (CLDR's currencySpacing, which browsers go
    by and babel does not).
    """
    if not _is_sign(symbol[-1]):
        pattern = re.sub(r"¤(?=[#0])", f"¤{_SPACE}", pattern)
    return pattern if _is_sign(symbol[0]) else re.sub(r"(?<=[#0])¤", f"{_SPACE}¤", pattern)


def _is_sign(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "SZ"
