"""What an offer is worth, in words: `10 % Rabatt`, `€5 off`. Numbers as CLDR has them, in each language."""

from __future__ import annotations

import re
from decimal import Decimal

from babel import Locale, UnknownLocaleError
from babel.numbers import format_currency, format_percent

from heimta.model.campaign import Offer
from heimta.model.currency import exponent_of
from heimta.model.document import Text
from heimta.rules.contents.fill import Spoken, pick
from heimta.rules.texts.popup import WORTH


def worth(offer: Offer, currency: str, tongue: Spoken) -> Text:
    words = pick(f"popup.worth.{offer.kind}", WORTH[offer.kind], tongue)
    if isinstance(words, str):  # the shop speaks none of our languages
        return words.replace("{value}", _value(offer, currency, "en"))
    return {
        language: text.replace("{value}", _value(offer, currency, language))
        for language, text in words.items()
    }


def _value(offer: Offer, currency: str, language: str) -> str:
    locale = _locale(language)
    if offer.kind == "percent":
        return format_percent(Decimal(offer.value) / 100, locale=locale)
    if offer.kind == "amount":
        exponent = exponent_of(currency)
        amount = Decimal(offer.value).scaleb(-exponent)
        whole = amount == amount.to_integral_value()  # €5, but €4.50
        digits = "" if whole else "." + "0" * exponent
        pattern = re.sub(r"\.0+", digits, locale.currency_formats["standard"].pattern)
        return format_currency(amount, currency, pattern, locale, currency_digits=False)
    return ""


def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en")
