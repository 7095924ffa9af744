"""What an offer is worth, in words: `10 % Rabatt`, `€5 off from €40`. Numbers as CLDR has them, in each
language.
"""

from __future__ import annotations

from decimal import Decimal

from babel.numbers import format_percent

from heimta.model.campaign import Offer
from heimta.model.document import Text
from heimta.rules.contents.fill import Spoken, pick
from heimta.rules.locales import locale_of
from heimta.rules.money import in_words
from heimta.rules.texts.popup import LEAST, WORTH
from heimta.rules.texts.words import said_in


def worth(offer: Offer, currency: str, tongue: Spoken) -> Text:
    words = pick(f"popup.worth.{offer.kind}", WORTH[offer.kind], tongue)
    if isinstance(words, str):  # the shop speaks none of our languages
        return words.replace("{value}", _value(offer, currency, "en"))
    return {
        language: text.replace("{value}", _value(offer, currency, language))
        for language, text in words.items()
    }


def terms(offer: Offer, currency: str, tongue: Spoken) -> Text:
    """What it is worth, and from which cart on."""
    told = worth(offer, currency, tongue)
    if not offer.min_cart_minor:
        return told
    least = pick("popup.worth.least", LEAST, tongue)
    if isinstance(told, str) or isinstance(least, str):
        words = said_in(least, "en").replace("{minimum}", _amount(offer.min_cart_minor, currency, "en"))
        return words.replace("{worth}", said_in(told, "en"))
    return {
        language: said_in(least, language, "en")
        .replace("{minimum}", _amount(offer.min_cart_minor, currency, language))
        .replace("{worth}", text)
        for language, text in told.items()
    }


def _value(offer: Offer, currency: str, language: str) -> str:
    if offer.kind == "percent":
        return format_percent(Decimal(offer.value) / 100, locale=locale_of(language))
    return _amount(offer.value, currency, language) if offer.kind == "amount" else ""


def _amount(minor: int, currency: str, language: str) -> str:
    return in_words(minor, currency, language, is_short=True)
